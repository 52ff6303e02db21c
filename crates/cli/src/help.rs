//! The help, in 80 columns: of the program, its commands by job and the general options; of a command, its own options.

use std::fmt::Write as _;

use argh::{CommandInfoWithArgs, FlagInfo, FlagInfoKind, Optionality};

use crate::arguments::{COMMANDS_BY_JOB, PROGRAM, WITHOUT_JSON};
use crate::text::wrapped;

/// Width of the help in characters.
const WIDTH: usize = 80;

/// Width of the column with names.
const NAMES: usize = 27;

pub(crate) fn help(program: &CommandInfoWithArgs, command: Option<&str>) -> String {
    let subcommand = program.commands.iter().find(|known| Some(known.name) == command);
    let (name, shown) = match subcommand {
        Some(subcommand) => (format!("{PROGRAM} {}", subcommand.name), &subcommand.command),
        None => (PROGRAM.to_owned(), program),
    };
    let json = program.flags.iter().filter(|flag| flag.long == "--json" && !WITHOUT_JSON.contains(&shown.name));
    let subcommands = if shown.commands.is_empty() { "" } else { " COMMAND ..." };
    let positionals = shown.positionals.iter().map(|one| format!(" {}", arity(one.name, &one.optionality)));
    let mut text = format!("Usage: {name} [options]{subcommands}{}\n\n", positionals.collect::<String>());
    paragraphs(&mut text, shown.description);
    if !shown.positionals.is_empty() {
        text.push_str("\nArguments:\n");
    }
    for positional in shown.positionals {
        entry(&mut text, &arity(positional.name, &positional.optionality), positional.description);
    }
    if subcommand.is_some() {
        text.push_str("\nOptions:\n");
        shown.flags.iter().chain(json).for_each(|flag| entry(&mut text, &spelled(flag), flag.description));
    } else {
        for (job, names) in COMMANDS_BY_JOB {
            let _ = writeln!(text, "\n{job}:");
            let known = names.iter().filter_map(|name| shown.commands.iter().find(|known| known.name == *name));
            known.for_each(|known| entry(&mut text, known.name, known.command.description));
        }
        text.push_str("\nGeneral options:\n");
        program.flags.iter().for_each(|flag| entry(&mut text, &spelled(flag), flag.description));
    }
    for note in shown.notes {
        text.push('\n');
        paragraphs(&mut text, note);
    }
    if !shown.examples.is_empty() {
        text.push_str("\nExamples:\n");
    }
    for example in shown.examples {
        let _ = writeln!(text, "  {}", example.replace("{command_name}", &name));
    }
    if subcommand.is_none() {
        text.push_str("\nExit codes:\n");
        for code in shown.error_codes {
            entry(&mut text, &code.code.to_string(), code.description);
        }
        let _ = writeln!(text, "\n{PROGRAM} COMMAND --help shows the options of a command.");
    } else if command == Some("explain") {
        text.push_str("\nOf the general options, it takes -q, -qq and -v.\n");
    } else {
        let _ = writeln!(text, "\nGeneral options, such as --region and -q: {PROGRAM} --help");
    }
    text
}

/// A positional argument, and whether it may be left out or repeated.
pub(crate) fn arity(name: &str, optionality: &Optionality) -> String {
    match optionality {
        Optionality::Required => name.to_owned(),
        Optionality::Optional => format!("[{name}]"),
        _ => format!("[{name}...]"),
    }
}

/// The names of an option, and the word for its value.
pub(crate) fn spelled(flag: &FlagInfo<'_>) -> String {
    let short = flag.short.map(|short| format!("-{short}, ")).unwrap_or_default();
    let value = match &flag.kind {
        FlagInfoKind::Switch => String::new(),
        FlagInfoKind::Option { arg_name } => format!(" <{arg_name}>"),
    };
    format!("{short}{}{value}", flag.long)
}

/// A name and what it means, beside it or below it.
fn entry(text: &mut String, name: &str, description: &str) {
    let lines = wrapped(description, WIDTH - NAMES - 2);
    let is_beside = name.chars().count() + 2 <= NAMES;
    let mut left = name.to_owned();
    if !is_beside {
        let _ = writeln!(text, "  {name}");
        left.clear();
    }
    for line in lines {
        let _ = writeln!(text, "  {left:NAMES$}{line}");
        left.clear();
    }
}

fn paragraphs(text: &mut String, source: &str) {
    for (index, paragraph) in source.split("\n\n").enumerate() {
        if index > 0 {
            text.push('\n');
        }
        // Indented lines are a list, and stay as they are.
        let is_list = |line: &&str| line.starts_with(' ');
        let lines: Vec<&str> = paragraph.lines().collect();
        for block in lines.chunk_by(|a, b| is_list(a) == is_list(b)) {
            let block = match block {
                [first, ..] if is_list(first) => block.iter().map(|line| (*line).to_owned()).collect(),
                _ => wrapped(&block.join(" "), WIDTH),
            };
            for line in block {
                let _ = writeln!(text, "{line}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use argh::ArgsInfo;

    use super::*;
    use crate::arguments::Arguments;

    #[test]
    fn help_is_whole_fits_a_terminal_and_names_every_command_and_option() {
        let program = Arguments::get_args_info();
        let names: Vec<&str> = COMMANDS_BY_JOB.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let commands = program.commands.iter().map(|command| Some(command.name));
        for command in commands.chain([None]) {
            let text = help(&program, command);
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let known = program.commands.iter().find(|known| Some(known.name) == command);
            let notes = known.map_or(program.notes, |known| known.command.notes);
            assert!(notes.iter().all(|note| words(&text).contains(&words(note))), "{command:?} lacks words:\n{text}");
            let long = text.lines().find(|line| line.chars().count() > WIDTH);
            assert!(long.is_none_or(|line| line.contains(PROGRAM)), "{command:?}: {long:?}");
            assert!(command.is_none_or(|name| names.contains(&name)), "{command:?} has no job");
            assert!(command.is_none() || text.lines().count() <= 60, "{command:?} is too long:\n{text}");
        }
        let text = help(&program, None);
        assert!(text.contains("  -q, --quiet ") && text.contains("  --retries <n> "), "{text}");
    }
}
