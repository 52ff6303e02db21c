//! A run that ended in any way is continued by the next one, as far as what it left is good. Every damage to
//! a part file and its journal is tried in the library.

use xtask::fake::{At, Fault, When};

use crate::support::texts::goes_on;
use crate::support::{ACTUALS, COSTS, PART_FILES, Scene, bytes_of, chunk_list, dump_for, dump_of, failed};

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
    scene.server.fault(Fault::Stall(At::Start), chunk_list().occurrence(2));
    let mut running = scene.command("get DUMP -o dump.csv --stall-timeout=10m").start();
    running.wait_for_requests(CHUNKS + 2);
    running.kill();
    scene.keeps_part(&bytes_of(CHUNKS, 1));
    scene.server.clear_faults();
    scene.get("").notes(goes_on(CHUNKS, CHUNKS)).asks_for(&[]).saves(&dump_of(CHUNKS, 1));
}

#[test]
fn what_is_left_of_another_dump_is_kept_unless_it_is_given_up() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS, ACTUALS])]);
    scene.server.fault(Fault::status(403), When::path("dumps/112000000021/chunks/1"));
    scene.run("get NIGHTLY/T1/112000000021 -o dump.csv -q").exits_with(3).stderr_has("1 of 3 chunks are there");
    let command = "get NIGHTLY/T1/112000000022 -o dump.csv";
    let error = "dump.csv.part is the unfinished file of another dump, <ANY>/112000000021/chunks\n  choose another \
                 name, or give that dump up with --restart or --force";
    scene.run(command).fails(7, error);
    scene.keeps_part(&dump_for(COSTS.0).bytes()[..1_000]);
    let left = PART_FILES.map(|name| (name, scene.read(name)));
    for option in ["--restart", "--force"] {
        left.iter().for_each(|(name, content)| scene.write(name, content));
        scene.run(&format!("{command} {option}")).saves(&dump_for(ACTUALS.0)).stderr_text();
        scene.remove("dump.csv");
    }
}
