//! `cargo xtask test`: everything that must hold before a change goes in.

mod dependencies;
mod dist;
mod floors;
mod tidy;

use std::time::{Duration, Instant};

use argh::FromArgs;

use crate::cargo::{cargo, in_workspace, printed};

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

/// How a step ended, and a remark for the table, or the reason.
type Outcome = (&'static str, String);
const PASSED: &str = "ok";
const FAILED: &str = "FAILED";
const SKIPPED: &str = "skipped";

enum Work {
    /// A tool, and its arguments with blanks between them. Where `--help` of the tool fails, it is not installed.
    Tool(&'static str, &'static str),
    /// Gets the names of the tasks.
    Own(fn(&[&str]) -> Result<String, String>),
}

/// Quick ones first. The library is checked a second time as an embedder without HTTP gets it, with the report,
/// which needs none.
const STEPS: &[(&str, Work)] = &[
    ("fmt", Work::Tool("cargo fmt", "--all --check")),
    ("tidy", Work::Own(tidy::check)),
    ("floors", Work::Own(|_| floors::check())),
    ("dependencies", Work::Own(|_| dependencies::check())),
    ("clippy", Work::Tool("cargo clippy", "--workspace --all-targets --locked -- --deny warnings")),
    (
        "clippy-no-http",
        Work::Tool(
            "cargo clippy",
            "--package anaplan-dump-core --no-default-features --features report --all-targets --locked -- \
             --deny warnings",
        ),
    ),
    ("doc", Work::Tool("cargo doc", "--workspace --no-deps --locked")),
    ("test", Work::Tool("cargo test", "--workspace --locked --no-fail-fast")),
    (
        "test-no-http",
        Work::Tool(
            "cargo test",
            "--package anaplan-dump-core --no-default-features --features report --locked --no-fail-fast",
        ),
    ),
    ("package", Work::Tool("cargo package", "--workspace --exclude xtask --locked --allow-dirty --no-verify")),
    ("dist", Work::Own(|_| dist::check())),
    // With the oldest Rust that the workspace promises to support.
    (
        "oldest-rust",
        Work::Tool(
            concat!("rustup run ", env!("CARGO_PKG_RUST_VERSION"), " cargo check"),
            "--workspace --all-targets --locked",
        ),
    ),
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
        let (word, remark) = match work {
            Work::Tool(tool, words) => run_tool(tool, words, arguments.verbose),
            Work::Own(check) => check(tasks).map_or_else(|why| (FAILED, why), |remark| (PASSED, remark)),
        };
        if word == FAILED {
            println!("{remark}");
        }
        results.push((*name, (word, remark), start.elapsed()));
    }
    print_table(&results);
    let failed = results.iter().filter(|(_, (word, _), _)| *word == FAILED).map(|(name, ..)| *name);
    match failed.collect::<Vec<_>>().as_slice() {
        [] => Ok(()),
        failed => Err(format!("{} of {} steps failed: {}", failed.len(), results.len(), failed.join(", "))),
    }
}

fn run_tool(tool: &str, words: &str, verbose: bool) -> Outcome {
    let begun = || {
        let (program, subcommand) = tool.split_once(' ').unwrap_or((tool, ""));
        let mut command = if program == "cargo" { cargo() } else { in_workspace(program) };
        command.args(subcommand.split(' '));
        command
    };
    if printed(begun().arg("--help")).is_err() {
        return (SKIPPED, format!("{tool} is not installed"));
    }
    let mut command = begun();
    command.args((!verbose).then_some("--quiet")).args(words.split(' '));
    if tool == "cargo doc" {
        command.env("RUSTDOCFLAGS", "--deny warnings");
    }
    match command.status() {
        Ok(status) if status.success() => (PASSED, String::new()),
        Ok(status) => (FAILED, format!("{status}: {command:?}")),
        Err(error) => (FAILED, format!("{error}: {command:?}")),
    }
}

fn print_table(results: &[(&str, Outcome, Duration)]) {
    println!("\n{:<16}{:<9}{:>8}", "step", "result", "seconds");
    for (name, (word, remark), time) in results {
        let remark = if *word == FAILED { "" } else { remark };
        println!("{}", format!("{name:<16}{word:<9}{:>8.1}  {remark}", time.as_secs_f64()).trim_end());
    }
}
