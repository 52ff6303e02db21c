//! The fake server in another process, so that its work and its memory count for none of the contenders.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use flate2::{Compression, write::GzEncoder};
use xtask::fake::*;

/// Name and title of a scenario, the chunks of its dump and their size.
pub(super) type Scene = (&'static str, &'static str, usize, usize);

/// All over TLS, as the service is.
pub(super) const SCENES: [Scene; 6] = [
    ("tls", "to a file", 40, CHUNK_SIZE),
    ("tls-pipe", "to a pipe", 40, CHUNK_SIZE),
    // From one continent to another, where each connection gets what a shared line leaves to it.
    ("far", "80 ms away, 20 MB/s for each connection", 16, CHUNK_SIZE),
    ("gzip", "gzip-encoded, to a file", 40, CHUNK_SIZE),
    // What each request costs.
    ("small", "small chunks", 1000, 10_000),
    ("upload", "a source file to the service", 40, CHUNK_SIZE),
];

/// Serves until the program that started it is gone. Writes what the contenders need into the current folder, and
/// prints the checksum of the dump.
pub(super) fn serve((name, _, chunks, chunk_size): Scene) -> Result<(), String> {
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
    let dump = Dump::from_chunks(all.collect());
    // What can be uploaded, and an import that reads it and has no rules.
    let (file, import) = ("113000000001", "112000000041");
    let mut service = Service::with_dump(dump.clone())
        .with_file(SourceFile::new(file, "source.csv"))
        .with_import(Process::new(import, "Source").reading(Import::from_file(file)));
    if name == "far" {
        service.settings.latency = Duration::from_millis(80);
        service.settings.bytes_per_second = Some(20_000_000);
    }
    let server = FakeServer::start_on(service, 0, Some(ServerCertificate::Good))?;
    if name == "gzip" {
        server.fault(Fault::Header("Content-Encoding", "gzip".to_owned()), When::path("chunks/*"));
    }
    let (origin, url, locator, last) = (server.origin(), server.dump_url(), server.locator(), chunks - 1);
    let settings = format!(
        "export ANAPLAN_API_URL={origin} ANAPLAN_TOKEN={TOKEN} ANAPLAN_CA_FILE=root.pem
         URL={url} LAST={last} LOCATOR={locator}
         FILE={origin}/2/0/models/{MODEL}/files/{file} COUNT='{{\"chunkCount\":{chunks}}}'
         IMPORT={WORKSPACE}/{MODEL}/{import}"
    );
    // In a file, so that no argument shows the token.
    let header = format!("header = \"Authorization: AnaplanAuthToken {TOKEN}\"");
    let config = format!("silent\nno-progress-meter\nshow-error\nfail\ncompressed\ncacert = \"root.pem\"\n{header}\n");
    let source = if name == "upload" { &dump.chunks[..] } else { &[] };
    fs::write("settings", settings)
        .and_then(|()| fs::write("curl.config", config))
        .and_then(|()| fs::write("root.pem", server.ca_pem()))
        .and_then(|()| fs::write("source.csv", source.concat()).and_then(|()| fs::create_dir_all("chunks")))
        .and_then(|()| source.iter().zip(0..).try_for_each(|(chunk, n)| fs::write(format!("chunks/{n}"), chunk)))
        .map_err(|error| format!("the files of the contenders: {error}"))?;
    println!("{}", checksum.sum());
    io::stdin().read_to_end(&mut Vec::new()).map(drop).map_err(|error| format!("standard input: {error}"))
}

/// Starts a server in this folder. It ends when the process is dropped, whose input is then closed. Returns also the
/// checksum of its dump.
pub(super) fn start(scenario: &str, folder: &Path) -> io::Result<(Child, String)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bench", "--part", scenario]).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
    let (mut process, mut checksum) = (command.spawn()?, String::new());
    if let Some(output) = process.stdout.take() {
        BufReader::new(output).read_line(&mut checksum)?;
    }
    Ok((process, checksum.trim_end().to_owned()))
}
