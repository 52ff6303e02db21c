//! The secret that a request carries, and the header that it makes.

use std::fmt;

use crate::error::{Error, Result};

/// Shortest value that is looked for in text that must not show it, in bytes. A shorter one is no
/// token of the service's, and may stand in any text by chance.
#[cfg(feature = "http")]
pub(crate) const SHORTEST_SECRET: usize = 8;

/// How a token is presented to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// `Authorization: AnaplanAuthToken …`: from a sign-in with password or certificate.
    AnaplanAuthToken,
    /// `Authorization: Bearer …`: an OAuth access token.
    Bearer,
}

impl TokenKind {
    fn scheme(self) -> &'static str {
        match self {
            TokenKind::AnaplanAuthToken => "AnaplanAuthToken",
            TokenKind::Bearer => "Bearer",
        }
    }
}

/// A token. Neither `Debug` nor any error shows its value.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    kind: TokenKind,
    value: String,
}

impl Token {
    /// Takes a token as it came from an environment variable or a file: surrounding white space is
    /// dropped, and a leading `AnaplanAuthToken` or `Bearer` word, as a copied header has it, decides
    /// the kind.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for an empty token and for one with characters that no header can carry.
    pub fn new(kind: TokenKind, text: &str) -> Result<Token> {
        let mut token = (kind, text.trim());
        for kind in [TokenKind::AnaplanAuthToken, TokenKind::Bearer] {
            if let Some((scheme, value)) = token.1.split_once([' ', '\t'])
                && scheme.eq_ignore_ascii_case(kind.scheme())
            {
                token = (kind, value.trim_start());
                break;
            }
        }
        let (kind, value) = token;
        let problem = if value.is_empty() {
            "it is empty"
        } else if !value.bytes().all(|b| b.is_ascii_graphic()) {
            "it contains a space, a line break or another character that no token has"
        } else {
            return Ok(Token { kind, value: value.to_owned() });
        };
        Err(Error::Setting { setting: "the token", problem: problem.to_owned() })
    }

    /// How the token is presented.
    pub fn kind(&self) -> TokenKind {
        self.kind
    }

    /// The value, for finding it in text that must not show it.
    #[cfg(feature = "http")]
    pub(crate) fn secret(&self) -> &str {
        &self.value
    }

    /// The value of the `Authorization` header.
    #[cfg(feature = "http")]
    pub(crate) fn authorization(&self) -> String {
        format!("{} {}", self.kind.scheme(), self.value)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("kind", &self.kind).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_header_decides_the_kind() {
        let plain = Token::new(TokenKind::AnaplanAuthToken, " abc=\n").unwrap();
        assert_eq!((plain.kind, plain.value.as_str()), (TokenKind::AnaplanAuthToken, "abc="));
        let bearer = Token::new(TokenKind::AnaplanAuthToken, "bearer  abc").unwrap();
        assert_eq!((bearer.kind, bearer.value.as_str()), (TokenKind::Bearer, "abc"));
    }

    #[test]
    fn what_no_header_can_carry_is_refused_and_never_shown() {
        for text in ["", " \n", "s3cret\r\nX-Injected: 1", "s3cret more", "s3crét", "s3cret\0", "Bearer"] {
            match Token::new(TokenKind::Bearer, text) {
                Err(error) => assert!(!format!("{error} {error:?}").contains("s3cr"), "{error}"),
                Ok(token) => assert_eq!(text, "Bearer", "{token:?}"),
            }
        }
        let token = Token::new(TokenKind::Bearer, "s3cret").unwrap();
        assert!(!format!("{token:?}").contains("s3cret"));
    }
}
