//! `doctor`: everything between here and a dump, one check after the other.

use anaplan_dump_core::{ConnectionProblem, Error, Fault, Locator, Origin, Reached, SignInMethod, shown_path};
use serde_json::{Value, json};

use super::account::describe;
use super::lists::none_in;
use crate::arguments::Doctor;
use crate::failure::Failure;
use crate::session::Session;
use crate::stdout::{print, print_json};
use crate::target::{Target, nearest};
use crate::text::{counted, noun, safe};

/// The checks so far, and the first that failed.
struct Checks<'a> {
    session: &'a Session,
    /// As `--json` shows them: with what was found, or what is wrong and what to do.
    done: Vec<Value>,
    failure: Option<Failure>,
}

impl Checks<'_> {
    /// Adds a check, and shows it at once: the next one may take a while. Says whether it is passed.
    fn add(&mut self, name: &str, outcome: Result<String, Failure>) -> Result<bool, Failure> {
        let (ok, detail) = match outcome {
            Ok(found) => (true, found),
            Err(failure) => {
                let detail = failure.to_string();
                self.failure.get_or_insert(failure);
                (false, detail)
            }
        };
        if !self.session.json {
            print(&format!("{} {name}: {detail}\n", if ok { "ok     " } else { "FAILED " }))?;
        }
        self.done.push(json!({ "check": name, "ok": ok, "detail": detail }));
        Ok(ok)
    }
}

pub(crate) fn doctor(
    command: &Doctor,
    locator: Option<&Locator>,
    session: &Session,
    no_way: Option<Failure>,
) -> Result<(), Failure> {
    let mut checks = Checks { session, done: Vec::new(), failure: None };
    for (name, origin) in session.client.hosts() {
        let reached = session.client.reach(&origin);
        for (step, outcome) in steps(reached, &origin) {
            checks.add(&format!("{name} {origin}: {step}"), outcome)?;
        }
    }
    let signed_in = checks.add("sign-in", no_way.map_or_else(|| sign_in(session), Err))?;
    // A second refusal would say nothing new, and some services lock a user after a few.
    if let Some(locator) = locator.filter(|_| signed_in)
        && checks.add("model", read_model(locator, session))?
        && let Ok(action) = locator.action()
    {
        let found = session.client.find_action(&action.model, action.id.as_str());
        let kind = found.as_ref().map_or(action.kind, |found| found.kind);
        checks.add(noun(kind), found.map(|found| format!("{} is there", found.id)).map_err(Failure::from))?;
    }
    checks.add("output folder", try_folder(command.output.as_deref(), session))?;
    if session.json {
        print_json(&json!({ "ok": checks.failure.is_none(), "checks": checks.done }))?;
    }
    checks.failure.map_or(Ok(()), |failure| Err(Failure::Reported(Box::new(failure))))
}

/// Who is signed in. A ready token needs the API alone, so that is what it is tried on, by what every user may ask for.
fn sign_in(session: &Session) -> Result<String, Failure> {
    if session.method != SignInMethod::Token {
        return Ok(describe(&session.client.account()?));
    }
    session.client.workspaces()?;
    Ok("a ready token, which the API takes".to_owned())
}

/// The way to a host, step by step, up to the first that fails.
fn steps(reached: Result<Reached, Error>, origin: &Origin) -> Vec<(&'static str, Result<String, Failure>)> {
    let reached = match reached {
        Ok(reached) => reached,
        Err(error) if is_about_tls(&error) => {
            return vec![("connection", Ok("made".to_owned())), ("TLS", Err(error.into()))];
        }
        Err(error) => return vec![("connection", Err(error.into()))],
    };
    let proxy = reached.proxy.map_or_else(|| "directly".to_owned(), |proxy| format!("through the proxy {proxy}"));
    let mut steps = vec![("connection", Ok(proxy))];
    if origin.is_https() {
        let issuer = reached.issuer.as_deref().map_or_else(|| "an unknown issuer".to_owned(), safe);
        steps.push(("TLS", Ok(format!("certificate issued by {issuer}"))));
    }
    steps.push(match reached.clock_error {
        None => ("clock", Ok("right".to_owned())),
        Some(error) => ("clock", Err(Failure::Other(format!("this machine's clock is {error}: set it")))),
    });
    steps
}

fn is_about_tls(error: &Error) -> bool {
    use ConnectionProblem::{Expired, Tls, UnknownIssuer, WrongName};
    let problem = match error.request() {
        Some((_, Fault::Connection { problem, .. })) => problem,
        _ => return false,
    };
    matches!(problem, Tls | UnknownIssuer | Expired | WrongName)
}

fn read_model(locator: &Locator, session: &Session) -> Result<String, Failure> {
    let model = locator.model();
    match session.client.processes(model)?.len() {
        0 => Err(none_in(model, "processes")),
        count => Ok(format!("{model} has {}", counted(count, "process"))),
    }
}

/// A folder that is not there will be made: then the one that it will be in is tried.
fn try_folder(output: Option<&str>, session: &Session) -> Result<String, Failure> {
    let Target::Folder(folder) = Target::read(output, false)? else {
        return Err(Failure::Usage("-o must name a folder".into()));
    };
    let is_missing = !folder.as_os_str().is_empty() && !folder.is_dir();
    let tried = nearest(&folder).to_owned();
    let shown = shown_path(&tried.canonicalize().unwrap_or(tried));
    let missing =
        if is_missing { format!("{} is not there and will be made; ", shown_path(&folder)) } else { String::new() };
    Ok(match Target::Folder(folder).try_folder(true, &session.reporter.unfinished)?.as_slice() {
        [] => format!("{missing}{shown} can be written to and locked"),
        [warning, ..] => format!("{missing}{shown} can be written to; {warning}"),
    })
}
