//! `cargo xtask test`: everything that must hold before a change goes in.

mod dependencies;
mod dist;
mod floors;
mod tidy;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use argh::FromArgs;

use crate::cargo::{cargo, in_workspace};

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

/// How a step ended: with a remark for the table, or the reason.
enum Outcome {
    Passed(String),
    Failed(String),
    Skipped(String),
}

impl From<Result<String, String>> for Outcome {
    fn from(result: Result<String, String>) -> Self {
        result.map_or_else(Self::Failed, Self::Passed)
    }
}

enum Work {
    /// The arguments of cargo, with blanks between them.
    Cargo(&'static str),
    /// Gets the names of the tasks.
    Own(fn(&[&str]) -> Outcome),
    OldestRust,
}

/// Quick ones first. The library is checked a second time as an embedder without HTTP gets it, with the report,
/// which needs none.
const STEPS: &[(&str, Work)] = &[
    ("fmt", Work::Cargo("fmt --all --check")),
    ("tidy", Work::Own(|tasks| tidy::check(tasks).into())),
    ("floors", Work::Own(|_| floors::check().into())),
    ("dependencies", Work::Own(|_| dependencies::check().into())),
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
        Work::Cargo("test --package anaplan-dump-core --no-default-features --features report --locked --no-fail-fast"),
    ),
    ("package", Work::Cargo("package --workspace --exclude xtask --locked --allow-dirty --no-verify")),
    ("dist", Work::Own(|_| dist::check().into())),
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
    let is_wanted = |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|only| only == name);
    for (name, work) in STEPS.iter().filter(|(name, _)| is_wanted(name)) {
        println!("== {name}");
        let start = Instant::now();
        let outcome = match work {
            Work::Cargo(text) => run_cargo(text, arguments.verbose),
            Work::Own(check) => check(tasks),
            Work::OldestRust => oldest_rust(),
        };
        if let Outcome::Failed(why) = &outcome {
            println!("{why}");
        }
        results.push((*name, outcome, start.elapsed()));
    }
    print_table(&results);
    verdict(&results).map(|verdict| println!("{verdict}"))
}

fn run_cargo(arguments: &str, verbose: bool) -> Outcome {
    let mut words = arguments.split(' ');
    let subcommand = words.next().unwrap_or_default();
    if !runs(cargo().args([subcommand, "--help"])) {
        return Outcome::Skipped(format!("cargo {subcommand} is not installed"));
    }
    let mut command = cargo();
    command.arg(subcommand).args((!verbose).then_some("--quiet")).args(words);
    if subcommand == "doc" {
        command.env("RUSTDOCFLAGS", "--deny warnings");
    }
    finish(command)
}

/// A build with the oldest Rust that the workspace promises to support.
fn oldest_rust() -> Outcome {
    const OLDEST: &str = env!("CARGO_PKG_RUST_VERSION");
    let rustup = || {
        let mut command = in_workspace("rustup");
        command.args(["run", OLDEST, "cargo"]);
        command
    };
    if !runs(rustup().arg("--version")) {
        return Outcome::Skipped(format!("Rust {OLDEST} is not installed: rustup toolchain install {OLDEST}"));
    }
    let mut command = rustup();
    command.args(["check", "--quiet", "--workspace", "--all-targets", "--locked"]);
    finish(command)
}

/// Whether a command is there and succeeds.
fn runs(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Runs a command that prints what is worth reading by itself.
fn finish(mut command: Command) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Outcome::Passed(String::new()),
        Ok(status) => Outcome::Failed(format!("{status}: {command:?}")),
        Err(error) => Outcome::Failed(format!("{error}: {command:?}")),
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
        ([], _) => Ok(format!("{} of {all} steps passed, skipped: {}", all - skipped.len(), skipped.join(", "))),
        _ => Err(format!("{} of {all} steps failed: {}", failed.len(), failed.join(", "))),
    }
}

#[test]
fn the_last_line_says_how_many_steps_passed_and_which_did_not() {
    let text = String::new;
    let last = |outcomes: Vec<Outcome>| {
        let results = ["a", "b", "c"].into_iter().zip(outcomes);
        verdict(&results.map(|(name, outcome)| (name, outcome, Duration::ZERO)).collect::<Vec<_>>())
    };
    let skipped = last(vec![Outcome::Passed(text()), Outcome::Skipped(text())]);
    assert_eq!(skipped, Ok("1 of 2 steps passed, skipped: b".to_owned()));
    let failed = last(vec![Outcome::Failed(text()), Outcome::Skipped(text()), Outcome::Failed(text())]);
    assert_eq!(failed, Err("2 of 3 steps failed: a, c".to_owned()));
}
