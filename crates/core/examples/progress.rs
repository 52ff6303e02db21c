//! One dump into memory, with the progress of its bytes.
//!
//! ```sh
//! ANAPLAN_TOKEN=... cargo run --example progress WORKSPACE/MODEL/PROCESS/TASK/OBJECT
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to the person who runs it")]

use std::ops::ControlFlow;

use anaplan_dump_core::{Client, Locator, Progress, Token};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let locator = std::env::args().nth(1).ok_or("which dump? WORKSPACE/MODEL/PROCESS/TASK/OBJECT")?;
    let dump = locator.parse::<Locator>()?.dump()?;
    let client = Client::new(Token::anaplan(&std::env::var("ANAPLAN_TOKEN")?)?)?;
    let mut bytes = Vec::new();
    let download = client.download(&dump).on_progress(|step| {
        match step {
            Progress::Started { chunks, .. } => eprintln!("{chunks} chunks"),
            // The totals run: nothing has to be added up.
            Progress::Arrived { bytes, finished, chunks, .. } => {
                eprint!("\r{bytes} bytes, {finished} of {chunks} chunks");
            }
            _ => {}
        }
        // `Break` would end the download.
        ControlFlow::Continue(())
    });
    download.write_to(&mut bytes)?;
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    println!("\n{} bytes in {lines} lines", bytes.len());
    Ok(())
}
