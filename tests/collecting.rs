//! `get` from a task: every dump of it, each into a file of its own.

use std::fs;

use xtask::fake::{ActionResult, Fault, OBJECT, PROCESS, TASK, Task, When};

use crate::support::{Scene, assert_same_bytes, clean, dump_for, failed, three_chunks};

const ONE: (&str, &str) = ("112000000021", "Cost centres");
const TWO: (&str, &str) = ("112000000022", "Actuals");
const THREE: (&str, &str) = ("112000000023", "Budget");

const FILES: [&str; 3] =
    ["112000000021-Cost_centres-T1.csv", "112000000022-Actuals-T1.csv", "112000000023-Budget-T1.csv"];

/// Requests for the chunks of the dump of an object.
fn chunks_of(object: &str) -> When {
    When::containing(format!("/dumps/{object}/chunks/"))
}

#[test]
fn a_task_gives_every_dump_and_a_summary() {
    let scene = Scene::with_tasks([failed("T1", &[ONE, TWO, THREE])]);
    let outcome = scene.run("get NIGHTLY/T1").exits_with(0);
    for (line, file) in outcome.stdout().lines().zip(FILES) {
        assert!(line.starts_with(&format!("{file}  2.5 kB  3 chunks  ")), "{}", outcome.describe());
    }
    assert_eq!(outcome.stdout().lines().last(), Some("3 dumps are there"), "{}", outcome.describe());
    scene.holds(&FILES);
    for ((object, _), file) in [ONE, TWO, THREE].iter().zip(FILES) {
        scene.has_dump_of(object, file);
    }
}

#[test]
fn every_dump_goes_into_the_folder_that_is_named_and_made() {
    let scene = Scene::with_tasks([failed("T1", &[ONE, TWO])]);
    scene
        .run("get NIGHTLY/T1 -o new/rejected/")
        .exits_with(0)
        .says("new/rejected/112000000022-Actuals-T1.csv  ");
    scene.holds(&["new"]);
    scene.has_dump_of(ONE.0, &format!("new/rejected/{}", FILES[0]));
    scene.has_dump_of(TWO.0, &format!("new/rejected/{}", FILES[1]));
}

#[test]
fn an_object_gives_its_dump_under_its_name() {
    let scene = Scene::with_tasks([failed("T1", &[ONE, TWO])]);
    scene.run(&format!("get NIGHTLY/T1/{}", TWO.0)).exits_with(0);
    scene.holds(&[FILES[1]]);
    scene.has_dump_of(TWO.0, FILES[1]);
}

#[test]
fn the_same_dump_has_the_same_name_from_the_object_and_from_the_task() {
    let scene = Scene::with_tasks([failed("T1", &[ONE])]);
    scene.run(&format!("get NIGHTLY/T1/{}", ONE.0)).exits_with(0);
    scene.run("get NIGHTLY/T1").exits_with(0).says("already there");
    scene.holds(&[FILES[0]]);
}

#[test]
fn dumps_in_results_of_any_depth_are_found() {
    const DEPTH: usize = 60;
    let object = |level: usize| format!("1120000001{level:02}");
    let mut result = ActionResult::failed_import(object(0), "Level 0");
    for level in 1..DEPTH {
        let mut import = ActionResult::failed_import(object(level), format!("Level {level}"));
        import.nested.push(result);
        result = import;
    }
    let task = Task::complete("T1").with_result(ActionResult::process(PROCESS).with_nested(result));
    let add = |task: Task, level| task.with_dump(object(level), dump_for(&object(level)));
    let scene = Scene::with_tasks([(0..DEPTH).fold(task, add)]);
    scene.run("get NIGHTLY/T1").exits_with(0).says(&format!("{DEPTH} dumps are there\n"));
    for level in 0..DEPTH {
        scene.has_dump_of(&object(level), &format!("{}-Level_{level}-T1.csv", object(level)));
    }
}

#[test]
fn a_dump_inside_an_action_without_one_is_found() {
    let inner = ActionResult::new("118000000009")
        .with_nested(ActionResult::new("117000000003"))
        .with_nested(ActionResult::failed_import(ONE.0, ONE.1));
    let mut result = ActionResult::process(PROCESS).with_nested(inner);
    result.nested[0].failure_dump_available = Some(false);
    let scene =
        Scene::with_tasks([Task::complete("T1").with_result(result).with_dump(ONE.0, dump_for(ONE.0))]);
    scene.run("get NIGHTLY/T1").exits_with(0);
    scene.holds(&[FILES[0]]);
}

#[test]
fn one_dump_that_is_gone_does_not_stop_the_others() {
    let scene = Scene::with_tasks([failed("T1", &[ONE, TWO, THREE])]);
    scene.server.service().erase_dump("T1", ONE.0);
    let outcome = scene.run("get NIGHTLY/T1").exits_with(4).says("2 of 3 dumps are there\n");
    outcome.complains(&format!("/T1/{}: the service answered 404", ONE.0)).complains("48 hours");
    scene.holds(&FILES[1..]);
    scene.has_dump_of(THREE.0, FILES[2]);
}

#[test]
fn one_dump_that_fails_in_its_middle_does_not_stop_the_others() {
    let scene = Scene::with_tasks([failed("T1", &[ONE, TWO, THREE])]);
    scene.server.fault(Fault::status(503), When::path(format!("dumps/{}/chunks/1", TWO.0)));
    let outcome = scene.run("get NIGHTLY/T1 --retries=1").exits_with(5).says("2 of 3 dumps are there\n");
    outcome.complains("1 of 3 chunks are there").complains("the same command goes on from it");
    let part = format!("{}.part", FILES[1]);
    scene.holds(&[FILES[0], &part, &format!("{part}.journal"), FILES[2]]);
}

#[test]
fn the_next_run_fetches_only_what_is_missing() {
    let scene = Scene::with_tasks([failed("T1", &[ONE, TWO, THREE])]);
    scene.server.fault(Fault::status(503), When::path(format!("dumps/{}/chunks/1", TWO.0)));
    scene.run("get NIGHTLY/T1 --retries=1").exits_with(5);
    scene.server.clear_faults();
    let before = scene.server.requests().len();
    let outcome = scene.run("get NIGHTLY/T1").exits_with(0).says("3 dumps are there\n");
    outcome.complains_exactly("an earlier run left 1 of 3 chunks (1.0 kB): going on from there\n");
    let requests = scene.server.requests().split_off(before);
    let other = requests.iter().filter(|r| r.target.contains(ONE.0) || r.target.contains(THREE.0)).count();
    assert_eq!(other, 0, "{}", scene.describe());
    scene.has_dump_of(TWO.0, FILES[1]);
    scene.holds(&FILES);
}

#[test]
fn every_failure_is_told_and_the_first_gives_the_exit_code() {
    let scene = Scene::with_tasks([failed("T1", &[ONE, TWO, THREE])]);
    scene.server.service().erase_dump("T1", TWO.0);
    scene.server.fault(Fault::status(403), chunks_of(ONE.0));
    let outcome = scene.run("get NIGHTLY/T1").exits_with(3).says("1 of 3 dumps are there\n");
    outcome
        .complains(&format!("/{}: the service answered 404", TWO.0))
        .complains("the service answered 403")
        .complains("not permitted");
    scene.holds(&FILES[2..]);
}

#[test]
fn the_same_command_again_is_cheap_and_changes_nothing() {
    let scene = Scene::with_tasks([failed("T1", &[ONE, TWO])]);
    scene.run("get NIGHTLY/T1").exits_with(0);
    let before = scene.server.requests().len();
    let text = format!(
        "{}  2.5 kB  already there\n{}  2.5 kB  already there\n2 dumps are there\n",
        FILES[0], FILES[1]
    );
    scene.run("get NIGHTLY/T1").exits_with(0).complains_exactly("").says_exactly(&text);
    assert_eq!(scene.server.requests().len(), before + 1, "one look at the task\n{}", scene.describe());
    scene.holds(&FILES[..2]);
}

#[test]
fn a_file_that_is_there_is_left_although_the_dump_is_gone_by_now() {
    let scene = Scene::with_tasks([failed("T1", &[ONE])]);
    scene.run("get NIGHTLY/T1").exits_with(0);
    scene.server.service().erase_dump("T1", ONE.0);
    scene.run("get NIGHTLY/T1").exits_with(0).says("already there");
    scene.has_dump_of(ONE.0, FILES[0]);
}

#[test]
fn force_fetches_every_dump_again() {
    let scene = Scene::with_tasks([failed("T1", &[ONE, TWO])]);
    fs::write(scene.path(FILES[0]), "mine").expect("a file");
    scene.run("get NIGHTLY/T1 --force").exits_with(0).never_mentions("already there");
    scene.has_dump_of(ONE.0, FILES[0]);
}

#[test]
fn last_nights_file_is_not_taken_for_tonights() {
    let scene = Scene::with_tasks([failed("TONIGHT", &[ONE]), failed("LASTNIGHT", &[ONE])]);
    scene.run("get NIGHTLY/LASTNIGHT").exits_with(0);
    scene.run("get NIGHTLY/TONIGHT").exits_with(0).never_mentions("already there");
    scene.holds(&["112000000021-Cost_centres-LASTNIGHT.csv", "112000000021-Cost_centres-TONIGHT.csv"]);
}

#[test]
fn several_dumps_do_not_go_into_one_file_or_one_stream() {
    let scene = Scene::with_tasks([failed("T1", &[ONE, TWO])]);
    for output in ["rejected.csv", "-", "/dev/null"] {
        let outcome = scene.run(&format!("get NIGHTLY/T1 -o {output}")).exits_with(2).says_exactly("");
        outcome.complains(
            "there are 2 dumps: -o must name a folder (end a new one with a slash, as in rejected/)",
        );
    }
    assert_eq!(scene.chunk_requests().iter().filter(|target| target.starts_with("/chunks/")).count(), 0);
    scene.holds(&[]);
}

#[test]
fn the_only_dump_of_a_task_goes_into_a_file_or_to_standard_output() {
    let scene = Scene::with_tasks([failed("T1", &[ONE])]);
    scene.run("get NIGHTLY/T1 -o rejected.csv").exits_with(0).says("rejected.csv  2.5 kB  3 chunks  ");
    scene.has_dump_of(ONE.0, "rejected.csv");
    let outcome = scene.run("get NIGHTLY/T1 -o -").exits_with(0);
    assert_same_bytes(&outcome.output.stdout, &dump_for(ONE.0).bytes());
    scene.holds(&["rejected.csv"]);
}

#[test]
fn standard_output_stays_empty_where_there_is_no_dump() {
    let scene = Scene::with_tasks([clean("T1")]);
    for command in ["get NIGHTLY/T1 -o -", "get NIGHTLY -o -"] {
        scene.run(command).exits_with(0).says_exactly("").complains("Nothing failed");
    }
}

#[test]
fn a_clean_task_has_nothing_to_download() {
    let scene = Scene::with_tasks([clean("T1")]);
    let outcome = scene.run("get NIGHTLY/T1 -o rejected.csv").exits_with(0).complains_exactly("");
    outcome.says_exactly("Nothing failed: there is no dump to download.\n");
    scene.holds(&[]);
}

#[test]
fn an_action_that_failed_without_a_dump_is_not_called_fine() {
    let result = ActionResult::process(PROCESS).with_nested(ActionResult::new(ONE.0).with_successful(false));
    let scene = Scene::with_tasks([Task::complete("T1").with_result(result)]);
    for command in ["get NIGHTLY/T1", "get NIGHTLY/latest", "get NIGHTLY"] {
        scene.run(command).never_mentions("Nothing failed");
    }
    scene.holds(&[]);
}

#[test]
fn a_dump_of_an_action_without_an_id_is_not_called_fine() {
    let scene = Scene::with_tasks([clean("T1")]);
    let action = r#"{"failureDumpAvailable":true,"successful":true}"#;
    let result = format!(r#"{{"failureDumpAvailable":true,"nestedResults":[{action}]}}"#);
    let answer = format!(r#"{{"task":{{"taskState":"COMPLETE","result":{result}}}}}"#);
    scene.server.fault(Fault::WrongJson(answer), When::path("tasks/T1"));
    for command in ["get NIGHTLY/T1", "get NIGHTLY"] {
        scene.run(command).never_mentions("Nothing failed");
    }
}

#[test]
fn a_cancelled_task_is_not_called_fine() {
    let scene = Scene::with_tasks([Task::new("T1", xtask::fake::TaskState::Cancelled)]);
    scene.run("get NIGHTLY/T1").never_mentions("Nothing failed");
}

#[test]
fn a_task_that_is_still_running_has_no_dumps_yet() {
    for state in ["NOT_STARTED", "IN_PROGRESS", "CANCELLING", "PAUSED"] {
        let task = Task::new("T1", xtask::fake::TaskState::Other(state.to_owned()));
        let scene = Scene::with_tasks([task]);
        let outcome = scene.run("get NIGHTLY/T1").exits_with(4).says_exactly("");
        outcome.complains(&format!("/T1 has not finished ({state}): its dumps are there once it has"));
        scene.holds(&[]);
    }
}

#[test]
fn actions_that_do_not_say_whether_they_left_a_dump_are_asked() {
    let silent =
        |(id, name): (&str, &str)| ActionResult::failed_import(id, name).without_failure_dump_field();
    let mut result = ActionResult::process(PROCESS).with_nested(silent(ONE)).with_nested(silent(TWO));
    result.failure_dump_available = None;
    let task = Task::complete("T1").with_result(result).with_dump(TWO.0, dump_for(TWO.0));
    let scene = Scene::with_tasks([task]);
    scene.run("get NIGHTLY/T1").exits_with(0);
    scene.holds(&[FILES[1]]);
    scene.has_dump_of(TWO.0, FILES[1]);
}

#[test]
fn an_object_that_ran_twice_is_fetched_once() {
    let scene = Scene::with_tasks([failed("T1", &[ONE, ONE])]);
    scene.run("get NIGHTLY/T1").exits_with(0).never_mentions("dumps are there");
    scene.holds(&[FILES[0]]);
}

#[test]
fn every_dump_is_fetched_side_by_side_and_verified_when_asked() {
    let scene = Scene::with_tasks([failed("T1", &[ONE, TWO])]);
    scene.run("get NIGHTLY/T1 --parallel=4 --verify").exits_with(0).says("2 dumps are there\n");
    scene.has_dump_of(ONE.0, FILES[0]);
    scene.has_dump_of(TWO.0, FILES[1]);
}

#[test]
fn a_locator_by_url_reaches_every_dump_without_the_api_url() {
    let scene = Scene::with_dump(three_chunks());
    let url = scene.server.dump_url();
    let task = url.split("/dumps/").next().unwrap_or_default().to_owned();
    let process = task.split("/tasks/").next().unwrap_or_default().to_owned();
    for url in [url.clone(), task, process.clone(), format!("{process}/tasks")] {
        let outcome = scene.command("get --force").arg(&url).env_remove("ANAPLAN_API_URL").run();
        outcome.exits_with(0).says(&format!("{OBJECT}-Cost_centres_from_ERP-{TASK}.csv  25.0 kB"));
    }
}

#[test]
fn five_hundred_dumps_are_all_fetched() {
    let object = |n: usize| format!("112{n:09}");
    let names: Vec<(String, String)> = (0..500).map(|n| (object(n), format!("Import {n}"))).collect();
    let imports: Vec<(&str, &str)> = names.iter().map(|(id, name)| (id.as_str(), name.as_str())).collect();
    let scene = Scene::with_tasks([failed("T1", &imports)]);
    scene.run("get NIGHTLY/T1 -o dumps/ -q").exits_with(0).says("500 dumps are there\n");
    assert_eq!(fs::read_dir(scene.path("dumps")).expect("the folder").count(), 500);
    scene.has_dump_of(&object(499), "dumps/112000000499-Import_499-T1.csv");
}
