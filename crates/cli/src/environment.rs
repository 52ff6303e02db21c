//! What is set: by an option, else in the environment, else in the file of `--env-file`.

use std::env::VarError;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anaplan_dump_core::{Id, Locator, ModelAddress, NamedFile, ProxyChoice, Setting};
use argh::{ArgsInfo, FlagInfoKind};

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::os_text::{self, carried};

/// The variables whose values are secrets.
const SECRETS: [&str; 4] =
    ["ANAPLAN_TOKEN", "ANAPLAN_BEARER_TOKEN", "ANAPLAN_PASSWORD", "ANAPLAN_PRIVATE_KEY_PASSPHRASE"];

/// The variables that name files, beside those whose names end with `_FILE`.
const PATHS: [&str; 3] = ["ANAPLAN_CERTIFICATE", "ANAPLAN_PRIVATE_KEY", "ANAPLAN_CA_ADD"];

/// The options and the variables. An empty variable counts as not set.
#[derive(Debug)]
pub(crate) struct Environment<'a> {
    pub(crate) arguments: &'a Arguments,
    /// When the time of the command is over.
    pub(crate) end: Option<Instant>,
    /// The general options that have a value.
    options: &'a [(&'static str, String)],
    /// Those of the file; the last one of a name counts.
    from_file: Vec<(String, String)>,
    /// The file, if users that it is not meant for can read it.
    exposed: Option<PathBuf>,
}

impl<'a> Environment<'a> {
    pub(crate) fn new(arguments: &'a Arguments, options: &'a [(&'static str, String)]) -> Self {
        let end = arguments.command.timeout().and_then(|limit| Instant::now().checked_add(limit));
        Environment { arguments, end, options, from_file: Vec::new(), exposed: None }
    }

    /// Refuses variables that would have no effect.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        for command in Arguments::get_args_info().commands {
            for flag in command.command.flags {
                let variable = variable_of(flag.long);
                let is_option = matches!(flag.kind, FlagInfoKind::Option { .. });
                if is_option && self.variable(&variable)?.is_some() {
                    return Err(Failure::Usage(format!(
                        "{variable} is set, and {} has no variable: unset it, and give the option",
                        flag.long
                    )));
                }
            }
        }
        Ok(())
    }

    /// Reads the file of variables, if one is named.
    pub(crate) fn read_file(&mut self) -> Result<(), Failure> {
        let Some((name, path)) = self.first(&["ANAPLAN_ENV_FILE"])? else { return Ok(()) };
        let wrong = |problem: String| Failure::Usage(format!("{name} cannot be used: {problem}"));
        let file = NamedFile::read(Setting::Named(name), os_text::path(&path))?;
        let text = std::str::from_utf8(file.bytes()).map_err(|_| wrong("it is not in UTF-8".into()))?;
        self.from_file = parse(text).map_err(wrong)?;
        self.exposed = file.exposed().map(Path::to_owned);
        Ok(())
    }

    /// The same without the file.
    pub(crate) fn without_file(&self) -> Environment<'a> {
        Environment::new(self.arguments, self.options)
    }

    pub(crate) fn drop_from_file(&mut self, names: &[&str]) {
        self.from_file.retain(|(name, _)| !names.contains(&name.as_str()));
    }

    /// The file, if it holds a secret that other users can read.
    pub(crate) fn exposed_secrets(&self) -> Option<&Path> {
        let has_secret = self.from_file.iter().any(|(name, _)| SECRETS.contains(&name.as_str()));
        self.exposed.as_deref().filter(|_| has_secret)
    }

    /// The value of a variable, or of its option.
    pub(crate) fn get(&self, name: &'static str) -> Result<Option<String>, Failure> {
        Ok(self.first(&[name])?.map(|(_, value)| value))
    }

    fn variable(&self, name: &str) -> Result<Option<String>, Failure> {
        match std::env::var(name) {
            Ok(value) if !value.trim().is_empty() => Ok(Some(value)),
            Ok(_) | Err(VarError::NotPresent) => Ok(self.file_variable(name)),
            Err(VarError::NotUnicode(path)) if name.ends_with("_FILE") || PATHS.contains(&name) => {
                Ok(Some(carried(path)))
            }
            Err(VarError::NotUnicode(_)) => Err(Failure::Usage(format!("{name} is not UTF-8"))),
        }
    }

    /// The first of these variables that is set, by the name of its option where that is given, and its value.
    pub(crate) fn first(&self, names: &[&'static str]) -> Result<Option<(&'static str, String)>, Failure> {
        for name in names {
            if let Some(given) = self.options.iter().find(|(option, _)| variable_of(option) == *name) {
                return Ok(Some(given.clone()));
            }
            if let Some(value) = self.variable(name)? {
                return Ok(Some((name, value)));
            }
        }
        Ok(None)
    }

    /// The proxy of the file and the hosts that it is not for, where the file has a part in that.
    pub(crate) fn proxy(&self) -> Result<Option<(String, String)>, Failure> {
        if !proxy_variables().any(|name| self.file_variable(name).is_some()) {
            return Ok(None);
        }
        let no_proxy = self.first(&ProxyChoice::EXCEPTIONS)?.map(|(_, hosts)| hosts).unwrap_or_default();
        Ok(self.first(&ProxyChoice::VARIABLES)?.map(|(_, url)| (url, no_proxy)))
    }

    /// The model of `ANAPLAN_WORKSPACE` and `ANAPLAN_MODEL`, if both are set.
    pub(crate) fn model(&self) -> Result<Option<ModelAddress>, Failure> {
        let id = |name| -> Result<Option<Id>, Failure> {
            let id = self.get(name)?.map(|text| text.trim().parse()).transpose();
            id.map_err(|error| Failure::Usage(format!("{name}: {error}")))
        };
        let both = id("ANAPLAN_WORKSPACE")?.zip(id("ANAPLAN_MODEL")?);
        Ok(both.map(|(workspace, id)| ModelAddress { origin: None, workspace: Some(workspace), id }))
    }

    /// Reads a locator. The short form may leave out the model of the environment.
    pub(crate) fn locator(&self, text: &str) -> Result<Locator, Failure> {
        let model = self.model()?;
        Locator::parse_within(text, model.as_ref()).map_err(|error| {
            let is_short = model.is_none() && !text.is_empty() && !text.contains('/');
            let note = is_short.then(|| "a locator without a model needs ANAPLAN_WORKSPACE and ANAPLAN_MODEL".into());
            Failure::noted(error.into(), note)
        })
    }

    fn file_variable(&self, name: &str) -> Option<String> {
        let found = self.from_file.iter().rev().find(|(found, _)| found == name)?;
        Some(found.1.clone()).filter(|value| !value.trim().is_empty())
    }
}

/// The variable that an option has: that of `--stall-timeout` is `ANAPLAN_STALL_TIMEOUT`.
fn variable_of(option: &str) -> String {
    format!("ANAPLAN_{}", option[2..].to_uppercase().replace('-', "_"))
}

/// The variables of a text that are meant for this program, as systemd and a shell read them, or else which line
/// cannot be read.
fn parse(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut variables = Vec::new();
    for (line, number) in text.lines().map(str::trim).zip(1_usize..) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let odd = || format!("line {number} is not KEY=VALUE");
        let (before, value) = line.split_once('=').ok_or_else(odd)?;
        let before = before.trim_end();
        let name = match before.strip_prefix("export") {
            Some(name) if name.starts_with([' ', '\t']) => name.trim_start_matches([' ', '\t']),
            _ => before,
        };
        let value = unquoted(value.trim_start()).ok_or_else(odd)?;
        if is_variable(name) {
            variables.push((name.to_owned(), value));
        } else if mentions_variable(before) {
            return Err(format!(
                "line {number} has something else than the name of a variable before =; write the name as it is \
                 documented, in the same letters, alone or after export"
            ));
        }
    }
    Ok(variables)
}

fn is_variable(name: &str) -> bool {
    let is_usual = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.strip_prefix("ANAPLAN_").is_some_and(|rest| !rest.is_empty() && rest.chars().all(is_usual))
        || proxy_variables().any(|of_proxy| of_proxy == name)
}

/// Whether a text that is no variable was meant as one: passed over, it could send a password to another region.
fn mentions_variable(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    text.to_ascii_uppercase().contains("ANAPLAN_")
        || words.any(|word| proxy_variables().any(|of_proxy| of_proxy.eq_ignore_ascii_case(word)))
}

fn proxy_variables() -> impl Iterator<Item = &'static str> {
    ProxyChoice::VARIABLES.into_iter().chain(ProxyChoice::EXCEPTIONS)
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
    fn lines_are_read_as_systemd_and_a_shell_read_them() {
        for (line, expected) in [
            ("# a comment\n; another\n\nPATH=/bin", ""),
            ("ANAPLAN_A = a b ", "ANAPLAN_A=a b"),
            ("export ANAPLAN_A=a", "ANAPLAN_A=a"),
            ("export\tANAPLAN_A=a\nexport \t HTTPS_PROXY=b", "ANAPLAN_A=a HTTPS_PROXY=b"),
            ("ANAPLAN_A='it\\s'\r\n", "ANAPLAN_A=it\\s"),
            ("no_proxy=a,b\nANAPLAN_D=", "no_proxy=a,b ANAPLAN_D="),
            ("ANAPLAN_E=a=b", "ANAPLAN_E=a=b"),
            (
                "ANAPLAN_A=\"a \\\"b\\\" # c\"",
                if cfg!(windows) { "ANAPLAN_A=a \\\"b\\\" # c" } else { "ANAPLAN_A=a \"b\" # c" },
            ),
            ("ANAPLAN_A=C:\\a.pem", if cfg!(windows) { "ANAPLAN_A=C:\\a.pem" } else { "ANAPLAN_A=C:a.pem" }),
            ("ANAPLAN_A", "line 1"),
            ("\nexport", "line 2"),
            ("ANAPLAN_A=\"a", "line 1"),
        ] {
            let lines = |variables: Vec<(String, String)>| {
                variables.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
            };
            let not_key_value = |why: String| why.strip_suffix(" is not KEY=VALUE").unwrap_or(&why).to_owned();
            let parsed = parse(line).map_or_else(not_key_value, lines);
            assert_eq!(parsed, expected, "{line}");
        }
    }

    #[test]
    fn a_line_that_seems_to_set_a_variable_and_does_not_is_refused_and_its_value_is_not_shown() {
        for line in [
            "set ANAPLAN_REGION=s3cret",
            "export -n ANAPLAN_REGION=s3cret",
            "$env:ANAPLAN_REGION = \"s3cret\"",
            "anaplan_token=s3cret",
            "ANAPLAN_Region=s3cret",
            "ANAPLAN_=s3cret",
            "\u{feff}ANAPLAN_REGION=s3cret",
            "ANAPLAN_REGION\u{200b}=s3cret",
            "export \u{feff}ANAPLAN_REGION=s3cret",
            "Https_Proxy=s3cret",
            "set no_proxy=s3cret",
            "\u{feff}ALL_PROXY=s3cret",
        ] {
            let why = parse(&format!("\n{line}\nANAPLAN_A=a")).unwrap_err();
            assert!(why.starts_with("line 2 has something else than ") && !why.contains("s3cret"), "{line}: {why}");
        }
        for line in ["PATH=ANAPLAN_A", "http_proxy=a", "INSTALL_PROXY=a", "exported=a", "# set ANAPLAN_A=a"] {
            assert_eq!(parse(line), Ok(Vec::new()), "{line}");
        }
    }
}
