//! What a locator means: a process may be given by its name, a task as `latest`. May send requests.

use anaplan_dump_core::{ActionAddress, ActionKind, Error, Locator, Task, TaskAddress, TaskChoice};

use crate::failure::Failure;
use crate::session::Session;

impl Session {
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
        match locator.task_choice() {
            Some(TaskChoice::Latest) => self.latest(&self.action(locator)?),
            _ => Ok(self.client.task(&self.task_address(locator)?)?),
        }
    }

    /// The task that a locator names by its id.
    pub(crate) fn task_address(&self, locator: &Locator) -> Result<TaskAddress, Failure> {
        if locator.task_choice() == Some(&TaskChoice::Latest) {
            return Err(Failure::Usage(
                "latest is the newest finished task: name the one that runs by its id, which tasks shows"
                    .into(),
            ));
        }
        // An error says what is missing.
        let complete = locator.task()?;
        Ok(self.action(locator)?.task(complete.id))
    }
}
