//! The recipes in `docs/recipes`: each is read by the program that it is for, or by a parser of its format, where
//! that is installed, each command in them is one that there is, and nothing in them fails a schedule.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::outcome::Outcome;
use crate::cargo::{PROGRAM, clean_command, root};

/// How each kind of file is read. `{}` is the file.
const READERS: &[(&str, &[&str])] = &[
    ("service", &["systemd-analyze", "verify", "--recursive-errors=no", "{}"]),
    ("timer", &["systemd-analyze", "verify", "--recursive-errors=no", "{}"]),
    ("yaml", &["python3", "-c", "import sys, yaml; assert yaml.safe_load(open(sys.argv[1]))", "{}"]),
    ("py", &["python3", "-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())", "{}"]),
    (
        "xml",
        &[
            "python3",
            "-c",
            "import sys; from xml.etree import ElementTree; ElementTree.parse(sys.argv[1])",
            "{}",
        ],
    ),
    ("ps1", &["pwsh", "-NoProfile", "-Command", "[scriptblock]::Create((Get-Content -Raw {}))"]),
];

/// Ways to sign in with a token that has ended before the next run of a schedule.
const READY_TOKENS: &[&str] = &["ANAPLAN_TOKEN", "ANAPLAN_BEARER_TOKEN", "--token-file"];

/// Reads every recipe.
pub(super) fn check() -> Outcome {
    let (mut read, mut unread, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    let program = match crate::cargo::build_program(&[]) {
        Ok(program) => program,
        Err(why) => return Outcome::Failed(why),
    };
    let folder = root().join("docs/recipes");
    let Ok(entries) = fs::read_dir(&folder) else {
        return Outcome::Failed(format!("{} is missing", folder.display()));
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match fs::read_to_string(&path) {
            Ok(text) => failures.extend(
                unknown_options(&text, &program)
                    .chain(unfit_for_schedules(&text))
                    .map(|problem| format!("docs/recipes/{name}: {problem}")),
            ),
            Err(error) => failures.push(format!("docs/recipes/{name}: {error}")),
        }
        match parse(&path) {
            None => unread.push(name),
            Some(Ok(())) => read.push(name),
            Some(Err(why)) => failures.push(format!("docs/recipes/{name}: {why}")),
        }
    }
    if !failures.is_empty() {
        return Outcome::Failed(failures.join("\n"));
    }
    let unread =
        if unread.is_empty() { String::new() } else { format!(", no reader for {}", unread.join(", ")) };
    Outcome::Passed(format!("{} recipes read{unread}", read.len()))
}

/// `None` where nothing that reads such files is installed.
fn parse(path: &Path) -> Option<Result<(), String>> {
    let extension = path.extension()?.to_str()?;
    let (_, reader) = READERS.iter().find(|(kind, _)| *kind == extension)?;
    let mut command = Command::new(reader[0]);
    command.args(reader[1..].iter().map(|word| word.replace("{}", &path.display().to_string())));
    let output = command.stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    // The reader lacks its parser, or the program of the unit is not installed here.
    if text.contains("No module named 'yaml'") {
        return None;
    }
    let is_only_absent =
        text.lines().all(|line| line.contains("is not executable") || line.trim().is_empty());
    Some(if output.status.success() || (extension == "service" || extension == "timer") && is_only_absent {
        Ok(())
    } else {
        Err(text)
    })
}

/// The options after the program's name in a recipe that its commands do not have.
fn unknown_options(text: &str, program: &Path) -> impl Iterator<Item = String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let calls: Vec<Vec<String>> = lines.filter_map(call).collect();
    let program = program.to_owned();
    calls.into_iter().filter_map(move |words| {
        let command = words.first()?.clone();
        let help = |arguments: &[&str]| {
            let output = clean_command(&program).args(arguments).output().ok()?;
            output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
        };
        let Some(of_command) = help(&[&command, "--help"]) else {
            return Some(format!("there is no command {command}"));
        };
        let known = of_command + &help(&["--help"])?;
        let known: Vec<&str> = known.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
        let unknown = words.iter().find(|word| word.starts_with('-') && !known.contains(&word.as_str()));
        unknown.map(|option| format!("{command} has no option {option}"))
    })
}

/// What works by hand, but not in a schedule.
fn unfit_for_schedules(text: &str) -> impl Iterator<Item = String> {
    let tokens = READY_TOKENS.iter().filter(|name| text.contains(**name));
    let pipes = text.lines().filter(|line| call(line).is_some() && line.contains(" | "));
    tokens
        .map(|name| format!("{name}: a token ends before the next run"))
        .chain(pipes.map(|line| format!("a pipe hides the exit code: {}", line.trim())))
}

/// The command and its options, where the line calls the program: in a shell, or as a list in YAML.
fn call(line: &str) -> Option<Vec<String>> {
    let rest = line.split_once("args: [").or_else(|| line.split_once(&format!("{PROGRAM} ")))?.1;
    let words = rest.split([' ', ',', ']', '"', '\'']).filter(|word| !word.is_empty());
    let words: Vec<String> =
        words.take_while(|word| !["|", "2>>"].contains(word)).map(str::to_owned).collect();
    ["run", "get"].contains(&words.first()?.as_str()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_the_program_are_found_in_shells_and_in_yaml() {
        let words = |line: &str| call(line).map(|words| words.join(" "));
        assert_eq!(words("ExecStart=/usr/bin/anaplan-dump run 1 -o a/").as_deref(), Some("run 1 -o a/"));
        assert_eq!(words("  args: [run, \"1\", -o, /dumps/]").as_deref(), Some("run 1 -o /dumps/"));
        assert_eq!(words("podman build -t anaplan-dump -f x"), None);
    }

    #[test]
    fn a_ready_token_and_a_pipe_do_not_fit_a_schedule() {
        let problems = |text| unfit_for_schedules(text).collect::<Vec<_>>();
        assert_eq!(problems("run: anaplan-dump get 1 | tee a").len(), 1);
        assert_eq!(problems("args: [run, \"1\", --token-file, /secret/token]").len(), 1);
        assert!(problems("ANAPLAN_CERTIFICATE=a anaplan-dump run 1 -o a/").is_empty());
    }
}
