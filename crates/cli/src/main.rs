//! `anaplan-dump`: downloads the failure dumps of Anaplan processes.
//!
//! Arguments, progress, tables and exit codes; everything else is in the library.

#![forbid(unsafe_code)]
#![cfg_attr(
    feature = "describe",
    allow(dead_code, unused_imports, reason = "such a build only describes itself")
)]

mod advice;
mod arguments;
mod collect;
mod commands;
#[cfg(feature = "describe")]
mod describe;
mod exit_code;
mod failure;
mod normalize;
mod progress;
mod resolve;
mod session;
mod settings;
mod stdout;
mod table;
mod target;
mod task_report;
mod text;

use std::process::ExitCode;

use crate::arguments::{Arguments, Command, Parsed};
use crate::failure::Failure;
use crate::session::Session;

fn main() -> ExitCode {
    #[cfg(feature = "describe")]
    return failure::exit(stdout::print_json(&describe::program()));
    #[cfg(not(feature = "describe"))]
    match arguments::parse(std::env::args_os().skip(1)) {
        Parsed::Run(arguments) => failure::exit(run(&arguments)),
        Parsed::Show(text) => failure::exit(stdout::print(&text)),
        Parsed::Wrong(text) => failure::exit(Err(Failure::Usage(text))),
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let session = Session::new(arguments)?;
    match &arguments.command {
        Command::Chunks(command) => commands::chunks(command, &session),
        Command::Get(command) => commands::get(command, &session),
        Command::Processes(command) => commands::processes(command, &session),
        Command::Tasks(command) => commands::tasks(command, &session),
        Command::Task(command) => commands::task(command, &session),
        Command::Run(command) => commands::run(command, &session),
        Command::Cancel(command) => commands::cancel(command, &session),
    }
}
