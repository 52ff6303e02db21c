//! Development tasks: `cargo xtask <task>`.

use std::process::ExitCode;

use argh::{FromArgs, SubCommands};

mod bench;
mod cargo;
mod chaos;
mod check;
mod demo;
mod format;
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
    Chaos(chaos::Chaos),
    Bench(bench::Bench),
    BenchServer(bench::BenchServer),
}

fn main() -> ExitCode {
    let arguments: Arguments = argh::from_env();
    let outcome = match arguments.task {
        Task::Test(test) => check::run(&test, &names()),
        Task::Demo(demo) => demo::run(&demo),
        Task::Serve(serve) => serve::run(&serve),
        Task::Chaos(chaos) => chaos::run(&chaos),
        Task::Bench(bench) => bench::run(&bench),
        Task::BenchServer(server) => bench::serve(&server),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            report(&message);
            ExitCode::FAILURE
        }
    }
}

/// The names of the tasks, for the check that the documentation names no others.
fn names() -> Vec<&'static str> {
    Task::COMMANDS.iter().map(|command| command.name).collect()
}

// A development task talks to the person who started it.
#[allow(clippy::print_stderr)]
fn report(message: &str) {
    eprintln!("xtask: {message}");
}
