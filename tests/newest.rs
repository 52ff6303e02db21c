//! What a process or `latest` means: the newest finished task whose dump can be read, with what was passed
//! over. `--older` and `--since` go further down.

use serde_json::{Value, json};
use xtask::fake::{ActionResult, Detail, Dump, Fault, PROCESS, Process, Task, When};

use crate::support::texts::{DUMP_NOT_FOUND, NO_TASKS, answered, downloaded, gave_up, summary};
use crate::support::{ACTUALS, BUDGET, COSTS, Scene, clean, dump_for, failed, file_of, nightly, result_of};

const COLLEAGUE: &str = "colleague@example.com";

const NEWEST: &str = "The newest run (2019-10-16 20:39:07 UTC) had no failures.\n";

const OLDER: &str = "for dumps of earlier runs, add --older\n";

/// A task in which the import rejected rows, and whose dump is gone.
fn gone(id: &str) -> Task {
    Task::complete(id).with_result(result_of(&[COSTS])).with_dump(COSTS.0, dump_for(COSTS.0).erased())
}

fn of_a_colleague(id: &str) -> Task {
    failed(id, &[COSTS]).with_owner(COLLEAGUE)
}

fn running(id: &str) -> Task {
    Task::new(id, "IN_PROGRESS")
}

/// The notes about tasks that were passed over: the newest is of 20:39:07, each next one an hour older.
fn passed_over(tasks: &[(&str, &str)]) -> String {
    let line = |(age, (id, why)): (usize, &(&str, &str))| {
        format!("passed over task {id} of 2019-10-16 {}:39:07: {why}\n", 20 - age)
    };
    tasks.iter().enumerate().map(line).collect()
}

const GONE: &str = "its dump is gone, or another user's";
const NOT_FINISHED: &str = "it has not finished";

#[test]
fn a_model_means_every_dump_of_its_processes_and_imports() {
    let import = ActionResult::failed_import(ACTUALS.0, ACTUALS.1);
    let of_import = Task::complete("I9").with_result(import).with_dump(ACTUALS.0, dump_for(ACTUALS.0));
    let scene = Scene::with_tasks([failed("T9", &[COSTS]), failed("T8", &[COSTS])]);
    {
        let mut service = scene.server.service();
        service.imports.push(Process::new(ACTUALS.0, ACTUALS.1).with_task(of_import));
        service.processes.push(Process::new("118000000002", "Idle"));
        // What failed the day before was corrected since; or only a colleague's run was clean.
        let shared = ("118000000004", "Shared", failed("S8", &[BUDGET]));
        for (id, name, mut before) in [("118000000003", "Mended", gone("M8")), shared] {
            before.creation_time = before.creation_time.map(|time| time - 1);
            let newest = clean(&before.id.replace('8', "9")).with_owner(COLLEAGUE);
            service.processes.push(Process::new(id, name).with_task(newest).with_task(before));
        }
    }
    let get = "get MODEL -o x --since=2019-10-15";
    let files = [file_of(COSTS, "T9"), file_of(BUDGET, "S8"), file_of(ACTUALS, "I9")].map(|file| format!("x/{file}"));
    let lines = |end: &str| files.each_ref().map(|file| format!("{file}  2.5 kB  {end}\n")).concat();
    let without = "1 of 5 processes and imports finished no run in that time\n";
    scene.run(get).stdout(lines("3 chunks  <TIME>")).stderr_has(without);
    scene.run(&format!("{get} -q --check")).exits_with(6).stdout(lines("already there"));
    // One that fails does not stop the others.
    scene.server.fault(Fault::status(500), When::path("processes/*/tasks"));
    let outcome = scene.run(&format!("{get} -q --json --retries=0"));
    outcome.exits_with(5).json_has("/4/dumps/0/status", "already_there").stderr_has("500");
    scene.server.clear_faults();
    scene.run("get MODEL -q").stdout("");
    scene.holds(&files);
    for (output, error) in [
        ("-o -", "a model has several dumps: -o must name a folder"),
        ("--html a.html", "a model has several dumps: --html is a page on one task or dump"),
    ] {
        scene.run(&format!("get MODEL {output}")).is_wrong_usage(error);
    }
    // Nor does a list that this user may not read.
    scene.server.fault(Fault::status(403), When::path("imports"));
    let outcome = scene.run(&format!("{get} -q"));
    outcome.exits_with(3).stdout_has(&files[0]).stderr_has("the imports of ");
    // Nor one with an entry that cannot be read, whose dumps nothing is known of.
    scene.server.clear_faults();
    let odd = r#"{"processes":[{"name":"Odd"},{"id":"118000000001"},{"id":"118000000004"}]}"#;
    scene.server.fault(Fault::json(odd), When::path("processes"));
    let outcome = scene.run(&format!("{get} -qq"));
    outcome.exits_with(5).stdout(lines("already there")).stderr_has("an entry of it cannot be read, and may have left");
    scene.server.clear_faults();
    scene.server.fault(Fault::status(403), When::path("imports"));
    scene.server.fault(Fault::status(403), When::path("processes"));
    scene.run(&format!("{get} -q --json")).exits_with(3).json_has("/1/error/exit_code", 3).stderr_text();
}

#[test]
fn a_dump_of_a_model_that_is_gone_is_told() {
    let scene = Scene::with_tasks([gone("T9")]);
    let why = "rows failed in <NIGHTLY>, but none of its dumps can be read (1 task looked at)";
    for (option, code) in [("", 0), ("--json", 0), ("--check", 6)] {
        let outcome = scene.run(&format!("get MODEL --since=2019-10-15 {option}"));
        outcome.exits_with(code).any_stdout().stderr_has(why);
    }
    scene.run("get NIGHTLY --check").exits_with(6).any_stdout().stderr_has(why);
    let scene = Scene::with_tasks([gone("T9"), failed("T8", &[COSTS])]);
    scene.run("get MODEL --since=2019-10-15").stdout_has("T8").stderr_has(passed_over(&[("T9", GONE)]));
    scene.holds(&[file_of(COSTS, "T8")]);
}

#[test]
fn the_newest_task_whose_dump_can_be_read_is_taken() {
    // What it did before it was cancelled is done.
    let halted = Task::new("T9", "CANCELLED").with_result(result_of(&[COSTS])).with_dump(COSTS.0, dump_for(COSTS.0));
    let emptied = Task::complete("T9").with_result(result_of(&[COSTS])).with_dump(COSTS.0, Dump::default());
    for (tasks, task, over) in [
        (vec![failed("T9", &[COSTS]), failed("T8", &[COSTS])], "T9", &[][..]),
        (vec![gone("T9"), of_a_colleague("T8"), failed("T7", &[COSTS])], "T7", &[("T9", GONE), ("T8", GONE)]),
        (vec![emptied, failed("T7", &[COSTS])], "T7", &[("T9", GONE)]),
        (vec![halted, failed("T7", &[COSTS])], "T9", &[]),
        (
            vec![
                running("T9"),
                Task::new("T8", "CANCELLED"),
                Task::new("T7", "PAUSED"),
                Task::new("T6", "NOT_STARTED"),
                failed("T3", &[COSTS]),
            ],
            "T3",
            &[("T9", NOT_FINISHED), ("T8", "it was cancelled"), ("T7", NOT_FINISHED), ("T6", NOT_FINISHED)],
        ),
    ] {
        let scene = Scene::with_tasks(tasks);
        let notes = passed_over(over) + &format!("task <NIGHTLY>/{task}\n");
        for command in ["get NIGHTLY --force", "get NIGHTLY/latest --force"] {
            scene.run(command).notes(&notes).collects("", task, &[COSTS]);
        }
        scene.run("get NIGHTLY -qq --force").stderr("").collects("", task, &[COSTS]);
        scene.run("get NIGHTLY/latest -o - -qq").stderr("").prints(&dump_for(COSTS.0).bytes());
    }
    let scene = Scene::with_tasks([failed("T9", &[COSTS]), failed("T8", &[COSTS])]);
    scene.server.fault(Fault::status(404), When::path("tasks/T9"));
    let notes = passed_over(&[("T9", "it cannot be read")]) + "task <NIGHTLY>/T8\n";
    scene.run("get NIGHTLY").notes(notes).collects("", "T8", &[COSTS]);
}

#[test]
fn a_task_without_a_time_is_named_by_its_id_and_counts_as_recent_with_a_note() {
    let tasks = [failed("T8", &[COSTS]), of_a_colleague("T9")].map(Task::without_creation_time);
    let scene = Scene::with_tasks(tasks);
    let outcome = scene.run("get NIGHTLY");
    outcome.notes(format!("passed over task T9: {GONE}\ntask <NIGHTLY>/T8\n<ANY>"));
    // Its name has no date either.
    outcome.saves_as("112000000021-Cost_centres-T8.csv", &dump_for(COSTS.0));
    let recent = scene.run("get NIGHTLY --since=48h");
    recent.any_stdout().stderr_has("task <NIGHTLY>/T8 does not say when it was created: it may be older\n");
}

#[test]
fn a_nightly_get_takes_seven_requests_and_one_more_where_the_list_lacks_the_time_of_a_task() {
    let task = |id: &str, time: Value| json!({"taskId": id, "taskState": "COMPLETE", "creationTime": time});
    // The tasks, the task, the chunk list before and after, and three chunks.
    for (time, requests) in [(json!("2019-10-16T20:39:07.500Z"), 7), (Value::Null, 8)] {
        let scene = Scene::with_tasks([failed("T9", &[COSTS]), clean("T8")]);
        let list = json!({"tasks": [task("T8", json!(1_571_250_000_000_u64)), task("T9", time)]});
        scene.answers(When::path("tasks").method("GET"), list);
        scene.run("get NIGHTLY -q").collects("", "T9", &[COSTS]);
        assert_eq!(scene.requests().len(), requests, "{}", scene.describe());
    }
}

#[test]
fn a_fault_that_stays_is_not_taken_for_a_missing_dump() {
    let list = format!("the chunk list of dump <NIGHTLY>/T9/{}", COSTS.0);
    for (status, code, error) in [
        (503, 5, gave_up(2, &list, &answered("503 Service Unavailable"))),
        (403, 3, format!("{list}: {}", answered("403 Forbidden"))),
    ] {
        let scene = Scene::with_tasks([failed("T9", &[COSTS]), failed("T8", &[COSTS])]);
        scene.server.fault(Fault::status(status), When::path("tasks/T9/dumps/*/chunks"));
        scene.run("get NIGHTLY -qq --retries=1").fails(code, error + "\n  <ANY>");
    }
}

#[test]
fn a_task_of_which_one_dump_can_be_read_is_taken_and_the_other_is_reported() {
    let scene = Scene::with_tasks([failed("T9", &[COSTS, ACTUALS]), failed("T8", &[COSTS, ACTUALS])]);
    scene.server.service().dump_mut("T9", ACTUALS.0).expect("the dump").erased = true;
    let outcome = scene.run("get NIGHTLY -q");
    let file = file_of(COSTS, "T9");
    outcome.stdout(downloaded(&file) + &summary(1, 0, 1, 2_500));
    outcome.fails(4, format!("the chunk list of dump <NIGHTLY>/T9/{}: <ANY>{DUMP_NOT_FOUND}", ACTUALS.0));
    scene.server.fault(Fault::status(500), When::path("dumps/112000000022/chunks"));
    scene.run("get NIGHTLY -q --force --retries=0").exits_with(5).stdout_has(&file).stderr_has("500 ");
    scene.holds(&[file]);
}

#[test]
fn an_object_is_taken_from_the_newest_task_that_has_its_dump() {
    let scene = Scene::with_tasks([gone("T8"), failed("T7", &[COSTS, ACTUALS])]);
    let outcome = scene.run(&format!("get NIGHTLY/latest/{} -o dump.csv", COSTS.0));
    outcome.notes(passed_over(&[("T8", GONE)]) + "task <NIGHTLY>/T7\n").saves(&dump_for(COSTS.0));

    let scene = Scene::with_tasks([clean("T9"), failed("T8", &[COSTS])]);
    let outcome = scene.run("get NIGHTLY/latest/117000000003 -o x.csv -q");
    outcome.stdout("Object 117000000003 had no failures in the newest run (2019-10-16 20:39:07 UTC).\n");
    let outcome = scene.run(&format!("get NIGHTLY/latest/{} -o x.csv", ACTUALS.0));
    let why = "is not among the actions of the newest finished run, task <NIGHTLY>/T9; look at it with:";
    outcome.fails(4, format!("object {} {why}\n  anaplan-dump task <NIGHTLY>/T9", ACTUALS.0));
}

#[test]
fn a_clean_night_is_no_error_and_brings_no_stale_dumps() {
    let cancelled = Task::new("T8", "CANCELLED");
    let scene = Scene::with_tasks([running("T9"), cancelled, clean("T7"), failed("T6", &[COSTS])]);
    let over = passed_over(&[("T9", NOT_FINISHED), ("T8", "it was cancelled")]);
    let newest = NEWEST.replace("20:", "18:");
    for locator in ["NIGHTLY", "NIGHTLY/latest"] {
        scene.run(&format!("get {locator} -o rejected/")).notes(format!("{over}{OLDER}")).stdout(&newest);
    }
    scene.run("get NIGHTLY -o -").notes(over + &newest + OLDER);
    assert_eq!(scene.requests().len(), 3 * 3, "the hint costs no request: {}", scene.describe());
}

#[test]
fn dumps_that_are_gone_are_reported_with_every_reason() {
    let scene = Scene::with_tasks([running("T9"), of_a_colleague("T8"), gone("T7"), clean("T6")]);
    for command in ["get NIGHTLY", "get NIGHTLY/latest"] {
        scene.run(command).fails(
            4,
            format!(
                "rows failed in <NIGHTLY>, but none of its dumps can be read (4 tasks looked at)\n  \
                 T9 of 2019-10-16 20:39:07: {NOT_FINISHED}\n  \
                 T8 of 2019-10-16 19:39:07: {GONE}\n  \
                 T7 of 2019-10-16 18:39:07: {GONE}\n  \
                 T6 of 2019-10-16 17:39:07: it left no dump\n  \
                 a dump is removed 48 hours after its last access, or when its import next runs without errors; \
                 it is replaced when the same user runs the import again, alone or in a process; and it is there for \
                 that user only"
            ),
        );
    }
}

#[test]
fn an_older_dump_that_is_gone_is_told_below_a_clean_run() {
    let scene = Scene::with_tasks([clean("T9"), gone("T8"), clean("T7")]);
    let told = passed_over(&[("T9", GONE), ("T8", GONE)]).split_inclusive('\n').nth(1).map(str::to_owned);
    scene.run("get NIGHTLY --older").stdout(NEWEST).notes(told.unwrap_or_default());
    scene.run("get NIGHTLY").stdout(NEWEST).notes(OLDER);
}

#[test]
fn a_process_without_tasks_is_reported_with_every_reason() {
    let scene = Scene::with_tasks([failed("T9", &[COSTS])]);
    let unknown = nightly().replace(PROCESS, "118000000777");
    for locator in [unknown, nightly().replace('F', "0")] {
        for command in ["get PROCESS", "get PROCESS/latest", "tasks PROCESS", "task PROCESS/latest"] {
            let outcome = scene.run(&command.replace("PROCESS", &locator));
            outcome.fails(4, format!("{locator} {NO_TASKS}"));
        }
    }
    let scene = Scene::with_tasks([running("T9"), Task::new("T8", "CANCELLED")]);
    let newest = "T9 of 2019-10-16 20:39:07 (IN_PROGRESS)";
    scene.run("get NIGHTLY").fails(4, format!("no task of <NIGHTLY> has finished; the newest is {newest}"));
}

#[test]
fn no_more_tasks_are_looked_at_than_the_limit_allows() {
    let tasks = (0..30).map(|n| gone(&format!("T{n}"))).chain([failed("LAST", &[COSTS])]);
    let scene = Scene::with_tasks(tasks);
    let mut before = 0;
    for (limit, looks) in [("", 20), ("--limit=2", 2)] {
        let error = format!("rows failed in <NIGHTLY>, but none of its dumps can be read ({looks} tasks looked at)");
        scene.run(&format!("get NIGHTLY -qq {limit}")).exits_with(4).stderr_has(error);
        let lists = scene.requests().iter().filter(|request| request.ends_with("/chunks")).count();
        assert_eq!(lists - before, looks, "{}", scene.describe());
        before = lists;
    }
    scene.run("get NIGHTLY -qq --limit=31").collects("", "LAST", &[COSTS]);
    scene.run("get MODEL -q --limit=2 --since=2019-10-01").stdout("").stderr_has("2 tasks looked at");
    scene.run("get MODEL -qq --since=2019-10-01").stdout_has("LAST");
}

#[test]
fn older_dumps_are_fetched_where_that_is_asked_for() {
    for option in ["--older", "--since=2019-10-16", "--since=2019-10-16T19:00:00Z"] {
        let scene = Scene::with_tasks([clean("T9"), failed("T8", &[COSTS])]);
        let notes = passed_over(&[("T9", "it left no dump")]) + "task <NIGHTLY>/T8\n";
        scene.run(&format!("get NIGHTLY {option}")).notes(notes).collects("", "T8", &[COSTS]);
    }
    let scene = Scene::with_tasks([clean("T9"), failed("T8", &[COSTS])]);
    scene.run("get NIGHTLY --since=2019-10-16T20:00").stdout(NEWEST);
    scene.run("get NIGHTLY --since=48h").fails(4, "<NIGHTLY> has no task since <ANY> UTC");
    // Of a run that ended without a result there is nothing to ask for.
    let scene = Scene::with_tasks([Task::new("T9", "FAILED"), failed("T8", &[COSTS])]);
    let why = "failed, and does not say what it left";
    let task = "task <NIGHTLY>/T9";
    scene.run("get NIGHTLY").fails(4, format!("{task} {why}; look at it with:\n  anaplan-dump {task}"));
    let notes = passed_over(&[("T9", &format!("it {why}"))]) + "task <NIGHTLY>/T8\n";
    scene.run("get NIGHTLY --older").notes(notes).collects("", "T8", &[COSTS]);
}

#[test]
fn older_dumps_of_actions_that_a_failed_run_did_not_come_to_are_fetched_with_its_own() {
    let mut halted = failed("T9", &[COSTS]);
    halted.result.as_mut().expect("a result").successful = false;
    let tasks = [halted, failed("T8", &[COSTS, ACTUALS]), failed("T7", &[ACTUALS, BUDGET])];
    let scene = Scene::with_tasks(tasks);
    scene.server.service().dump_mut("T8", COSTS.0).expect("the dump").erased = true;
    scene.run("get NIGHTLY -q").collects("", "T9", &[COSTS]);
    scene.run("get NIGHTLY --older -qq").any_stdout().stderr("");
    scene.holds(&[file_of(COSTS, "T9"), file_of(ACTUALS, "T8")]);
    // What is found is there also where an older task cannot be read.
    scene.server.fault(Fault::status(500), When::path("tasks/T8"));
    let outcome = scene.run("get NIGHTLY --older --retries=0 --force -q");
    outcome.exits_with(5).stdout_has("T9").stderr_has("task <NIGHTLY>/T8: ");
    scene.answers(When::path("tasks").method("GET"), json!({"tasks": [{"taskId": "T9", "taskState": "COMPLETE"}, 0]}));
    scene.run("get NIGHTLY --older -q").exits_with(5).stdout_has("T9").stderr_has("an entry of it cannot be read");
    scene.holds(&[file_of(COSTS, "T9"), file_of(ACTUALS, "T8")]);
}

#[test]
fn a_newer_run_that_rejected_rows_decides_the_exit_code_of_check() {
    let detail = Detail::new("hierarchyRowsProcessedWithFailures", "Rows");
    let detail = detail.with_values(["warningsRowCount", "1", "failedCount", "0", "ignoredCount", "0"]);
    let warned = ActionResult { details: Some(vec![detail]), ..ActionResult::failed_import(COSTS.0, COSTS.1) };
    let warned = Task::complete("T8").with_result(warned).with_dump(COSTS.0, dump_for(COSTS.0));
    for (tasks, code) in [(vec![warned.clone()], 0), (vec![gone("T9"), warned], 6)] {
        Scene::with_tasks(tasks).run("get NIGHTLY --check -qq -o -").any_stdout().exits_with(code);
    }
}

#[test]
fn older_dumps_are_not_looked_for_where_a_newer_run_may_have_left_one() {
    let unnamed = || Task::complete("T8").with_result(result_of(&[("..", "Budget")]));
    let why = "left 1 dump without a usable objectId: the service does not say how to download it";
    let scene = Scene::with_tasks([clean("T9"), unnamed(), failed("T7", &[COSTS])]);
    let outcome = scene.run("get NIGHTLY --older");
    outcome.notes(passed_over(&[("T9", "it left no dump")])).fails(4, format!("task <NIGHTLY>/T8 {why}"));
    let silent = ActionResult { failure_dump_available: None, ..ActionResult::new("..") };
    let silent = Task::complete("T8").with_result(ActionResult::new(PROCESS).with_nested(silent));
    for newest in [unnamed(), Task::complete("T8"), silent] {
        let scene = Scene::with_tasks([newest, failed("T7", &[COSTS])]);
        let [plain, older] = ["", "--older"].map(|option| scene.run(&format!("get NIGHTLY {option}")).any());
        assert_eq!((older.code(), older.stderr_text()), (plain.code(), plain.stderr_text()));
        assert_ne!(older.code(), Some(0), "{}", older.stderr_text());
    }
}

#[test]
fn latest_is_the_same_run_for_every_command() {
    let scene = Scene::with_tasks([running("T9"), failed("T8", &[COSTS]), clean("T7")]);
    let notes = passed_over(&[("T9", NOT_FINISHED)]);
    let outcome = scene.run("task NIGHTLY/latest --check");
    outcome.notes(&notes).exits_with(6).stdout_has("Task <NIGHTLY>/T8\n");
    let outcome = scene.run(&format!("chunks NIGHTLY/latest/{} --json", COSTS.0));
    outcome.notes(notes + "task <NIGHTLY>/T8\n");
    outcome.json_has("/dump/locator", scene.fill(&format!("<NIGHTLY>/T8/{}", COSTS.0)));
    let latest = "latest is the newest finished task: name the one that runs by its id, which tasks shows";
    scene.run("cancel NIGHTLY/latest").fails(2, format!("{latest}\nTry anaplan-dump <ANY>--help."));
}
