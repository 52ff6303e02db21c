//! One run of a process or an import, from its start to its end.

use std::collections::VecDeque;

use super::{ActionResult, Dump, USER};

/// One run of a process. Its fields are what it is when it has ended, or where it has no stages.
#[derive(Debug, Clone)]
pub struct Task {
    /// 32 upper-case hexadecimal digits, which clients must not rely on.
    pub id: String,
    /// Such as `IN_PROGRESS`. `COMPLETE` is finished, well or badly.
    pub state: &'static str,
    /// Milliseconds since 1970; absent from real logs now and then.
    pub creation_time: Option<u64>,
    pub current_step: Option<String>,
    pub progress: Option<f64>,
    /// Who started it. Only this user can read its dumps.
    pub owner: String,
    pub result: Option<ActionResult>,
    pub dumps: Vec<(String, Dump)>,
    /// What it goes through until it ends: the first is what it is now.
    stages: VecDeque<(&'static str, String, f64)>,
}

impl Task {
    /// A task of the default user in this state, without a result.
    pub fn new(id: impl Into<String>, state: &'static str) -> Self {
        Self {
            id: id.into(),
            state,
            creation_time: Some(1_571_258_347_545),
            current_step: None,
            progress: None,
            owner: USER.to_owned(),
            result: None,
            dumps: Vec::new(),
            stages: VecDeque::new(),
        }
    }

    pub fn complete(id: impl Into<String>) -> Self {
        Self::new(id, "COMPLETE").with_step("Complete.", 1.0)
    }

    /// What a process does when it is started: it completes at the first look.
    pub fn script() -> Self {
        Self::complete("")
    }

    pub fn with_creation_time(mut self, milliseconds: u64) -> Self {
        self.creation_time = Some(milliseconds);
        self
    }

    pub fn without_creation_time(mut self) -> Self {
        self.creation_time = None;
        self
    }

    pub fn with_step(mut self, text: impl Into<String>, progress: f64) -> Self {
        self.current_step = Some(text.into());
        self.progress = Some(progress);
        self
    }

    /// Adds a stage, with its text for people and the progress from 0.0 to 1.0. It is seen once.
    pub fn with_stage(mut self, state: &'static str, text: impl Into<String>, progress: f64) -> Self {
        self.stages.push_back((state, text.into(), progress));
        self
    }

    pub fn with_owner(mut self, user: impl Into<String>) -> Self {
        self.owner = user.into();
        self
    }

    pub fn with_result(mut self, result: ActionResult) -> Self {
        self.result = Some(result);
        self
    }

    /// Adds a dump of one of its objects. The result says by itself whether there is one.
    pub fn with_dump(mut self, object: impl Into<String>, dump: Dump) -> Self {
        self.dumps.push((object.into(), dump));
        self
    }

    /// The dump of this object, erased or not.
    pub fn dump_mut(&mut self, object: &str) -> Option<&mut Dump> {
        self.dumps.iter_mut().find(|(id, _)| id == object && self.stages.is_empty()).map(|(_, dump)| dump)
    }

    /// Its state now, the text of its step, its progress, and what it has left.
    pub(crate) fn now(&self) -> (&'static str, Option<&str>, Option<f64>, Option<&ActionResult>) {
        match self.stages.front() {
            Some((state, text, progress)) => (state, Some(text), Some(*progress), None),
            None => (self.state, self.current_step.as_deref(), self.progress, self.result.as_ref()),
        }
    }

    /// A run of this script.
    pub(crate) fn start(mut self, id: String, owner: String, creation_time: u64) -> Self {
        self.stages.push_front(("NOT_STARTED", "Waiting to start.".to_owned(), 0.0));
        Self { id, owner, creation_time: Some(creation_time), ..self }
    }

    /// A client looks at it: it goes on. True where it ended just now.
    pub(crate) fn look(&mut self) -> bool {
        self.stages.pop_front().is_some() && self.stages.is_empty()
    }

    /// What DELETE does: a task that has not ended is `CANCELLING` at the next look and `CANCELLED` after it.
    pub(crate) fn cancel(&mut self) {
        let (state, _, progress, _) = self.now();
        if matches!(state, "COMPLETE" | "CANCELLED") {
            return;
        }
        self.stages = vec![("CANCELLING", "Cancelling.".to_owned(), progress.unwrap_or_default()); 2].into();
        self.state = "CANCELLED";
        self.current_step = Some("Cancelled.".to_owned());
        self.progress = progress;
        (self.result, self.dumps) = (None, Vec::new());
    }

    /// The objects whose earlier dumps of the same user go when this run ends.
    pub(crate) fn objects(&self) -> Vec<String> {
        let mut objects = self.result.as_ref().map(ActionResult::object_ids).unwrap_or_default();
        objects.extend(self.dumps.iter().map(|(object, _)| object.clone()));
        objects
    }
}
