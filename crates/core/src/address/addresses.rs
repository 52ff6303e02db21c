//! Addresses: what a request needs to name a model, a process, a task or a dump. Each is complete for
//! its depth, so that making a request path from one cannot fail.

use super::id::Id;
use super::origin::Origin;

/// What ran: a process, or an import on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActionKind {
    /// A process: several actions in order, a dump for each import that rejects rows.
    Process,
    /// A single import: one dump.
    Import,
}

impl ActionKind {
    /// The kind that an identifier of twelve digits tells: 112 begins an import, as observed on the live
    /// service. `None` for an identifier of another shape.
    pub(crate) fn of(id: &Id) -> Option<ActionKind> {
        let text = id.as_str();
        let is_usual = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
        let kind = if text.starts_with("112") { ActionKind::Import } else { ActionKind::Process };
        is_usual.then_some(kind)
    }

    pub(super) fn segment(self) -> &'static str {
        match self {
            ActionKind::Process => "processes",
            ActionKind::Import => "imports",
        }
    }
}

/// A model, with its origin and workspace where they are known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelAddress {
    /// The origin that a URL named; `None` means the client's own.
    pub origin: Option<Origin>,
    /// The workspace; the service answers without it too, as a published client relies on.
    pub workspace: Option<Id>,
    /// The model.
    pub id: Id,
}

impl ModelAddress {
    /// The address of one of its processes.
    pub fn process(&self, id: Id) -> ActionAddress {
        ActionAddress { model: self.clone(), kind: ActionKind::Process, id }
    }

    /// The address of one of its imports.
    pub fn import(&self, id: Id) -> ActionAddress {
        ActionAddress { model: self.clone(), kind: ActionKind::Import, id }
    }

    /// The address of one of its source files.
    #[doc(hidden)]
    pub fn file(&self, id: Id) -> FileAddress {
        FileAddress { model: self.clone(), id }
    }
}

/// A source file of a model, which imports read. Each user uploads a private one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileAddress {
    /// The model it belongs to.
    pub model: ModelAddress,
    /// Its identifier.
    pub id: Id,
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
    pub fn task(&self, id: Id) -> TaskAddress {
        TaskAddress { action: self.clone(), id }
    }

    /// Whether the identifier has the shape that the service gives to processes and imports: twelve
    /// digits, as observed on the live service. Anything else may be a name.
    #[doc(hidden)]
    pub fn has_usual_id(&self) -> bool {
        ActionKind::of(&self.id).is_some()
    }
}

/// A task: one run of a process or an import.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaskAddress {
    /// What ran.
    pub action: ActionAddress,
    /// The task's identifier.
    pub id: Id,
}

impl TaskAddress {
    /// The address of the dump that the action `object` left in this task.
    pub fn dump(&self, object: Id) -> DumpAddress {
        DumpAddress { task: self.clone(), object: Some(object) }
    }

    /// The address of the dump that belongs to the task itself, as that of a single import does.
    #[doc(hidden)]
    pub fn own_dump(&self) -> DumpAddress {
        DumpAddress { task: self.clone(), object: None }
    }

    /// The model that the task ran in.
    pub fn model(&self) -> &ModelAddress {
        &self.action.model
    }
}

/// A dump: the rows that one action of a task rejected.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DumpAddress {
    /// The task that left the dump.
    pub task: TaskAddress,
    /// The nested result's `objectId`; `None` means the one dump that belongs to the task itself, as a
    /// single import has it.
    pub object: Option<Id>,
}

impl DumpAddress {
    /// The object whose rows were rejected; for a dump of the task itself, what ran.
    pub fn object(&self) -> &Id {
        self.object.as_ref().unwrap_or(&self.task.action.id)
    }

    /// The model that the dump belongs to.
    pub fn model(&self) -> &ModelAddress {
        &self.task.action.model
    }
}
