//! The command line: its commands, its options and their help.

use std::ffi::OsString;

use anaplan_dump_core::MAX_PARALLEL;
use argh::FromArgs;

use crate::normalize::{Known, normalize};

/// Name under which help and errors speak of the program.
pub(crate) const PROGRAM: &str = "anaplan-dump";

/// The options that [`Arguments`] and the commands declare, for options that follow their command
/// and for `--name=value`, neither of which argh reads.
const KNOWN: Known = Known {
    general_values: &[
        "--api-url",
        "--region",
        "--token-file",
        "--ca-file",
        "--retries",
        "--max-wait",
        "--stall-timeout",
    ],
    general_switches: &["--version", "-V", "--verbose", "-v", "--quiet", "-q"],
    command_values: &["--output", "-o", "--parallel"],
    command_switches: &["--json", "--whole", "--force", "--restart", "--verify", "--help", "-h"],
};

/// Downloads the failure dumps of Anaplan processes, whole.
#[derive(FromArgs, Debug)]
#[argh(
    help_triggers("-h", "--help"),
    example = "{command_name} get WORKSPACE/MODEL/PROCESS/TASK/OBJECT -o rejected.csv",
    note = "LOCATOR is a URL of the API, as its reference prints it, or the short form
WORKSPACE/MODEL/PROCESS[/TASK[/OBJECT]]. With ANAPLAN_WORKSPACE and ANAPLAN_MODEL
set, the short form may begin at the process.

The token comes from ANAPLAN_TOKEN, ANAPLAN_BEARER_TOKEN (OAuth) or --token-file.
Every general option has a variable as well: --stall-timeout is
ANAPLAN_STALL_TIMEOUT. General options may stand before or after the command,
and --name VALUE may be written --name=VALUE. Durations are 500ms, 30s, 5m, 2h or
plain seconds.",
    error_code(0, "done"),
    error_code(1, "an error that none of the others names"),
    error_code(2, "wrong usage"),
    error_code(3, "not signed in or not permitted"),
    error_code(4, "not there: no such task, no dump, expired, replaced"),
    error_code(5, "the network or the service failed in spite of retries"),
    error_code(6, "the process finished, but rows or actions failed"),
    error_code(7, "the local disk or output failed")
)]
pub(crate) struct Arguments {
    /// origin of the API, such as https://eu3.api.anaplan.com
    #[argh(option, arg_name = "url")]
    pub(crate) api_url: Option<String>,

    /// region whose API it is, such as eu3; instead of --api-url
    #[argh(option, arg_name = "name")]
    pub(crate) region: Option<String>,

    /// file that holds the token; - is standard input
    #[argh(option, arg_name = "file")]
    pub(crate) token_file: Option<String>,

    /// root certificates to trust instead of the built-in ones (PEM)
    #[argh(option, arg_name = "file")]
    pub(crate) ca_file: Option<String>,

    /// tries after the first one, for each chunk or request; default 12
    #[argh(option, arg_name = "n")]
    pub(crate) retries: Option<String>,

    /// longest wait between two tries; default 60s
    #[argh(option, arg_name = "duration")]
    pub(crate) max_wait: Option<String>,

    /// silence after which a connection is given up; default 60s
    #[argh(option, arg_name = "duration")]
    pub(crate) stall_timeout: Option<String>,

    /// tell each request, its status and its duration
    #[argh(switch, short = 'v')]
    pub(crate) verbose: bool,

    /// tell nothing but errors
    #[argh(switch, short = 'q')]
    pub(crate) quiet: bool,

    #[argh(subcommand)]
    pub(crate) command: Command,
}

/// How much is told on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verbosity {
    Quiet,
    Normal,
    Verbose,
}

impl Arguments {
    pub(crate) fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        }
    }
}

#[derive(FromArgs, Debug)]
#[argh(subcommand)]
pub(crate) enum Command {
    Chunks(Chunks),
    Get(Get),
}

/// List the chunks of one dump.
#[derive(FromArgs, Debug)]
#[argh(
    subcommand,
    name = "chunks",
    help_triggers("-h", "--help"),
    example = "{command_name} WORKSPACE/MODEL/PROCESS/TASK/OBJECT --json"
)]
pub(crate) struct Chunks {
    /// the dump: a URL of the API, or WORKSPACE/MODEL/PROCESS/TASK/OBJECT
    #[argh(positional, arg_name = "LOCATOR")]
    pub(crate) locator: String,

    /// print one JSON document instead of a table
    #[argh(switch)]
    pub(crate) json: bool,
}

/// Download a dump.
#[derive(FromArgs, Debug)]
#[argh(
    subcommand,
    name = "get",
    help_triggers("-h", "--help"),
    example = "{command_name} WORKSPACE/MODEL/PROCESS/TASK/OBJECT -o rejected.csv",
    note = "Until it is complete, the file is FILE.part with a journal beside it. A run that was
ended in any way is continued by the same command."
)]
pub(crate) struct Get {
    /// the dump: a URL of the API, or WORKSPACE/MODEL/PROCESS/TASK/OBJECT
    #[argh(positional, arg_name = "LOCATOR")]
    pub(crate) locator: String,

    /// file or folder to write to, or - for standard output; default is
    /// OBJECT-TASK.csv in the current folder
    #[argh(option, short = 'o', arg_name = "file|dir|-")]
    pub(crate) output: Option<String>,

    /// fetch the dump in one piece instead of in chunks; large dumps time out
    #[argh(switch)]
    pub(crate) whole: bool,

    /// replace a file that exists
    #[argh(switch)]
    pub(crate) force: bool,

    /// ignore what an earlier run left, and begin anew
    #[argh(switch)]
    pub(crate) restart: bool,

    /// fetch the first and the last chunk once more at the end, and compare
    #[argh(switch)]
    pub(crate) verify: bool,

    /// chunks to fetch side by side, 1 to 16; default 1, as the service asks
    #[argh(option, arg_name = "n", default = "1", from_str_fn(parallel))]
    pub(crate) parallel: usize,
}

fn parallel(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=MAX_PARALLEL) => Ok(count),
        _ => Err(format!("a whole number from 1 to {MAX_PARALLEL} is needed")),
    }
}

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// Run a command.
    Run(Box<Arguments>),
    /// Print this text: help, or the version.
    Show(String),
    /// The usage is wrong, for this reason.
    Wrong(String),
}

pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Parsed {
    let mut texts = Vec::new();
    for argument in arguments {
        match argument.into_string() {
            Ok(text) => texts.push(text),
            Err(bytes) => return Parsed::Wrong(format!("an argument is not UTF-8: {}", bytes.display())),
        }
    }
    if texts.first().is_some_and(|first| first == "help") {
        texts[0] = "--help".to_owned();
    }
    let texts = match normalize(texts, &KNOWN) {
        Ok(texts) => texts,
        Err(problem) => return Parsed::Wrong(problem),
    };
    let is_before_command = |text: &&String| text.starts_with('-');
    if texts.iter().take_while(is_before_command).any(|text| matches!(text.as_str(), "--version" | "-V")) {
        return Parsed::Show(format!("{PROGRAM} {}\n", env!("CARGO_PKG_VERSION")));
    }
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    match Arguments::from_args(&[PROGRAM], &texts) {
        Ok(arguments) => Parsed::Run(Box::new(arguments)),
        Err(exit) if exit.status.is_ok() => Parsed::Show(exit.output + "\n"),
        Err(exit) => Parsed::Wrong(exit.output.trim_end().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_text(text: &str) -> Parsed {
        parse(text.split_whitespace().map(OsString::from))
    }

    /// The options that a help text lists, each with whether it takes a value.
    fn listed(command: &str) -> Vec<(String, bool)> {
        let Parsed::Show(help) = parse_text(command) else { panic!("{command}") };
        let options = help.lines().skip_while(|line| !line.starts_with("Options:")).skip(1);
        let mut listed = Vec::new();
        for line in options.take_while(|line| !line.is_empty()) {
            let words = line.split([' ', ',']).filter(|word| !word.is_empty());
            let names: Vec<&str> = words.take_while(|word| word.starts_with('-')).collect();
            let takes_value = names.iter().any(|name| help.contains(&format!("[{name} <")));
            listed.extend(names.iter().map(|name| ((*name).to_owned(), takes_value)));
        }
        assert!(!listed.is_empty(), "{help}");
        listed
    }

    #[test]
    fn every_option_is_known_to_the_normalization() {
        for (command, values, switches) in [
            ("--help", KNOWN.general_values, KNOWN.general_switches),
            ("chunks --help", KNOWN.command_values, KNOWN.command_switches),
            ("get --help", KNOWN.command_values, KNOWN.command_switches),
        ] {
            for (name, takes_value) in listed(command) {
                let known = if takes_value { values } else { switches };
                let is_help = matches!(name.as_str(), "--help" | "-h");
                assert!(is_help || known.contains(&name.as_str()), "{command}: {name}");
            }
        }
    }
}
