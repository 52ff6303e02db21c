//! A run that was ended in any way is continued by the next one, if what it left is good.

use std::fs;

use xtask::fake::{ActionResult, Dump, Fault, OBJECT, PROCESS, Process, Service, TASK, Task};

use crate::support::{CHUNK, Outcome, Scene, bytes_of, chunk_list, dump_of, lists_asked};

const PART: &str = "dump.csv.part";
const JOURNAL: &str = "dump.csv.part.journal";
const CHUNKS: usize = 5;

/// The next run brings the whole dump, asks for these chunks only and tells this.
#[track_caller]
fn goes_on<'a>(scene: &'a Scene, options: &str, chunks: &[&str], told: &str) -> Outcome<'a> {
    let (outcome, asked) = scene.get(options);
    let outcome = outcome.exits_with(0).complains(told);
    assert_eq!(asked, chunks, "{}", outcome.describe());
    scene.has_whole_dump(&bytes_of(CHUNKS, 1));
    outcome
}

fn killed_in_chunk(number: usize) -> Scene {
    let scene = Scene::with_chunks(CHUNKS);
    scene.killed_in_chunk(number);
    scene
}

fn change(scene: &Scene, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let path = scene.path(name);
    let mut bytes = fs::read(&path).expect("the file");
    change(&mut bytes);
    fs::write(path, bytes).expect("the file is written");
}

#[test]
fn a_killed_run_is_continued_where_it_stopped() {
    let scene = killed_in_chunk(3);
    assert!(scene.files().contains(&PART.to_owned()), "{}", scene.describe());
    let outcome =
        goes_on(&scene, "", &["3", "4"], "an earlier run left 3 of 5 chunks (30.0 kB): going on from there");
    outcome.says("45.0 kB  5 chunks");
}

#[test]
fn a_run_that_is_killed_again_and_again_makes_progress_each_time() {
    let scene = Scene::with_chunks(CHUNKS);
    for number in 1..CHUNKS {
        scene.killed_in_chunk(number);
    }
    goes_on(&scene, "", &["4"], "an earlier run left 4 of 5 chunks");
}

#[test]
fn a_run_that_was_killed_in_its_first_chunk_begins_without_a_word() {
    let scene = killed_in_chunk(0);
    let outcome = goes_on(&scene, "", &["0", "1", "2", "3", "4"], "downloading 5 chunks");
    outcome.never_mentions("earlier").never_mentions("anew");
}

#[test]
fn a_run_that_was_killed_after_its_last_chunk_fetches_none() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::StallBeforeAnswer, chunk_list().occurrence(2));
    let mut running = scene.command("get DUMP -o dump.csv --stall-timeout=10m").start();
    running.wait_until("it asks for the list again", |scene| lists_asked(&scene.server) == 2);
    running.kill();
    scene.keeps_part(&bytes_of(CHUNKS, 1));
    scene.server.clear_faults();
    goes_on(&scene, "", &[], "an earlier run left 5 of 5 chunks");
}

#[test]
fn a_killed_run_is_continued_side_by_side() {
    let scene = killed_in_chunk(2);
    let (outcome, mut asked) = scene.get("--parallel=4");
    let outcome = outcome.exits_with(0).complains("an earlier run left 2 of 5 chunks");
    asked.sort();
    assert_eq!(asked, ["2", "3", "4"], "{}", outcome.describe());
    scene.has_whole_dump(&bytes_of(CHUNKS, 1));
}

#[test]
fn the_same_dump_named_by_its_url_is_continued() {
    let scene = killed_in_chunk(3);
    let url = format!("{}/chunks", scene.server.dump_url());
    let outcome = scene.command("get").arg(url).arg("-o").arg("dump.csv").run().exits_with(0);
    outcome.complains("an earlier run left 3 of 5 chunks");
    scene.has_whole_dump(&bytes_of(CHUNKS, 1));
}

#[test]
fn chunks_after_a_flipped_byte_are_fetched_again() {
    let scene = killed_in_chunk(3);
    change(&scene, PART, |part| part[CHUNK + 77] ^= 1);
    goes_on(&scene, "", &["1", "2", "3", "4"], "an earlier run left 1 of 5 chunks (10.0 kB)");
}

#[test]
fn a_part_file_with_a_flipped_byte_in_its_first_chunk_is_begun_anew() {
    let scene = killed_in_chunk(3);
    change(&scene, PART, |part| part[0] ^= 1);
    let all = ["0", "1", "2", "3", "4"];
    goes_on(&scene, "", &all, "its content does not match its journal): beginning anew");
}

#[test]
fn a_part_file_that_was_cut_keeps_its_whole_chunks() {
    let scene = killed_in_chunk(3);
    change(&scene, PART, |part| part.truncate(2 * CHUNK + 5));
    goes_on(&scene, "", &["2", "3", "4"], "an earlier run left 2 of 5 chunks");
}

#[test]
fn a_part_file_that_lost_all_its_bytes_is_begun_anew_and_that_is_told() {
    let scene = killed_in_chunk(3);
    change(&scene, PART, Vec::clear);
    goes_on(&scene, "", &["0", "1", "2", "3", "4"], "beginning anew");
}

#[test]
fn a_part_file_that_grew_is_cut_back() {
    let scene = killed_in_chunk(3);
    change(&scene, PART, |part| part.extend_from_slice(&[b'x'; 50_000]));
    goes_on(&scene, "", &["3", "4"], "an earlier run left 3 of 5 chunks");
}

#[test]
fn a_journal_with_a_torn_last_line_loses_one_chunk() {
    let scene = killed_in_chunk(3);
    change(&scene, JOURNAL, |journal| journal.truncate(journal.len() - 4));
    goes_on(&scene, "", &["2", "3", "4"], "an earlier run left 2 of 5 chunks");
}

#[test]
fn a_journal_with_a_damaged_line_keeps_the_chunks_before_it() {
    let scene = killed_in_chunk(3);
    change(&scene, JOURNAL, |journal| {
        let ends = (0..journal.len()).filter(|at| journal[*at] == b'\n');
        let second_record = ends.skip(1).map(|end| end + 1).next().expect("a second record");
        journal[second_record] = b'#';
    });
    goes_on(&scene, "", &["1", "2", "3", "4"], "an earlier run left 1 of 5 chunks");
}

#[test]
fn a_journal_with_a_damaged_header_is_begun_anew() {
    let scene = killed_in_chunk(3);
    change(&scene, JOURNAL, |journal| journal[0] = b'#');
    goes_on(&scene, "", &["0", "1", "2", "3", "4"], "its journal is damaged");
}

#[test]
fn a_chunk_list_that_changed_since_is_begun_anew() {
    let scene = killed_in_chunk(3);
    scene.server.service().replace_dump(TASK, OBJECT, dump_of(4, 2));
    let (outcome, asked) = scene.get("");
    let outcome = outcome.exits_with(0).complains("the dump's chunk list has changed): beginning anew");
    assert_eq!(asked, ["0", "1", "2", "3"], "{}", outcome.describe());
    scene.has_whole_dump(&bytes_of(4, 2));
}

#[test]
fn what_is_left_of_another_dump_is_begun_anew() {
    let other = "112000000016";
    let result = ActionResult::process(PROCESS)
        .with_nested(ActionResult::failed_import(OBJECT, "Accounts"))
        .with_nested(ActionResult::failed_import(other, "Products"));
    let task = Task::complete(TASK)
        .with_result(result)
        .with_dump(OBJECT, dump_of(CHUNKS, 1))
        .with_dump(other, dump_of(CHUNKS, 2));
    let service = Service::new().with_process(Process::new(PROCESS, "Nightly load").with_task(task));
    let scene = Scene::with_service(service);
    scene.killed_in_chunk(3);
    let locator = scene.server.locator().replace(OBJECT, other);
    let outcome = scene.command("get").arg(locator).arg("-o").arg("dump.csv").run().exits_with(0);
    outcome.complains("it is part of another dump): beginning anew");
    scene.has_whole_dump(&bytes_of(CHUNKS, 2));
}

#[test]
fn restart_ignores_what_is_there() {
    let scene = killed_in_chunk(3);
    let outcome = goes_on(&scene, "--restart", &["0", "1", "2", "3", "4"], "downloading 5 chunks");
    outcome.never_mentions("earlier run");
}

#[test]
fn a_part_file_without_a_journal_is_left_as_it_is() {
    let scene = Scene::with_chunks(CHUNKS);
    fs::write(scene.path(PART), "somebody's own").expect("the file is written");
    let (outcome, asked) = scene.get("");
    let outcome = outcome.exits_with(7).complains("dump.csv.part exists already and is left as it is");
    assert_eq!(asked, [""; 0], "{}", outcome.describe());
    assert_eq!(scene.read(PART), b"somebody's own");
    assert_eq!(scene.files(), [PART]);
}

#[test]
#[cfg(unix)]
fn a_part_file_that_is_a_symbolic_link_is_not_followed() {
    let scene = Scene::with_chunks(CHUNKS);
    fs::write(scene.path("precious"), "").expect("the file is written");
    std::os::unix::fs::symlink("precious", scene.path(PART)).expect("the link is made");
    let outcome = scene.get("").0.exits_with(7).complains("dump.csv.part");
    assert_eq!(scene.read("precious"), b"", "{}", outcome.describe());
    assert_eq!(scene.files(), [PART, "precious"]);
}

#[test]
fn a_run_that_lost_the_network_is_continued() {
    let scene = Scene::with_chunks(CHUNKS);
    for number in 2..CHUNKS {
        scene.server.fault(Fault::ResetInBody { after_bytes: 7_000 }, crate::support::chunk(number));
    }
    scene.get("--retries=2").0.exits_with(5).complains("2 of 5 chunks are there");
    scene.keeps_part(&bytes_of(CHUNKS, 1)[..2 * CHUNK]);
    scene.server.clear_faults();
    goes_on(&scene, "", &["2", "3", "4"], "an earlier run left 2 of 5 chunks (20.0 kB)");
}

#[test]
fn empty_chunks_are_continued_like_others() {
    let full: std::sync::Arc<[u8]> = bytes_of(1, 1).into();
    let empty: std::sync::Arc<[u8]> = Vec::new().into();
    let scene = Scene::with_dump(Dump::from_chunks(vec![full.clone(), empty, full]));
    scene.killed_in_chunk(2);
    let (outcome, asked) = scene.get("");
    let outcome = outcome.exits_with(0).complains("an earlier run left 2 of 3 chunks");
    assert_eq!(asked, ["2"], "{}", outcome.describe());
    scene.has_whole_dump(&[bytes_of(1, 1), bytes_of(1, 1)].concat());
}
