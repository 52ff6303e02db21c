//! A dump that is removed or replaced while it is downloaded never becomes a file of mixed pieces.

use xtask::fake::{Dump, Fault, OBJECT, Service, TASK};

use crate::support::{CHUNK, Scene, asked, bytes_of, chunk, chunk_list, dump_of, lists_asked};

const CHUNKS: usize = 4;

/// The dump at this address becomes another one right before this chunk is sent for the k-th time.
fn replace_before(scene: &Scene, number: usize, occurrence: usize, other: Dump) {
    scene.server.fault(Fault::ReplaceDump(Box::new(other)), chunk(number).occurrence(occurrence));
}

/// The dump is replaced by another one before its third chunk: said, begun anew, and the new one arrives.
#[track_caller]
fn is_begun_anew(before: Dump, after: Dump, options: &str, told: &str) {
    let expected = after.bytes();
    let scene = Scene::with_dump(before);
    replace_before(&scene, 2, 1, after);
    let outcome = scene.get(options).0.exits_with(0);
    let outcome = outcome.complains(&format!("what is there cannot be continued ({told}): beginning anew"));
    let begun = outcome.stderr().matches("beginning anew").count();
    assert_eq!(begun, 1, "{}", outcome.describe());
    scene.has_whole_dump(&expected);
}

#[test]
fn a_dump_replaced_by_a_longer_one_is_begun_anew() {
    is_begun_anew(dump_of(CHUNKS, 1), dump_of(CHUNKS + 2, 2), "", "the chunk list changed");
}

#[test]
fn a_dump_replaced_while_it_is_fetched_side_by_side_is_begun_anew() {
    is_begun_anew(dump_of(CHUNKS, 1), dump_of(CHUNKS + 2, 2), "--parallel=3", "the chunk list changed");
}

#[test]
fn a_dump_replaced_under_the_same_list_is_noticed_by_its_etag() {
    is_begun_anew(
        dump_of(CHUNKS, 1).with_etag(true),
        dump_of(CHUNKS, 2).with_etag(true),
        "",
        "a chunk changed",
    );
}

#[test]
fn a_dump_replaced_under_the_same_list_is_noticed_by_its_date() {
    is_begun_anew(
        dump_of(CHUNKS, 1).with_last_modified(true),
        dump_of(CHUNKS, 2).with_last_modified(true),
        "",
        "a chunk changed",
    );
}

#[test]
fn a_dump_that_begins_like_the_one_it_replaces_is_noticed_by_its_etag() {
    let mut changed = bytes_of(CHUNKS, 1);
    changed[CHUNK + 5] ^= 1;
    changed[3 * CHUNK + 5] ^= 1;
    let after = Dump::from_bytes(changed, CHUNK).with_etag(true);
    is_begun_anew(dump_of(CHUNKS, 1).with_etag(true), after, "", "a chunk changed");
}

#[test]
fn a_dump_replaced_under_the_same_list_without_a_mark_is_noticed_by_verification() {
    let told = "a chunk that was fetched again differs";
    is_begun_anew(dump_of(CHUNKS, 1), dump_of(CHUNKS, 2), "--verify", told);
}

#[test]
fn verification_of_a_dump_that_stays_costs_two_requests_and_finds_nothing() {
    let scene = Scene::with_chunks(CHUNKS);
    let (outcome, asked) = scene.get("--verify");
    let outcome = outcome.exits_with(0).never_mentions("anew");
    assert_eq!(asked, ["0", "1", "2", "3", "0", "3"], "{}", outcome.describe());
    scene.has_whole_dump(&bytes_of(CHUNKS, 1));
}

#[test]
fn a_dump_that_stays_costs_one_more_request_for_its_list() {
    let scene = Scene::with_chunks(CHUNKS);
    let (outcome, asked) = scene.get("");
    let outcome = outcome.exits_with(0);
    assert_eq!(asked, ["0", "1", "2", "3"], "{}", outcome.describe());
    assert_eq!(lists_asked(&scene.server), 2, "{}", outcome.describe());
}

#[test]
fn a_dump_that_is_replaced_twice_ends_with_an_error() {
    let scene = Scene::with_chunks(CHUNKS);
    replace_before(&scene, 2, 1, dump_of(CHUNKS + 1, 2));
    replace_before(&scene, 2, 2, dump_of(CHUNKS + 2, 3));
    let outcome = scene.get("").0.exits_with(5);
    let outcome = outcome
        .complains("the chunk list changed while it was downloaded, so its pieces do not belong together")
        .complains("the import probably ran again");
    assert!(!scene.files().contains(&"dump.csv".to_owned()), "{}", outcome.describe());
    scene.get("").0.exits_with(0);
    scene.has_whole_dump(&bytes_of(CHUNKS + 2, 3));
}

#[test]
fn pieces_that_do_not_belong_together_are_not_continued_by_a_run_without_verification() {
    let scene = Scene::with_chunks(CHUNKS);
    replace_before(&scene, 2, 1, dump_of(CHUNKS, 2));
    replace_before(&scene, 2, 2, dump_of(CHUNKS, 3));
    let outcome = scene.get("--verify").0.exits_with(5);
    let outcome = outcome.complains("do not belong together");
    assert!(!scene.files().contains(&"dump.csv".to_owned()), "{}", outcome.describe());
    scene.get("").0.exits_with(0);
    scene.has_whole_dump(&bytes_of(CHUNKS, 3));
}

#[test]
fn pieces_that_do_not_belong_together_are_not_continued_after_a_failure_to_begin_anew() {
    let scene = Scene::with_chunks(CHUNKS);
    replace_before(&scene, 2, 1, dump_of(CHUNKS, 2));
    // The first list, the one that confirms, the one to begin anew with.
    scene.server.fault(Fault::ResetBeforeAnswer, chunk_list().occurrence(3));
    let outcome = scene.get("--verify --retries=0").0.exits_with(5);
    assert!(!scene.files().contains(&"dump.csv".to_owned()), "{}", outcome.describe());
    scene.server.clear_faults();
    scene.get("").0.exits_with(0);
    scene.has_whole_dump(&bytes_of(CHUNKS, 2));
}

#[test]
fn a_dump_replaced_between_two_runs_is_noticed_by_its_etag() {
    let scene = Scene::with_dump(dump_of(CHUNKS, 1).with_etag(true));
    scene.killed_in_chunk(2);
    scene.server.service().replace_dump(TASK, OBJECT, dump_of(CHUNKS, 2).with_etag(true));
    let outcome = scene.get("").0.exits_with(0);
    outcome.complains("an earlier run left 2 of 4 chunks").complains("beginning anew");
    scene.has_whole_dump(&bytes_of(CHUNKS, 2));
}

#[test]
fn a_dump_replaced_between_two_runs_is_noticed_by_verification() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.killed_in_chunk(2);
    scene.server.service().replace_dump(TASK, OBJECT, dump_of(CHUNKS, 2));
    scene.get("--verify").0.exits_with(0).complains("beginning anew");
    scene.has_whole_dump(&bytes_of(CHUNKS, 2));
}

#[test]
fn a_dump_replaced_by_a_shorter_one_is_reported_and_the_next_run_brings_the_new_one() {
    let scene = Scene::with_chunks(CHUNKS);
    replace_before(&scene, 2, 1, dump_of(2, 2));
    let outcome = scene.get("").0.exits_with(4).complains("2 of 4 chunks are there");
    outcome.complains("meanwhile it was removed").complains("or replaced by a newer run of the import");
    scene.get("").0.exits_with(0).complains("the dump's chunk list has changed): beginning anew");
    scene.has_whole_dump(&bytes_of(2, 2));
}

#[test]
fn a_dump_that_vanishes_midway_is_reported_and_what_is_there_is_kept() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::EraseDump, chunk(2));
    let (outcome, asked) = scene.get("");
    let outcome = outcome
        .exits_with(4)
        .complains("2 of 4 chunks are there")
        .complains("chunk 2 of dump")
        .complains("the dump was there when the download began: meanwhile it was removed")
        .complains("or replaced by a newer run of the import")
        .complains("what is there is kept in dump.csv.part");
    assert_eq!(asked, ["0", "1", "2"], "{}", outcome.describe());
    scene.keeps_part(&bytes_of(CHUNKS, 1)[..2 * CHUNK]);
}

#[test]
fn a_dump_that_vanishes_under_fetches_side_by_side_is_reported() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::EraseDump, chunk(3));
    let outcome = scene.get("--parallel=2").0.exits_with(4);
    outcome.complains("meanwhile it was removed").complains("of 4 chunks are there");
    assert!(!scene.files().contains(&"dump.csv".to_owned()), "{}", scene.describe());
}

#[test]
fn a_dump_that_vanishes_after_its_last_chunk_is_not_taken_for_confirmed() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::EraseDump, chunk_list().occurrence(2));
    let outcome = scene.get("").0.exits_with(4);
    outcome.complains("it could not be confirmed that they belong together");
    scene.keeps_part(&bytes_of(CHUNKS, 1));
}

#[test]
fn a_dump_replaced_on_its_way_to_standard_output_ends_with_an_error() {
    let scene = Scene::with_chunks(CHUNKS);
    replace_before(&scene, 2, 1, dump_of(CHUNKS + 1, 2));
    let outcome = scene.run("get DUMP -o -").exits_with(5);
    let outcome = outcome.complains("its pieces do not belong together");
    assert_eq!(asked(&scene.server, 0), ["0", "1", "2", "3"], "{}", outcome.describe());
}

#[test]
fn a_dump_that_is_compressed_now_and_then_has_not_changed() {
    let mut service = Service::with_dump(dump_of(CHUNKS, 1).with_etag(true));
    service.set_gzip(xtask::fake::GzipMode::On);
    let scene = Scene::with_service(service);
    scene.server.fault(Fault::GzipBadCrc, chunk(1).times(1));
    scene.get("").0.exits_with(0).never_mentions("anew");
    scene.has_whole_dump(&bytes_of(CHUNKS, 1));
}
