//! The fake server in a process of its own, so that its work and its memory count for none of the contenders.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use argh::FromArgs;
use serde_json::{Value, json};
use xtask::fake::{Dump, FakeServer, GzipMode, Import, Process, Service, SourceFile, dump_file};

/// What can be uploaded, and an import that reads it and has no rules.
pub(super) const SOURCE_FILE: &str = "113000000001";
pub(super) const SOURCE_IMPORT: &str = "112000000041";

/// the server of `bench`; ends with its standard input
#[derive(FromArgs, Debug, Clone, Default)]
#[argh(subcommand, name = "bench-server")]
pub(crate) struct BenchServer {
    /// chunks of the dump
    #[argh(positional)]
    pub(super) chunks: usize,
    /// bytes of each chunk
    #[argh(positional)]
    pub(super) chunk_size: usize,
    /// milliseconds before each answer, as on a long way
    #[argh(positional)]
    pub(super) latency: u64,
    /// bytes a second of each connection; 0 for no limit
    #[argh(positional)]
    pub(super) rate: u64,
    /// over TLS
    #[argh(switch)]
    pub(super) tls: bool,
    /// gzip-encoded for clients that accept it
    #[argh(switch)]
    pub(super) gzip: bool,
}

/// Serves until the program that started it is gone.
pub(crate) fn serve(arguments: &BenchServer) -> Result<(), String> {
    // One block for all chunks but for its first bytes: a dump that repeats a chunk is none.
    let block = dump_file::generate(1, arguments.chunk_size);
    let mut checksum = flate2::Crc::new();
    let chunks = (0..arguments.chunks).map(|index| {
        let mut chunk = format!("{index:08}").into_bytes();
        chunk.extend(block.iter().skip(chunk.len()));
        checksum.update(&chunk);
        Arc::from(chunk)
    });
    let import = Process::new(SOURCE_IMPORT, "Source").reading(Import::from_file(SOURCE_FILE));
    let mut service = Service::with_dump(Dump::from_chunks(chunks.collect()))
        .with_file(SourceFile::new(SOURCE_FILE, "source.csv"))
        .with_import(import);
    service.set_link(Duration::from_millis(arguments.latency), Some(arguments.rate).filter(|rate| *rate > 0));
    service.set_gzip(if arguments.gzip { GzipMode::On } else { GzipMode::Off });
    let server = FakeServer::start_on(service, 0, arguments.tls)?;
    let (origin, url, root) = (server.origin(), server.dump_url(), server.ca_pem());
    let locator = server.locator();
    println!(
        "{}",
        json!({ "origin": origin, "locator": locator, "url": url, "root": root, "crc": checksum.sum() })
    );
    io::stdin().read_to_end(&mut Vec::new()).map(drop).map_err(|error| format!("standard input: {error}"))
}

/// A running server and its dump. Dropping it stops it.
pub(super) struct Server {
    process: Child,
    pub(super) chunks: usize,
    /// Bytes of the whole dump.
    pub(super) length: u64,
    /// Its addresses, its root certificate, and the CRC-32 of the whole dump.
    about: Value,
}

impl Server {
    /// Starts it; its root certificate is `root.pem` in the folder.
    pub(super) fn start(wire: &BenchServer, folder: &Path) -> Result<Self, String> {
        let failed = |error: io::Error| format!("the server cannot be started: {error}");
        let mut command = Command::new(std::env::current_exe().map_err(failed)?);
        command.arg("bench-server").args(wire.tls.then_some("--tls")).args(wire.gzip.then_some("--gzip"));
        let numbers = [wire.chunks as u64, wire.chunk_size as u64, wire.latency, wire.rate];
        command.args(numbers.map(|number| number.to_string())).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(failed)?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line).map_err(failed)?;
        }
        let about: Value = serde_json::from_str(&line).map_err(|_| "the server ended at once".to_owned())?;
        let length = wire.chunks as u64 * wire.chunk_size as u64;
        let server = Self { process, chunks: wire.chunks, length, about };
        fs::write(folder.join("root.pem"), server.about("root")).map_err(failed)?;
        Ok(server)
    }

    /// What it says about itself: `origin`, `locator`, `url` of the dump.
    pub(super) fn about(&self, name: &str) -> &str {
        self.about[name].as_str().unwrap_or_default()
    }

    /// Whether what arrived is the dump; of the content only what was looked at.
    pub(super) fn compare(&self, length: u64, checksum: Option<u32>) -> io::Result<()> {
        if length != self.length {
            return Err(io::Error::other(format!("{length} bytes instead of {}", self.length)));
        }
        match checksum {
            Some(sum) if self.about["crc"] != sum => {
                Err(io::Error::other("the length is right, but the content is not"))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Without its input it would end by itself, but perhaps not at once.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
