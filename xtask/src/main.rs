//! Development tasks: `cargo xtask <task>`.

// A development task talks to the person who started it.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::io::Write;
use std::process::ExitCode;

use argh::{FromArgs, SubCommands};

mod bench;
mod cargo;
mod check;
mod demo;
mod dist;
mod serve;

/// Development tasks of anaplan-dump.
#[derive(FromArgs)]
struct Arguments {
    #[argh(subcommand)]
    task: Task,
}

#[derive(FromArgs)]
#[argh(subcommand)]
enum Task {
    Test(check::Test),
    Demo(demo::Demo),
    Serve(serve::Serve),
    Dist(dist::Dist),
    Bench(bench::Bench),
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match Arguments::from_args(&["cargo xtask"], &words) {
        Ok(arguments) => run(&arguments.task),
        Err(exit) if exit.status.is_ok() => {
            // A closed pipe is no fault: the reader has had enough.
            let _ = write!(std::io::stdout(), "{}", exit.output);
            Ok(())
        }
        Err(exit) => Err(exit.output),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{}", message.trim_end());
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> Result<(), String> {
    match task {
        Task::Test(test) => check::run(test, &Task::COMMANDS.iter().map(|command| command.name).collect::<Vec<_>>()),
        Task::Demo(demo) => demo::run(demo),
        Task::Serve(serve) => serve::run(serve),
        Task::Dist(dist) => dist::run(dist),
        Task::Bench(bench) => bench::run(bench),
    }
}
