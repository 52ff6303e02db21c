//! `login`, `logout`, `whoami` and `token`: the user of the session.

use anaplan_dump_core::{Account, SignInMethod, Utc};
use serde::Serialize;

use crate::arguments::{TokenCommand, Whoami};
use crate::failure::Failure;
use crate::session::Session;
use crate::stdout::{print, print_json};
use crate::text::{duration, rfc3339, safe, time};

#[derive(Serialize)]
struct Report<'a> {
    way: String,
    user: Option<&'a str>,
    until: Option<String>,
}

pub(crate) fn login(session: &Session) -> Result<(), Failure> {
    session.client.login(|approval| {
        // Printed even with `-q`: the user needs it to approve.
        session.reporter.say(&format!(
            "Open {} and approve the code {} within {}.",
            safe(&approval.page),
            safe(&approval.code),
            duration(approval.lifetime)
        ));
    })?;
    print("Signed in: the refresh token is stored.\n")
}

pub(crate) fn logout(session: &Session) -> Result<(), Failure> {
    match session.client.logout()? {
        true => print("Signed out.\n"),
        false => print("There is nothing to sign out of.\n"),
    }
}

pub(crate) fn whoami(command: &Whoami, session: &Session) -> Result<(), Failure> {
    let account = session.client.account()?;
    if command.json {
        let until = account.until.map(rfc3339);
        return print_json(&Report { way: words(account.method), user: account.user.as_deref(), until });
    }
    print(&format!("{}\n", describe(&account)))
}

#[derive(Serialize)]
struct TokenReport<'a> {
    token: &'a str,
    scheme: &'a str,
    until: Option<String>,
}

pub(crate) fn token(command: &TokenCommand, session: &Session) -> Result<(), Failure> {
    let (token, until) = session.client.token()?;
    let (scheme, token) = token.reveal();
    if command.json {
        return print_json(&TokenReport { token, scheme, until: until.map(rfc3339) });
    }
    print(&format!("{token}\n"))
}

/// Who is signed in, in which way, and until when, on one line.
pub(crate) fn describe(account: &Account) -> String {
    let user = account.user.as_deref().map_or_else(|| "an unnamed user".to_owned(), safe);
    let until = account.until.map(|end| format!(", token until {}", time(end))).unwrap_or_default();
    format!("{user}, by {}{until}", words(account.method))
}

/// What people call a way to sign in.
fn words(method: SignInMethod) -> String {
    match method {
        SignInMethod::Token => "a ready token".to_owned(),
        SignInMethod::Password => "user and password".to_owned(),
        SignInMethod::Certificate { not_after, .. } => {
            let until = Utc(not_after).to_string().replace('T', " ");
            format!("certificate, valid until {} UTC", until.split_at(16).0)
        }
        SignInMethod::OAuth => "OAuth refresh token".to_owned(),
        other => format!("{other:?}"),
    }
}
