//! `cargo xtask demo`: the main job from end to end with the real binary, to watch.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use argh::FromArgs;
use xtask::fake::*;

use crate::cargo::{PROGRAM, build_program, clean_command};
use crate::format::grouped;
use crate::sample;

/// show the main job: a dump is downloaded, rejected rows are corrected and loaded, every file is compared
#[derive(FromArgs)]
#[argh(subcommand, name = "demo")]
pub(crate) struct Demo {}

/// Two whole chunks as the service cuts them, and a rest. With this seed both cuts fall into the middle of a row,
/// and the first into the middle of a character.
const CHUNK_SIZE: usize = 10_000_000;
const DUMP_SIZE: usize = 23_456_789;
const SEED: u64 = 52;

/// Shows it, or says what was not as it should be.
pub(crate) fn run(_: &Demo) -> Result<(), String> {
    println!("Building {PROGRAM}: about two minutes the first time ...");
    // The profile of the tests: its dependencies are optimised, and it is built in a fraction of the time.
    let program = build_program(&[])?;
    println!("Making a dump of {} bytes ...", grouped(DUMP_SIZE as u64));
    let folder = tempfile::Builder::new().prefix("anaplan-dump-demo-").tempdir();
    let folder = folder.map_err(|error| format!("no temporary folder: {error}"))?;
    let dump = Dump::from_bytes(dump_file::generate(SEED, DUMP_SIZE), CHUNK_SIZE);
    let service = sample::add_to(Service::with_dump(dump.clone()));
    let server = FakeServer::start_on(service, 0, false)?;
    let stage = Stage { program, folder: folder.path().to_owned(), server };
    let outcome = show_download(&stage, &dump).and_then(|()| show_loop(&stage));
    if outcome.is_ok() {
        println!(
            "
What this showed: the real binary listed the chunks of a dump, downloaded and joined them. Then it uploaded a
file, ran an import and collected the rows that the import rejected; exit code 6 tells a script so. It said what
is wrong in them and wrote them down to be corrected, and with the corrected ones nothing was left. Every dump was
compared byte for byte with what the service holds. Only the service was not the real one.

The same against the real service, with a token and the ids of your own model:

  export ANAPLAN_TOKEN=...
  {PROGRAM} get WORKSPACE/MODEL/PROCESS -o rejected/
  {PROGRAM} explain rejected/DUMP.csv --fix to-correct.csv
  {PROGRAM} run WORKSPACE/MODEL/IMPORT --put to-correct.csv"
        );
    }
    // Said aloud where it fails, unlike on drop.
    let removed = folder.close().map_err(|error| format!("the temporary folder is left: {error}"));
    outcome.and(removed)
}

/// A dump that is there already.
fn show_download(stage: &Stage, dump: &Dump) -> Result<(), String> {
    let (origin, folder) = (stage.server.origin(), stage.folder.display());
    let locator = stage.server.locator();
    println!(
        "
A fake Anaplan service now listens on {origin}. Last night its process
\"Nightly load\" ran, and the import \"{OBJECT_NAME}\" in it rejected rows. They are in a
dump of {} chunks, which are cut anywhere: in the middle of a row, and of a character.

$ export ANAPLAN_API_URL={origin}
$ export ANAPLAN_TOKEN={TOKEN}
$ cd {folder}",
        dump.chunks().len()
    );
    stage.perform("Which chunks are there?", &["chunks", &locator], 0)?;
    let begun = Instant::now();
    stage.perform("Download them and put them together:", &["get", &locator, "-o", "dumps/"], 0)?;
    println!("\n  time  {:.2} s", begun.elapsed().as_secs_f64());
    stage.compare("dumps", dump).map(drop)
}

/// From a source file to the last of its rows.
fn show_loop(stage: &Stage) -> Result<(), String> {
    stage.write("cost-centres.csv", &sample::source())?;
    let import = format!("{WORKSPACE}/{MODEL}/{}", sample::IMPORT);
    println!("\nNow the whole loop, with a file of cost centres from another system:\n\n$ head -3 cost-centres.csv");
    println!("{}", sample::source().lines().take(3).collect::<Vec<_>>().join("\n"));
    let load = |says: &str, file: &str, exit| {
        let run = ["run", &import, "--put", file, "-o", "rejected/", "--poll", "1s"];
        stage.perform(says, &run, exit).map(|()| println!("$ echo $?\n{exit}"))
    };
    let says = "Upload it, run the import, collect what it rejects; this takes a few seconds:";
    load(says, "cost-centres.csv", 6)?;
    let dump = stage.server.service().dump_of(sample::IMPORT).ok_or("the import left no dump")?;
    let file = stage.compare("rejected", &dump)?;

    let explain = ["explain", &file, "--fix", "to-correct.csv"];
    stage.perform("What is wrong? Also write these rows, to be corrected:", &explain, 0)?;
    println!("\n# Correct them. You would do it in an editor, here it is done by two replacements:");
    println!("$ sed -i 's/Nrth/North/g; s/n\\/a/0/g' to-correct.csv");
    let rows = fs::read_to_string(stage.folder.join("to-correct.csv"));
    let rows = rows.map_err(|error| format!("to-correct.csv: {error}"))?;
    stage.write("to-correct.csv", &rows.replace("Nrth", "North").replace("n/a", "0"))?;
    load("Load them; this takes a few seconds:", "to-correct.csv", 0)?;
    let left = stage.server.service().dump_of(sample::IMPORT);
    left.map_or(Ok(()), |_| Err("rows are still rejected".to_owned()))
}

struct Stage {
    program: PathBuf,
    folder: PathBuf,
    server: FakeServer,
}

impl Stage {
    /// Runs the real binary, which must end with this code; its output goes where ours goes.
    fn perform(&self, says: &str, arguments: &[&str], exit: i32) -> Result<(), String> {
        println!("\n# {says}\n$ {PROGRAM} {}", arguments.join(" "));
        let status = clean_command(&self.program)
            .args(arguments)
            .env("ANAPLAN_API_URL", self.server.origin())
            .env("ANAPLAN_TOKEN", TOKEN)
            .current_dir(&self.folder)
            .status()
            .map_err(|error| format!("cannot start {}: {error}", self.program.display()))?;
        match status.code() == Some(exit) {
            true => Ok(()),
            false => Err(format!("`{PROGRAM} {}` ended with {status}, expected {exit}", arguments[0])),
        }
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        fs::write(self.folder.join(name), text).map_err(|error| format!("{name}: {error}"))
    }

    /// Compares the one file in a folder with its dump. Returns its path.
    fn compare(&self, folder: &str, dump: &Dump) -> Result<String, String> {
        let entries = fs::read_dir(self.folder.join(folder)).map_err(|error| format!("{folder}: {error}"))?;
        let names: Vec<_> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        let [name] = &names[..] else {
            return Err(format!("one file was expected in {folder}, not {names:?}"));
        };
        let path = format!("{folder}/{name}");
        let file = fs::read(self.folder.join(&path)).map_err(|error| format!("{path}: {error}"))?;
        if file != dump.bytes() {
            return Err(format!("{path} is NOT what the service holds: {} bytes", file.len()));
        }
        let length = grouped(file.len() as u64);
        println!("\n  path  {path}\n  same  all {length} bytes are what the service holds");
        Ok(path)
    }
}
