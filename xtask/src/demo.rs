//! `cargo xtask demo`: the main job from end to end, with the real binary, in front of somebody's eyes.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use argh::FromArgs;
use xtask::fake::*;

use crate::cargo::{PROGRAM, build_program, clean_command};
use crate::format::grouped;

/// show the main job, and a process that fails: a fake service, the real binary, the results compared
#[derive(FromArgs)]
#[argh(subcommand, name = "demo")]
pub(crate) struct Demo {}

/// As the service cuts dumps.
const CHUNK_SIZE: usize = 10_000_000;
/// Two whole chunks and a rest.
const DUMP_SIZE: usize = 23_456_789;
/// With this one both cuts fall into the middle of a row, and the first into the middle of a character.
const SEED: u64 = 52;

/// The process that is run, and the two imports that fail in it.
const FAILING_PROCESS: &str = "118000000002";
const COST_CENTRES: &str = "112000000021";
const ACCOUNTS: &str = "112000000022";
/// Their dumps are small: this part shows the way, not the size.
const PROCESS_DUMP_SIZE: usize = 25_000;
const PROCESS_CHUNK_SIZE: usize = 10_000;

/// Shows it, or says what was not as it should be.
pub(crate) fn run(_: &Demo) -> Result<(), String> {
    println!("Building {PROGRAM}: about two minutes the first time ...");
    // The profile of the tests: its dependencies are optimised, and it is built in a fraction of the time.
    let program = build_program(&[])?;
    let folder = tempfile::Builder::new()
        .prefix("anaplan-dump-demo-")
        .tempdir()
        .map_err(|error| format!("no temporary folder: {error}"))?;
    let outcome = show(&Stage { program, folder: folder.path().to_owned() });
    // Said aloud where it fails, unlike on drop.
    let removed = folder.close().map_err(|error| format!("the temporary folder stays behind: {error}"));
    outcome.and(removed)
}

fn show(stage: &Stage) -> Result<(), String> {
    let dump = Dump::from_bytes(dump_file::generate(SEED, DUMP_SIZE), CHUNK_SIZE);
    let small = |seed| Dump::from_bytes(dump_file::generate(seed, PROCESS_DUMP_SIZE), PROCESS_CHUNK_SIZE);
    let process_dumps = [(COST_CENTRES, small(SEED + 1)), (ACCOUNTS, small(SEED + 2))];
    let service = Service::with_dump(dump.clone()).with_process(failing_process(&process_dumps));
    let server = FakeServer::start_on(service, 0, false)?;
    let (locator, chunks) = (server.locator(), dump.chunks().len());
    let dumps = stage.folder.join("dumps");
    fs::create_dir(&dumps).map_err(|error| format!("{}: {error}", dumps.display()))?;

    println!(
        "
A fake Anaplan service now listens on {}. Last night its process
\"Nightly load\" ran, and the import \"{OBJECT_NAME}\" in it rejected rows. They are in a
dump of {} bytes, cut into {chunks} chunks.",
        server.origin(),
        grouped(DUMP_SIZE as u64)
    );
    describe_cuts(&dump);
    println!(
        "
$ export ANAPLAN_API_URL={}
$ export ANAPLAN_TOKEN={TOKEN}
$ cd {}
$ mkdir dumps",
        server.origin(),
        stage.folder.display()
    );

    stage.perform(&server, "Which chunks are there?", &["chunks", &locator], 0)?;
    let (requests, connections) = (server.requests().len(), server.connections());
    let get = ["get", &locator, "-o", "dumps/"];
    let time = stage.perform(&server, "Download them and put them together:", &get, 0)?;
    let requests = server.requests().len() - requests;
    let connections = match server.connections() - connections {
        1 => "one connection".to_owned(),
        count => format!("{count} connections"),
    };

    let file = stage.compare("dumps", OBJECT, &dump)?;
    println!(
        "
  path  {}
  size  {} bytes
  time  {:.2} s, {requests} requests over {connections}
  same  every byte is what the service holds",
        file.display(),
        grouped(DUMP_SIZE as u64),
        time.as_secs_f64()
    );
    show_run(stage, &server, &process_dumps)?;
    show_report(stage, &server)?;
    println!(
        "
What this showed: the real binary listed the chunks of a dump, downloaded all {chunks} of them and joined
them. Then it started a process, waited for its end, and collected the dump of each failed import; exit
code 6 tells a script that rows were rejected. Every file was compared byte for byte with what the service
holds. Last it said what is wrong in one of them, and wrote the rows to correct. Only the service was not
the real one. (The folder is removed again.)

The same against the real service, with a token and the ids of your own process:

  export ANAPLAN_TOKEN=...
  {PROGRAM} chunks WORKSPACE/MODEL/PROCESS/TASK/OBJECT
  {PROGRAM} get WORKSPACE/MODEL/PROCESS/TASK/OBJECT -o dumps/
  {PROGRAM} run WORKSPACE/MODEL/PROCESS -o tonight/ --explain

The URL of the dump, as the API's reference prints it, can be used instead of the five ids."
    );
    Ok(())
}

/// From a process that fails to all its dumps, in one command.
fn show_run(stage: &Stage, server: &FakeServer, dumps: &[(&str, Dump)]) -> Result<(), String> {
    println!("\nNow a process that two imports fail in: start it, wait for it, collect what was rejected.");
    let process = format!("{WORKSPACE}/{MODEL}/{FAILING_PROCESS}");
    // Only on this machine may a task be polled so often.
    let run = ["run", &process, "-o", "tonight/", "--poll", "200ms"];
    stage.perform(server, "Exit code 6 says that rows were rejected and every dump is there:", &run, 6)?;
    println!("$ echo $?\n6");
    for (object, dump) in dumps {
        stage.compare("tonight", object, dump)?;
    }
    println!("\n  same  both files are what the service holds");
    Ok(())
}

/// What is wrong in a dump, and the rows to correct.
fn show_report(stage: &Stage, server: &FakeServer) -> Result<(), String> {
    let file = stage.find("tonight", COST_CENTRES)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let dump = format!("tonight/{name}");
    let explain = ["explain", &dump, "--top", "3", "--fix", "to-correct.csv"];
    stage.perform(
        server,
        "What is wrong in one of them? Also write its rows, to be corrected:",
        &explain,
        0,
    )?;
    let header = fs::read_to_string(stage.folder.join("to-correct.csv"));
    let header = header.map_err(|error| format!("to-correct.csv: {error}"))?;
    let header = header.lines().next().unwrap_or_default();
    println!("$ head -1 to-correct.csv\n{header}");
    if header.contains("_Line_") {
        return Err("to-correct.csv has columns of the service".to_owned());
    }
    Ok(())
}

fn failing_process(dumps: &[(&'static str, Dump)]) -> Process {
    let imports = dumps.iter().zip([("Cost centres", 9_870), ("Accounts", 512)]);
    let result =
        imports.fold(ActionResult::process(FAILING_PROCESS), |result, ((object, dump), (name, taken))| {
            result.with_nested(ActionResult::import_with_dump(*object, name, taken, dump))
        });
    let run = ProcessRun::new()
        .with_step(TaskState::NotStarted, "Waiting to start.", 0.0)
        .with_step(TaskState::InProgress, "Importing cost centres", 0.3)
        .with_step(TaskState::InProgress, "Importing accounts", 0.7)
        .with_result(result);
    let run = dumps.iter().fold(run, |run, (object, dump)| run.with_dump(*object, dump.clone()));
    Process::new(FAILING_PROCESS, "Month end").with_script(run)
}

/// Says where the chunks are cut, because that is what harms those who decode each on its own.
fn describe_cuts(dump: &Dump) {
    let cuts: Vec<_> = dump.chunks().windows(2).map(|pair| (pair[0].last(), pair[1].first())).collect();
    let in_rows = cuts.iter().filter(|(before, _)| *before != Some(&b'\n')).count();
    let in_characters =
        cuts.iter().filter(|(_, after)| after.is_some_and(|byte| byte & 0xc0 == 0x80)).count();
    println!("Chunks are cut anywhere: of {} cuts, {in_rows} fall into the middle of a row, and", cuts.len());
    println!("{in_characters} into the middle of a character.");
}

struct Stage {
    program: PathBuf,
    folder: PathBuf,
}

impl Stage {
    /// Runs the real binary, which must end with this code; its output goes where ours goes.
    fn perform(
        &self,
        server: &FakeServer,
        says: &str,
        arguments: &[&str],
        exit: i32,
    ) -> Result<Duration, String> {
        println!("\n# {says}\n$ {PROGRAM} {}", arguments.join(" "));
        let start = Instant::now();
        let status = clean_command(&self.program)
            .args(arguments)
            .env("ANAPLAN_API_URL", server.origin())
            .env("ANAPLAN_TOKEN", TOKEN)
            .current_dir(&self.folder)
            .status()
            .map_err(|error| format!("cannot start {}: {error}", self.program.display()))?;
        if status.code() == Some(exit) {
            return Ok(start.elapsed());
        }
        Err(format!("`{PROGRAM} {}` ended with {status}, expected {exit}", arguments[0]))
    }

    /// The one file in a folder whose name has the object in it.
    fn find(&self, folder: &str, object: &str) -> Result<PathBuf, String> {
        let folder = self.folder.join(folder);
        let failed = |error| format!("{}: {error}", folder.display());
        let entries = fs::read_dir(&folder).map_err(failed)?;
        let names: Vec<String> =
            entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        let mut own = names.iter().filter(|name| name.contains(&format!("{object}-")));
        let (Some(name), None) = (own.next(), own.next()) else {
            return Err(format!("one file of {object} was expected in {}, not {names:?}", folder.display()));
        };
        Ok(folder.join(name))
    }

    /// Compares the file of an object with its dump.
    fn compare(&self, folder: &str, object: &str, dump: &Dump) -> Result<PathBuf, String> {
        let file = self.find(folder, object)?;
        let bytes = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        compare(&bytes, &dump.bytes())?;
        Ok(file)
    }
}

fn compare(file: &[u8], dump: &[u8]) -> Result<(), String> {
    if file == dump {
        return Ok(());
    }
    let same = file.iter().zip(dump).take_while(|(a, b)| a == b).count();
    Err(format!(
        "the file is NOT what the service holds: {} bytes instead of {}, and different from byte {same} on",
        file.len(),
        dump.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_reported_with_its_position() {
        assert_eq!(compare(b"abc", b"abc"), Ok(()));
        assert!(compare(b"abX", b"abc").unwrap_err().contains("from byte 2 on"));
        assert!(compare(b"ab", b"abc").unwrap_err().contains("2 bytes instead of 3"));
    }
}
