//! `run`: follows the process to its end, collects its dumps, and tells by its exit code how it went.

use xtask::fake::{ActionResult, Fault, PROCESS, ProcessRun, TaskState, When};

use crate::support::{Outcome, Scene, clean, dump_for, failed, failing_run, nightly, result_of};

const ONE: (&str, &str) = ("112000000021", "Cost centres");
const TWO: (&str, &str) = ("112000000022", "Actuals");

const RUN: &str = "run NIGHTLY --poll=1ms";

fn clean_run() -> ProcessRun {
    ProcessRun::new()
        .with_result(ActionResult::process(PROCESS).with_nested(ActionResult::new("117000000003")))
}

/// A run that ends by itself only after far more looks than any test takes.
fn long_run() -> ProcessRun {
    (0..100_000).fold(clean_run(), |run, _| run.with_step(TaskState::InProgress, "Importing", 0.5))
}

/// The id of the only task.
#[track_caller]
fn only_task(scene: &Scene) -> String {
    let ids = scene.task_ids();
    assert_eq!(ids.len(), 1, "{}", scene.describe());
    ids[0].clone()
}

/// What standard error says of the steps, without the times.
fn steps_of(outcome: &Outcome<'_>) -> Vec<String> {
    let text = outcome.stderr();
    let step = |line: &str| line.split_once(" s  ").map(|(_, step)| step.to_owned());
    text.lines().filter_map(step).collect()
}

#[test]
fn a_run_in_which_nothing_failed_exits_with_0() {
    let scene = Scene::with_run(clean_run());
    let outcome = scene.run(RUN).exits_with(0);
    let locator = format!("{}/{}", nightly(), only_task(&scene));
    outcome
        .says(&format!("Task {locator}\nCOMPLETE, 100 %, created 20"))
        .says("\n117000000003  yes     -")
        .never_mentions("Download what was rejected");
    scene.holds(&[]);
}

#[test]
fn a_run_with_rejected_rows_collects_every_dump_and_exits_with_6() {
    let scene = Scene::with_run(failing_run(&[ONE, TWO]));
    let outcome = scene.run(&format!("{RUN} -o rejected/")).exits_with(6);
    let task = only_task(&scene);
    let files = [ONE, TWO].map(|(id, name)| format!("rejected/{id}-{}-{task}.csv", name.replace(' ', "_")));
    outcome
        .says("\n112000000021  yes    90       3        5  yes   Cost centres\n")
        .says(&format!("\n\n{}  2.5 kB  3 chunks  ", files[0]))
        .says(&format!("\n{}  2.5 kB  3 chunks  ", files[1]))
        .says("\n2 dumps are there\n")
        .never_mentions("anaplan-dump: ");
    scene.has_dump_of(ONE.0, &files[0]);
    scene.has_dump_of(TWO.0, &files[1]);
}

#[test]
fn an_action_that_failed_without_a_dump_exits_with_6() {
    let action = ActionResult::new(ONE.0).with_successful(false);
    let result = ActionResult::process(PROCESS).with_nested(action);
    let scene = Scene::with_run(ProcessRun::new().with_result(result));
    scene.run(RUN).exits_with(6).says("\n112000000021  no ");
    scene.holds(&[]);
}

#[test]
fn the_task_and_the_lines_to_go_on_with_are_told_at_the_start() {
    let scene = Scene::with_run(failing_run(&[ONE]));
    let outcome = scene.run(RUN).exits_with(6);
    let locator = format!("{}/{}", nightly(), only_task(&scene));
    let begin = format!(
        "started task {locator}\nit goes on if this command is interrupted; look at it and collect its dumps with:\n  \
         anaplan-dump task {locator}\n  anaplan-dump get {locator}\n"
    );
    assert!(outcome.stderr().starts_with(&begin), "{}", outcome.describe());
}

#[test]
fn every_step_is_told_once_with_its_progress() {
    let run = failing_run(&[])
        .with_step(TaskState::NotStarted, "Waiting", 0.0)
        .with_step(TaskState::InProgress, "Importing", 0.25)
        .with_step(TaskState::InProgress, "Importing", 0.25)
        .with_step(TaskState::InProgress, "Importing", 0.75)
        .with_step(TaskState::Other("PAUSED".to_owned()), "", 0.75);
    let scene = Scene::with_run(run);
    let outcome = scene.run(RUN).exits_with(0);
    let expected = [
        "NOT_STARTED 0 % Waiting",
        "IN_PROGRESS 25 % Importing",
        "IN_PROGRESS 75 % Importing",
        "PAUSED 75 %",
        "COMPLETE 100 % Complete.",
    ];
    assert_eq!(steps_of(&outcome), expected, "{}", outcome.describe());
}

#[test]
fn the_task_is_asked_for_once_a_step_and_not_in_between() {
    let run = failing_run(&[]).with_step(TaskState::InProgress, "A", 0.1).with_step(
        TaskState::InProgress,
        "B",
        0.2,
    );
    let scene = Scene::with_run(run);
    scene.run(RUN).exits_with(0);
    let look = format!("GET /{PROCESS}/tasks/{}", only_task(&scene));
    let expected = [&format!("POST /{PROCESS}/tasks"), &look, &look, &look];
    assert_eq!(scene.steps().iter().collect::<Vec<_>>(), expected, "{}", scene.describe());
}

#[test]
fn quiet_prints_the_result_only() {
    let scene = Scene::with_run(failing_run(&[ONE]));
    scene
        .run(&format!("{RUN} -q"))
        .exits_with(6)
        .complains_exactly("")
        .says("COMPLETE")
        .says("  2.5 kB  3 chunks");
}

#[test]
fn a_step_with_escape_sequences_is_harmless() {
    let step = "\u{1b}[2J\u{1b}]0;owned\u{7}\r\n\u{202e}step\u{9b}";
    let run = failing_run(&[("112000000021", "\u{1b}[31m")]);
    let scene = Scene::with_run(run.with_step(TaskState::Other("\u{1b}[0m".to_owned()), step, 0.5));
    let outcome = scene.run(RUN).exits_with(6).stays_harmless();
    outcome.complains("\\u{1b}[0m 50 % \\u{1b}[2J\\u{1b}]0;owned\\u{7}\\r\\n\\u{202e}step\\u{9b}\n");
}

#[test]
fn a_run_that_takes_too_long_goes_on_and_can_be_collected_later() {
    let run = failing_run(&[ONE]).with_step(TaskState::InProgress, "Importing", 0.5);
    let scene = Scene::with_run(run.with_step(TaskState::InProgress, "Importing", 0.9));
    let outcome = scene.run(&format!("{RUN} --timeout=0s")).exits_with(1).says_exactly("");
    let locator = format!("{}/{}", nightly(), only_task(&scene));
    let stderr = outcome.complains(&format!("anaplan-dump: task {locator} has not finished after ")).stderr();
    assert_eq!((scene.count_of("POST"), scene.count_of("DELETE")), (1, 0), "{}", scene.describe());
    scene.run("get NIGHTLY/latest").exits_with(4).complains("has finished; the newest is");
    for _ in 0..2 {
        scene.run("task NIGHTLY/latest").exits_with(0);
    }
    let line = stderr.lines().last().and_then(|line| line.trim().strip_prefix("anaplan-dump "));
    scene.run(line.unwrap_or_default()).exits_with(0).says("  2.5 kB  3 chunks");
}

#[test]
fn a_run_that_is_cancelled_by_somebody_else_is_told_and_exits_with_1() {
    let scene = Scene::with_run(long_run());
    let mut running = scene.command(RUN).start();
    running.wait_until("it looked at the task", |scene| scene.steps().len() > 3);
    let locator = format!("{}/{}", nightly(), only_task(&scene));
    scene.run(&format!("cancel {locator}")).exits_with(0);
    let outcome = running.finish().exits_with(1).says("\nCANCELLED");
    let outcome = outcome.complains(&format!("anaplan-dump: task {locator} was cancelled\n"));
    assert!(steps_of(&outcome).contains(&"CANCELLED 50 % Cancelled.".to_owned()), "{}", outcome.describe());
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_the_process_running_and_the_told_line_works() {
    use std::os::unix::process::ExitStatusExt;

    let scene = Scene::with_run(long_run());
    let command = scene.command(RUN).through(&["/usr/bin/env", "--default-signal=INT,TERM"]);
    let mut running = command.start();
    running.wait_until("it looked at the task", |scene| scene.steps().len() > 3);
    running.signal("INT");
    let outcome = running.finish();
    assert_eq!(outcome.output.status.signal(), Some(2), "{}", outcome.describe());
    assert_eq!(scene.count_of("DELETE"), 0, "{}", outcome.describe());
    let task = only_task(&scene);
    let stderr = outcome.stderr();
    let line = stderr.lines().find_map(|line| line.strip_prefix("  anaplan-dump get")).unwrap_or_default();
    scene.run(&format!("get {line}")).exits_with(4).complains("has not finished (IN_PROGRESS)");
    scene.server.service().process_mut(PROCESS).expect("the process").tasks = vec![failed(&task, &[ONE])];
    scene.run(&format!("get {line}")).exits_with(0);
    scene.has_dump_of(ONE.0, &format!("112000000021-Cost_centres-{task}.csv"));
}

#[test]
fn faults_while_it_is_followed_are_tried_again() {
    let run = failing_run(&[ONE]).with_step(TaskState::InProgress, "Importing", 0.5);
    let scene = Scene::with_run(run);
    scene.server.fault(Fault::status(503), When::path("tasks/*").method("GET").times(2));
    scene.server.fault(Fault::CloseBeforeAnswer, When::path("tasks/*").method("GET").times(2));
    let outcome = scene.run(RUN).exits_with(6).complains("retry 2 of 12");
    assert_eq!(scene.count_of("POST"), 1, "{}", outcome.describe());
}

#[test]
fn a_fault_that_stays_while_it_is_followed_leaves_the_process_running() {
    let scene = Scene::with_run(long_run());
    scene.server.fault(Fault::status(503), When::path("tasks/*").method("GET"));
    let outcome = scene.run(&format!("{RUN} --retries=1")).exits_with(5).says_exactly("");
    let locator = format!("{}/{}", nightly(), only_task(&scene));
    outcome.complains(&format!("  anaplan-dump get {locator}\n")).complains("the service answered 503");
    assert_eq!((scene.count_of("POST"), scene.count_of("DELETE")), (1, 0), "{}", scene.describe());
}

#[test]
fn a_dump_that_is_reported_but_not_there_is_told_after_the_report() {
    let mut run = ProcessRun::new().with_result(result_of(&[ONE, TWO]));
    run = run.with_dump(TWO.0, dump_for(TWO.0));
    let scene = Scene::with_run(run);
    let outcome = scene.run(RUN).exits_with(4).says("Cost centres\n").says("1 of 2 dumps are there\n");
    let task = only_task(&scene);
    outcome.complains(&format!("{task}/{}: the service answered 404", ONE.0));
    scene.holds(&[&format!("112000000022-Actuals-{task}.csv")]);
}

#[test]
fn two_runs_leave_files_of_their_own() {
    let scene = Scene::with_run(failing_run(&[ONE]));
    scene.run(RUN).exits_with(6);
    scene.run(RUN).exits_with(6).never_mentions("already there");
    let mut expected: Vec<String> =
        scene.task_ids().iter().map(|task| format!("112000000021-Cost_centres-{task}.csv")).collect();
    expected.sort();
    assert_eq!(scene.files(), expected, "{}", scene.describe());
    assert_eq!(expected.len(), 2);
}

#[test]
fn a_run_does_not_look_at_earlier_tasks() {
    let scene = Scene::with_tasks([failed("T9", &[ONE]), clean("T8")]);
    scene.run(RUN).exits_with(0).never_mentions("T9");
    scene.holds(&[]);
}

#[test]
fn a_run_by_url_tells_lines_that_work_from_anywhere() {
    let scene = Scene::with_run(failing_run(&[ONE]));
    let url = scene.server.dump_url().split("/tasks/").next().unwrap_or_default().to_owned();
    let run = scene.command("run --poll=1ms").arg(&url).env_remove("ANAPLAN_API_URL").run().exits_with(6);
    let line = format!("anaplan-dump get {url}/tasks/{}", only_task(&scene));
    run.complains(&format!("  {line}\n"));
    let again = scene.command(line.trim_start_matches("anaplan-dump ")).env_remove("ANAPLAN_API_URL");
    again.run().exits_with(0).says("already there");
}
