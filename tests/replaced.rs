//! A dump that is removed or replaced during its download never becomes a file of mixed chunks, as far as
//! its chunk list or `--verify` shows it.

use xtask::fake::{Dump, Fault, OBJECT, TASK};

use crate::support::texts::{
    CHANGED_CHUNK, CHANGED_LIST, DUMP_NOT_FOUND, DUMP_VANISHED, KEPT_IN_VAIN, answered, begins_anew, changed,
    incomplete, the_chunk,
};
use crate::support::{CHUNK, Scene, bytes_of, chunk, chunk_list, dump_of};

const CHUNKS: usize = 4;

/// The dump at this address becomes another one right before its third chunk is sent for the k-th time.
fn replace(scene: &Scene, occurrence: usize, other: Dump) {
    scene.server.fault(Fault::ReplaceDump(other), chunk(2).occurrence(occurrence));
}

#[test]
fn a_dump_that_was_replaced_is_begun_anew_as_far_as_that_can_be_seen() {
    for (options, chunks, what) in [
        ("", CHUNKS + 2, CHANGED_LIST),
        ("--parallel=3", CHUNKS + 2, CHANGED_LIST),
        ("--verify", CHUNKS, CHANGED_CHUNK),
        ("--verify --parallel=3", CHUNKS, CHANGED_CHUNK),
    ] {
        let scene = Scene::with_chunks(CHUNKS);
        replace(&scene, 1, dump_of(chunks, 2));
        scene.get(options).notes(begins_anew(what)).saves(&dump_of(chunks, 2));
    }
    let scene = Scene::with_chunks(CHUNKS);
    replace(&scene, 1, dump_of(CHUNKS + 1, 2));
    scene.pipe("").fails(5, changed(CHANGED_LIST)).any_stdout().asks_for(&["0", "1", "2", "3"]);
}

#[test]
fn the_verification_of_a_dump_that_stays_costs_two_requests() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.get("--verify").asks_for(&["0", "1", "2", "3", "0", "3"]).saves(&dump_of(CHUNKS, 1));
    scene.pipe("--verify").asks_for(&["0", "1", "2", "3", "0", "3"]).prints(&bytes_of(CHUNKS, 1));
}

#[test]
fn a_dump_that_is_replaced_twice_ends_with_an_error_and_leaves_nothing_to_continue() {
    for (options, more, what) in [("", [1, 2], CHANGED_LIST), ("--verify", [0, 0], CHANGED_CHUNK)] {
        let scene = Scene::with_chunks(CHUNKS);
        replace(&scene, 1, dump_of(CHUNKS + more[0], 2));
        replace(&scene, 2, dump_of(CHUNKS + more[1], 3));
        scene.get(options).notes(begins_anew(what)).fails(5, changed(what));
        scene.get("").saves(&dump_of(CHUNKS + more[1], 3));
    }
}

#[test]
fn a_dump_replaced_between_two_runs_is_noticed_by_verification() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.killed_in_chunk(2);
    *scene.server.service().dump_mut(TASK, OBJECT).expect("a dump") = dump_of(CHUNKS, 2);
    scene.get("--verify").stderr_has(begins_anew(CHANGED_CHUNK)).saves(&dump_of(CHUNKS, 2));
}

#[test]
fn a_dump_that_vanishes_or_shrinks_is_reported_and_its_chunks_are_kept() {
    let shorter = Fault::ReplaceDump(dump_of(2, 2));
    for fault in [Fault::EraseDump, shorter] {
        let scene = Scene::with_chunks(CHUNKS);
        scene.server.fault(fault.clone(), chunk(2).times(1));
        let why = format!("{}: {}", the_chunk(2, CHUNKS), answered("404 Not Found"));
        let error = incomplete(2, CHUNKS, &why) + DUMP_VANISHED + KEPT_IN_VAIN;
        scene.get("").fails(4, error).asks_for(&["0", "1", "2"]);
        scene.keeps_part(&bytes_of(CHUNKS, 1)[..2 * CHUNK]);
        if let Fault::ReplaceDump(other) = fault {
            scene.get("").notes(begins_anew("the chunk list changed")).saves(&other);
        }
    }
}

#[test]
fn a_dump_that_vanishes_after_its_last_chunk_is_not_taken_for_confirmed() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::EraseDump, chunk_list().occurrence(2));
    let unconfirmed = "it could not be confirmed that they belong together: <ANY>";
    let error = format!("all 4 chunks are there, but {unconfirmed}{DUMP_NOT_FOUND}{KEPT_IN_VAIN}");
    scene.get("").fails(4, error);
    scene.keeps_part(&bytes_of(CHUNKS, 1));
}

#[test]
fn a_garbled_answer_to_the_last_look_is_asked_for_once_more() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.answers(chunk_list().occurrence(2), "temporarily unavailable");
    scene.get("").saves(&dump_of(CHUNKS, 1));
    // A connection that is out of step may have brought wrong chunks as well.
    let scene = Scene::with_chunks(CHUNKS);
    scene.answers(chunk_list().occurrence(2), "temporarily unavailable");
    scene.answers(chunk_list().occurrence(3), "temporarily unavailable");
    scene.get("").exits_with(5).stderr_has("all 4 chunks are there, but it could not be confirmed");
    scene.holds(&[""; 0]);
}
