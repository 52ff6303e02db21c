//! From a process, or `latest`, to the newest finished run and its dumps.

use anaplan_dump_core::{
    ActionAddress, ActionKind, ActionResult, Dump, Id, Outcome, Search, SkipReason, Skipped, Task,
    TaskAddress,
};
use serde::Serialize;

use crate::ending;
use crate::failure::Failure;
use crate::json::Named;
use crate::session::Session;
use crate::text::{counted, rfc3339, safe, time};

/// How far down the list of tasks a search goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach {
    /// Past runs that left no dump.
    pub(crate) is_older: bool,
    /// Down to those created at this time, in milliseconds since 1970.
    pub(crate) since: Option<u64>,
    /// Maximum number of tasks to look at.
    pub(crate) limit: usize,
}

/// The default number of tasks to look at.
pub(crate) const DEFAULT_REACH: usize = 20;

impl Reach {
    /// The newest finished run.
    pub(crate) fn newest() -> Reach {
        Reach { is_older: false, since: None, limit: DEFAULT_REACH }
    }
}

/// The dumps that a locator means.
#[derive(Debug, Default)]
pub(crate) struct Meant {
    /// The task whose dumps these are, or which proves that there are none.
    pub(crate) task: Option<TaskAddress>,
    /// Newer tasks that were passed over.
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) dumps: Vec<Dump>,
    /// Dumps of the task that cannot be downloaded.
    pub(crate) unnamed: Option<Failure>,
    /// The sentence that says why there is no dump.
    pub(crate) clean: Option<String>,
    /// The newest older run that has a dump to read.
    pub(crate) older: Option<TaskAddress>,
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
        let created = skipped.creation_time.map(rfc3339);
        SkippedTask { task: Named::from(&skipped.address), created, reason, text }
    }
}

impl Session {
    /// The newest finished task of a process or import.
    pub(crate) fn latest(&self, action: &ActionAddress) -> Result<Task, Failure> {
        let Search { task, skipped, .. } = self.client.find_latest(action, DEFAULT_REACH)?;
        let Some(task) = task else {
            return Err(no_finished_task(action, &skipped));
        };
        self.note_skipped(&skipped);
        Ok(task)
    }

    /// The dumps of the newest finished task, or of an older one if that is asked for.
    pub(crate) fn newest_dumps(
        &self,
        action: &ActionAddress,
        object: Option<&Id>,
        reach: Reach,
    ) -> Result<Meant, Failure> {
        let Reach { is_older, since, limit } = reach;
        let search = match is_older || since.is_some() {
            true => self.client.find_older_dumps(action, object, limit, since)?,
            false => self.client.find_dumps(action, object, limit)?,
        };
        let Search { task: Some(task), mut dumps, skipped, .. } = search else {
            return self.without_dump(action, object, reach, search.skipped);
        };
        self.note_skipped(&skipped);
        self.reporter.note(&format!("task {}", task.address));
        if action.kind == ActionKind::Import {
            // The file of a single import is named alike whether or not the task was looked at.
            dumps.iter_mut().for_each(|dump| dump.name = None);
        }
        let unnamed = object.is_none().then(|| ending::unnamed_dumps(&task)).flatten();
        Ok(Meant { task: Some(task.address), skipped, dumps, unnamed, ..Meant::default() })
    }

    /// No dump can be read. Whether that is good news, the newest finished task says.
    fn without_dump(
        &self,
        action: &ActionAddress,
        object: Option<&Id>,
        reach: Reach,
        mut skipped: Vec<Skipped>,
    ) -> Result<Meant, Failure> {
        let is_finished = |reason: &SkipReason| {
            matches!(reason, SkipReason::NoDump(_) | SkipReason::DumpGone | SkipReason::TaskGone)
        };
        let Some(at) = skipped.iter().position(|skipped| is_finished(&skipped.reason)) else {
            return Err(match reach.since {
                Some(since) if skipped.is_empty() => {
                    Failure::NotFound(format!("{action} has no task since {} UTC", time(since)))
                }
                _ => no_finished_task(action, &skipped),
            });
        };
        let SkipReason::NoDump(task) = &skipped[at].reason else {
            return Err(gone(action, &skipped));
        };
        self.note_skipped(&skipped[..at]);
        let task = task.clone();
        check_nothing_failed(&task, object)?;
        let run = match skipped[at].creation_time {
            Some(created) => format!("the newest run ({} UTC)", time(created)),
            None => format!("the newest run (task {})", task.address.id),
        };
        let clean = match object {
            Some(object) => format!("Object {object} had no failures in {run}."),
            None => format!("T{} had no failures.", &run[1..]),
        };
        let older = match reach.is_older || reach.since.is_some() {
            true => None,
            false => self.client.find_older_dumps(action, object, reach.limit, None)?.task,
        };
        skipped.truncate(at);
        Ok(Meant {
            task: Some(task.address),
            skipped,
            clean: Some(clean),
            older: older.map(|task| task.address),
            ..Meant::default()
        })
    }

    fn note_skipped(&self, skipped: &[Skipped]) {
        for skipped in skipped {
            self.reporter.warn(&format!("passed over task {}", describe(skipped)));
        }
    }
}

/// Checks that nothing failed in a finished task without a dump to fetch (in its action `object`, if one is
/// named). That there is no dump does not say so.
pub(crate) fn check_nothing_failed(task: &Task, object: Option<&Id>) -> Result<(), Failure> {
    let address = &task.address;
    let actions = task.actions();
    let is_meant = |action: &ActionResult| object.is_none_or(|id| action.object_id.as_ref() == Some(id));
    let meant: Vec<&ActionResult> = actions.into_iter().filter(|action| is_meant(action)).collect();
    let is_clean = match object {
        None => task.outcome(&[]) == Outcome::Clean,
        Some(_) => !meant.is_empty() && meant.iter().all(|action| action.successful == Some(true)),
    };
    let what = if let Some(unnamed) = ending::unnamed_dumps(task).filter(|_| object.is_none()) {
        return Err(unnamed);
    } else if meant.iter().any(|action| action.has_failures()) || (object.is_none() && task.has_failures()) {
        format!("something failed in task {address}, but no dump was left")
    } else if is_clean {
        return Ok(());
    } else if let Some(object) = object.filter(|_| meant.is_empty()) {
        format!("object {object} is not among the actions of the newest finished run, task {address}")
    } else if task.outcome(&[]) == Outcome::Cancelled {
        format!("task {address} was cancelled, and no dump was left")
    } else {
        return ending::check(task, task.outcome(&[]));
    };
    Err(Failure::NotFound(format!("{what}; look at it with:\n  anaplan-dump task {address}")))
}

/// Why a task was passed over: a machine word, and the same for people.
fn reason(reason: &SkipReason) -> (&'static str, &'static str) {
    match reason {
        SkipReason::NotFinished(_) => ("not_finished", "it has not finished"),
        SkipReason::Cancelled => ("cancelled", "it was cancelled"),
        SkipReason::NoDump(_) => ("no_dump", "it left no dump"),
        SkipReason::DumpGone => ("dump_gone", "its dump is gone, or another user's"),
        SkipReason::TaskGone => ("task_gone", "it cannot be read"),
        _ => ("unknown", "unknown"),
    }
}

fn describe(skipped: &Skipped) -> String {
    let created = skipped.creation_time.map(|created| format!(" of {}", time(created))).unwrap_or_default();
    format!("{}{created}: {}", skipped.address.id, reason(&skipped.reason).1)
}

fn gone(action: &ActionAddress, skipped: &[Skipped]) -> Failure {
    // Of a task that cannot be read itself nobody knows whether rows failed.
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
    let created = newest.creation_time.map(|created| format!(" of {}", time(created)));
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
