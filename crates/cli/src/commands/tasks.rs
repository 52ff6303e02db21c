//! `tasks`: the tasks of a process or import.

use std::time::SystemTime;

use anaplan_dump_core::{ErrorKind, ListedTask, Locator, Outcome, TaskAddress, TaskState};
use serde_json::{Value, json};

use crate::arguments::Tasks;
use crate::ending;
use crate::failure::Failure;
use crate::session::Session;
use crate::stdout::named;
use crate::table::{MAX_ID_CHARS, table};
use crate::text::{age, counted, cut, rfc3339, safe, time};

/// Maximum number of tasks that are read for their outcome, unless that is what is asked for: the whole tenant
/// shares a rate limit of 600 requests.
const MAX_LOOKS: usize = 100;

pub(crate) fn tasks(command: &Tasks, locator: &Locator, session: &Session) -> Result<(), Failure> {
    let action = session.action(locator)?;
    let all = session.client.tasks(&action)?;
    if all.is_empty() {
        return Err(Failure::no_tasks(&action));
    }
    let is_recent = |task: &&ListedTask| match (command.since, task.created) {
        (Some(since), Some(created)) => created >= since,
        // A task without a time may be recent.
        _ => true,
    };
    let mut shown = Vec::new();
    for (index, task) in all.iter().filter(is_recent).take(command.limit).enumerate() {
        let outcome = match index < MAX_LOOKS || command.failed {
            true => outcome(&action.task(task.id.clone()), &task.state, session)?,
            false => None,
        };
        if !command.failed || outcome == Some("failed") {
            shown.push((task, outcome));
        }
    }
    let row = |(task, outcome): &(&ListedTask, Option<&str>)| {
        json!({
            "task": named(&task.id, &action.task(task.id.clone())),
            "state": task.state.as_str(),
            "created": task.created.map(rfc3339),
            "outcome": outcome,
        })
    };
    let rows: Vec<Value> = shown.iter().map(row).collect();
    let document = json!({ "process": named(&action.id, &action), "total": all.len(), "tasks": rows });
    session.show(&document, &|| {
        let now = SystemTime::now();
        let cells = |(task, outcome): &(&ListedTask, Option<&str>)| {
            let created = task.created.map_or("-".to_owned(), time);
            let since = task.created.and_then(|created| now.duration_since(created).ok());
            let state = cut(task.state.as_str(), MAX_ID_CHARS);
            let outcome = outcome.unwrap_or("?").replace('_', " ");
            vec![created, since.map_or("-".to_owned(), age), state, outcome, safe(task.id.as_str())]
        };
        let rows: Vec<Vec<String>> = shown.iter().map(cells).collect();
        let mut text = table(&["CREATED (UTC)", "AGE", "STATE", "OUTCOME", "TASK"], &rows);
        if shown.len() < all.len() {
            text.push_str(&format!("{} of {}\n", shown.len(), counted(all.len(), "task")));
        }
        text
    })
}

/// How a task of the list ended, by what it says itself: the list does not tell.
fn outcome(address: &TaskAddress, state: &TaskState, session: &Session) -> Result<Option<&'static str>, Failure> {
    let outcome = match state {
        TaskState::NotStarted | TaskState::InProgress | TaskState::Cancelling => Outcome::NotFinished,
        TaskState::Cancelled => Outcome::Cancelled,
        _ => match session.client.task(address) {
            // Whether a silent action left a dump, only `task` asks.
            Ok(task) => task.outcome(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        },
    };
    Ok(Some(ending::word(outcome)))
}
