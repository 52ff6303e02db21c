//! `tasks`: the tasks of a process or import.

use anaplan_dump_core::ListedTask;
use serde::Serialize;

use crate::arguments::Tasks;
use crate::failure::Failure;
use crate::json::Named;
use crate::session::Session;
use crate::stdout::{print, print_json};
use crate::table::{MAX_ID_CHARS, table};
use crate::text::{counted, cut, rfc3339, time};

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
}

pub(crate) fn tasks(command: &Tasks, session: &Session) -> Result<(), Failure> {
    let action = session.action(&session.locator(&command.locator)?)?;
    let all = session.client.tasks(&action)?;
    let total = all.len();
    let is_recent = |task: &&ListedTask| match (command.since, task.creation_time) {
        (Some(since), Some(created)) => created >= since,
        // A task without a time may be recent.
        _ => true,
    };
    let shown: Vec<&ListedTask> = all.iter().filter(is_recent).take(command.limit).collect();
    if command.json {
        let rows = shown.iter().map(|task| Row {
            task: Named::from(&action.task(task.id.clone())),
            state: task.state.as_str(),
            created: task.creation_time.map(rfc3339),
        });
        let tasks = rows.collect();
        print_json(&Report { process: Named::from(&action), total, tasks })?;
    }
    if total == 0 {
        return Err(Failure::no_tasks(&action));
    }
    if command.json {
        return Ok(());
    }
    let cells = |task: &&ListedTask| {
        let created = task.creation_time.map_or("-".to_owned(), time);
        vec![created, cut(task.state.as_str(), MAX_ID_CHARS), cut(task.id.as_str(), MAX_ID_CHARS)]
    };
    let mut text = table(&["CREATED (UTC)", "STATE", "TASK"], &shown.iter().map(cells).collect::<Vec<_>>());
    if shown.len() < total {
        text.push_str(&format!("{} of {}\n", shown.len(), counted(total, "task")));
    }
    print(&text)
}
