//! Brings the failure dumps of Anaplan processes down whole.
//!
//! When an import action of an Anaplan process rejects rows, the service keeps them in a *dump file*,
//! cut into numbered chunks of 10 MB or less. This library finds the chunks, downloads them in order
//! and concatenates them, byte for byte, blocking, with a small tree of dependencies.
//!
#![cfg_attr(feature = "http", doc = "```no_run")]
#![cfg_attr(not(feature = "http"), doc = "```ignore")]
//! use anaplan_dump_core::{Client, Locator, SaveOptions, Token, TokenKind};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let token = Token::new(TokenKind::AnaplanAuthToken, &std::env::var("ANAPLAN_TOKEN")?)?;
//! let client = Client::builder(token).build()?;
//! let locator: Locator = "WORKSPACE/MODEL/PROCESS/TASK/OBJECT".parse()?;
//! let saved = client.download(&locator.dump()?).save_to("rejected.csv".as_ref(), &SaveOptions::default())?;
//! println!("{} bytes in {} chunks", saved.bytes, saved.chunks);
//! # Ok(())
//! # }
//! ```
//!
//! # What it promises
//!
//! - A sink only ever holds whole chunks, in the order of the list: [`concatenate`].
//! - A file under its final name is a complete dump; until then it is `NAME.part` with a journal
//!   beside it, and the next run goes on where the last one stopped: [`PartFile`].
//! - A transient fault is retried, a permanent one is reported at once: [`RetryPolicy`].
//! - Silence is a fault, slowness is not, and nothing that comes from outside makes it panic.
//!
//! # Without a network
//!
//! Without default features there is no HTTP client and no ureq. Locators, request paths
//! ([`endpoint`]), parsing ([`response`]) and concatenation remain; implement [`ChunkSource`] over a
//! transport of your own.
//!
//! What is said about the service comes from the vendor's reference unless another source is named.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../../../README.md")]
struct Readme;

mod buffer;
mod chunk_list;
#[cfg(feature = "http")]
mod client;
mod concat;
#[cfg(feature = "http")]
mod download;
pub mod endpoint;
mod error;
mod http_date;
mod identifier;
mod locator;
#[cfg(feature = "http")]
mod newest;
mod origin;
#[cfg(feature = "report")]
pub mod report;
pub mod response;
mod retry;
mod save;
mod sink;
mod task;
mod text;
mod token;

pub use crate::chunk_list::{Chunk, ChunkList};
#[cfg(feature = "http")]
pub use crate::client::{
    Client, ClientBuilder, DEFAULT_LOCALE, DumpSource, Exchange, Limits, MAX_PARALLEL, ProxyChoice,
    ReadAhead, RequestObserver, Wait,
};
pub use crate::concat::{
    ChunkDigest, ChunkSink, ChunkSource, ChunkWriter, Observer, Progress, Resume, concatenate,
};
#[cfg(feature = "http")]
pub use crate::download::{Download, Downloaded};
pub use crate::error::{
    BodyProblem, Category, ConnectionProblem, Error, ListProblem, LocatorError, Result, Subject, SubjectKind,
};
pub use crate::identifier::{Id, MAX_ID_BYTES};
pub use crate::locator::{
    ActionAddress, ActionKind, DumpAddress, LATEST, Locator, LocatorDefaults, ModelAddress, TaskAddress,
    TaskChoice,
};
#[cfg(feature = "http")]
pub use crate::newest::{Newest, NewestDumps, SkipReason, Skipped};
pub use crate::origin::{API_ROOT, Origin, Scheme};
pub use crate::retry::{
    RetryPolicy, is_transient, may_have_been_accepted, parse_retry_after, was_not_accepted,
};
pub use crate::save::{PartFile, SaveOptions};
pub use crate::sink::{StreamSink, WriteSink};
pub use crate::task::{ActionResult, Detail, DumpEntry, ListedTask, Process, RowCounts, Task, TaskState};
pub use crate::text::{MAX_SHOWN_CHARS, Printable, is_unprintable};
pub use crate::token::{Token, TokenKind};
