//! `get`: from a locator of any depth to the dumps that it means.

use anaplan_dump_core::{
    ActionAddress, ActionKind, ActionResult, Dump, Id, Locator, Search, SkipReason, Skipped, Task,
    TaskAddress, TaskChoice, TaskState,
};
use serde::Serialize;

use crate::arguments::Get;
use crate::collect::{DownloadOptions, DumpReport, collect, print_reports};
use crate::failure::Failure;
use crate::report::{ReportDocument, print_report};
use crate::session::Session;
use crate::stdout::{print, print_json};
use crate::target::Target;
use crate::text::{counted, rfc3339, safe, time};

/// What was done, as `--json` shows it.
#[derive(Serialize)]
struct Report {
    /// The task whose dumps these are; null if none was found.
    task: Option<String>,
    /// Tasks that were passed over, the newest first.
    skipped: Vec<SkippedTask>,
    dumps: Vec<DumpReport>,
    /// What is wrong in the dumps; left out unless `--explain` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<ReportDocument>,
}

#[derive(Serialize)]
struct SkippedTask {
    task: String,
    created: Option<String>,
    reason: &'static str,
}

/// The dumps that a locator means.
#[derive(Default)]
struct Meant {
    task: Option<TaskAddress>,
    skipped: Vec<Skipped>,
    dumps: Vec<Dump>,
}

pub(crate) fn get(command: &Get, session: &Session) -> Result<(), Failure> {
    let target = Target::read(command.output.as_deref())?;
    if command.json && target == Target::Stdout {
        return Err(Failure::Usage("--json and -o - both want standard output".into()));
    }
    if command.explain && matches!(target, Target::Stdout | Target::Device(_)) {
        return Err(Failure::Usage(
            "--explain reads what was downloaded: -o must name a file or a folder".into(),
        ));
    }
    let locator = session.locator(&command.locator)?;
    target.prepare()?;
    let meant = find(command, &locator, &target, session)?;
    let options = DownloadOptions {
        whole: command.whole,
        parallel: command.parallel,
        verify: command.verify,
        overwrite: command.force,
        restart: command.restart,
        checksums: command.json,
    };
    let mut collected = collect(&meant.dumps, &target, options, session)?;
    let report = if command.explain { collected.explain(session) } else { None };
    if command.json {
        let report = report.map(ReportDocument::new);
        let task = meant.task.map(|task| task.to_string());
        let skipped = meant.skipped.iter().map(SkippedTask::new).collect();
        print_json(&Report { task, skipped, dumps: collected.dumps, report })?;
    } else if meant.dumps.is_empty() {
        const TEXT: &str = "Nothing failed: there is no dump to download.";
        match target {
            // Whoever reads the dump would take it for one.
            Target::Stdout | Target::Device(_) => session.reporter.note(TEXT),
            _ => print(&format!("{TEXT}\n"))?,
        }
    } else {
        print_reports(&collected.dumps, &target, session)?;
        if let Some(report) = report {
            print("\n")?;
            print_report(report.view())?;
        }
    }
    collected.failure.map_or(Ok(()), Err)
}

fn find(command: &Get, locator: &Locator, target: &Target, session: &Session) -> Result<Meant, Failure> {
    let action = session.action(locator)?;
    let Some(TaskChoice::Id(id)) = locator.task_choice() else {
        return newest(&action, locator.object(), command.limit, session);
    };
    let task = action.task(id.clone());
    let dumps = match (action.kind, locator.object()) {
        (ActionKind::Import, _) => vec![Dump::new(task.dump(action.id.clone()), None)],
        (ActionKind::Process, Some(object)) => {
            // Only the task has the object's name, and only a file in a folder needs it.
            let name = match target {
                Target::Folder(_) => session.object_name(&task, object)?,
                _ => None,
            };
            vec![Dump::new(task.dump(object.clone()), name)]
        }
        (ActionKind::Process, None) => dumps_of_task(&task, session)?,
    };
    Ok(Meant { task: Some(task), skipped: Vec::new(), dumps })
}

fn dumps_of_task(address: &TaskAddress, session: &Session) -> Result<Vec<Dump>, Failure> {
    let task = session.client.task(address)?;
    if !task.is_over() {
        return Err(Failure::NotFound(format!(
            "task {address} has not finished ({}): its dumps are there once it has",
            safe(task.state.as_str())
        )));
    }
    let dumps = session.client.dumps(&task)?;
    if dumps.is_empty() {
        check_nothing_failed(&task, None)?;
    }
    Ok(dumps)
}

/// The dumps of the newest task that has one to read.
fn newest(
    action: &ActionAddress,
    object: Option<&Id>,
    limit: usize,
    session: &Session,
) -> Result<Meant, Failure> {
    let Search { task, mut dumps, skipped, .. } = session.client.find_dumps(action, object, limit)?;
    let Some(task) = task else {
        return without_dump(action, object, skipped, session);
    };
    note_skipped(&skipped, session);
    session.reporter.note(&format!("task {}", task.address));
    if action.kind == ActionKind::Import {
        // The file of a single import is named alike whether or not the task was looked at.
        dumps.iter_mut().for_each(|dump| dump.name = None);
    }
    Ok(Meant { task: Some(task.address), skipped, dumps })
}

/// No dump can be read. Whether that is good news, the newest finished task says.
fn without_dump(
    action: &ActionAddress,
    object: Option<&Id>,
    skipped: Vec<Skipped>,
    session: &Session,
) -> Result<Meant, Failure> {
    let is_finished = |reason: &SkipReason| {
        matches!(reason, SkipReason::NoDump(_) | SkipReason::DumpGone | SkipReason::TaskGone)
    };
    let Some(at) = skipped.iter().position(|skipped| is_finished(&skipped.reason)) else {
        return Err(no_finished_task(action, &skipped));
    };
    let SkipReason::NoDump(task) = &skipped[at].reason else {
        return Err(gone(action, &skipped));
    };
    note_skipped(&skipped[..at], session);
    check_nothing_failed(task, object)?;
    Ok(Meant { skipped, ..Meant::default() })
}

fn note_skipped(skipped: &[Skipped], session: &Session) {
    for skipped in skipped {
        session.reporter.note(&format!("passed over task {}", describe(skipped)));
    }
}

/// Checks that nothing failed in a finished task without a dump to fetch (in its action `object`, if one is
/// named). That there is no dump does not say so.
fn check_nothing_failed(task: &Task, object: Option<&Id>) -> Result<(), Failure> {
    let actions = task.actions();
    let is_meant =
        |action: &&&ActionResult| object.is_none_or(|object| action.object_id.as_ref() == Some(object));
    let mut meant = actions.iter().filter(is_meant);
    let address = &task.address;
    let what = if task.state == TaskState::Cancelled {
        format!("task {address} was cancelled, and no dump was left")
    } else if task.result.is_none() {
        format!("task {address} has no result: it is not known whether anything failed")
    } else if meant.clone().any(|action| action.failure_dump_available == Some(true)) {
        format!("task {address} left a dump, but does not say of which object: it cannot be downloaded")
    } else if meant.any(|action| action.has_failures()) || (object.is_none() && task.has_failures()) {
        format!("something failed in task {address}, but no dump was left")
    } else {
        return Ok(());
    };
    Err(Failure::NotFound(format!("{what}; look at it with:\n  anaplan-dump task {address}")))
}

impl SkippedTask {
    fn new(skipped: &Skipped) -> SkippedTask {
        SkippedTask {
            task: skipped.address.id.as_str().to_owned(),
            created: skipped.creation_time.map(rfc3339),
            reason: reason(&skipped.reason),
        }
    }
}

fn reason(reason: &SkipReason) -> &'static str {
    match reason {
        SkipReason::NotFinished(_) => "it has not finished",
        SkipReason::Cancelled => "it was cancelled",
        SkipReason::NoDump(_) => "it left no dump",
        SkipReason::DumpGone => "its dump is gone, or another user's",
        SkipReason::TaskGone => "it cannot be read",
        _ => "unknown",
    }
}

fn describe(skipped: &Skipped) -> String {
    let created = skipped.creation_time.map(|created| format!(" of {}", time(created))).unwrap_or_default();
    format!("{}{created}: {}", skipped.address.id, reason(&skipped.reason))
}

fn gone(action: &ActionAddress, skipped: &[Skipped]) -> Failure {
    let mut text = format!(
        "rows failed in {action}, but no dump of its newest {} can be read",
        counted(skipped.len(), "task")
    );
    for skipped in skipped {
        text.push_str(&format!("\n  {}", describe(skipped)));
    }
    text.push_str(
        "\n  a dump is removed 48 hours after its last access, or when its import next runs without errors; it is \
         replaced when the same user runs the import again; and it is there for that user only",
    );
    Failure::NotFound(text)
}

fn no_finished_task(action: &ActionAddress, skipped: &[Skipped]) -> Failure {
    let [newest, ..] = skipped else {
        return Failure::no_tasks(action);
    };
    let created = newest.creation_time.map(|created| format!(" of {}", time(created)));
    let state = match &newest.reason {
        SkipReason::NotFinished(state) => state.as_str(),
        SkipReason::Cancelled => "CANCELLED",
        other => reason(other),
    };
    Failure::NotFound(format!(
        "no task of {action} has finished; the newest is {}{} ({})",
        newest.address.id,
        created.unwrap_or_default(),
        safe(state)
    ))
}
