//! End-to-end tests: the real binary against the fake server, over real sockets.
//!
//! Each module is a part of what a user sees; `support` gives a folder, a server and a command.

#![allow(clippy::expect_used, reason = "a test whose premises fail ends there")]

mod arguments;
mod download;
mod faults;
mod encodings;
mod hosts;
mod lists;
mod names;
mod output;
mod overwriting;
mod paging;
mod proxies;
mod refusals;
mod support;
mod tokens;
mod trouble;
mod whole;
