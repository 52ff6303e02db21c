//! The fake server in a process of its own, so that its work counts for nobody.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use argh::FromArgs;
use flate2::Crc;
use serde_json::{Value, json};
use xtask::fake::{Dump, FakeServer, GzipMode, Service, dump_file};

use super::measure::Seen;

/// the server of `bench`; ends with its standard input
#[derive(FromArgs)]
#[argh(subcommand, name = "bench-server")]
pub(crate) struct BenchServer {
    /// chunks of the dump
    #[argh(option)]
    chunks: usize,
    /// bytes of each chunk
    #[argh(option)]
    chunk_size: usize,
    /// over TLS
    #[argh(switch)]
    tls: bool,
    /// gzip-encoded for clients that accept it
    #[argh(switch)]
    gzip: bool,
    /// milliseconds before each answer (default: 0)
    #[argh(option, default = "0")]
    latency: u64,
    /// bytes a second of each connection (default: no limit)
    #[argh(option)]
    bytes_per_second: Option<u64>,
}

/// Serves until whoever started it is gone.
pub(crate) fn serve(arguments: &BenchServer) -> Result<(), String> {
    // One block for all chunks but for its first bytes: a dump that repeats a chunk is none.
    let block = dump_file::generate(1, arguments.chunk_size);
    let mut checksum = Crc::new();
    let chunks = (0..arguments.chunks).map(|index| {
        let mut chunk = format!("{index:08}").into_bytes();
        chunk.extend(block.iter().skip(chunk.len()));
        checksum.update(&chunk);
        Arc::from(chunk)
    });
    let dump = Dump::from_chunks(chunks.collect());
    let mut service = Service::with_dump(dump);
    service.set_link(Duration::from_millis(arguments.latency), arguments.bytes_per_second);
    if arguments.gzip {
        service.set_gzip(GzipMode::On);
    }
    let server = FakeServer::start_on(service, 0, arguments.tls)?;
    let about = json!({
        "origin": server.origin(),
        "locator": server.locator(),
        "dump_url": server.dump_url(),
        "root_certificate": server.ca_pem(),
        "checksum": checksum.sum(),
    });
    println!("{about}");
    io::stdin().read_to_end(&mut Vec::new()).map_err(|error| format!("standard input: {error}"))?;
    Ok(())
}

/// What is served, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wire {
    pub(super) chunks: usize,
    pub(super) chunk_size: usize,
    pub(super) tls: bool,
    pub(super) gzip: bool,
    /// None: as fast as the machine goes.
    pub(super) link: Option<Link>,
}

/// What a long way does to a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    /// Milliseconds before each answer.
    pub(super) latency: u64,
    pub(super) bytes_per_second: u64,
}

/// A running server and its dump. Dropping it stops it.
#[derive(Debug)]
pub(super) struct Server {
    process: Child,
    pub(super) origin: String,
    pub(super) locator: String,
    pub(super) dump_url: String,
    pub(super) chunks: usize,
    /// Bytes of the whole dump.
    pub(super) length: u64,
    /// CRC-32 of the whole dump.
    checksum: u64,
    /// A file with the root certificate, where there is TLS.
    pub(super) root_certificate: Option<PathBuf>,
}

impl Server {
    pub(super) fn start(wire: &Wire, folder: &Path) -> Result<Self, String> {
        let failed = |error: io::Error| format!("the server cannot be started: {error}");
        let mut command = Command::new(std::env::current_exe().map_err(failed)?);
        command.args(["bench-server", "--chunks", &wire.chunks.to_string()]);
        command.args(["--chunk-size", &wire.chunk_size.to_string()]);
        if wire.tls {
            command.arg("--tls");
        }
        if wire.gzip {
            command.arg("--gzip");
        }
        if let Some(link) = wire.link {
            command.args(["--latency", &link.latency.to_string()]);
            command.args(["--bytes-per-second", &link.bytes_per_second.to_string()]);
        }
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line).map_err(failed)?;
        }
        let about: Value = serde_json::from_str(&line).map_err(|_| "the server ended at once".to_owned())?;
        let text = |name: &str| about[name].as_str().unwrap_or_default().to_owned();
        let root = wire.tls.then(|| folder.join("root.pem"));
        if let Some(path) = &root {
            fs::write(path, text("root_certificate")).map_err(failed)?;
        }
        Ok(Self {
            process,
            origin: text("origin"),
            locator: text("locator"),
            dump_url: text("dump_url"),
            chunks: wire.chunks,
            length: wire.chunks as u64 * wire.chunk_size as u64,
            checksum: about["checksum"].as_u64().unwrap_or_default(),
            root_certificate: root,
        })
    }

    /// Whether what arrived is the dump; of the content only what was looked at.
    pub(super) fn compare(&self, seen: &Seen) -> Result<(), String> {
        if seen.length != self.length {
            return Err(format!("{} bytes instead of {}", seen.length, self.length));
        }
        match &seen.checksum {
            Some(sum) if u64::from(sum.sum()) != self.checksum => {
                Err("the length is right, but the content is not".to_owned())
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
