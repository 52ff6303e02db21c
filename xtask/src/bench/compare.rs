//! The program beside what people would take instead, all against the same server, in turn.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use xtask::fake::TOKEN;

use super::measure::{self, Sample};
use super::server::{BenchServer, Server};
use super::table::{Row, Section};
use super::{Bench, Setting};
use crate::cargo::{PROGRAM, clean_command};

/// Connections side by side, for those who can.
const SIDE_BY_SIDE: usize = 8;

/// Names of what can be measured alone.
pub(super) const NAMES: [&str; 7] = ["tls", "tls-pipe", "plain", "far", "gzip", "small", "start"];

/// What is served in a scenario, and its title. The service is TLS: what counts stands first.
fn scene(name: &str, chunks: Option<usize>) -> (BenchServer, &'static str) {
    let usual = BenchServer {
        chunks: chunks.unwrap_or(40),
        // As the service cuts dumps.
        chunk_size: 10_000_000,
        tls: name.starts_with("tls") || name == "small",
        gzip: name == "gzip",
        ..BenchServer::default()
    };
    match name {
        "tls" => (usual, "TLS 1.3, to a file"),
        "tls-pipe" => (usual, "TLS 1.3, to a pipe"),
        "plain" => (usual, "loopback without TLS, to a file"),
        "gzip" => (usual, "gzip-encoded, to a file"),
        // What each request costs.
        "small" => {
            (BenchServer { chunks: chunks.unwrap_or(1000), chunk_size: 10_000, ..usual }, "small chunks")
        }
        // From one continent to another, where each connection gets what a shared line leaves to it.
        _ => {
            let chunks = chunks.unwrap_or(16);
            let title = "80 ms away, 20 MB/s for each connection";
            (BenchServer { chunks, latency: 80, rate: 20_000_000, ..usual }, title)
        }
    }
}

/// Measures the scenarios that are wanted.
pub(super) fn run(
    setting: &Setting,
    arguments: &Bench,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Section>, String> {
    let curl = Command::new("curl").arg("--version").stdout(Stdio::null()).status();
    let has_curl = curl.is_ok_and(|status| status.success());
    if !has_curl {
        eprintln!("curl is not installed: {PROGRAM} is measured alone");
    }
    let mut sections = Vec::new();
    for name in NAMES.into_iter().filter(|name| is_wanted(name)) {
        eprintln!("{name} ...");
        if name == "start" {
            sections.push(start_up(setting, has_curl, arguments.repeat)?);
            continue;
        }
        let (wire, title) = scene(name, arguments.chunks);
        let server = Server::start(&wire, &setting.folder)?;
        let side_by_side = ["tls", "far"].contains(&name);
        let contenders: Vec<Contender> = CONTENDERS
            .into_iter()
            .filter(|who| side_by_side || !who.is_parallel())
            .filter(|who| has_curl || !who.name().starts_with("curl"))
            .collect();
        let mut samples: Vec<Vec<Sample>> = vec![Vec::new(); contenders.len()];
        // After one run of each that is only checked, each begins a round in its turn, so that none always runs on
        // what another left behind.
        for round in 0..=arguments.repeat {
            for turn in 0..contenders.len() {
                let which = (turn + round) % contenders.len();
                let who = contenders[which];
                let sample = who.measure(setting, &server, name == "tls-pipe", round == 0);
                let sample = sample.map_err(|error| format!("{}, {title}: {error}", who.name()))?;
                samples[which].extend((round > 0).then_some(sample));
            }
        }
        let rows = contenders.iter().zip(&samples).map(|(who, samples)| Row::new(who.name(), samples));
        sections.push(Section { title, bytes: server.length, rows: rows.collect() });
    }
    Ok(sections)
}

/// A program and the way in which it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contender {
    /// One process and one connection for all chunks, as its own configuration file lists them.
    Curl,
    Ours,
    /// What a shell script does: one process for each chunk.
    CurlLoop,
    OursParallel,
    /// Chunks side by side, each into its own file, then concatenated.
    CurlParallel,
}

/// The first is what the others are compared with.
const CONTENDERS: [Contender; 5] =
    [Contender::Curl, Contender::Ours, Contender::CurlLoop, Contender::OursParallel, Contender::CurlParallel];

impl Contender {
    fn name(self) -> String {
        match self {
            Contender::Curl => "curl, one process".to_owned(),
            Contender::Ours => PROGRAM.to_owned(),
            Contender::OursParallel => format!("{PROGRAM} --parallel {SIDE_BY_SIDE}"),
            Contender::CurlLoop => "curl for each chunk".to_owned(),
            Contender::CurlParallel => "curl --parallel, cat".to_owned(),
        }
    }

    fn is_parallel(self) -> bool {
        matches!(self, Contender::OursParallel | Contender::CurlParallel)
    }

    /// One download. The length is checked each time, the content where asked for.
    fn measure(self, setting: &Setting, server: &Server, to_pipe: bool, check: bool) -> io::Result<Sample> {
        let path = setting.fresh("dump.csv").map_err(io::Error::other)?;
        let output = (!to_pipe).then_some(path.as_path());
        let (mut sample, length, sum) = measure::child(&mut self.command(setting, server, output)?)?;
        if to_pipe {
            return server.compare(length, Some(sum)).map(|()| sample);
        }
        let start = Instant::now();
        let file = File::open(&path)?;
        file.sync_all()?;
        sample.synced = sample.wall + start.elapsed();
        let length = file.metadata()?.len();
        server.compare(length, check.then(|| measure::checksum(file)).transpose()?.map(|(_, sum)| sum))?;
        for entry in fs::read_dir(&setting.folder)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with("chunk-") {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(sample)
    }

    /// The command that downloads the dump into a file, or to its standard output.
    fn command(self, setting: &Setting, server: &Server, output: Option<&Path>) -> io::Result<Command> {
        let (url, last, folder) = (server.about("url"), server.chunks - 1, setting.folder.display());
        let script = match self {
            Contender::Ours | Contender::OursParallel => {
                let (origin, locator) = (server.about("origin"), server.about("locator"));
                let mut command = setting.get(origin, locator, output.unwrap_or(Path::new("-")));
                if self.is_parallel() {
                    command.args(["--parallel", &SIDE_BY_SIDE.to_string()]);
                }
                if !server.about("root").is_empty() {
                    command.env("ANAPLAN_CA_FILE", setting.folder.join("root.pem"));
                }
                return Ok(command);
            }
            // It takes the shell's place.
            Contender::Curl => "exec curl -q -K \"$CONFIG\"".to_owned(),
            Contender::CurlLoop => {
                format!("for i in $(seq 0 {last}); do curl -q -K \"$CONFIG\" {url}/chunks/$i || exit; done")
            }
            Contender::CurlParallel => format!(
                "curl -q -K \"$CONFIG\" --parallel --parallel-immediate --parallel-max {SIDE_BY_SIDE} \
                 '{url}/chunks/[0-{last}]' -o '{folder}/chunk-#1' && \
                 for i in $(seq 0 {last}); do echo {folder}/chunk-$i; done | xargs cat"
            ),
        };
        // Curl's settings are in a file, so that no argument shows the token.
        let mut config = format!(
            "silent\nshow-error\nfail\ncompressed\nheader = \"Authorization: AnaplanAuthToken {TOKEN}\"\n"
        );
        if !server.about("root").is_empty() {
            let _ = writeln!(config, "cacert = \"{folder}/root.pem\"");
        }
        for chunk in 0..if self == Contender::Curl { server.chunks } else { 0 } {
            let _ = writeln!(config, "url = \"{url}/chunks/{chunk}\"");
        }
        let path = setting.folder.join("curl.config");
        fs::write(&path, config)?;
        let mut command = clean_command("sh");
        let redirect = output.map_or("", |_| "exec > \"$OUT\"; ");
        command.arg("-c").arg(format!("{redirect}{script}")).env("CONFIG", path);
        command.envs(output.map(|path| ("OUT", path)));
        Ok(command)
    }
}

/// How long it takes to do nothing.
fn start_up(setting: &Setting, has_curl: bool, repeat: usize) -> Result<Section, String> {
    /// A start is short: more of them, for a median that means something.
    const TIMES: usize = 20;
    let mut rows = Vec::new();
    for program in ["curl".as_ref(), setting.program.as_path()].into_iter().skip(usize::from(!has_curl)) {
        let name = format!("{} --version", program.file_name().unwrap_or_default().display());
        let one = |_| measure::child(clean_command(program).arg("--version")).map(|(sample, ..)| sample);
        let samples: io::Result<Vec<Sample>> = (0..repeat * TIMES).map(one).collect();
        let samples = samples.map_err(|error| format!("{name}: {error}"))?;
        rows.push(Row::new(name, &samples));
    }
    Ok(Section { title: "start-up", bytes: 0, rows })
}
