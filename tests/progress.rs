//! What is reported while a download runs: one line on a terminal that is redrawn, plain lines elsewhere,
//! and how much of it with `-q` and `-v`.

use xtask::fake::{At, Fault, Service};

use crate::support::texts::{CLOSED, KEPT, answered, gave_up, incomplete, the_chunk, wait};
use crate::support::{CHUNK, Scene, bytes_of, chunk, dump_of};

const CHUNKS: usize = 5;

/// A download that takes 0.9 s: the line is redrawn every 0.2 s.
#[track_caller]
fn slow_scene() -> Scene {
    let mut service = Service::with_dump(dump_of(CHUNKS, 1));
    service.settings.bytes_per_second = Some(50_000);
    Scene::with_service(service)
}

#[test]
fn without_a_terminal_waits_are_plain_lines_under_every_variable() {
    for (name, value) in [("TERM", "xterm-256color"), ("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")] {
        let scene = Scene::with_chunks(CHUNKS);
        scene.server.fault(Fault::status(503), chunk(2).times(2));
        let waits = [1, 2].map(|retry| wait(&the_chunk(2, CHUNKS), &answered("503 Service Unavailable"), retry, 12));
        let outcome = scene.command("get DUMP -o dump.csv").env(name, value).run();
        outcome.stderr("downloading 5 chunks\n".to_owned() + &waits.concat()).saves(&dump_of(CHUNKS, 1));
    }
}

#[test]
fn quiet_reports_warnings_and_errors_and_twice_quiet_errors_only() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::status(503), chunk(2));
    let unavailable = answered("503 Service Unavailable");
    let why = gave_up(2, &the_chunk(2, CHUNKS), &unavailable);
    let error = format!("anaplan-dump: {}\n  <ANY>{KEPT}\n", incomplete(2, CHUNKS, &why));
    let outcome = scene.get("-q --retries=1");
    outcome.stderr(wait(&the_chunk(2, CHUNKS), &unavailable, 1, 1) + &error).exits_with(5);
    scene.get("-qq --retries=1").stderr(error).exits_with(5);
    scene.keeps_part(&bytes_of(CHUNKS, 1)[..2 * CHUNK]);
    scene.server.clear_faults();
    scene.server.fault(Fault::status(503), chunk(3).times(2));
    scene.get("--quiet --quiet").stderr("").saves(&dump_of(CHUNKS, 1));
}

#[test]
fn verbose_reports_each_request_with_its_status_and_duration() {
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::status(503), chunk(1).times(1));
    scene.server.fault(Fault::Reset(At::Start), chunk(2).times(1));
    let request = |target: &str, status: &str| format!("GET <URL>/chunks{target}  {status}  <TIME>\n");
    let expected = [
        request("", "200"),
        request("/0", "200"),
        request("/1", "503"),
        wait(&the_chunk(1, 3), &answered("503 Service Unavailable"), 1, 12),
        request("/1", "200"),
        request("/2", "no answer"),
        wait(&the_chunk(2, 3), CLOSED, 1, 12),
        request("/2", "200"),
        request("", "200"),
    ];
    scene.get("-v").notes(expected.concat()).saves(&dump_of(3, 1));
}

#[test]
fn a_terminal_shows_one_line_that_is_redrawn() {
    let scene = slow_scene();
    let screen = scene.command("get DUMP -o dump.csv").on_a_terminal("xterm", "$RUN").run().any_stdout().stdout_text();
    let drawn: Vec<&str> = screen.split('\r').filter(|text| text.starts_with("chunk ")).collect();
    assert!(drawn.len() >= 3, "{screen:?}");
    for line in &drawn {
        assert!(line.contains(" of 5  ") && line.contains("B/s"), "{line:?}");
        // Line wrap is off while the line is drawn, so that the terminal cuts it.
        let end = line.trim_end_matches("\u{1b}[?7l");
        assert!(end.ends_with("\u{1b}[K\u{1b}[?7h") && !line.contains('\n'), "{line:?}");
    }
    assert!(drawn.iter().any(|line| !line.starts_with("chunk 1 of 5")), "{screen:?}");
    assert!(drawn.iter().any(|line| line.contains("  about ") && line.contains(" left")), "{screen:?}");
    // In the end the line is gone, and the result has replaced it.
    let end = screen.rsplit_once("\r\u{1b}[K").map(|(_, end)| end).unwrap_or_default();
    assert!(end.starts_with("dump.csv  45.0 kB  5 chunks"), "{screen:?}");
    scene.has("dump.csv", &bytes_of(CHUNKS, 1));
}

#[test]
fn a_wait_or_an_error_on_a_terminal_replaces_the_line() {
    let scene = slow_scene();
    // Two chunks before each take twice as long as from one drawing to the next.
    scene.server.fault(Fault::status(503), chunk(2).times(1));
    scene.server.fault(Fault::status(403), chunk(4));
    let outcome = scene.command("get DUMP -o dump.csv").on_a_terminal("xterm", "$RUN").run();
    let screen = outcome.exits_with(3).any_stdout().stdout_text();
    assert!(screen.contains("\r\u{1b}[Kchunk 3 of 5: 503 "), "{screen:?}");
    assert!(screen.contains("; retry 1 of 12 in "), "{screen:?}");
    let end = screen.rsplit_once("\r\u{1b}[K").map(|(_, end)| end).unwrap_or_default();
    assert!(end.starts_with("anaplan-dump: dump "), "{screen:?}");
    scene.keeps_part(&bytes_of(CHUNKS, 1)[..4 * CHUNK]);
}

#[test]
fn a_terminal_that_cannot_redraw_and_a_quiet_run_show_plain_lines() {
    for (options, term, expected) in [("", "dumb", "downloading 5 chunks\r\n"), ("-q", "xterm", "")] {
        let scene = slow_scene();
        let command = scene.command(&format!("get DUMP -o dump.csv {options}"));
        command
            .on_a_terminal(term, "$RUN")
            .run()
            .any_stdout()
            .stdout(format!("{expected}dump.csv  45.0 kB  5 chunks  <TIME>\r\n"));
        scene.has("dump.csv", &bytes_of(CHUNKS, 1));
    }
}

#[test]
fn the_line_counts_arrivals_also_side_by_side_and_into_a_pipe() {
    for (options, line) in [("-o dump.csv --parallel 3", "$RUN"), ("-o -", "$RUN > dump.csv")] {
        let scene = slow_scene();
        let command = scene.command(&format!("get DUMP {options}")).env("COLUMNS", "40");
        let screen = command.on_a_terminal("xterm", line).run().any_stdout().stdout_text();
        let texts = screen.split('\r').filter_map(|text| Some(text.split_once("\u{1b}[K")?.0));
        let lines: Vec<&str> = texts.filter(|line| line.starts_with("chunk ")).collect();
        // No terminal of 40 columns wraps it.
        let fits = lines.len() >= 2 && lines.iter().all(|line| line.chars().count() < 40);
        assert!(fits && screen.contains("\u{1b}[?7h"), "{options}: {screen:?}");
        let last = lines.last().expect("a line");
        let parts = [" of 5  ", " %  ", "kB  "];
        assert!(parts.iter().all(|part| last.contains(part)), "{options}: {screen:?}");
        scene.any_files();
    }
}
