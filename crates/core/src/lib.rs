//! tmp
#![forbid(unsafe_code)]
#![deny(missing_docs)]
mod address;
#[cfg(feature = "http")]
mod client;
mod error;
mod service;
mod text;
mod transfer;
pub use crate::address::{
    ActionAddress, ActionKind, DumpAddress, Id, Locator, LocatorError, ModelAddress, Origin, TaskAddress,
    TaskChoice,
};
#[cfg(feature = "http")]
pub use crate::client::{
    Client, ClientBuilder, Download, Downloaded, Event, MAX_PARALLEL, ProxyChoice, Search, SkipReason,
    Skipped, Token,
};
pub use crate::error::{Error, ErrorKind, Result};
pub use crate::service::{
    ActionResult, BodyProblem, Chunk, ChunkList, ConnectionProblem, Dump, Entry, Fault, ListProblem,
    ListedTask, Listing, RowCounts, Subject, Task, TaskState,
};
pub use crate::text::{Printable, is_unprintable};
pub use crate::transfer::{
    ChunkDigest, ChunkSink, ChunkSource, ChunkWriter, PartFile, PartFileBuilder, Progress, Resume, WriteSink,
    concatenate,
};
