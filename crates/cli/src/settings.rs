//! Options and environment variables to a client. An option wins over its variable; what cannot be used is
//! an error, never ignored. Sends nothing.

use std::time::Duration;

use anaplan_dump_core::{
    Client, ClientBuilder, Credentials, Error, Id, Locator, ModelAddress, NamedFile, Origin, ProxyChoice,
    Setting,
};

use crate::arguments::Arguments;
use crate::env_file::{self, NO_PROXY, PROXY};
use crate::failure::Failure;
use crate::os_text::{self, carried};
use crate::text::parse_duration;

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
    if PROXY.into_iter().chain(NO_PROXY).any(|name| env_file::variable(name).is_some())
        && let Some(url) = first(&PROXY)?
    {
        let no_proxy = first(&NO_PROXY)?.unwrap_or_default();
        builder = builder.proxy(ProxyChoice::UrlExcept { url, no_proxy });
    }
    if let Some((name, path)) = ca_file(arguments)? {
        builder = builder.root_certificates(certificates(name, &path)?);
    }
    if let Some((name, path)) = ca_add(arguments)? {
        builder = builder.add_root_certificates(certificates(name, &path)?);
    }
    Ok(builder)
}

/// The client. What is wrong with root certificates is an error of the setting that they are from.
pub(crate) fn build(builder: ClientBuilder, arguments: &Arguments) -> Result<Client, Failure> {
    builder.build().map_err(|error| {
        let from = match error {
            Error::Setting { setting: Setting::RootCertificates, .. } => ca_file(arguments),
            Error::Setting { setting: Setting::AddedRootCertificates, .. } => ca_add(arguments),
            _ => Ok(None),
        };
        match from {
            Ok(Some((name, _))) => error.named(name).into(),
            _ => error.into(),
        }
    })
}

/// The file of root certificates that a setting of this name has.
fn certificates(name: &'static str, path: &str) -> Result<Vec<u8>, Failure> {
    Ok(NamedFile::read(Setting::Named(name), os_text::path(path))?.bytes().to_vec())
}

/// The file of root certificates, and the name of its setting; `SSL_CERT_FILE` is the name that other
/// programs know.
fn ca_file(arguments: &Arguments) -> Result<Option<(&'static str, String)>, Failure> {
    if let Some(path) = &arguments.ca_file {
        return Ok(Some(("--ca-file", path.clone())));
    }
    for name in ["ANAPLAN_CA_FILE", "SSL_CERT_FILE"] {
        if let Some(path) = variable(name)? {
            return Ok(Some((name, path)));
        }
    }
    Ok(None)
}

/// The file of further root certificates, and the name of its setting.
fn ca_add(arguments: &Arguments) -> Result<Option<(&'static str, String)>, Failure> {
    let name = arguments.ca_add.as_ref().map_or("ANAPLAN_CA_ADD", |_| "--ca-add");
    Ok(setting(&arguments.ca_add, "ANAPLAN_CA_ADD")?.map(|path| (name, path)))
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
            Ok(value) if !value.trim().is_empty() => Ok(Some(value)),
            Ok(_) | Err(std::env::VarError::NotPresent) => Ok(env_file::variable(variable)),
            Err(std::env::VarError::NotUnicode(value)) => match carried(value) {
                Some(path) if is_path(variable) => Ok(Some(path)),
                _ => Err(Failure::Usage(format!("{variable} is not UTF-8"))),
            },
        },
    }
}

/// Whether a variable names a file, whose name may have any bytes.
fn is_path(variable: &str) -> bool {
    const OTHERS: [&str; 3] = ["ANAPLAN_CERTIFICATE", "ANAPLAN_PRIVATE_KEY", "ANAPLAN_CA_ADD"];
    variable.ends_with("_FILE") || OTHERS.contains(&variable)
}

/// The first of these variables that is set.
fn first(names: &[&str]) -> Result<Option<String>, Failure> {
    for name in names {
        if let Some(value) = variable(name)? {
            return Ok(Some(value));
        }
    }
    Ok(None)
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
