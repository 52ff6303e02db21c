//! `run`: starts a process or an import, waits for its end, and collects its dumps.

use anaplan_dump_core::{ActionAddress, Error, Locator};

use crate::arguments::Run;
use crate::failure::Failure;
use crate::follow::Follow;
use crate::session::Session;
use crate::sources;
use crate::text::{noun, safe, shell_word, time};

/// Number of tasks that are listed if it is unknown whether a start was accepted.
const NEWEST_SHOWN: usize = 3;

pub(crate) fn run(command: &Run, locator: &Locator, session: &Session) -> Result<(), Failure> {
    let Run { poll, explain, force, .. } = *command;
    let limited = session.limited();
    let (output, html, loads) = (command.output.as_deref(), command.html.as_deref(), !command.put.is_empty());
    let follow = Follow { output, html, force, poll, end: session.end, explain, loads };
    if locator.task_choice().is_some() {
        return Err(Failure::Usage("run needs a process or an import: WORKSPACE/MODEL/PROCESS".into()));
    }
    if force && html.is_none() && !loads {
        return Err(Failure::Usage("--force is for --html and --put".into()));
    }
    let mappings = command.map.iter().map(|text| mapping(text)).collect::<Result<Vec<_>, _>>()?;
    let (target, page) = follow.prepare(locator, session)?;
    let action = limited.action(locator)?;
    // Kept until the end: another run that uploads to the same source files waits.
    let _uploaded = sources::upload(command, &action, &limited)?;
    let tasks = shell_word(&action.to_string());
    let look = format!("look at the newest tasks before it is started again:\n    anaplan-dump tasks {tasks}");
    session.reporter.set_follow_up(format!("the {} may have been started\n  {look}", noun(action.kind)), None);
    let started = limited.client.start(&action, &command.locale, &mappings);
    let address = started.map_err(|error| with_newest_tasks(error, &action, session))?;
    let [wait, cancel] = follow.commands(&address);
    session.reporter.note(&format!(
        "started task {address}\nit goes on if this command is interrupted; wait for it again, or cancel it, with:\n  \
         {wait}\n  {cancel}"
    ));
    follow.to_the_end(&address, &target, page, session)
}

/// A value of `--map`.
fn mapping(text: &str) -> Result<(&str, &str), Failure> {
    match text.split_once('=') {
        Some((kind, name)) if !kind.is_empty() && !name.is_empty() => Ok((kind, name)),
        _ => Err(Failure::Usage(format!("--map needs TYPE=NAME, such as Version=Actual, and not {text:?}"))),
    }
}

/// If a start may have been accepted, adds the newest tasks: one of them may be it.
fn with_newest_tasks(error: Error, action: &ActionAddress, session: &Session) -> Failure {
    if !matches!(error, Error::StartUnclear { .. }) {
        return error.into();
    }
    let newest = match session.client.tasks(action) {
        Ok(tasks) if tasks.is_empty() => format!("the {} has no tasks now", noun(action.kind)),
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
    let tasks = shell_word(&action.to_string());
    Failure::noted(error, format!("{newest}\n  list them with:\n    anaplan-dump tasks {tasks}"))
}
