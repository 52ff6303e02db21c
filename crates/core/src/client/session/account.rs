//! The user of a client: signing in once, who it is, and signing out.

use std::time::SystemTime;

use super::credentials::SignInMethod;
use super::oauth::DeviceCode;
use super::token::Token;
use crate::client::Client;
use crate::error::Result;

/// Who a client is for the service.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// How the client signed in.
    pub method: SignInMethod,
    /// The user, if the service or the credentials name one.
    pub user: Option<String>,
    /// Until when the token is good, if that is known.
    pub until: Option<SystemTime>,
}

impl Client {
    /// Signs in with OAuth once, by a user who approves it in a browser, and stores the refresh token in
    /// the file of the credentials. `show` receives what the user needs; then this waits for the approval.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`](crate::Error::Setting) for credentials of another kind;
    /// [`Error::Request`](crate::Error::Request) also if the user refuses, or does not approve in time.
    #[doc(hidden)]
    pub fn login(&self, show: impl FnOnce(&DeviceCode)) -> Result<()> {
        self.requests.session.device_flow(&self.requests.wire, show)
    }

    /// Signs in if need be, and asks the sign-in service whose token it is.
    ///
    /// # Errors
    ///
    /// [`Error::Request`](crate::Error::Request).
    #[doc(hidden)]
    pub fn account(&self) -> Result<Account> {
        let session = &self.requests.session;
        let (user, until) = session.validate(&self.requests.wire)?;
        let credentials = session.credentials();
        let user = user.or_else(|| credentials.user().map(str::to_owned));
        Ok(Account { method: credentials.method(), user, until })
    }

    /// The token that a request would carry now, and until when it is good, if that is known. Signs in if
    /// need be.
    ///
    /// # Errors
    ///
    /// [`Error::Request`](crate::Error::Request).
    #[doc(hidden)]
    pub fn token(&self) -> Result<(Token, Option<SystemTime>)> {
        let held = self.requests.session.token(&self.requests.wire)?;
        Ok((held.token.clone(), held.end_date()))
    }

    /// Ends the token that the client was made with, or removes the file of the refresh token. `false` if
    /// there is nothing to end: a password or a certificate leaves nothing. The service's answer has no body (204), so
    /// a good status without a refusal is all the proof that there is.
    ///
    /// # Errors
    ///
    /// [`Error::Request`](crate::Error::Request), [`Error::Output`](crate::Error::Output).
    pub fn logout(&self) -> Result<bool> {
        self.requests.session.log_out(&self.requests.wire)
    }
}
