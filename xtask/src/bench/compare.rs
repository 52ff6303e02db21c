//! The program beside what people would take instead, all against the same server, in turn.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::process::{Command, Stdio};
use std::time::Instant;

use xtask::fake::{TOKEN, dump_file};

use super::Setting;
use super::measure::{self, Contender, SYNCED, Sample, alone, rounds};
use super::server::{CHUNK_SIZE, SCENES, Scene, Server};
use super::table::Section;
use crate::cargo::{PROGRAM, clean_command};

/// Names and lines for the shell; the first is what the others are compared with.
const DOWNLOADS: [(&str, &str); 4] = [
    // One process and one connection for all chunks, as its own configuration file lists them.
    ("curl, one process", "exec curl -q -K every-chunk.config"),
    (PROGRAM, r#"exec "$PROGRAM" get "$LOCATOR" -q -o "${OUT:--}""#),
    ("anaplan-dump --parallel 8", r#"exec "$PROGRAM" get "$LOCATOR" -q -o "${OUT:--}" --parallel 8"#),
    // Chunks side by side, each into its own file, then concatenated.
    (
        "curl --parallel, cat",
        r#"curl -q -K common.config --parallel --parallel-immediate --parallel-max 8 \
           "$URL/chunks/[0-$LAST]" -o 'chunk-#1' && \
           for i in $(seq 0 $LAST); do echo chunk-$i; done | xargs cat"#,
    ),
];

/// Curl sends chunks of the same size that are cut already. Ours cuts and compresses them, and runs an import that
/// reads them.
const UPLOADS: [(&str, &str); 2] = [
    ("curl -T, one process", "exec curl -q -K upload.config"),
    ("anaplan-dump run --put", r#"exec "$PROGRAM" run "$IMPORT" --put source.csv -q --poll 1s -o rejected/"#),
];

/// Chunks of the source file.
const UPLOAD_CHUNKS: usize = 40;

/// A start is short: more of them, for a median that means something.
const STARTS: usize = 20;

/// Measures the scenarios that are wanted.
pub(super) fn run(setting: &Setting, repeat: usize, is_wanted: &dyn Fn(&str) -> bool) -> Result<Vec<Section>, String> {
    let curl = Command::new("curl").arg("--version").stdout(Stdio::null()).status();
    let has_curl = curl.is_ok_and(|status| status.success());
    if !has_curl {
        eprintln!("curl is not installed: {PROGRAM} is measured alone");
    }
    let mut sections = Vec::new();
    for scene in SCENES.into_iter().filter(|scene| is_wanted(scene.0)) {
        let (name, title, chunks, chunk_size, _) = scene;
        eprintln!("{name} ...");
        let server = Server::start(name, &setting.folder)?;
        write_settings(setting, &server, scene).map_err(|error| format!("{title}: {error}"))?;
        let (all, bytes) = match name {
            "upload" => (&UPLOADS[..], UPLOAD_CHUNKS * CHUNK_SIZE),
            _ => (&DOWNLOADS[..], chunks * chunk_size),
        };
        let mut contenders: Vec<Contender<'_>> = Vec::new();
        for (who, script) in all {
            let is_out = who.contains("--parallel") && !["tls", "far"].contains(&name);
            if !is_out && (has_curl || !who.starts_with("curl")) {
                let run = || measure(setting, &server, name, bytes as u64, script);
                contenders.push(((*who).to_owned(), Box::new(run)));
            }
        }
        let rows = rounds(&contenders, repeat).map_err(|error| format!("{title}: {error}"))?;
        sections.push(Section { title, bytes, rows });
    }
    if is_wanted("start") {
        eprintln!("start ...");
        let programs = [("curl", "curl".as_ref()), (PROGRAM, setting.program.as_path())];
        let contender = |(name, program)| alone(format!("{name} --version"), program, vec!["--version".as_ref()]);
        let contenders: Vec<_> = programs.into_iter().skip(usize::from(!has_curl)).map(contender).collect();
        sections.push(Section { title: "start-up", bytes: 0, rows: rounds(&contenders, repeat * STARTS)? });
    }
    Ok(sections)
}

/// One run, and whether the whole dump arrived.
fn measure(setting: &Setting, server: &Server, scene: &str, bytes: u64, script: &str) -> io::Result<Sample> {
    let path = setting.folder.join("dump.csv");
    // The first run finds none.
    let _ = fs::remove_file(&path);
    let to_file = !["tls-pipe", "upload"].contains(&scene);
    let redirect = if to_file && !script.contains("OUT") { "exec > \"$OUT\"; " } else { "" };
    let mut command = clean_command("sh");
    command.arg("-c").arg(format!("{redirect}{script}")).current_dir(&setting.folder);
    command.envs(&server.variables).env("PROGRAM", &setting.program);
    command.envs(to_file.then_some(("OUT", "dump.csv")));
    let (mut sample, mut length, mut sum) = measure::child(command)?;
    if scene == "upload" {
        return Ok(sample);
    }
    if to_file {
        let start = Instant::now();
        let file = File::open(&path)?;
        file.sync_all()?;
        sample[SYNCED] += start.elapsed().as_secs_f64();
        (length, sum) = measure::checksum(file)?;
    }
    // What a contender with many files leaves.
    for entry in fs::read_dir(&setting.folder)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with("chunk-") {
            fs::remove_file(entry.path())?;
        }
    }
    match length == bytes && sum.to_string() == server.variables["SUM"] {
        true => Ok(sample),
        false => Err(io::Error::other(format!("{length} bytes of {bytes}, or not the right ones"))),
    }
}

/// Writes the files that the lines for the shell need. Curl's settings are in files, so that no argument shows the
/// token.
fn write_settings(setting: &Setting, server: &Server, scene: Scene) -> io::Result<()> {
    let (folder, variables) = (&setting.folder, &server.variables);
    let mut common = "silent\nshow-error\nfail\ncompressed\n".to_owned();
    let _ = writeln!(common, "header = \"Authorization: AnaplanAuthToken {TOKEN}\"");
    common += if scene.4 { "cacert = \"root.pem\"\n" } else { "" };
    fs::write(folder.join("common.config"), &common)?;
    if scene.0 != "upload" {
        let url = &variables["URL"];
        let urls = (0..scene.2).map(|chunk| format!("url = \"{url}/chunks/{chunk}\"\n"));
        return fs::write(folder.join("every-chunk.config"), common + &urls.collect::<String>());
    }
    let (common, url) = (common + "output = \"/dev/null\"\n", &variables["FILE_URL"]);
    let data = format!("data = \"{{\\\"chunkCount\\\":{UPLOAD_CHUNKS}}}\"");
    let mut config = format!("{common}url = \"{url}\"\n{data}\n");
    let block = dump_file::generate(1, CHUNK_SIZE);
    let mut source = File::create(folder.join("source.csv"))?;
    for chunk in 0..UPLOAD_CHUNKS {
        source.write_all(&block)?;
        fs::write(folder.join(format!("chunk-{chunk}")), &block)?;
        let _ = writeln!(config, "next\n{common}header = \"Content-Type: application/octet-stream\"");
        let _ = writeln!(config, "upload-file = \"chunk-{chunk}\"\nurl = \"{url}/chunks/{chunk}\"");
    }
    fs::write(folder.join("upload.config"), config)
}
