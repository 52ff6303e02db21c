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
use xtask::fake::{Dump, FakeServer, Service, dump_file};

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
    /// milliseconds before each answer (default: 0)
    #[argh(option, default = "0")]
    latency: u64,
    /// bytes a second of each connection (default: no limit)
    #[argh(option)]
    bytes_per_second: Option<u64>,
}

/// Serves until whoever started it is gone.
pub(crate) fn serve(arguments: &BenchServer) -> Result<(), String> {
    // One block in memory for all chunks: a dump of gigabytes shall not need gigabytes.
    let block: Arc<[u8]> = dump_file::generate(1, arguments.chunk_size).into();
    let mut checksum = Crc::new();
    (0..arguments.chunks).for_each(|_| checksum.update(&block));
    let dump = Dump::from_chunks(vec![block; arguments.chunks]);
    let mut service = Service::with_dump(dump);
    service.set_link(Duration::from_millis(arguments.latency), arguments.bytes_per_second);
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

impl Wire {
    /// Without a link that slows it down.
    pub(super) fn new(chunks: usize, chunk_size: usize, tls: bool) -> Self {
        Self { chunks, chunk_size, tls, link: None }
    }
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub(super) struct Server {
    process: Child,
    wire: Wire,
    about: Value,
}

impl Server {
    pub(super) fn start(wire: &Wire) -> Result<Self, String> {
        let failed = |error: io::Error| format!("the server cannot be started: {error}");
        let mut command = Command::new(std::env::current_exe().map_err(failed)?);
        command.args(["bench-server", "--chunks", &wire.chunks.to_string()]);
        command.args(["--chunk-size", &wire.chunk_size.to_string()]);
        if wire.tls {
            command.arg("--tls");
        }
        if let Some(link) = wire.link {
            command.args(["--latency", &link.latency.to_string()]);
            command.args(["--bytes-per-second", &link.bytes_per_second.to_string()]);
        }
        let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let mut server = Self { process, wire: *wire, about: Value::Null };
        let mut line = String::new();
        if let Some(output) = server.process.stdout.take() {
            BufReader::new(output).read_line(&mut line).map_err(failed)?;
        }
        server.about = serde_json::from_str(&line).map_err(|_| "the server ended at once".to_owned())?;
        Ok(server)
    }

    fn text(&self, name: &str) -> &str {
        self.about[name].as_str().unwrap_or_default()
    }

    pub(super) fn origin(&self) -> &str {
        self.text("origin")
    }

    pub(super) fn locator(&self) -> &str {
        self.text("locator")
    }

    pub(super) fn dump_url(&self) -> &str {
        self.text("dump_url")
    }

    /// CRC-32 of the whole dump.
    pub(super) fn checksum(&self) -> u32 {
        self.about["checksum"].as_u64().and_then(|sum| u32::try_from(sum).ok()).unwrap_or_default()
    }

    pub(super) fn chunks(&self) -> usize {
        self.wire.chunks
    }

    /// Bytes of the whole dump.
    pub(super) fn length(&self) -> u64 {
        self.wire.chunks as u64 * self.wire.chunk_size as u64
    }

    /// A file with the root certificate, where there is TLS.
    pub(super) fn root_certificate(&self, folder: &Path) -> Result<Option<PathBuf>, String> {
        if !self.wire.tls {
            return Ok(None);
        }
        let path = folder.join("root.pem");
        fs::write(&path, self.text("root_certificate"))
            .map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Some(path))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Without its input it would end by itself, but perhaps not at once.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
