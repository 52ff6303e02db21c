//! End-to-end tests: the real binary against the fake server, over real sockets. A test names what a user
//! sees; it compares status, output and files whole, and says what it leaves open (see `support`).

#![allow(clippy::expect_used, reason = "a test whose premises fail ends there")]

/// `login`, `logout` and `whoami`.
mod account;
/// Spellings of the command line, help, and wrong usage.
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
/// From nothing to the ids, and to the dumps of a task that somebody else started.
mod habits_finding;
/// What a process or `latest` means: the newest finished run, and how to go further down.
mod habits_newest;
/// How a task ended, as exit codes and words.
mod habits_outcomes;
/// Where a dump goes: the locator decides; options that contradict each other.
mod habits_output;
/// The README, done as it says: the token, the cron script, the fields of `--json`.
mod habits_readme;
/// Ctrl-C and SIGTERM: what is kept, and how to continue.
#[cfg(unix)]
mod habits_signals;
/// Waits: progress, retry lines, and hosts that were never reached.
mod habits_waiting;
/// The words of the command line: spellings, help, messages, tables.
mod habits_words;
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
/// How things are named on the command line; processes by name.
mod locators;
/// Names, ids and messages of the service that try to choose a path, a request or a terminal's state.
mod names;
/// Proxies that are used, and certificates that are refused.
mod network;
/// `get` from a process: which task is taken, and what is said about the others.
mod newest;
/// Where a dump goes, and outputs that cannot be written.
mod output;
/// Files that exist, and runs on the same file.
mod overwriting;
/// The page of `explain --html` in a browser.
mod page;
/// `--parallel`.
mod parallel;
/// Faults of a download to standard output.
mod piped;
/// Progress on a terminal, notes elsewhere, `-q` and `-v`.
mod progress;
/// Proxies and root certificates.
mod proxies;
/// Clients, a proxy and a web server that nobody here wrote.
#[cfg(unix)]
mod real_parts;
/// Dumps that vanish or change during a download; `--verify`.
mod replaced;
/// What an earlier run left, whole or damaged.
mod resume;
/// How often and when a fault is retried, and what is reported at once instead.
mod retry;
/// `run` from the start of the process to the last dump.
mod running;
/// The ways to sign in, and a token's life.
mod sign_in;
/// Ctrl-C and SIGTERM.
#[cfg(unix)]
mod signals;
/// The one request of `run` that must not be repeated.
mod start;
/// Scenes, commands and their outcomes.
mod support;
/// `processes` and `tasks`.
mod task_lists;
/// `task`.
mod task_report;
/// Where the token comes from, and that it stays secret.
mod tokens;
/// Files that other programs hold open, and names that Windows keeps for itself.
#[cfg(windows)]
mod windows;
