//! Options and environment variables to a client. An option wins over its variable; what cannot be used is
//! an error, never ignored. Sends nothing.

use std::io::Read;
use std::time::Duration;

use anaplan_dump_core::{Client, ClientBuilder, Id, ModelAddress, Origin, Token};

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::text::{parse_duration, safe};

/// Maximum size of a token file in bytes: tokens have some thousand characters.
const MAX_TOKEN_BYTES: u64 = 64 * 1024;

/// The client that the options and the environment describe.
pub(crate) fn client(arguments: &Arguments) -> Result<ClientBuilder, Failure> {
    let mut builder = Client::builder(token(arguments)?).api(api(arguments)?);
    if let Some(text) = setting(&arguments.retries, "ANAPLAN_RETRIES")? {
        let retries = text.trim().parse();
        builder = builder.retries(
            retries
                .map_err(|_| Failure::Usage("--retries (ANAPLAN_RETRIES) is not a whole number".into()))?,
        );
    }
    if let Some(longest) = duration(&arguments.max_wait, "--max-wait", "ANAPLAN_MAX_WAIT")? {
        builder = builder.max_wait(longest);
    }
    if let Some(limit) = duration(&arguments.stall_timeout, "--stall-timeout", "ANAPLAN_STALL_TIMEOUT")? {
        builder = builder.stall_timeout(limit);
    }
    if let Some(path) = setting(&arguments.ca_file, "ANAPLAN_CA_FILE")? {
        let pem = std::fs::read(&path).map_err(|e| unreadable("the file of root certificates", &path, &e))?;
        builder = builder.root_certificates(pem);
    }
    Ok(builder)
}

/// The model of `ANAPLAN_WORKSPACE` and `ANAPLAN_MODEL`, if both are set.
pub(crate) fn model() -> Result<Option<ModelAddress>, Failure> {
    let workspace = id("ANAPLAN_WORKSPACE")?;
    let model = id("ANAPLAN_MODEL")?;
    Ok(workspace.zip(model).map(|(workspace, id)| ModelAddress {
        origin: None,
        workspace: Some(workspace),
        id,
    }))
}

/// The value of an option, or else of its variable; an empty variable counts as not set.
fn setting(option: &Option<String>, variable: &str) -> Result<Option<String>, Failure> {
    match option {
        Some(value) => Ok(Some(value.clone())),
        None => match std::env::var(variable) {
            Ok(value) if value.trim().is_empty() => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(Failure::Usage(format!("{variable} is not UTF-8"))),
        },
    }
}

fn variable(name: &str) -> Result<Option<String>, Failure> {
    setting(&None, name)
}

fn api(arguments: &Arguments) -> Result<Origin, Failure> {
    if arguments.api_url.is_some() && arguments.region.is_some() {
        return Err(Failure::Usage("--api-url and --region say the same thing: give one of them".into()));
    }
    // An option of either kind wins over both variables.
    let (url, region) = match (&arguments.api_url, &arguments.region) {
        (None, None) => (variable("ANAPLAN_API_URL")?, variable("ANAPLAN_REGION")?),
        (url, region) => (url.clone(), region.clone()),
    };
    match (url, region) {
        (Some(_), Some(_)) => Err(both("ANAPLAN_API_URL", "ANAPLAN_REGION")),
        (Some(url), None) => Ok(url.parse()?),
        (None, Some(region)) => Ok(Origin::of_region(&region)?),
        (None, None) => Ok(Origin::anaplan()),
    }
}

fn token(arguments: &Arguments) -> Result<Token, Failure> {
    if let Some(path) = &arguments.token_file {
        return token_from_file(path);
    }
    let mut found = Vec::new();
    for name in ["ANAPLAN_TOKEN", "ANAPLAN_BEARER_TOKEN", "ANAPLAN_TOKEN_FILE"] {
        found.extend(variable(name)?.map(|value| (name, value)));
    }
    match found.as_slice() {
        [] => Err(Failure::Usage(
            "there is no token: set ANAPLAN_TOKEN or ANAPLAN_BEARER_TOKEN, or name a file with --token-file"
                .into(),
        )),
        [("ANAPLAN_TOKEN_FILE", path)] => token_from_file(path),
        [("ANAPLAN_BEARER_TOKEN", text)] => Ok(Token::bearer(text)?),
        [(_, text)] => Ok(Token::anaplan(text)?),
        [(first, _), (second, _), ..] => Err(both(first, second)),
    }
}

/// Two settings that contradict each other.
fn both(first: &str, second: &str) -> Failure {
    Failure::Usage(format!("{first} and {second} are both set: unset one of them"))
}

fn token_from_file(path: &str) -> Result<Token, Failure> {
    let mut text = String::new();
    let read = match path {
        "-" => std::io::stdin().lock().take(MAX_TOKEN_BYTES).read_to_string(&mut text),
        path => {
            std::fs::File::open(path).and_then(|file| file.take(MAX_TOKEN_BYTES).read_to_string(&mut text))
        }
    };
    read.map_err(|error| unreadable("the token file", path, &error))?;
    Ok(Token::anaplan(&text)?)
}

fn duration(option: &Option<String>, name: &str, variable: &str) -> Result<Option<Duration>, Failure> {
    let Some(text) = setting(option, variable)? else {
        return Ok(None);
    };
    match parse_duration(&text) {
        Some(duration) => Ok(Some(duration)),
        None => Err(Failure::Usage(format!(
            "{name} ({variable}) is not a duration such as 500ms, 30s, 5m, 2h or plain seconds"
        ))),
    }
}

fn id(name: &'static str) -> Result<Option<Id>, Failure> {
    let Some(text) = variable(name)? else {
        return Ok(None);
    };
    text.trim().parse().map(Some).map_err(|error| Failure::Usage(format!("{name}: {error}")))
}

fn unreadable(setting: &str, path: &str, error: &std::io::Error) -> Failure {
    Failure::Usage(format!("{setting} cannot be used: {} cannot be read: {error}", safe(path)))
}
