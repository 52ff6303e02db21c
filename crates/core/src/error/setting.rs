//! The settings that an error can name.

use super::Error;
use crate::text::in_words;

in_words! {
    /// A setting of a client, of its credentials or of a download. `Display` names it as an error does.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    Setting {
        Token: "the token",
        User: "the user name",
        Password: "the password",
        Certificate: "the certificate",
        PrivateKey: "the private key",
        Passphrase: "the passphrase",
        OauthClient: "the OAuth client id",
        RefreshToken: "the file of the refresh token",
        Credentials: "the way to sign in",
        SignInHost: "the sign-in host",
        OauthHost: "the OAuth host",
        RootCertificates: "the file of root certificates",
        AddedRootCertificates: "the file of added root certificates",
    }
    /// Any other, by the name that people know it by.
    Named
}

impl Setting {
    /// The error where it cannot be used.
    pub(crate) fn unusable(self, problem: impl Into<String>) -> Error {
        Error::Setting { setting: self, problem: problem.into() }
    }
}
