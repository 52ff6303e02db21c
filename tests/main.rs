//! End-to-end tests: the real binary against the fake server, over real sockets. A test names what a user
//! sees; it compares status, output and files whole, and says what it leaves open (see `support`).

#![allow(clippy::expect_used, reason = "a test whose premises fail ends there")]

mod account;
mod arguments;
mod cancelling;
mod chaos;
mod collecting;
mod denials;
mod doctor;
mod documents;
mod download;
mod endings;
mod explain;
mod explain_files;
mod faults;
mod hosts;
mod imports;
mod json;
mod limits;
mod lists;
mod loading;
mod locators;
mod names;
mod network;
mod newest;
mod output;
mod overwriting;
mod page;
mod parallel;
mod progress;
mod readme;
#[cfg(unix)]
mod real_parts;
mod replaced;
mod resume;
mod retry;
mod running;
mod sign_in;
#[cfg(unix)]
mod signals;
mod start;
mod support;
mod task_lists;
mod task_report;
#[cfg(windows)]
mod windows;
