//! The removal of secrets from the texts of the service that an error or a note shows: a service or a proxy
//! may repeat what it was sent. Ids and names are left as they are: the next request asks for them.

use std::sync::{PoisonError, RwLock};

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
        let forms: Vec<(&String, u8)> = secrets.flat_map(|secret| ESCAPES.map(|escape| (secret, escape))).collect();
        let (mut shown, mut rest) = (String::new(), text);
        while let Some(next) = rest.chars().next() {
            // One may be a part of another.
            let length = forms.iter().filter_map(|(secret, escape)| length_of(secret, rest, *escape)).max();
            match length {
                Some(_) => shown.push_str("***"),
                None => shown.push(next),
            }
            rest = &rest[length.unwrap_or(next.len_utf8())..];
        }
        shown
    }
}

/// How an answer may repeat a secret: as it is, as in JSON, where a quote has a backslash, and as in a URL or a form.
const ESCAPES: [u8; 3] = [0, b'\\', b'%'];

/// Length of a secret at the start of a text, in bytes, if it is there in the form that has this escape.
fn length_of(secret: &str, text: &str, escape: u8) -> Option<usize> {
    let hex = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
    let mut rest = text.as_bytes();
    for byte in secret.bytes() {
        let (found, after) = match rest {
            [b'%', a, b, after @ ..] if escape == b'%' => (hex(&[*a, *b])?, after),
            [b'+', after @ ..] if escape == b'%' && byte == b' ' => (byte, after),
            [b'\\', next, after @ ..] if escape == b'\\' => (*next, after),
            [next, after @ ..] => (*next, after),
            [] => return None,
        };
        rest = Some(after).filter(|_| found == byte)?;
    }
    Some(text.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_is_removed_from_every_place_and_nothing_else_is() {
        let secrets = Secrets::new(["pass \"word", "cGFzcw==", "abc", "1%é"].map(str::to_owned));
        (0..20).for_each(|number| secrets.add(&format!("token-{number:0>12}")));
        ["token-000000000019-x", "\"new\""].into_iter().for_each(|token| secrets.add(token));
        let shown = ["pass \"word", "pass \\\"word", "cGFzcw==", "token-000000000019", "token-000000000019-x"];
        let escaped = [
            "\\\"new\\\"",
            "pass%20%22word",
            "cGFzcw%3D%3D",
            "cGFzcw%3d=",
            "pass+%22word",
            "1%25%C3%A9",
            "1%25%c3%a9",
            "1%é",
        ];
        for secret in shown.into_iter().chain(escaped) {
            assert_eq!(secrets.redact(&format!("\u{e9}{secret}<{secret}{secret}")), "\u{e9}***<******", "{secret}");
        }
        for text in ["", "abcdef", "pass", "token-", "token-000000000001"] {
            assert_eq!(secrets.redact(text), text);
        }
    }
}
