//! End-to-end tests: the real binary against the fake server, over real sockets.
//!
//! Each module is a part of what a user sees; `support` gives a folder, a server and a command.

#![allow(clippy::expect_used, reason = "a test whose premises fail ends there")]

mod arguments;
mod cancelling;
mod chaos;
mod collecting;
mod disk;
mod download;
mod encodings;
mod faults;
mod hosts;
mod imports;
mod json;
mod limits;
mod lists;
mod lock;
mod names;
mod newest;
mod odd_names;
mod output;
mod overwriting;
mod paging;
mod piped;
mod process_names;
mod progress;
mod proxies;
mod read_ahead;
mod refusals;
mod replaced;
mod resume;
mod retry;
mod running;
mod signals;
mod start;
mod support;
mod tables;
mod task_lists;
mod task_report;
mod tokens;
mod trouble;
mod whole;
