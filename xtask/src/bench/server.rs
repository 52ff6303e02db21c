//! The fake server in another process, so that its work and its memory count for none of the contenders.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use argh::FromArgs;
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use xtask::fake::*;

/// As the service cuts dumps.
pub(super) const CHUNK_SIZE: usize = 10_000_000;

/// Name and title of a scenario, the chunks of its dump and their size, and whether it is over TLS.
pub(super) type Scene = (&'static str, &'static str, usize, usize, bool);

/// The service is TLS: what counts comes first.
pub(super) const SCENES: [Scene; 7] = [
    ("tls", "TLS 1.3, to a file", 40, CHUNK_SIZE, true),
    ("tls-pipe", "TLS 1.3, to a pipe", 40, CHUNK_SIZE, true),
    ("plain", "loopback without TLS, to a file", 40, CHUNK_SIZE, false),
    // From one continent to another, where each connection gets what a shared line leaves to it.
    ("far", "80 ms away, 20 MB/s for each connection", 16, CHUNK_SIZE, false),
    ("gzip", "gzip-encoded, to a file", 40, CHUNK_SIZE, false),
    // What each request costs.
    ("small", "small chunks", 1000, 10_000, true),
    ("upload", "TLS 1.3, a source file to the service", 1, 1000, true),
];

/// the server of `bench`; ends with its standard input
#[derive(FromArgs)]
#[argh(subcommand, name = "bench-server")]
pub(crate) struct BenchServer {
    #[argh(positional)]
    scenario: String,
}

/// Serves until the program that started it is gone. First it prints the variables of the contenders.
pub(crate) fn serve(arguments: &BenchServer) -> Result<(), String> {
    let scene = SCENES.into_iter().find(|scene| scene.0 == arguments.scenario);
    let (name, _, chunks, chunk_size, tls) = scene.ok_or("no such scenario")?;
    // One block for all chunks but for its first bytes: a dump that repeats a chunk is none.
    let block = dump_file::generate(1, chunk_size);
    let mut checksum = flate2::Crc::new();
    let all = (0..chunks).map(|index| {
        let mut chunk = format!("{index:08}").into_bytes();
        chunk.extend(block.iter().skip(chunk.len()));
        checksum.update(&chunk);
        if name != "gzip" {
            return Arc::from(chunk);
        }
        // Compressed already: a client that is measured must not wait for the server.
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        // Writing to memory cannot fail.
        let written = gzip.write_all(&chunk).and_then(|()| gzip.finish());
        Arc::from(written.unwrap_or_default())
    });
    // What can be uploaded, and an import that reads it and has no rules.
    let (file, import) = ("113000000001", "112000000041");
    let mut service = Service::with_dump(Dump::from_chunks(all.collect()))
        .with_file(SourceFile::new(file, "source.csv"))
        .with_import(Process::new(import, "Source").reading(Import::from_file(file)));
    if name == "far" {
        service.set_link(Duration::from_millis(80), Some(20_000_000));
    }
    let server = FakeServer::start_on(service, 0, tls.then_some(ServerCertificate::Good))?;
    if name == "gzip" {
        server.fault(Fault::LeftoverEncoding("gzip".to_owned()), When::path("chunks/*"));
    }
    let origin = server.origin();
    let mut variables = json!({
        "ANAPLAN_API_URL": origin,
        "ANAPLAN_TOKEN": TOKEN,
        "LOCATOR": server.locator(),
        "IMPORT": format!("{WORKSPACE}/{MODEL}/{import}"),
        "URL": server.dump_url(),
        "FILE_URL": format!("{origin}/2/0/models/{MODEL}/files/{file}"),
        "LAST": (chunks - 1).to_string(),
        "SUM": checksum.sum().to_string(),
    });
    if tls {
        fs::write("root.pem", server.ca_pem()).map_err(|error| format!("root.pem: {error}"))?;
        variables["ANAPLAN_CA_FILE"] = "root.pem".into();
    }
    println!("{variables}");
    io::stdin().read_to_end(&mut Vec::new()).map(drop).map_err(|error| format!("standard input: {error}"))
}

/// A running server. Dropping it stops it.
pub(super) struct Server {
    process: Child,
    pub(super) variables: BTreeMap<String, String>,
}

impl Server {
    pub(super) fn start(scenario: &str, folder: &Path) -> Result<Self, String> {
        let failed = |error: io::Error| format!("the server cannot be started: {error}");
        let mut command = Command::new(std::env::current_exe().map_err(failed)?);
        command.args(["bench-server", scenario]).current_dir(folder);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line).map_err(failed)?;
        }
        let variables = serde_json::from_str(&line).map_err(|_| "the server ended at once".to_owned())?;
        Ok(Self { process, variables })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Without its input it would end by itself, but perhaps not at once.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
