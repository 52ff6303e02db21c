//! What a locator means: a process may be given by its name, a task as `latest`; the dumps of a task, or of the newest
//! finished run. May send requests.

use std::time::SystemTime;

use anaplan_dump_core::{
    ActionAddress, ActionKind, Dump, DumpAddress, Error, Id, ListedTask, Locator, Newest, Outcome, Search, SkipReason,
    Task, TaskAddress, TaskChoice,
};
use serde_json::{Value, json};

use crate::ending;
use crate::failure::Failure;
use crate::session::Session;
use crate::stdout::named;
use crate::text::{counted, rfc3339, safe, time};

/// A task that was passed over, and why.
pub(crate) type Skipped = (ListedTask, SkipReason);

/// The dumps that a locator means.
pub(crate) struct Selection {
    /// The task whose dumps these are, but for those of older tasks, or which proves that there are none.
    pub(crate) task: TaskAddress,
    /// Tasks that were passed over: newer ones, and older ones whose dump is gone.
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) dumps: Vec<Dump>,
    /// What else there is to say: the sentence for the case that there are none; or what was rejected and cannot be
    /// downloaded, or why it is not known whether anything was.
    pub(crate) rest: Result<String, Failure>,
    pub(crate) end: End,
}

/// Whether a task ended as it should.
pub(crate) enum End {
    Known(Result<(), Failure>),
    /// Not every dump that it could have left was asked for.
    Open(Box<Task>),
}

/// Which dumps of the newest run are wanted.
#[derive(Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) object: Option<&'a Id>,
    /// To go past runs that left no dump.
    pub(crate) older: bool,
    pub(crate) since: Option<SystemTime>,
    pub(crate) limit: Option<usize>,
    /// Where the action is one of many, such a run is no news, nor is a dump below it that is gone.
    pub(crate) is_one_of_many: bool,
}

impl Selection {
    /// One dump, of a task that may have been read.
    pub(crate) fn one(address: DumpAddress, read: Option<Task>) -> Selection {
        let dump = read.as_ref().map_or_else(|| Dump::from(&address), |task| Dump::new(task, address.clone()));
        let end = read.map_or(End::Known(Ok(())), |task| End::Open(Box::new(task)));
        Selection { task: address.task, skipped: Vec::new(), dumps: vec![dump], rest: Ok(String::new()), end }
    }
}

impl Session {
    /// Whether the task of a selection ended as it should, by all that it could have left.
    pub(crate) fn check(&self, end: End) -> Result<(), Failure> {
        match end {
            End::Known(end) => end,
            End::Open(task) => ending::check(&task, self.client.outcome(&task)?),
        }
    }

    /// The process or import of a locator.
    pub(crate) fn action(&self, locator: &Locator) -> Result<ActionAddress, Failure> {
        let action = locator.action()?;
        if action.has_usual_id() || action.kind == ActionKind::Import {
            return Ok(action);
        }
        match self.client.find_action(&action.model, action.id.as_str()) {
            Err(error @ Error::AmbiguousName { .. }) => Err(error.into()),
            // With a task, the locator is complete: the identifier just has another shape.
            Err(_) if matches!(locator.task_choice(), Some(TaskChoice::Id(_))) => Ok(action),
            found => Ok(found?),
        }
    }

    /// The task of a locator, read; `latest` is the newest finished one.
    pub(crate) fn task(&self, locator: &Locator) -> Result<Task, Failure> {
        if locator.task_choice() != Some(&TaskChoice::Latest) {
            return Ok(self.client.task(&self.task_address(locator)?)?);
        }
        let action = self.action(locator)?;
        let (task, skipped) = self.client.newest(&action).task()?;
        let task = task.ok_or_else(|| no_finished_task(&action, &skipped))?;
        self.note_skipped(&skipped);
        Ok(task)
    }

    /// The task that a locator names by its id.
    pub(crate) fn task_address(&self, locator: &Locator) -> Result<TaskAddress, Failure> {
        if locator.task_choice() == Some(&TaskChoice::Latest) {
            return Err(Failure::Usage(
                "latest is the newest finished task: name the one that runs by its id, which tasks shows".into(),
            ));
        }
        // An error says what is missing.
        let complete = locator.task()?;
        Ok(self.action(locator)?.task(complete.id))
    }

    /// The dumps of the newest finished task.
    pub(crate) fn newest_dumps(&self, action: &ActionAddress, wanted: &Wanted<'_>) -> Result<Selection, Failure> {
        let Wanted { object, older, since, limit, is_one_of_many } = *wanted;
        let search = self.client.newest(action).older(older);
        let search = object.into_iter().fold(search, Search::object);
        let search = since.into_iter().fold(search, Search::since);
        let (newest, skipped) = limit.into_iter().fold(search, Search::limit).dumps()?;
        let (outcome, task, dumps, doubt) = match newest {
            Newest::Dumps { task, dumps, doubt } => (task.outcome_with(&dumps), task, dumps, doubt),
            Newest::Clean { task, outcome } | Newest::NoDump { task, outcome } => (outcome, task, Vec::new(), None),
            Newest::Gone => return gone(action, skipped, !is_one_of_many),
            _ => {
                return Err(match since {
                    Some(since) if skipped.is_empty() => {
                        Failure::NotFound(format!("{action} has no task since {} UTC", time(since)))
                    }
                    _ => no_finished_task(action, &skipped),
                });
            }
        };
        let is_news = |skipped: &&Skipped| match skipped.1 {
            SkipReason::NotFinished | SkipReason::Cancelled | SkipReason::NoDump => !is_one_of_many,
            _ => !(is_one_of_many && dumps.is_empty()),
        };
        self.note_skipped(skipped.iter().filter(is_news));
        if !dumps.is_empty() {
            self.reporter.note(&format!("task {}", task.address));
        }
        if since.is_some() && task.created.is_none() {
            let address = &task.address;
            self.reporter.warn(&format!("task {address} does not say when it was created: it may be older"));
        }
        let run = match task.created {
            Some(created) => format!("the newest run ({} UTC)", time(created)),
            None => format!("the newest run (task {})", task.address.id),
        };
        let what = what_was_rejected(&task, outcome);
        let none = match object {
            Some(object) => format!("Object {object} {what} in {run}."),
            None => format!("T{} {what}.", &run[1..]),
        };
        let missing = doubt.map(Failure::from).or_else(|| missing(&task, outcome, &dumps, object));
        let (address, rest) = (task.address.clone(), missing.map_or(Ok(none), Err));
        let end = match object {
            Some(_) => End::Open(Box::new(task)),
            // A newer run rejected rows.
            None if skipped.iter().any(|(_, reason)| *reason == SkipReason::DumpGone) => {
                End::Known(Err(Failure::RowsFailed))
            }
            None => End::Known(ending::check(&task, outcome)),
        };
        Ok(Selection { task: address, skipped, dumps, rest, end })
    }

    pub(crate) fn dumps_of_task(&self, address: TaskAddress) -> Result<Selection, Failure> {
        let task = self.client.task(&address)?;
        let dumps = if task.is_over() { self.client.dumps(&task)? } else { Vec::new() };
        let outcome = task.outcome_with(&dumps);
        let none = format!("Task {} {}.", address.id, what_was_rejected(&task, outcome));
        let rest = missing(&task, outcome, &dumps, None).map_or(Ok(none), Err);
        let end = End::Known(ending::check(&task, outcome));
        Ok(Selection { task: address, skipped: Vec::new(), dumps, rest, end })
    }

    fn note_skipped<'a>(&self, skipped: impl IntoIterator<Item = &'a Skipped>) {
        for skipped in skipped {
            self.reporter.warn(&format!("passed over task {}", describe(skipped)));
        }
    }
}

fn what_was_rejected(task: &Task, outcome: Outcome) -> String {
    match ending::remarks(task, outcome) {
        None => "had no failures".to_owned(),
        Some(remarks) => format!("rejected no rows: {remarks}"),
    }
}

/// What of a finished task (or its action `object`) cannot be downloaded; without any dump, why that is no good news.
fn missing(task: &Task, outcome: Outcome, dumps: &[Dump], object: Option<&Id>) -> Option<Failure> {
    if let (None, Some(unnamed)) = (object, ending::unnamed_dumps(task)) {
        return Some(unnamed);
    }
    if !dumps.is_empty() || outcome.is_good() {
        return None;
    }
    let address = &task.address;
    let has_object = |id| task.actions().iter().any(|action| action.object_id.as_ref() == Some(id));
    let what = match (object, outcome) {
        (Some(object), _) if !has_object(object) => {
            format!("object {object} is not among the actions of the newest finished run, task {address}")
        }
        (_, Outcome::NotFinished) => {
            let state = safe(task.state.as_str());
            return Some(Failure::NotFound(format!(
                "task {address} has not finished ({state}): its dumps are there once it has\n  \
                 wait for it and collect them with: wait {address}"
            )));
        }
        (_, Outcome::Failed) if task.result.is_none() => {
            format!("task {address} failed, and does not say what it left")
        }
        (_, Outcome::Failed) => format!("something failed in task {address}, but no dump was left"),
        (_, Outcome::Cancelled) => format!("task {address} was cancelled, and no dump was left"),
        (_, outcome) => return ending::check(task, outcome).err(),
    };
    Some(Failure::NotFound(format!("{what}; look at it with:\n  anaplan-dump task {address}")))
}

/// Why a task was passed over: a machine word, and the same for people.
fn reason(reason: SkipReason) -> (&'static str, &'static str) {
    match reason {
        SkipReason::NotFinished => ("not_finished", "it has not finished"),
        SkipReason::Cancelled => ("cancelled", "it was cancelled"),
        SkipReason::Failed => ("failed", "it failed, and does not say what it left"),
        SkipReason::NoDump => ("no_dump", "it left no dump"),
        SkipReason::DumpGone => ("dump_gone", "its dump is gone, or another user's"),
        SkipReason::TaskGone => ("task_gone", "it cannot be read"),
        _ => ("unknown", "unknown"),
    }
}

/// A task that was passed over, as `--json` shows it.
pub(crate) fn skipped_document(action: &ActionAddress, (task, skip): &Skipped) -> Value {
    let ((reason, text), address) = (reason(*skip), action.task(task.id.clone()));
    json!({ "task": named(&task.id, &address), "created": task.created.map(rfc3339), "reason": reason, "text": text })
}

fn describe((task, skip): &Skipped) -> String {
    let created = task.created.map(|created| format!(" of {}", time(created))).unwrap_or_default();
    format!("{}{created}: {}", task.id, reason(*skip).1)
}

/// What is left of a process whose dumps cannot be read; in full, with the tasks and every reason.
fn gone(action: &ActionAddress, skipped: Vec<Skipped>, is_full: bool) -> Result<Selection, Failure> {
    let is_gone = |(_, reason): &&Skipped| matches!(reason, SkipReason::DumpGone | SkipReason::TaskGone);
    let Some((newest, _)) = skipped.iter().find(is_gone) else { return Err(Failure::no_tasks(action)) };
    // If the task cannot be read, we do not know whether rows failed.
    let is_known = skipped.iter().any(|(_, reason)| *reason == SkipReason::DumpGone);
    let tasks = counted(skipped.len(), "task");
    let mut text = match is_known {
        true => format!("rows failed in {action}, but none of its dumps can be read ({tasks} looked at)"),
        false => format!("no dump of the newest {tasks} of {action} can be read"),
    };
    if is_full {
        for skipped in &skipped {
            text.push_str(&format!("\n  {}", describe(skipped)));
        }
        text.push_str(
            "\n  a dump is removed 48 hours after its last access, or when its import next runs without errors; it is \
             replaced when the same user runs the import again, alone or in a process; and it is there for that user \
             only",
        );
    }
    let (task, rest) = (action.task(newest.id.clone()), Err(Failure::NotFound(text)));
    let end = End::Known(if is_known { Err(Failure::RowsFailed) } else { Ok(()) });
    Ok(Selection { task, skipped, dumps: Vec::new(), rest, end })
}

fn no_finished_task(action: &ActionAddress, skipped: &[Skipped]) -> Failure {
    let [(newest, skip), ..] = skipped else {
        return Failure::no_tasks(action);
    };
    let created = newest.created.map(|created| format!(" of {}", time(created))).unwrap_or_default();
    let state = match skip {
        SkipReason::NotFinished => safe(newest.state.as_str()),
        other => reason(*other).1.to_owned(),
    };
    let id = &newest.id;
    Failure::NotFound(format!("no task of {action} has finished; the newest is {id}{created} ({state})"))
}
