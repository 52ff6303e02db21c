//! The command line, read once: from the words that people write to a command, a text to show, or what is wrong.
//!
//! argh reads one spelling. Here `--name=value`, `-oFILE` and `-qv` become several words, general options may come
//! before or after the command, and of an option that is given twice the last one counts, unless it may be repeated.

use std::ffi::OsString;

use argh::{ArgsInfo, CommandInfoWithArgs, FlagInfo, FlagInfoKind, FromArgs, Optionality, SubCommandInfo};

use crate::arguments::{Arguments, Command, PROGRAM, WITHOUT_JSON, names_path};
use crate::glob::expanded;
use crate::help::help;
use crate::os_text::{carried, is_carried};
use crate::text::safe;

/// What the command line asks for.
pub(crate) enum Parsed {
    Run(Box<Arguments>),
    /// Print this text: help, or the version.
    Show(String),
    /// There is no command: show this help, as wrong usage.
    Help(String),
}

/// What the command line asks for, and what its end needs of it.
pub(crate) struct Request {
    /// Or what is wrong with it.
    pub(crate) parsed: Result<Parsed, String>,
    /// The general options that have a value.
    pub(crate) options: Vec<(&'static str, String)>,
    /// The command, if one is named.
    pub(crate) command: Option<&'static str>,
    pub(crate) json: bool,
}

pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Request {
    let program = Arguments::get_args_info();
    let mut line = Line { program: &program, options: Vec::new(), words: Vec::new() };
    let read = line.read(arguments.map(carried));
    let parsed = read.and_then(|()| line.check()).and_then(|()| line.parsed());
    let general = line.options.iter().filter(|(flag, _)| line.is_general(flag));
    let options = general.filter_map(|(flag, value)| Some((flag.long, value.clone()?))).collect();
    Request { parsed, options, command: line.command().map(|command| command.name), json: line.has("--json") }
}

/// A command line that is read.
struct Line<'a> {
    program: &'a CommandInfoWithArgs,
    /// Options with their values, and switches.
    options: Vec<(&'a FlagInfo<'static>, Option<String>)>,
    /// What is no option: the command, and what follows it.
    words: Vec<String>,
}

impl<'a> Line<'a> {
    /// Reads the arguments to their end. What follows `--` is no option.
    fn read(&mut self, mut arguments: impl Iterator<Item = String>) -> Result<(), String> {
        let mut outcome = Ok(());
        while let Some(argument) = arguments.next() {
            if argument == "--" {
                self.words.extend(arguments);
                break;
            }
            if argument == "-" || !argument.starts_with('-') {
                self.words.push(argument);
                continue;
            }
            for (name, value) in self.split(&argument) {
                outcome = outcome.and(self.take(&name, value, &mut arguments));
            }
        }
        outcome
    }

    /// An argument as names of options, each with the value that is in the same argument.
    fn split(&self, argument: &str) -> Vec<(String, Option<String>)> {
        if let Some((name, value)) = argument.split_once('=').filter(|(name, _)| name.starts_with("--")) {
            return vec![(name.to_owned(), Some(value.to_owned()))];
        }
        if argument.starts_with("--") {
            return vec![(argument.to_owned(), None)];
        }
        let mut names = Vec::new();
        for (at, letter) in argument.char_indices().skip(1) {
            let name = format!("-{letter}");
            let value = &argument[at + letter.len_utf8()..];
            let takes_value = self.find(&name).is_some_and(is_option);
            names.push((name, (takes_value && !value.is_empty()).then(|| value.to_owned())));
            if takes_value {
                break;
            }
        }
        names
    }

    fn find(&self, name: &str) -> Option<&'a FlagInfo<'static>> {
        let name = if name == "-h" { "--help" } else { name };
        let is_name = |flag: &&FlagInfo| {
            flag.long == name || flag.short.is_some_and(|short| name.strip_prefix('-') == Some(&short.to_string()))
        };
        self.flags().find(is_name)
    }

    /// The general options, and those of all commands.
    fn flags(&self) -> impl Iterator<Item = &'a FlagInfo<'static>> {
        self.program.flags.iter().chain(self.program.commands.iter().flat_map(|command| command.command.flags))
    }

    fn is_general(&self, flag: &FlagInfo) -> bool {
        self.program.flags.iter().any(|general| general.long == flag.long)
    }

    fn take(
        &mut self,
        name: &str,
        value: Option<String>,
        arguments: &mut impl Iterator<Item = String>,
    ) -> Result<(), String> {
        let Some(flag) = self.find(name) else {
            return Err(unknown("option", name, self.flags().map(|flag| flag.long)));
        };
        let value = match value {
            Some(_) if !is_option(flag) => return Err(format!("{name} takes no value")),
            None if is_option(flag) => match arguments.next() {
                None => return Err(format!("{name} needs a value")),
                Some(next) if next.len() > 1 && next.starts_with('-') => {
                    return Err(format!("{name} needs a value, and {next} looks like an option (./{next} is a file)"));
                }
                next => next,
            },
            value => value,
        };
        let is_path = matches!(flag.kind, FlagInfoKind::Option { arg_name } if names_path(arg_name));
        if let Some(value) = value.as_deref().filter(|value| !is_path && is_carried(value)) {
            return Err(not_utf8(value));
        }
        // A switch that is given twice stays so: `-qq` is more than `-q`.
        if !matches!(flag.optionality, Optionality::Repeating) {
            self.options.retain(|(known, value)| known.long != flag.long || value.is_none());
        }
        self.options.push((flag, value));
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(flag, _)| flag.long == name)
    }

    /// The words without that of `help COMMAND`, which is `COMMAND --help`.
    fn words(&self) -> &[String] {
        match self.words.as_slice() {
            [first, rest @ ..] if first == "help" => rest,
            words => words,
        }
    }

    fn command(&self) -> Option<&'a SubCommandInfo> {
        let word = self.words().first()?;
        self.program.commands.iter().find(|known| known.name == *word)
    }

    /// Refuses a command that is none, and options that it does not have or cannot use.
    fn check(&self) -> Result<(), String> {
        let Some(command) = self.command() else {
            let known = self.program.commands.iter().map(|known| known.name);
            return match self.words().first() {
                None => Ok(()),
                Some(word) if word.contains('/') => {
                    Err(format!("\"{0}\" is no command; did you mean \"get {0}\"?", safe(word)))
                }
                Some(word) => Err(unknown("command", word, known)),
            };
        };
        let takes_path = command.command.positionals.iter().any(|positional| names_path(positional.name));
        if let Some(word) = self.words().iter().find(|word| !takes_path && is_carried(word)) {
            return Err(not_utf8(word));
        }
        let name = command.name;
        for (flag, value) in &self.options {
            let is_general = self.is_general(flag);
            let has = |command: &CommandInfoWithArgs| command.flags.iter().any(|known| known.long == flag.long);
            if !is_general && !has(&command.command) {
                let owners = self.program.commands.iter().filter(|known| has(&known.command));
                let owners = owners.map(|known| known.name).collect::<Vec<_>>().join(", ");
                return Err(format!("{} is an option of {owners}, not of {name}", flag.long));
            }
            if is_general && name == "explain" && value.is_some() {
                return Err(format!("{} has no meaning for explain, which sends nothing", flag.long));
            }
            if flag.long == "--json" && WITHOUT_JSON.contains(&name) {
                return Err(format!("--json has no meaning for {name}, which has nothing to tell a program"));
            }
        }
        Ok(())
    }

    fn parsed(&self) -> Result<Parsed, String> {
        let command = self.command().map(|command| command.name);
        if self.has("--version") {
            return Ok(Parsed::Show(format!("{PROGRAM} {}\n", env!("CARGO_PKG_VERSION"))));
        }
        if self.has("--help") || self.words.len() > self.words().len() {
            return Ok(Parsed::Show(help(self.program, command)));
        }
        match command {
            None if self.has("--json") => return Err("a command is needed".to_owned()),
            None => return Ok(Parsed::Help(help(self.program, None))),
            Some(_) if self.has("--quiet") && self.has("--verbose") => {
                return Err("-v and -q contradict each other".to_owned());
            }
            Some(_) => {}
        }
        let arguments = Arguments::from_args(&[PROGRAM], &self.for_argh());
        let mut arguments = arguments.map_err(|exit| exit.output.trim_end().to_owned())?;
        if let Command::Explain(explain) = &mut arguments.command
            && cfg!(windows)
        {
            (explain.files, explain.against) = (expanded(&explain.files), expanded(&explain.against));
        }
        Ok(Parsed::Run(Box::new(arguments)))
    }

    /// The arguments as argh reads them: general options, the command, its options, and the rest, where `-` is a file.
    fn for_argh<'b>(&'b self) -> Vec<&'b str> {
        let options = |general: bool| {
            let given = self.options.iter().filter(move |(flag, _)| self.is_general(flag) == general);
            given.flat_map(|(flag, value)| [flag.long].into_iter().chain(value.as_deref()))
        };
        let (command, rest) = self.words.split_at(self.words.len().min(1));
        let end = if rest.is_empty() { None } else { Some("--") };
        let words = |words: &'b [String]| words.iter().map(String::as_str);
        options(true).chain(words(command)).chain(options(false)).chain(end).chain(words(rest)).collect()
    }
}

fn is_option(flag: &FlagInfo<'_>) -> bool {
    matches!(flag.kind, FlagInfoKind::Option { .. })
}

fn not_utf8(text: &str) -> String {
    format!("an argument is not UTF-8: {}", safe(text))
}

fn unknown<'a>(what: &str, word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let meant = nearest(word, known).map(|meant| format!("; did you mean \"{meant}\"?"));
    format!("there is no {what} \"{}\"{}", safe(word), meant.unwrap_or_default())
}

/// The candidate that the user may have meant: two slips of the finger away at most.
fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const MAX_SLIPS: usize = 2;
    let near = candidates.map(|candidate| (slips(word, candidate), candidate));
    let near = near.filter(|(slips, candidate)| *slips <= MAX_SLIPS && *slips < candidate.len() / 2);
    // Of two that are equally near, the longer one: letters are forgotten rather than made up.
    near.min_by_key(|(slips, candidate)| (*slips, usize::MAX - candidate.len())).map(|(_, candidate)| candidate)
}

/// The number of letters to insert, remove, replace or swap (optimal string alignment).
fn slips(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The arguments as argh reads them, or what is wrong.
    fn read<'a>(words: impl Iterator<Item = &'a str>) -> Result<String, String> {
        let program = Arguments::get_args_info();
        let mut line = Line { program: &program, options: Vec::new(), words: Vec::new() };
        line.read(words.map(str::to_owned)).and_then(|()| line.check()).map(|()| line.for_argh().join(" "))
    }

    #[test]
    fn the_recipes_have_commands_and_options_that_there_are_and_no_token_which_ends_before_the_next_run() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/recipes");
        let files = folder.read_dir().unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        let text = files.collect::<String>();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        assert!(!lines.clone().any(|line| line.contains("ANAPLAN_TOKEN")), "{text}");
        let calls = lines.filter_map(|line| line.split_once("args: [").or_else(|| line.split_once("anaplan-dump ")));
        let calls: Vec<&str> = calls.map(|(_, call)| call).collect();
        for call in &calls {
            let words = call.split([' ', ',', ']', '"', '\'']).filter(|word| !word.is_empty());
            assert!(read(words).is_ok_and(|read| read.contains(" --output ")), "{call}");
        }
        assert!(calls.len() >= 5, "{calls:?}");
    }

    #[test]
    fn a_line_is_read_in_the_ways_that_people_write_it() {
        for (given, expected) in [
            ("get L --output=x", "get --output x -- L"),
            ("get L --output=", "get --output  -- L"),
            ("get L --output=a=b", "get --output a=b -- L"),
            ("get L -ofile", "get --output file -- L"),
            ("get L -o -", "get --output - -- L"),
            ("get L -o ./-q", "get --output ./-q -- L"),
            ("get L --api-url=U -o- -q", "--api-url U --quiet get --output - -- L"),
            ("--json get L -qv", "--json --quiet --verbose get -- L"),
            ("get L -qoX", "--quiet get --output X -- L"),
            ("get -- -q", "get -- -q"),
            ("explain a - b --top=3 -q", "--quiet explain --top 3 -- a - b"),
            ("get L -o a -o b --retries 1 --retries=2", "--retries 2 get --output b -- L"),
            ("get L -qq", "--quiet --quiet get -- L"),
            ("explain F --against a --against=b", "explain --against a --against b -- F"),
            ("get L --json=yes", "--json takes no value"),
            ("get L -o", "-o needs a value"),
            ("get L -o -q", "-o needs a value, and -q looks like an option (./-q is a file)"),
            ("get L -qx", "there is no option \"-x\""),
            ("get L=x --nonsense=1", "there is no option \"--nonsense\""),
            ("get L --ouptut x", "there is no option \"--ouptut\"; did you mean \"--output\"?"),
            ("tsaks --json", "there is no command \"tsaks\"; did you mean \"tasks\"?"),
            ("chunk D", "there is no command \"chunk\"; did you mean \"chunks\"?"),
            ("download D", "there is no command \"download\""),
            ("W/M/P", "\"W/M/P\" is no command; did you mean \"get W/M/P\"?"),
            ("tasks L --html x", "--html is an option of get, run, wait, explain, not of tasks"),
            ("explain F --retries 3", "--retries has no meaning for explain, which sends nothing"),
            ("login --json", "--json has no meaning for login, which has nothing to tell a program"),
        ] {
            assert_eq!(read(given.split_whitespace()).unwrap_or_else(|wrong| wrong), expected, "{given}");
        }
    }
}
