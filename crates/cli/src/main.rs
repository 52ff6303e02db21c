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
mod environment;
mod exit_code;
mod failure;
mod follow;
mod glob;
mod help;
mod man;
mod os_text;
mod parse;
mod pipe;
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

use anaplan_dump_core::{Locator, Unfinished};
use argh::ArgsInfo;
use serde_json::json;

use crate::arguments::{
    Arguments, Cancel, Chunks, Command, Completion, Doctor, Get, Imports, PROGRAM, Processes, Run, TaskCommand, Tasks,
    Wait,
};
use crate::commands::{account, doctor, explain, get, lists, run, task, tasks, wait};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::parse::Parsed;
use crate::session::Session;

fn main() -> ExitCode {
    let request = parse::parse(std::env::args_os().skip(1));
    let unfinished = Unfinished::default();
    let outcome = match request.parsed {
        Ok(Parsed::Run(arguments)) => run(&arguments, &request.options, &unfinished),
        Ok(Parsed::Show(text)) => stdout::print(&text),
        Ok(Parsed::Help(text)) => stdout::print(&text).and_then(|()| {
            let failure = Failure::Usage("a command is needed".to_owned());
            Err(Failure::Reported(Box::new(failure)))
        }),
        Err(text) => Err(Failure::Usage(text)),
    };
    let code = exit(outcome, request.command, request.json);
    // Also a failure leaves threads that send requests.
    unfinished.finish(signals::PATIENCE_FOR_STEPS, |_| {});
    code
}

fn run(arguments: &Arguments, options: &[(&'static str, String)], unfinished: &Unfinished) -> Result<(), Failure> {
    let command = &arguments.command;
    if arguments.json || matches!(command, Command::Completion(_) | Command::Man(_) | Command::Token(_)) {
        stdout::check_open()?;
    }
    let mut environment = Environment::new(arguments, options);
    match command {
        Command::Completion(Completion { shell }) => {
            return stdout::print(&completion::script(&Arguments::get_args_info(), shell));
        }
        Command::Man(_) => return stdout::print(&man::page(&Arguments::get_args_info())),
        // It can do without the file of variables.
        Command::Explain(command) => {
            let _ = environment.read_file();
            return explain::explain(command, &environment, unfinished);
        }
        _ => environment.read_file()?,
    }
    environment.check()?;
    credentials::prefer_outside(&mut environment)?;
    let locators = match command {
        Command::Get(Get { locator, more, .. }) | Command::Task(TaskCommand { locator, more, .. }) => {
            let texts = [locator].into_iter().chain(more);
            texts.map(|text| environment.locator(text)).collect::<Result<Vec<_>, _>>()?
        }
        Command::Run(Run { locator, .. })
        | Command::Wait(Wait { locator, .. })
        | Command::Tasks(Tasks { locator, .. })
        | Command::Chunks(Chunks { locator })
        | Command::Cancel(Cancel { locator })
        | Command::Doctor(Doctor { locator: Some(locator), .. }) => vec![environment.locator(locator)?],
        Command::Processes(Processes { locator: Some(model) }) | Command::Imports(Imports { locator: Some(model) }) => {
            vec![model.parse()?]
        }
        Command::Processes(_) | Command::Imports(_) | Command::Doctor(_) => {
            environment.model()?.into_iter().map(Locator::from).collect()
        }
        _ => Vec::new(),
    };
    // The client is for the hosts of the first locator.
    let (session, no_way) = Session::open(&environment, locators.first(), unfinished)?;
    let session = &session;
    let locators = locators.into_iter().map(|locator| locator.relative_to(session.client.api()));
    let locators: Vec<Locator> = locators.collect();
    if let Command::Doctor(command) = command {
        return doctor::doctor(command, locators.first(), session, no_way);
    }
    if let Some(no_way) = no_way {
        return Err(no_way);
    }
    match (command, locators.as_slice()) {
        (Command::Get(command), locators) => get::get(command, locators, session),
        (Command::Task(command), locators) => task::task(command, locators, session),
        (Command::Run(command), [process]) => run::run(command, process, session),
        (Command::Wait(command), [task]) => wait::wait(command, task, session),
        (Command::Tasks(command), [process]) => tasks::tasks(command, process, session),
        (Command::Chunks(_), [dump]) => lists::chunks(dump, session),
        (Command::Cancel(_), [task]) => task::cancel(task, session),
        (Command::Processes(_), [locator]) => lists::processes(locator.model(), session),
        (Command::Imports(_), [locator]) => lists::imports(locator.model(), session),
        (Command::Models(command), _) => lists::models(command, session),
        (Command::Workspaces(_), _) => lists::workspaces(session),
        (Command::Login(_), _) => account::login(session),
        (Command::Logout(_), _) => account::logout(session),
        (Command::Whoami(_), _) => account::whoami(session),
        (Command::Token(_), _) => account::token(session),
        _ => {
            let needed = "a model is needed: WORKSPACE/MODEL, or ANAPLAN_WORKSPACE and ANAPLAN_MODEL set";
            Err(Failure::Usage(needed.into()))
        }
    }
}

/// Prints a failure unless it is silent, and returns the exit code. With `--json` it is a document too, unless
/// the command printed its own.
fn exit(outcome: Result<(), Failure>, command: Option<&str>, is_json: bool) -> ExitCode {
    let Err(failure) = outcome else {
        return ExitCode::SUCCESS;
    };
    if is_json && !stdout::has_printed_json() {
        // The exit code says what failed, also where nothing can be printed.
        let _ = stdout::print_json(&json!({ "error": failure.document() }));
    }
    // If standard error fails as well, there is no place left to say so.
    let _ = match &failure {
        failure if failure.is_silent() => Ok(()),
        Failure::Usage(text) => {
            let command = command.map(|command| format!("{command} ")).unwrap_or_default();
            writeln!(std::io::stderr(), "{PROGRAM}: {text}\nTry {PROGRAM} {command}--help.")
        }
        failure => writeln!(std::io::stderr(), "{PROGRAM}: {failure}"),
    };
    ExitCode::from(failure.exit_code())
}
