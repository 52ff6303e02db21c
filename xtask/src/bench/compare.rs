//! The program beside what people would take instead, all against the same server, in turn.

use std::fs::{self, File};
use std::io;
use std::process::{Command, Stdio};
use std::time::Instant;

use flate2::Crc;

use super::contender::Contender;
use super::measure::{self, Sample, Seen, copy};
use super::server::{Link, Server, Wire};
use super::setting::{Bench, Setting};
use super::table::{Row, Section};
use crate::cargo::{PROGRAM, clean_command};

/// The way from one continent to another, where each connection gets what a shared line leaves to it.
const LINK: Link = Link { latency: 80, bytes_per_second: 20_000_000 };

/// As the service cuts dumps.
const CHUNK: usize = 10_000_000;

/// Chunks of the usual dump: a run of a second or so.
const CHUNKS: usize = 40;

/// Chunks on a slow way, for about as long a run.
const FAR_CHUNKS: usize = 16;

/// Many small chunks: what each request costs.
const SMALL_CHUNKS: usize = 1000;
const SMALL_CHUNK: usize = 10_000;

/// Something to measure: what is served, and where it goes.
struct Scene {
    name: &'static str,
    title: &'static str,
    wire: Wire,
    to_pipe: bool,
    side_by_side: bool,
}

fn scenes(arguments: &Bench) -> Vec<Scene> {
    let chunks = |usual: usize| arguments.chunks.unwrap_or(usual);
    let wire = Wire { chunks: chunks(CHUNKS), chunk_size: CHUNK, tls: true, gzip: false, link: None };
    let scene = |name, title, wire| Scene { name, title, wire, to_pipe: false, side_by_side: false };
    // The service is TLS: what counts stands first.
    vec![
        Scene { side_by_side: true, ..scene("tls", "TLS 1.3, to a file", wire) },
        Scene { to_pipe: true, ..scene("tls-pipe", "TLS 1.3, to a pipe", wire) },
        scene("plain", "loopback without TLS, to a file", Wire { tls: false, ..wire }),
        Scene {
            side_by_side: true,
            ..scene(
                "far",
                "80 ms away, 20 MB/s for each connection",
                Wire { chunks: chunks(FAR_CHUNKS), tls: false, link: Some(LINK), ..wire },
            )
        },
        scene("gzip", "gzip-encoded, to a file", Wire { tls: false, gzip: true, ..wire }),
        scene(
            "small",
            "small chunks",
            Wire { chunks: chunks(SMALL_CHUNKS), chunk_size: SMALL_CHUNK, ..wire },
        ),
    ]
}

/// Names of what can be measured alone.
pub(super) const NAMES: [&str; 7] = ["tls", "tls-pipe", "plain", "far", "gzip", "small", "start"];

/// Measures the scenes that are wanted.
pub(super) fn run(setting: &Setting, arguments: &Bench, wanted: &[&str]) -> Result<Vec<Section>, String> {
    let has_curl = Command::new("curl")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has_curl {
        eprintln!("curl is not installed: {PROGRAM} is measured alone");
    }
    let mut sections = Vec::new();
    for scene in scenes(arguments).into_iter().filter(|scene| wanted.contains(&scene.name)) {
        let contenders: Vec<Contender> = [
            Contender::Curl,
            Contender::Ours,
            Contender::CurlLoop,
            Contender::OursParallel,
            Contender::CurlParallel,
        ]
        .into_iter()
        .filter(|who| scene.side_by_side || !matches!(who, Contender::OursParallel | Contender::CurlParallel))
        .filter(|who| has_curl || !who.is_curl())
        .chain(arguments.extra.iter().cloned().map(Contender::Extra))
        .collect();
        eprintln!("{} ...", scene.title);
        sections.push(scene.compete(setting, &contenders, arguments.repeat)?);
    }
    if wanted.contains(&"start") {
        eprintln!("start-up ...");
        sections.push(start_up(setting, has_curl, arguments.repeat)?);
    }
    Ok(sections)
}

impl Scene {
    /// All contenders in turn, after one run of each that is only checked.
    fn compete(&self, setting: &Setting, contenders: &[Contender], repeat: usize) -> Result<Section, String> {
        let server = Server::start(&self.wire, &setting.folder)?;
        let mut samples: Vec<Vec<Sample>> = vec![Vec::new(); contenders.len()];
        for round in 0..=repeat {
            // Each begins a round in its turn, so that none always runs on what another left behind.
            for turn in 0..contenders.len() {
                let which = (turn + round) % contenders.len();
                let sample = self.measure(setting, &server, &contenders[which], round == 0)?;
                if round > 0 {
                    samples[which].push(sample);
                }
            }
        }
        let rows =
            contenders.iter().zip(&samples).map(|(who, samples)| Row::new(who.name(), samples)).collect();
        Ok(Section { name: self.name, title: self.title.to_owned(), bytes: server.length, rows })
    }

    /// One download. The length is checked each time, the content where asked for.
    fn measure(
        &self,
        setting: &Setting,
        server: &Server,
        who: &Contender,
        check: bool,
    ) -> Result<Sample, String> {
        let failed = |error: io::Error| format!("{}, {}: {error}", who.name(), self.title);
        let mut seen = Seen { checksum: check.then(Crc::new), length: 0 };
        if self.to_pipe {
            let sample =
                measure::child(&mut who.command(setting, server, None)?, &mut seen).map_err(failed)?;
            server.compare(&seen).map_err(|why| failed(io::Error::other(why)))?;
            return Ok(sample);
        }
        let path = setting.fresh("dump.csv")?;
        let mut command = who.command(setting, server, Some(&path))?;
        let mut sample = measure::child(&mut command, &mut io::sink()).map_err(failed)?;
        let start = Instant::now();
        let mut file = File::open(&path).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        sample.synced = sample.wall + start.elapsed();
        match check {
            true => copy(&mut file, &mut seen).map_err(failed)?,
            false => seen.length = file.metadata().map_err(failed)?.len(),
        }
        server.compare(&seen).map_err(|why| failed(io::Error::other(why)))?;
        for entry in fs::read_dir(&setting.folder).map_err(failed)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with("chunk-") {
                fs::remove_file(entry.path()).map_err(failed)?;
            }
        }
        Ok(sample)
    }
}

/// How long it takes to do nothing.
fn start_up(setting: &Setting, has_curl: bool, repeat: usize) -> Result<Section, String> {
    /// A start is short: more of them, for a median that stands.
    const TIMES: usize = 20;
    let mut rows = Vec::new();
    let programs = [
        ("curl --version".to_owned(), "curl".into()),
        (format!("{PROGRAM} --version"), setting.program.clone()),
    ];
    for (name, program) in programs.into_iter().skip(usize::from(!has_curl)) {
        let mut samples = Vec::new();
        for _ in 0..repeat * TIMES {
            let mut command = clean_command(&program);
            let sample = measure::child(command.arg("--version"), &mut io::sink());
            samples.push(sample.map_err(|error| format!("{name}: {error}"))?);
        }
        rows.push(Row::new(name, &samples));
    }
    Ok(Section { name: "start", title: "start-up".to_owned(), bytes: 0, rows })
}
