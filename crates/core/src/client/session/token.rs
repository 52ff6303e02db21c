//! The secret that a request carries, and the header that it makes.

use std::str::FromStr;

use super::credentials::header;
use crate::client::http::HeaderValue;
use crate::error::{Error, Result, Setting};
use crate::files::check_token;

/// The words before the two kinds of tokens in the header `Authorization`.
const ANAPLAN: &str = "AnaplanAuthToken";
const BEARER: &str = "Bearer";

/// A token. Neither `Debug` nor any error shows its value.
#[derive(Debug, Clone)]
pub struct Token {
    scheme: &'static str,
    /// Marked as a secret, so that `Debug` hides it.
    header: HeaderValue,
}

impl Token {
    /// A token from a sign-in with password or certificate, sent as `Authorization: AnaplanAuthToken …`.
    /// White space around it is dropped, and so is a leading word `AnaplanAuthToken`.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for an empty token, for one with characters that no header can carry, and for one
    /// that a leading word says to be of the other kind.
    pub fn anaplan(text: &str) -> Result<Token> {
        Token::of_scheme(ANAPLAN, text)
    }

    /// An OAuth access token, sent as `Authorization: Bearer …`. See [`Token::anaplan`] for the text.
    ///
    /// # Errors
    ///
    /// As for [`Token::anaplan`].
    pub fn bearer(text: &str) -> Result<Token> {
        Token::of_scheme(BEARER, text)
    }

    fn of_scheme(scheme: &'static str, text: &str) -> Result<Token> {
        let token = Token::read(text, scheme)?;
        if token.scheme != scheme {
            return Err(Setting::Token.unusable("the word before it says that it is of the other kind"));
        }
        Ok(token)
    }

    /// Reads a token; the word before it decides what it is, or else `usual`.
    fn read(text: &str, usual: &'static str) -> Result<Token> {
        let text = text.trim();
        let scheme_of = |word: &str| [ANAPLAN, BEARER].into_iter().find(|known| known.eq_ignore_ascii_case(word));
        let copied = text.split_once([' ', '\t']).and_then(|(word, value)| Some((scheme_of(word)?, value)));
        let (scheme, value) = copied.map_or((usual, text), |(scheme, value)| (scheme, value.trim_start()));
        // The word alone is no token.
        check_token(Setting::Token, "", if scheme_of(value).is_some() { "" } else { value })?;
        if value.starts_with(['"', '\'']) || value.ends_with(['"', '\'']) {
            return Err(Setting::Token.unusable("it is in quotes: give it without them"));
        }
        if ["null", "none", "undefined"].iter().any(|word| value.eq_ignore_ascii_case(word)) {
            return Err(Setting::Token.unusable("it is the word for nothing: whatever fetched it found none"));
        }
        if !value.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Setting::Token.unusable("it holds a space or another character that no token has"));
        }
        Ok(Token { scheme, header: header(&format!("{scheme} {value}"))? })
    }

    /// The value of the header `Authorization`, for another program: the word for its kind, and the token.
    #[doc(hidden)]
    pub fn reveal(&self) -> (&'static str, &str) {
        (self.scheme, self.value())
    }

    pub(in crate::client) fn header(&self) -> &HeaderValue {
        &self.header
    }

    /// The token itself, without the word before it.
    pub(in crate::client) fn value(&self) -> &str {
        let header = self.header.to_str().unwrap_or_default();
        header.split_once(' ').map_or("", |(_, value)| value)
    }

    /// The same token as the sign-in service takes it, whatever its kind.
    pub(in crate::client) fn anaplan_header(&self) -> Result<HeaderValue> {
        header(&format!("{ANAPLAN} {}", self.value()))
    }
}

impl FromStr for Token {
    type Err = Error;

    /// Reads a token as it is copied: the word before it, `AnaplanAuthToken` or `Bearer`, decides how it is
    /// sent. Without one it is Anaplan's own.
    fn from_str(text: &str) -> Result<Token> {
        Token::read(text, ANAPLAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_header_decides_how_the_token_is_sent() {
        let header = |token: Result<Token>| token.unwrap().header().to_str().unwrap().to_owned();
        assert_eq!(header(Token::anaplan(" abc=\n")), "AnaplanAuthToken abc=");
        assert_eq!(header("bearer  abc".parse()), "Bearer abc");
        assert_eq!(header("abc".parse()), "AnaplanAuthToken abc");
        assert_eq!(header(Token::bearer("abc")), "Bearer abc");
        for token in [Token::anaplan("Bearer abc"), Token::bearer("AnaplanAuthToken abc")] {
            assert!(token.unwrap_err().to_string().contains("of the other kind"));
        }
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
}
