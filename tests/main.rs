//! End-to-end tests: the real binary against the fake server, over real sockets. A test names what a user
//! sees; it compares status, output and files whole, and says what it leaves open (see `support`).

#![allow(clippy::expect_used, reason = "a test whose premises fail ends there")]

/// `login`, `logout`, `whoami` and `token`.
mod account;
/// Help, and wrong usage.
mod arguments;
/// `cancel`.
mod cancelling;
/// Random fault schedules and kills; the only module that also calls the library.
mod chaos;
/// `get` from a task: several dumps, those that fail beside the others, and tasks without any.
mod collecting;
/// Answers with status 200 that deny what was asked for, in place of lists and tasks.
mod denials;
/// `doctor`.
mod doctor;
/// Whole answers with a good status that are not the chunk.
mod documents;
/// Bytes on the wire that are right: shapes, framings, compression, TLS, `--whole`.
mod download;
/// When a task is over, silent actions, and pages without end.
mod endings;
/// `explain`, `get --explain` and `run --explain`.
mod explain;
/// The files that `explain` writes.
mod explain_files;
/// Faults of the network and the service that are retried; a new kind of fault goes into the table here.
mod faults;
/// Which hosts the token may go to.
mod hosts;
/// Everything about imports that run on their own.
mod imports;
/// The documents of `--json`.
mod json;
/// Answers that are too large or have no end.
mod limits;
/// Chunk lists and their pages, good and bad; `chunks`.
mod lists;
/// `imports`, and what `run` loads.
mod loading;
/// How things are named on the command line; processes by name.
mod locators;
/// Names, ids and messages of the service that try to choose a path, a request or a terminal's state.
mod names;
/// Proxies and root certificates.
mod network;
/// What a process or `latest` means to `get`: the newest finished run, and how to go further down.
mod newest;
/// Where a dump goes: the locator decides; and outputs that cannot be written.
mod output;
/// Files that exist, and runs on the same file.
mod overwriting;
/// What only a browser can say of the page of `explain --html`.
mod page;
/// `--parallel` and standard output: in order, each byte once.
mod parallel;
/// Progress on a terminal, notes elsewhere, `-q` and `-v`.
mod progress;
/// What the README, docs/ and `cargo xtask serve` print, done as they say: the token, the cron script, the fields of
/// `--json`, the loop.
mod readme;
/// A proxy and a web server of other projects on the way.
#[cfg(unix)]
mod real_parts;
/// Dumps that vanish or change during a download; `--verify`.
mod replaced;
/// What an earlier run left, and how the next one goes on.
mod resume;
/// How often and when a fault is retried, and what is reported at once instead.
mod retry;
/// `run` from the start of the process to the last dump, and `wait`.
mod running;
/// Tokens, the ways to sign in, and that no secret is shown.
mod sign_in;
/// Ctrl-C and SIGTERM.
#[cfg(unix)]
mod signals;
/// The one request of `run` that must not be repeated.
mod start;
/// Scenes, commands and their outcomes.
mod support;
/// `workspaces`, `models`, `processes` and `tasks`.
mod task_lists;
/// `task`.
mod task_report;
/// Files that other programs hold open, and names that Windows keeps for itself.
#[cfg(windows)]
mod windows;
