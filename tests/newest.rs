//! `get` from a process, or with `latest`: the newest finished task whose dump can be read.

use xtask::fake::{
    ActionResult, Fault, OBJECT, PROCESS, Process, Service, TOKEN, Task, TaskState, USER, When,
};

use crate::support::{PROCESS_NAME, Scene, clean, dump_for, failed, nightly, result_of};

const ONE: (&str, &str) = ("112000000021", "Cost centres");
const TWO: (&str, &str) = ("112000000022", "Actuals");
const COLLEAGUE: &str = "colleague@example.com";

/// A task in which the import rejected rows, and whose dump is gone.
fn gone(id: &str) -> Task {
    Task::complete(id).with_result(result_of(&[ONE])).with_dump(ONE.0, dump_for(ONE.0).erased())
}

fn of_a_colleague(id: &str) -> Task {
    failed(id, &[ONE]).with_owner(COLLEAGUE)
}

fn file_of(task: &str) -> String {
    format!("112000000021-Cost_centres-{task}.csv")
}

/// `get` takes this task, and says these lines about those before.
#[track_caller]
fn takes(scene: &Scene, task: &str, passed_over: &[&str]) {
    for command in ["get NIGHTLY --force", "get NIGHTLY/latest --force"] {
        let outcome = scene.run(command).exits_with(0).says(&file_of(task));
        let mut told = String::new();
        passed_over.iter().for_each(|line| told += &format!("passed over task {line}\n"));
        told += &format!("task {}/{task}\ndownloading 3 chunks\n", nightly());
        outcome.complains_exactly(&told);
    }
    scene.holds(&[&file_of(task)]);
    scene.has_dump_of(ONE.0, &file_of(task));
}

#[test]
fn the_newest_task_is_taken() {
    let scene = Scene::with_tasks([failed("T9", &[ONE]), failed("T8", &[ONE])]);
    takes(&scene, "T9", &[]);
}

#[test]
fn every_dump_of_the_newest_task_is_fetched() {
    let scene = Scene::with_tasks([failed("T9", &[ONE, TWO]), failed("T8", &[ONE])]);
    scene.run("get NIGHTLY").exits_with(0).says("2 dumps are there\n");
    scene.holds(&[&file_of("T9"), "112000000022-Actuals-T9.csv"]);
}

#[test]
fn tasks_of_other_users_are_passed_over() {
    let scene = Scene::with_tasks([of_a_colleague("T9"), failed("T8", &[ONE])]);
    takes(&scene, "T8", &["T9 of 2019-10-16 20:39:07: its dump is gone, or another user's"]);
}

#[test]
fn each_user_gets_the_newest_dump_that_is_theirs() {
    let scene = Scene::with_tasks([of_a_colleague("T9"), failed("T8", &[ONE])]);
    scene.server.service().add_token(COLLEAGUE, "token-of-the-colleague");
    let outcome = scene.command("get NIGHTLY").env("ANAPLAN_TOKEN", "token-of-the-colleague").run();
    outcome.exits_with(0).says(&file_of("T9"));
    scene.command("get NIGHTLY").env("ANAPLAN_TOKEN", TOKEN).run().exits_with(0).says(&file_of("T8"));
    scene.holds(&[&file_of("T8"), &file_of("T9")]);
}

#[test]
fn erased_dumps_are_passed_over() {
    let scene = Scene::with_tasks([gone("T9"), gone("T8"), failed("T7", &[ONE])]);
    let gone = "its dump is gone, or another user's";
    takes(
        &scene,
        "T7",
        &[&format!("T9 of 2019-10-16 20:39:07: {gone}"), &format!("T8 of 2019-10-16 19:39:07: {gone}")],
    );
}

#[test]
fn tasks_that_run_or_were_cancelled_are_passed_over() {
    let scene = Scene::with_tasks([
        Task::new("T9", TaskState::InProgress),
        Task::new("T8", TaskState::Cancelled).without_creation_time().with_creation_time(1),
        Task::new("T7", TaskState::Other("PAUSED".to_owned())),
        Task::new("T6", TaskState::NotStarted),
        failed("T5", &[ONE]),
    ]);
    takes(
        &scene,
        "T5",
        &[
            "T9 of 2019-10-16 20:39:07: it has not finished",
            "T8 of 2019-10-16 19:39:07: it was cancelled",
            "T7 of 2019-10-16 18:39:07: it has not finished",
            "T6 of 2019-10-16 17:39:07: it has not finished",
        ],
    );
}

#[test]
fn an_older_dump_below_a_clean_task_is_told_to_be_older() {
    let scene = Scene::with_tasks([clean("T9"), failed("T8", &[ONE])]);
    takes(&scene, "T8", &["T9 of 2019-10-16 20:39:07: nothing failed in it"]);
}

#[test]
fn a_task_without_a_time_is_passed_over_by_its_id() {
    let tasks = [of_a_colleague("T9").without_creation_time(), failed("T8", &[ONE]).without_creation_time()];
    let process = tasks.into_iter().fold(Process::new(PROCESS, PROCESS_NAME), Process::with_task);
    let scene = Scene::with_service(Service::new().with_process(process));
    scene.run("get NIGHTLY").exits_with(0).says(&file_of("T8"));
    scene.holds(&[&file_of("T8")]);
}

#[test]
fn a_task_that_cannot_be_read_itself_is_passed_over() {
    let scene = Scene::with_tasks([failed("T9", &[ONE]), failed("T8", &[ONE])]);
    scene.server.fault(Fault::status(404), When::path("tasks/T9"));
    takes(&scene, "T8", &["T9 of 2019-10-16 20:39:07: it cannot be read"]);
}

#[test]
fn a_fault_that_stays_is_not_taken_for_a_missing_dump() {
    let scene = Scene::with_tasks([failed("T9", &[ONE]), failed("T8", &[ONE])]);
    scene.server.fault(Fault::status(503), When::containing("/tasks/T9/dumps/"));
    scene.run("get NIGHTLY --retries=1").exits_with(5).says_exactly("");
    scene.server.clear_faults();
    scene.server.fault(Fault::status(403), When::containing("/tasks/T9/dumps/"));
    scene.run("get NIGHTLY").exits_with(3).says_exactly("");
    scene.holds(&[]);
}

#[test]
fn a_task_of_which_one_dump_can_be_read_is_taken_and_the_other_is_told() {
    let scene = Scene::with_tasks([failed("T9", &[ONE, TWO]), failed("T8", &[ONE, TWO])]);
    scene.server.service().erase_dump("T9", TWO.0);
    let outcome = scene.run("get NIGHTLY").exits_with(4).says("1 of 2 dumps are there\n");
    outcome.complains(&format!("/T9/{}: the service answered 404", TWO.0));
    scene.holds(&[&file_of("T9")]);
}

#[test]
fn one_object_of_the_newest_task_that_has_it() {
    let scene = Scene::with_tasks([failed("T9", &[TWO]), gone("T8"), failed("T7", &[ONE, TWO])]);
    let outcome = scene.run(&format!("get NIGHTLY/latest/{} -o dump.csv", ONE.0)).exits_with(0);
    outcome.complains("passed over task T8").complains(&format!("task {}/T7\n", nightly()));
    scene.holds(&["dump.csv"]);
    scene.has_dump_of(ONE.0, "dump.csv");
}

#[test]
fn nothing_failed_is_no_error() {
    let scene = Scene::with_tasks([clean("T9"), clean("T8")]);
    for command in ["get NIGHTLY", "get NIGHTLY/latest"] {
        let outcome = scene.run(command).exits_with(0);
        outcome.says("Nothing failed: there is no dump to download.\n").never_mentions("gone");
    }
    scene.holds(&[]);
}

#[test]
fn nothing_failed_below_a_running_and_a_cancelled_task_is_no_error() {
    let running = Task::new("T9", TaskState::InProgress);
    let scene = Scene::with_tasks([running, Task::new("T8", TaskState::Cancelled), clean("T7"), gone("T6")]);
    scene.run("get NIGHTLY").exits_with(0).says("Nothing failed");
}

#[test]
fn what_was_passed_over_is_told_where_nothing_failed() {
    let scene = Scene::with_tasks([Task::new("T9", TaskState::InProgress), clean("T8")]);
    scene.run("get NIGHTLY").exits_with(0).complains("T9 of 2019-10-16 20:39:07: it has not finished");
}

#[test]
fn failed_but_gone_is_not_there_with_every_reason() {
    let scene = Scene::with_tasks([
        Task::new("T9", TaskState::InProgress),
        of_a_colleague("T8"),
        gone("T7"),
        clean("T6"),
    ]);
    for command in ["get NIGHTLY", "get NIGHTLY/latest", "get NIGHTLY --json"] {
        let outcome = scene.run(command).exits_with(4).says_exactly("");
        outcome.complains_exactly(&format!(
            "anaplan-dump: rows failed in {}, but no dump of its newest 4 tasks can be read\n  \
             T9 of 2019-10-16 20:39:07: it has not finished\n  \
             T8 of 2019-10-16 19:39:07: its dump is gone, or another user's\n  \
             T7 of 2019-10-16 18:39:07: its dump is gone, or another user's\n  \
             T6 of 2019-10-16 17:39:07: nothing failed in it\n  \
             a dump is removed 48 hours after its last access, or when its import next runs without errors; it is \
             replaced when the same user runs the import again; and it is there for that user only\n",
            nightly()
        ));
    }
    scene.holds(&[]);
}

#[test]
fn rejected_rows_without_a_word_about_a_dump_are_not_called_fine() {
    let mut result = result_of(&[ONE]);
    result.failure_dump_available = None;
    result.nested[0].failure_dump_available = None;
    let task = Task::complete("T9").with_result(result).with_dump(ONE.0, dump_for(ONE.0).erased());
    let scene = Scene::with_tasks([task]);
    let outcome = scene.run("get NIGHTLY").exits_with(4);
    outcome.never_mentions("Nothing failed");
}

#[test]
fn an_unknown_process_has_no_tasks_with_all_the_reasons() {
    let scene = Scene::with_tasks([failed("T9", &[ONE])]);
    let unknown = nightly().replace(PROCESS, "118000000777");
    for locator in [unknown.clone(), unknown + "/latest", nightly().replace('F', "0")] {
        let outcome = scene.command("get").arg(&locator).run().exits_with(4).says_exactly("");
        outcome.complains(
            " has no tasks: it never ran, it does not exist, or this user has no access to it (the service does not \
             tell which)",
        );
    }
}

#[test]
fn a_process_whose_only_tasks_run_is_told_apart() {
    let running = Task::new("T9", TaskState::InProgress);
    let scene = Scene::with_tasks([running, Task::new("T8", TaskState::Cancelled)]);
    let outcome = scene.run("get NIGHTLY").exits_with(4).says_exactly("");
    outcome.complains_exactly(&format!(
        "anaplan-dump: no task of {} has finished; the newest is T9 of 2019-10-16 20:39:07 (IN_PROGRESS)\n",
        nightly()
    ));
}

#[test]
fn no_more_tasks_are_looked_at_than_the_limit_allows() {
    let tasks = || (0..30).map(|n| gone(&format!("T{n}"))).chain([failed("LAST", &[ONE])]);
    let scene = Scene::with_tasks(tasks());
    let outcome = scene.run("get NIGHTLY").exits_with(4);
    outcome.complains("no dump of its newest 20 tasks can be read");
    let looks = |scene: &Scene| scene.steps().iter().filter(|step| step.ends_with("/chunks")).count();
    assert_eq!(looks(&scene), 20, "{}", scene.describe());

    let scene = Scene::with_tasks(tasks());
    scene.run("get NIGHTLY --limit=2").exits_with(4).complains("no dump of its newest 2 tasks can be read");
    assert_eq!(looks(&scene), 2, "{}", scene.describe());

    let scene = Scene::with_tasks(tasks());
    scene.run("get NIGHTLY --limit=31").exits_with(0).says(&file_of("LAST"));
}

#[test]
fn ten_thousand_tasks_are_no_ten_thousand_looks() {
    let others = (0..9_999).map(|n| of_a_colleague(&format!("T{n}")));
    let scene = Scene::with_tasks(others.chain([failed("LAST", &[ONE])]));
    scene.run("get NIGHTLY").exits_with(4).complains("no dump of its newest 20 tasks can be read");
    assert!(scene.server.requests().len() <= 2 + 2 * 20, "{}", scene.describe());
}

#[test]
fn a_limit_of_zero_says_nothing_false_about_the_process() {
    let scene = Scene::with_tasks([failed("T9", &[ONE])]);
    let outcome = scene.run("get NIGHTLY --limit=0");
    assert_ne!(outcome.output.status.code(), Some(0), "{}", outcome.describe());
    outcome.never_mentions("never ran");
}

#[test]
fn quiet_does_not_tell_what_was_passed_over() {
    let scene = Scene::with_tasks([of_a_colleague("T9"), failed("T8", &[ONE])]);
    scene.run("get NIGHTLY -q").exits_with(0).complains_exactly("").says(&file_of("T8"));
}

#[test]
fn the_newest_task_without_a_result_left_nothing() {
    let scene = Scene::with_tasks([Task::complete("T9").with_owner(USER), failed("T8", &[ONE])]);
    scene.run("get NIGHTLY").exits_with(0).says(&file_of("T8"));
}

#[test]
fn the_newest_dump_of_an_import_inside_a_process_goes_to_standard_output() {
    let nested = ActionResult::failed_import(OBJECT, "Cost centres");
    let result = ActionResult::process(PROCESS).with_nested(nested);
    let scene =
        Scene::with_tasks([Task::complete("T9").with_result(result).with_dump(OBJECT, dump_for(OBJECT))]);
    let outcome = scene.run("get NIGHTLY/latest -o -").exits_with(0);
    crate::support::assert_same_bytes(&outcome.output.stdout, &dump_for(OBJECT).bytes());
}
