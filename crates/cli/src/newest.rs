//! From a process, or `latest`, to the newest finished run and its dumps.

use std::time::SystemTime;

use anaplan_dump_core::{ActionAddress, Dump, Id, Newest, Outcome, SkipReason, Skipped, Task, TaskAddress};
use serde::Serialize;

use crate::ending;
use crate::failure::Failure;
use crate::json::Named;
use crate::session::Session;
use crate::text::{counted, rfc3339, safe, time};

/// How far down the list of tasks a search goes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SearchOptions {
    /// Past runs that left no dump.
    pub(crate) older: bool,
    /// Down to those created at this time.
    pub(crate) since: Option<SystemTime>,
    /// Maximum number of tasks to look at; the library's default is 20.
    pub(crate) limit: Option<usize>,
}

/// The dumps that a locator means.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// The task whose dumps these are, or which proves that there are none.
    pub(crate) task: Option<TaskAddress>,
    /// Newer tasks that were passed over.
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) dumps: Vec<Dump>,
    /// Dumps of the task that cannot be downloaded.
    pub(crate) unnamed: Option<Failure>,
    /// The sentence that says why there is no dump.
    pub(crate) clean: Option<String>,
    /// The task and how it ended, where that is known.
    pub(crate) ended: Option<(Task, Outcome)>,
}

/// A task that was passed over, as `--json` shows it.
#[derive(Debug, Serialize)]
pub(crate) struct SkippedTask {
    task: Named,
    created: Option<String>,
    /// A machine word.
    reason: &'static str,
    /// The same for people.
    text: &'static str,
}

impl SkippedTask {
    pub(crate) fn new(skipped: &Skipped) -> SkippedTask {
        let (reason, text) = reason(&skipped.reason);
        let created = skipped.created.map(rfc3339);
        SkippedTask { task: Named::from(&skipped.address), created, reason, text }
    }
}

impl Session {
    /// The newest finished task of a process or import.
    pub(crate) fn latest(&self, action: &ActionAddress) -> Result<Task, Failure> {
        let (task, skipped) = self.client.newest(action).task()?;
        let task = task.ok_or_else(|| no_finished_task(action, &skipped))?;
        self.note_skipped(&skipped);
        Ok(task)
    }

    /// The dumps of the newest finished task, or of an older one if that is asked for.
    pub(crate) fn newest_dumps(
        &self,
        action: &ActionAddress,
        object: Option<&Id>,
        options: SearchOptions,
    ) -> Result<Selection, Failure> {
        let SearchOptions { older, since, limit } = options;
        let mut search = self.client.newest(action).older(older || since.is_some());
        if let Some(object) = object {
            search = search.object(object);
        }
        if let Some(since) = since {
            search = search.since(since);
        }
        if let Some(limit) = limit {
            search = search.limit(limit);
        }
        let (newest, skipped) = search.dumps()?;
        let (task, outcome, dumps, clean) = match newest {
            Newest::Dumps { task, dumps } => {
                self.note_skipped(&skipped);
                self.reporter.note(&format!("task {}", task.address));
                let outcome = task.outcome_with(&dumps);
                (task, outcome, dumps, None)
            }
            Newest::Clean { task, outcome } => {
                self.note_skipped(&skipped);
                let text = clean(&task, outcome, object);
                (task, outcome, Vec::new(), Some(text))
            }
            Newest::NoDump { task, outcome } => {
                self.note_skipped(&skipped);
                return Err(without_dump(&task, outcome, object));
            }
            Newest::Gone => return Err(gone(action, &skipped)),
            _ => {
                return Err(match since {
                    Some(since) if skipped.is_empty() => {
                        Failure::NotFound(format!("{action} has no task since {} UTC", time(since)))
                    }
                    _ => no_finished_task(action, &skipped),
                });
            }
        };
        if since.is_some() && task.created.is_none() {
            let address = &task.address;
            self.reporter.warn(&format!("task {address} does not say when it was created: it may be older"));
        }
        let unnamed = object.is_none().then(|| ending::unnamed_dumps(&task)).flatten();
        let address = task.address.clone();
        Ok(Selection { task: Some(address), skipped, dumps, unnamed, clean, ended: Some((task, outcome)) })
    }

    fn note_skipped(&self, skipped: &[Skipped]) {
        for skipped in skipped {
            self.reporter.warn(&format!("passed over task {}", describe(skipped)));
        }
    }
}

/// The sentence about a run that rejected no row.
fn clean(task: &Task, outcome: Outcome, object: Option<&Id>) -> String {
    let run = match task.created {
        Some(created) => format!("the newest run ({} UTC)", time(created)),
        None => format!("the newest run (task {})", task.address.id),
    };
    let what = match ending::remarks(task, outcome) {
        None => "had no failures".to_owned(),
        Some(remarks) => format!("rejected no rows: {remarks}"),
    };
    match object {
        Some(object) => format!("Object {object} {what} in {run}."),
        None => format!("T{} {what}.", &run[1..]),
    }
}

/// Why it is no good news that a finished task (or its action `object`) left no dump.
pub(crate) fn without_dump(task: &Task, outcome: Outcome, object: Option<&Id>) -> Failure {
    if let (None, Some(unnamed)) = (object, ending::unnamed_dumps(task)) {
        return unnamed;
    }
    let address = &task.address;
    let has_object = |id| task.actions().iter().any(|action| action.object_id.as_ref() == Some(id));
    let what = match (object, outcome) {
        (Some(object), _) if !has_object(object) => {
            format!("object {object} is not among the actions of the newest finished run, task {address}")
        }
        (_, Outcome::Failed) => format!("something failed in task {address}, but no dump was left"),
        (_, Outcome::Cancelled) => format!("task {address} was cancelled, and no dump was left"),
        (_, outcome) => return ending::failure(task, outcome),
    };
    Failure::NotFound(format!("{what}; look at it with:\n  anaplan-dump task {address}"))
}

/// Why a task was passed over: a machine word, and the same for people.
fn reason(reason: &SkipReason) -> (&'static str, &'static str) {
    match reason {
        SkipReason::NotFinished(_) => ("not_finished", "it has not finished"),
        SkipReason::Cancelled => ("cancelled", "it was cancelled"),
        SkipReason::NoDump => ("no_dump", "it left no dump"),
        SkipReason::DumpGone => ("dump_gone", "its dump is gone, or another user's"),
        SkipReason::TaskGone => ("task_gone", "it cannot be read"),
        _ => ("unknown", "unknown"),
    }
}

fn describe(skipped: &Skipped) -> String {
    let created = skipped.created.map(|created| format!(" of {}", time(created))).unwrap_or_default();
    format!("{}{created}: {}", skipped.address.id, reason(&skipped.reason).1)
}

fn gone(action: &ActionAddress, skipped: &[Skipped]) -> Failure {
    // If the task cannot be read, we do not know whether rows failed.
    let is_known = skipped.iter().any(|skipped| matches!(skipped.reason, SkipReason::DumpGone));
    let tasks = counted(skipped.len(), "task");
    let mut text = match is_known {
        true => format!("rows failed in {action}, but no dump of its newest {tasks} can be read"),
        false => format!("no dump of the newest {tasks} of {action} can be read"),
    };
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
    let created = newest.created.map(|created| format!(" of {}", time(created)));
    let state = match &newest.reason {
        SkipReason::NotFinished(state) => state.as_str(),
        SkipReason::Cancelled => "CANCELLED",
        other => reason(other).1,
    };
    Failure::NotFound(format!(
        "no task of {action} has finished; the newest is {}{} ({})",
        newest.address.id,
        created.unwrap_or_default(),
        safe(state)
    ))
}
