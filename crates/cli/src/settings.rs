//! Options and environment variables to a client. What cannot be used is an error, never ignored. Sends nothing.

use std::sync::Arc;
use std::time::Duration;

use anaplan_dump_core::{Client, Credentials, Error, Locator, LocatorError, NamedFile, Origin, ProxyChoice, Setting};

use crate::environment::Environment;
use crate::failure::Failure;
use crate::os_text;
use crate::progress::Reporter;
use crate::text::{DURATIONS, parse_duration};

/// The variables of root certificates; `SSL_CERT_FILE` is the name that other programs know.
const ROOTS: &[&str] = &["ANAPLAN_CA_FILE", "SSL_CERT_FILE"];
const ADDED_ROOTS: &[&str] = &["ANAPLAN_CA_ADD"];

/// The client that the options and the environment describe. It signs in at the hosts of the locator, where that is a
/// URL, and tells the reporter what goes on.
pub(crate) fn client(
    environment: &Environment<'_>,
    locator: Option<&Locator>,
    credentials: Credentials,
    reporter: &Arc<Reporter>,
) -> Result<Client, Failure> {
    let events = Arc::clone(reporter);
    let builder = Client::builder(credentials).on_event(move |event| events.event(event));
    let mut builder = builder.unfinished(&reporter.unfinished).api(api(environment)?);
    if let Some(locator) = locator {
        builder = builder.locator(locator);
    }
    if let Some((name, url)) = environment.first(&["ANAPLAN_AUTH_URL"])? {
        builder = builder.auth(of_setting(name, url.parse())?);
    }
    if let Some((name, url)) = environment.first(&["ANAPLAN_OAUTH_URL"])? {
        builder = builder.oauth(of_setting(name, url.parse())?);
    }
    if let Some(text) = environment.get("ANAPLAN_RETRIES")? {
        let wrong = |_| Failure::Usage("--retries (ANAPLAN_RETRIES) is not a whole number".into());
        builder = builder.retries(text.trim().parse().map_err(wrong)?);
    }
    let duration = |option, variable| -> Result<Option<Duration>, Failure> {
        let Some(text) = environment.get(variable)? else { return Ok(None) };
        let wrong = |_| Failure::Usage(format!("{option} ({variable}) is not {DURATIONS}"));
        parse_duration(&text).map(Some).map_err(wrong)
    };
    if let Some(longest) = duration("--max-wait", "ANAPLAN_MAX_WAIT")? {
        builder = builder.max_wait(longest);
    }
    if let Some(limit) = duration("--stall-timeout", "ANAPLAN_STALL_TIMEOUT")? {
        builder = builder.stall_timeout(limit);
    }
    if let Some((url, no_proxy)) = environment.proxy()? {
        builder = builder.proxy(ProxyChoice::Url { url, no_proxy });
    }
    let certificates = |names: &[&'static str]| -> Result<Option<Vec<u8>>, Failure> {
        let Some((name, path)) = environment.first(names)? else { return Ok(None) };
        Ok(Some(NamedFile::read(Setting::Named(name), os_text::path(&path))?.bytes().to_vec()))
    };
    if let Some(roots) = certificates(ROOTS)? {
        builder = builder.root_certificates(roots);
    }
    if let Some(roots) = certificates(ADDED_ROOTS)? {
        builder = builder.add_root_certificates(roots);
    }
    // What is wrong with root certificates is an error of the setting that they are from.
    builder.build().map_err(|error| {
        let names = match error {
            Error::Setting { setting: Setting::RootCertificates, .. } => ROOTS,
            Error::Setting { setting: Setting::AddedRootCertificates, .. } => ADDED_ROOTS,
            _ => &[],
        };
        match environment.first(names) {
            Ok(Some((name, _))) => error.named(name).into(),
            _ => error.into(),
        }
    })
}

fn api(environment: &Environment<'_>) -> Result<Origin, Failure> {
    let url = environment.first(&["ANAPLAN_API_URL"])?;
    let region = environment.first(&["ANAPLAN_REGION"])?;
    match (url, region) {
        (None, None) => Ok(Origin::anaplan()),
        (Some(("--api-url", _)), Some(("--region", _))) => {
            Err(Failure::Usage("--api-url and --region say the same thing: give one of them".into()))
        }
        // An option of either kind wins over both variables.
        (Some((name, url)), None) | (Some((name @ "--api-url", url)), _) => of_setting(name, url.parse()),
        (None, Some((name, region))) | (_, Some((name @ "--region", region))) => {
            of_setting(name, Origin::of_region(&region))
        }
        (Some((first, _)), Some((second, _))) => Err(both(first, second)),
    }
}

/// The origin that a setting of this name has.
fn of_setting(name: &'static str, origin: Result<Origin, LocatorError>) -> Result<Origin, Failure> {
    origin.map_err(|error| Error::from(error).named(name).into())
}

/// Two settings that contradict each other.
pub(crate) fn both(first: &str, second: &str) -> Failure {
    Failure::Usage(format!("{first} and {second} are both set: unset one of them"))
}
