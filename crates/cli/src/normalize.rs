//! Arguments as people write them to arguments as argh reads them: `--name=value` becomes two, general
//! options may follow the command, and so may `-V`; `-` is a file and no option.

use argh::{CommandInfoWithArgs, FlagInfo, FlagInfoKind};

/// Rewrites the arguments of a program with these options and commands. What follows `--` is left as it
/// is, and an unknown option is left for argh to refuse.
pub(crate) fn normalize(
    arguments: Vec<String>,
    program: &CommandInfoWithArgs,
) -> Result<Vec<String>, String> {
    // `--help` belongs to the command before it.
    let general_flags: Vec<&FlagInfo> = program.flags.iter().filter(|flag| flag.long != "--help").collect();
    let command_flags: Vec<&FlagInfo> =
        program.commands.iter().flat_map(|command| command.command.flags.iter()).collect();
    let mut general = Vec::new();
    let mut rest = Vec::new();
    // `-`, and the files behind it.
    let mut files = Vec::new();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        if argument == "--" {
            files.extend(arguments);
            break;
        }
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
            _ => (argument.as_str(), None),
        };
        let (flag, target) = match (find(&general_flags, name), find(&command_flags, name)) {
            (Some(flag), _) => (flag, &mut general),
            (None, Some(flag)) => (flag, &mut rest),
            (None, None) => {
                let is_file = argument == "-" || (!files.is_empty() && !argument.starts_with('-'));
                if is_file { &mut files } else { &mut rest }.push(argument);
                continue;
            }
        };
        target.push(flag.long.to_owned());
        match (&flag.kind, value) {
            (FlagInfoKind::Switch, None) => {}
            (FlagInfoKind::Switch, Some(_)) => return Err(format!("{name} takes no value")),
            (FlagInfoKind::Option { .. }, value) => match value.or_else(|| arguments.next()) {
                Some(value) => target.push(value),
                None => return Err(format!("{name} needs a value")),
            },
        }
    }
    general.extend(rest);
    if !files.is_empty() {
        general.push("--".to_owned());
        general.extend(files);
    }
    Ok(general)
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
        check("get L --output=x", "get L --output x");
        check("get L --output x", "get L --output x");
        check("get L --output=", "get L --output ");
        check("get L --output=a=b", "get L --output a=b");
        check("get L -o --a=b", "get L --output --a=b");
    }

    #[test]
    fn general_options_may_follow_the_command() {
        check("get L --api-url=U -o - -q", "--api-url U --quiet get L --output -");
        check("get -- -q", "get -- -q");
        check("explain a - b --top=3 -q", "--quiet explain a --top 3 -- - b");
    }

    #[test]
    fn what_is_wrong_is_said_and_what_is_unknown_is_left() {
        check("get L --json=yes", "--json takes no value");
        check("get L -o", "-o needs a value");
        check("get L=x --nonsense=1", "get L=x --nonsense=1");
    }
}
