//! The removal of secrets from the texts of the service that an error or a note shows: a service or a proxy
//! may repeat what it was sent. Ids and names are left as they are: the next request asks for them.

use std::sync::{PoisonError, RwLock};

use percent_encoding::utf8_percent_encode;

use crate::address::SEGMENT;

/// Length of the shortest secret that is removed, in bytes: without a shorter one, every other word would be
/// spoilt.
const MIN_BYTES: usize = 4;

/// Number of tokens that are remembered: an answer may repeat one that was renewed a moment ago.
const MAX_TOKENS: usize = 8;

/// The secrets of a client, each in every form in which it is sent.
pub(super) struct Secrets {
    /// What the client was made with.
    lasting: Vec<String>,
    /// The newest first.
    tokens: RwLock<Vec<String>>,
}

impl Secrets {
    pub(super) fn new(secrets: impl IntoIterator<Item = String>) -> Secrets {
        Secrets { lasting: secrets.into_iter().collect(), tokens: RwLock::default() }
    }

    /// Removes this token or code too from now on.
    pub(super) fn add(&self, token: &str) {
        let mut tokens = self.tokens.write().unwrap_or_else(PoisonError::into_inner);
        tokens.retain(|known| known != token);
        tokens.insert(0, token.to_owned());
        tokens.truncate(MAX_TOKENS);
    }

    pub(super) fn redact(&self, text: &str) -> String {
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
        let secrets = self.lasting.iter().chain(&*tokens).filter(|secret| secret.len() >= MIN_BYTES);
        // An error shows JSON as it came, where a quote has a backslash, and URLs in it.
        let quoted = |secret: &String| {
            let in_url = format!("\"{}\"", utf8_percent_encode(secret, SEGMENT));
            [format!("\"{secret}\""), serde_json::Value::from(&**secret).to_string(), in_url]
        };
        let mut forms: Vec<String> = secrets.flat_map(quoted).collect();
        // One may be a part of another.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.iter().fold(text.to_owned(), |text, form| text.replace(&form[1..form.len() - 1], "***"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_is_removed_from_every_place_and_nothing_else_is() {
        let secrets = Secrets::new(["pass \"word", "cGFzcw==", "abc"].map(str::to_owned));
        (0..20).for_each(|number| secrets.add(&format!("token-{number:0>12}")));
        ["token-000000000019-x", "\"new\""].into_iter().for_each(|token| secrets.add(token));
        let shown = ["pass \"word", "pass \\\"word", "cGFzcw==", "token-000000000019", "token-000000000019-x"];
        for secret in shown.into_iter().chain(["\\\"new\\\"", "pass%20%22word", "cGFzcw%3D%3D"]) {
            assert_eq!(secrets.redact(&format!("\u{e9}{secret}<{secret}{secret}")), "\u{e9}***<******", "{secret}");
        }
        for text in ["", "abcdef", "pass", "token-", "token-000000000001"] {
            assert_eq!(secrets.redact(text), text);
        }
    }
}
