//! Your own transport: here `curl`, a process for each request. Needs no default feature.
//!
//! ```sh
//! ANAPLAN_TOKEN=... cargo run --no-default-features --example transport WORKSPACE/MODEL/PROCESS/TASK/OBJECT
//! rejected.csv
//! ```

#![allow(clippy::print_stderr, reason = "an example talks to the person who runs it")]

use std::io;
use std::process::{Command, Stdio};

use anaplan_dump_core::{Chunk, ChunkList, ChunkSource, ChunkWriter, DumpAddress, Error, Listing, Locator, PartFile};

const API: &str = "https://api.anaplan.com";

/// Sends a `GET`, and proves the body whole: curl fails for a status of 400 or more and for a body that is cut.
fn get(path: &str) -> io::Result<Vec<u8>> {
    let token = std::env::var("ANAPLAN_TOKEN").map_err(io::Error::other)?;
    let mut curl = Command::new("curl")
        .args(["--silent", "--show-error", "--fail", "--header", "@-", &format!("{API}{path}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = curl.stdin.take() {
        // Not as an argument, which others could see.
        io::Write::write_all(&mut stdin, format!("Authorization: AnaplanAuthToken {token}\n").as_bytes())?;
    }
    let output = curl.wait_with_output()?;
    output.status.success().then_some(output.stdout).ok_or_else(|| io::Error::other("curl failed"))
}

struct Curl(DumpAddress);

impl ChunkSource for Curl {
    fn fetch(&mut self, chunk: &Chunk, into: &mut ChunkWriter<'_>) -> Result<(), Error> {
        let bytes = get(&self.0.chunk_path(&chunk.id)).map_err(|error| Error::Source(error.into()))?;
        into.write(&bytes)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(locator), Some(target)) = (arguments.next(), arguments.next()) else {
        return Err("which dump, into which file?".into());
    };
    let dump = locator.parse::<Locator>()?.dump()?;
    let mut listing = Listing::chunks(&dump);
    while let Some(path) = listing.next_path() {
        listing.take(&get(path)?)?;
    }
    let chunks = ChunkList::new(&dump, listing.into_entries())?;
    let mut file = PartFile::open(target, &chunks, false)?;
    file.fill(&mut Curl(dump), &chunks, &mut |_| {})?;
    for warning in file.finish()? {
        eprintln!("{warning}");
    }
    Ok(())
}
