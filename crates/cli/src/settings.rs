//! Options and environment variables to a client. An option wins over its variable; what cannot be used is
//! an error, never ignored. Sends nothing.

use std::fs::File;
use std::io::{self, Read};
use std::time::Duration;

use anaplan_dump_core::{Client, ClientBuilder, Credentials, Id, Locator, ModelAddress, Origin};

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::text::{parse_duration, safe};

/// Maximum size of a file of root certificates in bytes: the bundle of a system has some 200 kB.
const MAX_ROOTS_BYTES: u64 = 16 * 1024 * 1024;

/// The client that the options and the environment describe.
pub(crate) fn client(arguments: &Arguments, credentials: Credentials) -> Result<ClientBuilder, Failure> {
    let mut builder = Client::builder(credentials).api(api(arguments)?);
    // One that cannot be read is the error of its command.
    if let Some(Ok(locator)) = arguments.command.locator().map(str::parse::<Locator>) {
        builder = builder.locator(&locator);
    }
    if let Some(url) = setting(&arguments.auth_url, "ANAPLAN_AUTH_URL")? {
        builder = builder.auth(url.parse()?);
    }
    if let Some(url) = setting(&arguments.oauth_url, "ANAPLAN_OAUTH_URL")? {
        builder = builder.oauth(url.parse()?);
    }
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
    if let Some(path) = ca_file(arguments)? {
        builder = builder.root_certificates(certificates(&path)?);
    }
    if let Some(path) = setting(&arguments.ca_add, "ANAPLAN_CA_ADD")? {
        builder = builder.add_root_certificates(certificates(&path)?);
    }
    Ok(builder)
}

/// A file of root certificates.
fn certificates(path: &str) -> Result<Vec<u8>, Failure> {
    let failed = |error: io::Error| unreadable("the file of root certificates", path, &error);
    let mut pem = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MAX_ROOTS_BYTES + 1).read_to_end(&mut pem).map_err(failed)?;
    if pem.len() as u64 > MAX_ROOTS_BYTES {
        return Err(failed(io::Error::other("it is larger than any file of certificates")));
    }
    Ok(pem)
}

/// The file of root certificates; `SSL_CERT_FILE` is the name that other programs know.
fn ca_file(arguments: &Arguments) -> Result<Option<String>, Failure> {
    match setting(&arguments.ca_file, "ANAPLAN_CA_FILE")? {
        Some(path) => Ok(Some(path)),
        None => variable("SSL_CERT_FILE"),
    }
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
pub(crate) fn setting(option: &Option<String>, variable: &str) -> Result<Option<String>, Failure> {
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

pub(crate) fn variable(name: &str) -> Result<Option<String>, Failure> {
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

/// Two settings that contradict each other.
pub(crate) fn both(first: &str, second: &str) -> Failure {
    Failure::Usage(format!("{first} and {second} are both set: unset one of them"))
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

pub(crate) fn unreadable(setting: &str, path: &str, error: &std::io::Error) -> Failure {
    Failure::Usage(format!("{setting} cannot be used: {} cannot be read: {error}", safe(path)))
}
