//! Arguments as people write them to arguments as argh reads them: `--name=value` becomes two, and
//! general options that follow the command move before it.

/// The options that there are. An option of neither kind is left for argh to refuse.
#[derive(Debug)]
pub(crate) struct Known {
    /// General options with a value.
    pub(crate) general_values: &'static [&'static str],
    /// General options without one.
    pub(crate) general_switches: &'static [&'static str],
    /// Options of commands with a value.
    pub(crate) command_values: &'static [&'static str],
    /// Options of commands without one.
    pub(crate) command_switches: &'static [&'static str],
}

/// Rewrites the arguments. What follows `--` is left as it is.
pub(crate) fn normalize(arguments: Vec<String>, known: &Known) -> Result<Vec<String>, String> {
    let mut general = Vec::new();
    let mut rest = Vec::new();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        if argument == "--" {
            rest.push(argument);
            rest.extend(arguments);
            break;
        }
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name.to_owned(), Some(value.to_owned())),
            _ => (argument, None),
        };
        let is_in = |list: &[&str]| list.contains(&name.as_str());
        if is_in(known.general_switches) || is_in(known.command_switches) {
            if value.is_some() {
                return Err(format!("{name} takes no value"));
            }
            if is_in(known.general_switches) { general.push(name) } else { rest.push(name) }
        } else if is_in(known.general_values) || is_in(known.command_values) {
            let Some(value) = value.or_else(|| arguments.next()) else {
                return Err(format!("{name} needs a value"));
            };
            let target = if is_in(known.general_values) { &mut general } else { &mut rest };
            target.extend([name, value]);
        } else {
            rest.push(match value {
                Some(value) => format!("{name}={value}"),
                None => name,
            });
        }
    }
    general.extend(rest);
    Ok(general)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Known = Known {
        general_values: &["--api-url"],
        general_switches: &["-q"],
        command_values: &["--output", "-o"],
        command_switches: &["--json"],
    };

    fn check(given: &str, expected: &str) {
        let arguments = given.split_whitespace().map(str::to_owned).collect();
        let outcome = normalize(arguments, &KNOWN).map_or_else(|e| e, |list| list.join(" "));
        assert_eq!(outcome, expected, "{given}");
    }

    #[test]
    fn both_ways_of_writing_a_value_are_one() {
        check("get L --output=x", "get L --output x");
        check("get L --output x", "get L --output x");
        check("get L --output=", "get L --output ");
        check("get L --output=a=b", "get L --output a=b");
        check("get L -o --a=b", "get L -o --a=b");
    }

    #[test]
    fn general_options_may_follow_the_command() {
        check("get L --api-url=U -o - -q", "--api-url U -q get L -o -");
        check("get -- -q", "get -- -q");
    }

    #[test]
    fn what_is_wrong_is_said_and_what_is_unknown_is_left() {
        check("get L --json=yes", "--json takes no value");
        check("get L -o", "-o needs a value");
        check("get L=x --nonsense=1", "get L=x --nonsense=1");
    }
}
