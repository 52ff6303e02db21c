//! A run that ended in any way is continued by the next one, as far as what it left is good. Every damage to
//! a part file and its journal is tried in the library.

use std::fs;

use xtask::fake::{ActionResult, Fault, OBJECT, PROCESS, Process, Service, TASK, Task};

use crate::support::texts::{begins_anew, goes_on};
use crate::support::{CHUNK, PART_FILES, Scene, bytes_of, chunk_list, dump_of};

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

#[test]
fn a_killed_run_is_continued_where_it_stopped() {
    let scene = Scene::with_chunks(CHUNKS);
    for number in 1..CHUNKS {
        scene.killed_in_chunk(number);
    }
    let url = scene.server.dump_url();
    let outcome = scene.command("get -o dump.csv").arg(url).run();
    outcome.notes(goes_on(4, CHUNKS)).asks_for(&["4"]).saves(&dump_of(CHUNKS, 1));

    let scene = killed_in_chunk(2);
    let outcome = scene.get("--parallel=4");
    let mut asked = outcome.notes(goes_on(2, CHUNKS)).saves(&dump_of(CHUNKS, 1)).asked();
    asked.sort();
    assert_eq!(asked, ["2", "3", "4"]);
    // In its first chunk, and where the user wants it.
    killed_in_chunk(0).get("").asks_for(&ALL).saves(&dump_of(CHUNKS, 1));
    killed_in_chunk(3).get("--restart").asks_for(&ALL).saves(&dump_of(CHUNKS, 1));
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
fn what_is_damaged_is_fetched_again_and_the_rest_is_kept() {
    type Damage = fn(&mut Vec<u8>);
    let no_match = begins_anew("its content does not match its journal");
    let other_version = begins_anew("its journal is damaged or of another version");
    let cases: [(&str, Damage, &str, &[&str]); 5] = [
        (PART, |part| part.truncate(2 * CHUNK + 5), &goes_on(2, CHUNKS), &ALL[2..]),
        (PART, |part| part[CHUNK + 77] ^= 1, &goes_on(1, CHUNKS), &ALL[1..]),
        (PART, |part| part[0] ^= 1, &no_match, &ALL),
        (JOURNAL, |journal| journal.truncate(journal.len() - 4), &goes_on(2, CHUNKS), &ALL[2..]),
        (
            JOURNAL,
            // After the words by which a journal is known as one of ours.
            |journal| {
                let at = journal.windows(10).position(|part| part == b",\"chunks\":").expect("a header");
                journal[at] = b'#';
            },
            &other_version,
            &ALL,
        ),
    ];
    for (file, damage, note, asked) in cases {
        let scene = killed_in_chunk(3);
        let mut bytes = scene.read(file);
        damage(&mut bytes);
        fs::write(scene.path(file), bytes).expect("the file is written");
        scene.get("").notes(note).asks_for(asked).saves(&dump_of(CHUNKS, 1));
    }
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
                 or give that dump up with --restart or --force";
    scene.run(&command).fails(7, error);
    scene.keeps_part(&bytes_of(CHUNKS, 1)[..3 * CHUNK]);
    scene.run(&format!("{command} --restart")).saves(&dump_of(CHUNKS, 2));
}
