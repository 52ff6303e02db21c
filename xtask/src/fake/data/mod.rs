//! What the service holds: processes, their tasks, their results, and dumps. Nothing here knows HTTP.

mod dump;
mod process;
mod result;
mod source;
mod task;

pub use dump::Dump;
pub use process::Process;
pub use result::{ActionResult, Detail};
pub(crate) use source::Upload;
pub use source::{Import, Rule, SourceFile};
pub use task::Task;

pub const WORKSPACE: &str = "0a800b00e0000000f000001eab0d0000";
pub const MODEL: &str = "F1111111C11111111B11111F1111E11F";
/// The process of [`Service::with_dump`](crate::fake::Service::with_dump).
pub const PROCESS: &str = "118000000001";
pub const TASK: &str = "B7EA9FEC0FF2488B9A9E6040B6B26753";
/// The failed import in it.
pub const OBJECT: &str = "112000000015";
pub const OBJECT_NAME: &str = "Cost centres from ERP";
pub const USER: &str = "integration@example.com";
pub const TOKEN: &str = "fake-token-of-integration";
/// The size of the chunks into which the service cuts dumps.
pub const CHUNK_SIZE: usize = 10_000_000;
