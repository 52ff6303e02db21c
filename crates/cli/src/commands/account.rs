//! `login`, `logout`, `whoami` and `token`: the user of the session.

use std::time::SystemTime;

use anaplan_dump_core::{Account, SignInMethod, Utc};
use serde_json::json;

use crate::failure::Failure;
use crate::session::Session;
use crate::stdout::print;
use crate::text::{duration, rfc3339, safe, time};

pub(crate) fn login(session: &Session) -> Result<(), Failure> {
    let mut activity = session.reporter.activity();
    let signed_in = session.client.login(|approval| {
        // Printed even with `-q`: the user needs it to approve.
        session.reporter.write_line(&format!(
            "Open {} and approve the code {} within {}.",
            safe(&approval.page),
            safe(&approval.code),
            duration(approval.lifetime)
        ));
        activity.show_wait(false, "waiting for the approval".to_owned());
    });
    drop(activity);
    signed_in?;
    print("Signed in: the refresh token is stored.\n")
}

pub(crate) fn logout(session: &Session) -> Result<(), Failure> {
    session.reporter.set_follow_up("whether the token still holds is not known".to_owned(), None);
    match session.client.logout()? {
        true => print("Signed out.\n"),
        false => print("There is nothing to sign out of.\n"),
    }
}

pub(crate) fn whoami(session: &Session) -> Result<(), Failure> {
    let account = session.client.account()?;
    let (way, until) = (words(account.method), account.until.map(rfc3339));
    session.show(&json!({ "way": way, "user": account.user, "until": until }), &|| format!("{}\n", describe(&account)))
}

pub(crate) fn token(session: &Session) -> Result<(), Failure> {
    let (token, until) = session.client.token()?;
    let (scheme, token) = token.reveal();
    let document = json!({ "token": token, "scheme": scheme, "until": until.map(rfc3339) });
    session.show(&document, &|| format!("{token}\n"))
}

/// Who is signed in, in which way, and until when, on one line.
pub(crate) fn describe(account: &Account) -> String {
    let user = account.user.as_deref().map_or_else(|| "an unnamed user".to_owned(), safe);
    let until = account.until.map(|end| match end < SystemTime::now() {
        false => format!(", token until {}", time(end)),
        true => format!(", token ended at {} by this machine's clock", time(end)),
    });
    let until = until.unwrap_or_default();
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
