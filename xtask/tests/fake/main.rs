//! The fake server, checked byte by byte by a client that knows nothing but sockets.

// Here a failed step is the test's result.
#![allow(clippy::unwrap_used)]

mod client;
mod faults;
mod service;
