//! From the words of the command line to a command, a text to show, or what is wrong with them.

use std::ffi::OsString;

use argh::{ArgsInfo, FromArgs};

use crate::arguments::{Arguments, PROGRAM};
use crate::help::help;
use crate::normalize::normalize;
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

pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Parsed {
    /// What precedes a path, in the same argument or in the one before.
    const PATHS: [&str; 9] = [
        "-o",
        "--output",
        "--token-file",
        "--password-file",
        "--ca-",
        "--html",
        "--fix",
        "--against",
        "explain",
    ];
    let mut texts: Vec<String> = Vec::new();
    for argument in arguments {
        let shown = argument.to_string_lossy().into_owned();
        let is_path = |text: &String| PATHS.iter().any(|option| text.starts_with(option));
        let may_be_path =
            is_path(&shown) || texts.last().is_some_and(is_path) || texts.contains(&"explain".into());
        match argument.to_str().is_some() || may_be_path {
            true => texts.extend(carried(argument)),
            false => return Parsed::Wrong(format!("an argument is not UTF-8: {}", safe(&shown))),
        }
    }
    if texts.first().is_some_and(|first| first == "help") {
        // `help COMMAND` is `COMMAND --help`.
        texts.remove(0);
        texts.insert(texts.len().min(1), "--help".to_owned());
    }
    let program = Arguments::get_args_info();
    let texts = match normalize(texts, &program) {
        Ok(texts) => texts,
        Err(problem) => return Parsed::Wrong(problem),
    };
    // General options are before the command now, each with its value.
    let is_command = |text: &str| program.commands.iter().any(|command| command.name == text);
    if texts.iter().take_while(|text| !is_command(text)).any(|text| text == "--version") {
        return Parsed::Show(format!("{PROGRAM} {}\n", env!("CARGO_PKG_VERSION")));
    }
    let is_option = |text: &&String| text.starts_with('-');
    let command = texts.iter().find(|text| program.commands.iter().any(|known| known.name == *text));
    if texts.iter().take_while(|text| *text != "--").any(|text| text == "--help" || text == "-h") {
        return Parsed::Show(help(&program, command.map(String::as_str)));
    }
    if texts.iter().all(|text| is_option(&text)) {
        return Parsed::Help(help(&program, None));
    }
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    match Arguments::from_args(&[PROGRAM], &texts) {
        Ok(Arguments { quiet: 1.., verbose: true, .. }) => {
            Parsed::Wrong("-v and -q contradict each other".to_owned())
        }
        Ok(arguments) => Parsed::Run(Box::new(arguments)),
        Err(exit) if exit.status.is_ok() => Parsed::Show(exit.output + "\n"),
        Err(exit) => Parsed::Wrong(exit.output.trim_end().to_owned()),
    }
}
