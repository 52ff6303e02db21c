//! `doctor`: everything between here and a dump, one check after the other.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anaplan_dump_core::{
    ActionKind, ConnectionProblem, Error, Fault, Locator, Origin, Reached, SignInMethod, Unfinished,
    WholeFile,
};
use serde::Serialize;

use super::account::describe;
use crate::arguments::Doctor;
use crate::failure::Failure;
use crate::os_text;
use crate::session::Session;
use crate::stdout::{print, print_json};
use crate::text::{counted, safe, safe_path};

/// One check, as `--json` shows it.
#[derive(Serialize)]
struct Check {
    check: String,
    ok: bool,
    /// What was found, or what is wrong and what to do.
    detail: String,
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    checks: Vec<Check>,
}

/// The checks so far, and the first that failed.
#[derive(Default)]
struct Checks {
    done: Vec<Check>,
    failure: Option<Failure>,
    is_json: bool,
}

impl Checks {
    /// Adds a check, and shows it at once: the next one may take a while.
    fn add(&mut self, name: &str, outcome: Result<String, Failure>) -> Result<(), Failure> {
        let (ok, detail) = match outcome {
            Ok(found) => (true, found),
            Err(failure) => {
                let detail = failure.to_string();
                self.failure.get_or_insert(failure);
                (false, detail)
            }
        };
        if !self.is_json {
            print(&format!("{} {name}: {detail}\n", if ok { "ok     " } else { "FAILED " }))?;
        }
        self.done.push(Check { check: name.to_owned(), ok, detail });
        Ok(())
    }
}

pub(crate) fn doctor(command: &Doctor, session: &Session, no_way: Option<Failure>) -> Result<(), Failure> {
    let mut checks = Checks { is_json: command.json, ..Checks::default() };
    for (name, origin) in session.client.hosts() {
        let reached = session.client.reach(&origin);
        for (step, outcome) in steps(reached, &origin) {
            checks.add(&format!("{name} {origin}: {step}"), outcome)?;
        }
    }
    let has_model = command.locator.is_some() || session.model.is_some();
    let signed_in = no_way.map_or_else(|| sign_in(command, session, has_model), Err);
    let is_signed_in = signed_in.is_ok();
    checks.add("sign-in", signed_in)?;
    // A second refusal would say nothing new, and some services lock a user after a few.
    if is_signed_in && has_model {
        let model = read_model(command, session);
        let process = if model.is_ok() { find_process(command, session) } else { None };
        checks.add("model", model)?;
        if let Some(process) = process {
            checks.add("process", process)?;
        }
    }
    let folder = command.output.as_deref().map_or_else(|| PathBuf::from("."), os_text::path);
    checks.add("output folder", try_folder(&folder))?;
    if command.json {
        print_json(&Report { ok: checks.failure.is_none(), checks: checks.done })?;
    }
    checks.failure.map_or(Ok(()), |failure| Err(Failure::Reported(Box::new(failure))))
}

/// Who is signed in. A ready token needs the API alone, so that is what it is tried on.
fn sign_in(command: &Doctor, session: &Session, has_model: bool) -> Result<String, Failure> {
    if session.method != SignInMethod::Token {
        return Ok(describe(&session.client.account()?));
    }
    let tried = match has_model {
        true => session.client.processes(&session.model(command.locator.as_deref())?).map(drop),
        false => session.client.workspaces().map(drop),
    };
    // What it may do there is another question.
    let is_taken = |error: &Error| {
        let status = error.request().and_then(|(_, fault)| fault.status());
        matches!(status, Some(403 | 404))
    };
    match tried {
        Err(error) if !is_taken(&error) => Err(error.into()),
        _ => Ok("a ready token, which the API takes".to_owned()),
    }
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
    let proxy =
        reached.proxy.map_or_else(|| "directly".to_owned(), |proxy| format!("through the proxy {proxy}"));
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

fn read_model(command: &Doctor, session: &Session) -> Result<String, Failure> {
    let model = session.model(command.locator.as_deref())?;
    match session.client.processes(&model)?.len() {
        0 => Err(Failure::NotFound(format!(
            "model {model} has no processes, or this user has no access to it: the service does not say which"
        ))),
        count => Ok(format!("{model} has {}", counted(count, "process"))),
    }
}

/// Whether the process that the locator names is in the model; `None` if it names none.
fn find_process(command: &Doctor, session: &Session) -> Option<Result<String, Failure>> {
    let locator: Locator = command.locator.as_deref()?.parse().ok()?;
    let action = locator.relative_to(session.client.api()).action().ok()?;
    if action.kind == ActionKind::Import {
        return None;
    }
    let found = session.client.find_action(&action.model, action.id.as_str());
    Some(found.map(|process| format!("{} is there", process.id)).map_err(Failure::from))
}

/// Writes, locks and removes a file in the folder, as a download does. A folder that is not there will be
/// made: then the one that it will be in is tried.
fn try_folder(wanted: &Path) -> Result<String, Failure> {
    let is_there = |folder: &&Path| folder.is_dir();
    if let Some(file) = wanted.ancestors().find(|path| path.exists()).filter(|path| !path.is_dir()) {
        return Err(Failure::Usage(format!("{} is no folder: name one with -o", safe_path(file))));
    }
    let folder = wanted.ancestors().find(is_there).filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let tried = try_in(folder)?;
    let is_missing = !wanted.is_dir();
    Ok(if is_missing {
        format!("{} is not there and will be made; {tried}", safe_path(wanted))
    } else {
        tried
    })
}

/// By the same door as a dump.
fn try_in(folder: &Path) -> Result<String, Error> {
    let path = folder.join(".anaplan-dump-doctor");
    let mut file = WholeFile::begin(&path, true, &Unfinished::default())?;
    file.write_all(b"a line\n").map_err(|error| file.failed(error))?;
    let warnings = file.finish()?;
    fs::remove_file(&path).map_err(|error| Error::output("remove a file from", Some(folder), error))?;
    let shown = safe_path(&folder.canonicalize().unwrap_or_else(|_| folder.to_owned()));
    Ok(match warnings.as_slice() {
        [] => format!("{shown} can be written to and locked"),
        [warning, ..] => format!("{shown} can be written to; {warning}"),
    })
}
