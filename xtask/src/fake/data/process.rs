//! What can be run, with its tasks.

use super::{ActionResult, Import, Task};

/// A process, or a single import: something that is run as tasks.
#[derive(Debug, Clone)]
pub struct Process {
    /// 12 digits, which clients must not rely on.
    pub id: String,
    pub name: String,
    /// Its tasks, in any order: the lists sort them.
    pub tasks: Vec<Task>,
    /// What a start does.
    pub run: Task,
    /// For an import: how it reads its source. Its results then take the place of that of `run`.
    pub import: Option<Import>,
    /// For a process: ids and names of its actions. Those that are imports of the model load their sources.
    pub actions: Vec<(String, String)>,
}

impl Process {
    /// A process without tasks that, when it is run, completes at the first look.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        let id = id.into();
        let run = Task::script().with_result(ActionResult::new(id.clone()));
        Self { id, name: name.into(), tasks: Vec::new(), run, import: None, actions: Vec::new() }
    }

    pub fn with_task(mut self, task: Task) -> Self {
        self.tasks.push(task);
        self
    }

    pub fn reading(mut self, import: Import) -> Self {
        self.import = Some(import);
        self
    }

    /// Adds an action: an import of the model, or another one.
    pub fn with_action(mut self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.actions.push((id.into(), name.into()));
        self
    }

    pub fn with_script(mut self, run: Task) -> Self {
        self.run = run;
        self
    }
}
