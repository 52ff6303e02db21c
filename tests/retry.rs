//! What is tried again, how often and when; what is reported at once.

use std::time::{Duration, Instant};

use xtask::fake::{ErrorBody, Fault};

use crate::support::{CHUNK, Scene, Told, bytes_of, chunk, chunk_list, lists_asked};

/// Longest wait before the first retry where the longest wait of all does not cut it.
const FIRST_WAIT: f64 = 1.0;

fn unavailable(retry_after: &str) -> Fault {
    Fault::Status { code: 503, retry_after: Some(retry_after.to_owned()), body: ErrorBody::Empty }
}

/// A permanent refusal: sent once, told at once, with what is whole kept.
fn is_reported_at_once(status: u16, exit: i32, advice: &str) {
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::status(status), chunk(1));
    let (outcome, asked) = scene.get("");
    let dump = scene.server.locator();
    let outcome = outcome
        .exits_with(exit)
        .complains(&format!("dump {dump} is not complete: 1 of 3 chunks are there"))
        .complains(&format!(": chunk 1 of dump {dump}: the service answered {status}"))
        .complains(advice)
        .complains("what is there is kept in dump.csv.part")
        .never_mentions("gave up");
    assert_eq!(outcome.waits(), [], "{}", outcome.describe());
    assert_eq!(asked, ["0", "1"], "{}", outcome.describe());
    scene.keeps_part(&bytes_of(3, 1)[..CHUNK]);
    list_is_reported_at_once(status, exit);
}

fn list_is_reported_at_once(status: u16, exit: i32) {
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::status(status), chunk_list());
    let outcome = scene.get("").0.exits_with(exit);
    let subject = format!("the chunk list of dump {}", scene.server.locator());
    let outcome = outcome.complains(&format!("{subject}: the service answered {status}"));
    assert_eq!(lists_asked(&scene.server), 1, "{}", outcome.describe());
    assert_eq!(scene.files(), [""; 0], "{}", outcome.describe());
}

#[test]
fn a_bad_request_is_reported_at_once() {
    is_reported_at_once(400, 4, "this task may have left no dump");
}

#[test]
fn a_token_that_is_refused_is_reported_at_once() {
    is_reported_at_once(401, 3, "get a new one");
}

#[test]
fn a_missing_permission_is_reported_at_once() {
    is_reported_at_once(403, 3, "not permitted");
}

#[test]
fn a_chunk_that_is_not_there_is_reported_at_once() {
    is_reported_at_once(404, 4, "replaced by a newer run of the import");
}

#[test]
fn an_address_that_moved_is_reported_at_once() {
    is_reported_at_once(410, 4, "this address has moved");
}

#[test]
fn an_archived_model_is_reported_at_once() {
    is_reported_at_once(422, 1, "the model is archived");
}

#[test]
fn an_offline_model_is_reported_at_once() {
    is_reported_at_once(424, 1, "the model is offline");
}

#[test]
fn a_deployed_model_is_reported_at_once() {
    is_reported_at_once(425, 1, "the model is in deployed mode");
}

#[test]
fn an_answer_that_is_no_json_is_reported_at_once() {
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::WrongJson("{\"chunks\": oops}".to_owned()), chunk_list());
    let outcome = scene.get("").0.exits_with(5);
    let outcome = outcome.complains("the answer is not the JSON that was expected").complains("oops");
    assert_eq!(outcome.waits(), [], "{}", outcome.describe());
    assert_eq!(lists_asked(&scene.server), 1, "{}", outcome.describe());
}

#[test]
fn a_token_that_expires_midway_keeps_what_is_there_and_a_new_one_goes_on() {
    let scene = Scene::with_chunks(4);
    scene.server.fault(Fault::ExpireToken, chunk(2));
    scene.get("").0.exits_with(3).complains("chunk 2 of dump").complains("2 of 4 chunks are there");
    scene.keeps_part(&bytes_of(4, 1)[..2 * CHUNK]);
    scene.server.clear_faults();
    scene.server.service().add_token(xtask::fake::USER, xtask::fake::TOKEN);
    let (outcome, asked) = scene.get("");
    let outcome = outcome.exits_with(0);
    assert_eq!(asked, ["2", "3"], "{}", outcome.describe());
    scene.has_whole_dump(&bytes_of(4, 1));
}

#[test]
fn tries_are_counted_for_each_chunk_and_not_for_the_download() {
    let scene = Scene::with_chunks(5);
    scene.server.fault(Fault::status(500), chunk_list().occurrence(1));
    scene.server.fault(Fault::status(500), chunk_list().occurrence(3));
    for number in 0..5 {
        scene.server.fault(Fault::CutBody { after_bytes: 4_000 }, chunk(number).times(1));
    }
    let outcome = scene.get("--retries=1").0.exits_with(0);
    let retries: Vec<_> = outcome.waits().iter().map(|wait| (wait.retry, wait.retries)).collect();
    assert_eq!(retries, [(1, 1); 7], "{}", outcome.describe());
    scene.has_whole_dump(&bytes_of(5, 1));
}

#[test]
fn one_fault_more_than_the_retries_ends_the_download() {
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::status(500), chunk(1).times(4));
    let (outcome, asked) = scene.get("--retries=3");
    let outcome = outcome.exits_with(5).complains("gave up after 4 tries");
    assert_eq!(asked, ["0", "1", "1", "1", "1"], "{}", outcome.describe());
}

#[test]
fn as_many_faults_as_retries_are_survived() {
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::status(500), chunk(1).times(3));
    scene.get("--retries=3").0.exits_with(0);
    scene.has_whole_dump(&bytes_of(3, 1));
}

/// Downloads with two refusals that ask for this wait, and gives the waits that were told.
fn waits_after(retry_after: &str, refusals: usize, max_wait: &str) -> (Vec<Told>, Duration) {
    let scene = Scene::with_chunks(3);
    scene.server.fault(unavailable(retry_after), chunk(1).times(refusals));
    let begun = Instant::now();
    let outcome = scene.get(&format!("--max-wait={max_wait}")).0.exits_with(0);
    scene.has_whole_dump(&bytes_of(3, 1));
    let waits = outcome.waits();
    assert_eq!(waits.len(), refusals, "{}", outcome.describe());
    (waits, begun.elapsed())
}

#[test]
fn the_seconds_that_the_service_asks_for_are_waited() {
    let (waits, elapsed) = waits_after("1", 1, "1m");
    let wait = waits[0].seconds;
    // What is told is rounded to a hundredth; up to the first wait is added as jitter.
    assert!((1.0..=1.0 + FIRST_WAIT + 0.01).contains(&wait), "{wait}");
    assert!(elapsed >= Duration::from_secs(1), "{elapsed:?}");
}

#[test]
fn the_seconds_that_the_service_asks_for_are_capped() {
    let (waits, _) = waits_after("3600", 3, "150ms");
    // Exactly the cap each time, which no random wait would be.
    assert!(waits.iter().all(|wait| wait.seconds == 0.15), "{waits:?}");
}

#[test]
fn more_seconds_than_any_number_holds_are_capped() {
    let (waits, _) = waits_after("99999999999999999999999", 3, "150ms");
    assert!(waits.iter().all(|wait| wait.seconds == 0.15), "{waits:?}");
}

#[test]
fn the_date_that_the_service_asks_for_is_waited_for_and_capped() {
    let (waits, _) = waits_after("Fri, 31 Dec 2100 23:59:59 GMT", 3, "150ms");
    assert!(waits.iter().all(|wait| wait.seconds == 0.15), "{waits:?}");
}

#[test]
fn a_date_that_has_passed_is_no_wait_but_the_jitter() {
    let (waits, _) = waits_after("Sun, 06 Nov 1994 08:49:37 GMT", 1, "1m");
    assert!(waits[0].seconds <= FIRST_WAIT, "{waits:?}");
}

#[test]
fn a_wait_that_makes_no_sense_is_ignored() {
    for nonsense in ["soon", "-5", "1e9", "Sun, 99 Nov 2094 08:49:37 GMT"] {
        let (waits, _) = waits_after(nonsense, 1, "60m");
        assert!(waits[0].seconds <= FIRST_WAIT, "{nonsense}: {waits:?}");
    }
}

#[test]
fn a_rate_limit_is_survived_without_any_hint() {
    let scene = Scene::with_chunks(5);
    scene.server.service().set_bucket(2, 200.0, false);
    let outcome = scene.get("--max-wait=20ms").0.exits_with(0);
    assert!(scene.server.service().throttled() > 0, "{}", outcome.describe());
    scene.has_whole_dump(&bytes_of(5, 1));
}

#[test]
fn the_message_of_the_service_is_told_with_each_wait() {
    let scene = Scene::with_chunks(3);
    let body = ErrorBody::Json("The model is locked by an import".to_owned());
    scene.server.fault(Fault::Status { code: 423, retry_after: None, body }, chunk(1).times(1));
    let outcome = scene.get("").0.exits_with(0);
    outcome.complains("the service answered 423 (The model is locked by an import); waiting ");
}
