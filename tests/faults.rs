//! Each fault of the network and the service, on a chunk and on the chunk list. One that passes is
//! retried and the file is identical; one that stays is reported, and what is whole is kept.

use std::time::Duration;

use xtask::fake::{ErrorBody, FakeServer, Fault, Framing, GzipMode, Service, When};

use crate::support::{CHUNK, Outcome, Scene, asked, bytes_of, chunk, chunk_list, dump_of, lists_asked};

/// Long enough for a busy machine, short enough for a test.
const STALL_TIMEOUT: &str = "--stall-timeout=500ms";

/// The waits were told: each names what is asked for, why, and which retry comes.
#[track_caller]
fn told_two_retries(outcome: &Outcome<'_>, subject: &str, why: &str) {
    let waits = outcome.waits();
    let retries: Vec<_> = waits.iter().map(|wait| (wait.retry, wait.retries)).collect();
    assert_eq!(retries, [(1, 12), (2, 12)], "{}", outcome.describe());
    for wait in waits {
        let is_told = wait.why.starts_with(&format!("{subject}: ")) && wait.why.contains(why);
        assert!(is_told, "{subject:?} and {why:?} are not in {wait:?}\n{}", outcome.describe());
        assert!(wait.seconds <= 0.01, "{wait:?}\n{}", outcome.describe());
    }
}

/// Downloads three chunks although the fault strikes the middle one twice.
#[track_caller]
fn passes_on_a_chunk(scene: &Scene, fault: Fault, why: &str) {
    scene.server.fault(fault, chunk(1).times(2));
    let (outcome, asked) = scene.get(STALL_TIMEOUT);
    let outcome = outcome.exits_with(0);
    scene.has_whole_dump(&bytes_of(3, 1));
    told_two_retries(&outcome, &format!("chunk 1 of dump {}", scene.server.locator()), why);
    assert_eq!(asked, ["0", "1", "1", "1", "2"], "{}", outcome.describe());
}

fn stays_on_a_chunk(fault: Fault, why: &str) {
    let scene = Scene::with_chunks(3);
    scene.server.fault(fault, chunk(1));
    let (outcome, asked) = scene.get(&format!("--retries=1 {STALL_TIMEOUT}"));
    let dump = scene.server.locator();
    let outcome = outcome
        .exits_with(5)
        .complains(&format!("anaplan-dump: dump {dump} is not complete: 1 of 3 chunks are there"))
        .complains("gave up after 2 tries in ")
        .complains(&format!(": chunk 1 of dump {dump}: "))
        .complains(why)
        .complains("what is there is kept in dump.csv.part: the same command goes on from it");
    assert_eq!(asked, ["0", "1", "1"], "{}", outcome.describe());
    scene.keeps_part(&bytes_of(3, 1)[..CHUNK]);
    scene.server.clear_faults();
    let (again, asked) = scene.get("");
    let again = again.exits_with(0);
    assert_eq!(asked, ["1", "2"], "{}", again.describe());
    scene.has_whole_dump(&bytes_of(3, 1));
}

fn passes_on_the_list(fault: Fault, why: &str) {
    let scene = Scene::with_chunks(3);
    scene.server.fault(fault, chunk_list().times(2));
    let (outcome, asked) = scene.get(STALL_TIMEOUT);
    let outcome = outcome.exits_with(0);
    scene.has_whole_dump(&bytes_of(3, 1));
    told_two_retries(&outcome, &format!("the chunk list of dump {}", scene.server.locator()), why);
    assert_eq!(asked, ["0", "1", "2"], "{}", outcome.describe());
}

fn stays_on_the_list(fault: Fault, why: &str) {
    let scene = Scene::with_chunks(3);
    scene.server.fault(fault, chunk_list());
    let (outcome, asked) = scene.get(&format!("--retries=1 {STALL_TIMEOUT}"));
    let subject = format!("the chunk list of dump {}: ", scene.server.locator());
    let outcome =
        outcome.exits_with(5).complains("gave up after 2 tries in ").complains(&subject).complains(why);
    assert_eq!(asked, [""; 0], "{}", outcome.describe());
    assert_eq!(lists_asked(&scene.server), 2, "{}", outcome.describe());
    assert_eq!(scene.files(), [""; 0], "{}", outcome.describe());
}

/// Four tests for each fault that is worth a retry.
macro_rules! transient {
    ($($name:ident: $fault:expr => $why:expr;)*) => { $(
        mod $name {
            use super::*;

            #[test]
            fn on_a_chunk_is_retried() {
                passes_on_a_chunk(&Scene::with_chunks(3), $fault, $why);
            }

            #[test]
            fn on_a_chunk_ends_with_an_error_when_it_stays() {
                stays_on_a_chunk($fault, $why);
            }

            #[test]
            fn on_the_chunk_list_is_retried() {
                passes_on_the_list($fault, $why);
            }

            #[test]
            fn on_the_chunk_list_ends_with_an_error_when_it_stays() {
                stays_on_the_list($fault, $why);
            }
        }
    )* };
}

transient! {
    a_close_before_the_answer: Fault::CloseBeforeAnswer => "the connection was closed before the answer came";
    a_reset_before_the_answer: Fault::ResetBeforeAnswer => "the connection was closed before the answer came";
    silence_before_the_answer: Fault::StallBeforeAnswer => "nothing moved for 0.5 s";
    a_close_in_the_header: Fault::CutHeaders => "the connection was closed before the answer came";
    a_reset_in_the_header: Fault::ResetInHeaders => "the connection was closed before the answer came";
    a_reset_in_the_body: Fault::ResetInBody { after_bytes: 100 } => "the body was cut short";
    a_close_in_the_body: Fault::CutBody { after_bytes: 100 } => "the body was cut short";
    a_close_before_the_first_byte_of_the_body: Fault::CutBody { after_bytes: 0 } => "the body was cut short";
    a_close_before_the_last_byte: Fault::CutBeforeEnd { missing_bytes: 1 } => "the body was cut short";
    a_length_that_promises_too_much: Fault::WrongLength { delta: 5 } => "the body was cut short";
    silence_in_the_body: Fault::Stall { after_bytes: 100 } => "nothing moved for 0.5 s";
    a_wrong_gzip_checksum: Fault::GzipBadCrc => "its gzip data is damaged";
    a_wrong_gzip_length: Fault::GzipBadLength => "its gzip data is damaged";
    half_of_a_gzip_stream: Fault::GzipTruncated => "its gzip data is damaged";
    a_gzip_stream_without_trailer: Fault::GzipNoTrailer => "its gzip data is damaged";
    the_page_of_a_captive_proxy: Fault::HtmlOk => "an HTML page came instead, perhaps from a proxy";
    an_encoding_that_nobody_asked_for: Fault::LeftoverEncoding("br".into()) =>
        "it came with the content encoding \"br\", which was not asked for";
    a_body_without_proof_of_its_end: Fault::CloseDelimited =>
        "it came without length, chunked coding or gzip, so nothing proves that it is complete";
    a_request_timeout: Fault::status(408) => "the service answered 408 (";
    a_busy_model: Fault::status(409) => "the service answered 409 (Conflict)";
    a_locked_model: Fault::status(423) => "the service answered 423 (Locked)";
    a_rate_limit: Fault::status(429) => "the service answered 429 (Too Many Requests)";
    an_internal_error: Fault::status(500) => "the service answered 500 (Internal Server Error)";
    a_bad_gateway: Fault::Status { code: 502, retry_after: None, body: ErrorBody::Html } => "the service answered 502";
    an_unavailable_service: Fault::Status { code: 503, retry_after: None, body: ErrorBody::Empty } =>
        "the service answered 503";
    a_gateway_timeout: Fault::status(504) => "the service answered 504 (Gateway Timeout)";
}

/// A server that frames and compresses chunks so.
fn sending(framing: Framing, gzip: GzipMode) -> Scene {
    let mut service = Service::with_dump(dump_of(3, 1));
    service.set_framing(framing);
    service.set_gzip(gzip);
    Scene::with_service(service)
}

#[test]
fn a_chunked_body_that_is_cut_is_retried() {
    let scene = sending(Framing::Chunked, GzipMode::Off);
    passes_on_a_chunk(&scene, Fault::CutBody { after_bytes: 5_000 }, "the body was cut short");
}

#[test]
fn a_chunked_body_without_its_terminator_is_retried() {
    let scene = sending(Framing::Chunked, GzipMode::Off);
    passes_on_a_chunk(&scene, Fault::CutBeforeEnd { missing_bytes: 5 }, "the body was cut short");
}

#[test]
fn a_gzip_body_that_is_cut_is_retried() {
    let scene = sending(Framing::ContentLength, GzipMode::On);
    passes_on_a_chunk(&scene, Fault::CutBody { after_bytes: 500 }, "the body was cut short");
}

#[test]
fn a_chunked_gzip_body_that_is_reset_is_retried() {
    let scene = sending(Framing::Chunked, GzipMode::On);
    passes_on_a_chunk(&scene, Fault::ResetInBody { after_bytes: 500 }, "the body was cut short");
}

#[test]
fn a_gzip_body_whose_length_promises_too_little_is_retried() {
    let scene = sending(Framing::ContentLength, GzipMode::On);
    // Once: a plain body that is as long as promised proves nothing, and compression is not asked for again.
    scene.server.fault(Fault::WrongLength { delta: -5 }, chunk(1).times(1));
    let (outcome, asked) = scene.get("");
    let outcome = outcome.exits_with(0).complains("its gzip data is damaged; waiting ");
    assert_eq!(asked, ["0", "1", "1", "2"], "{}", outcome.describe());
    scene.has_whole_dump(&bytes_of(3, 1));
}

#[test]
fn a_body_that_is_cut_under_tls_is_retried() {
    let scene = Scene::with_tls(Service::with_dump(dump_of(3, 1)));
    passes_on_a_chunk(&scene, Fault::CutBody { after_bytes: 5_000 }, "the body was cut short");
}

#[test]
fn a_body_that_is_reset_under_tls_is_retried() {
    let scene = Scene::with_tls(Service::with_dump(dump_of(3, 1)));
    passes_on_a_chunk(&scene, Fault::ResetInBody { after_bytes: 5_000 }, "the body was cut short");
}

#[test]
fn gzip_without_length_is_proved_whole_by_its_trailer() {
    let scene = sending(Framing::CloseDelimited, GzipMode::On);
    let list_has_a_length = dump_of(3, 1).with_list_body(r#"{"chunks":[{"id":"0"},{"id":"1"},{"id":"2"}]}"#);
    scene.server.service().replace_dump(xtask::fake::TASK, xtask::fake::OBJECT, list_has_a_length);
    scene.server.fault(Fault::WrongLength { delta: 0 }, chunk_list());
    let outcome = scene.get("").0.exits_with(0);
    assert_eq!(outcome.waits(), [], "{}", outcome.describe());
    scene.has_whole_dump(&bytes_of(3, 1));
}

#[test]
fn a_chunk_list_that_is_cut_in_its_text_is_retried() {
    passes_on_the_list(Fault::TruncatedJson, "the answer is not the JSON that was expected");
}

#[test]
fn connections_that_are_closed_at_once_are_retried() {
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::RefuseConnections { connections: 2 }, When::any());
    let outcome = scene.get("").0.exits_with(0);
    told_two_retries(
        &outcome,
        &format!("the chunk list of dump {}", scene.server.locator()),
        "closed before",
    );
    scene.has_whole_dump(&bytes_of(3, 1));
}

#[test]
fn a_service_that_nobody_listens_for_is_tried_again_and_then_reported() {
    let scene = Scene::with_chunks(3);
    scene.server.stop();
    let outcome = scene.get("--retries=2").0.exits_with(5);
    let outcome = outcome.complains("gave up after 3 tries").complains("no connection could be made");
    assert_eq!(outcome.waits().len(), 2, "{}", outcome.describe());
    assert_eq!(scene.files(), [""; 0], "{}", outcome.describe());
}

#[test]
fn the_answer_to_the_last_question_is_waited_for_as_well() {
    let scene = Scene::with_chunks(3);
    for occurrence in [2, 3] {
        scene.server.fault(Fault::ResetBeforeAnswer, chunk_list().occurrence(occurrence));
    }
    let outcome = scene.get("").0.exits_with(0);
    told_two_retries(
        &outcome,
        &format!("the chunk list of dump {}", scene.server.locator()),
        "closed before",
    );
    scene.has_whole_dump(&bytes_of(3, 1));
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = FakeServer::start(Service::with_dump(dump_of(3, 2)));
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::Redirect { location: format!("{}/x", elsewhere.origin()) }, chunk(1));
    let (outcome, asked) = scene.get("");
    let outcome = outcome.complains("the service answered 302").complains("redirects are not followed");
    assert!(!outcome.output.status.success(), "{}", outcome.describe());
    assert_eq!(asked, ["0", "1"], "{}", outcome.describe());
    assert_eq!(elsewhere.connections(), 0, "{}", outcome.describe());
    scene.keeps_part(&bytes_of(3, 1)[..CHUNK]);
}

#[test]
fn a_body_that_moves_slowly_is_no_stall() {
    let scene = Scene::with_chunks(3);
    // 1.6 s in all, with a pause of a twentieth of the limit.
    scene.server.fault(Fault::Dribble { bytes: 320, pause: Duration::from_millis(50) }, chunk(1));
    let (outcome, asked) = scene.get("--stall-timeout=1s");
    let outcome = outcome.exits_with(0);
    assert_eq!(outcome.waits(), [], "{}", outcome.describe());
    assert_eq!(asked, ["0", "1", "2"], "{}", outcome.describe());
    scene.has_whole_dump(&bytes_of(3, 1));
}

#[test]
fn an_answer_that_takes_its_time_is_no_stall() {
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::Latency(Duration::from_millis(300)), chunk(1));
    let outcome = scene.get("--stall-timeout=5s").0.exits_with(0);
    assert_eq!(outcome.waits(), [], "{}", outcome.describe());
    scene.has_whole_dump(&bytes_of(3, 1));
}

#[test]
fn no_request_goes_out_after_the_last_retry() {
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::status(503), chunk(1));
    let outcome = scene.get("--retries=0").0.exits_with(5).complains("gave up after 1 try in ");
    assert_eq!(outcome.waits(), [], "{}", outcome.describe());
    assert_eq!(asked(&scene.server, 0), ["0", "1"], "{}", outcome.describe());
}
