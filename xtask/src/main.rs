//! Development tasks: `cargo xtask <task>`.

use std::process::ExitCode;

use argh::FromArgs;

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
    Serve(serve::Serve),
}

fn main() -> ExitCode {
    let arguments: Arguments = argh::from_env();
    let outcome = match arguments.task {
        Task::Serve(serve) => serve::run(&serve),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            report(&message);
            ExitCode::FAILURE
        }
    }
}

// A development task talks to the person who started it.
#[allow(clippy::print_stderr)]
fn report(message: &str) {
    eprintln!("xtask: {message}");
}
