//! Completions for shells, from the description of the command line.

use std::fmt::Write as _;

use anaplan_dump_core::Origin;
use argh::{CommandInfoWithArgs, FlagInfo, FlagInfoKind};

use crate::arguments::{PROGRAM, SHELLS, names_path};

type Command = CommandInfoWithArgs;
type Flag = FlagInfo<'static>;

/// What a shell can offer as the value of an option.
#[derive(PartialEq)]
enum Values {
    /// The option takes no value.
    None,
    Paths,
    Regions,
    /// Anything, of which a shell knows nothing.
    Any,
}

impl Values {
    fn of(flag: &Flag) -> Self {
        match flag.kind {
            FlagInfoKind::Switch => Self::None,
            FlagInfoKind::Option { .. } if flag.long == "--region" => Self::Regions,
            FlagInfoKind::Option { arg_name } if names_path(arg_name) => Self::Paths,
            FlagInfoKind::Option { .. } => Self::Any,
        }
    }
}

/// The commands by name.
fn commands(program: &Command) -> impl Iterator<Item = (&'static str, &Command)> {
    program.commands.iter().map(|known| (known.name, &known.command))
}

/// The words that the argument of a command can be, where there are any.
fn choices(command: &Command) -> String {
    let is_shell = command.positionals.iter().any(|positional| positional.name == "SHELL");
    if is_shell { SHELLS.join(" ") } else { String::new() }
}

/// The options of the program, or those of a command that the program does not have.
fn flags<'a>(program: &'a Command, command: &'a Command) -> impl Iterator<Item = &'a Flag> {
    let is_general = |flag: &Flag| program.flags.iter().any(|general| general.long == flag.long);
    command.flags.iter().filter(move |flag| std::ptr::eq(program, command) || !is_general(flag))
}

fn takes_files(command: &Command) -> bool {
    command.positionals.iter().any(|positional| names_path(positional.name))
}

fn spellings(flag: &Flag) -> impl Iterator<Item = String> {
    flag.short.map(|short| format!("-{short}")).into_iter().chain([flag.long.to_owned()])
}

fn regions() -> String {
    Origin::region_names().collect::<Vec<_>>().join(" ")
}

pub(crate) fn script(program: &Command, shell: &str) -> String {
    match shell {
        "bash" => bash(program),
        "zsh" => zsh(program),
        "fish" => fish(program),
        _ => powershell(program),
    }
}

fn bash(program: &Command) -> String {
    let everything = || [program].into_iter().chain(commands(program).map(|(_, command)| command));
    let pattern = |wanted: Values| {
        let flags = everything().flat_map(|command| command.flags).filter(|flag| Values::of(flag) == wanted);
        let mut words: Vec<String> = flags.flat_map(spellings).collect();
        words.sort();
        words.dedup();
        words.join("|")
    };
    let words = |command: &Command| flags(program, command).flat_map(spellings).collect::<Vec<_>>().join(" ");
    let names: Vec<&str> = commands(program).map(|(name, _)| name).collect();
    let case = |(name, command): (&str, &Command)| {
        let files = if takes_files(command) { "files=1 " } else { "" };
        format!("        {name}) {files}words=\"{} {}\" ;;\n", choices(command), words(command))
    };
    include_str!("bash")
        .replace("@PATHS@", &pattern(Values::Paths))
        .replace("@REGION@", &pattern(Values::Regions))
        .replace("@REGIONS@", &regions())
        .replace("@VALUES@", &pattern(Values::Any))
        .replace("@COMMAND@", &names.join("|"))
        .replace("@CASES@", &commands(program).map(case).collect::<String>())
        .replace("@NAMES@", &names.join(" "))
        .replace("@GENERAL@", &words(program))
}

fn zsh(program: &Command) -> String {
    let quote = |text: &str| text.replace('\'', "'\\''").replace('[', "\\[").replace(']', "\\]").replace(':', "\\:");
    let flag = |flag: &Flag| {
        let about = quote(flag.description);
        let value = match Values::of(flag) {
            Values::None => String::new(),
            Values::Paths => ":file:_files".to_owned(),
            Values::Regions => format!(":region:({})", regions()),
            Values::Any => ":value: ".to_owned(),
        };
        let line = |form| format!(" \\\n        '{form}[{about}]{value}'");
        spellings(flag).map(line).collect::<String>()
    };
    let flags = |command: &Command| flags(program, command).map(flag).collect::<String>();
    let (mut names, mut cases) = (String::new(), String::new());
    for (name, command) in commands(program) {
        let _ = writeln!(names, "    '{name}:{}'", quote(command.description));
        let positionals = match choices(command).as_str() {
            _ if takes_files(command) => "*:file:_files".to_owned(),
            "" => "*:locator: ".to_owned(),
            choices => format!("1:shell:({choices})"),
        };
        let _ = writeln!(cases, "    {name}) _arguments \"$general[@]\"{} '{positionals}' ;;", flags(command));
    }
    include_str!("zsh").replace("@NAMES@", &names).replace("@GENERAL@", &flags(program)).replace("@CASES@", &cases)
}

fn fish(program: &Command) -> String {
    let quote = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
    let start = format!("complete -c {PROGRAM}");
    let line = |start: &str, flag: &Flag| {
        let short = flag.short.map(|short| format!(" -s {short}")).unwrap_or_default();
        let value = match Values::of(flag) {
            Values::None => String::new(),
            Values::Paths => " -r -F".to_owned(),
            Values::Regions => format!(" -x -a '{}'", regions()),
            Values::Any => " -x".to_owned(),
        };
        let (long, about) = (flag.long.trim_start_matches('-'), quote(flag.description));
        format!("{start} -l {long}{short}{value} -d '{about}'\n")
    };
    let mut lines = format!("{start} -f\n");
    lines.extend(program.flags.iter().map(|flag| line(&start, flag)));
    for (name, command) in commands(program) {
        let about = quote(command.description);
        let _ = writeln!(lines, "{start} -n __fish_use_subcommand -a {name} -d '{about}'");
        let after = format!("{start} -n '__fish_seen_subcommand_from {name}'");
        lines.extend(flags(program, command).map(|flag| line(&after, flag)));
        let offered = match choices(command).as_str() {
            _ if takes_files(command) => "-F".to_owned(),
            "" => continue,
            choices => format!("-a '{choices}'"),
        };
        let _ = writeln!(lines, "{after} {offered}");
    }
    lines
}

fn powershell(program: &Command) -> String {
    let pair = |word: &str, about: &str| {
        format!("        [pscustomobject]@{{ Word = '{word}'; About = '{}' }}\n", about.replace('\'', "''"))
    };
    let entries = |command: &Command| {
        let pairs = |flag: &Flag| spellings(flag).map(|form| pair(&form, flag.description)).collect::<String>();
        let choices = choices(command);
        let choices = choices.split_whitespace().map(|choice| pair(choice, "shell"));
        choices.chain(flags(program, command).map(pairs)).collect::<String>()
    };
    let (mut names, mut table) = (String::new(), String::new());
    for (name, command) in commands(program) {
        names += &pair(name, command.description);
        let _ = writeln!(table, "        '{name}' = @(\n{}        )", entries(command));
    }
    let regions: String = Origin::region_names().map(|name| pair(name, "region")).collect();
    include_str!("powershell")
        .replace("@NAMES@", &names)
        .replace("@GENERAL@", &entries(program))
        .replace("@REGIONS@", &regions)
        .replace("@TABLE@", &table)
}

#[cfg(all(test, unix))]
mod tests {
    use argh::ArgsInfo;

    use super::*;
    use crate::arguments::Arguments;

    #[test]
    fn bash_completes_commands_options_regions_and_files_where_the_command_takes_them() {
        let script = bash(&Arguments::get_args_info());
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rejected rows.csv"), "").unwrap();
        for (words, expected) in [
            ("pro", "processes"),
            ("explain re", "rejected rows.csv"),
            ("explain --fi", "--fix"),
            ("get --ca-file re", "rejected rows.csv"),
            ("get --region eu", "eu1|eu2|eu4|eu3|eu5"),
            ("get re", ""),
            ("completion f", "fish"),
            ("whoami --he", "--help"),
        ] {
            let script = format!(
                "{script}\nCOMP_WORDS=(anaplan-dump {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
                 _anaplan_dump; IFS='|'; echo \"${{COMPREPLY[*]}}\""
            );
            let output = std::process::Command::new("bash").args(["-c", &script]).current_dir(&folder).output();
            // Bash may not be installed.
            let Ok(output) = output else { return };
            assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), expected, "{words}: {output:?}");
        }
    }
}
