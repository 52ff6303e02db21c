//! `run`: starts a process, waits for its end, and collects its dumps.

use anaplan_dump_core::{ActionAddress, ActionKind, Error};

use crate::arguments::Run;
use crate::failure::Failure;
use crate::follow::Follow;
use crate::session::Session;
use crate::text::{safe, time};

/// Number of tasks that are listed if it is unknown whether a start was accepted.
const NEWEST_SHOWN: usize = 3;

pub(crate) fn run(command: &Run, session: &Session) -> Result<(), Failure> {
    let Run { poll, timeout, explain, json, .. } = *command;
    let follow = Follow { output: command.output.as_deref(), poll, timeout, explain, json };
    let target = follow.target()?;
    let locator = session.locator(&command.locator)?;
    let action = session.action(&locator)?;
    if action.kind == ActionKind::Import || locator.task_choice().is_some() {
        return Err(Failure::Usage("run needs a process: WORKSPACE/MODEL/PROCESS".into()));
    }
    // Before the process runs: what cannot be written is found out now.
    target.prepare()?;
    target.check_writable()?;
    let started = session.client.start(&action, &command.locale);
    let address = started.map_err(|error| with_newest_tasks(error, &action, session))?;
    session.reporter.note(&format!(
        "started task {address}\nit goes on if this command is interrupted; look at it and collect its dumps with:\n  \
         anaplan-dump task {address}\n  {}",
        follow.get_command(&address)
    ));
    follow.to_the_end(&address, &target, session)
}

/// If a start may have been accepted, adds the newest tasks: one of them may be it.
fn with_newest_tasks(error: Error, action: &ActionAddress, session: &Session) -> Failure {
    if !matches!(error, Error::StartUnclear { .. }) {
        return error.into();
    }
    let note = match session.client.tasks(action) {
        Ok(tasks) if tasks.is_empty() => "the process has no tasks now".to_owned(),
        Ok(tasks) => {
            let mut text = String::from("the newest tasks now:");
            for task in tasks.iter().take(NEWEST_SHOWN) {
                let created = task.created.map_or("-".to_owned(), time);
                text.push_str(&format!("\n    {created}  {}  {}", safe(task.state.as_str()), task.id));
            }
            text
        }
        Err(error) => format!("the tasks cannot be listed now: {error}"),
    };
    Failure::Library { error, note: Some(note) }
}
