//! Completions for shells, from the description of the command line. The crate argh_complete has them too, but no
//! files in zsh, no options after a locator in fish, and no PowerShell.

use std::fmt::Write as _;

use serde_json::Value;

/// A member of a description that is a list; empty if it is none.
pub(super) fn items<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value[member].as_array().map_or(&[], Vec::as_slice)
}

/// A member of a description that is a text; empty if it is none.
pub(super) fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

/// Each file and its content.
pub(super) fn all(program: &Value) -> [(&'static str, String); 4] {
    [
        ("anaplan-dump.bash", bash(program)),
        ("_anaplan-dump", zsh(program)),
        ("anaplan-dump.fish", fish(program)),
        ("_anaplan-dump.ps1", powershell(program)),
    ]
}

/// Whether the value of an option is a file or a folder.
fn is_path(option: &Value) -> bool {
    text(option, "value").split('|').any(|kind| ["file", "dir"].contains(&kind))
}

/// Whether what follows the command are files.
fn takes_files(command: &Value) -> bool {
    items(command, "positionals").iter().any(|positional| text(positional, "name") == "FILE")
}

/// The spellings of the options of a command.
fn spellings<'a>(options: impl IntoIterator<Item = &'a Value>) -> Vec<String> {
    let both = |option: &'a Value| {
        let short = option["short"].as_str().map(|short| format!("-{short}"));
        [text(option, "long").to_owned()].into_iter().chain(short)
    };
    options.into_iter().flat_map(both).collect()
}

fn bash(program: &Value) -> String {
    let commands = items(program, "commands");
    let pattern = |wanted: fn(&Value) -> bool| {
        let options = commands.iter().chain([program]).flat_map(|part| items(part, "options"));
        let mut words = spellings(options.filter(|o| o["value"].is_string() && wanted(o)));
        words.sort();
        words.dedup();
        words.join("|")
    };
    let names: Vec<&str> = commands.iter().map(|command| text(command, "name")).collect();
    let case = |command: &Value| {
        let files = if takes_files(command) { "files=1 " } else { "" };
        let words = spellings(items(command, "options")).join(" ");
        format!("        {}) {files}words=\"{words}\" ;;\n", text(command, "name"))
    };
    include_str!("completions/bash")
        .replace("@PATHS@", &pattern(is_path))
        .replace("@VALUES@", &pattern(|option| !is_path(option)))
        .replace("@COMMAND@", &names.join("|"))
        .replace("@CASES@", &commands.iter().map(case).collect::<String>())
        .replace("@NAMES@", &names.join(" "))
        .replace("@GENERAL@", &spellings(items(program, "options")).join(" "))
}

fn zsh(program: &Value) -> String {
    let quote =
        |text: &str| text.replace('\'', "'\\''").replace('[', "\\[").replace(']', "\\]").replace(':', "\\:");
    let arguments = |part: &Value| -> String {
        let line = |option: &Value| {
            let (about, value) = (quote(text(option, "description")), text(option, "value"));
            let then = if is_path(option) { "_files" } else { " " };
            let value = if value.is_empty() { String::new() } else { format!(":{value}:{then}") };
            let line = |form| format!(" \\\n        '{form}[{about}]{value}'");
            spellings([option]).into_iter().map(line).collect::<String>()
        };
        items(part, "options").iter().map(line).collect()
    };
    let (mut names, mut cases) = (String::new(), String::new());
    for command in items(program, "commands") {
        let name = text(command, "name");
        let _ = writeln!(names, "    '{name}:{}'", quote(text(command, "description")));
        let positionals = if takes_files(command) { "*:file:_files" } else { "*:locator: " };
        let _ = writeln!(cases, "    {name}) _arguments{} '{positionals}' ;;", arguments(command));
    }
    include_str!("completions/zsh")
        .replace("@NAMES@", &names)
        .replace("@GENERAL@", &arguments(program))
        .replace("@CASES@", &cases)
}

fn fish(program: &Value) -> String {
    let quote = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
    let mut lines = "complete -c anaplan-dump -f\n".to_owned();
    for part in [program].into_iter().chain(items(program, "commands")) {
        let (name, about) = (text(part, "name"), quote(text(part, "description")));
        let mut start = "complete -c anaplan-dump".to_owned();
        if part != program {
            let _ = writeln!(lines, "{start} -n __fish_use_subcommand -a {name} -d '{about}'");
            let _ = write!(start, " -n '__fish_seen_subcommand_from {name}'");
        }
        if takes_files(part) {
            let _ = writeln!(lines, "{start} -F");
        }
        for option in items(part, "options") {
            let long = text(option, "long").trim_start_matches('-');
            let short = option["short"].as_str().map(|short| format!(" -s {short}")).unwrap_or_default();
            let value = if is_path(option) { " -r -F" } else { " -x" };
            let value = if option["value"].is_string() { value } else { "" };
            let about = quote(text(option, "description"));
            let _ = writeln!(lines, "{start} -l {long}{short}{value} -d '{about}'");
        }
    }
    lines
}

fn powershell(program: &Value) -> String {
    let pair = |word: &str, about: &str| format!("        @('{word}', '{}')\n", about.replace('\'', "''"));
    let options = |part: &Value| {
        let pairs =
            |option| spellings([option]).into_iter().map(|form| pair(&form, text(option, "description")));
        items(part, "options").iter().flat_map(pairs).collect::<String>()
    };
    let (mut names, mut table) = (String::new(), String::new());
    for command in items(program, "commands") {
        names += &pair(text(command, "name"), text(command, "description"));
        let _ = writeln!(table, "        '{}' = @(\n{})", text(command, "name"), options(command));
    }
    include_str!("completions/powershell")
        .replace("@NAMES@", &names)
        .replace("@GENERAL@", &options(program))
        .replace("@TABLE@", &table)
}

#[test]
fn files_are_completed_where_the_command_takes_them() {
    let program = serde_json::json!({
        "name": "anaplan-dump",
        "options": [{ "long": "--ca-file", "value": "file" }],
        "commands": [
            { "name": "explain", "options": [{ "long": "--top", "value": "n" }], "positionals": [{ "name": "FILE" }] },
            { "name": "get", "positionals": [{ "name": "LOCATOR" }] },
        ],
    });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rejected.csv"), "").unwrap();
    for (words, expected) in [
        ("explain re", "rejected.csv"),
        ("explain --t", "--top"),
        ("get --ca-file re", "rejected.csv"),
        ("get re", ""),
    ] {
        let script = format!(
            "{}\nCOMP_WORDS=(anaplan-dump {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
             _anaplan_dump; echo \"${{COMPREPLY[@]}}\"",
            bash(&program)
        );
        let output = std::process::Command::new("bash").args(["-c", &script]).current_dir(&folder).output();
        // Bash may not be installed.
        let Ok(output) = output else { return };
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), expected, "{words}: {output:?}");
    }
}
