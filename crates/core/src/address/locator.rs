//! Locators: what a person pastes or types to name a model, a process, a task or a dump.

use std::fmt;

use super::LocatorError;
use super::addresses::{ActionAddress, ActionKind, DumpAddress, ModelAddress, TaskAddress};
use super::id::Id;
use super::origin::{API_ROOT, Origin};

/// The word for a process's newest task.
pub(super) const LATEST: &str = "latest";

/// A task as a locator names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TaskChoice {
    /// `latest`: which task that is, only the service can say.
    Latest,
    /// This task.
    Id(Id),
}

/// What a text names, as deep as the text goes: a model, a process or import, a task, a dump.
///
/// [`str::parse`] reads any documented URL of a process, task, dump, chunk list or chunk, the path of
/// such a URL, or the short form `WORKSPACE/MODEL/PROCESS[/TASK[/OBJECT]]`. In the short form, an
/// identifier of twelve digits that begins with 112 names a single import. A URL of a chunk names the
/// dump that the chunk belongs to.
///
/// `Display` prints a text that can be pasted: a URL if the locator has an origin, else the short form;
/// where the short form cannot express it, as without a workspace, the path form. The addresses print
/// the same.
///
/// ```
/// use anaplan_dump_core::Locator;
/// let locator: Locator =
/// "/2/0/workspaces/8a81/models/FC12/processes/118000000001/tasks/B7EA/dumps/112000000015/chunks".parse()?;
/// assert_eq!(locator.to_string(), "8a81/FC12/118000000001/B7EA/112000000015");
/// # Ok::<(), anaplan_dump_core::LocatorError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Locator {
    pub(super) model: ModelAddress,
    pub(super) action: Option<(ActionKind, Id)>,
    pub(super) task: Option<TaskChoice>,
    /// The dump below the task; for a single import the task alone names it.
    pub(super) object: Option<Id>,
}

impl Locator {
    /// The model.
    pub fn model(&self) -> &ModelAddress {
        &self.model
    }

    /// The task, if the locator goes that deep.
    #[doc(hidden)]
    pub fn task_choice(&self) -> Option<&TaskChoice> {
        self.task.as_ref()
    }

    /// The object, if the locator goes that deep.
    #[doc(hidden)]
    pub fn object(&self) -> Option<&Id> {
        self.object.as_ref()
    }

    /// The same locator without its origin, if that is `api`: as a client of that API prints it.
    #[doc(hidden)]
    pub fn relative_to(mut self, api: &Origin) -> Locator {
        if self.model.origin.as_ref() == Some(api) {
            self.model.origin = None;
        }
        self
    }

    /// The process or import.
    ///
    /// # Errors
    ///
    /// [`LocatorError`] if the locator names none.
    pub fn action(&self) -> Result<ActionAddress, LocatorError> {
        match &self.action {
            Some((kind, id)) => Ok(ActionAddress { model: self.model.clone(), kind: *kind, id: id.clone() }),
            None => Err(self.ends_before("a process: WORKSPACE/MODEL/PROCESS")),
        }
    }

    /// The task.
    ///
    /// # Errors
    ///
    /// [`LocatorError`] if the locator names none, or says `latest`.
    pub fn task(&self) -> Result<TaskAddress, LocatorError> {
        match (&self.task, self.action()) {
            (Some(TaskChoice::Id(task)), Ok(action)) => Ok(action.task(task.clone())),
            _ => Err(self.ends_before("a task by its id: WORKSPACE/MODEL/PROCESS/TASK")),
        }
    }

    /// The dump. A task of a single import names its dump.
    ///
    /// # Errors
    ///
    /// [`LocatorError`] if the locator names none.
    pub fn dump(&self) -> Result<DumpAddress, LocatorError> {
        let missing = "one dump: WORKSPACE/MODEL/PROCESS/TASK/OBJECT, OBJECT being the objectId of the failed action";
        let task = self.task().map_err(|_| self.ends_before(missing))?;
        match (task.action.kind, &self.object) {
            (ActionKind::Process, None) => Err(self.ends_before(missing)),
            (_, object) => Ok(DumpAddress { task, object: object.clone() }),
        }
    }

    fn ends_before(&self, expected: &str) -> LocatorError {
        let text = self.to_string();
        LocatorError::at(&text, text.len(), expected)
    }

    /// Whether the short form, read again, would name the same.
    fn has_short_form(&self) -> bool {
        let is_told = |(kind, id): &(ActionKind, Id)| *kind == ActionKind::of(id).unwrap_or(ActionKind::Process);
        let has_workspace = self.model.workspace.as_ref().is_some_and(|id| !begins_path(id.as_str()));
        has_workspace && self.model.origin.is_none() && self.action.as_ref().is_none_or(is_told)
    }
}

/// Whether a text whose first segment is `segment` is the path of a URL.
pub(super) fn begins_path(segment: &str) -> bool {
    matches!(segment, "workspaces" | "models" | "2")
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = |id: &Id| id.encoded().to_string();
        let task = |task: &TaskChoice| match task {
            TaskChoice::Latest => LATEST.to_owned(),
            TaskChoice::Id(id) => encoded(id),
        };
        let segments = [
            self.model.workspace.as_ref().map(|id| ("workspaces", encoded(id))),
            Some(("models", encoded(&self.model.id))),
            self.action.as_ref().map(|(kind, id)| (kind.segment(), encoded(id))),
            self.task.as_ref().map(|choice| ("tasks", task(choice))),
            self.object.as_ref().map(|id| ("dumps", encoded(id))),
        ];
        if let Some(origin) = &self.model.origin {
            write!(f, "{origin}{API_ROOT}/")?;
        }
        let is_short = self.has_short_form();
        let segment = |(keyword, id)| if is_short { id } else { format!("{keyword}/{id}") };
        f.write_str(&segments.into_iter().flatten().map(segment).collect::<Vec<_>>().join("/"))
    }
}

impl From<DumpAddress> for Locator {
    fn from(dump: DumpAddress) -> Locator {
        Locator { object: dump.object, ..Locator::from(dump.task) }
    }
}

impl From<TaskAddress> for Locator {
    fn from(task: TaskAddress) -> Locator {
        Locator { task: Some(TaskChoice::Id(task.id)), ..Locator::from(task.action) }
    }
}

impl From<ActionAddress> for Locator {
    fn from(action: ActionAddress) -> Locator {
        Locator { model: action.model, action: Some((action.kind, action.id)), task: None, object: None }
    }
}

impl From<ModelAddress> for Locator {
    fn from(model: ModelAddress) -> Locator {
        Locator { model, action: None, task: None, object: None }
    }
}

macro_rules! display_as_locator {
    ($($address:ty),*) => {$(
        impl fmt::Display for $address {
            /// A text that can be pasted: see [`Locator`].
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Locator::from(self.clone()).fmt(f)
            }
        }
    )*};
}

display_as_locator!(ModelAddress, ActionAddress, TaskAddress, DumpAddress);
