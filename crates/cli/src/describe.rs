//! The command line as data: what `cargo xtask dist` makes the man page and the completions from. Only in a
//! build with the feature `describe`, which no user installs.

use argh::{ArgsInfo, CommandInfoWithArgs, FlagInfo, FlagInfoKind, Optionality};
use serde_json::{Value, json};

use crate::arguments::{Arguments, PROGRAM};

/// The program, its options, and its commands.
pub(crate) fn program() -> Value {
    let mut program = command(PROGRAM, &Arguments::get_args_info());
    program["version"] = env!("CARGO_PKG_VERSION").into();
    program
}

fn command(name: &str, info: &CommandInfoWithArgs) -> Value {
    let positionals = info.positionals.iter().map(|positional| {
        json!({
            "name": positional.name,
            "description": one_line(positional.description),
            "required": matches!(positional.optionality, Optionality::Required),
        })
    });
    let codes = info.error_codes.iter().map(|error| json!([error.code, error.description]));
    let commands = info.commands.iter().map(|sub| command(sub.name, &sub.command));
    json!({
        "name": name,
        "description": one_line(info.description),
        "options": info.flags.iter().filter(|flag| !flag.hidden).map(option).collect::<Vec<_>>(),
        "positionals": positionals.collect::<Vec<_>>(),
        "examples": info.examples,
        "notes": info.notes,
        "exit_codes": codes.collect::<Vec<_>>(),
        "commands": commands.collect::<Vec<_>>(),
    })
}

fn option(flag: &FlagInfo) -> Value {
    let value = match flag.kind {
        FlagInfoKind::Switch => None,
        FlagInfoKind::Option { arg_name } => Some(arg_name),
    };
    json!({ "long": flag.long, "short": flag.short, "value": value, "description": one_line(flag.description) })
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
