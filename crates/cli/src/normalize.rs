//! Arguments as people write them to arguments as argh reads them: `--name=value`, `-oFILE` and `-qv` become
//! several, general options and `--json` may stand before or after the command, and of an option that is
//! given twice the last one counts, unless it may be repeated.

use argh::{CommandInfoWithArgs, FlagInfo, FlagInfoKind, Optionality};

use crate::help::nearest;
use crate::text::safe;

/// An option with its value, or a switch.
struct Given {
    name: String,
    value: Option<String>,
}

/// Rewrites the arguments of a program with these options and commands. What follows `--` is left as it
/// is; an unknown option or command is refused with the one that may be meant.
pub(crate) fn normalize(
    arguments: Vec<String>,
    program: &CommandInfoWithArgs,
) -> Result<Vec<String>, String> {
    // `--help` belongs to the command before it.
    let general_flags: Vec<&FlagInfo> = program.flags.iter().filter(|flag| flag.long != "--help").collect();
    let command_flags: Vec<&FlagInfo> =
        program.commands.iter().flat_map(|command| command.command.flags.iter()).collect();
    let (mut general, mut specific, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    let mut literal = Vec::new();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        if argument == "--" {
            literal.extend(arguments);
            break;
        }
        for (name, value) in split(&argument, &[&general_flags[..], &command_flags].concat()) {
            let (flag, given) = match (find(&general_flags, &name), find(&command_flags, &name)) {
                (Some(flag), _) => (flag, &mut general),
                (None, Some(flag)) => (flag, &mut specific),
                (None, None) if name.starts_with("--") => {
                    let known = general_flags.iter().chain(&command_flags).map(|flag| flag.long);
                    return Err(unknown("option", &name, nearest(&name, known)));
                }
                (None, None) => {
                    rest.push(argument.clone());
                    break;
                }
            };
            let value = match (&flag.kind, value) {
                (FlagInfoKind::Switch, None) => None,
                (FlagInfoKind::Switch, Some(_)) => return Err(format!("{name} takes no value")),
                (FlagInfoKind::Option { .. }, Some(value)) => Some(value),
                (FlagInfoKind::Option { .. }, None) => Some(next_value(&name, arguments.next())?),
            };
            give(given, flag, value);
        }
    }
    if let Some(command) = rest.iter().find(|argument| !argument.starts_with('-')) {
        let mut known = program.commands.iter().map(|known| known.name);
        if !known.clone().any(|known| known == command) {
            return Err(unknown("command", command, nearest(command, &mut known)));
        }
    }
    // Options of a command stand behind it, wherever they were given.
    let command = rest.iter().position(|argument| !argument.starts_with('-')).map_or(0, |at| at + 1);
    let mut behind = rest.split_off(command.min(rest.len()));
    let flat = |given: Vec<Given>| {
        given.into_iter().flat_map(|given| std::iter::once(given.name).chain(given.value)).collect::<Vec<_>>()
    };
    // argh takes `-`, which is a file here, for an option.
    let is_literal = |argument: &String| argument == "-" || !argument.starts_with('-');
    if !literal.is_empty() || behind.iter().any(|argument| argument == "-") {
        let (mut plain, odd): (Vec<_>, Vec<_>) = behind.into_iter().partition(is_literal);
        plain.insert(0, "--".to_owned());
        behind = [odd, plain, literal].concat();
    }
    Ok([flat(general), rest, flat(specific), behind].concat())
}

fn unknown(what: &str, word: &str, meant: Option<&str>) -> String {
    let meant = meant.map(|meant| format!("; did you mean \"{meant}\"?")).unwrap_or_default();
    format!("there is no {what} \"{}\"{meant}", safe(word))
}

/// The value of an option that stands in the next argument.
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

/// An argument as names of options, each with the value that stands in the same argument.
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
        let arguments = given.split_whitespace().map(str::to_owned).collect();
        let outcome = normalize(arguments, &Arguments::get_args_info());
        assert_eq!(outcome.map_or_else(|e| e, |list| list.join(" ")), expected, "{given}");
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
        check("W/M/P", "there is no command \"W/M/P\"");
    }
}
