//! A fake Anaplan server: real sockets, real bytes, and every way of going wrong on request.
//!
//! It shares no code with the library under test, so one misreading of the API cannot hide in both.
//!
//! From the bottom up: `data` is what the service holds, `http` a request and an answer as values, `sign_in` who
//! a client is. Bytes come in and go out in `wire`, an answer is made in `service`, a fault is declared and applied
//! in `fault`, and `server` listens and joins them all.
//!
//! ```
//! use xtask::fake::*;
//!
//! let dump = Dump::from_bytes(dump_file::generate(1, 25_000), 10_000);
//! let server = FakeServer::start(Service::with_dump(dump));
//! server.fault(Fault::Reset(At::Body(500)), When::path("chunks/1").times(2));
//! // ... let a client download server.dump_url(), then look at server.requests() ...
//! ```

mod data;
pub mod dump_file;
mod fault;
mod http;
pub mod random;
mod server;
mod service;
mod sign_in;
mod wire;

pub use data::{ActionResult, Detail, Dump, Process, Task};
pub use data::{CHUNK_SIZE, MODEL, OBJECT, OBJECT_NAME, PROCESS, TASK, TOKEN, USER, WORKSPACE};
pub use data::{Import, Rule, SourceFile};
pub use fault::{Fault, When};
pub use http::{Answer, RequestLog};
pub use server::FakeServer;
pub use service::Service;
pub use sign_in::{CLIENT_KEY, client_certificate};
pub use wire::{At, Framing, ServerCertificate, Settings};
