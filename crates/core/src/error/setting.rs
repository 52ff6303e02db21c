//! The settings that an error can name.

use std::fmt;

use super::Error;

/// A setting of a client, of its credentials or of a download. `Display` names it as an error does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Setting {
    /// A ready token.
    Token,
    /// The name of the user who has the password.
    User,
    /// The password.
    Password,
    /// The certificate to sign in with.
    Certificate,
    /// The private key of the certificate.
    PrivateKey,
    /// The passphrase of the private key.
    Passphrase,
    /// The client id of OAuth.
    OauthClient,
    /// The file of the refresh token.
    RefreshToken,
    /// The kind of credentials.
    Credentials,
    /// The host to sign in at.
    SignInHost,
    /// The host to get OAuth tokens from.
    OauthHost,
    /// Root certificates instead of the built-in ones.
    RootCertificates,
    /// Root certificates beside the others.
    AddedRootCertificates,
    /// Any other, by the name that people know it by.
    Named(&'static str),
}

impl Setting {
    /// The error where it cannot be used.
    pub(crate) fn unusable(self, problem: impl Into<String>) -> Error {
        Error::Setting { setting: self, problem: problem.into() }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Setting::Token => "the token",
            Setting::User => "the user name",
            Setting::Password => "the password",
            Setting::Certificate => "the certificate",
            Setting::PrivateKey => "the private key",
            Setting::Passphrase => "the passphrase",
            Setting::OauthClient => "the OAuth client id",
            Setting::RefreshToken => "the file of the refresh token",
            Setting::Credentials => "the way to sign in",
            Setting::SignInHost => "the sign-in host",
            Setting::OauthHost => "the OAuth host",
            Setting::RootCertificates => "the file of root certificates",
            Setting::AddedRootCertificates => "the file of added root certificates",
            Setting::Named(name) => name,
        })
    }
}
