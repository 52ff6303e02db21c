//! tmp
#![forbid(unsafe_code)]
#![deny(missing_docs)]
mod address;
mod text;
pub use crate::address::{
    ActionAddress, ActionKind, DumpAddress, Id, Locator, LocatorError, ModelAddress, Origin, TaskAddress,
    TaskChoice,
};
mod service;
pub use crate::service::{
    ActionResult, BodyProblem, Chunk, ChunkList, ConnectionProblem, Dump, Entry, Fault, ListProblem,
    ListedTask, Listing, RowCounts, Subject, Task, TaskState,
};
mod error;
mod transfer;
pub use crate::error::{Error, ErrorKind, Result};
pub use crate::transfer::{
    ChunkDigest, ChunkSink, ChunkSource, ChunkWriter, PartFile, PartFileBuilder, Progress, Resume, WriteSink,
    concatenate,
};
