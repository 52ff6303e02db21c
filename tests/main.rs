//! End-to-end tests: the real binary against the fake server, over real sockets.
//!
//! Each module is a part of what a user sees; `support` gives a folder, a server and a command.

mod download;
mod support;
