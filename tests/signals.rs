//! Ctrl-C, SIGTERM and SIGHUP: a prompt end with everything kept.

use std::sync::Arc;
use std::time::Duration;

use xtask::fake::{Answer, At, Dump, Fault, When};

use crate::loading::{ROWS, RUN, with_file};
use crate::support::texts::{goes_on, the_chunk, wait};
use crate::support::users::{self, bare, with_oauth};
use crate::support::{CHUNK, COSTS, Outcome, PART_FILES, Scene, bytes_of, chunk, dump_of, failing_run};

/// A shell that starts the tests in the background may have made them ignore the interrupt.
pub(crate) const WITH_DEFAULT_SIGNALS: &str = "exec /usr/bin/env --default-signal=INT,TERM,HUP \"$0\" \"$@\"";

/// Starts a command that hangs in the second chunk, and sends it this signal there.
#[track_caller]
fn stopped_in_the_second_chunk<'a>(scene: &'a Scene, command: &str, signal: &str) -> Outcome<'a> {
    scene.server.fault(Fault::Latency(Duration::from_secs(600)), chunk(1));
    let command = scene.command(&format!("{command} --stall-timeout=20m")).through(WITH_DEFAULT_SIGNALS);
    let mut running = command.start();
    running.wait_until("the second chunk is asked for", |scene| {
        scene.requests().iter().any(|request| request.ends_with("chunks/1"))
    });
    running.signal(signal);
    running.finish()
}

#[test]
fn a_signal_ends_the_run_and_the_next_one_goes_on() {
    let kept = "3 of 5 chunks are kept in dump.csv.part, and the same command continues from there";
    let nothing = "no whole chunk had arrived, and the same command begins anew";
    for (signal, number, code, end) in [
        ("INT", 3, 130, format!("interrupted: {kept}")),
        ("TERM", 3, 143, format!("terminated: {kept}")),
        ("HUP", 0, 129, format!("hung up: {nothing}")),
    ] {
        let scene = Scene::with_chunks(5);
        let running = scene.hanging_in_chunk(number, Some(WITH_DEFAULT_SIGNALS));
        // As `timeout` does it.
        running.signal(signal);
        running.signal(signal);
        running.finish().fails(code, end);
        scene.any_files();
        scene.server.clear_faults();
        let outcome = scene.get("");
        outcome.notes(if number > 0 { goes_on(number, 5) } else { String::new() }).saves(&dump_of(5, 1));
    }
}

/// An answer that asks to wait for an hour.
fn busy() -> Fault {
    Fault::Answer(Answer::empty(503).with_header("Retry-After", "3600"))
}

#[test]
fn a_long_wait_is_interrupted_at_once() {
    let scene = Scene::with_chunks(3);
    scene.server.fault(busy(), chunk(1));
    let command = scene.command("get DUMP -o dump.csv --max-wait=1h").through(WITH_DEFAULT_SIGNALS);
    let mut running = command.start();
    running.wait_for_note("; retry 1 of 12 in ");
    running.signal("INT");
    let outcome = running.finish();
    let why = "the service answered 503 Service Unavailable";
    let kept = "1 of 3 chunks are kept in dump.csv.part, and the same command continues from there";
    outcome
        .notes(wait(&the_chunk(1, 3), why, 1, 12).replace("<TIME>", "1 h 00 min"))
        .fails(130, format!("interrupted: {kept}"));
    scene.keeps_part(&bytes_of(3, 1)[..CHUNK]);
}

#[test]
fn the_check_of_an_empty_dump_is_interrupted_at_once() {
    let scene = Scene::with_dump(Dump::from_chunks(vec![Arc::from(&b""[..])]));
    scene.server.fault(busy(), When::path("tasks/*"));
    for options in ["-o dump.csv", "-o dump.csv --whole", "-o -"] {
        let command = scene.command(&format!("get DUMP {options} --max-wait=1h")).through(WITH_DEFAULT_SIGNALS);
        let mut running = command.start();
        running.wait_for_note("503 Service Unavailable; retry 1 of 12 in ");
        running.signal("INT");
        running.finish().exits_with(130).stderr_has("interrupted");
        scene.any_files();
    }
}

#[test]
fn an_interrupted_exchange_of_a_refresh_token_does_not_lose_the_new_one() {
    for (signal, code, word) in [("INT", 130, "interrupted"), ("HUP", 129, "hung up")] {
        let scene = users::scene();
        // However late the signal comes, the run has not ended before.
        scene.server.fault(Fault::Stall(At::Start), When::path("/chunks"));
        scene.server.fault(Fault::Latency(Duration::from_millis(500)), When::path("/oauth/token"));
        let get = || with_oauth(&scene, bare(&scene, "get DUMP -o -"));
        let mut running = get().through(WITH_DEFAULT_SIGNALS).start();
        running.wait_until("the token is asked for", |scene| scene.count_of("POST /oauth/token") == 1);
        running.signal(signal);
        running.signal(signal);
        running.finish().fails(code, word);
        scene.server.clear_faults();
        get().run().prints(&bytes_of(3, 1));
        scene.any_files();
    }
}

#[test]
fn what_nohup_or_a_script_makes_a_run_ignore_does_not_end_it() {
    for signal in ["HUP", "INT"] {
        let scene = Scene::with_chunks(3);
        scene.server.fault(Fault::Latency(Duration::from_millis(300)), chunk(1));
        let script = format!("trap '' {signal}; exec \"$0\" \"$@\"");
        let mut running = scene.command("get DUMP -q -o dump.csv").through(&script).start();
        running.wait_until("the second chunk is asked for", |scene| scene.count_of("GET DUMP/chunks/1") == 1);
        running.signal(signal);
        running.finish().saves(&dump_of(3, 1));
    }
}

#[test]
fn a_standard_error_that_no_program_reads_does_not_hold_up_the_end() {
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::Stall(At::Start), chunk(1));
    let full = "mkfifo full; exec 2<>full; rm full; head -c 65536 /dev/zero >&2; ".to_owned() + WITH_DEFAULT_SIGNALS;
    let mut running = scene.command("get DUMP -q -o dump.csv").through(&full).start();
    running.wait_until("the second chunk is asked for", |scene| scene.count_of("GET DUMP/chunks/1") == 1);
    running.signal("TERM");
    running.finish().exits_with(143);
    scene.holds(&PART_FILES);
}

#[test]
fn what_is_kept_is_named_by_the_name_that_it_has() {
    let scene = Scene::with_chunks(3);
    scene.make_folder("folder");
    scene.write("folder/real.csv", "old");
    std::os::unix::fs::symlink("folder/real.csv", scene.path("link.csv")).expect("a link");
    let kept = "1 of 3 chunks are kept in folder/real.csv.part, and the same command continues from there";
    let outcome = stopped_in_the_second_chunk(&scene, "get DUMP -q -o link.csv --force", "TERM");
    outcome.fails(143, format!("terminated: {kept}"));
    scene.has("folder/real.csv", b"old");
    scene.any_files();
}

#[test]
fn a_failure_beside_an_exchange_of_a_refresh_token_does_not_lose_the_new_one() {
    let scene = users::scene();
    // One thread renews the token because of chunk 1, while chunk 0 cannot be written.
    scene.server.fault(Fault::status(401), chunk(1).times(1));
    scene.server.fault(Fault::Latency(Duration::from_millis(300)), chunk(0));
    let second_exchange = When::path("/oauth/token").occurrence(2);
    scene.server.fault(Fault::Latency(Duration::from_millis(500)), second_exchange);
    let get = |arguments: &str| with_oauth(&scene, bare(&scene, arguments));
    let closed = get("get DUMP -o - --parallel=3").through("\"$0\" \"$@\" | true; exit ${PIPESTATUS[0]}");
    closed.run().exits_with(7);
    scene.server.clear_faults();
    get("get DUMP -o -").run().prints(&bytes_of(3, 1));
    scene.any_files();
}

#[test]
fn an_interrupt_ends_fetches_side_by_side() {
    let scene = Scene::with_chunks(5);
    scene.server.fault(Fault::Latency(Duration::from_secs(600)), chunk(2));
    let command = scene.command("get DUMP -o dump.csv --stall-timeout=20m --parallel=4");
    let mut running = command.through(WITH_DEFAULT_SIGNALS).start();
    running.wait_until("two chunks are written", |scene| {
        scene.path(PART_FILES[0]).metadata().is_ok_and(|part| part.len() as usize >= 2 * CHUNK)
    });
    running.signal("TERM");
    running.finish().fails(143, "terminated: <ANY> of 5 chunks are kept in dump.csv.part, and <ANY>");
    scene.server.clear_faults();
    // The second chunk may not have been recorded yet.
    let note = "an earlier run left <ANY> of 5 chunks (<ANY>): continuing from there\n";
    scene.get("").notes(note).saves(&dump_of(5, 1));
}

#[test]
fn an_interrupted_start_may_have_started_the_process_and_says_where_to_look() {
    let scene = Scene::with_run(failing_run(&[]));
    scene.server.fault(Fault::Stall(At::Start), When::path("tasks").method("POST"));
    let mut running = scene.command("run NIGHTLY -q").through(WITH_DEFAULT_SIGNALS).start();
    running.wait_until("the process is started", |scene| scene.count_of("POST NIGHTLY/tasks") == 1);
    running.signal("INT");
    let look = "look at the newest tasks before it is started again:\n    anaplan-dump tasks <NIGHTLY>";
    running.finish().fails(130, format!("interrupted: the process may have been started\n  {look}"));
}

#[test]
fn run_continues_a_download_by_get_and_not_by_another_run() {
    let scene = Scene::with_run(failing_run(&[COSTS]));
    let outcome = stopped_in_the_second_chunk(&scene, "run NIGHTLY --poll=1ms -o rejected/ -q", "TERM");
    let task = scene.task_id();
    outcome.any_stdout().exits_with(143);
    outcome.stderr_has(format!(
        "1 of 3 chunks are kept in rejected/2019-10-16-112000000021-Cost_centres-{task}.csv.part\n  continue \
         with:\n    \
         anaplan-dump get <NIGHTLY>/{task} -o rejected/\n"
    ));
    scene.any_files();
}

#[test]
fn an_interrupted_upload_says_that_nothing_was_started_and_leaves_no_lock() {
    let scene = with_file(ROWS);
    scene.server.fault(Fault::Stall(At::Start), When::path("chunks/0").method("PUT"));
    let command = scene.command(&format!("{RUN} --put a.csv")).through(WITH_DEFAULT_SIGNALS);
    let command = command.env("TMPDIR", scene.path("."));
    let mut running = command.start();
    running.wait_until("a chunk is sent", |scene| scene.count_of("PUT") == 1);
    assert_eq!(scene.files().len(), 2, "{}", scene.describe());
    running.signal("INT");
    running.finish().fails(130, "interrupted: nothing was started");
    scene.holds(&["a.csv"]);
}
