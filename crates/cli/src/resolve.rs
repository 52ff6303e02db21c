//! What a locator means: a process may be given by its name, a task as `latest`. May send requests.

use anaplan_dump_core::{
    ActionAddress, ActionKind, Error, ErrorKind, Locator, ModelAddress, Task, TaskAddress, TaskChoice,
};

use crate::failure::Failure;
use crate::session::Session;

impl Session {
    /// Reads a locator. The short form may leave out the model of the environment.
    pub(crate) fn locator(&self, text: &str) -> Result<Locator, Failure> {
        let locator = Locator::parse_within(text, self.model.as_ref()).map_err(|error| {
            let is_short = self.model.is_none() && !text.is_empty() && !text.contains('/');
            let note = is_short
                .then(|| "a locator without a model needs ANAPLAN_WORKSPACE and ANAPLAN_MODEL".into());
            Failure::Library { error: error.into(), note }
        })?;
        Ok(locator.relative_to(self.client.api()))
    }

    /// The model that a locator names, or the one of the environment.
    pub(crate) fn model(&self, text: Option<&str>) -> Result<ModelAddress, Failure> {
        match (text, &self.model) {
            (Some(text), _) => {
                let locator: Locator = text.parse()?;
                Ok(locator.relative_to(self.client.api()).model().clone())
            }
            (None, Some(model)) => Ok(model.clone()),
            (None, None) => Err(Failure::Usage(
                "a model is needed: WORKSPACE/MODEL, or ANAPLAN_WORKSPACE and ANAPLAN_MODEL set".into(),
            )),
        }
    }

    /// The process or import of a locator.
    pub(crate) fn action(&self, locator: &Locator) -> Result<ActionAddress, Failure> {
        let action = locator.action()?;
        if action.has_usual_id() || action.kind == ActionKind::Import {
            return Ok(action);
        }
        match self.client.find_action(&action.model, action.id.as_str()) {
            Ok(found) => Ok(found),
            // With a task, the locator is complete: the identifier just has another shape.
            Err(Error::NoSuchAction { .. }) if matches!(locator.task_choice(), Some(TaskChoice::Id(_))) => {
                Ok(action)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The task of a locator, read; `latest` is the newest finished one.
    pub(crate) fn task(&self, locator: &Locator) -> Result<Task, Failure> {
        let action = self.action(locator)?;
        match locator.task_choice() {
            Some(TaskChoice::Id(id)) => Ok(self.client.task(&action.task(id.clone()))?),
            Some(TaskChoice::Latest) => self.latest(&action),
            // The error says what is missing.
            None => Ok(self.client.task(&locator.task()?)?),
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
        let complete = locator.task()?;
        Ok(self.action(locator)?.task(complete.id))
    }

    /// The task, if it can be read.
    pub(crate) fn task_if_there(&self, task: &TaskAddress) -> Result<Option<Task>, Failure> {
        match self.client.task(task) {
            Ok(task) => Ok(Some(task)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
