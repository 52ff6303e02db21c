//! Downloads the failure dumps of Anaplan processes: the rows that imports rejected, complete and byte for
//! byte.
//!
//! When an import action of an Anaplan process rejects rows, the service keeps them in a *dump file*, cut
//! into numbered chunks of 10 MB or less. This library finds the dumps of a task, downloads their chunks in
//! order and concatenates them. It is blocking, and its tree of dependencies is small.
//!
//! What is said about the service comes from the vendor's reference unless another source is named.
//!
//! # One dump
//!
//! Into a file, which gets its name once it is complete, or into any [`Write`](std::io::Write):
#![cfg_attr(feature = "http", doc = "```no_run")]
#![cfg_attr(not(feature = "http"), doc = "```ignore")]
//! use anaplan_dump_core::{Client, Locator, Token};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(Token::anaplan(&std::env::var("ANAPLAN_TOKEN")?)?)?;
//! let dump = "WORKSPACE/MODEL/PROCESS/TASK/OBJECT".parse::<Locator>()?.dump()?;
//! client.download(&dump).save_to("rejected.csv")?;
//! client.download(&dump).write_to(&mut std::io::stdout())?;
//! # Ok(())
//! # }
//! ```
//!
//! # The nightly run
//!
//! Start a process, wait for its end, and download whatever it rejected:
#![cfg_attr(feature = "http", doc = "```no_run")]
#![cfg_attr(not(feature = "http"), doc = "```ignore")]
//! use std::ops::ControlFlow;
//! use std::path::Path;
//! use std::time::Duration;
//!
//! use anaplan_dump_core::{Client, Error, Locator, Outcome};
//!
//! fn nightly(client: &Client, folder: &Path) -> Result<Outcome, Error> {
//!     let process = "WORKSPACE/MODEL/PROCESS".parse::<Locator>()?.action()?;
//!     let task = client.start(&process, "en_US", &[])?;
//!     let (poll, timeout) = (Duration::from_secs(5), Duration::from_secs(2 * 3600));
//!     let task = client.wait(&task, poll, timeout, |task| {
//!         println!("{:?}", task.progress);
//!         ControlFlow::Continue(())
//!     })?;
//!     for dump in client.dumps(&task)? {
//!         client.download(&dump).save_to(folder.join(dump.file_name()))?;
//!     }
//!     client.outcome(&task)
//! }
//! ```
//!
//! # The newest dumps that can be read
//!
//! The newest task may be another user's, or its dump may be gone; an older one may still have a dump:
#![cfg_attr(feature = "http", doc = "```no_run")]
#![cfg_attr(not(feature = "http"), doc = "```ignore")]
//! use anaplan_dump_core::{Client, Error, Locator, Newest};
//!
//! fn newest(client: &Client) -> Result<(), Error> {
//!     let process = "WORKSPACE/MODEL/PROCESS".parse::<Locator>()?.action()?;
//!     let (newest, skipped) = client.newest(&process).dumps()?;
//!     for (task, reason) in &skipped {
//!         eprintln!("passed over {}: {reason:?}", task.id);
//!     }
//!     match newest {
//!         Newest::Dumps { dumps, .. } => {
//!             for dump in &dumps {
//!                 client.download(dump).save_to(dump.file_name())?;
//!             }
//!         }
//!         Newest::Clean { task, .. } => println!("nothing was rejected in {}", task.address),
//!         other => eprintln!("{other:?}"),
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Signing in
//!
//! A client takes a ready [`Token`], or other credentials: then it gets a token when it needs
//! one, and renews it for as long as it lives.
#![cfg_attr(feature = "http", doc = "```no_run")]
#![cfg_attr(not(feature = "http"), doc = "```ignore")]
//! use anaplan_dump_core::{Client, Credentials, Error, Secret, Token};
//!
//! fn clients() -> Result<[Client; 3], Error> {
//!     let password = Secret::from_file("the password file", "password")?;
//!     let vault = || Token::anaplan("a token from the program's own vault");
//!     Ok([
//!         Client::new(Credentials::password("user@example.com", password)?)?,
//!         Client::new(Credentials::oauth("CLIENT", "refresh-token")?)?,
//!         Client::new(Credentials::provider(vault))?,
//!     ])
//! }
//! ```
//!
//! # Another transport
//!
//! Without default features there is no HTTP client and no ureq. Bring a function that sends a `GET`
//! request, and the rest remains: addresses and their paths, the pages of lists, the order of chunks, and
//! their concatenation into a file that a later run can continue.
//!
//! ```
//! use anaplan_dump_core::{
//!     Chunk, ChunkList, ChunkSource, ChunkWriter, DumpAddress, Error, Listing, PartFile,
//! };
//! # fn get(path: &str) -> std::io::Result<Vec<u8>> {
//! #     let list = br#"{"status":{"code":200},"chunks":[{"id":"0"},{"id":"1"}]}"#;
//! #     Ok(if path.ends_with("/chunks") { list.to_vec() } else { b"rows\n".to_vec() })
//! # }
//!
//! struct MySource(DumpAddress);
//!
//! impl ChunkSource for MySource {
//!     fn fetch(&mut self, chunk: &Chunk, into: &mut ChunkWriter<'_>) -> Result<(), Error> {
//!         let bytes = get(&self.0.chunk_path(&chunk.id)).map_err(|error| Error::Source(error.into()))?;
//!         into.write(&bytes)
//!     }
//! }
//!
//! fn download(dump: &DumpAddress, target: &str) -> Result<(), Box<dyn std::error::Error>> {
//!     let mut listing = Listing::chunks(dump);
//!     while let Some(path) = listing.next_path() {
//!         listing.take(&get(path)?)?;
//!     }
//!     let chunks = ChunkList::new(dump, listing.into_entries())?;
//!     let mut file = PartFile::open(target, &chunks, false)?;
//!     file.fill(&mut MySource(dump.clone()), &chunks, &mut |step| println!("{step:?}"))?;
//!     file.finish()?;
//!     Ok(())
//! }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dump = "W/M/P/T/O".parse::<anaplan_dump_core::Locator>()?.dump()?;
//! # let target = std::env::temp_dir().join(format!("anaplan-dump-doc-{}.csv", std::process::id()));
//! # download(&dump, target.to_str().expect("a path in UTF-8"))?;
//! # assert_eq!(std::fs::read(&target)?, b"rows\nrows\n");
//! # std::fs::remove_file(&target)?;
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(
    not(feature = "http"),
    allow(dead_code, unused_imports, reason = "what only the client uses is tested all the same")
)]

#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../../../docs/library.md")]
struct Readme;

mod address;
#[cfg(feature = "http")]
mod client;
mod error;
mod files;
#[cfg(feature = "report")]
pub mod report;
mod service;
mod sync;
mod text;
mod time;
mod transfer;

pub use crate::address::{
    ActionAddress, ActionKind, DumpAddress, Id, Locator, LocatorError, ModelAddress, Origin, TaskAddress,
};
/// For the program `anaplan-dump` alone, as what follows.
#[cfg(feature = "http")]
#[doc(hidden)]
pub use crate::client::{Account, DeviceCode, MAX_PARALLEL, Reached, SignInMethod, Upload, Uploaded};
#[cfg(feature = "http")]
pub use crate::client::{
    Client, ClientBuilder, Credentials, Download, Downloaded, Event, Newest, ProxyChoice, Search, Secret, SkipReason,
    Token,
};
pub use crate::error::{Error, ErrorKind, Mismatch, Setting};
pub use crate::files::DiskWarning;
pub use crate::service::{
    ActionResult, BodyProblem, Chunk, ChunkList, ConnectionProblem, Dump, Fault, ListedTask, Listing, NamedId, Outcome,
    RowCounts, Subject, Task, TaskState,
};
pub use crate::transfer::{ChunkSource, ChunkWriter, PartFile, Progress, Resume};
/// For the program `anaplan-dump` alone: uploads, what a model has, who signed in, and its own files. It may change in
/// any version.
#[doc(hidden)]
pub use crate::{
    address::{FileAddress, TaskChoice},
    files::{KeptPart, NamedFile, Unfinished, WholeFile},
    service::{Import, ListedModel, SourceFormat, SourceProblem},
    text::{Printable, is_unprintable, shown_path, thousands},
    time::Utc,
};
