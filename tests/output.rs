//! Where a dump goes: a file, a folder, standard output, a device; and outputs that fail.

use std::fs::{self, File, OpenOptions};

use xtask::fake::{ActionResult, Dump, OBJECT, OBJECT_NAME, PROCESS, TASK, Task, dump_file};

use crate::support::{Scene, assert_same_bytes, own_name, three_chunks};

/// Far more than a pipe holds, so that a writer notices that its reader is gone.
fn more_than_a_pipe_holds() -> Dump {
    Dump::from_bytes(dump_file::generate(7, 2_000_000), 100_000)
}

fn full_disk() -> File {
    OpenOptions::new().write(true).open("/dev/full").expect("/dev/full is there")
}

#[test]
fn a_file_is_told_with_its_path_size_and_chunks() {
    let scene = Scene::with_dump(three_chunks());
    let outcome = scene.run("get DUMP -o dump.csv").exits_with(0).complains_exactly("downloading 3 chunks\n");
    outcome.says("dump.csv  25.0 kB  3 chunks  ");
    scene.holds(&["dump.csv"]);
}

#[test]
fn a_path_into_a_folder_is_written_there() {
    let scene = Scene::with_dump(three_chunks());
    fs::create_dir(scene.path("dumps")).expect("a folder");
    scene.run("get DUMP -o dumps/tonight.csv").exits_with(0).says("dumps/tonight.csv  ");
    assert_eq!(scene.read("dumps/tonight.csv").len(), 25_000);
}

#[test]
fn a_folder_gets_a_file_with_the_dumps_own_name() {
    let scene = Scene::with_dump(three_chunks());
    fs::create_dir(scene.path("dumps")).expect("a folder");
    let path = format!("dumps/{}", own_name());
    for output in ["dumps", "dumps/", "./dumps"] {
        scene.command("get DUMP --force -o").arg(output).run().exits_with(0).says(&path);
        assert_eq!(scene.read(&path).len(), 25_000);
        fs::remove_file(scene.path(&path)).expect("the file is removed");
    }
    scene.holds(&["dumps"]);
}

#[test]
fn a_trailing_slash_makes_a_new_folder_with_those_above_it() {
    let scene = Scene::with_dump(three_chunks());
    scene.run("get DUMP -o new/folder/").exits_with(0).says("new/folder/");
    assert_eq!(scene.read(&format!("new/folder/{}", own_name())).len(), 25_000);
}

#[test]
fn standard_output_gets_the_bytes_and_nothing_else() {
    let dump = three_chunks();
    let scene = Scene::with_dump(dump.clone());
    let outcome = scene.run("get DUMP -o -").exits_with(0);
    assert_same_bytes(&outcome.output.stdout, &dump.bytes());
    outcome.complains("downloading 3 chunks\n").complains("standard output  25.0 kB  3 chunks  ");
    scene.holds(&[]);
}

#[test]
fn quiet_means_that_nothing_is_told_but_the_result() {
    let scene = Scene::with_dump(three_chunks());
    scene.run("get DUMP -o dump.csv -q").exits_with(0).complains_exactly("").says("dump.csv");
    scene.run("get DUMP -o - -q").exits_with(0).complains_exactly("");
}

#[test]
fn a_device_is_written_to_as_it_is() {
    let scene = Scene::with_dump(three_chunks());
    scene.run("get DUMP -o /dev/null").exits_with(0);
    assert_eq!(scene.chunk_requests(), ["/chunks/0", "/chunks/1", "/chunks/2"]);
    let piped = scene.command("get DUMP -o /dev/stderr -q").run().exits_with(0);
    assert_same_bytes(&piped.output.stderr, &three_chunks().bytes());
}

#[test]
fn a_reader_that_goes_away_ends_a_download_quietly() {
    let scene = Scene::with_dump(more_than_a_pipe_holds());
    let outcome = scene.command("get DUMP -o -").run_into_head();
    outcome.exits_with(7).complains_exactly("downloading 20 chunks\n").says("_Line_");
    scene.command("get DUMP -o - -q").run_into_head().exits_with(7).complains_exactly("");
    scene.command("get DUMP -o - --whole -q").run_into_head().exits_with(7).complains_exactly("");
}

#[test]
fn a_reader_that_goes_away_ends_a_list_quietly() {
    let scene = Scene::with_dump(Dump::from_bytes(vec![b'x'; 20_000], 1));
    for command in ["chunks DUMP", "chunks DUMP --json"] {
        scene.command(command).run_into_head().exits_with(7).complains_exactly("");
    }
}

#[test]
fn a_full_disk_behind_standard_output_is_told() {
    let scene = Scene::with_dump(three_chunks());
    let outcome = scene.command("get DUMP -o - -q").stdout(full_disk()).run().exits_with(7);
    outcome.complains("0 of 3 chunks are there: cannot write to the output: No space left on device");
}

#[test]
fn a_full_disk_under_a_name_is_told() {
    let scene = Scene::with_dump(three_chunks());
    let outcome = scene.run("get DUMP -o /dev/full -q").exits_with(7);
    outcome.complains("0 of 3 chunks are there: cannot write to ").complains("No space left on device");
}

#[test]
fn a_full_disk_behind_a_list_or_a_help_text_is_told() {
    let scene = Scene::with_dump(three_chunks());
    for command in ["chunks DUMP", "chunks DUMP --json", "--help", "get --help", "--version"] {
        let outcome = scene.command(command).stdout(full_disk()).run().exits_with(7);
        let expected = "anaplan-dump: cannot write to the output: No space left on device (os error 28)\n";
        outcome.complains_exactly(expected);
    }
}

#[test]
fn a_folder_that_is_not_there_is_told_before_anything_is_sent() {
    let scene = Scene::with_dump(three_chunks());
    let outcome = scene.run("get DUMP -o missing/dump.csv").exits_with(7).without_a_connection();
    outcome.complains("missing/dump.csv").complains("No such file or directory");
}

#[test]
fn a_place_that_cannot_be_written_is_told_before_anything_is_sent() {
    let scene = Scene::with_dump(three_chunks());
    fs::write(scene.path("file"), "mine").expect("a file");
    for output in ["file/dump.csv", "file/", "file/below/"] {
        let outcome = scene.command("get DUMP -o").arg(output).run().exits_with(7);
        outcome.without_a_connection().complains("anaplan-dump: cannot ").complains("file/");
    }
    scene.holds(&["file"]);
    assert_eq!(scene.read("file"), b"mine");
}

#[test]
fn a_folder_in_the_place_of_the_file_is_left_as_it_is() {
    let scene = Scene::with_dump(three_chunks());
    fs::create_dir(scene.path(&own_name())).expect("a folder");
    for command in ["get DUMP", "get DUMP --force"] {
        scene.run(command).exits_with(7).complains(&own_name()).complains("is a directory");
    }
    scene.holds(&[&own_name()]);
}

#[test]
fn the_own_name_tells_the_dumps_of_two_tasks_apart() {
    let result = ActionResult::process(PROCESS).with_nested(ActionResult::failed_import(OBJECT, OBJECT_NAME));
    let task = Task::complete("OTHERTASK").with_result(result).with_dump(OBJECT, three_chunks());
    let scene = Scene::with_dump(three_chunks());
    scene.server.service().process_mut(PROCESS).expect("the process").tasks.push(task);
    scene.run("get DUMP").exits_with(0);
    let other = scene.server.locator().replace(TASK, "OTHERTASK");
    scene.command("get").arg(other).run().exits_with(0);
    scene.holds(&[&own_name(), &own_name().replace(TASK, "OTHERTASK")]);
}
