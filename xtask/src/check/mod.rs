//! `cargo xtask test`: everything that must hold before a change goes in.

// What it prints is what it is started for.
#![allow(clippy::print_stdout)]

use std::process::Stdio;
use std::time::{Duration, Instant};

use argh::FromArgs;

use crate::cargo::cargo;

mod dependencies;
mod tidy;

/// run every check: formatting, lints, documentation, tests, dependencies, files
#[derive(FromArgs)]
#[argh(subcommand, name = "test")]
pub(crate) struct Test {
    /// run only this step; may be repeated
    #[argh(option)]
    only: Vec<String>,
    /// list the steps, and end
    #[argh(switch)]
    list: bool,
}

/// One of the checks.
struct Step {
    name: &'static str,
    work: Work,
}

enum Work {
    Cargo {
        arguments: &'static [&'static str],
        /// The step is skipped where this subcommand of cargo is not installed.
        needs: Option<&'static str>,
        /// Flags for rustdoc.
        rustdoc: Option<&'static str>,
    },
    Dependencies,
    Tidy,
}

const fn step(name: &'static str, arguments: &'static [&'static str]) -> Step {
    Step { name, work: Work::Cargo { arguments, needs: None, rustdoc: None } }
}

const fn step_with(needs: &'static str, name: &'static str, arguments: &'static [&'static str]) -> Step {
    Step { name, work: Work::Cargo { arguments, needs: Some(needs), rustdoc: None } }
}

/// Quick ones first. The library is checked a second time as an embedder without HTTP gets it.
const STEPS: &[Step] = &[
    step_with("fmt", "fmt", &["fmt", "--all", "--check"]),
    Step { name: "tidy", work: Work::Tidy },
    Step { name: "dependencies", work: Work::Dependencies },
    step_with(
        "clippy",
        "clippy",
        &["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"],
    ),
    step_with(
        "clippy",
        "clippy-no-http",
        &[
            "clippy",
            "--package",
            "anaplan-dump-core",
            "--no-default-features",
            "--all-targets",
            "--locked",
            "--",
            "--deny",
            "warnings",
        ],
    ),
    Step {
        name: "doc",
        work: Work::Cargo {
            arguments: &["doc", "--workspace", "--no-deps", "--locked"],
            needs: None,
            rustdoc: Some("--deny warnings"),
        },
    },
    step("test", &["test", "--workspace", "--locked", "--no-fail-fast"]),
    step(
        "test-no-http",
        &["test", "--package", "anaplan-dump-core", "--no-default-features", "--locked", "--no-fail-fast"],
    ),
];

enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

/// Runs the steps, all of them even where one fails.
pub(crate) fn run(arguments: &Test, tasks: &[&str]) -> Result<(), String> {
    if arguments.list {
        STEPS.iter().for_each(|step| println!("{}", step.name));
        return Ok(());
    }
    let unknown = arguments.only.iter().find(|name| STEPS.iter().all(|step| step.name != *name));
    if let Some(name) = unknown {
        let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        return Err(format!("no step is called {name}; there are: {}", names.join(", ")));
    }
    let wanted =
        |step: &&Step| arguments.only.is_empty() || arguments.only.iter().any(|name| name == step.name);
    let mut results = Vec::new();
    for step in STEPS.iter().filter(wanted) {
        println!("\n== {}", step.name);
        let start = Instant::now();
        let outcome = step.work.run(tasks);
        if let Outcome::Failed(why) = &outcome {
            println!("{why}");
        }
        results.push((step.name, outcome, start.elapsed()));
    }
    print_table(&results);
    let failed: Vec<_> = results
        .iter()
        .filter(|(_, outcome, _)| matches!(outcome, Outcome::Failed(_)))
        .map(|(name, ..)| *name)
        .collect();
    match failed[..] {
        [] => Ok(()),
        _ => Err(format!("failed: {}", failed.join(", "))),
    }
}

impl Work {
    fn run(&self, tasks: &[&str]) -> Outcome {
        let result = match self {
            Self::Cargo { needs: Some(name), .. } if !is_installed(name) => {
                return Outcome::Skipped(format!("cargo {name} is not installed"));
            }
            Self::Cargo { arguments, rustdoc, .. } => run_cargo(arguments, *rustdoc),
            Self::Dependencies => dependencies::check().map(|summary| println!("{summary}")),
            Self::Tidy => tidy::check(tasks),
        };
        match result {
            Ok(()) => Outcome::Passed,
            Err(why) => Outcome::Failed(why),
        }
    }
}

fn is_installed(subcommand: &str) -> bool {
    let mut command = cargo();
    command.args([subcommand, "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn run_cargo(arguments: &[&str], rustdoc: Option<&str>) -> Result<(), String> {
    let flags = rustdoc.map(|flags| format!("RUSTDOCFLAGS='{flags}' ")).unwrap_or_default();
    println!("$ {flags}cargo {}", arguments.join(" "));
    let mut command = cargo();
    command.args(arguments).envs(rustdoc.map(|flags| ("RUSTDOCFLAGS", flags)));
    let status = command.status().map_err(|error| format!("cannot start cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("cargo {}: {status}", arguments[0])) }
}

fn print_table(results: &[(&str, Outcome, Duration)]) {
    println!("\n{:<16}{:<10}{:>8}", "step", "result", "seconds");
    for (name, outcome, time) in results {
        let (word, remark) = match outcome {
            Outcome::Passed => ("ok", ""),
            Outcome::Failed(_) => ("FAILED", ""),
            Outcome::Skipped(why) => ("skipped", why.as_str()),
        };
        let line = format!("{name:<16}{word:<10}{:>8.1}  {remark}", time.as_secs_f64());
        println!("{}", line.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_have_names_of_their_own() {
        for (place, step) in STEPS.iter().enumerate() {
            assert!(STEPS[..place].iter().all(|other| other.name != step.name), "{}", step.name);
        }
    }
}
