//! Every dump of a process's newest finished run, with time limits for an impatient network.
//!
//! ```sh
//! ANAPLAN_TOKEN=... cargo run --example newest_run WORKSPACE/MODEL/PROCESS
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to the person who runs it")]

use std::time::Duration;

use anaplan_dump_core::{Client, Locator, Newest, Token};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let locator = std::env::args().nth(1).ok_or("which process? WORKSPACE/MODEL/PROCESS")?;
    let process = locator.parse::<Locator>()?.action()?;
    let client = Client::builder(Token::anaplan(&std::env::var("ANAPLAN_TOKEN")?)?)
        .connect_timeout(Duration::from_secs(10))
        .stall_timeout(Duration::from_secs(30))
        .build()?;
    let (newest, skipped) = client.newest(&process).dumps()?;
    for (task, reason) in &skipped {
        eprintln!("passed over {}: {reason:?}", task.id);
    }
    match newest {
        Newest::Dumps { dumps, .. } => {
            for dump in &dumps {
                let done = client.download(dump).save_to(dump.file_name())?;
                println!("{}: {} bytes", dump.file_name(), done.bytes);
            }
        }
        Newest::Clean { task, outcome } => println!("{}: {outcome:?}", task.address),
        other => eprintln!("{other:?}"),
    }
    Ok(())
}
