//! `--env-file`: variables from a file, as systemd reads them, so that a nightly job is one file on any system.

use std::path::PathBuf;
use std::sync::OnceLock;

use anaplan_dump_core::{NamedFile, Setting};

use crate::failure::Failure;
use crate::os_text;

/// The variables that name a proxy, and the hosts that it is not for.
pub(crate) const PROXY: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
pub(crate) const NO_PROXY: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// The variables whose values are secrets.
const SECRETS: [&str; 4] =
    ["ANAPLAN_TOKEN", "ANAPLAN_BEARER_TOKEN", "ANAPLAN_PASSWORD", "ANAPLAN_PRIVATE_KEY_PASSPHRASE"];

static VARIABLES: OnceLock<Vec<(String, String)>> = OnceLock::new();

/// The value that the file has for a variable; the last one counts.
pub(crate) fn variable(name: &str) -> Option<String> {
    let mut found = VARIABLES.get()?.iter().rev().filter(|(found, _)| found == name);
    found.next().map(|(_, value)| value.clone()).filter(|value| !value.trim().is_empty())
}

/// Reads the file that the option or the variable of this name is set to, and keeps the variables that are wanted.
/// Returns its path if it holds a secret that other users can read.
pub(crate) fn read(
    name: &'static str,
    path: &str,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Option<PathBuf>, Failure> {
    let file = NamedFile::read(Setting::Named(name), os_text::path(path))?;
    let text = std::str::from_utf8(file.bytes());
    let text = text.map_err(|_| Failure::Usage(format!("{name} cannot be used: it is not in UTF-8")))?;
    let mut variables = parse(text)
        .map_err(|line| Failure::Usage(format!("{name} cannot be used: line {line} is not KEY=VALUE")))?;
    variables.retain(|(name, _)| is_wanted(name));
    let has_secret = variables.iter().any(|(name, _)| SECRETS.contains(&name.as_str()));
    let _ = VARIABLES.set(variables);
    Ok(file.exposed().filter(|_| has_secret).map(std::path::Path::to_owned))
}

/// The variables of a text that are meant for this program, or else the number of the line that is none.
fn parse(text: &str) -> Result<Vec<(String, String)>, usize> {
    let mut variables = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let (name, value) = line.split_once('=').ok_or(index + 1)?;
        let (name, value) = (name.trim_end(), unquoted(value.trim_start()).ok_or(index + 1)?);
        if name.starts_with("ANAPLAN_") || PROXY.contains(&name) || NO_PROXY.contains(&name) {
            variables.push((name.to_owned(), value));
        }
    }
    Ok(variables)
}

/// A value without its quotes and escapes. `None` if it would go on in the next line.
fn unquoted(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|c| ['"', '\''].contains(c));
    let text = match quote {
        Some(quote) => text[1..].strip_suffix(quote)?,
        None => text,
    };
    let mut value = String::new();
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        // On Windows a backslash is a part of a path.
        let is_escape = !cfg!(windows) && c == '\\' && quote != Some('\'');
        match characters.peek() {
            Some(next) if is_escape && (quote.is_none() || "\"\\$`".contains(*next)) => {
                value.extend(characters.next());
            }
            None if is_escape => return None,
            _ => value.push(c),
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_systemd_reads_them() {
        let text = "# a comment\n; another\n\nANAPLAN_A = a b \nANAPLAN_B=\"a \\\"b\\\" # c\"\r\nANAPLAN_C='it\\s'\n\
                    PATH=/bin\nno_proxy=a,b\nANAPLAN_D=\nANAPLAN_E=a=b\n";
        let parsed = parse(text).unwrap();
        let parsed: Vec<_> = parsed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let b = if cfg!(windows) { "a \\\"b\\\" # c" } else { "a \"b\" # c" };
        let expected = [
            ("ANAPLAN_A", "a b"),
            ("ANAPLAN_B", b),
            ("ANAPLAN_C", "it\\s"),
            ("no_proxy", "a,b"),
            ("ANAPLAN_D", ""),
            ("ANAPLAN_E", "a=b"),
        ];
        assert_eq!(parsed, expected);
        let path = parse("ANAPLAN_PRIVATE_KEY=C:\\keys\\a.pem").unwrap();
        assert_eq!(path[0].1, if cfg!(windows) { "C:\\keys\\a.pem" } else { "C:keysa.pem" });
        for (text, line) in [("ANAPLAN_A", 1), ("\nexport", 2), ("ANAPLAN_A=\"a", 1)] {
            assert_eq!(parse(text), Err(line), "{text}");
        }
    }
}
