//! What the service holds: processes, their tasks, their results, and dumps. Nothing here knows HTTP.

mod dump;
mod names;
mod process;
mod result;
mod source;
mod task;

pub use dump::Dump;
pub use names::{MODEL, OBJECT, OBJECT_NAME, PROCESS, TASK, TOKEN, USER, WORKSPACE};
pub use process::Process;
pub use result::{ActionResult, Detail};
pub(crate) use source::Upload;
pub use source::{Import, Rule, SourceFile};
pub use task::Task;
