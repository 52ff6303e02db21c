//! `run`: starts a process, waits for its end, and collects its dumps.

use std::time::{Duration, Instant};

use anaplan_dump_core::{ActionAddress, ActionKind, Error, Task, TaskAddress};
use serde::Serialize;

use crate::arguments::Run;
use crate::collect::{DownloadOptions, DumpReport, collect, print_reports};
use crate::ending;
use crate::failure::Failure;
use crate::report::{ReportDocument, print_report};
use crate::session::Session;
use crate::stdout::{print, print_json};
use crate::target::Target;
use crate::task_report::TaskReport;
use crate::text::{safe, time};

/// Number of tasks that are listed if it is unknown whether a start was accepted.
const NEWEST_SHOWN: usize = 3;

#[derive(Serialize)]
struct Report {
    task: TaskReport,
    dumps: Vec<DumpReport>,
    /// What is wrong in the dumps; left out unless `--explain` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<ReportDocument>,
}

pub(crate) fn run(command: &Run, session: &Session) -> Result<(), Failure> {
    let locator = session.locator(&command.locator)?;
    let action = session.action(&locator)?;
    if action.kind == ActionKind::Import || locator.task_choice().is_some() {
        return Err(Failure::Usage("run needs a process: WORKSPACE/MODEL/PROCESS".into()));
    }
    let target = Target::read(command.output.as_deref(), false)?;
    if !matches!(target, Target::Folder(_)) {
        return Err(Failure::Usage("-o must name a folder: a process can leave several dumps".into()));
    }
    // Before the process runs: what cannot be written is found out now.
    let _made = target.prepare()?;
    target.check_writable()?;
    let started = match &command.locale {
        Some(locale) => session.client.start_with_locale(&action, locale),
        None => session.client.start(&action),
    };
    let address = started.map_err(|error| with_newest_tasks(error, &action, session))?;
    session.reporter.note(&format!(
        "started task {address}\nit goes on if this command is interrupted; look at it and collect its dumps with:\n  \
         anaplan-dump task {address}\n  anaplan-dump get {address}"
    ));
    let folder = command.output.as_deref().map(|folder| format!(" -o {}", safe(folder))).unwrap_or_default();
    session.reporter.set_follow_up(format!("anaplan-dump get {address}{folder}"));
    let task = wait(command, &address, session)?;
    let dumps = session.client.dumps(&task)?;
    let outcome = task.outcome(&dumps);
    let report = TaskReport::new(&task, outcome).without_next();
    if !command.json {
        print(&report.text())?;
    }
    let options = DownloadOptions { checksums: command.json, fresh: true, ..DownloadOptions::default() };
    let mut collected = collect(&dumps, &target, options, session)?;
    let explained = if command.explain { collected.explain(session) } else { None };
    if let Some(unnamed) = ending::unnamed_dumps(&task) {
        session.reporter.problem(&unnamed);
        collected.failure.get_or_insert(Failure::Reported(Box::new(unnamed)));
    }
    if command.json {
        let explained = explained.map(ReportDocument::new);
        print_json(&Report { task: report, dumps: collected.dumps, report: explained })?;
    } else if !dumps.is_empty() {
        print("\n")?;
        print_reports(&collected.dumps, &target, session)?;
        if let Some(explained) = explained {
            print("\n")?;
            print_report(explained.view())?;
        }
    }
    match collected.failure {
        Some(failure) => Err(failure),
        None => ending::check(&task, outcome),
    }
}

/// Waits until the task is over, and shows how it goes on.
fn wait(command: &Run, address: &TaskAddress, session: &Session) -> Result<Task, Failure> {
    let begun = Instant::now();
    let mut shown = String::new();
    let look = |task: &Task| {
        let percent =
            task.progress.map(|p| format!(" {:.0} %", p.clamp(0.0, 1.0) * 100.0)).unwrap_or_default();
        let step = safe(task.current_step.as_deref().unwrap_or(""));
        let now = format!("{}{percent} {step}", safe(task.state.as_str()));
        session.reporter.step(now.trim_end(), begun.elapsed(), now != shown);
        shown = now;
    };
    let timeout = command.timeout.unwrap_or(Duration::MAX);
    let waited = session.client.wait_timeout(address, command.poll, timeout, look);
    session.reporter.clear();
    waited.map_err(|error| {
        let note = format!(
            "the process goes on; its dumps can be collected later with:\n    anaplan-dump get {address}"
        );
        Failure::Library { error, note: Some(note) }
    })
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
                let created = task.creation_time.map_or("-".to_owned(), time);
                text.push_str(&format!("\n    {created}  {}  {}", safe(task.state.as_str()), task.id));
            }
            text
        }
        Err(error) => format!("the tasks cannot be listed now: {error}"),
    };
    Failure::Library { error, note: Some(note) }
}
