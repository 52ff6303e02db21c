//! Ctrl-C and SIGTERM say what is kept and how to continue.

use std::time::Duration;

use xtask::fake::{ErrorBody, Fault, TaskState};

use crate::support::{COSTS, Scene, bytes_of, chunk, dump_of, failing_run};

const SIGNALS: [(&str, i32, &str); 2] = [("INT", 130, "interrupted"), ("TERM", 143, "terminated")];

#[test]
fn a_download_says_what_is_kept_and_the_same_command_continues() {
    for (signal, code, word) in SIGNALS {
        let scene = Scene::with_chunks(5);
        let running = scene.hanging_in_chunk(3, None);
        running.signal(signal);
        let kept = "3 of 5 chunks are kept in dump.csv.part, and the same command continues from there";
        running.finish().fails(code, format!("{word}: {kept}"));
        scene.keeps_part(&bytes_of(5, 1)[..30_000]);
        scene.server.clear_faults();
        scene.get("-q").asks_for(&["3", "4"]).saves(&dump_of(5, 1));
    }
}

#[test]
fn a_download_without_a_whole_chunk_says_so() {
    let scene = Scene::with_chunks(5);
    let running = scene.hanging_in_chunk(0, None);
    running.signal("INT");
    running.finish().fails(130, "interrupted: no whole chunk had arrived, and the same command begins anew");
    scene.any_files();
}

#[test]
fn a_long_wait_is_interrupted_at_once() {
    let scene = Scene::with_chunks(3);
    let retry_after = Some("3600".to_owned());
    scene.server.fault(Fault::Status { code: 503, retry_after, body: ErrorBody::Empty }, chunk(1));
    let mut running = scene.command("get DUMP -o dump.csv --max-wait=1h").start();
    running.wait_for_note("; retry 1 of 12 in 1 h 00 min");
    running.signal("INT");
    running.finish().exits_with(130).stderr_has("1 of 3 chunks are kept in dump.csv.part");
    scene.any_files();
}

#[test]
fn run_repeats_how_to_collect() {
    let steps = (0..100_000)
        .fold(failing_run(&[COSTS]), |run, _| run.with_step(TaskState::InProgress, "Importing", 0.5));
    for (signal, code, word) in SIGNALS {
        let scene = Scene::with_run(steps.clone());
        let mut running = scene.command("run NIGHTLY --poll=1ms -o rejected/").start();
        running.wait_for_note("Importing");
        running.signal(signal);
        let outcome = running.finish();
        let task = scene.task_ids()[0].clone();
        let follow_up = format!("anaplan-dump get <NIGHTLY>/{task} -o rejected/");
        let error = format!(
            "{word}: the process goes on, if it has not ended\n  collect its dumps with:\n    {follow_up}"
        );
        outcome.stderr_text();
        outcome.fails(code, error);
        scene.any_files();
    }
}

#[test]
fn run_continues_a_download_by_get_and_not_by_another_run() {
    let scene = Scene::with_run(failing_run(&[COSTS]));
    scene.server.fault(Fault::Latency(Duration::from_secs(600)), chunk(1));
    let mut running = scene.command("run NIGHTLY --poll=1ms -o rejected/ --stall-timeout=20m -q").start();
    running.wait_until("the second chunk is asked for", |scene| {
        scene.requests().iter().any(|request| request.ends_with("chunks/1"))
    });
    running.signal("TERM");
    let outcome = running.finish();
    let task = scene.task_ids()[0].clone();
    outcome.any_stdout().exits_with(143);
    outcome.stderr_has(format!(
        "1 of 3 chunks are kept in rejected/112000000021-Cost_centres-{task}.csv.part\n  continue with:\n    \
         anaplan-dump get <NIGHTLY>/{task} -o rejected/\n"
    ));
    scene.any_files();
}
