//! One run of a process, from its start to its end.

use std::time::Instant;

use super::names::USER;
use super::{ActionResult, Dump, ProcessRun, TaskState};

/// One run of a process.
#[derive(Debug, Clone)]
pub struct Task {
    /// 32 upper-case hexadecimal digits, which clients must not rely on.
    pub id: String,
    pub state: TaskState,
    /// Milliseconds since 1970; absent from real logs now and then.
    pub creation_time: Option<u64>,
    pub current_step: Option<String>,
    pub progress: Option<f64>,
    /// Who started it. Only this user can read its dumps.
    pub owner: String,
    /// Absent until the task has finished.
    pub result: Option<ActionResult>,
    pub dumps: Vec<(String, Dump)>,
    running: Option<Running>,
}

/// A started task, and how far it has come.
#[derive(Debug, Clone)]
struct Running {
    run: ProcessRun,
    started: Instant,
    polls: usize,
    cancelled: bool,
}

impl Task {
    /// A task of the default user in this state, without a result.
    pub fn new(id: impl Into<String>, state: TaskState) -> Self {
        Self {
            id: id.into(),
            state,
            creation_time: Some(1_571_258_347_545),
            current_step: None,
            progress: None,
            owner: USER.to_owned(),
            result: None,
            dumps: Vec::new(),
            running: None,
        }
    }

    pub fn complete(id: impl Into<String>) -> Self {
        Self::new(id, TaskState::Complete).with_step("Complete.", 1.0)
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
        self.dumps.iter_mut().find(|(id, _)| id == object).map(|(_, dump)| dump)
    }

    /// Starts it: it does what `run` says.
    pub(crate) fn start(&mut self, run: ProcessRun) {
        self.running = Some(Running { run, started: Instant::now(), polls: 0, cancelled: false });
    }

    /// Brings a running task up to date; `polled` when a client asks for this very task. Returns the run if it
    /// ended just now.
    pub(crate) fn advance(&mut self, polled: bool) -> Option<ProcessRun> {
        let running = self.running.as_mut()?;
        let step = match running.run.step_time {
            Some(each) if !each.is_zero() => (running.started.elapsed().as_nanos() / each.as_nanos()) as usize,
            _ => running.polls,
        };
        if polled {
            running.polls += 1;
        }
        if let Some(step) = running.run.steps.get(step) {
            self.state = step.state.clone();
            self.current_step = Some(step.text.clone());
            self.progress = Some(step.progress);
            return None;
        }
        if !polled && running.run.step_time.is_none() {
            return None;
        }
        let Running { run, cancelled, .. } = self.running.take()?;
        if cancelled {
            self.state = TaskState::Cancelled;
            self.current_step = Some("Cancelled.".to_owned());
            return None;
        }
        self.state = TaskState::Complete;
        self.current_step = Some("Complete.".to_owned());
        self.progress = Some(1.0);
        self.result.clone_from(&run.result);
        self.dumps.clone_from(&run.dumps);
        Some(run)
    }

    /// What DELETE does: a task that has not ended is `CANCELLING` at the next look and `CANCELLED` after it.
    pub(crate) fn cancel(&mut self) {
        if matches!(self.state, TaskState::Complete | TaskState::Cancelled) {
            return;
        }
        let progress = self.progress.unwrap_or_default();
        let run = ProcessRun::new().with_step(TaskState::Cancelling, "Cancelling.", progress);
        self.running = Some(Running { run, started: Instant::now(), polls: 0, cancelled: true });
        self.state = TaskState::Cancelling;
    }
}
