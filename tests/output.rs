//! Where a dump goes: a file, a folder, standard output, a device, by the locator alone; and disks and readers
//! that fail.

use std::fs::{File, OpenOptions};

use xtask::fake::{ActionResult, Dump, Fault, OBJECT, OBJECT_NAME, PROCESS, TASK, Task, dump_file};

use crate::support::texts::{CUT, KEPT, goes_on, incomplete, the_chunk, wait};
use crate::support::{
    ACTUALS, CHUNK, COSTS, Scene, bytes_of, chunk, clean, dump_of, failed, failing_run, file_of, own_name,
    three_chunks,
};

const NO_SPACE: &str = "No space left on device (os error 28)";

/// Files of at most 25 KiB, which is two chunks and a half: a write beyond fails, as on a full disk.
const TWO_AND_A_HALF_CHUNKS: &str = "-f 25";

/// Far more than a pipe holds, so that a writer notices that its reader is gone.
fn more_than_a_pipe_holds() -> Dump {
    Dump::from_bytes(dump_file::generate(7, 2_000_000), 100_000)
}

fn full_disk() -> File {
    OpenOptions::new().write(true).open("/dev/full").expect("/dev/full is there")
}

#[test]
fn a_file_is_reported_with_its_size_and_chunks() {
    let scene = Scene::with_dump(three_chunks());
    let outcome = scene.get("");
    outcome.stderr("downloading 3 chunks\n").stdout("dump.csv  25.0 kB  3 chunks  <TIME>\n");
    scene.has("dump.csv", &three_chunks().bytes());
}

#[test]
fn without_an_output_a_dump_is_named_after_its_object_and_task() {
    let scene = Scene::with_dump(three_chunks());
    scene.run("get DUMP").saves_as(&own_name(), &three_chunks());
}

#[cfg(unix)]
#[test]
fn a_folder_gets_a_file_with_the_dumps_own_name() {
    for output in ["dumps", "dumps/"] {
        let scene = Scene::with_dump(three_chunks());
        scene.make_folder("dumps");
        let file = format!("dumps/{}", own_name());
        scene.run(&format!("get DUMP -o {output}")).saves_as(&file, &three_chunks());
    }
}

#[test]
fn a_trailing_slash_makes_a_new_folder_with_those_above_it() {
    let scene = Scene::with_dump(three_chunks());
    scene.run("get DUMP -o new/folder/").saves_as(&format!("new/folder/{}", own_name()), &three_chunks());
}

#[test]
fn a_path_into_a_folder_is_written_there() {
    let scene = Scene::with_dump(three_chunks());
    scene.make_folder("dumps");
    scene.run("get DUMP -o dumps/tonight.csv").saves_as("dumps/tonight.csv", &three_chunks());
}

#[test]
fn the_dumps_of_two_tasks_have_different_names() {
    let result = ActionResult::process(PROCESS).with_nested(ActionResult::failed_import(OBJECT, OBJECT_NAME));
    let task = Task::complete("OTHERTASK").with_result(result).with_dump(OBJECT, dump_of(2, 2));
    let scene = Scene::with_dump(three_chunks());
    scene.server.service().process_mut(PROCESS).expect("the process").tasks.push(task);
    scene.run("get DUMP").saves_as(&own_name(), &three_chunks());
    let other = own_name().replace(TASK, "OTHERTASK");
    let outcome = scene.command("get").arg(scene.server.locator().replace(TASK, "OTHERTASK")).run();
    outcome.stdout(format!("{other}  15.0 kB  2 chunks  <TIME>\n"));
    scene.has(&other, &bytes_of(2, 2));
    scene.holds(&[own_name(), other]);
}

#[test]
fn standard_output_gets_the_bytes_and_nothing_else() {
    let scene = Scene::with_dump(three_chunks());
    let outcome = scene.pipe("");
    outcome.stderr("downloading 3 chunks\nstandard output  25.0 kB  3 chunks  <TIME>\n");
    outcome.prints(&three_chunks().bytes());
    scene.pipe("-q").stderr("").prints(&three_chunks().bytes());
}

#[cfg(unix)]
#[test]
fn a_device_is_written_to_as_it_is() {
    let scene = Scene::with_dump(three_chunks());
    scene.run("get DUMP -o /dev/null").asks_for(&["0", "1", "2"]);
}

#[test]
fn a_closed_pipe_ends_a_download_without_a_message() {
    let scene = Scene::with_dump(more_than_a_pipe_holds());
    for options in ["", "-q", "--whole"] {
        let outcome = scene.command(&format!("get DUMP -o - {options}")).run_into_head();
        outcome.exits_with(7).any_stdout().stdout_has("_Line_");
    }
}

#[test]
fn a_closed_pipe_ends_a_list_without_a_message() {
    let scene = Scene::with_dump(Dump::from_bytes(vec![b'x'; 20_000], 1));
    scene.command("chunks DUMP").run_into_head().exits_with(7).stdout("CHUNK  NAME\n");
    scene.command("chunks DUMP --json").run_into_head().exits_with(7).stdout("{\n");
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_reported_for_standard_output() {
    let scene = Scene::with_dump(three_chunks());
    let outcome = scene.command("get DUMP -o -").stdout(full_disk()).run();
    outcome.fails(7, incomplete(0, 3, &format!("cannot write to the output: {NO_SPACE}")));
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_reported_for_lists_and_help() {
    let scene = Scene::with_dump(three_chunks());
    for command in ["chunks DUMP", "chunks DUMP --json", "--help", "get --help", "--version"] {
        let outcome = scene.command(command).stdout(full_disk()).run();
        outcome.fails(7, format!("cannot write to the output: {NO_SPACE}"));
    }
}

#[cfg(unix)]
#[test]
fn a_disk_that_fills_up_keeps_the_whole_chunks_and_the_next_run_goes_on() {
    for options in ["", "--parallel=4"] {
        let scene = Scene::with_chunks(5);
        let command =
            scene.command(&format!("get DUMP -o dump.csv {options}")).limited(TWO_AND_A_HALF_CHUNKS);
        let outcome = command.run();
        outcome
            .fails(7, incomplete(2, 5, "cannot write to dump.csv.part: File too large (os error 27)") + KEPT);
        scene.keeps_part(&bytes_of(5, 1)[..2 * CHUNK]);
        scene.get("").notes(goes_on(2, 5)).asks_for(&["2", "3", "4"]).saves(&dump_of(5, 1));
    }
}

#[cfg(unix)]
#[test]
fn a_disk_that_fills_up_after_a_retry_keeps_the_whole_chunks() {
    let scene = Scene::with_chunks(5);
    scene.server.fault(Fault::CutBody { after_bytes: 9_000 }, chunk(1).times(1));
    let outcome = scene.command("get DUMP -o dump.csv").limited(TWO_AND_A_HALF_CHUNKS).run();
    outcome.notes(wait(&the_chunk(1, 5), CUT, 1, 12)).fails(7, incomplete(2, 5, "<ANY>") + KEPT);
    scene.keeps_part(&bytes_of(5, 1)[..2 * CHUNK]);
}

#[cfg(unix)]
#[test]
fn a_disk_without_any_room_leaves_nothing() {
    let scene = Scene::with_dump(three_chunks());
    let outcome = scene.command("get DUMP -o dump.csv").limited("-f 0").run();
    outcome.fails(7, "cannot <ANY> dump.csv.part.journal<ANY>: File too large (os error 27)");
    let outcome = scene.run("get DUMP -o /dev/full");
    outcome.fails(7, incomplete(0, 3, &format!("cannot write to the output: {NO_SPACE}")));
}

#[cfg(unix)]
#[test]
fn what_cannot_be_written_is_reported_before_anything_is_sent() {
    let scene = Scene::with_dump(three_chunks());
    scene.write("file", "mine");
    let mut cases = vec![
        (
            "missing/dump.csv",
            "cannot write to missing/dump.csv: the folder missing is not there: make it first",
        ),
        ("file/dump.csv", "cannot write to file/dump.csv: Not a directory (os error 20)"),
        ("file/", "cannot make the folder file/: <ANY>"),
        ("file/below/", "cannot make the folder file/below/: <ANY>"),
    ];
    if cfg!(target_os = "linux") {
        // Not even root may make files here.
        cases.push((
            "/proc/dump.csv",
            "cannot open /proc/dump.csv.part: No such file or directory (os error 2)",
        ));
    }
    for (output, error) in cases {
        scene.run(&format!("get DUMP -o {output}")).fails(7, error).without_a_connection();
    }
}

#[test]
fn a_folder_with_the_name_of_the_file_is_left_as_it_is() {
    let scene = Scene::with_dump(three_chunks());
    scene.make_folder(&own_name());
    for command in ["get DUMP", "get DUMP --force"] {
        scene.run(command).fails(7, format!("cannot write to {}: is a directory", own_name()));
    }
}

#[test]
fn above_an_object_a_new_name_is_a_folder_however_many_dumps_there_are() {
    for imports in [&[COSTS][..], &[COSTS, ACTUALS]] {
        let scene = Scene::with_tasks([failed("T9", imports)]);
        scene.run("get NIGHTLY/T9 -o rejected").any_stdout();
        scene.holds(&imports.iter().map(|i| format!("rejected/{}", file_of(*i, "T9"))).collect::<Vec<_>>());
    }
    let scene = Scene::with_run(failing_run(&[COSTS]));
    scene.run("run NIGHTLY --poll=1ms -q -o rejected").exits_with(6).any_stdout();
    let task = scene.task_ids()[0].clone();
    scene.holds(&[format!("rejected/{}", file_of(COSTS, &task))]);
}

#[test]
fn above_an_object_a_file_is_wrong_usage() {
    let scene = Scene::with_tasks([failed("T9", &[COSTS])]);
    scene.write("x.csv", "mine");
    let why =
        "-o x.csv is a file, and there may be several dumps: name a folder, or one object in the locator";
    for command in ["get NIGHTLY", "get NIGHTLY/T9", "run NIGHTLY", "get NIGHTLY/T9 --force"] {
        scene.run(&format!("{command} -o x.csv")).refuses(format!("{why}\nTry anaplan-dump <ANY>--help."));
        // One that is not there yet is meant as a file too.
        let why = "-o new.csv looks like a file, and there may be several dumps: name a folder (new.csv/ if<ANY>\nTry anaplan-dump <ANY>--help.";
        scene.run(&format!("{command} -o new.csv")).refuses(why);
    }
}

#[test]
fn down_to_an_object_a_name_is_a_file_and_a_slash_a_folder() {
    let scene = Scene::with_tasks([failed("T9", &[COSTS])]);
    for locator in ["NIGHTLY/T9", "NIGHTLY/latest"] {
        scene.run(&format!("get {locator}/{} -q -o x", COSTS.0)).any_stdout();
        scene.holds(&["x"]);
        scene.remove("x");
        scene.run(&format!("get {locator}/{} -q -o x/", COSTS.0)).any_stdout();
        scene.holds(&[format!("x/{}", file_of(COSTS, "T9"))]);
        std::fs::remove_dir_all(scene.path("x")).expect("the folder is removed");
    }
}

#[cfg(unix)]
#[test]
fn the_names_of_standard_output_are_standard_output() {
    let scene = Scene::with_chunks(3);
    for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        // Where it leads to a regular file, that is written to, and not replaced.
        let file = File::create(scene.path("out")).expect("a file");
        scene.command(&format!("get DUMP -q -o {name}")).stdout(file).run();
        scene.has("out", &bytes_of(3, 1));
    }
}

#[test]
fn a_folder_is_made_once_there_is_a_dump_for_it() {
    let scene = Scene::with_tasks([clean("T9")]);
    scene.run("get NIGHTLY/T9 -o a/b/c").any_stdout();
    scene.holds(&[] as &[&str]);
    scene.run("get NIGHTLY/T7 -o a/b/c/").exits_with(4).stderr_has("404");
    scene.holds(&[] as &[&str]);
    scene.make_folder("a");
    scene.run("get NIGHTLY/T9 -o a/b").any_stdout();
    scene.holds(&["a/"]);
}

/// No disk of another system takes such names.
#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf_8_are_names_all_the_same() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let scene = Scene::with_chunks(3);
    let name = OsStr::from_bytes(b"d\xfcmp.csv");
    scene.command("get DUMP -q -o").arg(name).run().any_stdout();
    assert!(std::fs::read(scene.path("").join(name)).expect("the dump") == bytes_of(3, 1));
    let fixed = OsStr::from_bytes(b"f\xfcxed.csv");
    scene.command("explain -q --fix").arg(fixed).arg(name).run().any_stdout();
    assert!(scene.path("").join(fixed).is_file());
    let token = OsStr::from_bytes(b"t\xf6ken");
    std::fs::write(scene.path("").join(token), xtask::fake::TOKEN).expect("a token");
    let with_file =
        scene.command("chunks DUMP -qq").env_remove("ANAPLAN_TOKEN").env("ANAPLAN_TOKEN_FILE", token);
    with_file.run().any_stdout();
    let elsewhere = scene.command("chunks").arg(name).run();
    elsewhere.refuses("an argument is not UTF-8: d\u{fffd}mp.csv\nTry anaplan-dump <ANY>--help.");
    scene.any_files();
}

/// Elsewhere it cannot be found out.
#[cfg(target_os = "linux")]
#[test]
fn a_standard_output_that_is_closed_is_told() {
    let scene = Scene::with_chunks(3);
    let outcome = scene.command("get DUMP -o -").through("\"$0\" \"$@\" >&-").run();
    outcome.fails(7, "cannot write to the output: standard output is closed");
    scene.command("get DUMP -q -o -").through("\"$0\" \"$@\" > /dev/null").run();
}
