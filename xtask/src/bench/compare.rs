//! The program beside what people would take instead, all against the same server, in turn.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use xtask::fake::{MODEL, TOKEN, WORKSPACE, dump_file};

use super::measure::{self, Sample};
use super::server::{BenchServer, SOURCE_FILE, SOURCE_IMPORT, Server};
use super::table::{Row, Section};
use super::{Bench, Setting};
use crate::cargo::{PROGRAM, clean_command};

/// Connections side by side, for those who can.
const SIDE_BY_SIDE: usize = 8;

/// Names of what can be measured alone.
pub(super) const NAMES: [&str; 8] = ["tls", "tls-pipe", "plain", "far", "gzip", "small", "upload", "start"];

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
        if name == "upload" {
            sections.push(upload(setting, has_curl, arguments)?);
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

/// A source file on its way to the service, beside `curl -T` with chunks of the same size that are cut already. Ours
/// cuts and compresses them, and runs an import that reads them.
fn upload(setting: &Setting, has_curl: bool, arguments: &Bench) -> Result<Section, String> {
    let title = "TLS 1.3, a source file to the service";
    let failed = |error: io::Error| format!("{title}: {error}");
    let usual = scene("tls", arguments.chunks).0;
    let server =
        Server::start(&BenchServer { chunks: 1, chunk_size: 1000, ..usual.clone() }, &setting.folder)?;
    let (folder, model) =
        (setting.folder.display(), format!("{}/2/0/models/{MODEL}", server.about("origin")));
    let common = format!(
        "silent\nshow-error\nfail\ncacert = \"{folder}/root.pem\"\noutput = \"/dev/null\"\n\
         header = \"Authorization: AnaplanAuthToken {TOKEN}\"\n"
    );
    let mut config = format!(
        "{common}url = \"{model}/files/{SOURCE_FILE}\"\ndata = \"{{\\\"chunkCount\\\":{}}}\"\n",
        usual.chunks
    );
    let block = dump_file::generate(1, usual.chunk_size);
    let mut source = File::create(setting.folder.join("source.csv")).map_err(failed)?;
    for chunk in 0..usual.chunks {
        source.write_all(&block).map_err(failed)?;
        fs::write(setting.folder.join(format!("chunk-{chunk}")), &block).map_err(failed)?;
        let _ = writeln!(config, "next\n{common}header = \"Content-Type: application/octet-stream\"");
        let _ = writeln!(
            config,
            "upload-file = \"{folder}/chunk-{chunk}\"\nurl = \"{model}/files/{SOURCE_FILE}/chunks/{chunk}\""
        );
    }
    fs::write(setting.folder.join("upload.config"), config).map_err(failed)?;
    let mut rows = Vec::new();
    for is_ours in [false, true].into_iter().skip(usize::from(!has_curl)) {
        let mut samples = Vec::new();
        for _ in 0..=arguments.repeat {
            let mut command =
                clean_command(if is_ours { setting.program.as_os_str() } else { "curl".as_ref() });
            if is_ours {
                let locator = format!("{WORKSPACE}/{MODEL}/{SOURCE_IMPORT}");
                command.args([
                    "run",
                    &locator,
                    "--put",
                    "source.csv",
                    "-q",
                    "--poll",
                    "1s",
                    "-o",
                    "rejected/",
                ]);
                command.env("ANAPLAN_API_URL", server.about("origin")).env("ANAPLAN_TOKEN", TOKEN);
                command.env("ANAPLAN_CA_FILE", setting.folder.join("root.pem"));
            } else {
                command.args(["-q", "-K", "upload.config"]);
            }
            samples.push(measure::child(command.current_dir(&setting.folder)).map_err(failed)?.0);
        }
        let name = if is_ours { format!("{PROGRAM} run --put") } else { "curl -T, one process".to_owned() };
        rows.push(Row::new(name, &samples[1..]));
    }
    Ok(Section { title, bytes: (usual.chunks * usual.chunk_size) as u64, rows })
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
