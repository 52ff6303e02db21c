//! The secret that a request carries, the header that it makes, and its removal from every text that is
//! shown.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use ureq::http::HeaderValue;

use crate::error::{Error, Result};

/// Characters in a row that are taken for a piece of the token, wherever they occur. Fewer may occur by
/// chance.
const PIECE_CHARS: usize = 8;

/// What stands for a piece of the token in a text.
const MASK: &str = "***";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    AnaplanAuthToken,
    Bearer,
}

impl Scheme {
    fn word(self) -> &'static str {
        match self {
            Scheme::AnaplanAuthToken => "AnaplanAuthToken",
            Scheme::Bearer => "Bearer",
        }
    }
}

/// A token. Neither `Debug` nor any error shows its value.
#[derive(Clone)]
pub struct Token {
    scheme: Scheme,
    header: HeaderValue,
    /// Every run of [`PIECE_CHARS`] characters of the value, in lower case.
    pieces: Arc<HashSet<Box<[u8]>>>,
}

impl Token {
    /// A token from a sign-in with password or certificate, sent as `Authorization: AnaplanAuthToken …`.
    ///
    /// The text is taken as it comes from a file or a variable: white space around it is dropped, and a
    /// leading word `AnaplanAuthToken` or `Bearer`, as a copied header has it, decides how it is sent.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for an empty token and for one with characters that no header can carry.
    pub fn anaplan(text: &str) -> Result<Token> {
        Token::new(Scheme::AnaplanAuthToken, text)
    }

    /// An OAuth access token, sent as `Authorization: Bearer …`. See [`Token::anaplan`] for the text.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for an empty token and for one with characters that no header can carry.
    pub fn bearer(text: &str) -> Result<Token> {
        Token::new(Scheme::Bearer, text)
    }

    fn new(scheme: Scheme, text: &str) -> Result<Token> {
        let unusable = |problem: &str| Error::Setting { setting: "the token", problem: problem.to_owned() };
        let text = text.trim();
        let copied = text.split_once([' ', '\t']).and_then(|(word, value)| {
            let mut schemes = [Scheme::AnaplanAuthToken, Scheme::Bearer].into_iter();
            let scheme = schemes.find(|scheme| scheme.word().eq_ignore_ascii_case(word))?;
            Some((scheme, value.trim_start()))
        });
        let (scheme, value) = copied.unwrap_or((scheme, text));
        let is_bare_word = [Scheme::AnaplanAuthToken, Scheme::Bearer]
            .iter()
            .any(|scheme| scheme.word().eq_ignore_ascii_case(value));
        if value.is_empty() || is_bare_word {
            return Err(unusable("it is empty"));
        }
        if !value.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(unusable("it contains a space, a line break or another character that no token has"));
        }
        let mut header = HeaderValue::from_str(&format!("{} {value}", scheme.word()))
            .map_err(|_| unusable("it has characters that no header can carry"))?;
        header.set_sensitive(true);
        let pieces = value.to_ascii_lowercase().as_bytes().windows(PIECE_CHARS).map(Box::from).collect();
        Ok(Token { scheme, header, pieces: Arc::new(pieces) })
    }

    /// The value of the `Authorization` header.
    pub(super) fn header(&self) -> &HeaderValue {
        &self.header
    }

    /// Replaces every piece of the token in `text`: a service or a proxy may repeat what it was sent.
    pub(super) fn mask(&self, text: &mut String) {
        let mut is_secret = vec![false; text.len()];
        for (start, piece) in text.to_ascii_lowercase().as_bytes().windows(PIECE_CHARS).enumerate() {
            if self.pieces.contains(piece) {
                is_secret[start..start + PIECE_CHARS].fill(true);
            }
        }
        if !is_secret.contains(&true) {
            return;
        }
        let mut masked = String::with_capacity(text.len());
        for (at, character) in text.char_indices() {
            if !is_secret[at] {
                masked.push(character);
            } else if !masked.ends_with(MASK) || !at.checked_sub(1).is_some_and(|before| is_secret[before]) {
                masked.push_str(MASK);
            }
        }
        *text = masked;
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_header_decides_how_the_token_is_sent() {
        let header = |token: Result<Token>| token.unwrap().header().to_str().unwrap().to_owned();
        assert_eq!(header(Token::anaplan(" abc=\n")), "AnaplanAuthToken abc=");
        assert_eq!(header(Token::anaplan("bearer  abc")), "Bearer abc");
        assert_eq!(header(Token::bearer("abc")), "Bearer abc");
    }

    #[test]
    fn a_token_that_no_header_can_carry_is_refused_and_never_shown() {
        for text in ["", " \n", "s3cret\r\nX-Injected: 1", "s3cret more", "s3crét", "s3cret\0", "Bearer "] {
            let error = Token::bearer(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cr"), "{error}");
        }
        let token = Token::bearer("s3cret").unwrap();
        assert!(!format!("{token:?}").contains("s3cret"));
    }

    #[test]
    fn every_piece_of_the_token_is_masked_and_nothing_else() {
        let token = Token::anaplan("0123456789abcdefGHIJ==").unwrap();
        for (text, masked) in [
            ("you sent 0123456789abcdefGHIJ==, é", "you sent ***, é"),
            ("you sent 0123456789ABCDEFGHIJ==", "you sent ***"),
            ("...6789abcdefG, cut", "...***, cut"),
            ("0123456789abcdefGHIJ==0123456789abcdefGHIJ==", "***"),
            ("01234567 and abcdefGH", "*** and ***"),
            ("0123456 is too short", "0123456 is too short"),
            ("", ""),
        ] {
            let mut shown = text.to_owned();
            token.mask(&mut shown);
            assert_eq!(shown, masked);
        }
    }
}
