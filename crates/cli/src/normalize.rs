//! The command line, read once: arguments as people write them to arguments as argh reads them. `--name=value`,
//! `-oFILE` and `-qv` become several, general options and `--json` may stand before or after the command, and of an
//! option that is given twice the last one counts, unless it may be repeated.

use argh::{CommandInfoWithArgs, FlagInfo, FlagInfoKind, Optionality};

use crate::help::nearest;
use crate::text::safe;

/// An option with its value, or a switch.
struct Given {
    name: String,
    value: Option<String>,
}

/// A command line as it was read.
#[derive(Debug, Default)]
pub(crate) struct CommandLine {
    /// The arguments for argh.
    pub(crate) arguments: Vec<String>,
    /// The command, if there is one of this name.
    pub(crate) command: Option<&'static str>,
    pub(crate) json: bool,
    pub(crate) help: bool,
    pub(crate) version: bool,
    /// The first thing that is wrong.
    pub(crate) problem: Option<String>,
}

/// Reads the arguments of a program with these options and commands. What follows `--` is left as it is.
pub(crate) fn read(
    arguments: impl IntoIterator<Item = String>,
    program: &CommandInfoWithArgs,
) -> CommandLine {
    // `--help` belongs to the command before it.
    let general_flags: Vec<&FlagInfo> = program.flags.iter().filter(|flag| flag.long != "--help").collect();
    let command_flags: Vec<&FlagInfo> =
        program.commands.iter().flat_map(|command| command.command.flags.iter()).collect();
    let all_flags = [&general_flags[..], &command_flags].concat();
    let mut line = CommandLine::default();
    let (mut general, mut specific, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    let mut literal = Vec::new();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        if argument == "--" {
            literal.extend(arguments);
            break;
        }
        for (name, value) in split(&argument, &all_flags) {
            let (flag, given) = match (find(&general_flags, &name), find(&command_flags, &name)) {
                (Some(flag), _) => (flag, &mut general),
                (None, Some(flag)) => (flag, &mut specific),
                (None, None) if name.starts_with("--") => {
                    let known = all_flags.iter().map(|flag| flag.long);
                    line.problem.get_or_insert_with(|| unknown("option", &name, nearest(&name, known)));
                    continue;
                }
                (None, None) if name == "-h" => {
                    line.help = true;
                    continue;
                }
                (None, None) => {
                    rest.push(argument.clone());
                    break;
                }
            };
            let value = match (&flag.kind, value) {
                (FlagInfoKind::Switch, None) => None,
                (FlagInfoKind::Switch, Some(_)) => {
                    line.problem.get_or_insert(format!("{name} takes no value"));
                    continue;
                }
                (FlagInfoKind::Option { .. }, Some(value)) => Some(value),
                (FlagInfoKind::Option { .. }, None) => match next_value(&name, arguments.next()) {
                    Ok(value) => Some(value),
                    Err(problem) => {
                        line.problem.get_or_insert(problem);
                        continue;
                    }
                },
            };
            match flag.long {
                "--json" => line.json = true,
                "--help" => line.help = true,
                "--version" => line.version = true,
                _ => {}
            }
            give(given, flag, value);
        }
    }
    let command = rest.iter().position(|argument| !argument.starts_with('-'));
    if let Some(word) = command.map(|at| &rest[at]) {
        match program.commands.iter().find(|known| known.name == *word) {
            Some(known) => {
                line.command = Some(known.name);
                check_options(&mut line, program, &known.command, &general, &specific);
            }
            None => {
                line.problem.get_or_insert_with(|| no_command(word, program));
            }
        }
    }
    // Options of a command follow it, wherever they were given.
    let mut after = rest.split_off(command.map_or(0, |at| at + 1).min(rest.len()));
    let flat = |given: Vec<Given>| {
        given.into_iter().flat_map(|given| std::iter::once(given.name).chain(given.value)).collect::<Vec<_>>()
    };
    // argh takes `-`, which is a file here, for an option.
    let is_literal = |argument: &String| argument == "-" || !argument.starts_with('-');
    if !literal.is_empty() || after.iter().any(|argument| argument == "-") {
        let (mut plain, odd): (Vec<_>, Vec<_>) = after.into_iter().partition(is_literal);
        plain.insert(0, "--".to_owned());
        after = [odd, plain, literal].concat();
    }
    line.arguments = [flat(general), rest, flat(specific), after].concat();
    line
}

/// Refuses options that belong to other commands, and general ones that the command cannot use.
fn check_options(
    line: &mut CommandLine,
    program: &CommandInfoWithArgs,
    command: &CommandInfoWithArgs,
    general: &[Given],
    specific: &[Given],
) {
    let name = line.command.unwrap_or_default();
    let has =
        |command: &CommandInfoWithArgs, option: &str| command.flags.iter().any(|flag| flag.long == option);
    if let Some(foreign) = specific.iter().find(|given| !has(command, &given.name)) {
        let owners = program.commands.iter().filter(|known| has(&known.command, &foreign.name));
        let owners = owners.map(|known| known.name).collect::<Vec<_>>().join(", ");
        line.problem.get_or_insert(format!("{} is an option of {owners}, not of {name}", foreign.name));
    }
    if name == "explain"
        && let Some(useless) = general.iter().find(|given| given.value.is_some())
    {
        line.problem
            .get_or_insert(format!("{} has no meaning for explain, which sends nothing", useless.name));
    }
}

fn no_command(word: &str, program: &CommandInfoWithArgs) -> String {
    if word.contains('/') {
        return format!("\"{0}\" is no command; did you mean \"get {0}\"?", safe(word));
    }
    unknown("command", word, nearest(word, program.commands.iter().map(|known| known.name)))
}

fn unknown(what: &str, word: &str, meant: Option<&str>) -> String {
    let meant = meant.map(|meant| format!("; did you mean \"{meant}\"?")).unwrap_or_default();
    format!("there is no {what} \"{}\"{meant}", safe(word))
}

/// The value of an option that is in the next argument.
fn next_value(name: &str, next: Option<String>) -> Result<String, String> {
    match next {
        Some(value) if value.len() > 1 && value.starts_with('-') => {
            Err(format!("{name} needs a value, and {value} looks like an option (./{value} is a file)"))
        }
        Some(value) => Ok(value),
        None => Err(format!("{name} needs a value")),
    }
}

/// Counts the last value of an option. A switch that is given twice stays so: `-qq` is more than `-q`.
fn give(given: &mut Vec<Given>, flag: &FlagInfo<'_>, value: Option<String>) {
    if !matches!(flag.optionality, Optionality::Repeating) {
        given.retain(|known| known.name != flag.long || known.value.is_none());
    }
    given.push(Given { name: flag.long.to_owned(), value });
}

/// An argument as names of options, each with the value that is in the same argument.
fn split(argument: &str, flags: &[&FlagInfo<'_>]) -> Vec<(String, Option<String>)> {
    if let Some((name, value)) = argument.split_once('=').filter(|(name, _)| name.starts_with("--")) {
        return vec![(name.to_owned(), Some(value.to_owned()))];
    }
    let whole = vec![(argument.to_owned(), None)];
    let Some(letters) = argument.strip_prefix('-').filter(|letters| !letters.starts_with('-')) else {
        return whole;
    };
    let mut names = Vec::new();
    for (at, letter) in letters.char_indices() {
        let name = format!("-{letter}");
        match find(flags, &name).map(|flag| &flag.kind) {
            Some(FlagInfoKind::Switch) => names.push((name, None)),
            Some(FlagInfoKind::Option { .. }) => {
                let value = letters[at + letter.len_utf8()..].to_owned();
                names.push((name, (!value.is_empty()).then_some(value)));
                return names;
            }
            None => return whole,
        }
    }
    if names.is_empty() { whole } else { names }
}

fn find<'a>(flags: &[&'a FlagInfo<'a>], name: &str) -> Option<&'a FlagInfo<'a>> {
    let is_name = |flag: &&&FlagInfo| {
        flag.long == name
            || flag.short.is_some_and(|short| name.strip_prefix('-') == Some(&short.to_string()))
    };
    flags.iter().find(is_name).copied()
}

#[cfg(test)]
mod tests {
    use argh::ArgsInfo;

    use super::*;
    use crate::arguments::Arguments;

    fn check(given: &str, expected: &str) {
        let arguments: Vec<String> = given.split_whitespace().map(str::to_owned).collect();
        let line = read(arguments, &Arguments::get_args_info());
        assert_eq!(line.problem.unwrap_or_else(|| line.arguments.join(" ")), expected, "{given}");
    }

    #[test]
    fn both_ways_of_writing_a_value_are_one() {
        check("get L --output=x", "get --output x L");
        check("get L --output x", "get --output x L");
        check("get L --output=", "get --output  L");
        check("get L --output=a=b", "get --output a=b L");
        check("get L -ofile", "get --output file L");
        check("get L -o -", "get --output - L");
        check("get L -o-", "get --output - L");
    }

    #[test]
    fn general_options_may_follow_the_command() {
        check("get L --api-url=U -o - -q", "--api-url U --quiet get --output - L");
        check("--json get L -qv", "--quiet --verbose get --json L");
        check("get L -qoX", "--quiet get --output X L");
        check("get -- -q", "get -- -q");
        check("explain a - b --top=3 -q", "--quiet explain --top 3 -- a - b");
    }

    #[test]
    fn the_last_of_a_repeated_option_counts() {
        check("get L -o a -o b --retries 1 --retries=2", "--retries 2 get --output b L");
        check("get L -qq", "--quiet --quiet get L");
        check("explain F --against a --against=b", "explain --against a --against b F");
    }

    #[test]
    fn what_is_wrong_is_said_and_what_is_unknown_is_left() {
        check("get L --json=yes", "--json takes no value");
        check("get L -o", "-o needs a value");
        check("get L -o -q", "-o needs a value, and -q looks like an option (./-q is a file)");
        check("get L -o ./-q", "get --output ./-q L");
        check("get L -qx", "get L -qx");
        check("get L=x --nonsense=1", "there is no option \"--nonsense\"");
        check("get L --ouptut x", "there is no option \"--ouptut\"; did you mean \"--output\"?");
        check("taks P", "there is no command \"taks\"; did you mean \"tasks\"?");
        check("W/M/P", "\"W/M/P\" is no command; did you mean \"get W/M/P\"?");
        check("taks --json", "there is no command \"taks\"; did you mean \"tasks\"?");
        check("tasks L --html x", "--html is an option of get, run, wait, explain, not of tasks");
        check("explain F --retries 3", "--retries has no meaning for explain, which sends nothing");
    }
}
