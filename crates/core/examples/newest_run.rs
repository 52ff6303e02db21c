//! Every dump of a process's newest finished run, through an agent of one's own.
//!
//! ```sh
//! ANAPLAN_TOKEN=... cargo run --example newest_run WORKSPACE/MODEL/PROCESS
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to the person who runs it")]

use std::time::Duration;

use anaplan_dump_core::{Client, Locator, Token, ureq};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let locator = std::env::args().nth(1).ok_or("which process? WORKSPACE/MODEL/PROCESS")?;
    let process = locator.parse::<Locator>()?.action()?;
    // Its time limits, proxy and TLS settings hold. Statuses and redirects are the client's to judge.
    let agent = ureq::Agent::config_builder()
        .timeout_connect(Some(Duration::from_secs(10)))
        .timeout_per_read(Some(Duration::from_secs(30)))
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .new_agent();
    let token = Token::anaplan(&std::env::var("ANAPLAN_TOKEN")?)?;
    let client = Client::builder(token).agent(agent).build()?;
    let search = client.find_dumps(&process, None, 20)?;
    for skipped in &search.skipped {
        eprintln!("passed over {}: {:?}", skipped.address, skipped.reason);
    }
    for dump in &search.dumps {
        let done = client.download(&dump.address).save_to(dump.file_name())?;
        println!("{}: {} bytes", dump.file_name(), done.bytes);
    }
    Ok(())
}
