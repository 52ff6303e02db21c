//! `cargo xtask chaos`: the chaos tests with as many random fault schedules as asked.

use std::process::Command;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use argh::FromArgs;

use crate::cargo::{PROGRAM, cargo, passed_tests, stream};
use crate::format::grouped;

/// run seeded random fault schedules through the library, and through the binary with kills
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "chaos",
    note = "Seeds count up from the first one, which is printed: the same numbers replay the same schedules."
)]
pub(crate) struct Chaos {
    /// schedules through the library
    #[argh(option)]
    seeds: u64,
    /// schedules through the binary (default: a twelfth of --seeds, at least 1)
    #[argh(option)]
    binary_seeds: Option<u64>,
    /// the first seed of both (default: from the clock)
    #[argh(option)]
    first_seed: Option<u64>,
}

/// Schedules through the library for each through the binary: one with its many runs takes about as long as a
/// dozen through the library, and a plain test run has this proportion too.
const LIBRARY_PER_BINARY: u64 = 12;

/// Tests that the filter must match: one for the library, one for the binary.
const TESTS: usize = 2;

/// Runs them all; an error with the command that replays what failed.
pub(crate) fn run(arguments: &Chaos) -> Result<(), String> {
    let plan = Plan {
        seeds: arguments.seeds,
        binary_seeds: arguments.binary_seeds.unwrap_or((arguments.seeds / LIBRARY_PER_BINARY).max(1)),
        first_seed: arguments.first_seed.unwrap_or_else(seed_of_the_clock),
    };
    if plan.seeds == 0 && plan.binary_seeds == 0 {
        return Err("there is nothing to run: --seeds or --binary-seeds must be at least 1".to_owned());
    }
    if plan.first_seed.checked_add(plan.seeds.max(plan.binary_seeds)).is_none() {
        return Err("--first-seed is too large for this number of seeds".to_owned());
    }
    println!("{}", plan.command());
    let begun = Instant::now();
    let mut command = cargo();
    command.args(["test", "--locked", "--package", PROGRAM, "--test", "e2e", "chaos"]);
    plan.set_environment(&mut command);
    let mut report = Report::default();
    let succeeded = stream(command, |line| {
        println!("{line}");
        report.read(line);
    })?;
    if !succeeded {
        return Err(failure(&plan, &report));
    }
    // A filter that matches nothing is a success for cargo.
    if report.passed != Some(TESTS) {
        return Err(format!("{TESTS} chaos tests were expected, but {} ran", report.passed.unwrap_or(0)));
    }
    println!(
        "{} schedules through the library and {} through the binary in {:.1} s: all held.",
        grouped(plan.seeds),
        grouped(plan.binary_seeds),
        begun.elapsed().as_secs_f64(),
    );
    Ok(())
}

/// In milliseconds: even runs that follow each other at once begin with different seeds.
fn seed_of_the_clock() -> u64 {
    // A clock before 1970 is as random as any other.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(0)
}

/// Which schedules run.
#[derive(Debug, Clone, Copy)]
struct Plan {
    seeds: u64,
    binary_seeds: u64,
    first_seed: u64,
}

impl Plan {
    /// The command that runs exactly these.
    fn command(&self) -> String {
        format!(
            "cargo xtask chaos --seeds {} --binary-seeds {} --first-seed {}",
            self.seeds, self.binary_seeds, self.first_seed
        )
    }

    fn set_environment(&self, command: &mut Command) {
        command.env("CHAOS_SEEDS", self.seeds.to_string());
        command.env("CHAOS_BINARY_SEEDS", self.binary_seeds.to_string());
        command.env("CHAOS_FIRST_SEED", self.first_seed.to_string());
    }
}

/// What the tests said about themselves.
#[derive(Debug, Default, PartialEq, Eq)]
struct Report {
    /// Tests that passed; `None` if it did not come to that.
    passed: Option<usize>,
    /// Seeds that failed.
    failed: Vec<u64>,
}

impl Report {
    fn read(&mut self, line: &str) {
        self.passed = passed_tests(line).or(self.passed);
        let seeds = line.split_once("seeds [").and_then(|(_, rest)| rest.split_once("] failed"));
        if let Some((list, _)) = seeds {
            self.failed.extend(list.split(", ").filter_map(|seed| seed.parse::<u64>().ok()));
        }
    }
}

fn failure(plan: &Plan, report: &Report) -> String {
    let mut seeds = report.failed.clone();
    seeds.sort_unstable();
    seeds.dedup();
    if seeds.is_empty() {
        return format!("the chaos tests failed; the same again: {}", plan.command());
    }
    let mut message = format!("{} schedules failed; one alone is replayed with:", seeds.len());
    for seed in seeds {
        let one = Plan { seeds: plan.seeds.min(1), binary_seeds: plan.binary_seeds.min(1), first_seed: seed };
        message.push_str(&format!("\n  {}", one.command()));
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str) -> Report {
        let mut report = Report::default();
        text.lines().for_each(|line| report.read(line));
        report
    }

    #[test]
    fn what_passed_and_what_failed_is_read_from_the_tests() {
        let good =
            report("running 2 tests\ntest result: ok. 2 passed; 0 failed; 0 ignored; finished in 3.53s");
        assert_eq!(good, Report { passed: Some(2), failed: vec![] });
        let bad =
            report("seeds [5, 71] failed; replay one with: ...\ntest result: FAILED. 1 passed; 1 failed");
        assert_eq!(bad, Report { passed: Some(1), failed: vec![5, 71] });
        assert_eq!(report("error: no such command"), Report::default());
    }

    #[test]
    fn a_failure_names_the_command_that_replays_each_seed() {
        let plan = Plan { seeds: 100, binary_seeds: 0, first_seed: 7 };
        let text = failure(&plan, &Report { passed: Some(1), failed: vec![9, 8, 9] });
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [
                "2 schedules failed; one alone is replayed with:",
                "  cargo xtask chaos --seeds 1 --binary-seeds 0 --first-seed 8",
                "  cargo xtask chaos --seeds 1 --binary-seeds 0 --first-seed 9",
            ]
        );
        let text = failure(&plan, &Report::default());
        assert!(text.ends_with("cargo xtask chaos --seeds 100 --binary-seeds 0 --first-seed 7"), "{text}");
    }
}
