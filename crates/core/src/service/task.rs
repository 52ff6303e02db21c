//! Tasks and their results: what ran, how it ended, and which of its actions left a dump.
//!
//! Every field may be missing, as observed in logs of the live service.

use std::time::SystemTime;

use serde_json::Value;

use super::answer::{self, Answer};
use super::dump::Dump;
use super::fault::Fault;
use crate::address::{ActionKind, DumpAddress, Id, TaskAddress};

/// How far a task has come.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum TaskState {
    /// `NOT_STARTED`.
    NotStarted,
    /// `IN_PROGRESS`.
    InProgress,
    /// `COMPLETE`: finished, well or badly.
    Complete,
    /// `CANCELLING`.
    Cancelling,
    /// `CANCELLED`.
    Cancelled,
    /// `FAILED`, which ends a task by a published client's notes.
    Failed,
    /// The answer names no state.
    #[default]
    Unknown,
    /// A state that this version does not know.
    Other(String),
}

impl TaskState {
    const WORDS: [(&'static str, TaskState); 6] = [
        ("NOT_STARTED", TaskState::NotStarted),
        ("IN_PROGRESS", TaskState::InProgress),
        ("COMPLETE", TaskState::Complete),
        ("CANCELLING", TaskState::Cancelling),
        ("CANCELLED", TaskState::Cancelled),
        ("FAILED", TaskState::Failed),
    ];

    pub(super) fn read(value: &Value) -> TaskState {
        let Some(text) = answer::text(value) else { return TaskState::Unknown };
        let known = TaskState::WORDS.into_iter().find(|(word, _)| *word == text);
        known.map_or(TaskState::Other(text), |(_, state)| state)
    }

    /// Whether the state alone says that the task is over.
    pub fn is_final(&self) -> bool {
        matches!(self, TaskState::Complete | TaskState::Cancelled | TaskState::Failed)
    }

    /// The service's word.
    pub fn as_str(&self) -> &str {
        match self {
            TaskState::Other(text) => text,
            state => {
                let known = TaskState::WORDS.iter().find(|(_, known)| known == state);
                known.map_or("UNKNOWN", |(word, _)| word)
            }
        }
    }
}

/// One task with its result.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Task {
    /// The task's address.
    pub address: TaskAddress,
    /// How far it has come.
    pub state: TaskState,
    /// What it is doing, for people.
    pub current_step: Option<String>,
    /// How much is done, from 0.0 to 1.0.
    pub progress: Option<f64>,
    /// When it was created.
    pub created: Option<SystemTime>,
    /// How it ended; `None` until then.
    pub result: Option<ActionResult>,
}

/// How a process or one of its actions ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ActionResult {
    /// The object that ran.
    pub object_id: Option<Id>,
    /// Its name.
    pub object_name: Option<String>,
    /// Whether it ran; rows may have been rejected all the same.
    pub successful: Option<bool>,
    /// Whether it left a dump. In the outermost result it speaks for any action within.
    pub failure_dump_available: Option<bool>,
    /// The row counts of all its messages together.
    pub rows: RowCounts,
    /// The service's messages.
    pub messages: Vec<String>,
    /// Whether a message neither counts rejected rows nor is about a success: it may be about a failure.
    pub(super) says_more_than_counts: bool,
    /// Whether a message speaks of rejected rows and their count cannot be read.
    pub(super) has_unreadable_count: bool,
    /// The actions within, in order.
    pub nested: Vec<ActionResult>,
}

/// Row counts of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RowCounts {
    /// Rows that were taken.
    pub successful: Option<u64>,
    /// Rows that were taken with a warning.
    pub warnings: Option<u64>,
    /// Rows that were rejected.
    pub failed: Option<u64>,
    /// Rows that were ignored.
    pub ignored: Option<u64>,
}

impl ActionResult {
    /// An action within that cannot be read stays, as one that says nothing: left out, it could have failed unseen.
    fn read(value: &Value) -> ActionResult {
        let mut result = ActionResult {
            object_id: answer::id(&value["objectId"]),
            object_name: answer::text(&value["objectName"]),
            successful: answer::flag(&value["successful"]),
            failure_dump_available: answer::flag(&value["failureDumpAvailable"]),
            nested: answer::entries(&value["nestedResults"]).iter().map(ActionResult::read).collect(),
            ..ActionResult::default()
        };
        answer::entries(&value["details"]).iter().for_each(|detail| result.add_detail(detail));
        result
    }

    /// Adds what one message says. Its counts are in its values, names and values in turn as in `["failedCount", "3"]`,
    /// or in its text where the values lack them, as in some real answers.
    fn add_detail(&mut self, detail: &Value) {
        const GOOD: [&str; 4] =
            ["hierarchyNoChanges", "taskElementSucceeded", "exportSucceeded", "deleteFromSelectionSucceeded"];
        let [text, kind] = ["localMessageText", "type"].map(|key| answer::text(&detail[key]));
        let values = answer::entries(&detail["values"]);
        let count = |name: &str, words: &str| {
            let value = values.chunks_exact(2).find(|pair| pair[0] == name);
            value.and_then(|pair| answer::count(&pair[1])).or_else(|| count_in(text.as_deref()?, words))
        };
        let has_count = count("failedCount", "failed").is_some();
        let speaks_of_failures = kind.as_deref().is_some_and(|kind| kind.ends_with("WithFailures"))
            || values.chunks_exact(2).any(|pair| pair[0] == "failedCount" && !pair[1].is_null());
        self.has_unreadable_count |= speaks_of_failures && !has_count;
        self.says_more_than_counts |= match kind.as_deref() {
            Some(kind) if GOOD.contains(&kind) => false,
            Some(kind) => !has_count || !kind.trim_end_matches("WithFailures").ends_with("RowsProcessed"),
            None => !has_count,
        };
        for (sum, name, words) in [
            (&mut self.rows.successful, "successRowCount", "rows successful"),
            (&mut self.rows.warnings, "warningsRowCount", "warnings"),
            (&mut self.rows.failed, "failedCount", "failed"),
            (&mut self.rows.ignored, "ignoredCount", "ignored"),
        ] {
            *sum = [*sum, count(name, words)].into_iter().flatten().reduce(u64::saturating_add);
        }
        self.messages.extend(text);
    }

    /// The rows that were rejected or loaded with a warning; `None` where there may be some that are not counted.
    fn rows_in_dump(&self) -> Option<u64> {
        let counted = self.rows.failed.unwrap_or(0).saturating_add(self.rows.warnings.unwrap_or(0));
        let is_good = self.successful == Some(true) && self.failure_dump_available != Some(true);
        let is_proved = !self.has_unreadable_count && (self.rows.failed.is_some() || is_good);
        (counted > 0 || is_proved).then_some(counted)
    }

    /// The actions within, those within others included, in order.
    pub(super) fn actions_within(&self) -> Vec<&ActionResult> {
        self.nested.iter().flat_map(|nested| [vec![nested], nested.actions_within()].concat()).collect()
    }

    fn change_messages(&mut self, change: &dyn Fn(&str) -> String) {
        self.messages.iter_mut().for_each(|text| *text = change(text));
        self.nested.iter_mut().for_each(|nested| nested.change_messages(change));
    }
}

/// The count of a text such as `Cost centres: 90 (0/90) rows successful, 2 failed, 5 ignored`.
fn count_in(text: &str, words: &str) -> Option<u64> {
    let counts = text.rsplit_once(':').map_or(text, |(_, counts)| counts);
    // A comma without a blank after it is in a number, as in `3,000`.
    let part = counts.split(", ").map(str::trim).find(|part| part.ends_with(words))?;
    part.split_whitespace().next()?.replace(',', "").parse().ok()
}

impl Task {
    /// Reads the answer that describes one task.
    ///
    /// # Errors
    ///
    /// [`Fault::Malformed`], [`Fault::NoPayload`], [`Fault::OtherTask`], and what the answer says if it says that it
    /// failed.
    pub fn parse(address: &TaskAddress, answer: &[u8]) -> Result<Task, Fault> {
        let answer = Answer::to_request_for(answer, "task")?;
        let task = Some(answer.get("task")).filter(|task| task.is_object()).ok_or(Fault::NoPayload("task"))?;
        let is_other = |id: &Id| !id.as_str().eq_ignore_ascii_case(address.id.as_str());
        if let Some(other) = answer::id(&task["taskId"]).filter(is_other) {
            return Err(Fault::OtherTask(other.as_str().to_owned()));
        }
        Ok(Task {
            address: address.clone(),
            state: TaskState::read(&task["taskState"]),
            current_step: answer::text(&task["currentStep"]),
            progress: answer::number(&task["progress"]),
            created: answer::time(&task["creationTime"]),
            result: Some(&task["result"]).filter(|result| result.is_object()).map(ActionResult::read),
        })
    }

    /// The actions of the task, those within others included, in order. A single import, or a process
    /// whose result lists no actions, is its own only action.
    pub fn actions(&self) -> Vec<&ActionResult> {
        let Some(result) = &self.result else { return Vec::new() };
        let within = result.actions_within();
        if within.is_empty() { vec![result] } else { within }
    }

    /// The rows that belong in this dump of the task by its own counts, rejected or loaded with a warning; `None`
    /// where there may be some that it does not count.
    pub(crate) fn rows_in(&self, dump: &DumpAddress) -> Option<u64> {
        let actions = self.actions().into_iter();
        let of_dump = actions.filter(|action| dump.object.is_none() || action.object_id == dump.object);
        of_dump.map(ActionResult::rows_in_dump).reduce(|one, other| Some(one?.saturating_add(other?))).flatten()
    }

    /// The dump that an action left, if it left one. That of a process whose result lists no actions is the task's own.
    pub(super) fn dump_of(&self, action: &ActionResult) -> Option<DumpAddress> {
        let is_whole = self.result.as_ref().is_some_and(|whole| whole.nested.is_empty() && whole.successful.is_some());
        match (self.address.action.kind, &action.object_id) {
            (ActionKind::Process, Some(object)) => Some(self.address.dump(object.clone())),
            (ActionKind::Process, None) if !is_whole => None,
            _ => Some(self.address.own_dump()),
        }
    }

    /// The dumps that the task left or may have left, each object once: a second run of the same import
    /// overwrites the dump of the first.
    pub fn dumps(&self) -> Vec<Dump> {
        let mut dumps: Vec<Dump> = Vec::new();
        for action in self.actions() {
            let Some(address) = self.dump_of(action) else { continue };
            let is_reported = match action.failure_dump_available {
                Some(true) => true,
                Some(false) => continue,
                // Whatever the outermost flag says: real logs have `false` there beside dumps that exist.
                None => false,
            };
            match dumps.iter_mut().find(|known| known.address == address) {
                Some(known) => known.is_reported |= is_reported,
                None => dumps.push(Dump { is_reported, ..Dump::new(self, address) }),
            }
        }
        dumps
    }

    /// Passes every sentence of the service through `change`; never an id or a name, which the next request needs.
    pub(crate) fn change_messages(&mut self, change: &dyn Fn(&str) -> String) {
        self.current_step.iter_mut().for_each(|text| *text = change(text));
        self.result.iter_mut().for_each(|result| result.change_messages(change));
    }
}

#[cfg(test)]
mod tests;
