//! Locators: what a person pastes or types to name a model, a process, a task or a dump.
//!
//! A [`Locator`] is read from text and reaches as deep as the text does. The address types
//! ([`ModelAddress`], [`ActionAddress`], [`TaskAddress`], [`DumpAddress`]) are what a request needs:
//! each is complete for its depth, so that building an endpoint from one cannot fail.

mod parse;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, LocatorError, Result};
use crate::identifier::Id;
use crate::origin::Origin;

/// The word that stands for a process's newest task whose dump can be read.
pub const LATEST: &str = "latest";

/// What ran: a process, or an import on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActionKind {
    /// A process: several actions in order, a dump for each import that rejects rows.
    Process,
    /// A single import: one dump.
    Import,
}

impl ActionKind {
    /// The kind that an identifier tells: twelve digits that begin with 112 are an import's, as seen
    /// on the live service.
    fn of(id: &Id) -> ActionKind {
        let text = id.as_str();
        let twelve_digits = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
        if twelve_digits && text.starts_with("112") { ActionKind::Import } else { ActionKind::Process }
    }

    /// The path segment of the service for this kind.
    pub(crate) fn segment(self) -> &'static str {
        match self {
            ActionKind::Process => "processes",
            ActionKind::Import => "imports",
        }
    }
}

/// A task named by its identifier, or the newest one whose dump can be read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TaskChoice {
    /// The newest finished task whose dump can be read.
    Latest,
    /// This task.
    Id(Id),
}

/// A model, where its origin and workspace are known with them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelAddress {
    /// The origin that a pasted URL brought along; `None` means the client's own.
    pub origin: Option<Origin>,
    /// The workspace; the service answers without it too.
    pub workspace: Option<Id>,
    /// The model.
    pub model: Id,
}

/// A process or an import.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ActionAddress {
    /// The model it belongs to.
    pub model: ModelAddress,
    /// Whether it is a process or an import.
    pub kind: ActionKind,
    /// Its identifier.
    pub id: Id,
}

impl ActionAddress {
    /// The address of one of its tasks.
    pub fn task(&self, task: Id) -> TaskAddress {
        TaskAddress { action: self.clone(), task }
    }
}

/// A task: one run of a process or an import.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaskAddress {
    /// What ran.
    pub action: ActionAddress,
    /// The task's identifier.
    pub task: Id,
}

impl TaskAddress {
    /// The address of the dump that the action `object` left in this task. A single import has one
    /// dump only; `object` is not used for it.
    pub fn dump(&self, object: Id) -> DumpAddress {
        let object = (self.action.kind == ActionKind::Process).then_some(object);
        DumpAddress { task: self.clone(), object }
    }
}

/// A dump: the rows that one action of a task rejected.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DumpAddress {
    task: TaskAddress,
    object: Option<Id>,
}

impl DumpAddress {
    /// The task that left the dump.
    pub fn task(&self) -> &TaskAddress {
        &self.task
    }

    /// The object whose rows were rejected: for a process the nested result's `objectId`, for a
    /// single import the import itself.
    pub fn object(&self) -> &Id {
        self.object.as_ref().unwrap_or(&self.task.action.id)
    }
}

/// Identifiers that the short form may leave out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LocatorDefaults {
    /// The workspace to assume.
    pub workspace: Option<Id>,
    /// The model to assume.
    pub model: Option<Id>,
}

/// A place in the service, as deep as the text that named it.
///
/// Read from any documented URL of a process, task, dump, chunk list or chunk, from the path of such
/// a URL, or from `WORKSPACE/MODEL/PROCESS[/TASK[/OBJECT]]`. In the short form an identifier of twelve
/// digits that begins with 112 names a single import. A URL of a chunk names the dump it belongs to.
///
/// `Display` gives the short form back (without the origin, see [`Locator::origin`]); where the
/// short form cannot say it, as without a workspace, the path form.
///
/// ```
/// use anaplan_dump_core::Locator;
/// let url = "https://eu3.api.anaplan.com/2/0/workspaces/8a81/models/FC12/processes/118000000001/tasks/B7EA/dumps/112000000015/chunks";
/// let locator: Locator = url.parse()?;
/// assert_eq!(locator.to_string(), "8a81/FC12/118000000001/B7EA/112000000015");
/// # Ok::<(), anaplan_dump_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Locator {
    model: ModelAddress,
    action: Option<(ActionKind, Id)>,
    task: Option<TaskChoice>,
    object: Option<Id>,
}

impl Locator {
    /// Reads `text` like [`str::parse`], and lets the short form begin at the process where
    /// `defaults` name both workspace and model.
    ///
    /// A short form whose first segment has the shape of a workspace (32 hexadecimal digits), or that
    /// has more than three segments, is taken as complete.
    ///
    /// # Errors
    ///
    /// [`Error::Locator`], which shows the place and what was expected there.
    pub fn parse_with(text: &str, defaults: &LocatorDefaults) -> Result<Locator> {
        parse::locator(text.trim(), defaults).map_err(Error::from)
    }

    /// The origin that the text brought along, if it was a URL.
    pub fn origin(&self) -> Option<&Origin> {
        self.model.origin.as_ref()
    }

    /// The model.
    pub fn model(&self) -> &ModelAddress {
        &self.model
    }

    /// The task, where the locator reaches that far.
    pub fn task_choice(&self) -> Option<&TaskChoice> {
        self.task.as_ref()
    }

    /// The object, where the locator reaches that far.
    pub fn object(&self) -> Option<&Id> {
        self.object.as_ref()
    }

    /// The process or import.
    ///
    /// # Errors
    ///
    /// [`Error::Locator`] if the locator ends before one.
    pub fn action(&self) -> Result<ActionAddress> {
        match &self.action {
            Some((kind, id)) => Ok(ActionAddress { model: self.model.clone(), kind: *kind, id: id.clone() }),
            None => Err(self.ends_before("a process: WORKSPACE/MODEL/PROCESS")),
        }
    }

    /// The task.
    ///
    /// # Errors
    ///
    /// [`Error::Locator`] if the locator ends before one, or says `latest`, which only the service
    /// can tell.
    pub fn task(&self) -> Result<TaskAddress> {
        match (&self.task, self.action()) {
            (Some(TaskChoice::Id(task)), Ok(action)) => Ok(action.task(task.clone())),
            _ => Err(self.ends_before("a task by its id: WORKSPACE/MODEL/PROCESS/TASK")),
        }
    }

    /// The dump.
    ///
    /// # Errors
    ///
    /// [`Error::Locator`] if the locator ends before one. A task of a single import names its dump.
    pub fn dump(&self) -> Result<DumpAddress> {
        let missing =
            "one dump: WORKSPACE/MODEL/PROCESS/TASK/OBJECT, OBJECT being the objectId of the failed action";
        let task = self.task().map_err(|_| self.ends_before(missing))?;
        match (task.action.kind, &self.object) {
            (ActionKind::Process, None) => Err(self.ends_before(missing)),
            (_, object) => Ok(DumpAddress { task, object: object.clone() }),
        }
    }

    fn ends_before(&self, expected: &str) -> Error {
        let text = self.to_string();
        LocatorError::at(&text, text.len(), expected).into()
    }
}

impl FromStr for Locator {
    type Err = Error;

    fn from_str(text: &str) -> Result<Locator> {
        Locator::parse_with(text, &LocatorDefaults::default())
    }
}

impl From<DumpAddress> for Locator {
    fn from(dump: DumpAddress) -> Locator {
        Locator { object: dump.object, ..Locator::from(dump.task) }
    }
}

impl From<TaskAddress> for Locator {
    fn from(task: TaskAddress) -> Locator {
        Locator { task: Some(TaskChoice::Id(task.task)), ..Locator::from(task.action) }
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

impl Locator {
    fn task_text(&self) -> Option<String> {
        self.task.as_ref().map(|task| match task {
            TaskChoice::Latest => LATEST.to_owned(),
            TaskChoice::Id(id) => id.encoded().to_string(),
        })
    }

    /// Whether the short form, read again, would name the same place.
    fn has_short_form(&self) -> bool {
        let kind_is_told = self.action.as_ref().is_none_or(|(kind, id)| *kind == ActionKind::of(id));
        let workspace_is_told =
            self.model.workspace.as_ref().is_some_and(|w| !parse::begins_path(w.as_str()));
        kind_is_told && workspace_is_told
    }

    fn fmt_short(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(workspace) = &self.model.workspace {
            write!(f, "{}/", workspace.encoded())?;
        }
        write!(f, "{}", self.model.model.encoded())?;
        if let Some((_, id)) = &self.action {
            write!(f, "/{}", id.encoded())?;
        }
        if let Some(task) = self.task_text() {
            write!(f, "/{task}")?;
        }
        match &self.object {
            Some(object) => write!(f, "/{}", object.encoded()),
            None => Ok(()),
        }
    }

    fn fmt_path(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(workspace) = &self.model.workspace {
            write!(f, "workspaces/{}/", workspace.encoded())?;
        }
        write!(f, "models/{}", self.model.model.encoded())?;
        if let Some((kind, id)) = &self.action {
            write!(f, "/{}/{}", kind.segment(), id.encoded())?;
        }
        if let Some(task) = self.task_text() {
            write!(f, "/tasks/{task}")?;
        }
        match &self.object {
            Some(object) => write!(f, "/dumps/{}", object.encoded()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.has_short_form() { self.fmt_short(f) } else { self.fmt_path(f) }
    }
}

macro_rules! display_as_locator {
    ($($address:ty),*) => {$(
        impl fmt::Display for $address {
            /// The locator's text: see [`Locator`].
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Locator::from(self.clone()).fmt(f)
            }
        }
    )*};
}

display_as_locator!(ModelAddress, ActionAddress, TaskAddress, DumpAddress);
