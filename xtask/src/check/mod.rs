//! `cargo xtask test`: everything that must hold before a change goes in.

mod dependencies;
mod dist;
mod floors;
mod oldest_rust;
mod outcome;
mod output;
mod tidy;

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use argh::FromArgs;

use crate::cargo::{cargo, stream};
use outcome::Outcome;
use output::Filter;

/// run every check: formatting, files, floors, dependencies, lints, documentation, tests
#[derive(FromArgs)]
#[argh(subcommand, name = "test")]
pub(crate) struct Test {
    /// run only this step; may be repeated
    #[argh(option)]
    only: Vec<String>,
    /// list the steps, and end
    #[argh(switch)]
    list: bool,
    /// print everything that cargo prints, tests that pass included
    #[argh(switch)]
    verbose: bool,
}

enum Work {
    /// The arguments of cargo, with blanks between them.
    Cargo(&'static str),
    Tidy,
    Floors,
    Dependencies,
    Dist,
    OldestRust,
}

/// Quick ones first. The library is checked a second time as an embedder without HTTP gets it, with the report,
/// which needs none.
const STEPS: &[(&str, Work)] = &[
    ("fmt", Work::Cargo("fmt --all --check")),
    ("tidy", Work::Tidy),
    ("floors", Work::Floors),
    ("dependencies", Work::Dependencies),
    ("clippy", Work::Cargo("clippy --workspace --all-targets --locked -- --deny warnings")),
    (
        "clippy-no-http",
        Work::Cargo(
            "clippy --package anaplan-dump-core --no-default-features --features report --all-targets --locked -- \
             --deny warnings",
        ),
    ),
    ("doc", Work::Cargo("doc --workspace --no-deps --locked")),
    ("test", Work::Cargo("test --workspace --locked --no-fail-fast")),
    (
        "test-no-http",
        Work::Cargo(
            "test --package anaplan-dump-core --no-default-features --features report --locked --no-fail-fast",
        ),
    ),
    ("package", Work::Cargo("package --workspace --exclude xtask --locked --allow-dirty --no-verify")),
    ("dist", Work::Dist),
    ("oldest-rust", Work::OldestRust),
];

/// Runs the steps, all of them even where one fails.
pub(crate) fn run(arguments: &Test, tasks: &[&str]) -> Result<(), String> {
    let names: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
    if arguments.list {
        println!("{}", names.join("\n"));
        return Ok(());
    }
    if let Some(name) = arguments.only.iter().find(|name| !names.contains(&name.as_str())) {
        return Err(format!("no step is called {name}; there are: {}", names.join(", ")));
    }
    let mut results = Vec::new();
    for (name, work) in STEPS {
        if !arguments.only.is_empty() && !arguments.only.iter().any(|only| only == name) {
            continue;
        }
        println!("== {name}");
        let start = Instant::now();
        let outcome = work.run(tasks, arguments.verbose);
        if let Outcome::Failed(why) = &outcome {
            println!("{why}");
        }
        results.push((*name, outcome, start.elapsed()));
    }
    print_table(&results);
    verdict(&results).map(|verdict| println!("{verdict}"))
}

impl Work {
    fn run(&self, tasks: &[&str], verbose: bool) -> Outcome {
        match self {
            Self::Cargo(arguments) => run_cargo(arguments, verbose),
            Self::Tidy => tidy::check(tasks).into(),
            Self::Floors => floors::check().into(),
            Self::Dependencies => dependencies::check().into(),
            Self::Dist => dist::check().into(),
            Self::OldestRust => match oldest_rust::command() {
                Ok(command) => print_run(command, verbose),
                Err(why) => Outcome::Skipped(why),
            },
        }
    }
}

fn run_cargo(arguments: &str, verbose: bool) -> Outcome {
    let subcommand = arguments.split(' ').next().unwrap_or_default();
    if ["fmt", "clippy"].contains(&subcommand) && !is_installed(subcommand) {
        return Outcome::Skipped(format!("cargo {subcommand} is not installed"));
    }
    let mut command = cargo();
    command.args(arguments.split(' '));
    if subcommand == "doc" {
        command.env("RUSTDOCFLAGS", "--deny warnings");
    }
    print_run(command, verbose)
}

fn is_installed(subcommand: &str) -> bool {
    let mut command = cargo();
    command.args([subcommand, "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs a command, and prints what is worth reading of its output.
fn print_run(command: Command, verbose: bool) -> Outcome {
    let program = Path::new(command.get_program()).file_stem().unwrap_or_default();
    let words: Vec<_> = [program].into_iter().chain(command.get_args()).map(OsStr::to_string_lossy).collect();
    let shown = words.join(" ");
    let mut filter = Filter::default();
    let succeeded = stream(command, |line| {
        if verbose || filter.is_worth_reading(line) {
            println!("{line}");
        }
    });
    match succeeded {
        Ok(true) => Outcome::Passed(filter.remark()),
        Ok(false) => Outcome::Failed(format!("failed: {shown}")),
        Err(why) => Outcome::Failed(why),
    }
}

fn print_table(results: &[(&str, Outcome, Duration)]) {
    println!("\n{:<16}{:<9}{:>8}", "step", "result", "seconds");
    for (name, outcome, time) in results {
        let (word, remark) = match outcome {
            Outcome::Passed(remark) => ("ok", remark.as_str()),
            Outcome::Failed(_) => ("FAILED", ""),
            Outcome::Skipped(why) => ("skipped", why.as_str()),
        };
        let line = format!("{name:<16}{word:<9}{:>8.1}  {remark}", time.as_secs_f64());
        println!("{}", line.trim_end());
    }
}

/// One sentence on all steps.
fn verdict(results: &[(&str, Outcome, Duration)]) -> Result<String, String> {
    let names = |wanted: fn(&Outcome) -> bool| -> Vec<&str> {
        results.iter().filter(|(_, outcome, _)| wanted(outcome)).map(|(name, ..)| *name).collect()
    };
    let failed = names(|outcome| matches!(outcome, Outcome::Failed(_)));
    let skipped = names(|outcome| matches!(outcome, Outcome::Skipped(_)));
    let all = results.len();
    match (&failed[..], &skipped[..]) {
        ([], []) if all == 1 => Ok("the step passed".to_owned()),
        ([], []) => Ok(format!("all {all} steps passed")),
        ([], _) => {
            Ok(format!("{} of {all} steps passed, skipped: {}", all - skipped.len(), skipped.join(", ")))
        }
        _ => Err(format!("{} of {all} steps failed: {}", failed.len(), failed.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_says_how_many_steps_passed_and_which_did_not() {
        let verdict = |outcomes: Vec<Outcome>| {
            let results = ["a", "b", "c"].into_iter().zip(outcomes);
            verdict(&results.map(|(name, outcome)| (name, outcome, Duration::ZERO)).collect::<Vec<_>>())
        };
        let (good, bad) = (|| Outcome::Passed(String::new()), || Outcome::Failed(String::new()));
        let skipped = || Outcome::Skipped(String::new());
        assert_eq!(verdict(vec![good(), good()]), Ok("all 2 steps passed".to_owned()));
        assert_eq!(
            verdict(vec![good(), skipped(), good()]),
            Ok("2 of 3 steps passed, skipped: b".to_owned())
        );
        assert_eq!(verdict(vec![bad(), skipped(), bad()]), Err("2 of 3 steps failed: a, c".to_owned()));
    }
}
