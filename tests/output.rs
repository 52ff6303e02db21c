//! Where a dump goes: a file, a folder, standard output, a device, by the locator alone; and disks and readers
//! that fail.

use std::fs::{File, OpenOptions};

use xtask::fake::{At, Dump, Fault, When, dump_file};

use crate::support::texts::{CUT, KEPT, goes_on, incomplete, the_chunk, wait};
use crate::support::{
    ACTUALS, CHUNK, COSTS, Scene, bytes_of, chunk, clean, dump_of, failed, failing_run, file_of, own_name,
};

const NO_SPACE: &str = "No space left on device (os error 28)";

/// Files of at most 25 KiB, which is two chunks and a half: a write beyond fails, as on a full disk.
const TWO_AND_A_HALF_CHUNKS: &str = "-f 25";

/// What reads one line of standard output and closes the pipe.
const INTO_HEAD: &str = "\"$0\" \"$@\" | head -1; exit ${PIPESTATUS[0]}";

fn full_disk() -> File {
    OpenOptions::new().write(true).open("/dev/full").expect("/dev/full is there")
}

#[test]
fn down_to_an_object_a_name_is_a_file_and_a_folder_gets_the_dumps_own_name() {
    for (output, file) in [
        ("", own_name()),
        #[cfg(unix)]
        ("-o there", format!("there/{}", own_name())),
        #[cfg(unix)]
        ("-o there/", format!("there/{}", own_name())),
        ("-o there/tonight.csv", "there/tonight.csv".to_owned()),
        ("-o new/folder/", format!("new/folder/{}", own_name())),
        ("-o new", "new".to_owned()),
    ] {
        let scene = Scene::with_chunks(3);
        if output.contains("there") {
            scene.make_folder("there");
        }
        scene.run(&format!("get DUMP {output}")).saves_as(&file, &dump_of(3, 1));
    }
    let scene = Scene::with_tasks([failed("T9", &[COSTS])]);
    scene.run(&format!("get NIGHTLY/latest/{} -q -o x", COSTS.0)).any_stdout();
    scene.holds(&["x"]);
    // A device is written to as it is.
    #[cfg(unix)]
    Scene::with_chunks(3).run("get DUMP -o /dev/null").asks_for(&["0", "1", "2"]);
}

/// Windows prints another separator after a name without one.
#[cfg(unix)]
#[test]
fn above_an_object_a_new_name_is_a_folder_however_many_dumps_there_are() {
    for imports in [&[COSTS][..], &[COSTS, ACTUALS]] {
        let scene = Scene::with_tasks([failed("T9", imports)]);
        scene.run("get NIGHTLY/T9 -o rejected").collects("rejected/", "T9", imports);
    }
    let scene = Scene::with_run(failing_run(&[COSTS]));
    scene.run("run NIGHTLY --poll=1ms -q -o rejected").exits_with(6).any_stdout();
    scene.holds(&[format!("rejected/{}", file_of(COSTS, &scene.task_id()))]);
}

#[test]
fn above_an_object_a_file_is_wrong_usage() {
    let scene = Scene::with_tasks([failed("T9", &[COSTS])]);
    scene.write("x.csv", "mine");
    let many = "and there may be several dumps: name a folder";
    for command in ["get NIGHTLY", "get NIGHTLY/T9", "run NIGHTLY", "get NIGHTLY/T9 --force"] {
        let there = scene.run(&format!("{command} -o x.csv"));
        there.is_wrong_usage(format!("-o x.csv is a file, {many}, or one object in the locator"));
        // One that is not there yet is meant as a file too.
        let new = scene.run(&format!("{command} -o new.csv"));
        new.is_wrong_usage(format!("-o new.csv looks like a file, {many} (new.csv/ if<ANY>"));
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
    // One that was made stays also after an error: another run may have seen it.
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::status(403), When::path("chunks"));
    scene.run("get DUMP -o made/").exits_with(3).stderr_has("403");
    scene.holds(&["made/"]);
}

#[test]
fn standard_output_gets_the_bytes_and_nothing_else() {
    let scene = Scene::with_chunks(3);
    let outcome = scene.pipe("");
    outcome.stderr("downloading 3 chunks\nstandard output  25.0 kB  3 chunks  <TIME>\n");
    outcome.prints(&bytes_of(3, 1));
    scene.pipe("-q").stderr("").prints(&bytes_of(3, 1));
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

#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_a_download_and_a_list_without_a_message() {
    // Far more than a pipe holds, so that a writer notices that its reader is gone.
    let large = Scene::with_dump(Dump::from_bytes(dump_file::generate(7, 2_000_000), 100_000));
    for options in ["-q", "-q --whole"] {
        let outcome = large.command(&format!("get DUMP -o - {options}")).through(INTO_HEAD).run();
        outcome.exits_with(7).stderr("").any_stdout().stdout_has("_Line_");
    }
    let scene = Scene::with_dump(Dump::from_bytes(vec![b'x'; 20_000], 1));
    for (command, first) in [("chunks DUMP", "CHUNK  NAME\n"), ("chunks DUMP --json", "{\n")] {
        scene.command(command).through(INTO_HEAD).run().exits_with(7).stderr("").stdout(first);
    }
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_reported_for_standard_output() {
    let scene = Scene::with_chunks(3);
    let no_space = format!("cannot write to the output: {NO_SPACE}");
    let outcome = scene.command("get DUMP -o -").stdout(full_disk()).run();
    outcome.fails(7, incomplete(0, 3, &no_space));
    scene.run("get DUMP -o /dev/full").fails(7, incomplete(0, 3, &no_space));
    for command in ["chunks DUMP", "chunks DUMP --json", "--help", "get --help", "--version"] {
        scene.command(command).stdout(full_disk()).run().fails(7, &no_space);
    }
}

#[cfg(unix)]
#[test]
fn a_disk_that_fills_up_keeps_the_whole_chunks_and_the_next_run_goes_on() {
    for (options, fault) in [("", None), ("--parallel=4", None), ("", Some(Fault::Cut(At::Body(9_000))))] {
        let scene = Scene::with_chunks(5);
        let notes = fault.as_ref().map_or_else(String::new, |_| wait(&the_chunk(1, 5), CUT, 1, 12));
        if let Some(fault) = fault {
            scene.server.fault(fault, chunk(1).times(1));
        }
        let command = scene.command(&format!("get DUMP -o dump.csv {options}"));
        let error = incomplete(2, 5, "cannot write to dump.csv.part: File too large (os error 27)") + KEPT;
        command.limited(TWO_AND_A_HALF_CHUNKS).run().notes(notes).fails(7, error);
        scene.keeps_part(&bytes_of(5, 1)[..2 * CHUNK]);
        scene.get("").notes(goes_on(2, 5)).asks_for(&["2", "3", "4"]).saves(&dump_of(5, 1));
    }
    let scene = Scene::with_chunks(3);
    let outcome = scene.command("get DUMP -o dump.csv").limited("-f 0").run();
    outcome.fails(7, "cannot <ANY> dump.csv.part.journal<ANY>: File too large (os error 27)");
}

#[cfg(unix)]
#[test]
fn what_cannot_be_written_is_reported_before_anything_is_sent() {
    let scene = Scene::with_chunks(3);
    std::fs::create_dir_all(scene.path("folder").join(own_name())).expect("a folder");
    scene.any_files();
    scene.write("file", "mine");
    let missing = "cannot write to missing/dump.csv: the folder missing is not there: make it first";
    let proc = "cannot open /proc/dump.csv.part: No such file or directory (os error 2)";
    for (output, error) in [
        ("missing/dump.csv", missing),
        ("file/dump.csv", "cannot write to file/dump.csv: Not a directory (os error 20)"),
        ("file/", "cannot make the folder file/: <ANY>"),
        ("file/below/", "cannot make the folder file/below/: <ANY>"),
        // Not even root may make files here.
        #[cfg(target_os = "linux")]
        ("/proc/dump.csv", proc),
    ] {
        scene.run(&format!("get DUMP -o {output}")).fails(7, error).without_a_connection();
    }
    let folder = format!("cannot write to folder/{}: is a directory", own_name());
    scene.run("get DUMP -o folder --force").fails(7, folder);
}

/// No disk of another system takes such names.
#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf_8_can_be_used() {
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
    let with_file = scene.command("chunks DUMP -qq").without("ANAPLAN_TOKEN").env("ANAPLAN_TOKEN_FILE", token);
    with_file.run().any_stdout();
    let elsewhere = scene.command("chunks").arg(name).run();
    elsewhere.is_wrong_usage("an argument is not UTF-8: d\u{fffd}mp.csv");
    scene.any_files();
}

/// Elsewhere it cannot be found out.
#[cfg(target_os = "linux")]
#[test]
fn a_standard_output_that_is_closed_is_an_error() {
    let scene = Scene::with_chunks(3);
    for command in ["get DUMP -o -", "token", "get DUMP --json", "explain x.csv", "man"] {
        let outcome = scene.command(command).through("\"$0\" \"$@\" >&-").run();
        outcome.fails(7, "cannot write to the output: standard output is closed");
    }
    scene.command("get DUMP -q -o -").through("\"$0\" \"$@\" > /dev/null").run();
    // A program that wants the exit code alone opens the device so.
    scene.command("chunks DUMP").through("\"$0\" \"$@\" 1<> /dev/null").run();
}
