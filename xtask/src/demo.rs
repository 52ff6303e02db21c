//! `cargo xtask demo`: the main job from end to end with the real binary, to watch.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use argh::FromArgs;
use xtask::fake::*;
use xtask::sample;

use crate::cargo::{PROGRAM, build_program, clean_command};

/// show the main job: a dump is downloaded, rejected rows are corrected and loaded, every file is compared
#[derive(FromArgs)]
#[argh(subcommand, name = "demo")]
pub(crate) struct Demo {}

/// Two whole chunks and a rest. With this seed both cuts fall into the middle of a row, and the first into that of a
/// character.
const DUMP_SIZE: usize = 23_456_789;
const SEED: u64 = 52;

/// Shows it, or says what was not as it should be.
pub(crate) fn run(_: &Demo) -> Result<(), String> {
    println!("Building {PROGRAM}: about two minutes the first time ...");
    // The profile of the tests: its dependencies are optimised, and it is built in a fraction of the time.
    let program = build_program(&[])?;
    println!("Making a dump of {DUMP_SIZE} bytes ...");
    let folder = tempfile::Builder::new().prefix("anaplan-dump-demo-").tempdir();
    let folder = folder.map_err(|error| format!("no temporary folder: {error}"))?;
    let dump = Dump::from_bytes(dump_file::generate(SEED, DUMP_SIZE), CHUNK_SIZE);
    let server = FakeServer::start_on(sample::service(dump.clone()), 0, None)?;
    let settings = sample::settings(&server, program.parent().unwrap_or(folder.path()));
    let stage = Stage { settings, folder: folder.path().to_owned(), server };
    let outcome = show_download(&stage, &dump).and_then(|()| show_loop(&stage));
    if outcome.is_ok() {
        println!(
            "
What this showed: the real binary listed the chunks of a dump, downloaded and joined them. Then it ran a process
and collected the rows that an import in it rejected; exit code 6 tells a script so. It said what is wrong in them
and wrote them down to be corrected, and with the corrected ones nothing was left. Every dump was compared byte for
byte with what the service holds. Only the service was not the real one.

The same against the real service, with a token and the ids of your own model:

  export ANAPLAN_TOKEN=...
  {PROGRAM} get WORKSPACE/MODEL/PROCESS -o rejected/
  {PROGRAM} explain rejected/DUMP.csv --fix to-correct.csv
  {PROGRAM} run WORKSPACE/MODEL/IMPORT --put to-correct.csv -o rejected/"
        );
    }
    // Said aloud where it fails, unlike on drop.
    let removed = folder.close().map_err(|error| format!("the temporary folder is left: {error}"));
    outcome.and(removed)
}

/// A dump that is there already.
fn show_download(stage: &Stage, dump: &Dump) -> Result<(), String> {
    println!(
        "
A fake Anaplan service now listens on {}. Its import \"Actuals\" rejected rows. They are in a dump
of {} chunks, cut even in the middle of a row or a character.

{}
cd {}",
        stage.server.origin(),
        dump.chunks.len(),
        stage.settings,
        stage.folder.display(),
    );
    stage.perform("Which chunks are there?", &format!("{PROGRAM} chunks {}", sample::LARGE), 0)?;
    let begun = Instant::now();
    let get = format!("{PROGRAM} get {} -o actuals/", sample::LARGE);
    stage.perform("Download them and put them together:", &get, 0)?;
    println!("\n  time  {:.2} s", begun.elapsed().as_secs_f64());
    stage.compare("actuals", dump)
}

/// From a source file to the last of its rows.
fn show_loop(stage: &Stage) -> Result<(), String> {
    println!("\nNow the whole loop. The nightly process loads this file of cost centres from another system:\n");
    println!("{}", sample::source().lines().take(3).collect::<Vec<_>>().join("\n"));
    let says = "Run it, and collect what its import rejects; this takes a few seconds:";
    stage.perform(says, &format!("{PROGRAM} run {PROCESS} -o rejected/"), 6)?;
    println!("$ echo $?\n6");
    let dump = stage.server.service().dump_of(PROCESS).ok_or("the process left no dump")?;
    stage.compare("rejected", &dump)?;
    // The rows are here already.
    sample::steps().iter().skip(1).try_for_each(|(says, line)| stage.perform(says, line, 0))?;
    let left = stage.server.service().dump_of(sample::IMPORT);
    left.map_or(Ok(()), |_| Err("rows are still rejected".to_owned()))
}

struct Stage {
    settings: String,
    folder: PathBuf,
    server: FakeServer,
}

impl Stage {
    /// Has a shell do this line, which must end with this code; its output goes where ours goes.
    fn perform(&self, says: &str, line: &str, exit: i32) -> Result<(), String> {
        println!("\n# {says}\n$ {line}");
        let status = clean_command("sh")
            .args(["-c", &format!("{}\n{line}", self.settings)])
            .current_dir(&self.folder)
            .status()
            .map_err(|error| format!("cannot start sh: {error}"))?;
        match status.code() == Some(exit) {
            true => Ok(()),
            false => Err(format!("`{line}` ended with {status}, expected {exit}")),
        }
    }

    /// Compares the one file in a folder with its dump.
    fn compare(&self, folder: &str, dump: &Dump) -> Result<(), String> {
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
        println!("\n  path  {path}\n  same  all {} bytes are what the service holds", file.len());
        Ok(())
    }
}
