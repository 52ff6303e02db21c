//! The ways to sign in.

use std::error::Error as StdError;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::certificate::SigningCertificate;
use super::secret::Secret;
use super::token::Token;
use crate::client::http::HeaderValue;
use crate::error::{Error, Result, Setting};
use crate::files::{NamedFile, check_secret, is_exposed_at};
use crate::text::debug_with;

/// How a client signs in. `Debug` shows the way and no secret.
///
/// A client gets a token when it needs one, and another one before the first ends or when the service
/// refuses it, unless it was made with a ready [`Token`].
#[derive(Clone)]
pub struct Credentials {
    pub(crate) way: Way,
    exposed_files: Vec<PathBuf>,
    /// Every secret in it, in each form in which it is sent.
    pub(crate) secrets: Vec<String>,
}

/// How a client signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignInMethod {
    /// A ready token.
    Token,
    /// The program's own source of tokens.
    Provider,
    /// User and password.
    Password,
    /// A certificate and its private key.
    Certificate {
        /// When the certificate expires.
        not_after: SystemTime,
    },
    /// An OAuth refresh token.
    OAuth,
}

#[derive(Clone)]
pub(crate) enum Way {
    Token(Token),
    Provider(Arc<dyn Fn() -> Result<Token, OtherError> + Send + Sync>),
    Password { user: String, header: HeaderValue },
    Certificate { certificate: Arc<SigningCertificate>, header: HeaderValue, has_time: bool },
    OAuth { client_id: String, store: TokenStore },
}

#[derive(Clone)]
pub(crate) enum TokenStore {
    File(PathBuf),
    Program { read: Arc<ReadToken>, write: Arc<WriteToken> },
}

type OtherError = Box<dyn StdError + Send + Sync>;
pub(crate) type ReadToken = dyn Fn() -> Result<Secret, OtherError> + Send + Sync;
pub(crate) type WriteToken = dyn Fn(&Secret) -> Result<(), OtherError> + Send + Sync;

impl From<Token> for Credentials {
    fn from(token: Token) -> Credentials {
        Credentials { secrets: vec![token.value().to_owned()], ..Way::Token(token).into() }
    }
}

impl From<Way> for Credentials {
    fn from(way: Way) -> Credentials {
        Credentials { way, exposed_files: Vec::new(), secrets: Vec::new() }
    }
}

impl Credentials {
    /// The token in a file, as it is copied: a leading word `AnaplanAuthToken` or `Bearer` decides how it is
    /// sent.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for a file that cannot be read, is empty, is in UTF-16, or holds no token.
    pub fn token_file(path: impl AsRef<Path>) -> Result<Credentials> {
        let file = NamedFile::read(Setting::Named("the token file"), path)?;
        let exposed_files = file.exposed().map(Path::to_owned).into_iter().collect();
        Ok(Credentials { exposed_files, ..file.token()?.parse::<Token>()?.into() })
    }

    /// Tokens from the program itself, such as from a vault: `provider` is called when one is needed, and
    /// again after the service has refused the last one.
    pub fn provider<E: Into<Box<dyn StdError + Send + Sync>>>(
        provider: impl Fn() -> Result<Token, E> + Send + Sync + 'static,
    ) -> Credentials {
        Way::Provider(Arc::new(move || provider().map_err(Into::into))).into()
    }

    /// Signs in with a user's name and password.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for an empty name or password, and for one with control characters.
    pub fn password(user: &str, password: Secret) -> Result<Credentials> {
        check_secret(Setting::User, "", user)?;
        check_secret(Setting::Password, "", password.reveal())?;
        if user.contains(':') {
            return Err(Setting::User.unusable("it holds a colon, which this way of signing in cannot carry"));
        }
        let basic = STANDARD.encode(format!("{user}:{}", password.reveal()));
        let (header, user) = (header(&format!("Basic {basic}"))?, user.to_owned());
        let exposed_files = password.exposed_file().map(Path::to_owned).into_iter().collect();
        let secrets = vec![password.reveal().to_owned(), basic];
        Ok(Credentials { way: Way::Password { user, header }, exposed_files, secrets })
    }

    /// Signs in with a certificate of a CA and its private RSA key, in one file or in several, PEM or DER.
    ///
    /// The files are read now, once. Of several certificates the one that belongs to the key is taken.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for files that cannot be used; it says what to do about it, for a key in another
    /// form with the command that converts it. [`Error::Missing`] where there is no certificate, no key, or
    /// no passphrase for it.
    pub fn certificate(files: &[impl AsRef<Path>], passphrase: Option<&Secret>) -> Result<Credentials> {
        // The key is usually the second: an error must say which of the two it is about, without their names.
        let settings = std::iter::once(Setting::Certificate).chain(std::iter::repeat(Setting::PrivateKey));
        let read = files.iter().zip(settings).map(|(path, setting)| NamedFile::read(setting, path));
        Credentials::certificate_in(&read.collect::<Result<Vec<_>>>()?, passphrase)
    }

    /// The same from memory, such as from a vault: the bytes of each file, and the name that errors call it
    /// by.
    ///
    /// # Errors
    ///
    /// As [`Credentials::certificate`].
    pub fn certificate_from(files: &[(&str, &[u8])], passphrase: Option<&Secret>) -> Result<Credentials> {
        let read = files.iter().map(|(name, bytes)| NamedFile::from_bytes(Setting::Certificate, name, bytes.to_vec()));
        Credentials::certificate_in(&read.collect::<Result<Vec<_>>>()?, passphrase)
    }

    fn certificate_in(files: &[NamedFile], passphrase: Option<&Secret>) -> Result<Credentials> {
        let phrase = passphrase.map(|secret| secret.reveal().as_bytes());
        let certificate = SigningCertificate::read(files, phrase, SystemTime::now())?;
        let exposed_passphrase = passphrase.and_then(Secret::exposed_file).map(Path::to_owned);
        let exposed_files = certificate.exposed_key.clone().into_iter().chain(exposed_passphrase).collect();
        let header = header(&certificate.authorization)?;
        let way = Way::Certificate { certificate: Arc::new(certificate), header, has_time: true };
        Ok(Credentials { exposed_files, ..way.into() })
    }

    /// Signs random bytes alone, without the time: the older form of signing in with a certificate.
    pub fn without_timestamp(mut self) -> Credentials {
        if let Way::Certificate { has_time, .. } = &mut self.way {
            *has_time = false;
        }
        self
    }

    /// Signs in with the OAuth refresh token in a file, which [`Client::login`](crate::Client::login)
    /// writes. Where the service replaces the token at each use, the file is replaced as well; other
    /// processes may use it at the same time.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for an empty client id.
    pub fn oauth(client_id: &str, refresh_token_file: impl Into<PathBuf>) -> Result<Credentials> {
        let path = refresh_token_file.into();
        let exposed_files = is_exposed_at(&path).then(|| path.clone()).into_iter().collect();
        Ok(Credentials { exposed_files, ..oauth(client_id, TokenStore::File(path))? })
    }

    /// Signs in with an OAuth refresh token that the program keeps, such as in a vault: `read` is called
    /// before each use, and `write` with the token that replaces it. The program sees to it that no two
    /// clients use one token at the same time.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for an empty client id.
    pub fn oauth_from<E: Into<Box<dyn StdError + Send + Sync>>>(
        client_id: &str,
        read: impl Fn() -> Result<Secret, E> + Send + Sync + 'static,
        write: impl Fn(&Secret) -> Result<(), E> + Send + Sync + 'static,
    ) -> Result<Credentials> {
        let store = TokenStore::Program {
            read: Arc::new(move || read().map_err(Into::into)),
            write: Arc::new(move |token| write(token).map_err(Into::into)),
        };
        oauth(client_id, store)
    }

    /// The files with a secret that other users of this machine can read, which is worth a warning.
    #[doc(hidden)]
    pub fn exposed_files(&self) -> &[PathBuf] {
        &self.exposed_files
    }

    /// How these sign in.
    pub fn method(&self) -> SignInMethod {
        match &self.way {
            Way::Token(_) => SignInMethod::Token,
            Way::Provider(_) => SignInMethod::Provider,
            Way::Password { .. } => SignInMethod::Password,
            Way::Certificate { certificate, .. } => SignInMethod::Certificate { not_after: certificate.not_after },
            Way::OAuth { .. } => SignInMethod::OAuth,
        }
    }

    /// The name of the user, where it is a part of the credentials.
    pub(crate) fn user(&self) -> Option<&str> {
        match &self.way {
            Way::Password { user, .. } => Some(user),
            _ => None,
        }
    }

    /// Whether the client gets its tokens from a sign-in service.
    pub(crate) fn can_sign_in(&self) -> bool {
        !matches!(self.way, Way::Token(_) | Way::Provider(_))
    }
}

fn oauth(client_id: &str, store: TokenStore) -> Result<Credentials> {
    check_secret(Setting::OauthClient, "", client_id.trim())?;
    Ok(Way::OAuth { client_id: client_id.trim().to_owned(), store }.into())
}

/// A header that is never logged.
pub(crate) fn header(text: &str) -> Result<HeaderValue> {
    let unusable = |_| -> Error { Setting::Credentials.unusable("it has characters that no header can carry") };
    let mut header = HeaderValue::from_str(text).map_err(unusable)?;
    header.set_sensitive(true);
    Ok(header)
}

debug_with!(Credentials, "method": method());
