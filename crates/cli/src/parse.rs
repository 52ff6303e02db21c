//! From the words of the command line to a command, a text to show, or what is wrong with them.

use std::ffi::OsString;

use argh::{ArgsInfo, FromArgs};

use crate::arguments::{Arguments, PROGRAM};
use crate::help::help;
use crate::normalize::{CommandLine, read};
use crate::os_text::carried;
use crate::text::safe;

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// Run a command.
    Run(Box<Arguments>),
    /// Print this text: help, or the version.
    Show(String),
    /// There is no command: show this help, as wrong usage.
    Help(String),
    /// The usage is wrong, for this reason.
    Wrong(String),
}

/// What the command line asks for, and what its end needs of it.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) parsed: Parsed,
    /// The command, if one is named.
    pub(crate) command: Option<&'static str>,
    pub(crate) json: bool,
}

/// What precedes a path, in the same argument or in the one before.
const PATHS: [&str; 11] = [
    "-o",
    "--output",
    "--token-file",
    "--password-file",
    "--env-file",
    "--ca-",
    "--html",
    "--put",
    "--fix",
    "--against",
    "explain",
];

pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Request {
    let mut odd = None;
    let mut texts: Vec<String> = Vec::new();
    for argument in arguments {
        let shown = argument.to_string_lossy().into_owned();
        let is_path = |text: &String| PATHS.iter().any(|option| text.starts_with(option));
        let may_be_path =
            is_path(&shown) || texts.last().is_some_and(is_path) || texts.contains(&"explain".into());
        if argument.to_str().is_none() && !may_be_path {
            odd.get_or_insert_with(|| format!("an argument is not UTF-8: {}", safe(&shown)));
        }
        texts.extend(carried(argument));
    }
    if texts.first().is_some_and(|first| first == "help") {
        // `help COMMAND` is `COMMAND --help`.
        texts.remove(0);
        texts.insert(texts.len().min(1), "--help".to_owned());
    }
    let line = read(texts, &Arguments::get_args_info());
    let (command, json) = (line.command, line.json);
    Request { parsed: odd.map_or_else(|| parsed(line), Parsed::Wrong), command, json }
}

fn parsed(line: CommandLine) -> Parsed {
    if let Some(problem) = line.problem {
        return Parsed::Wrong(problem);
    }
    if line.version {
        return Parsed::Show(format!("{PROGRAM} {}\n", env!("CARGO_PKG_VERSION")));
    }
    let program = Arguments::get_args_info();
    if line.help {
        return Parsed::Show(help(&program, line.command));
    }
    if line.command.is_none() {
        return Parsed::Help(help(&program, None));
    }
    let texts: Vec<&str> = line.arguments.iter().map(String::as_str).collect();
    match Arguments::from_args(&[PROGRAM], &texts) {
        Ok(Arguments { quiet: 1.., verbose: true, .. }) => {
            Parsed::Wrong("-v and -q contradict each other".to_owned())
        }
        Ok(arguments) => Parsed::Run(Box::new(arguments)),
        Err(exit) if exit.status.is_ok() => Parsed::Show(exit.output + "\n"),
        Err(exit) => Parsed::Wrong(exit.output.trim_end().to_owned()),
    }
}
