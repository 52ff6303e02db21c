//! What the service says: its JSON answers as typed values, what a request was about, what can go wrong
//! with it, and which fault is worth another try.
//!
//! Pure: bytes in, values out. Nothing here sends a request, reads a clock or sleeps.

mod answer;
mod chunk_list;
mod document;
mod dump;
mod fault;
mod import;
mod listing;
mod outcome;
mod refusal_in_answer;
mod retry;
mod source;
mod subject;
mod task;

pub(crate) use self::answer::Answer;
#[cfg(test)]
pub(crate) use self::chunk_list::numbered_chunks;
pub use self::chunk_list::{Chunk, ChunkList};
pub(crate) use self::document::{MAX_DOCUMENT_BYTES, document, is_gzip};
pub use self::dump::Dump;
pub use self::fault::{BodyProblem, ConnectionProblem, Fault};
pub use self::import::Import;
pub(crate) use self::import::{find, process_imports};
pub use self::listing::{ListedModel, ListedTask, Listing, NamedId};
pub use self::outcome::Outcome;
pub(crate) use self::refusal_in_answer::{Refusal, check_done, check_success, error_message, started_task};
pub(crate) use self::retry::{Fate, Repeat, RetryPolicy, Tries, retry_after};
pub(crate) use self::source::{SourceCheck, source_format};
pub use self::source::{SourceFormat, SourceProblem};
pub use self::subject::Subject;
pub use self::task::{ActionResult, RowCounts, Task, TaskState};
