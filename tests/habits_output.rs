//! `-o` by the locator alone, folders that are made and removed, and options that contradict each other.

use std::fs::File;

use crate::support::{
    ACTUALS, COSTS, Scene, bytes_of, clean, dump_for, dump_of, failed, failing_run, file_of,
};

const TRY_HELP: &str = "\nTry anaplan-dump --help.";

#[test]
fn above_an_object_a_new_name_is_a_folder_however_many_dumps_there_are() {
    for imports in [&[COSTS][..], &[COSTS, ACTUALS]] {
        let scene = Scene::with_tasks([failed("T9", imports)]);
        scene.run("get NIGHTLY/T9 -o rejected").any_stdout();
        scene.holds(&imports.iter().map(|i| format!("rejected/{}", file_of(*i, "T9"))).collect::<Vec<_>>());
    }
    let scene = Scene::with_run(failing_run(&[COSTS]));
    scene.run("run NIGHTLY --poll=1ms -q -o rejected").exits_with(6).any_stdout();
    let task = scene.task_ids()[0].clone();
    scene.holds(&[format!("rejected/{}", file_of(COSTS, &task))]);
}

#[test]
fn above_an_object_a_file_is_wrong_usage() {
    let scene = Scene::with_tasks([failed("T9", &[COSTS])]);
    scene.write("x.csv", "mine");
    let why =
        "-o x.csv is a file, and there may be several dumps: name a folder, or one object in the locator";
    for command in ["get NIGHTLY", "get NIGHTLY/T9", "run NIGHTLY", "get NIGHTLY/T9 --force"] {
        scene.run(&format!("{command} -o x.csv")).refuses(format!("{why}{TRY_HELP}"));
    }
}

#[test]
fn down_to_an_object_a_name_is_a_file_and_a_slash_a_folder() {
    let scene = Scene::with_tasks([failed("T9", &[COSTS])]);
    for locator in ["NIGHTLY/T9", "NIGHTLY/latest"] {
        scene.run(&format!("get {locator}/{} -q -o x", COSTS.0)).any_stdout();
        scene.holds(&["x"]);
        scene.remove("x");
        scene.run(&format!("get {locator}/{} -q -o x/", COSTS.0)).any_stdout();
        scene.holds(&[format!("x/{}", file_of(COSTS, "T9"))]);
        std::fs::remove_dir_all(scene.path("x")).expect("the folder is removed");
    }
}

#[test]
fn standard_output_for_one_dump_only() {
    let scene = Scene::with_tasks([failed("T9", &[COSTS, ACTUALS]), failed("T8", &[COSTS])]);
    scene.run("get NIGHTLY/T8 -q -o -").prints(&dump_for(COSTS.0).bytes());
    let commands =
        [COSTS.0, ACTUALS.0].map(|id| format!("\n  anaplan-dump get <NIGHTLY>/T9/{id} -o -")).concat();
    let why = "there are 2 dumps, and -o names one output; get one of them:";
    scene.run("get NIGHTLY/T9 -o -").fails(2, format!("{why}{commands}{TRY_HELP}"));
}

#[cfg(unix)]
#[test]
fn the_names_of_standard_output_are_standard_output() {
    let scene = Scene::with_chunks(3);
    for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        // A regular file behind it is written to, and not replaced.
        let file = File::create(scene.path("out")).expect("a file");
        scene.command(&format!("get DUMP -q -o {name}")).stdout(file).run();
        scene.has("out", &bytes_of(3, 1));
    }
}

#[test]
fn a_folder_that_was_made_for_nothing_is_removed_again() {
    let scene = Scene::with_tasks([clean("T9")]);
    scene.run("get NIGHTLY/T9 -o a/b/c").any_stdout();
    scene.holds(&[] as &[&str]);
    scene.run("get NIGHTLY/T7 -o a/b/c/").exits_with(4).stderr_has("404");
    scene.holds(&[] as &[&str]);
    scene.make_folder("a");
    scene.run("get NIGHTLY/T9 -o a/b").any_stdout();
    scene.holds(&["a/"]);
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let scene = Scene::with_chunks(3);
    let outcome = scene.run("get DUMP -o a/b/x.csv");
    outcome
        .fails(7, "cannot write to a/b/x.csv: the folder a/b is not there: make it first")
        .without_a_connection();
}

#[cfg(unix)]
#[test]
fn run_starts_nothing_if_the_folder_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::with_run(failing_run(&[COSTS]));
    scene.make_folder("locked");
    std::fs::set_permissions(scene.path("locked"), PermissionsExt::from_mode(0o555))
        .expect("the mode is set");
    // Whoever may write everywhere would find out nothing here.
    if File::create(scene.path("locked/x")).is_ok() {
        scene.remove("locked/x");
        let outcome = scene.run("run NIGHTLY -o /proc/ --poll=1ms");
        outcome.exits_with(7).stderr_has("cannot write into the folder /proc/");
    } else {
        let outcome = scene.run("run NIGHTLY -o locked --poll=1ms");
        outcome.exits_with(7).stderr_has("cannot write into the folder locked: ");
    }
    assert!(scene.task_ids().is_empty(), "{}", scene.describe());
}

#[test]
fn the_unfinished_file_of_another_dump_is_kept() {
    let scene = Scene::with_chunks(5);
    scene.killed_in_chunk(3);
    let before = scene.read("dump.csv.part");
    let other = scene.fill("<DUMP>").replace(xtask::fake::OBJECT, "112000000099");
    scene.server.service().process_mut(xtask::fake::PROCESS).expect("the process").tasks[0]
        .dumps
        .push(("112000000099".to_owned(), dump_of(2, 7)));
    let outcome = scene.run(&format!("get {other} -o dump.csv"));
    outcome.fails(
        7,
        "dump.csv.part is the unfinished file of another dump, <URL>/chunks\n  \
         choose another name, or give that dump up with --restart",
    );
    scene.has("dump.csv.part", &before);
    scene.get("-q").any_stdout();
    scene.holds(&["dump.csv"]);
    scene.remove("dump.csv");
    scene.killed_in_chunk(3);
    scene.run(&format!("get {other} -o dump.csv --restart -q")).saves(&dump_of(2, 7));
}

#[test]
fn contradictions_are_wrong_usage() {
    let scene = Scene::with_tasks([failed("T9", &[COSTS])]);
    let task = "NIGHTLY/T9";
    for (command, why) in [
        ("get DUMP --whole --parallel 3", "--whole fetches one piece: --parallel has no meaning with it"),
        ("get DUMP --whole --verify", "--whole has no chunks: --verify has no meaning with it"),
        ("get DUMP --limit 3", "--limit is for a process: the locator names a task"),
        (&format!("get {task} --older"), "--older is for a process: the locator names a task"),
        (&format!("get {task} --since 2h"), "--since is for a process: the locator names a task"),
        ("get DUMP -o - --force", "--force replaces a file: -o names none"),
        ("get DUMP -o - --restart", "--restart begins a file anew: -o names none"),
        ("get DUMP -o -q", "-o needs a value, and -q looks like an option (./-q is a file)"),
        ("get DUMP -v -q", "-v and -q contradict each other"),
        ("get DUMP -qv", "-v and -q contradict each other"),
        ("get NIGHTLY NIGHTLY/T9 -o -", "several locators need a folder for -o"),
    ] {
        scene.run(command).refuses(format!("{why}{TRY_HELP}"));
    }
}

#[test]
fn a_file_may_be_called_like_an_option() {
    let scene = Scene::with_chunks(3);
    scene.run("get DUMP -q -o ./-q").any_stdout();
    scene.has("-q", &bytes_of(3, 1));
}
