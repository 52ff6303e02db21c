//! What a request was about, so that every error can say it.

use std::fmt;

use crate::text::Printable;

/// What a request was about, for people: "chunk 3 of dump …".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    kind: SubjectKind,
    name: String,
}

/// The kinds of things that are asked of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubjectKind {
    /// The processes of a model.
    Processes,
    /// The tasks of a process or import.
    Tasks,
    /// One task.
    Task,
    /// The start of a process.
    Start,
    /// The cancelling of a task.
    Cancel,
    /// The chunk list of a dump.
    ChunkList,
    /// One chunk of a dump.
    Chunk,
    /// A whole dump in one piece.
    WholeDump,
}

impl Subject {
    /// Names what a request is about; `name` is the thing's locator or the chunk with its dump.
    pub fn new(kind: SubjectKind, name: impl fmt::Display) -> Subject {
        Subject { kind, name: name.to_string() }
    }

    /// Chunk `id` of `dump`.
    pub fn chunk(id: &str, dump: impl fmt::Display) -> Subject {
        Subject::new(SubjectKind::Chunk, format_args!("{} of dump {dump}", Printable(id)))
    }

    /// What kind of thing it is.
    pub fn kind(&self) -> SubjectKind {
        self.kind
    }

    pub(super) fn is_of_a_dump(&self) -> bool {
        matches!(self.kind, SubjectKind::ChunkList | SubjectKind::Chunk | SubjectKind::WholeDump)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            SubjectKind::Processes => "the processes of model",
            SubjectKind::Tasks => "the tasks of",
            SubjectKind::Task => "task",
            SubjectKind::Start => "the start of",
            SubjectKind::Cancel => "the cancelling of task",
            SubjectKind::ChunkList => "the chunk list of dump",
            SubjectKind::Chunk => "chunk",
            SubjectKind::WholeDump => "the whole of dump",
        };
        write!(f, "{kind} {}", self.name)
    }
}
