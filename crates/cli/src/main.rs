//! `anaplan-dump`: downloads the failure dumps of Anaplan processes, whole.
//!
//! Arguments, progress, tables and exit codes; everything else is in the library.

#![forbid(unsafe_code)]

mod arguments;
mod chunks;
mod collect;
mod failure;
mod get;
mod normalize;
mod output;
mod processes;
mod progress;
mod run;
mod settings;
mod target;
mod task_report;
mod units;

use std::process::ExitCode;

use crate::arguments::{Arguments, Command, Parsed};
use crate::failure::Failure;
use crate::progress::Reporter;
use crate::settings::Settings;

fn main() -> ExitCode {
    match arguments::parse(std::env::args_os().skip(1)) {
        Parsed::Run(arguments) => failure::exit(run(&arguments)),
        Parsed::Show(text) => failure::exit(output::print(&text)),
        Parsed::Wrong(text) => failure::exit(Err(Failure::Usage(text))),
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let reporter = Reporter::new(arguments.verbosity());
    let settings = Settings::read(arguments, &reporter)?;
    match &arguments.command {
        Command::Chunks(command) => chunks::run(command, &settings),
        Command::Get(command) => get::run(command, &settings, &reporter),
        Command::Processes(command) => processes::processes(command, &settings),
        Command::Tasks(command) => processes::tasks(command, &settings),
        Command::Task(command) => processes::task(command, &settings),
        Command::Run(command) => run::run(command, &settings, &reporter),
        Command::Cancel(command) => processes::cancel(command, &settings),
    }
}
