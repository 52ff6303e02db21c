//! A run that ended in any way is continued by the next one, as far as what it left is good.

use std::fs;

use xtask::fake::{ActionResult, Fault, OBJECT, PROCESS, Process, Service, TASK, Task};

use crate::support::texts::{CUT, IS_CUT, KEPT, begins_anew, gave_up, goes_on, incomplete, the_chunk};
use crate::support::{CHUNK, PART_FILES, Scene, bytes_of, chunk, chunk_list, dump_of};

const PART: &str = PART_FILES[0];
const JOURNAL: &str = PART_FILES[1];
const CHUNKS: usize = 5;
const ALL: [&str; CHUNKS] = ["0", "1", "2", "3", "4"];

#[track_caller]
fn killed_in_chunk(number: usize) -> Scene {
    let scene = Scene::with_chunks(CHUNKS);
    scene.killed_in_chunk(number);
    scene
}

/// After a run was killed in its fourth chunk and a file was changed, the next run reports this, asks for
/// these chunks only, and has the whole dump.
#[track_caller]
fn changed(file: &str, change: impl FnOnce(&mut Vec<u8>), note: &str, asked: &[&str]) {
    let scene = killed_in_chunk(3);
    let mut bytes = scene.read(file);
    change(&mut bytes);
    fs::write(scene.path(file), bytes).expect("the file is written");
    scene.get("").notes(note).asks_for(asked).saves(&dump_of(CHUNKS, 1));
}

#[test]
fn a_killed_run_is_continued_where_it_stopped() {
    let scene = Scene::with_chunks(CHUNKS);
    for number in 1..CHUNKS {
        scene.killed_in_chunk(number);
    }
    scene.get("").notes(goes_on(4, CHUNKS)).asks_for(&["4"]).saves(&dump_of(CHUNKS, 1));
}

#[test]
fn a_run_that_was_killed_in_its_first_chunk_begins_again_silently() {
    killed_in_chunk(0).get("").asks_for(&ALL).saves(&dump_of(CHUNKS, 1));
}

#[test]
fn a_run_that_was_killed_after_its_last_chunk_fetches_none() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::StallBeforeAnswer, chunk_list().occurrence(2));
    let mut running = scene.command("get DUMP -o dump.csv --stall-timeout=10m").start();
    running.wait_for_requests(CHUNKS + 2);
    running.kill();
    scene.keeps_part(&bytes_of(CHUNKS, 1));
    scene.server.clear_faults();
    scene.get("").notes(goes_on(CHUNKS, CHUNKS)).asks_for(&[]).saves(&dump_of(CHUNKS, 1));
}

#[test]
fn a_run_that_lost_the_network_is_continued() {
    let scene = Scene::with_chunks(CHUNKS);
    for number in 2..CHUNKS {
        scene.server.fault(Fault::ResetInBody { after_bytes: 7_000 }, chunk(number));
    }
    let why = gave_up(3, &the_chunk(2, 5), CUT) + IS_CUT + KEPT;
    scene.get("--retries=2 -qq").fails(5, incomplete(2, CHUNKS, &why));
    scene.keeps_part(&bytes_of(CHUNKS, 1)[..2 * CHUNK]);
    scene.server.clear_faults();
    scene.get("").notes(goes_on(2, CHUNKS)).asks_for(&["2", "3", "4"]).saves(&dump_of(CHUNKS, 1));
}

#[test]
fn a_killed_run_is_continued_side_by_side() {
    let scene = killed_in_chunk(2);
    let outcome = scene.get("--parallel=4");
    let mut asked = outcome.notes(goes_on(2, CHUNKS)).saves(&dump_of(CHUNKS, 1)).asked();
    asked.sort();
    assert_eq!(asked, ["2", "3", "4"]);
}

#[test]
fn the_same_dump_named_by_its_url_is_continued() {
    let scene = killed_in_chunk(3);
    let url = scene.server.dump_url();
    scene.command("get -o dump.csv").arg(url).run().notes(goes_on(3, CHUNKS)).saves(&dump_of(CHUNKS, 1));
}

#[test]
fn restart_ignores_what_is_there() {
    killed_in_chunk(3).get("--restart").asks_for(&ALL).saves(&dump_of(CHUNKS, 1));
}

#[test]
fn a_part_file_that_was_cut_keeps_its_whole_chunks() {
    changed(PART, |part| part.truncate(2 * CHUNK + 5), &goes_on(2, CHUNKS), &ALL[2..]);
}

#[test]
fn a_part_file_that_grew_is_cut_back() {
    changed(PART, |part| part.extend_from_slice(&[b'x'; 50_000]), &goes_on(3, CHUNKS), &ALL[3..]);
}

#[test]
fn chunks_after_a_flipped_byte_are_fetched_again() {
    changed(PART, |part| part[CHUNK + 77] ^= 1, &goes_on(1, CHUNKS), &ALL[1..]);
}

#[test]
fn a_part_file_that_keeps_no_chunk_is_begun_anew() {
    let note = begins_anew("its content does not match its journal");
    changed(PART, |part| part[0] ^= 1, &note, &ALL);
    changed(PART, Vec::clear, &note, &ALL);
}

#[test]
fn a_journal_with_a_torn_last_line_loses_one_chunk() {
    changed(JOURNAL, |journal| journal.truncate(journal.len() - 4), &goes_on(2, CHUNKS), &ALL[2..]);
}

#[test]
fn a_journal_with_a_damaged_line_keeps_the_chunks_before_it() {
    let damage_second_record = |journal: &mut Vec<u8>| {
        let ends = (0..journal.len()).filter(|at| journal[*at] == b'\n');
        let second_record = ends.skip(1).map(|end| end + 1).next().expect("a second record");
        journal[second_record] = b'#';
    };
    changed(JOURNAL, damage_second_record, &goes_on(1, CHUNKS), &ALL[1..]);
}

#[test]
fn a_foreign_journal_is_left_as_it_is() {
    let scene = killed_in_chunk(3);
    let mut journal = scene.read(JOURNAL);
    journal[0] = b'#';
    scene.write(JOURNAL, &journal);
    let error = "cannot use dump.csv.part.journal: it is not a journal of this program: move it away";
    scene.get("").fails(7, error);
    scene.has(JOURNAL, &journal);
}

#[test]
fn a_journal_with_a_damaged_header_is_begun_anew() {
    changed(
        JOURNAL,
        // Behind the words by which a journal is known as one of ours.
        |journal| {
            let at = journal.windows(10).position(|part| part == b",\"chunks\":").expect("a header");
            journal[at] = b'#';
        },
        &begins_anew("its journal is damaged or of another version"),
        &ALL,
    );
}

#[test]
fn a_chunk_list_that_changed_since_is_begun_anew() {
    let scene = killed_in_chunk(3);
    scene.server.service().replace_dump(TASK, OBJECT, dump_of(4, 2));
    let outcome = scene.get("");
    outcome.notes(begins_anew("the chunk list changed")).asks_for(&ALL[..4]).saves(&dump_of(4, 2));
}

#[test]
fn what_is_left_of_another_dump_is_kept_unless_it_is_given_up() {
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
    let command = format!("get NIGHTLY/{TASK}/{other} -o dump.csv");
    let error = "dump.csv.part is the unfinished file of another dump, <URL>/chunks\n  choose another name, \
                 or give that dump up with --restart";
    scene.run(&command).fails(7, error);
    scene.keeps_part(&bytes_of(CHUNKS, 1)[..3 * CHUNK]);
    scene.run(&format!("{command} --restart")).saves(&dump_of(CHUNKS, 2));
}
