//! What is told while a download runs: one line on a terminal, plain lines elsewhere.

use std::time::Duration;

use xtask::fake::{Fault, Service, TOKEN};

use crate::support::{Outcome, Scene, bytes_of, chunk, dump_of};

const CHUNKS: usize = 5;

/// A download that takes 0.9 s: the line is drawn every 0.2 s.
fn slow_scene() -> Scene {
    let mut service = Service::with_dump(dump_of(CHUNKS, 1));
    service.set_link(Duration::ZERO, Some(50_000));
    Scene::with_service(service)
}

/// Runs it on a terminal of its own; what that shows is the standard output.
#[track_caller]
fn on_a_terminal<'a>(scene: &'a Scene, options: &str, term: &str) -> Outcome<'a> {
    let words = "printf \"'%s' \" \"$0\" \"$@\"";
    let shown = format!("exec /usr/bin/script -qec \"$({words})\" /dev/null");
    let command = scene.command(&format!("get DUMP -o dump.csv {options}")).env("TERM", term);
    command.through(&["/bin/bash", "-c", &shown]).start().finish()
}

#[test]
fn without_a_terminal_plain_lines_tell_the_start_and_the_end() {
    let scene = slow_scene();
    let outcome = scene.get("").0.exits_with(0);
    assert_eq!(outcome.stderr(), "downloading 5 chunks\n", "{}", outcome.describe());
    let outcome = outcome.says("dump.csv  45.0 kB  5 chunks  ");
    assert_eq!(outcome.stdout().lines().count(), 1, "{}", outcome.describe());
    outcome.never_mentions("\r").never_mentions("\u{1b}");
}

#[test]
fn without_a_terminal_waits_are_plain_lines() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::status(503), chunk(2).times(2));
    let outcome = scene.get("").0.exits_with(0).never_mentions("\r").never_mentions("\u{1b}");
    assert_eq!(outcome.stderr().lines().count(), 3, "{}", outcome.describe());
}

#[test]
fn quiet_tells_nothing_of_a_good_end() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::status(503), chunk(2).times(2));
    let outcome = scene.get("-q").0.exits_with(0);
    assert_eq!(outcome.stderr(), "", "{}", outcome.describe());
    scene.has_whole_dump(&bytes_of(CHUNKS, 1));
}

#[test]
fn quiet_tells_nothing_of_what_an_earlier_run_left() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.killed_in_chunk(2);
    let outcome = scene.get("--quiet").0.exits_with(0);
    assert_eq!(outcome.stderr(), "", "{}", outcome.describe());
}

#[test]
fn quiet_tells_an_error_all_the_same() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::status(503), chunk(2));
    let outcome = scene.get("-q --retries=1").0.exits_with(5).complains("anaplan-dump: dump ");
    assert!(outcome.stderr().starts_with("anaplan-dump: "), "{}", outcome.describe());
}

#[test]
fn verbose_tells_each_request_with_its_status_and_duration_and_no_token() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::status(503), chunk(2).times(1));
    scene.server.fault(Fault::ResetBeforeAnswer, chunk(3).times(1));
    let outcome = scene.get("-v").0.exits_with(0).never_mentions(TOKEN);
    let told: Vec<String> =
        outcome.stderr().lines().filter(|line| line.starts_with("GET ")).map(str::to_owned).collect();
    let requests = scene.server.requests();
    assert_eq!(told.len(), requests.len(), "{}", outcome.describe());
    for (line, request) in told.iter().zip(&requests) {
        let status = request.status.map_or("no answer".to_owned(), |status| status.to_string());
        let expected = format!("GET {}{}  {status}  ", scene.server.origin(), request.target);
        assert!(line.starts_with(&expected), "{line:?} is not {expected:?}\n{}", outcome.describe());
        let duration = line[expected.len()..].strip_suffix(" s");
        let is_duration = duration.is_some_and(|seconds| seconds.parse::<f64>().is_ok());
        assert!(is_duration, "{line:?}\n{}", outcome.describe());
    }
    assert_eq!(outcome.waits().len(), 2, "{}", outcome.describe());
}

#[test]
fn a_terminal_sees_one_line_that_is_redrawn() {
    let scene = slow_scene();
    let outcome = on_a_terminal(&scene, "", "xterm").exits_with(0);
    let screen = outcome.stdout();
    let drawn: Vec<&str> = screen.split('\r').filter(|text| text.starts_with("chunk ")).collect();
    assert!(drawn.len() >= 3, "{} drawn\n{}", drawn.len(), outcome.describe());
    for line in &drawn {
        assert!(line.contains(" of 5  ") && line.contains("B/s"), "{line:?}\n{}", outcome.describe());
        assert!(line.ends_with("\u{1b}[K") && !line.contains('\n'), "{line:?}\n{}", outcome.describe());
    }
    let first_chunks = drawn.iter().filter(|line| line.starts_with("chunk 1 of 5")).count();
    assert!(first_chunks < drawn.len(), "{}", outcome.describe());
    assert!(drawn.iter().any(|line| line.contains("  about ") && line.contains(" left")), "{screen:?}");
    // In the end the line is gone, and the result stands in its place.
    let (_, end) = screen.rsplit_once("\r\u{1b}[K").expect("the line is cleared");
    assert!(end.starts_with("dump.csv  45.0 kB  5 chunks"), "{end:?}\n{}", outcome.describe());
    scene.has_whole_dump(&bytes_of(CHUNKS, 1));
}

#[test]
fn a_wait_on_a_terminal_has_a_line_of_its_own() {
    let scene = slow_scene();
    scene.server.fault(Fault::status(503), chunk(1).times(1));
    let outcome = on_a_terminal(&scene, "", "xterm").exits_with(0);
    let text = "\r\u{1b}[Kchunk 1 of dump ";
    assert!(outcome.stdout().contains(text), "{:?}", outcome.stdout());
    assert!(outcome.stdout().contains(", then retry 1 of 12\r\n"), "{:?}", outcome.stdout());
}

#[test]
fn a_terminal_that_cannot_redraw_sees_plain_lines() {
    let scene = slow_scene();
    let outcome = on_a_terminal(&scene, "", "dumb").exits_with(0);
    let outcome = outcome.says("downloading 5 chunks\r\n").never_mentions("\u{1b}");
    assert_eq!(outcome.stdout().lines().count(), 2, "{:?}", outcome.stdout());
}

#[test]
fn a_quiet_run_draws_nothing_on_a_terminal() {
    let scene = slow_scene();
    let outcome = on_a_terminal(&scene, "-q", "xterm").exits_with(0).never_mentions("\u{1b}");
    assert_eq!(outcome.stdout().lines().count(), 1, "{:?}", outcome.stdout());
}

#[test]
fn an_error_on_a_terminal_takes_the_place_of_the_line() {
    let scene = slow_scene();
    scene.server.fault(Fault::status(403), chunk(1));
    let outcome = on_a_terminal(&scene, "", "xterm").exits_with(3);
    let (_, end) =
        outcome.stdout().rsplit_once("\r\u{1b}[K").map(|(a, b)| (a.len(), b.to_owned())).expect("cleared");
    assert!(end.starts_with("anaplan-dump: dump "), "{end:?}");
}
