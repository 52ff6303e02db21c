//! The life of a task that a client starts: what it does before it ends, and how it ends.

use std::time::{Duration, Instant};

use super::dump::Dump;
use super::model::{ActionResult, Task, TaskState};

/// What a started task will do. By default each step lasts until the task has been looked at once.
#[derive(Debug, Clone, Default)]
pub struct ProcessRun {
    steps: Vec<Step>,
    step_time: Option<Duration>,
    result: Option<ActionResult>,
    dumps: Vec<(String, Dump)>,
    keeps_earlier_dumps: bool,
}

#[derive(Debug, Clone)]
struct Step {
    state: TaskState,
    text: String,
    progress: f64,
}

impl ProcessRun {
    /// A run that is complete at the first look.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a step: the state, its text for people and the progress from 0.0 to 1.0.
    #[must_use]
    pub fn with_step(mut self, state: TaskState, text: impl Into<String>, progress: f64) -> Self {
        self.steps.push(Step { state, text: text.into(), progress });
        self
    }

    /// Each step lasts this long in real time, however often the task is looked at.
    #[must_use]
    pub fn with_step_time(mut self, each: Duration) -> Self {
        self.step_time = Some(each);
        self
    }

    /// What comes of it.
    #[must_use]
    pub fn with_result(mut self, result: ActionResult) -> Self {
        self.result = Some(result);
        self
    }

    /// Adds a dump that it leaves.
    #[must_use]
    pub fn with_dump(mut self, object: impl Into<String>, dump: Dump) -> Self {
        self.dumps.push((object.into(), dump));
        self
    }

    /// Unlike the real service, leaves the user's earlier dumps of the same objects alone.
    #[must_use]
    pub fn keeping_earlier_dumps(mut self) -> Self {
        self.keeps_earlier_dumps = true;
        self
    }

    /// The objects whose earlier dumps of the same user go when this run ends.
    pub(crate) fn replaced_objects(&self) -> Vec<String> {
        if self.keeps_earlier_dumps {
            return Vec::new();
        }
        let mut objects = self.result.as_ref().map(ActionResult::object_ids).unwrap_or_default();
        objects.extend(self.dumps.iter().map(|(object, _)| object.clone()));
        objects
    }
}

/// A started task, and how far it has come.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    run: ProcessRun,
    started: Instant,
    polls: usize,
    /// How often the task was looked at since a client cancelled it.
    cancelled: Option<usize>,
}

impl Running {
    pub(crate) fn new(run: ProcessRun) -> Self {
        Self { run, started: Instant::now(), polls: 0, cancelled: None }
    }
}

impl Task {
    /// Brings a running task up to date; `polled` when a client asks for this very task. Returns the run if it
    /// ended just now.
    pub(crate) fn advance(&mut self, polled: bool) -> Option<ProcessRun> {
        let running = self.running.as_mut()?;
        if let Some(looks) = &mut running.cancelled {
            if *looks > 0 {
                self.state = TaskState::Cancelled;
                self.current_step = Some("Cancelled.".to_owned());
                self.running = None;
            } else if polled {
                *looks += 1;
            }
            return None;
        }
        let step = match running.run.step_time {
            Some(each) if !each.is_zero() => {
                (running.started.elapsed().as_nanos() / each.as_nanos()) as usize
            }
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
        let run = self.running.take()?.run;
        self.state = TaskState::Complete;
        self.current_step = Some("Complete.".to_owned());
        self.progress = Some(1.0);
        self.result.clone_from(&run.result);
        self.dumps.clone_from(&run.dumps);
        Some(run)
    }

    /// What DELETE does: a task that has not ended is `CANCELLING` at the next look and `CANCELLED` after it.
    pub(crate) fn cancel(&mut self) {
        let ended = matches!(self.state, TaskState::Complete | TaskState::Cancelled);
        if ended {
            return;
        }
        let running = self.running.get_or_insert_with(|| Running::new(ProcessRun::new()));
        running.cancelled = Some(0);
        self.state = TaskState::Cancelling;
        self.current_step = Some("Cancelling.".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(run: ProcessRun) -> Task {
        let mut task = Task::new("T", TaskState::NotStarted);
        task.running = Some(Running::new(run));
        task
    }

    #[test]
    fn each_look_shows_the_next_step_and_then_the_end() {
        let run = ProcessRun::new()
            .with_step(TaskState::NotStarted, "Waiting", 0.0)
            .with_step(TaskState::InProgress, "Importing", 0.5)
            .with_result(ActionResult::new("1"));
        let mut task = started(run);
        assert!(task.advance(true).is_none());
        assert_eq!(task.state, TaskState::NotStarted);
        assert!(task.advance(true).is_none());
        assert_eq!((&task.state, task.progress), (&TaskState::InProgress, Some(0.5)));
        assert!(task.result.is_none());
        assert!(task.advance(false).is_none(), "a list is not a look");
        assert!(task.advance(true).is_some());
        assert_eq!(task.state, TaskState::Complete);
        assert!(task.result.is_some());
        assert!(task.advance(true).is_none(), "it ends once");
    }

    #[test]
    fn a_cancelled_task_is_cancelling_once_and_then_cancelled() {
        let mut task = started(ProcessRun::new().with_step(TaskState::InProgress, "Importing", 0.5));
        task.advance(true);
        task.cancel();
        assert_eq!(task.state, TaskState::Cancelling);
        task.advance(true);
        assert_eq!(task.state, TaskState::Cancelling);
        task.advance(true);
        assert_eq!(task.state, TaskState::Cancelled);
    }

    #[test]
    fn a_finished_task_cannot_be_cancelled() {
        let mut task = Task::complete("T");
        task.cancel();
        assert_eq!(task.state, TaskState::Complete);
    }
}
