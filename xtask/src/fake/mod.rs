//! A fake Anaplan server: real sockets, real bytes, and every way of going wrong on request.
//!
//! It shares no code with the library under test, so one misreading of the API cannot hide in both.
//!
//! ```
//! use xtask::fake::*;
//!
//! let dump = Dump::from_bytes(dump_file::generate(1, 25_000), 10_000);
//! let server = FakeServer::start(Service::with_dump(dump));
//! server.fault(Fault::ResetInBody { after_bytes: 500 }, When::path("chunks/1").times(2));
//! // ... let a client download server.dump_url(), then look at server.requests() ...
//! ```

mod address;
mod base64;
mod bucket;
mod certificate;
mod connection;
mod dump;
pub mod dump_file;
mod fault;
mod fault_spec;
mod gzip;
mod json;
mod model;
mod plan;
pub mod random;
mod request;
mod respond;
mod route;
mod rule;
mod run;
mod server;
mod service;
mod session;
mod sign_in;
mod signature;
mod stop;
mod wire;
mod writer;

pub use dump::Dump;
pub use fault::{ErrorBody, Fault};
pub use fault_spec::{KINDS, parse_fault};
pub use gzip::GzipMode;
pub use model::{ActionResult, Detail, Process, Task, TaskState};
pub use request::RequestLog;
pub use rule::When;
pub use run::ProcessRun;
pub use server::FakeServer;
pub use service::{MODEL, OBJECT, OBJECT_NAME, PROCESS, Service, TASK, TOKEN, USER, WORKSPACE};
pub use wire::Framing;
