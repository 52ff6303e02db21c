//! `processes`, `tasks`, `task` and `cancel`: what there is, how it went, and how to end it.

use std::time::{Duration, SystemTime};

use anaplan_dump_core::{ActionKind, Error, ListedTask};
use serde::Serialize;

use crate::arguments::{Cancel, Processes, TaskCommand, Tasks};
use crate::failure::Failure;
use crate::output::{cut, print, print_json, table};
use crate::settings::Settings;
use crate::task_report::{TaskReport, counted};
use crate::units;

/// Longest name of a process in the table, in characters.
const MAX_NAME_CHARS: usize = 60;

/// Longest identifier in a table, in characters.
const MAX_ID_CHARS: usize = 40;

#[derive(Serialize)]
struct ProcessesReport<'a> {
    model: String,
    processes: Vec<ProcessRow<'a>>,
}

#[derive(Serialize)]
struct ProcessRow<'a> {
    id: &'a str,
    name: Option<&'a str>,
}

pub(crate) fn processes(command: &Processes, settings: &Settings) -> Result<(), Failure> {
    let locator = settings.model_locator(command.locator.as_deref())?;
    let model = locator.model();
    let processes = settings.client.processes(model)?;
    if command.json {
        let processes = processes
            .iter()
            .map(|process| ProcessRow { id: &process.id, name: process.name.as_deref() })
            .collect();
        print_json(&ProcessesReport { model: model.to_string(), processes })?;
    }
    if processes.is_empty() {
        return Err(Failure::NotThere(format!(
            "model {model} has no processes, or this user has no access to it: the service does not tell which"
        )));
    }
    if command.json {
        return Ok(());
    }
    let rows: Vec<Vec<String>> = processes
        .iter()
        .map(|process| {
            vec![cut(&process.id, MAX_ID_CHARS), cut(process.name.as_deref().unwrap_or(""), MAX_NAME_CHARS)]
        })
        .collect();
    print(&table(&["PROCESS", "NAME"], &rows))
}

#[derive(Serialize)]
struct TasksReport<'a> {
    process: String,
    /// Tasks that there are, those beyond the limit included.
    total: usize,
    tasks: Vec<TaskRow<'a>>,
}

#[derive(Serialize)]
struct TaskRow<'a> {
    task: &'a str,
    state: &'a str,
    created: Option<String>,
}

pub(crate) fn tasks(command: &Tasks, settings: &Settings) -> Result<(), Failure> {
    let action = settings.action(&settings.locator(&command.locator)?)?;
    let all = settings.client.tasks(&action)?;
    let total = all.len();
    let is_recent = |task: &&ListedTask| match (command.since, task.creation_time) {
        (Some(since), Some(created)) => created >= oldest(since),
        // A task that does not tell its time may be recent.
        _ => true,
    };
    let shown: Vec<&ListedTask> = all.iter().filter(is_recent).take(command.limit).collect();
    if command.json {
        let tasks = shown
            .iter()
            .map(|task| TaskRow {
                task: &task.id,
                state: task.state.as_str(),
                created: task.creation_time.map(units::rfc3339),
            })
            .collect();
        print_json(&TasksReport { process: action.to_string(), total, tasks })?;
    }
    if total == 0 {
        return Err(Failure::no_tasks(&action));
    }
    if command.json {
        return Ok(());
    }
    let rows: Vec<Vec<String>> = shown
        .iter()
        .map(|task| {
            vec![
                task.creation_time.map_or("-".to_owned(), units::time),
                cut(task.state.as_str(), MAX_ID_CHARS),
                cut(&task.id, MAX_ID_CHARS),
            ]
        })
        .collect();
    let mut text = table(&["CREATED (UTC)", "STATE", "TASK"], &rows);
    if shown.len() < total {
        text.push_str(&format!("{} of {}\n", shown.len(), counted(total, "task")));
    }
    print(&text)
}

/// The oldest time that is recent, in milliseconds since 1970.
fn oldest(since: Duration) -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.saturating_sub(since).as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn task(command: &TaskCommand, settings: &Settings) -> Result<(), Failure> {
    let address = settings.task(&settings.locator(&command.locator)?)?;
    let task = settings.client.task(&address)?;
    let report = TaskReport::new(&address, &task, settings);
    if command.json {
        print_json(&report)?;
    } else {
        print(&report.text())?;
    }
    match command.check && task.has_failures() {
        true => Err(Failure::RowsFailed),
        false => Ok(()),
    }
}

#[derive(Serialize)]
struct CancelReport {
    task: String,
    state: String,
}

pub(crate) fn cancel(command: &Cancel, settings: &Settings) -> Result<(), Failure> {
    let locator = settings.locator(&command.locator)?;
    let address = settings.task(&locator)?;
    if address.action.kind == ActionKind::Import {
        return Err(Error::Setting {
            setting: "the locator",
            problem: "only tasks of processes can be cancelled".to_owned(),
        }
        .into());
    }
    settings.client.cancel(&address)?;
    let state = settings.client.task(&address)?.state;
    let copyable = settings.copyable_task(&address);
    if command.json {
        return print_json(&CancelReport { task: copyable, state: state.as_str().to_owned() });
    }
    print(&format!("Task {copyable}: {}\n", cut(state.as_str(), MAX_ID_CHARS)))
}
