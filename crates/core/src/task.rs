//! Tasks and their results: what ran, how it ended, and which of its actions left a dump.
//!
//! Tolerant like everything that is read: every field may be missing, as they have been in logs of the
//! live service.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Result, Subject};
use crate::identifier::Id;
use crate::response::{self, Page, id_text, list_answer, or_default};

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
    /// Any other state, or none: taken as not finished.
    #[default]
    Unknown,
    /// A state that this version does not know: taken as not finished.
    Other(String),
}

impl TaskState {
    /// Whether nothing will happen any more.
    pub fn is_final(&self) -> bool {
        matches!(self, TaskState::Complete | TaskState::Cancelled)
    }

    /// The service's word.
    pub fn as_str(&self) -> &str {
        match self {
            TaskState::NotStarted => "NOT_STARTED",
            TaskState::InProgress => "IN_PROGRESS",
            TaskState::Complete => "COMPLETE",
            TaskState::Cancelling => "CANCELLING",
            TaskState::Cancelled => "CANCELLED",
            TaskState::Unknown => "UNKNOWN",
            TaskState::Other(text) => text,
        }
    }
}

impl<'de> Deserialize<'de> for TaskState {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<TaskState, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        Ok(match text.as_deref() {
            None => TaskState::Unknown,
            Some("NOT_STARTED") => TaskState::NotStarted,
            Some("IN_PROGRESS") => TaskState::InProgress,
            Some("COMPLETE") => TaskState::Complete,
            Some("CANCELLING") => TaskState::Cancelling,
            Some("CANCELLED") => TaskState::Cancelled,
            Some(other) => TaskState::Other(other.to_owned()),
        })
    }
}

list_answer!(ProcessesAnswer, processes, Process);
list_answer!(TasksAnswer, tasks, ListedTask);

/// A process of a model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Process {
    /// Its identifier.
    #[serde(deserialize_with = "id_text")]
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
}

impl Process {
    /// Reads one page of the processes of a model.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`](crate::Error::Malformed).
    pub fn page(bytes: &[u8], subject: &Subject) -> Result<Page<Process>> {
        response::list_page::<ProcessesAnswer>(bytes, subject)
    }
}

/// A task as the list of tasks has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ListedTask {
    /// Its identifier.
    #[serde(rename = "taskId", deserialize_with = "id_text")]
    pub id: String,
    /// How far it has come.
    #[serde(rename = "taskState", default)]
    pub state: TaskState,
    /// When it was created, in milliseconds since 1970.
    #[serde(default)]
    pub creation_time: Option<u64>,
}

impl ListedTask {
    /// Reads one page of the tasks of a process.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`](crate::Error::Malformed).
    pub fn page(bytes: &[u8], subject: &Subject) -> Result<Page<ListedTask>> {
        response::list_page::<TasksAnswer>(bytes, subject)
    }
}

/// One task with its result.
#[derive(Debug, Clone, PartialEq, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Task {
    /// How far it has come.
    #[serde(rename = "taskState")]
    pub state: TaskState,
    /// What it is doing, for people.
    pub current_step: Option<String>,
    /// How much is done, from 0.0 to 1.0.
    pub progress: Option<f64>,
    /// When it was created, in milliseconds since 1970.
    pub creation_time: Option<u64>,
    /// How it ended; absent until then.
    pub result: Option<ActionResult>,
}

/// How a process or one of its actions ended.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ActionResult {
    /// The object that ran.
    #[serde(deserialize_with = "optional_id")]
    pub object_id: Option<String>,
    /// Its name.
    pub object_name: Option<String>,
    /// Whether it ran; rows may have been rejected all the same.
    pub successful: Option<bool>,
    /// Whether it left a dump. In the outermost result it speaks for any action within.
    pub failure_dump_available: Option<bool>,
    /// What the service has to say.
    #[serde(deserialize_with = "or_default")]
    pub details: Vec<Detail>,
    /// The actions within, in order.
    #[serde(rename = "nestedResults", deserialize_with = "or_default")]
    pub nested: Vec<ActionResult>,
}

/// One message about an action.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Detail {
    /// The message for people.
    pub local_message_text: Option<String>,
    /// What kind of message it is.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Names and values in turn, as in `["failedCount", "3"]`.
    #[serde(deserialize_with = "or_default")]
    pub values: Vec<Value>,
}

/// Row counts of an action, where its details tell them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RowCounts {
    /// Rows that were taken.
    pub successful: Option<u64>,
    /// Rows that were rejected.
    pub failed: Option<u64>,
    /// Rows that were ignored.
    pub ignored: Option<u64>,
}

/// A dump that a task left, or may have left.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DumpEntry {
    /// The object whose rows were rejected.
    pub object: Id,
    /// Its name.
    pub name: Option<String>,
    /// Whether the service says that there is a dump. If it says nothing, only asking tells.
    pub is_certain: bool,
}

impl Detail {
    /// The value of a name in [`values`](Detail::values).
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values.chunks_exact(2).find(|pair| pair[0].as_str() == Some(name)).map(|pair| &pair[1])
    }

    fn count(&self, name: &str) -> Option<u64> {
        match self.value(name)? {
            Value::String(text) => text.trim().parse().ok(),
            value => value.as_u64(),
        }
    }
}

impl ActionResult {
    /// The row counts of all details together. The names are those of the reference's sample.
    pub fn rows(&self) -> RowCounts {
        let sum = |name| {
            let mut counts = self.details.iter().filter_map(|detail| detail.count(name)).peekable();
            counts.peek().is_some().then(|| counts.fold(0, u64::saturating_add))
        };
        RowCounts {
            successful: sum("successRowCount"),
            failed: sum("failedCount"),
            ignored: sum("ignoredCount"),
        }
    }

    /// The service's messages.
    pub fn messages(&self) -> impl Iterator<Item = &str> {
        self.details.iter().filter_map(|detail| detail.local_message_text.as_deref())
    }

    /// Whether something went wrong: it did not run, left a dump, or rejected or ignored rows.
    pub fn has_failures(&self) -> bool {
        let rows = self.rows();
        self.successful == Some(false)
            || self.failure_dump_available == Some(true)
            || rows.failed.is_some_and(|count| count > 0)
            || rows.ignored.is_some_and(|count| count > 0)
    }

    fn collect<'a>(&'a self, actions: &mut Vec<&'a ActionResult>) {
        for nested in &self.nested {
            actions.push(nested);
            nested.collect(actions);
        }
    }
}

impl Task {
    /// Reads the answer that describes one task.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`](crate::Error::Malformed).
    pub fn from_answer(bytes: &[u8], subject: &Subject) -> Result<Task> {
        #[derive(Deserialize)]
        struct Answer {
            task: Task,
        }
        response::parse::<Answer>(bytes, subject).map(|answer| answer.task)
    }

    /// The actions of the task, those within others included, in order. A single import, or a process
    /// whose result lists no actions, is its own only action.
    pub fn actions(&self) -> Vec<&ActionResult> {
        let mut actions = Vec::new();
        if let Some(result) = &self.result {
            result.collect(&mut actions);
            if actions.is_empty() {
                actions.push(result);
            }
        }
        actions
    }

    /// The dumps that the task left or may have left, each object once: a second run of the same
    /// import overwrites the dump of the first.
    pub fn dumps(&self) -> Vec<DumpEntry> {
        let Some(result) = &self.result else {
            return Vec::new();
        };
        let may_be_silent = result.failure_dump_available != Some(false);
        let mut seen = HashSet::new();
        let mut dumps: Vec<DumpEntry> = Vec::new();
        for action in self.actions() {
            let Some(object) = action.object_id.as_ref().and_then(|id| Id::new(id.as_str()).ok()) else {
                continue;
            };
            let is_certain = match action.failure_dump_available {
                Some(true) => true,
                None if may_be_silent => false,
                Some(false) | None => continue,
            };
            if seen.insert(object.clone()) {
                dumps.push(DumpEntry { object, name: action.object_name.clone(), is_certain });
            } else if is_certain && let Some(known) = dumps.iter_mut().find(|known| known.object == object) {
                known.is_certain = true;
            }
        }
        dumps
    }

    /// Whether any action, or the task as a whole, [has failures](ActionResult::has_failures).
    pub fn has_failures(&self) -> bool {
        self.result.as_ref().is_some_and(ActionResult::has_failures)
            || self.actions().iter().any(|action| action.has_failures())
    }
}

fn optional_id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Option::<Value>::deserialize(deserializer)? {
        Some(Value::String(text)) => Some(text),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    })
}
