//! Options and environment variables to a client. An option wins over its variable; what cannot be used is
//! an error, never ignored. Sends nothing.

use std::time::Duration;

use anaplan_dump_core::{
    Client, ClientBuilder, Credentials, Error, Locator, NamedFile, Origin, ProxyChoice, Setting,
};

use crate::arguments::Arguments;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::os_text;
use crate::text::parse_duration;

/// The builder of the client that the options and the environment describe. The client signs in at the hosts of the
/// locator, where that is a URL.
pub(crate) fn client(
    arguments: &Arguments,
    environment: &Environment,
    locator: Option<&Locator>,
    credentials: Credentials,
) -> Result<ClientBuilder, Failure> {
    let mut builder = Client::builder(credentials).api(api(arguments, environment)?);
    if let Some(locator) = locator {
        builder = builder.locator(locator);
    }
    if let Some(url) = environment.setting(&arguments.auth_url, "ANAPLAN_AUTH_URL")? {
        builder = builder.auth(url.parse()?);
    }
    if let Some(url) = environment.setting(&arguments.oauth_url, "ANAPLAN_OAUTH_URL")? {
        builder = builder.oauth(url.parse()?);
    }
    if let Some(text) = environment.setting(&arguments.retries, "ANAPLAN_RETRIES")? {
        let retries = text.trim().parse();
        builder = builder.retries(
            retries
                .map_err(|_| Failure::Usage("--retries (ANAPLAN_RETRIES) is not a whole number".into()))?,
        );
    }
    let duration = |option, name: &str, variable: &str| -> Result<Option<Duration>, Failure> {
        let Some(text) = environment.setting(option, variable)? else { return Ok(None) };
        let wrong = || {
            let shapes = "a duration such as 500ms, 30s, 5m, 2h or plain seconds";
            Failure::Usage(format!("{name} ({variable}) is not {shapes}"))
        };
        parse_duration(&text).map(Some).ok_or_else(wrong)
    };
    if let Some(longest) = duration(&arguments.max_wait, "--max-wait", "ANAPLAN_MAX_WAIT")? {
        builder = builder.max_wait(longest);
    }
    if let Some(limit) = duration(&arguments.stall_timeout, "--stall-timeout", "ANAPLAN_STALL_TIMEOUT")? {
        builder = builder.stall_timeout(limit);
    }
    if let Some((url, no_proxy)) = environment.proxy()? {
        builder = builder.proxy(ProxyChoice::UrlExcept { url, no_proxy });
    }
    if let Some((name, path)) = ca_file(arguments, environment)? {
        builder = builder.root_certificates(certificates(name, &path)?);
    }
    if let Some((name, path)) = ca_add(arguments, environment)? {
        builder = builder.add_root_certificates(certificates(name, &path)?);
    }
    Ok(builder)
}

/// The client. What is wrong with root certificates is an error of the setting that they are from.
pub(crate) fn build(
    builder: ClientBuilder,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<Client, Failure> {
    builder.build().map_err(|error| {
        let from = match error {
            Error::Setting { setting: Setting::RootCertificates, .. } => ca_file(arguments, environment),
            Error::Setting { setting: Setting::AddedRootCertificates, .. } => ca_add(arguments, environment),
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

type NamedPath = Option<(&'static str, String)>;

/// The file of root certificates, and the name of its setting; `SSL_CERT_FILE` is the name that other
/// programs know.
fn ca_file(arguments: &Arguments, environment: &Environment) -> Result<NamedPath, Failure> {
    match &arguments.ca_file {
        Some(path) => Ok(Some(("--ca-file", path.clone()))),
        None => environment.first(&["ANAPLAN_CA_FILE", "SSL_CERT_FILE"]),
    }
}

/// The file of further root certificates, and the name of its setting.
fn ca_add(arguments: &Arguments, environment: &Environment) -> Result<NamedPath, Failure> {
    match &arguments.ca_add {
        Some(path) => Ok(Some(("--ca-add", path.clone()))),
        None => environment.first(&["ANAPLAN_CA_ADD"]),
    }
}

fn api(arguments: &Arguments, environment: &Environment) -> Result<Origin, Failure> {
    if arguments.api_url.is_some() && arguments.region.is_some() {
        return Err(Failure::Usage("--api-url and --region say the same thing: give one of them".into()));
    }
    // An option of either kind wins over both variables.
    let (url, region) = match (&arguments.api_url, &arguments.region) {
        (None, None) => (environment.variable("ANAPLAN_API_URL")?, environment.variable("ANAPLAN_REGION")?),
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
