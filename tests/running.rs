//! `run` and `wait`: they follow the process to its end, collect its dumps, and say by the exit code how it went.

use xtask::fake::{ActionResult, Answer, At, Detail, Fault, PROCESS, Process, Task, When};

use crate::endings::looks;
use crate::support::texts::{CLOSED, DUMP_NOT_FOUND, answered, downloaded, gave_up, summary, wait};
use crate::support::{ACTUALS, COSTS, Import, Scene, clean, dump_for, failed, failing_run, file_of, model, result_of};

const RUN: &str = "run NIGHTLY --poll=1ms";

/// A run that ends by itself only after far more looks than any test takes.
fn long_run() -> Task {
    (0..100_000).fold(clean(""), |run, _| run.with_stage("IN_PROGRESS", "Importing", 0.5))
}

/// A run that is in progress at the first look, and rejects rows of [`COSTS`].
fn failing_in_two_steps() -> Task {
    failing_run(&[COSTS]).with_stage("IN_PROGRESS", "Importing", 0.5)
}

/// How a task that goes on is waited for or cancelled.
fn goes_on(task: &str) -> String {
    format!(
        "the task goes on; wait for it and collect its dumps, or cancel it:\n    anaplan-dump wait \
         <NIGHTLY>/{task}\n    \
         anaplan-dump cancel <NIGHTLY>/{task}"
    )
}

/// The notes of a run of this task with these steps, each with its progress.
fn notes(task: &str, steps: &[&str]) -> String {
    let steps: String = steps.iter().map(|step| format!("<TIME>  {step}\n")).collect();
    format!(
        "started task <NIGHTLY>/{task}\nit goes on if this command is interrupted; wait for it again, or cancel it, \
         with:\n  anaplan-dump wait <NIGHTLY>/{task}\n  anaplan-dump cancel <NIGHTLY>/{task}\n{steps}"
    )
}

/// The report of a run, with the rows of its actions.
fn report(task: &str, rows: &str) -> String {
    format!(
        "Task <NIGHTLY>/{task}\nCOMPLETE, 100 %, created 20<ANY> UTC\n\n\
         OBJECT        RAN  TAKEN  FAILED  IGNORED  DUMP  NAME\n{rows}"
    )
}

/// The row of an import with rejected rows, and its message.
fn row((id, name): Import) -> String {
    format!(
        "{id}  yes     90       3        5  yes   {name}\n    {name}: 90 (0/90) rows successful, 3 failed, 5 ignored\n"
    )
}

const DONE: &str = "COMPLETE 100 % Complete.";

#[test]
fn a_run_in_which_nothing_failed_reports_each_step_once_and_exits_with_0() {
    let run = clean("")
        .with_stage("NOT_STARTED", "Waiting", 0.0)
        .with_stage("IN_PROGRESS", "Importing", 0.25)
        .with_stage("IN_PROGRESS", "Importing", 0.25)
        .with_stage("IN_PROGRESS", "Importing", 0.75)
        .with_stage("PAUSED", "", 0.75);
    let scene = Scene::with_run(run);
    let outcome = scene.run(RUN);
    let steps =
        ["NOT_STARTED 0 % Waiting", "IN_PROGRESS 25 % Importing", "IN_PROGRESS 75 % Importing", "PAUSED 75 %", DONE];
    let task = scene.task_id();
    outcome.notes(notes(&task, &steps));
    outcome.stdout(report(&task, "117000000003  yes      -       -        -  no    Delete old rows\n"));
    let look = format!("GET NIGHTLY/tasks/{task}");
    scene.assert_requests(&[&["POST NIGHTLY/tasks"][..], &[look.as_str(); 6]].concat());
}

#[test]
fn a_run_that_does_not_move_says_what_keeps_the_model_busy() {
    let step = |run: Task, _| run.with_stage("IN_PROGRESS", "Importing", 0.25);
    let scene = Scene::with_run((0..14).fold(clean(""), step));
    let other = Process::new(COSTS.0, COSTS.1).with_task(Task::new("I1", "IN_PROGRESS"));
    scene.server.service().imports.push(other);
    let steps = ["IN_PROGRESS 25 % Importing", "IN_PROGRESS 25 % Importing (the model is busy: \"Processing\")", DONE];
    scene.run(RUN).any_stdout().notes(notes(&scene.task_id(), &steps));
}

#[test]
fn the_time_of_a_wait_goes_on_between_two_looks_on_a_terminal() {
    let run = clean("").with_stage("IN_PROGRESS", "Importing", 0.25);
    let scene = Scene::with_run(run);
    let command = scene.command("run NIGHTLY --poll=1s").on_a_terminal("xterm", "$RUN");
    let screen = command.run().any_stdout().stdout_text();
    let drawn = screen.split('\r').filter(|text| text.contains(" s  IN_PROGRESS 25 % Importing")).count();
    assert!(drawn >= 3, "{screen:?}");
}

#[test]
fn a_run_with_rejected_rows_collects_every_dump_and_exits_with_6() {
    let scene = Scene::with_run(failing_run(&[COSTS, ACTUALS]));
    let outcome = scene.run(&format!("{RUN} -o rejected/"));
    let task = scene.task_id();
    let files = [COSTS, ACTUALS].map(|import| format!("rejected/{}", file_of(import, &task)));
    let dumps = files.each_ref().map(|file| downloaded(file)).concat();
    let rows = row(COSTS) + &row(ACTUALS);
    let wait = format!("wait <NIGHTLY>/{task}");
    outcome.exits_with(6).notes(notes(&task, &[DONE]).replace(&wait, &format!("{wait} -o rejected/")));
    outcome.stdout(report(&task, &rows) + "\n" + &dumps + &summary(2, 0, 0, 5_000));
    for ((object, _), file) in [COSTS, ACTUALS].iter().zip(&files) {
        scene.has(file, &dump_for(object).bytes());
    }
}

#[test]
fn quiet_prints_the_result_only_and_two_runs_write_two_files() {
    let scene = Scene::with_run(failing_run(&[COSTS]));
    for _ in 0..2 {
        scene.run(&format!("{RUN} -q")).exits_with(6).stderr("").stdout_has("\nCOMPLETE, 100 %, created 20");
    }
    let files: Vec<String> = scene.task_ids().iter().map(|task| file_of(COSTS, task)).collect();
    scene.holds(&files);
}

#[test]
fn a_run_that_another_user_cancels_exits_with_1() {
    let scene = Scene::with_run(long_run());
    let mut running = scene.command(RUN).start();
    running.wait_for_requests(4);
    let task = scene.task_id();
    scene.run(&format!("cancel NIGHTLY/{task}")).stdout(format!("Task <NIGHTLY>/{task}: CANCELL<ANY>\n"));
    let outcome = running.finish();
    outcome.exits_with(1).stdout_has("\nCANCELLED, 50 %, created 20");
    outcome.stderr_has("  CANCELLED 50 % Cancelled.\n");
    outcome.stderr_has(format!("\nanaplan-dump: task <NIGHTLY>/{task} was cancelled\n"));
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_the_process_running_and_the_reported_command_works() {
    let scene = Scene::with_run(long_run());
    let mut running = scene.command(RUN).through(crate::signals::WITH_DEFAULT_SIGNALS).start();
    running.wait_for_requests(4);
    running.signal("INT");
    let outcome = running.finish();
    let task = scene.task_id();
    outcome.notes(notes(&task, &["IN_PROGRESS 50 % Importing"]));
    outcome.fails(130, format!("interrupted: {}", goes_on(&task).replace("; ", "\n  ")));
    assert_eq!(scene.count_of("DELETE"), 0, "{}", scene.describe());
    let get = format!("get NIGHTLY/{task}");
    scene.run(&get).exits_with(4).stderr_has("has not finished (IN_PROGRESS)");
    scene.server.service().process_mut(PROCESS).expect("the process").tasks = vec![failed(&task, &[COSTS])];
    scene.run(&get).collects("", &task, &[COSTS]);
}

#[test]
fn faults_while_it_is_followed_are_retried_and_one_that_stays_leaves_the_process_running() {
    let scene = Scene::with_run(clean(""));
    scene.server.fault(Fault::status(503), looks().times(2));
    scene.server.fault(Fault::Cut(At::Start), looks().times(2));
    let outcome = scene.run(RUN);
    let task = scene.task_id();
    let whys = (1..).zip(["503 Service Unavailable", "503 Service Unavailable", CLOSED, CLOSED]);
    let waits: String = whys.map(|(retry, why)| wait(&format!("task <NIGHTLY>/{task}"), why, retry, 12)).collect();
    outcome.any_stdout().notes(notes(&task, &[]) + &waits + &format!("<TIME>  {DONE}\n"));
    assert_eq!(scene.count_of("POST"), 1, "{}", scene.describe());

    let scene = Scene::with_run(long_run());
    scene.server.fault(Fault::status(403), looks());
    let outcome = scene.run(&format!("{RUN} -q"));
    let task = scene.task_id();
    let why = answered("403 Forbidden");
    let may_go_on = goes_on(&task).replace("goes on", "may go on");
    outcome.fails(3, format!("task <NIGHTLY>/{task}: {why}\n  <ANY>\n  {may_go_on}"));
    assert_eq!((scene.count_of("POST"), scene.count_of("DELETE")), (1, 0), "{}", scene.describe());
}

#[test]
fn dumps_that_are_missing_or_cannot_be_asked_for_are_reported_after_the_report() {
    let run = Task::script().with_result(result_of(&[COSTS, ACTUALS]));
    let scene = Scene::with_run(run.with_dump(ACTUALS.0, dump_for(ACTUALS.0)));
    let outcome = scene.run(&format!("{RUN} -qq"));
    let task = scene.task_id();
    let file = file_of(ACTUALS, &task);
    outcome.stdout_has(format!("\n\n{file}  2.5 kB  3 chunks  "));
    let why = answered("404 Not Found");
    let error = gave_up(4, &format!("the chunk list of dump <NIGHTLY>/{task}/{}", COSTS.0), &why);
    outcome.fails(4, error + DUMP_NOT_FOUND);
    scene.holds(&[file]);

    let mut result = result_of(&[COSTS]);
    result.nested[0].failure_dump_available = None;
    let scene = Scene::with_run(Task::script().with_result(result));
    scene.server.fault(Fault::status(403), When::path("dumps/*/chunks"));
    let outcome = scene.run(&format!("{RUN} -q -o rejected/"));
    let task = scene.task_id();
    outcome.exits_with(3).stdout_has("112000000021  yes     90       3        5  ?     Cost centres");
    outcome
        .stderr_has(format!("collect the dumps of the task with:\n    anaplan-dump get <NIGHTLY>/{task} -o rejected/"));
}

#[test]
fn a_run_by_url_names_commands_that_work_from_anywhere() {
    let scene = Scene::with_run(failing_run(&[COSTS]));
    let url = scene.fill("<URL>").split("/tasks/").next().unwrap_or_default().to_owned();
    let outcome = scene.command("run --poll=1ms").arg(&url).without("ANAPLAN_API_URL").run();
    let task = scene.task_id();
    let wait = format!("wait {url}/tasks/{task}");
    outcome.exits_with(6).any_stdout().stderr_has(format!("  anaplan-dump {wait}\n"));
    let again = scene.command(&format!("{wait} -q")).without("ANAPLAN_API_URL").run();
    again.exits_with(6).stdout_has(format!("{}  2.5 kB  already there\n", file_of(COSTS, &task)));
    scene.holds(&[file_of(COSTS, &task)]);
}

#[test]
fn a_run_that_takes_too_long_goes_on_and_wait_collects_its_dumps_later_or_elsewhere() {
    for with_id in [true, false] {
        let scene = Scene::with_run(failing_in_two_steps());
        let outcome = scene.run(&format!("{RUN} --timeout=0s -q"));
        let task = scene.task_id();
        outcome.fails(1, format!("task <NIGHTLY>/{task} has not finished after <TIME>\n  {}", goes_on(&task)));
        assert_eq!((scene.count_of("POST"), scene.count_of("DELETE")), (1, 0), "{}", scene.describe());
        let locator = if with_id { format!("NIGHTLY/{task}") } else { "NIGHTLY".to_owned() };
        let outcome = scene.run(&format!("wait {locator} --poll=1ms -q -o rejected/"));
        let file = format!("rejected/{}", file_of(COSTS, &task));
        outcome.exits_with(6).stdout_has(format!("{file}  2.5 kB  3 chunks  "));
        scene.has(&file, &dump_for(COSTS.0).bytes());
    }
}

#[test]
fn a_reader_that_has_gone_costs_no_dump() {
    let scene = Scene::with_run(failing_run(&[COSTS]));
    let command = scene.command(&format!("{RUN} -o rejected -q")).through("\"$0\" \"$@\" > /dev/full");
    command.run().any_stdout().fails(7, "<ANY>");
    scene.holds(&[format!("rejected/{}", file_of(COSTS, &scene.task_id()))]);
}

#[test]
fn wait_does_not_take_the_run_of_yesterday_for_that_of_tonight() {
    let scene = Scene::with_tasks([failed("T9", &[COSTS]), clean("T8")]);
    let since = |time: &str| format!("wait NIGHTLY --poll=1ms -o x/ --since=2019-10-16T{time}");
    for command in ["wait NIGHTLY --poll=1ms -o x/", &since("21:00")] {
        let outcome = scene.run(&format!("{command} -q --timeout=5ms"));
        outcome.fails(1, "no run of <NIGHTLY> was seen to begin within <TIME>");
    }
    // Nor where the first list held it back.
    scene.answers(When::path("tasks").times(1), r#"{"status":{"code":200}}"#);
    let outcome = scene.run("wait NIGHTLY --poll=1ms -o x/ -q --timeout=50ms");
    outcome.fails(1, "no run of <NIGHTLY> was seen to begin within <TIME>");
    let outcome = scene.run(&since("20:00"));
    outcome.exits_with(6).any_stdout();
    outcome.stderr_has("task T9 is over already: it was created 2019-10-16 20:39:07 UTC\n");
    scene.holds(&[format!("x/{}", file_of(COSTS, "T9"))]);
}

#[test]
fn wait_collects_the_dumps_of_a_run_that_begins() {
    let scene = Scene::with_tasks([failed("T9", &[COSTS])]);
    scene.server.service().process_mut(PROCESS).expect("the process").run = failing_run(&[ACTUALS]);
    let mut waiting = scene.command("wait NIGHTLY --poll=1ms -o x/").start();
    waiting.wait_for_note("no run is under way: waiting for one to begin\n");
    scene.run(&format!("{RUN} -q -o mine/")).exits_with(6).any_stdout();
    let begun = scene.task_ids().into_iter().find(|id| id != "T9").expect("another task");
    waiting.finish().exits_with(6).any_stdout().stderr_has(format!("waiting for task <NIGHTLY>/{begun}\n"));
    scene.holds(&["x", "mine"].map(|folder| format!("{folder}/{}", file_of(ACTUALS, &begun))));
}

#[test]
fn wait_is_not_put_off_by_one_odd_answer_to_its_first_look() {
    let redirect = Answer::empty(302).with_header("Location", "https://status.example/");
    for odd in [Fault::status(404), Fault::Answer(redirect)] {
        let scene = Scene::with_run(failing_run(&[COSTS]));
        scene.run(&format!("{RUN} -q -o mine/")).exits_with(6).any_stdout();
        scene.server.fault(odd, When::path("tasks").times(1));
        let outcome = scene.run("wait NIGHTLY --poll=1ms --since=2019-10-16 -o x/");
        outcome.exits_with(6).any_stdout().stderr_has("the list of tasks: ").stderr_has("; retry 1 of 3 in ");
        scene.any_files();
    }
}

#[test]
fn wait_collects_the_dumps_of_a_run_that_is_over_before_it_is_looked_at() {
    // It is listed as in progress until the second look at it, at which it is over.
    let scene = Scene::with_run(failing_in_two_steps());
    scene.server.fault(Fault::status(503), looks().times(1));
    scene.run(&format!("{RUN} --retries=0 -q -o x/")).exits_with(5).any_stdout().stderr_has("503");
    scene.run("wait NIGHTLY --poll=1ms --timeout=30s -q -o x/").exits_with(6).any_stdout();
    scene.holds(&[format!("x/{}", file_of(COSTS, &scene.task_id()))]);
}

#[test]
fn wait_with_a_time_limit_sees_a_run_that_begins_in_an_outage() {
    let scene = Scene::with_tasks([clean("T9")]);
    // After the first list, and for more than the usual retries.
    for occurrence in 2..=500 {
        scene.server.fault(Fault::status(503), When::path("tasks").occurrence(occurrence));
    }
    let mut waiting = scene.command("wait NIGHTLY --poll=1ms --timeout=30s -qq -o x/").start();
    waiting.wait_for_requests(20);
    scene.server.service().process_mut(PROCESS).expect("the process").tasks.push(failed("T10", &[COSTS]));
    scene.server.clear_faults();
    waiting.finish().exits_with(6).any_stdout();
    scene.holds(&[format!("x/{}", file_of(COSTS, "T10"))]);
}

#[test]
fn rows_that_were_only_ignored_or_loaded_with_a_warning_are_no_failure() {
    let action = |values: [&str; 6]| {
        let detail = Detail::new("hierarchyRowsProcessedWithFailures", "Rows").with_values(values);
        ActionResult::new(COSTS.0).with_name(COSTS.1).with_successful(false).with_detail(detail)
    };
    let ignored = action(["successRowCount", "7", "failedCount", "0", "ignoredCount", "5"]);
    let warned = action(["warningsRowCount", "1", "failedCount", "0", "ignoredCount", "5"]);
    for (action, outcome, remark, table) in [
        (ignored, "ignored", "5 rows were ignored", "TAKEN  FAILED  IGNORED"),
        (warned, "warnings", "1 row was loaded with a warning, 5 rows were ignored", "WARNED  FAILED"),
    ] {
        let result = ActionResult::new(PROCESS).with_successful(false).with_nested(action);
        let scene = Scene::with_run(Task::script().with_result(result));
        let ended = scene.run(&format!("{RUN} -q"));
        ended.stdout_has(format!("\nNo row was rejected: {remark}.\n")).stdout_has(table);
        scene.run(&format!("{RUN} --json -qq")).json_has("/task/outcome", outcome);
        scene.run("task NIGHTLY/latest --check").any_stdout();
        scene.run("get NIGHTLY --check -q").stdout_has(format!(" UTC) rejected no rows: {remark}.\n"));
        scene.run("tasks NIGHTLY --json").json_has("/tasks/0/outcome", outcome);
    }
}

#[test]
fn wait_wants_a_task_or_a_process_that_there_is_and_a_pause_between_looks() {
    let scene = Scene::with_run(failing_run(&[COSTS]));
    for (arguments, code, error) in [
        ("118000000777 --timeout=0s", 2, "ANAPLAN_WORKSPACE"),
        (&*format!("{}/118000000777", model()), 4, "118000000777 has no tasks"),
        ("NIGHTLY/latest", 2, "latest is the newest finished task"),
        ("NIGHTLY/T1 -o -", 2, "-o must name a folder"),
        ("NIGHTLY/T1 --since=2019-10-16", 2, "--since is for a process: the locator names a task"),
    ] {
        scene.run(&format!("wait {arguments}")).exits_with(code).stderr_has(error);
    }
    // On another machine a task is looked at once a second at most.
    let command = scene.command("run NIGHTLY --poll=999ms").env("ANAPLAN_API_URL", "https://api.anaplan.com");
    command.run().is_wrong_usage("--poll must be at least 1s: <ANY>");
}
