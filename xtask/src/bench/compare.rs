//! The program beside what people would take instead, all against the same server, in turn.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use xtask::fake::dump_file;

use super::measure::{self, SYNCED, Sample, rounds};
use super::server::{self, SCENES};
use super::table::Section;
use crate::cargo::clean_command;

/// Names and lines for the shell; the first is what the others are compared with.
const DOWNLOADS: [(&str, &str); 4] = [
    ("curl, one process", r#"exec curl -q -K curl.config "$URL/chunks/[0-$LAST]""#),
    ("anaplan-dump", r#"exec "$PROGRAM" get "$LOCATOR" -q -o "${OUT:--}""#),
    ("anaplan-dump --parallel 8", r#"exec "$PROGRAM" get "$LOCATOR" -q -o "${OUT:--}" --parallel 8"#),
    (
        "curl --parallel, cat",
        r#"curl -q -K curl.config --parallel --parallel-immediate --parallel-max 8 \
           "$URL/chunks/[0-$LAST]" -o 'out/chunk-#1' && \
           for i in $(seq 0 $LAST); do echo out/chunk-$i; done | xargs cat"#,
    ),
];

/// Curl sends chunks of the same size that are cut already. Ours cuts and compresses them, and runs an import that
/// reads them.
const UPLOADS: [(&str, &str); 2] = [
    (
        "curl -T, one process",
        r#"exec curl -q -K curl.config -o out/answer -d "$COUNT" "$FILE" --next -K curl.config \
           -H "Content-Type: application/octet-stream" -T "chunks/[0-$LAST]" "$FILE/chunks/""#,
    ),
    ("anaplan-dump run --put", r#"exec "$PROGRAM" run "$IMPORT" --put source.csv -q --poll 1s -o out/"#),
];

/// Bytes of the dump that is explained: beside the crate csv, which reads the records and does nothing else.
const EXPLAINED: usize = 400_000_000;

/// How many times as often a short scenario runs, for a median that means something.
const SHORT: usize = 20;

/// Measures the scenarios that are wanted.
pub(super) fn run(program: &Path, folder: &Path, repeat: usize, wanted: &[&str]) -> Result<Vec<Section>, String> {
    let mut sections = Vec::new();
    for (name, title, chunks, chunk_size) in SCENES.into_iter().filter(|scene| wanted.contains(&scene.0)) {
        eprintln!("{name} ...");
        let (_server, sum) = server::start(name, folder).map_err(|error| format!("{title}: {error}"))?;
        let bytes = chunks * chunk_size;
        let mut all = if name == "upload" { UPLOADS.to_vec() } else { DOWNLOADS.to_vec() };
        all.retain(|(who, _)| !who.contains("--parallel") || ["tls", "far"].contains(&name));
        let run = |script: &&str| measure(program, folder, name, (bytes as u64, &sum), script);
        let runs = if name == "small" { repeat * SHORT } else { repeat };
        let rows = rounds(&all, runs, run).map_err(|error| format!("{title}: {error}"))?;
        sections.push(Section { title, bytes, rows });
    }
    if wanted.contains(&"start") {
        eprintln!("start ...");
        let programs = [("curl --version", Path::new("curl")), ("anaplan-dump --version", program)];
        let rows = rounds(&programs, repeat * SHORT, |program| measure::alone(program, "--version", None))?;
        sections.push(Section { title: "start-up", bytes: 0, rows });
    }
    if wanted.contains(&"explain") {
        eprintln!("explain ...");
        let own = std::env::current_exe().map_err(|error| format!("the record counter: {error}"))?;
        let path = folder.join("explain.csv");
        write_dump(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let readers =
            [("crate csv, records alone", (&*own, "bench --part")), ("anaplan-dump explain", (program, "explain"))];
        let rows = rounds(&readers, repeat, |(program, words)| measure::alone(program, words, Some(&path)))?;
        sections.push(Section { title: "explain", bytes: EXPLAINED, rows });
    }
    Ok(sections)
}

/// One run, and whether the whole dump arrived.
fn measure(program: &Path, folder: &Path, scene: &str, expected: (u64, &str), script: &str) -> io::Result<Sample> {
    let out = folder.join("out");
    // The first run finds none. What the run before left to do to the disk is waited for.
    let _ = fs::remove_dir_all(&out);
    fs::create_dir(&out).and_then(|()| File::open(folder)?.sync_all())?;
    let to_file = !["tls-pipe", "upload"].contains(&scene);
    let redirect = if to_file && !script.contains("OUT") { "exec > \"$OUT\"; " } else { "" };
    let mut command = clean_command("sh");
    command.arg("-c").arg(format!(". ./settings; {redirect}{script}")).current_dir(folder);
    command.env("PROGRAM", program).envs(to_file.then_some(("OUT", "out/dump.csv")));
    let (mut sample, mut length, mut sum) = measure::child(command)?;
    if to_file {
        let start = Instant::now();
        let file = File::open(out.join("dump.csv"))?;
        file.sync_all()?;
        sample[SYNCED] += start.elapsed().as_secs_f64();
        (length, sum) = measure::checksum(file)?;
    }
    match scene == "upload" || (length, &*sum.to_string()) == expected {
        true => Ok(sample),
        false => Err(io::Error::other(format!("{length} bytes of {}, or not the right ones", expected.0))),
    }
}

/// Writes one dump over and over, in pieces: the memory of this process is the least that its children can show.
fn write_dump(path: &Path) -> io::Result<()> {
    // With this seed it has commas and a status for each row.
    let block = dump_file::generate(27, 1_000_000);
    let mut file = File::create(path)?;
    (0..EXPLAINED / block.len()).try_for_each(|_| file.write_all(&block))
}

/// Counts the records of a file, which it reads in pieces of the size that the program takes.
pub(super) fn count_records(file: &str) -> Result<(), String> {
    let failed = |error: csv::Error| format!("{file}: {error}");
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(128 * 1024).from_path(file).map_err(failed)?;
    let (mut record, mut records) = (csv::ByteRecord::new(), 0_u64);
    while reader.read_byte_record(&mut record).map_err(failed)? {
        records += 1;
    }
    println!("{records}");
    Ok(())
}
