//! The way to sign in, from variables and files; never from arguments, which other users can see.

use anaplan_dump_core::{Credentials, Error, NamedFile, Secret, Setting, Token};

use crate::arguments::{Arguments, Command};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::os_text;
use crate::settings::both;

/// Where the settings of a way to sign in are.
#[derive(Clone, Copy)]
struct Given<'a> {
    arguments: &'a Arguments,
    environment: &'a Environment,
}

/// A way to sign in.
struct Way {
    /// The settings that it needs: one of each group.
    needed: &'static [&'static [&'static str]],
    /// Those that it may have besides.
    more: &'static [&'static str],
    read: fn(Given<'_>) -> Result<Credentials, Failure>,
}

const TOKEN: &[&str] = &["--token-file", "ANAPLAN_TOKEN", "ANAPLAN_BEARER_TOKEN", "ANAPLAN_TOKEN_FILE"];
const PASSWORD: &[&str] = &["--password-file", "ANAPLAN_PASSWORD", "ANAPLAN_PASSWORD_FILE"];
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
    fn settings(&self) -> impl Iterator<Item = &'static str> {
        self.needed.iter().copied().flatten().chain(self.more).copied()
    }

    fn is_complete(&self, given: Given<'_>) -> Result<bool, Failure> {
        for group in self.needed {
            if given.first(group.iter().copied())?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Given<'_> {
    fn first(self, names: impl IntoIterator<Item = &'static str>) -> Result<Option<&'static str>, Failure> {
        for name in names {
            let is_set = match name {
                "--token-file" => self.arguments.token_file.is_some(),
                "--password-file" => self.arguments.password_file.is_some(),
                name => self.environment.variable(name)?.is_some(),
            };
            if is_set {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }
}

/// The one way to sign in that the options and the environment describe. The files of secrets are read
/// here, once.
pub(crate) fn read(arguments: &Arguments, environment: &Environment) -> Result<Credentials, Failure> {
    let given = Given { arguments, environment };
    let mut found: Option<(&str, Way)> = None;
    for way in WAYS {
        let Some(name) = given.first(way.settings())? else { continue };
        if let Some((other, _)) = found {
            return Err(both(other, name));
        }
        found = Some((name, way));
    }
    match found {
        Some((_, way)) => (way.read)(given),
        None if matches!(arguments.command, Command::Login(_)) => oauth(given),
        None => Err(no_way()),
    }
}

fn no_way() -> Failure {
    let ready = "set ANAPLAN_TOKEN or ANAPLAN_BEARER_TOKEN, or name a file with --token-file";
    let ways = "or sign in with ANAPLAN_USER and ANAPLAN_PASSWORD, with ANAPLAN_CERTIFICATE and ANAPLAN_PRIVATE_KEY, \
                or with ANAPLAN_OAUTH_CLIENT_ID and ANAPLAN_OAUTH_REFRESH_TOKEN_FILE";
    Failure::Library { error: Error::NoToken(ready.into()), note: Some(ways.into()) }
}

/// A way that is complete without the file of variables wins over all ways of the file.
pub(crate) fn prefer_outside(arguments: &Arguments, environment: &mut Environment) -> Result<(), Failure> {
    let outside = Given { arguments, environment: &Environment::default() };
    for way in WAYS {
        if way.is_complete(outside)? {
            environment.drop_from_file(|name| WAYS.iter().any(|way| way.settings().any(|of| of == name)));
        }
    }
    Ok(())
}

fn token(Given { arguments, environment }: Given<'_>) -> Result<Credentials, Failure> {
    // An option is nearer than a variable.
    if let Some(path) = &arguments.token_file {
        return token_file(path);
    }
    let mut found = Vec::new();
    for name in ["ANAPLAN_TOKEN", "ANAPLAN_BEARER_TOKEN", "ANAPLAN_TOKEN_FILE"] {
        found.extend(environment.variable(name)?.map(|value| (name, value)));
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

fn password(Given { arguments, environment }: Given<'_>) -> Result<Credentials, Failure> {
    let file = environment.setting(&arguments.password_file, "ANAPLAN_PASSWORD_FILE")?;
    let secret = secret("ANAPLAN_PASSWORD", "the password file", file, environment)?;
    match (environment.variable("ANAPLAN_USER")?, secret) {
        (Some(user), Some(password)) => Ok(Credentials::password(user.trim(), password)?),
        (None, _) => missing("there is a password, but no user: set ANAPLAN_USER"),
        (_, None) => missing(
            "there is a user, but no password: set ANAPLAN_PASSWORD, or name a file with --password-file",
        ),
    }
}

fn certificate(Given { environment, .. }: Given<'_>) -> Result<Credentials, Failure> {
    let Some(certificate) = environment.variable("ANAPLAN_CERTIFICATE")? else {
        return missing("there is a private key, but no certificate: set ANAPLAN_CERTIFICATE to its file");
    };
    let files = [Some(certificate), environment.variable("ANAPLAN_PRIVATE_KEY")?];
    let files: Vec<_> = files.iter().flatten().map(|file| os_text::path(file)).collect();
    let file = environment.variable("ANAPLAN_PRIVATE_KEY_PASSPHRASE_FILE")?;
    let passphrase = secret("ANAPLAN_PRIVATE_KEY_PASSPHRASE", "the passphrase file", file, environment)?;
    let credentials = Credentials::certificate(&files, passphrase.as_ref())?;
    match environment.variable("ANAPLAN_CERTIFICATE_FORMAT")?.as_deref().map(str::trim) {
        None | Some("v2") => Ok(credentials),
        Some("v1") => Ok(credentials.without_timestamp()),
        Some(_) => missing("ANAPLAN_CERTIFICATE_FORMAT is neither v1 nor v2"),
    }
}

fn oauth(Given { environment, .. }: Given<'_>) -> Result<Credentials, Failure> {
    let client_id = environment.variable("ANAPLAN_OAUTH_CLIENT_ID")?;
    match (client_id, environment.variable("ANAPLAN_OAUTH_REFRESH_TOKEN_FILE")?) {
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

/// The secret of a variable or of a file.
fn secret(
    name: &'static str,
    what: &'static str,
    file: Option<String>,
    environment: &Environment,
) -> Result<Option<Secret>, Failure> {
    match (environment.variable(name)?, file) {
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
