//! `tasks`: the tasks of a process or import.

use std::time::SystemTime;

use anaplan_dump_core::{ErrorKind, ListedTask, Outcome, TaskAddress, TaskState};
use serde::Serialize;

use crate::arguments::Tasks;
use crate::ending;
use crate::failure::Failure;
use crate::json::Named;
use crate::session::Session;
use crate::stdout::{print, print_json};
use crate::table::{MAX_ID_CHARS, table};
use crate::text::{age, counted, cut, rfc3339, safe, time};

/// Maximum number of tasks that are read for their outcome, unless that is what is asked for: the whole tenant
/// shares a rate limit of 600 requests.
const MAX_LOOKS: usize = 100;

#[derive(Serialize)]
struct Report<'a> {
    process: Named,
    /// Number of tasks, those beyond the limit included.
    total: usize,
    tasks: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    task: Named,
    state: &'a str,
    created: Option<String>,
    /// How it ended; null if the task was not read, or cannot be.
    outcome: Option<&'static str>,
}

pub(crate) fn tasks(command: &Tasks, session: &Session) -> Result<(), Failure> {
    let action = session.action(&session.locator(&command.locator)?)?;
    let all = session.client.tasks(&action)?;
    let total = all.len();
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
    if total == 0 {
        return Err(Failure::no_tasks(&action));
    }
    if command.json {
        let rows = shown.iter().map(|(task, outcome)| Row {
            task: Named::from(&action.task(task.id.clone())),
            state: task.state.as_str(),
            created: task.created.map(rfc3339),
            outcome: *outcome,
        });
        let tasks = rows.collect();
        return print_json(&Report { process: Named::from(&action), total, tasks });
    }
    let now = SystemTime::now();
    let cells = |(task, outcome): &(&ListedTask, Option<&str>)| {
        let created = task.created.map_or("-".to_owned(), time);
        let age =
            task.created.and_then(|created| now.duration_since(created).ok()).map_or("-".to_owned(), age);
        let state = cut(task.state.as_str(), MAX_ID_CHARS);
        vec![created, age, state, outcome.unwrap_or("?").replace('_', " "), safe(task.id.as_str())]
    };
    let rows: Vec<Vec<String>> = shown.iter().map(cells).collect();
    let mut text = table(&["CREATED (UTC)", "AGE", "STATE", "OUTCOME", "TASK"], &rows);
    if shown.len() < total {
        text.push_str(&format!("{} of {}\n", shown.len(), counted(total, "task")));
    }
    print(&text)
}

/// How a task of the list ended, by what it says itself: the list does not tell.
fn outcome(
    address: &TaskAddress,
    state: &TaskState,
    session: &Session,
) -> Result<Option<&'static str>, Failure> {
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
