//! What a task does that a client starts: its steps and its result.

use std::time::Duration;

use super::{ActionResult, Dump};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskState {
    NotStarted,
    InProgress,
    /// `COMPLETE`: finished, well or badly.
    Complete,
    Cancelling,
    Cancelled,
    /// A state that the documentation does not know.
    Other(String),
}

impl TaskState {
    pub fn as_str(&self) -> &str {
        match self {
            Self::NotStarted => "NOT_STARTED",
            Self::InProgress => "IN_PROGRESS",
            Self::Complete => "COMPLETE",
            Self::Cancelling => "CANCELLING",
            Self::Cancelled => "CANCELLED",
            Self::Other(word) => word,
        }
    }
}

/// What a started task will do. By default each step lasts until the task has been looked at once.
#[derive(Debug, Clone, Default)]
pub struct ProcessRun {
    pub(super) steps: Vec<Step>,
    pub(super) step_time: Option<Duration>,
    pub(super) result: Option<ActionResult>,
    pub(super) dumps: Vec<(String, Dump)>,
}

#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) state: TaskState,
    pub(super) text: String,
    pub(super) progress: f64,
}

impl ProcessRun {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a step: the state, its text for people and the progress from 0.0 to 1.0.
    pub fn with_step(mut self, state: TaskState, text: impl Into<String>, progress: f64) -> Self {
        self.steps.push(Step { state, text: text.into(), progress });
        self
    }

    /// Each step lasts this long in real time, however often the task is looked at.
    pub fn with_step_time(mut self, each: Duration) -> Self {
        self.step_time = Some(each);
        self
    }

    pub fn with_result(mut self, result: ActionResult) -> Self {
        self.result = Some(result);
        self
    }

    pub fn with_dump(mut self, object: impl Into<String>, dump: Dump) -> Self {
        self.dumps.push((object.into(), dump));
        self
    }

    /// The objects whose earlier dumps of the same user go when this run ends.
    pub(crate) fn replaced_objects(&self) -> Vec<String> {
        let mut objects = self.result.as_ref().map(ActionResult::object_ids).unwrap_or_default();
        objects.extend(self.dumps.iter().map(|(object, _)| object.clone()));
        objects
    }
}
