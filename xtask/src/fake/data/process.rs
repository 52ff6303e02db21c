//! What can be run, with its tasks.

use super::{ActionResult, ProcessRun, Task};

/// A process, or an import of its own: something that is run as tasks.
#[derive(Debug, Clone)]
pub struct Process {
    /// 12 digits, but nobody may rely on that.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its tasks, in any order: the lists sort them.
    pub tasks: Vec<Task>,
    /// What a started task will do.
    pub run: ProcessRun,
}

impl Process {
    /// A process without tasks that, when it is run, completes at the first look.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        let id = id.into();
        let run = ProcessRun::new().with_result(ActionResult::new(id.clone()));
        Self { id, name: name.into(), tasks: Vec::new(), run }
    }

    /// Adds a task.
    #[must_use]
    pub fn with_task(mut self, task: Task) -> Self {
        self.tasks.push(task);
        self
    }

    /// What a started task will do.
    #[must_use]
    pub fn with_script(mut self, run: ProcessRun) -> Self {
        self.run = run;
        self
    }
}
