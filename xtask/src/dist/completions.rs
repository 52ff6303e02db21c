//! Completions for shells, from the description of the command line.

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
pub(super) fn all(program: &Value) -> Vec<(String, String)> {
    let name = text(program, "name");
    vec![
        (format!("{name}.bash"), bash(program)),
        (format!("_{name}"), zsh(program)),
        (format!("{name}.fish"), fish(program)),
        (format!("_{name}.ps1"), powershell(program)),
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

fn long_and_short(option: &Value) -> Vec<String> {
    let short = option["short"].as_str().map(|short| format!("-{short}"));
    [text(option, "long").to_owned()].into_iter().chain(short).collect()
}

/// The words of the options, for shells that know no more of them.
fn words<'a>(options: impl Iterator<Item = &'a Value>) -> String {
    options.flat_map(long_and_short).collect::<Vec<_>>().join(" ")
}

fn names(program: &Value) -> Vec<&str> {
    items(program, "commands").iter().map(|command| text(command, "name")).collect()
}

fn bash(program: &Value) -> String {
    let name = text(program, "name");
    let all = || items(program, "commands").iter().chain([program]).flat_map(|part| items(part, "options"));
    let pattern = |wanted: fn(&Value) -> bool| {
        let mut names: Vec<_> =
            all().filter(|o| o["value"].is_string() && wanted(o)).flat_map(long_and_short).collect();
        names.sort();
        names.dedup();
        names.join("|")
    };
    let general = words(items(program, "options").iter());
    let mut commands = String::new();
    for command in items(program, "commands") {
        let files = if takes_files(command) { "files=1 " } else { "" };
        let _ = writeln!(
            commands,
            "        {}) {files}words=\"{}\" ;;",
            text(command, "name"),
            words(items(command, "options").iter())
        );
    }
    format!(
        r#"_anaplan_dump() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} word command="" words="" files=""
    case $previous in
        {paths}) COMPREPLY=($(compgen -f -- "$current")); return ;;
        {values}) COMPREPLY=(); return ;;
    esac
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case $word in
            {alternatives}) command=$word; break ;;
        esac
    done
    case $command in
{commands}        *) words="{all_names}" ;;
    esac
    if [[ $files && $current != -* ]]; then
        COMPREPLY=($(compgen -f -- "$current"))
        return
    fi
    COMPREPLY=($(compgen -W "$words {general}" -- "$current"))
}}
complete -o filenames -F _anaplan_dump {name}
"#,
        paths = pattern(is_path),
        values = pattern(|option| !is_path(option)),
        alternatives = names(program).join("|"),
        all_names = names(program).join(" "),
    )
}

fn zsh(program: &Value) -> String {
    let name = text(program, "name");
    let quote =
        |text: &str| text.replace('\'', "'\\''").replace('[', "\\[").replace(']', "\\]").replace(':', "\\:");
    let arguments = |options: &[Value]| -> String {
        let mut lines = String::new();
        for option in options {
            let value = match option["value"].as_str() {
                None => String::new(),
                Some(value) if is_path(option) => format!(":{value}:_files"),
                Some(value) => format!(":{value}: "),
            };
            for form in long_and_short(option) {
                let _ = write!(lines, " \\\n        '{form}[{}]{value}'", quote(text(option, "description")));
            }
        }
        lines
    };
    let mut commands = String::new();
    let mut cases = String::new();
    for command in items(program, "commands") {
        let command_name = text(command, "name");
        let _ = writeln!(commands, "        '{command_name}:{}'", quote(text(command, "description")));
        let options = arguments(items(command, "options"));
        let positionals = if takes_files(command) { "*:file:_files" } else { "*:locator: " };
        let _ = writeln!(cases, "    {command_name}) _arguments{options} '{positionals}' ;;");
    }
    format!(
        "#compdef {name}\nlocal -a commands\nlocal state line\ncommands=(\n{commands})\n_arguments -C{} \\\n        \
         '1:command:->command' '*::arguments:->arguments'\ncase $state in\n  command) _describe command commands ;;\n  \
         arguments) case $line[1] in\n{cases}    esac ;;\nesac\n",
        arguments(items(program, "options"))
    )
}

fn fish(program: &Value) -> String {
    let name = text(program, "name");
    let quote = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
    let mut lines = format!("complete -c {name} -f\n");
    let mut add = |condition: &str, option: &Value| {
        let _ = write!(
            lines,
            "complete -c {name}{condition} -l {}",
            text(option, "long").trim_start_matches('-')
        );
        if let Some(short) = option["short"].as_str() {
            let _ = write!(lines, " -s {short}");
        }
        match option["value"].is_string() {
            true if is_path(option) => lines += " -r -F",
            true => lines += " -x",
            false => {}
        }
        let _ = writeln!(lines, " -d '{}'", quote(text(option, "description")));
    };
    items(program, "options").iter().for_each(|option| add("", option));
    for command in items(program, "commands") {
        let condition = format!(" -n '__fish_seen_subcommand_from {}'", text(command, "name"));
        items(command, "options").iter().for_each(|option| add(&condition, option));
    }
    for command in items(program, "commands") {
        if takes_files(command) {
            let command = text(command, "name");
            let _ = writeln!(lines, "complete -c {name} -n '__fish_seen_subcommand_from {command}' -F");
        }
        let _ = writeln!(
            lines,
            "complete -c {name} -n __fish_use_subcommand -a {} -d '{}'",
            text(command, "name"),
            quote(text(command, "description"))
        );
    }
    lines
}

fn powershell(program: &Value) -> String {
    let name = text(program, "name");
    let quote = |text: &str| text.replace('\'', "''");
    let list = |part: &Value| {
        let mut lines = String::new();
        for option in items(part, "options") {
            for form in long_and_short(option) {
                let _ = writeln!(lines, "            @('{form}', '{}')", quote(text(option, "description")));
            }
        }
        lines
    };
    let mut table = String::new();
    let mut commands = String::new();
    for command in items(program, "commands") {
        let command_name = text(command, "name");
        let _ = write!(table, "        '{command_name}' = @(\n{}        )\n", list(command));
        let _ = writeln!(commands, "        @('{command_name}', '{}')", quote(text(command, "description")));
    }
    format!(
        "Register-ArgumentCompleter -Native -CommandName '{name}' -ScriptBlock {{
    param($word, $line, $position)
    $commands = @(
{commands}    )
    $options = @{{
        '' = @(
{}        )
{table}    }}
    $given = $line.CommandElements | Select-Object -Skip 1 | ForEach-Object {{ \"$_\" }}
    $command = $given | Where-Object {{ $_ -and $options.ContainsKey($_) }} | Select-Object -First 1
    $choices = $options[''] + $(if ($command) {{ $options[$command] }} else {{ $commands }})
    $choices | Where-Object {{ $_[0] -like \"$word*\" }} | ForEach-Object {{
        [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterValue', $_[1])
    }}
}}
",
        list(program)
    )
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use serde_json::json;

    use super::*;

    fn description() -> Value {
        json!({
            "name": "anaplan-dump",
            "options": [{ "long": "--ca-file", "value": "file", "description": "roots" }],
            "commands": [
                {
                    "name": "explain",
                    "description": "Report",
                    "options": [{ "long": "--top", "value": "n", "description": "kinds" }],
                    "positionals": [{ "name": "FILE" }],
                },
                { "name": "get", "description": "Download", "positionals": [{ "name": "LOCATOR" }] },
            ],
        })
    }

    #[test]
    fn bash_completes_files_where_the_command_takes_them() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rejected.csv"), "").unwrap();
        for (words, expected) in [
            ("explain re", "rejected.csv"),
            ("explain --t", "--top"),
            ("get --ca-file re", "rejected.csv"),
            ("get re", ""),
            ("ex", "explain"),
        ] {
            let script = format!(
                "{}\nCOMP_WORDS=(anaplan-dump {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
                 _anaplan_dump; echo \"${{COMPREPLY[@]}}\"",
                bash(&description())
            );
            // Not installed.
            let Ok(output) = Command::new("bash").args(["-c", &script]).current_dir(&folder).output() else {
                return;
            };
            assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), expected, "{words}: {output:?}");
        }
    }

    #[test]
    fn zsh_and_fish_complete_files_where_the_command_takes_them() {
        let zsh = zsh(&description());
        assert!(zsh.contains("[kinds]:n: ' '*:file:_files' ;;\n"), "{zsh}");
        assert!(zsh.contains("get) _arguments '*:locator: ' ;;\n"), "{zsh}");
        let fish = fish(&description());
        assert!(fish.contains("-n '__fish_seen_subcommand_from explain' -F\n"), "{fish}");
        assert!(!fish.contains("__fish_seen_subcommand_from get"), "{fish}");
    }
}
