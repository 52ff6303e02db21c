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
mod help;
mod json;
mod man;
mod newest;
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

use anaplan_dump_core::{Locator, ModelAddress, Unfinished};
use argh::ArgsInfo;
use serde_json::json;

use crate::arguments::{Arguments, Command, PROGRAM};
use crate::environment::Environment;
use crate::failure::{ErrorReport, Failure};
use crate::parse::Parsed;
use crate::session::Session;

fn main() -> ExitCode {
    let request = parse::parse(std::env::args_os().skip(1));
    let unfinished = Unfinished::default();
    let outcome = match request.parsed {
        Parsed::Run(arguments) => run(&arguments, &unfinished),
        Parsed::Show(text) => stdout::print(&text),
        Parsed::Help(text) => stdout::print(&text).and_then(|()| {
            let failure = Failure::Usage("a command is needed".to_owned());
            Err(Failure::Reported(Box::new(failure)))
        }),
        Parsed::Wrong(text) => Err(Failure::Usage(text)),
    };
    let code = exit(outcome, request.command, request.json);
    // Also a failure leaves threads that send requests.
    unfinished.finish(signals::PATIENCE_FOR_STEPS, |_| {});
    code
}

/// How a command ends.
type Done = Result<(), Failure>;

fn run(arguments: &Arguments, unfinished: &Unfinished) -> Done {
    if arguments.json {
        stdout::check_open()?;
    }
    let environment = || -> Result<Environment<'_>, Failure> {
        let mut environment = Environment::read(arguments)?;
        credentials::prefer_outside(&mut environment)?;
        Ok(environment)
    };
    let session = |environment: &Environment<'_>, locator: Option<&Locator>| -> Result<Session, Failure> {
        let (session, no_way) = Session::open(environment, locator, unfinished)?;
        no_way.map_or(Ok(session), Err)
    };
    let with = |act: &dyn Fn(&Session) -> Done| act(&session(&environment()?, None)?);
    // The client is for the hosts of the first locator.
    let at_each = |first: &str, more: &[String], act: &dyn Fn(&[Locator], &Session) -> Done| {
        let environment = environment()?;
        let texts = std::iter::once(first).chain(more.iter().map(String::as_str));
        let locators = texts.map(|text| environment.locator(text)).collect::<Result<Vec<_>, _>>()?;
        let session = session(&environment, locators.first())?;
        let locators = locators.into_iter().map(|locator| locator.relative_to(session.client.api()));
        act(&locators.collect::<Vec<_>>(), &session)
    };
    let at = |locator: &str, act: &dyn Fn(&Locator, &Session) -> Done| {
        at_each(locator, &[], &|locators, session| {
            locators.iter().try_for_each(|locator| act(locator, session))
        })
    };
    let in_model = |locator: &Option<String>, act: &dyn Fn(&ModelAddress, &Session) -> Done| {
        let environment = environment()?;
        let locator = environment.model_locator(locator.as_deref())?.ok_or_else(|| {
            let needed = "a model is needed: WORKSPACE/MODEL, or ANAPLAN_WORKSPACE and ANAPLAN_MODEL set";
            Failure::Usage(needed.into())
        })?;
        let session = session(&environment, Some(&locator))?;
        act(locator.relative_to(session.client.api()).model(), &session)
    };
    match &arguments.command {
        Command::Get(command) => at_each(&command.locator, &command.more, &|locators, session| {
            commands::get(command, locators, session)
        }),
        Command::Task(command) => at_each(&command.locator, &command.more, &|locators, session| {
            commands::task(command, locators, session)
        }),
        Command::Run(command) => {
            at(&command.locator, &|locator, session| commands::run(command, locator, session))
        }
        Command::Wait(command) => {
            at(&command.locator, &|locator, session| commands::wait(command, locator, session))
        }
        Command::Tasks(command) => {
            at(&command.locator, &|locator, session| commands::tasks(command, locator, session))
        }
        Command::Chunks(command) => at(&command.locator, &commands::chunks),
        Command::Cancel(command) => at(&command.locator, &commands::cancel),
        Command::Processes(command) => in_model(&command.locator, &commands::processes),
        Command::Imports(command) => in_model(&command.locator, &commands::imports),
        Command::Models(command) => with(&|session| commands::models(command, session)),
        Command::Workspaces(_) => with(&commands::workspaces),
        Command::Explain(command) => commands::explain(command, &environment()?, unfinished),
        Command::Login(_) => with(&commands::login),
        Command::Logout(_) => with(&commands::logout),
        Command::Whoami(_) => with(&commands::whoami),
        Command::Token(_) => with(&commands::token),
        Command::Doctor(command) => {
            let environment = environment()?;
            let locator = environment.model_locator(command.locator.as_deref())?;
            let (session, no_way) = Session::open(&environment, locator.as_ref(), unfinished)?;
            let locator = locator.map(|locator| locator.relative_to(session.client.api()));
            commands::doctor(command, locator.as_ref(), &session, no_way)
        }
        Command::Completion(command) => {
            stdout::print_result(&completion::script(&Arguments::get_args_info(), command.shell))
        }
        Command::Man(_) => stdout::print_result(&man::page(&Arguments::get_args_info())),
    }
}

/// Prints a failure unless it is silent, and returns the exit code. With `--json` it is a document too, unless
/// the command printed one of its own.
fn exit(outcome: Result<(), Failure>, command: Option<&str>, is_json: bool) -> ExitCode {
    let Err(failure) = outcome else {
        return ExitCode::SUCCESS;
    };
    if is_json && !stdout::has_printed_json() {
        // The exit code says what failed, also where nothing can be printed.
        let _ = stdout::print_json(&json!({ "error": ErrorReport::new(&failure) }));
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
