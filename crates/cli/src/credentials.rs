//! The way to sign in, from variables and files; never from arguments, which other users can see.

use anaplan_dump_core::{Credentials, Error, NamedFile, Secret, Setting, Token};

use crate::arguments::Command;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::os_text;
use crate::pipe::Pipe;
use crate::settings::both;

#[derive(Clone, Copy)]
struct Way {
    /// The variables that it needs: one of each group.
    needed: &'static [&'static [&'static str]],
    /// Those that it may have besides.
    more: &'static [&'static str],
    read: fn(&Environment<'_>) -> Result<Credentials, Failure>,
}

const TOKEN: &[&str] = &["ANAPLAN_TOKEN_FILE", "ANAPLAN_TOKEN", "ANAPLAN_BEARER_TOKEN"];
const OAUTH_VARIABLES: &[&[&str]] = &[&["ANAPLAN_OAUTH_CLIENT_ID"], &["ANAPLAN_OAUTH_REFRESH_TOKEN_FILE"]];

const OAUTH: Way = Way { needed: OAUTH_VARIABLES, more: &[], read: oauth };

const WAYS: [Way; 4] = [
    Way { needed: &[TOKEN], more: &[], read: token },
    Way { needed: &[&["ANAPLAN_USER"], &["ANAPLAN_PASSWORD_FILE", "ANAPLAN_PASSWORD"]], more: &[], read: password },
    Way {
        needed: &[&["ANAPLAN_CERTIFICATE"]],
        // The file of the certificate may hold the key as well.
        more: &[
            "ANAPLAN_PRIVATE_KEY",
            "ANAPLAN_PRIVATE_KEY_PASSPHRASE",
            "ANAPLAN_PRIVATE_KEY_PASSPHRASE_FILE",
            "ANAPLAN_CERTIFICATE_FORMAT",
        ],
        read: certificate,
    },
    OAUTH,
];

impl Way {
    fn variables(&self) -> Vec<&'static str> {
        self.needed.concat().into_iter().chain(self.more.iter().copied()).collect()
    }
}

/// The one way to sign in that the options and the environment describe. The files of secrets are read here, once.
pub(crate) fn read(environment: &Environment<'_>) -> Result<Credentials, Failure> {
    let mut found: Option<(&str, Way)> = None;
    for way in WAYS {
        let Some((name, _)) = environment.first(&way.variables())? else { continue };
        if let Some((other, _)) = found {
            return Err(both(other, name));
        }
        found = Some((name, way));
    }
    let login = matches!(environment.arguments.command, Command::Login(_)).then_some(("login", OAUTH));
    let (given, way) = found.or(login).ok_or_else(no_way)?;
    let mut missing = Vec::new();
    for group in way.needed {
        if environment.first(group)?.is_none() {
            missing.push(group.join(" or "));
        }
    }
    if !missing.is_empty() {
        let missing = missing.join(" and ");
        return Err(Failure::Usage(format!("{given} needs more to sign in: set {missing}")));
    }
    (way.read)(environment)
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
        [("--token-file", path), ..] | [("ANAPLAN_TOKEN_FILE", path)] if path == "-" => {
            let stdin = Pipe::open(environment.end, || Ok(std::io::stdin()));
            let file = NamedFile::read_from(Setting::Named("the token file"), "standard input", stdin)?;
            Ok(file.token()?.parse::<Token>()?.into())
        }
        [("--token-file", path), ..] | [("ANAPLAN_TOKEN_FILE", path)] => {
            Ok(Credentials::token_file(os_text::path(path))?)
        }
        // A copied header says what it is.
        [("ANAPLAN_BEARER_TOKEN", text)] if !text.trim().contains(' ') => Ok(Token::bearer(text)?.into()),
        [(_, text)] => Ok(text.parse::<Token>()?.into()),
        [(first, _), (second, _), ..] => Err(both(first, second)),
        [] => Err(no_way()),
    }
}

fn password(environment: &Environment<'_>) -> Result<Credentials, Failure> {
    let secret = secret("ANAPLAN_PASSWORD", "ANAPLAN_PASSWORD_FILE", "the password file", environment)?;
    let user = value("ANAPLAN_USER", environment)?;
    Ok(Credentials::password(user.trim(), secret.ok_or_else(no_way)?)?)
}

fn certificate(environment: &Environment<'_>) -> Result<Credentials, Failure> {
    let files = [Some(value("ANAPLAN_CERTIFICATE", environment)?), environment.get("ANAPLAN_PRIVATE_KEY")?];
    let files: Vec<_> = files.iter().flatten().map(|file| os_text::path(file)).collect();
    let (name, of_file) = ("ANAPLAN_PRIVATE_KEY_PASSPHRASE", "ANAPLAN_PRIVATE_KEY_PASSPHRASE_FILE");
    let passphrase = secret(name, of_file, "the passphrase file", environment)?;
    let credentials = Credentials::certificate(&files, passphrase.as_ref())?;
    match environment.get("ANAPLAN_CERTIFICATE_FORMAT")?.as_deref().map(str::trim) {
        None | Some("v2") => Ok(credentials),
        Some("v1") => Ok(credentials.without_timestamp()),
        Some(_) => Err(Failure::Usage("ANAPLAN_CERTIFICATE_FORMAT is neither v1 nor v2".to_owned())),
    }
}

fn oauth(environment: &Environment<'_>) -> Result<Credentials, Failure> {
    let file = value("ANAPLAN_OAUTH_REFRESH_TOKEN_FILE", environment)?;
    Ok(Credentials::oauth(&value("ANAPLAN_OAUTH_CLIENT_ID", environment)?, os_text::path(&file))?)
}

/// The value of a variable that the way to sign in needs.
fn value(name: &'static str, environment: &Environment<'_>) -> Result<String, Failure> {
    environment.get(name)?.ok_or_else(no_way)
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
