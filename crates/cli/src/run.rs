//! `run`: starts a process, waits for its end, and collects its dumps.

use std::time::{Duration, Instant};

use anaplan_dump_core::{ActionAddress, ActionKind, Error, SaveOptions, Task, TaskAddress, TaskState};
use serde::Serialize;

use crate::arguments::Run;
use crate::collect::{Collected, Fetching, Wanted, collect};
use crate::failure::Failure;
use crate::get::tell;
use crate::output::{print, print_json};
use crate::progress::Reporter;
use crate::settings::Settings;
use crate::target::Target;
use crate::task_report::{TaskReport, harmless};
use crate::units;

/// The service asks not to poll a task more than once every 5 seconds.
const SHORTEST_POLL: Duration = Duration::from_secs(5);

/// Longest time between two polls, however long a task runs: its end is noticed within a minute.
const LONGEST_POLL: Duration = Duration::from_secs(60);

/// A task that has run for long is polled each time after this share of its time, so that what is
/// waited too long stays a small part.
const POLL_SHARE: u32 = 20;

/// Tasks that are shown where it is not known whether a start was accepted.
const NEWEST_SHOWN: usize = 3;

#[derive(Serialize)]
struct Report {
    task: TaskReport,
    dumps: Vec<Collected>,
}

pub(crate) fn run(command: &Run, settings: &Settings, reporter: &Reporter) -> Result<(), Failure> {
    let target = Target::read(command.output.as_deref())?;
    if !matches!(target, Target::Folder(_)) {
        return Err(Failure::Usage("-o must name a folder: a process can leave several dumps".into()));
    }
    // Before the process runs: a folder that cannot be made is found out now.
    target.prepare()?;
    let locator = settings.locator(&command.locator)?;
    let action = settings.action(&locator)?;
    if action.kind == ActionKind::Import || locator.task_choice().is_some() {
        return Err(Failure::Usage("run needs a process: WORKSPACE/MODEL/PROCESS".into()));
    }
    let address = match settings.client.start(&action, &command.locale) {
        Ok(address) => address,
        Err(error) => return Err(unclear(error, &action, settings)),
    };
    let copyable = settings.copyable_task(&address);
    reporter.note(&format!(
        "started task {copyable}\nit goes on if this command is interrupted; look at it and collect its dumps with:\n  \
         anaplan-dump task {copyable}\n  anaplan-dump get {copyable}"
    ));
    let waited = wait(command, &address, settings, reporter);
    reporter.clear();
    let task = waited?;
    let report = TaskReport::new(&address, &task, settings).without_next();
    if !command.json {
        print(&report.text())?;
    }
    let wanted: Vec<Wanted> = settings
        .client
        .dumps_of(&address, &task)?
        .into_iter()
        .map(|dump| Wanted { dump: address.dump(dump.object), name: dump.name })
        .collect();
    let fetching = Fetching { in_one_piece: false, parallel: 1, verify: false, save: SaveOptions::default() };
    let collection = collect(&wanted, &target, fetching, command.json, settings, reporter)?;
    if command.json {
        print_json(&Report { task: report, dumps: collection.dumps })?;
    } else if !wanted.is_empty() {
        print("\n")?;
        tell(&collection.dumps, &target, reporter)?;
    }
    match collection.failure {
        Some(failure) => Err(failure),
        None if task.state == TaskState::Cancelled => {
            Err(Failure::Other(format!("task {copyable} was cancelled")))
        }
        None if task.has_failures() => Err(Failure::RowsFailed),
        None => Ok(()),
    }
}

/// Polls the task until it has finished.
fn wait(
    command: &Run,
    address: &TaskAddress,
    settings: &Settings,
    reporter: &Reporter,
) -> Result<Task, Failure> {
    let begun = Instant::now();
    let is_local = settings.client.origin_of(&address.action.model).is_loopback();
    let shortest = if is_local { command.poll } else { command.poll.max(SHORTEST_POLL) };
    let mut told = String::new();
    loop {
        let task = settings.client.task(address).map_err(|error| goes_on(error, address, settings))?;
        let elapsed = begun.elapsed();
        let step = harmless(task.current_step.as_deref().unwrap_or(""));
        let progress =
            task.progress.map(|p| format!(" {:.0} %", p.clamp(0.0, 1.0) * 100.0)).unwrap_or_default();
        let now = format!("{}{progress} {step}", harmless(task.state.as_str()));
        reporter.step(now.trim_end(), elapsed, now != told);
        told = now;
        if task.state.is_final() {
            return Ok(task);
        }
        let left = command.timeout.map(|timeout| timeout.saturating_sub(elapsed));
        if left.is_some_and(|left| left.is_zero()) {
            let copyable = settings.copyable_task(address);
            return Err(Failure::Other(format!(
                "task {copyable} has not finished after {}; it goes on, and its dumps can be collected later with:\n  \
                 anaplan-dump get {copyable}",
                units::duration(elapsed)
            )));
        }
        let pause = (elapsed / POLL_SHARE).clamp(shortest, LONGEST_POLL.max(shortest));
        std::thread::sleep(left.map_or(pause, |left| pause.min(left)));
    }
}

/// A task that cannot be looked at any more goes on all the same.
fn goes_on(error: Error, address: &TaskAddress, settings: &Settings) -> Failure {
    let copyable = settings.copyable_task(address);
    let note = format!(
        "the process goes on; its dumps can be collected later with:\n    anaplan-dump get {copyable}"
    );
    Failure::Library { error, note: Some(note) }
}

/// Where a start may have been accepted, shows the newest tasks: one of them may be it.
fn unclear(error: Error, action: &ActionAddress, settings: &Settings) -> Failure {
    if !matches!(error, Error::StartUnclear { .. }) {
        return error.into();
    }
    let note = match settings.client.tasks(action) {
        Ok(tasks) if tasks.is_empty() => "the process has no tasks now".to_owned(),
        Ok(tasks) => {
            let mut text = String::from("the newest tasks now:");
            for task in tasks.iter().take(NEWEST_SHOWN) {
                let created = task.creation_time.map_or("-".to_owned(), units::time);
                text.push_str(&format!(
                    "\n    {created}  {}  {}",
                    harmless(task.state.as_str()),
                    harmless(&task.id)
                ));
            }
            text
        }
        Err(error) => format!("the tasks cannot be listed now: {error}"),
    };
    Failure::Library { error, note: Some(note) }
}
