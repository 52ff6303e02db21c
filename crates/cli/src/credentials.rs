//! The way to sign in, from variables and files; never from arguments, which other users can see.

use anaplan_dump_core::{Credentials, Error, NamedFile, Secret, Setting, Token};

use crate::arguments::Command;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::os_text;
use crate::settings::both;

/// A way to sign in.
struct Way {
    /// The variables that it needs: one of each group.
    needed: &'static [&'static [&'static str]],
    /// Those that it may have besides.
    more: &'static [&'static str],
    read: fn(&Environment<'_>) -> Result<Credentials, Failure>,
}

const TOKEN: &[&str] = &["ANAPLAN_TOKEN_FILE", "ANAPLAN_TOKEN", "ANAPLAN_BEARER_TOKEN"];
const PASSWORD: &[&str] = &["ANAPLAN_PASSWORD_FILE", "ANAPLAN_PASSWORD"];
const OAUTH: &[&[&str]] = &[&["ANAPLAN_OAUTH_CLIENT_ID"], &["ANAPLAN_OAUTH_REFRESH_TOKEN_FILE"]];

/// The file of the certificate may hold the key as well.
const WITH_CERTIFICATE: &[&str] = &[
    "ANAPLAN_PRIVATE_KEY",
    "ANAPLAN_PRIVATE_KEY_PASSPHRASE",
    "ANAPLAN_PRIVATE_KEY_PASSPHRASE_FILE",
    "ANAPLAN_CERTIFICATE_FORMAT",
];

const WAYS: [Way; 4] = [
    Way { needed: &[TOKEN], more: &[], read: token },
    Way { needed: &[&["ANAPLAN_USER"], PASSWORD], more: &[], read: password },
    Way { needed: &[&["ANAPLAN_CERTIFICATE"]], more: WITH_CERTIFICATE, read: certificate },
    Way { needed: OAUTH, more: &[], read: oauth },
];

impl Way {
    fn variables(&self) -> Vec<&'static str> {
        self.needed.concat().into_iter().chain(self.more.iter().copied()).collect()
    }
}

/// The one way to sign in that the options and the environment describe. The files of secrets are read
/// here, once.
pub(crate) fn read(environment: &Environment<'_>) -> Result<Credentials, Failure> {
    let mut found: Option<(&str, Way)> = None;
    for way in WAYS {
        let Some((name, _)) = environment.first(&way.variables())? else { continue };
        if let Some((other, _)) = found {
            return Err(both(other, name));
        }
        found = Some((name, way));
    }
    match found {
        Some((_, way)) => (way.read)(environment),
        None if matches!(environment.arguments.command, Command::Login(_)) => oauth(environment),
        None => Err(no_way()),
    }
}

/// A way that is complete without the file of variables wins over all ways of the file.
pub(crate) fn prefer_outside(environment: &mut Environment<'_>) -> Result<(), Failure> {
    let outside = environment.without_file();
    for way in WAYS {
        let mut groups = way.needed.iter().map(|group| Ok(outside.first(group)?.is_some()));
        if groups.try_fold(true, |all, is_set: Result<bool, Failure>| Ok::<_, Failure>(all && is_set?))? {
            environment.drop_from_file(&WAYS.iter().flat_map(Way::variables).collect::<Vec<_>>());
        }
    }
    Ok(())
}

fn no_way() -> Failure {
    let ready = "set ANAPLAN_TOKEN or ANAPLAN_BEARER_TOKEN, or name a file with --token-file";
    let ways = "or sign in with ANAPLAN_USER and ANAPLAN_PASSWORD, with ANAPLAN_CERTIFICATE and ANAPLAN_PRIVATE_KEY, \
                or with ANAPLAN_OAUTH_CLIENT_ID and ANAPLAN_OAUTH_REFRESH_TOKEN_FILE";
    Failure::noted(Error::NoToken(ready.into()), ways.to_owned())
}

fn token(environment: &Environment<'_>) -> Result<Credentials, Failure> {
    let mut found = Vec::new();
    for name in TOKEN {
        found.extend(environment.first(&[name])?);
    }
    match found.as_slice() {
        // An option is nearer than a variable.
        [("--token-file", path), ..] | [("ANAPLAN_TOKEN_FILE", path)] => token_file(path),
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

fn password(environment: &Environment<'_>) -> Result<Credentials, Failure> {
    let secret = secret("ANAPLAN_PASSWORD", "ANAPLAN_PASSWORD_FILE", "the password file", environment)?;
    match (environment.get("ANAPLAN_USER")?, secret) {
        (Some(user), Some(password)) => Ok(Credentials::password(user.trim(), password)?),
        (None, _) => missing("there is a password, but no user: set ANAPLAN_USER"),
        (_, None) => missing(
            "there is a user, but no password: set ANAPLAN_PASSWORD, or name a file with --password-file",
        ),
    }
}

fn certificate(environment: &Environment<'_>) -> Result<Credentials, Failure> {
    let Some(certificate) = environment.get("ANAPLAN_CERTIFICATE")? else {
        return missing("there is a private key, but no certificate: set ANAPLAN_CERTIFICATE to its file");
    };
    let files = [Some(certificate), environment.get("ANAPLAN_PRIVATE_KEY")?];
    let files: Vec<_> = files.iter().flatten().map(|file| os_text::path(file)).collect();
    let (name, of_file) = ("ANAPLAN_PRIVATE_KEY_PASSPHRASE", "ANAPLAN_PRIVATE_KEY_PASSPHRASE_FILE");
    let passphrase = secret(name, of_file, "the passphrase file", environment)?;
    let credentials = Credentials::certificate(&files, passphrase.as_ref())?;
    match environment.get("ANAPLAN_CERTIFICATE_FORMAT")?.as_deref().map(str::trim) {
        None | Some("v2") => Ok(credentials),
        Some("v1") => Ok(credentials.without_timestamp()),
        Some(_) => missing("ANAPLAN_CERTIFICATE_FORMAT is neither v1 nor v2"),
    }
}

fn oauth(environment: &Environment<'_>) -> Result<Credentials, Failure> {
    let client_id = environment.get("ANAPLAN_OAUTH_CLIENT_ID")?;
    match (client_id, environment.get("ANAPLAN_OAUTH_REFRESH_TOKEN_FILE")?) {
        (Some(client_id), Some(file)) => Ok(Credentials::oauth(&client_id, os_text::path(&file))?),
        (None, None) => missing(
            "login signs in with OAuth: set ANAPLAN_OAUTH_CLIENT_ID and ANAPLAN_OAUTH_REFRESH_TOKEN_FILE",
        ),
        (None, _) => missing("there is a refresh token, but no client: set ANAPLAN_OAUTH_CLIENT_ID"),
        (_, None) => missing(
            "there is an OAuth client, but no file for its refresh token: set ANAPLAN_OAUTH_REFRESH_TOKEN_FILE",
        ),
    }
}

/// The secret of a variable, or of the file that another one names.
fn secret(
    name: &'static str,
    of_file: &'static str,
    what: &'static str,
    environment: &Environment<'_>,
) -> Result<Option<Secret>, Failure> {
    match (environment.get(name)?, environment.get(of_file)?) {
        (Some(_), Some(_)) => Err(both(name, what)),
        // As in a file, blanks and line ends around it do not belong to it.
        (Some(text), None) => Ok(Some(Secret::new(text.trim()))),
        (None, Some(path)) => Ok(Some(Secret::from_file(what, os_text::path(&path))?)),
        (None, None) => Ok(None),
    }
}

fn missing(text: &str) -> Result<Credentials, Failure> {
    Err(Failure::Usage(text.into()))
}
