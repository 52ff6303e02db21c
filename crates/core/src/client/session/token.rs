//! The secret that a request carries, and the header that it makes.

use std::fmt;
use std::str::FromStr;

use crate::client::http::HeaderValue;
use crate::error::{Error, Result, Setting};
use crate::files::check_secret;

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
        Token::of_scheme(Scheme::AnaplanAuthToken, text)
    }

    /// An OAuth access token, sent as `Authorization: Bearer …`. See [`Token::anaplan`] for the text.
    ///
    /// # Errors
    ///
    /// As for [`Token::anaplan`].
    pub fn bearer(text: &str) -> Result<Token> {
        Token::of_scheme(Scheme::Bearer, text)
    }

    fn of_scheme(scheme: Scheme, text: &str) -> Result<Token> {
        let token = Token::read(text, scheme)?;
        if token.scheme != scheme {
            return Err(unusable("the word before it says that it is of the other kind"));
        }
        Ok(token)
    }

    /// Reads a token; the word before it decides what it is, or else `usual`.
    fn read(text: &str, usual: Scheme) -> Result<Token> {
        let text = text.trim();
        let scheme_of = |word: &str| {
            let mut schemes = [Scheme::AnaplanAuthToken, Scheme::Bearer].into_iter();
            schemes.find(|scheme| scheme.word().eq_ignore_ascii_case(word))
        };
        let copied = text.split_once([' ', '\t']).and_then(|(word, value)| Some((scheme_of(word)?, value)));
        let (scheme, value) = copied.map_or((usual, text), |(scheme, value)| (scheme, value.trim_start()));
        // The word alone is no token.
        let checked = check_secret(if scheme_of(value).is_some() { "" } else { value });
        checked.map_err(|problem| unusable(&format!("it {problem}")))?;
        if value.starts_with(['"', '\'']) || value.ends_with(['"', '\'']) {
            return Err(unusable("it is in quotes: give it without them"));
        }
        if ["null", "none", "undefined"].iter().any(|word| value.eq_ignore_ascii_case(word)) {
            return Err(unusable("it is the word for nothing: whatever fetched it found none"));
        }
        if !value.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(unusable("it holds a space or another character that no token has"));
        }
        let mut header = HeaderValue::from_str(&format!("{} {value}", scheme.word()))
            .map_err(|_| unusable("it has characters that no header can carry"))?;
        header.set_sensitive(true);
        Ok(Token { scheme, header })
    }

    /// The value of the header `Authorization`, for another program: the word for its kind, and the token
    /// itself.
    #[doc(hidden)]
    pub fn reveal(&self) -> (&'static str, &str) {
        (self.scheme.word(), self.value())
    }

    /// The value of the `Authorization` header.
    pub(in crate::client) fn header(&self) -> &HeaderValue {
        &self.header
    }

    /// The token itself, without the word before it.
    pub(in crate::client) fn value(&self) -> &str {
        let header = self.header.to_str().unwrap_or_default();
        header.split_once(' ').map_or("", |(_, value)| value)
    }

    /// The same token as the sign-in service takes it, whatever its kind.
    pub(in crate::client) fn anaplan_header(&self) -> HeaderValue {
        let mut header = self.header.clone();
        if self.scheme == Scheme::Bearer {
            let text = format!("{} {}", Scheme::AnaplanAuthToken.word(), self.value());
            // It differs from a header in a word of letters only.
            header = HeaderValue::from_str(&text).unwrap_or(header);
            header.set_sensitive(true);
        }
        header
    }
}

impl FromStr for Token {
    type Err = Error;

    /// Reads a token as it is copied: the word before it, `AnaplanAuthToken` or `Bearer`, decides how it is
    /// sent. Without one it is Anaplan's own.
    fn from_str(text: &str) -> Result<Token> {
        Token::read(text, Scheme::AnaplanAuthToken)
    }
}

fn unusable(problem: &str) -> Error {
    Error::Setting { setting: Setting::Token, problem: problem.to_owned() }
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
