//! The removal of secrets from the texts of the service that an error or a note shows: a service or a proxy
//! may repeat what it was sent. Ids and names are left as they are: the next request asks for them.

use std::sync::{PoisonError, RwLock};

/// Length of the shortest secret that is removed, in bytes: without a shorter one, every other word would be
/// spoilt.
const MIN_BYTES: usize = 4;

/// Number of tokens that are remembered: an answer may repeat one that was renewed a moment ago.
const MAX_TOKENS: usize = 8;

/// The secrets of a client, each in every form in which it is sent.
#[derive(Default)]
pub(super) struct Secrets {
    /// What the client was made with.
    lasting: Vec<String>,
    /// The newest first.
    tokens: RwLock<Vec<String>>,
}

impl Secrets {
    pub(super) fn new(secrets: impl IntoIterator<Item = String>) -> Secrets {
        // An error shows JSON as it came, where a quote has a backslash.
        let in_json = |secret: String| [serde_json::Value::from(&*secret).to_string(), format!("\"{secret}\"")];
        let quoted = secrets.into_iter().filter(|secret| secret.len() >= MIN_BYTES).flat_map(in_json);
        let lasting = quoted.map(|quoted| quoted[1..quoted.len() - 1].to_owned()).collect();
        Secrets { lasting, tokens: RwLock::default() }
    }

    /// Removes this token or code too from now on.
    pub(super) fn add(&self, token: &str) {
        let mut tokens = self.tokens.write().unwrap_or_else(PoisonError::into_inner);
        if token.len() >= MIN_BYTES {
            tokens.retain(|known| known != token);
            tokens.insert(0, token.to_owned());
            tokens.truncate(MAX_TOKENS);
        }
    }

    /// The text without the secrets.
    pub(super) fn redact(&self, text: &str) -> String {
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
        let mut secrets: Vec<&String> = self.lasting.iter().chain(&*tokens).collect();
        // One may be a part of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.into_iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_is_removed_from_every_place_and_nothing_else_is() {
        let secrets = Secrets::new(["pass \"word", "cGFzcw==", "abc"].map(str::to_owned));
        (0..20).for_each(|number| secrets.add(&format!("token-{number:0>12}")));
        secrets.add("token-000000000019-and-more");
        for secret in ["pass \"word", "pass \\\"word", "cGFzcw==", "token-000000000019", "token-000000000019-and-more"]
        {
            assert_eq!(secrets.redact(&format!("\u{e9}{secret}<{secret}{secret}")), "\u{e9}***<******", "{secret}");
        }
        for text in ["", "abcdef", "pass", "token-", "token-000000000001"] {
            assert_eq!(secrets.redact(text), text);
        }
    }
}
