//! What a request was about, so that every error can say it.

use std::fmt;

use crate::address::{ActionAddress, DumpAddress, FileAddress, Id, ModelAddress, Origin, TaskAddress};

/// What a request was about.
///
/// `Display` names each subject by its locator, except [`Subject::Chunk`] and [`Subject::WholeDump`]: the
/// error around them ([`Error::Incomplete`](crate::Error::Incomplete)) names the dump already.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names of some fields say what they are")]
pub enum Subject {
    /// Signing in, or what belongs to it, at this host.
    SignIn(Origin),
    /// Whether a host can be reached.
    Host(Origin),
    /// A list, by the word for what is in it: of a model, or of all that the user sees.
    List(&'static str, Option<ModelAddress>),
    /// What an import reads, or the actions of a process.
    Metadata(ActionAddress),
    /// The announcement or the end of an upload.
    Upload(FileAddress),
    /// One chunk of an upload.
    UploadedChunk {
        file: FileAddress,
        /// Its index, from 0.
        index: usize,
        /// Number of chunks, where it is known.
        chunks: Option<usize>,
    },
    /// The tasks of a process or import.
    Tasks(ActionAddress),
    /// One task.
    Task(TaskAddress),
    /// The start of a process.
    Start(ActionAddress),
    /// The cancelling of a task.
    Cancel(TaskAddress),
    /// The chunk list of a dump.
    ChunkList(DumpAddress),
    /// One chunk of a dump.
    Chunk {
        dump: DumpAddress,
        id: Id,
        /// Its index in the dump, from 0.
        index: usize,
        chunks: usize,
    },
    /// A whole dump in one answer.
    WholeDump(DumpAddress),
}

impl Subject {
    /// The model that the request was about, if it was about a part of one.
    pub(crate) fn model(&self) -> Option<&ModelAddress> {
        Some(match self {
            Subject::SignIn(_) | Subject::Host(_) => return None,
            Subject::List(_, model) => return model.as_ref(),
            Subject::Metadata(action) | Subject::Tasks(action) | Subject::Start(action) => &action.model,
            Subject::Upload(file) | Subject::UploadedChunk { file, .. } => &file.model,
            Subject::Task(task) | Subject::Cancel(task) => task.model(),
            Subject::ChunkList(dump) | Subject::Chunk { dump, .. } | Subject::WholeDump(dump) => dump.model(),
        })
    }

    /// The dump that the request was about, if it was about one.
    pub fn dump(&self) -> Option<&DumpAddress> {
        match self {
            Subject::ChunkList(dump) | Subject::Chunk { dump, .. } | Subject::WholeDump(dump) => Some(dump),
            _ => None,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::SignIn(origin) => write!(f, "the sign-in at {origin}"),
            Subject::Host(origin) => write!(f, "{origin}"),
            Subject::List(what, None) => write!(f, "the {what}"),
            Subject::List(what, Some(model)) => write!(f, "the {what} of model {model}"),
            Subject::Metadata(action) => write!(f, "the description of {action}"),
            Subject::Upload(file) => write!(f, "the upload of source file {}", file.id),
            Subject::UploadedChunk { file, index, chunks } => {
                let all = chunks.map(|chunks| format!(" of {chunks}")).unwrap_or_default();
                write!(f, "chunk {}{all} of the upload of source file {}", index + 1, file.id)
            }
            Subject::Tasks(action) => write!(f, "the tasks of {action}"),
            Subject::Task(task) => write!(f, "task {task}"),
            Subject::Start(action) => write!(f, "the start of {action}"),
            Subject::Cancel(task) => write!(f, "the cancelling of task {task}"),
            Subject::ChunkList(dump) => write!(f, "the chunk list of dump {dump}"),
            // People count from 1; the identifier is what the service calls it.
            Subject::Chunk { id, index, chunks, .. } => {
                write!(f, "chunk {} of {chunks} (id {id})", index + 1)
            }
            Subject::WholeDump(_) => f.write_str("the whole dump"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Locator;

    #[test]
    fn what_the_model_is_doing_can_be_asked_during_an_upload_too() {
        let model = "W/M".parse::<Locator>().unwrap().model().clone();
        let file = model.file("113".parse().unwrap());
        let chunk = Subject::UploadedChunk { file: file.clone(), index: 0, chunks: None };
        for subject in [Subject::Upload(file), chunk, Subject::List("files", Some(model.clone()))] {
            assert_eq!(subject.model(), Some(&model), "{subject}");
        }
    }
}
