//! Signing in: what is sent to get a token, and what the answers mean.
//!
//! Everything here but the files is pure: no request, no sleep; the time is a parameter. When a token is
//! asked for, and how often, is the client's to decide.

pub(crate) mod answer;
#[cfg(feature = "certificate")]
pub(crate) mod certificate;
pub(crate) mod credentials;
pub(crate) mod oauth;
pub(crate) mod refresh_token_file;
pub(crate) mod secret;
pub(crate) mod secret_file;
pub(crate) mod token;
