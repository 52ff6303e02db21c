//! `get`: from a locator of any depth to the dumps that it means.

use anaplan_dump_core::{
    ActionAddress, ActionKind, ActionResult, Id, Locator, Newest, SaveOptions, SkipReason, Skipped, Task,
    TaskAddress, TaskChoice, TaskState,
};
use serde::Serialize;

use crate::arguments::Get;
use crate::collect::{Collected, Collection, Fetching, Status, Wanted, collect};
use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::progress::Reporter;
use crate::settings::Settings;
use crate::target::Target;
use crate::task_report::counted;
use crate::units;

/// What was done, as `--json` shows it.
#[derive(Serialize, Default)]
struct Report {
    /// The task whose dumps these are; null if none was found.
    task: Option<String>,
    /// Tasks that were passed over, the newest first.
    skipped: Vec<SkippedTask>,
    dumps: Vec<Collected>,
}

#[derive(Serialize)]
struct SkippedTask {
    task: String,
    created: Option<String>,
    reason: String,
}

/// The dumps that a locator means.
struct Found {
    task: Option<TaskAddress>,
    skipped: Vec<Skipped>,
    wanted: Vec<Wanted>,
}

pub(crate) fn run(command: &Get, settings: &Settings, reporter: &Reporter) -> Result<(), Failure> {
    let target = Target::read(command.output.as_deref())?;
    if command.json && target == Target::Stdout {
        return Err(Failure::Usage("--json and -o - both want standard output".into()));
    }
    let locator = settings.locator(&command.locator)?;
    target.prepare()?;
    let found = find(command, &locator, &target, settings, reporter)?;
    let fetching = Fetching {
        in_one_piece: command.whole,
        parallel: command.parallel,
        verify: command.verify,
        save: SaveOptions::default().force(command.force).restart(command.restart),
    };
    let collection = collect(&found.wanted, &target, fetching, command.json, settings, reporter)?;
    let Collection { dumps, failure } = collection;
    if command.json {
        let task = found.task.map(|task| settings.copyable_task(&task));
        let skipped = found.skipped.iter().map(SkippedTask::new).collect();
        print_json(&Report { task, skipped, dumps })?;
    } else if found.wanted.is_empty() {
        const TEXT: &str = "Nothing failed: there is no dump to download.";
        match target {
            // Whoever reads the dump would take it for one.
            Target::Stdout | Target::Device(_) => reporter.note(TEXT),
            _ => print(&format!("{TEXT}\n"))?,
        }
    } else {
        tell(&dumps, &target, reporter)?;
    }
    failure.map_or(Ok(()), Err)
}

/// Prints a line for each dump; where the dump itself went to standard output, on standard error.
pub(crate) fn tell(dumps: &[Collected], target: &Target, reporter: &Reporter) -> Result<(), Failure> {
    let (done, failed): (Vec<&Collected>, Vec<&Collected>) =
        dumps.iter().partition(|dump| dump.status != Status::Failed);
    let mut lines: Vec<String> = done.iter().map(|dump| dump.line()).collect();
    if dumps.len() > 1 {
        lines.push(match failed.len() {
            0 => format!("{} are there", counted(done.len(), "dump")),
            _ => format!("{} of {} are there", done.len(), counted(dumps.len(), "dump")),
        });
    }
    match target {
        Target::Stdout | Target::Device(_) => lines.iter().for_each(|line| reporter.note(line)),
        _ => print(&lines.iter().map(|line| format!("{line}\n")).collect::<String>())?,
    }
    Ok(())
}

fn find(
    command: &Get,
    locator: &Locator,
    target: &Target,
    settings: &Settings,
    reporter: &Reporter,
) -> Result<Found, Failure> {
    let action = settings.action(locator)?;
    let object = locator.object();
    match locator.task_choice() {
        Some(TaskChoice::Id(id)) => {
            let task = action.task(id.clone());
            let wanted = match (action.kind, object) {
                (ActionKind::Import, _) => vec![Wanted { dump: task.dump(action.id.clone()), name: None }],
                (ActionKind::Process, Some(object)) => {
                    // Only the task tells the object's name, and only a file in a folder needs it.
                    let name = match target {
                        Target::Folder(_) => settings.object_name(&task, object)?,
                        _ => None,
                    };
                    vec![Wanted { dump: task.dump(object.clone()), name }]
                }
                (ActionKind::Process, None) => dumps_of_task(&task, settings)?,
            };
            Ok(Found { task: Some(task), skipped: Vec::new(), wanted })
        }
        _ => {
            let newest = settings.client.newest_dumps(&action, object, command.limit)?;
            let found = match newest {
                Newest::Found(found) => found,
                Newest::NothingFailed(skipped) => {
                    for skipped in skipped.iter().take_while(|task| task.reason != SkipReason::NothingFailed)
                    {
                        reporter.note(&format!("passed over task {}", describe(skipped)));
                    }
                    check_newest(&action, object, &skipped, settings)?;
                    return Ok(Found { task: None, skipped, wanted: Vec::new() });
                }
                Newest::Gone(skipped) => return Err(gone(&action, &skipped)),
                Newest::NoTasks(skipped) => return Err(no_finished_task(&action, &skipped)),
                _ => return Err(Failure::NotThere("nothing was found".into())),
            };
            for skipped in &found.skipped {
                reporter.note(&format!("passed over task {}", describe(skipped)));
            }
            reporter.note(&format!("task {}", settings.copyable_task(&found.address)));
            let mut wanted = Vec::new();
            for dump in settings.client.dumps_of(&found.address, &found.task)? {
                if object.is_none_or(|wanted| *wanted == dump.object) {
                    // From the task alone the name of an import is not known: its file has none.
                    let name = dump.name.filter(|_| action.kind == ActionKind::Process);
                    wanted.push(Wanted { dump: found.address.dump(dump.object), name });
                }
            }
            Ok(Found { task: Some(found.address), skipped: found.skipped, wanted })
        }
    }
}

fn dumps_of_task(address: &TaskAddress, settings: &Settings) -> Result<Vec<Wanted>, Failure> {
    let task = settings.client.task(address)?;
    if !task.state.is_final() {
        return Err(Failure::NotThere(format!(
            "task {address} has not finished ({}): its dumps are there once it has",
            anaplan_dump_core::Printable(task.state.as_str())
        )));
    }
    let dumps = settings.client.dumps_of(address, &task)?;
    if dumps.is_empty() {
        check_nothing_failed(address, &task, None, settings)?;
    }
    Ok(dumps.into_iter().map(|dump| Wanted { dump: address.dump(dump.object), name: dump.name }).collect())
}

/// The newest task that left no dump to fetch: it may have failed all the same.
fn check_newest(
    action: &ActionAddress,
    object: Option<&Id>,
    skipped: &[Skipped],
    settings: &Settings,
) -> Result<(), Failure> {
    let newest = skipped.iter().find(|task| task.reason == SkipReason::NothingFailed);
    let Some(id) = newest.and_then(|task| Id::new(task.task.as_str()).ok()) else {
        return Ok(());
    };
    let address = action.task(id);
    let task = settings.client.task(&address)?;
    check_nothing_failed(&address, &task, object, settings)
}

/// Whether nothing failed in a finished task without a dump to fetch (in its action `object`, if one is
/// named). That there is no dump does not say so.
fn check_nothing_failed(
    address: &TaskAddress,
    task: &Task,
    object: Option<&Id>,
    settings: &Settings,
) -> Result<(), Failure> {
    let actions = task.actions();
    let is_meant = |action: &&&ActionResult| {
        object.is_none_or(|object| action.object_id.as_deref() == Some(object.as_str()))
    };
    let mut meant = actions.iter().filter(is_meant);
    let copyable = settings.copyable_task(address);
    let what = if task.state == TaskState::Cancelled {
        format!("task {copyable} was cancelled, and no dump was left")
    } else if task.result.is_none() {
        format!("task {copyable} has no result: it is not known whether anything failed")
    } else if meant.clone().any(|action| action.failure_dump_available == Some(true)) {
        format!("task {copyable} left a dump, but does not say of which object: it cannot be downloaded")
    } else if meant.any(|action| action.has_failures()) || (object.is_none() && task.has_failures()) {
        format!("something failed in task {copyable}, but no dump was left")
    } else {
        return Ok(());
    };
    Err(Failure::NotThere(format!("{what}; look at it with:\n  anaplan-dump task {copyable}")))
}

impl SkippedTask {
    fn new(skipped: &Skipped) -> SkippedTask {
        SkippedTask {
            task: skipped.task.clone(),
            created: skipped.creation_time.map(units::rfc3339),
            reason: reason(&skipped.reason).to_owned(),
        }
    }
}

fn reason(reason: &SkipReason) -> &'static str {
    match reason {
        SkipReason::NotFinished(_) => "it has not finished",
        SkipReason::Cancelled => "it was cancelled",
        SkipReason::NothingFailed => "nothing failed in it",
        SkipReason::DumpGone => "its dump is gone, or another user's",
        SkipReason::TaskGone => "it cannot be read",
        _ => "unknown",
    }
}

fn describe(skipped: &Skipped) -> String {
    let created = skipped.creation_time.map(|time| format!(" of {}", units::time(time))).unwrap_or_default();
    format!("{}{created}: {}", anaplan_dump_core::Printable(&skipped.task), reason(&skipped.reason))
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
    Failure::NotThere(text)
}

fn no_finished_task(action: &ActionAddress, skipped: &[Skipped]) -> Failure {
    match skipped {
        [] => Failure::no_tasks(action),
        [newest, ..] => {
            let created = newest.creation_time.map(|time| format!(" of {}", units::time(time)));
            let state = match &newest.reason {
                SkipReason::NotFinished(state) => state.as_str(),
                SkipReason::Cancelled => "CANCELLED",
                other => reason(other),
            };
            Failure::NotThere(format!(
                "no task of {action} has finished; the newest is {}{} ({})",
                anaplan_dump_core::Printable(&newest.task),
                created.unwrap_or_default(),
                anaplan_dump_core::Printable(state)
            ))
        }
    }
}
