//! `anaplan-dump`: downloads the failure dumps of Anaplan processes.
//!
//! Arguments, progress, tables and exit codes; everything else is in the library.

#![forbid(unsafe_code)]

mod advice;
mod arguments;
mod collect;
mod commands;
mod completion;
mod credentials;
mod ending;
mod env_file;
mod exit_code;
mod failure;
mod follow;
mod help;
mod json;
mod man;
mod meter;
mod newest;
mod normalize;
mod os_text;
mod parse;
mod progress;
mod report;
mod resolve;
mod session;
mod settings;
mod signals;
mod sources;
mod stdout;
mod table;
mod target;
mod task_report;
mod text;

use std::io::Write;
use std::process::ExitCode;

use anaplan_dump_core::Unfinished;
use argh::ArgsInfo;
use serde::Serialize;

use crate::arguments::{Arguments, Command, PROGRAM};
use crate::failure::{ErrorReport, Failure};
use crate::parse::Parsed;
use crate::session::Session;

fn main() -> ExitCode {
    let request = parse::parse(std::env::args_os().skip(1));
    let unfinished = Unfinished::default();
    let outcome = match request.parsed {
        Parsed::Run(arguments) => run(&arguments, &unfinished),
        Parsed::Show(text) => stdout::print(&text),
        Parsed::Help(text) => Err(Failure::Help(text)),
        Parsed::Wrong(text) => Err(Failure::Usage(text)),
    };
    let code = exit(outcome, request.command, request.json);
    // Also a failure leaves threads that send requests.
    unfinished.finish(signals::PATIENCE_FOR_STEPS, |_| {});
    code
}

fn run(arguments: &Arguments, unfinished: &Unfinished) -> Result<(), Failure> {
    let session = || Session::new(arguments, unfinished);
    match &arguments.command {
        Command::Chunks(command) => commands::chunks(command, &session()?),
        Command::Get(command) => commands::get(command, &session()?),
        Command::Imports(command) => commands::imports(command, &session()?),
        Command::Processes(command) => commands::processes(command, &session()?),
        Command::Tasks(command) => commands::tasks(command, &session()?),
        Command::Task(command) => commands::task(command, &session()?),
        Command::Run(command) => commands::run(command, &session()?),
        Command::Wait(command) => commands::wait(command, &session()?),
        Command::Workspaces(command) => commands::workspaces(command, &session()?),
        Command::Models(command) => commands::models(command, &session()?),
        Command::Cancel(command) => commands::cancel(command, &session()?),
        Command::Explain(command) => commands::explain(command, arguments.verbosity(), unfinished),
        Command::Login(_) => commands::login(&session()?),
        Command::Logout(_) => commands::logout(&session()?),
        Command::Whoami(command) => commands::whoami(command, &session()?),
        Command::Token(command) => commands::token(command, &session()?),
        Command::Doctor(command) => {
            let (session, no_way) = Session::open(arguments, unfinished)?;
            commands::doctor(command, &session, no_way)
        }
        Command::Completion(command) => {
            stdout::print(&completion::script(&Arguments::get_args_info(), command.shell))
        }
        Command::Man(_) => stdout::print(&man::page(&Arguments::get_args_info())),
    }
}

/// An error, as `--json` shows it.
#[derive(Serialize)]
struct ErrorDocument {
    error: ErrorReport,
}

/// Prints a failure unless it is silent, and returns the exit code. With `--json` it is a document too, unless
/// the command printed one of its own.
fn exit(outcome: Result<(), Failure>, command: Option<&str>, is_json: bool) -> ExitCode {
    let Err(failure) = outcome else {
        return ExitCode::SUCCESS;
    };
    if is_json && !stdout::has_printed_json() {
        // The exit code says what failed, also where nothing can be printed.
        let _ = stdout::print_json(&ErrorDocument { error: ErrorReport::new(&failure) });
    }
    // If standard error fails as well, there is no place left to say so.
    let _ = match &failure {
        failure if failure.is_silent() => Ok(()),
        Failure::Help(text) => write!(std::io::stdout(), "{text}"),
        Failure::Usage(text) => {
            let command = command.map(|command| format!("{command} ")).unwrap_or_default();
            writeln!(std::io::stderr(), "{PROGRAM}: {text}\nTry {PROGRAM} {command}--help.")
        }
        failure => writeln!(std::io::stderr(), "{PROGRAM}: {failure}"),
    };
    ExitCode::from(failure.exit_code())
}
