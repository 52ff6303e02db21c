//! Each fault of the network and the service that is worth a retry, on a chunk and on the chunk list. One
//! that passes leaves the identical file; one that stays is reported, and the whole chunks are kept. A new kind
//! goes into the table here.

use std::time::Duration;

use xtask::fake::{Answer, At, Fault, Framing, Service, When};

use crate::support::texts::{
    CLOSED, CUT, GZIP_DAMAGED, IS_ALTERED, IS_CUT, IS_SILENT, KEPT, NO_CONNECTION, NO_PROOF, STALLED, THE_LIST,
    gave_up, incomplete, the_chunk, wait,
};
use crate::support::{CHUNK, Scene, bytes_of, chunk, chunk_list, dump_of};

/// Long enough for a busy machine, short enough for a test.
const STALL_TIMEOUT: &str = "--stall-timeout=500ms";

/// Where a fault strikes: the middle chunk of three, or their list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Place {
    Chunk,
    List,
}

/// Three chunks arrive although the fault strikes once.
#[track_caller]
fn passes(scene: &Scene, place: Place, fault: &Fault, why: &str) {
    let (requests, subject, asked) = match place {
        Place::Chunk => (chunk(1), the_chunk(1, 3), &["0", "1", "1", "2"][..]),
        Place::List => (chunk_list(), THE_LIST.to_owned(), &["0", "1", "2"][..]),
    };
    scene.server.fault(fault.clone(), requests.times(1));
    // A page of a proxy before the service was reached: the short patience.
    let retries = if place == Place::List && why.starts_with("an HTML page") { 3 } else { 12 };
    let outcome = scene.get(STALL_TIMEOUT);
    outcome.notes(wait(&subject, why, 1, retries)).asks_for(asked).saves(&dump_of(3, 1));
}

/// The fault is retried. If it stays, it is reported with the advice, and the whole chunks before it are kept.
#[track_caller]
pub(crate) fn is_retried(place: Place, fault: &Fault, why: &str, advice: &str) {
    passes(&Scene::with_chunks(3), place, fault, why);
    let scene = Scene::with_chunks(3);
    let options = format!("--retries=1 {STALL_TIMEOUT}");
    match place {
        Place::Chunk => {
            scene.server.fault(fault.clone(), chunk(1));
            let (whole, subject) = (&bytes_of(3, 1)[..CHUNK], the_chunk(1, 3));
            let error = incomplete(1, 3, &gave_up(2, &subject, why)) + advice;
            let note = wait(&subject, why, 1, 1);
            scene.pipe(&options).notes(&note).fails(5, &error).prints(whole);
            scene.get(&options).notes(note).fails(5, error + KEPT).asks_for(&["0", "1", "1"]);
            scene.keeps_part(whole);
        }
        Place::List => {
            scene.server.fault(fault.clone(), chunk_list());
            let error = gave_up(2, THE_LIST, why) + advice;
            scene.get(&options).notes(wait(THE_LIST, why, 1, 1)).fails(5, error).asks_for(&[]);
            assert_eq!(scene.count_of("GET DUMP/chunks"), 2, "{}", scene.describe());
        }
    }
}

/// A test for each fault, with its name for people, and with the advice that follows it when it stays.
macro_rules! transient {
    ($($name:ident: $fault:expr => $why:expr $(, $advice:expr)?;)*) => { $(
        #[test]
        fn $name() {
            let advice = *["" $(, $advice)?].last().expect("one is there");
            for place in [Place::Chunk, Place::List] {
                is_retried(place, &$fault, $why, advice);
            }
        }
    )* };
}

transient! {
    a_close_before_the_answer: Fault::Cut(At::Start) => CLOSED, IS_CUT;
    a_reset_before_the_answer: Fault::Reset(At::Start) => CLOSED, IS_CUT;
    silence_before_the_answer: Fault::Stall(At::Start) => STALLED, IS_SILENT;
    a_close_in_the_header: Fault::Cut(At::Head) => CLOSED, IS_CUT;
    a_reset_in_the_header: Fault::Reset(At::Head) => CLOSED, IS_CUT;
    a_reset_in_the_body: Fault::Reset(At::Body(100)) => CUT, IS_CUT;
    a_close_in_the_body: Fault::Cut(At::Body(100)) => CUT, IS_CUT;
    a_close_before_the_first_byte_of_the_body: Fault::Cut(At::Body(0)) => CUT, IS_CUT;
    a_close_before_the_last_byte: Fault::Cut(At::BeforeEnd(1)) => CUT, IS_CUT;
    a_length_that_promises_too_much: Fault::WrongLength { delta: 5 } => CUT, IS_CUT;
    silence_in_the_body: Fault::Stall(At::Body(100)) => STALLED, IS_SILENT;
    a_wrong_gzip_checksum: Fault::GzipBadCrc => GZIP_DAMAGED, IS_ALTERED;
    half_of_a_gzip_stream: Fault::GzipTruncated => GZIP_DAMAGED, IS_ALTERED;
    a_gzip_stream_without_trailer: Fault::GzipNoTrailer => GZIP_DAMAGED, IS_ALTERED;
    the_page_of_a_captive_proxy: Fault::page(200) => "an HTML page came instead, perhaps from a proxy",
        "\n  check whether a proxy asks for a sign-in, and whether the API URL is right";
    a_body_without_proof_of_its_end: Fault::CloseDelimited => NO_PROOF, IS_ALTERED;
    a_busy_model: Fault::status(409) => "the service answered 409 Conflict",
        "\n  the model is busy: try again later";
    a_locked_model: Fault::status(423) => "the service answered 423 Locked",
        "\n  the model is locked: try again when it is unlocked";
    a_rate_limit: Fault::status(429) => "the service answered 429 Too Many Requests",
        "\n  the whole tenant shares one rate limit: try again later, with fewer downloads at once";
    a_bad_gateway_with_a_page_of_its_own:
Fault::page(502) => "the service answered 502 Bad Gateway",
        "\n  the service or a gateway is in trouble: try again later";
    an_unavailable_service_without_a_word:
        Fault::Answer(Answer::empty(503)) => "the service answered 503 \
         Service Unavailable",
        "\n  the service or a gateway is in trouble: try again later";
}

/// A server that frames and compresses chunks like this.
#[track_caller]
fn sending(framing: Framing, gzip: bool) -> Scene {
    let mut service = Service::with_dump(dump_of(3, 1));
    service.settings.framing = framing;
    service.settings.gzip = gzip;
    Scene::with_service(service)
}

#[test]
fn a_body_that_ends_early_is_retried_in_every_framing_and_under_tls() {
    for (framing, gzip, fault) in [
        (Framing::Chunked, false, Fault::Cut(At::Body(5_000))),
        (Framing::Chunked, false, Fault::Cut(At::BeforeEnd(5))),
        (Framing::ContentLength, true, Fault::Cut(At::Body(500))),
        (Framing::Chunked, true, Fault::Reset(At::Body(500))),
    ] {
        passes(&sending(framing, gzip), Place::Chunk, &fault, CUT);
    }
    for fault in [Fault::Cut(At::Body(5_000)), Fault::Reset(At::Body(5_000))] {
        passes(&Scene::with_tls(Service::with_dump(dump_of(3, 1))), Place::Chunk, &fault, CUT);
    }
}

#[test]
fn a_gzip_body_is_proved_complete_by_its_trailer_and_not_by_a_length_that_promises_too_little() {
    let scene = sending(Framing::ContentLength, true);
    scene.server.fault(Fault::CloseDelimited, chunk(1));
    scene.get("").saves(&dump_of(3, 1));
    let scene = sending(Framing::ContentLength, true);
    // Once: the retry does without compression, and a plain body that is as long as promised proves nothing.
    scene.server.fault(Fault::WrongLength { delta: -5 }, chunk(1).times(1));
    let outcome = scene.get("");
    outcome.notes(wait(&the_chunk(1, 3), GZIP_DAMAGED, 1, 12)).asks_for(&["0", "1", "1", "2"]).saves(&dump_of(3, 1));
}

#[test]
fn a_retry_asks_for_compression_unless_compression_was_the_fault() {
    for (fault, why, encoding) in [
        (Fault::GzipBadCrc, GZIP_DAMAGED, "identity"),
        (Fault::Reset(At::Body(100)), CUT, "gzip"),
        (Fault::CloseDelimited, NO_PROOF, "identity"),
        (Fault::UnlabelledGzip, "it came compressed without saying so", "identity"),
    ] {
        let scene = Scene::with_chunks(3);
        scene.server.fault(fault, chunk(2).times(1));
        scene.get("").notes(wait(&the_chunk(2, 3), why, 1, 12)).saves(&dump_of(3, 1));
        let requests = scene.server.requests();
        let retry = requests.iter().rfind(|request| request.path().ends_with("/chunks/2")).expect("a retry");
        assert_eq!(retry.header("accept-encoding"), Some(encoding), "{}", scene.describe());
    }
}

#[test]
fn a_chunk_list_that_is_cut_in_its_text_is_retried() {
    let why = "the answer is not the JSON that was expected: EOF while parsing <ANY>, near \"<ANY>\"";
    passes(&Scene::with_chunks(3), Place::List, &Fault::json("{\"chunks\": [{"), why);
}

#[test]
fn a_refused_connection_is_retried_and_then_reported() {
    let scene = Scene::with_chunks(3);
    scene.server.stop();
    let waits = [1, 2].map(|retry| wait(THE_LIST, NO_CONNECTION, retry, 2));
    let advice = "\n  check the host's name, the network, and whether a proxy is needed (HTTPS_PROXY)";
    let outcome = scene.get("--retries=2");
    outcome.notes(waits.concat()).fails(5, gave_up(3, THE_LIST, NO_CONNECTION) + advice);
}

#[test]
fn faults_of_the_second_look_at_the_list_are_retried() {
    let scene = Scene::with_chunks(3);
    for occurrence in [2, 3] {
        scene.server.fault(Fault::Reset(At::Start), chunk_list().occurrence(occurrence));
    }
    let waits = [1, 2].map(|retry| wait(THE_LIST, CLOSED, retry, 12));
    scene.get("").notes(waits.concat()).saves(&dump_of(3, 1));
}

#[test]
fn silence_while_the_model_is_busy_says_what_the_model_is_doing() {
    let scene = Scene::with_chunks(3);
    scene.server.service().busy = Some("Processing".to_owned());
    scene.server.fault(Fault::Stall(At::Start), chunk_list());
    let [silent, busy] = ["nothing arrived for 0.5 s", "the model is busy: \"Processing\""];
    let why = format!("{silent}: {busy}");
    let error = format!("{THE_LIST}: {silent}, after 2 tries in <TIME>: {busy}");
    let outcome = scene.get(&format!("--retries=1 {STALL_TIMEOUT}"));
    outcome.notes(wait(THE_LIST, &why, 1, 1)).fails(5, error + IS_SILENT);
}

#[test]
fn within_a_time_limit_an_outage_is_waited_out_and_what_is_there_is_kept() {
    // More than the usual retries.
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::status(503), chunk(1).times(30));
    scene.get("-qq --timeout=10m").saves(&dump_of(3, 1));

    // The end of the time does not hide what was wrong.
    let scene = Scene::with_chunks(3);
    let later = Answer::error(503, "Service Unavailable").with_header("Retry-After", "3600");
    scene.server.fault(Fault::Answer(later), When::any());
    for command in ["get DUMP -o dump.csv", "wait NIGHTLY -o x/", "wait NIGHTLY/T9 -o x/"] {
        let outcome = scene.run(&format!("{command} -qq --max-wait=2h --timeout=1s"));
        outcome.exits_with(5).stderr_has("the service answered 503 Service Unavailable");
    }

    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::Stall(At::Start), chunk(1));
    let outcome = scene.get("-qq --timeout=2s");
    outcome.exits_with(5).stderr_has("what is there is kept in dump.csv.part");
    outcome.stderr_has("the time limit was reached").stderr_has("--timeout allows more");
    scene.keeps_part(&bytes_of(3, 1)[..CHUNK]);
}

#[test]
fn a_body_that_moves_slowly_and_an_answer_that_takes_its_time_are_no_stall() {
    let scene = Scene::with_chunks(1);
    // 1.6 s for the chunk.
    scene.server.service().settings.bytes_per_second = Some(3_200);
    scene.server.fault(Fault::Latency(Duration::from_millis(300)), chunk(0));
    scene.get("--stall-timeout=1s").asks_for(&["0"]).saves(&dump_of(1, 1));
}
