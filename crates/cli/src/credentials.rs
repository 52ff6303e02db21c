//! The way to sign in, from variables and files; never from arguments, which other users can see.

use anaplan_dump_core::{Credentials, Error, NamedFile, Secret, Setting, Token};

use crate::arguments::{Arguments, Command};
use crate::failure::Failure;
use crate::os_text;
use crate::settings::{both, setting, variable};

/// The variables of each way, the ones that it needs first.
const TOKEN: [&str; 3] = ["ANAPLAN_TOKEN", "ANAPLAN_BEARER_TOKEN", "ANAPLAN_TOKEN_FILE"];
const PASSWORD: [&str; 3] = ["ANAPLAN_USER", "ANAPLAN_PASSWORD", "ANAPLAN_PASSWORD_FILE"];
const CERTIFICATE: [&str; 5] = [
    "ANAPLAN_CERTIFICATE",
    "ANAPLAN_PRIVATE_KEY",
    "ANAPLAN_PRIVATE_KEY_PASSPHRASE",
    "ANAPLAN_PRIVATE_KEY_PASSPHRASE_FILE",
    "ANAPLAN_CERTIFICATE_FORMAT",
];
const OAUTH: [&str; 2] = ["ANAPLAN_OAUTH_CLIENT_ID", "ANAPLAN_OAUTH_REFRESH_TOKEN_FILE"];

type Way<'a> = &'a dyn Fn() -> Result<Credentials, Failure>;

/// The one way to sign in that the options and the environment describe. The files of secrets are read
/// here, once.
pub(crate) fn read(arguments: &Arguments) -> Result<Credentials, Failure> {
    let ways: [(&[&'static str], Way<'_>); 4] = [
        (&TOKEN, &|| token(arguments)),
        (&PASSWORD, &|| password(arguments)),
        (&CERTIFICATE, &certificate),
        (&OAUTH, &oauth),
    ];
    let mut found: Option<(&str, Way<'_>)> = None;
    for (variables, way) in ways {
        let option = match variables {
            _ if variables == TOKEN => arguments.token_file.as_ref().map(|_| "--token-file"),
            _ if variables == PASSWORD => arguments.password_file.as_ref().map(|_| "--password-file"),
            _ => None,
        };
        let first = if option.is_some() { option } else { first_set(variables)? };
        let Some(name) = first else { continue };
        if let Some((other, _)) = found {
            return Err(both(other, name));
        }
        found = Some((name, way));
    }
    match found {
        Some((_, way)) => way(),
        None if matches!(arguments.command, Command::Login(_)) => oauth(),
        None => Err(no_way()),
    }
}

fn no_way() -> Failure {
    let ready = "set ANAPLAN_TOKEN or ANAPLAN_BEARER_TOKEN, or name a file with --token-file";
    let ways = "or sign in with ANAPLAN_USER and ANAPLAN_PASSWORD, with ANAPLAN_CERTIFICATE and ANAPLAN_PRIVATE_KEY, \
                or with ANAPLAN_OAUTH_CLIENT_ID and ANAPLAN_OAUTH_REFRESH_TOKEN_FILE";
    Failure::Library { error: Error::NoToken(ready.into()), note: Some(ways.into()) }
}

/// Whether a way to sign in is given by an option or in the environment.
pub(crate) fn is_set(arguments: &Arguments) -> Result<bool, Failure> {
    let has_option = arguments.token_file.is_some() || arguments.password_file.is_some();
    Ok(has_option || first_set(&[&TOKEN[..], &PASSWORD, &CERTIFICATE, &OAUTH].concat())?.is_some())
}

/// Whether a variable belongs to a way to sign in.
pub(crate) fn is_variable(name: &str) -> bool {
    [&TOKEN[..], &PASSWORD, &CERTIFICATE, &OAUTH].concat().contains(&name)
}

fn first_set(variables: &[&'static str]) -> Result<Option<&'static str>, Failure> {
    for name in variables {
        if variable(name)?.is_some() {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

fn token(arguments: &Arguments) -> Result<Credentials, Failure> {
    // An option is nearer than a variable.
    if let Some(path) = &arguments.token_file {
        return token_file(path);
    }
    let mut found = Vec::new();
    for name in TOKEN {
        found.extend(variable(name)?.map(|value| (name, value)));
    }
    match found.as_slice() {
        [("ANAPLAN_TOKEN_FILE", path)] => token_file(path),
        // A copied header says what it is.
        [("ANAPLAN_BEARER_TOKEN", text)] if !text.trim().contains(' ') => Ok(Token::bearer(text)?.into()),
        [(_, text)] => Ok(text.parse::<Token>()?.into()),
        [(first, _), (second, _), ..] => Err(both(first, second)),
        [] => Err(no_way()),
    }
}

fn token_file(path: &str) -> Result<Credentials, Failure> {
    if path != "-" {
        return Ok(Credentials::token_file(os_text::path(path))?);
    }
    let file =
        NamedFile::read_from(Setting::Named("the token file"), "standard input", std::io::stdin().lock())?;
    Ok(file.secret()?.parse::<Token>()?.into())
}

fn password(arguments: &Arguments) -> Result<Credentials, Failure> {
    let file = setting(&arguments.password_file, "ANAPLAN_PASSWORD_FILE")?;
    let secret = secret("ANAPLAN_PASSWORD", "the password file", file)?;
    match (variable("ANAPLAN_USER")?, secret) {
        (Some(user), Some(password)) => Ok(Credentials::password(user.trim(), password)?),
        (None, _) => Err(missing("there is a password, but no user: set ANAPLAN_USER")),
        (_, None) => Err(missing(
            "there is a user, but no password: set ANAPLAN_PASSWORD, or name a file with --password-file",
        )),
    }
}

fn certificate() -> Result<Credentials, Failure> {
    let Some(certificate) = variable("ANAPLAN_CERTIFICATE")? else {
        return Err(missing(
            "there is a private key, but no certificate: set ANAPLAN_CERTIFICATE to its file",
        ));
    };
    let files = [Some(certificate), variable("ANAPLAN_PRIVATE_KEY")?].into_iter().flatten();
    let files: Vec<_> = files.map(|file| os_text::path(&file)).collect();
    let file = variable("ANAPLAN_PRIVATE_KEY_PASSPHRASE_FILE")?;
    let passphrase = secret("ANAPLAN_PRIVATE_KEY_PASSPHRASE", "the passphrase file", file)?;
    let credentials = Credentials::certificate(&files, passphrase.as_ref())?;
    match variable("ANAPLAN_CERTIFICATE_FORMAT")?.as_deref().map(str::trim) {
        None | Some("v2") => Ok(credentials),
        Some("v1") => Ok(credentials.without_timestamp()),
        Some(_) => Err(Failure::Usage("ANAPLAN_CERTIFICATE_FORMAT is neither v1 nor v2".into())),
    }
}

fn oauth() -> Result<Credentials, Failure> {
    match (variable(OAUTH[0])?, variable(OAUTH[1])?) {
        (Some(client_id), Some(file)) => Ok(Credentials::oauth(&client_id, os_text::path(&file))?),
        (None, None) => Err(missing(
            "login signs in with OAuth: set ANAPLAN_OAUTH_CLIENT_ID and ANAPLAN_OAUTH_REFRESH_TOKEN_FILE",
        )),
        (None, _) => Err(missing("there is a refresh token, but no client: set ANAPLAN_OAUTH_CLIENT_ID")),
        (_, None) => Err(missing(
            "there is an OAuth client, but no file for its refresh token: set ANAPLAN_OAUTH_REFRESH_TOKEN_FILE",
        )),
    }
}

/// The secret of a variable or of a file.
fn secret(name: &'static str, what: &'static str, file: Option<String>) -> Result<Option<Secret>, Failure> {
    match (variable(name)?, file) {
        (Some(_), Some(_)) => Err(both(name, what)),
        // As in a file, blanks and line ends around it do not belong to it.
        (Some(text), None) => Ok(Some(Secret::new(text.trim()))),
        (None, Some(path)) => Ok(Some(Secret::from_file(what, os_text::path(&path))?)),
        (None, None) => Ok(None),
    }
}

fn missing(text: &str) -> Failure {
    Failure::Usage(text.into())
}
