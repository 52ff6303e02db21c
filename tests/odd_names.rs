//! Names of objects are data: they make files in the folder, no two the same, and reach no terminal raw.

use std::collections::HashSet;
use std::fs;

use xtask::fake::{Fault, When};

use crate::support::{Scene, dump_for, failed};

const ODD_NAMES: [&str; 14] = [
    "a/b\\c",
    "../../etc/passwd",
    "..",
    ".",
    "",
    "/",
    "~",
    "-rf",
    "con:\0nul",
    "two\nlines\r\n",
    "\u{1b}[31mred\u{7}\u{9b}2J\u{202e}",
    "Größe, 東京 🏭 e\u{301}",
    " blanks around ",
    "CON",
];

/// Downloads a task whose imports have these names into the folder `dumps`, and gives the files' names.
#[track_caller]
fn files_for(names: &[&str]) -> Vec<String> {
    let objects: Vec<String> = (0..names.len()).map(|n| format!("112{n:09}")).collect();
    let imports: Vec<(&str, &str)> = objects.iter().map(String::as_str).zip(names.iter().copied()).collect();
    let scene = Scene::with_tasks([failed("T1", &imports)]);
    scene.run("get NIGHTLY/T1 -o dumps/").exits_with(0).stays_harmless();
    scene.holds(&["dumps"]);
    let entries = fs::read_dir(scene.path("dumps")).expect("the folder is there");
    let mut files: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    files.sort();
    assert_eq!(files.len(), names.len(), "{files:?}");
    for (object, file) in objects.iter().zip(&files) {
        scene.has_dump_of(object, &format!("dumps/{file}"));
    }
    files
}

#[test]
fn odd_names_make_one_file_each_in_the_folder() {
    for file in files_for(&ODD_NAMES) {
        assert!(file.starts_with("112") && file.ends_with("-T1.csv"), "{file:?}");
        assert!(
            !file.contains(|c: char| c.is_control() || c.is_whitespace() || "/\\:~".contains(c)),
            "{file:?}"
        );
    }
}

#[test]
fn a_name_of_three_hundred_characters_is_cut() {
    for name in ["x".repeat(300), "東".repeat(300), "🏭x".repeat(150)] {
        let files = files_for(&[&name]);
        assert!(files[0].len() <= 150 && files[0].ends_with("-T1.csv"), "{files:?}");
    }
}

#[test]
fn long_names_that_differ_at_their_end_only_stay_apart() {
    let name = |end: &str| "x".repeat(299) + end;
    files_for(&[&name("a"), &name("b")]);
}

#[test]
fn two_actions_of_the_same_name_stay_apart() {
    let files = files_for(&["Actuals", "Actuals", "actuals"]);
    let expected =
        ["112000000000-Actuals-T1.csv", "112000000001-Actuals-T1.csv", "112000000002-actuals-T1.csv"];
    assert_eq!(files, expected);
}

#[test]
fn letters_of_all_scripts_are_kept() {
    assert_eq!(files_for(&["Größe, 東京"]), ["112000000000-Größe_東京-T1.csv"]);
}

#[test]
fn a_name_that_pretends_to_be_the_rest_of_the_file_name_is_kept_apart() {
    let files = files_for(&["112000000001-x", "x-T1.csv", "x"]);
    assert_eq!(files.iter().collect::<HashSet<_>>().len(), 3, "{files:?}");
}

#[test]
fn odd_identifiers_of_objects_stay_in_the_folder_and_apart() {
    let objects = ["a/b", "a?b", "a b", "../../x", "..\u{1b}[31m", &"long".repeat(100)];
    let imports: Vec<(&str, &str)> = objects.iter().map(|object| (*object, "Name")).collect();
    let scene = Scene::with_tasks([failed("T1", &imports)]);
    scene.run("get NIGHTLY/T1 -o dumps/").exits_with(0).stays_harmless().says("6 dumps are there\n");
    scene.holds(&["dumps"]);
    let files = fs::read_dir(scene.path("dumps")).expect("the folder is there");
    let contents: HashSet<Vec<u8>> =
        files.map(|file| fs::read(file.expect("an entry").path()).expect("a file")).collect();
    let expected: HashSet<Vec<u8>> = objects.iter().map(|object| dump_for(object).bytes()).collect();
    assert!(contents == expected, "{}", scene.describe());
}

#[test]
fn an_object_that_no_url_can_name_does_not_stop_the_others() {
    let scene = Scene::with_tasks([failed("T1", &[("..", "Bad"), ("112000000021", "Good")])]);
    scene.run("get NIGHTLY/T1 -o dumps/").says("112000000021-Good-T1.csv");
    scene.has_dump_of("112000000021", "dumps/112000000021-Good-T1.csv");
    scene.holds(&["dumps"]);
}

#[test]
fn odd_names_are_harmless_in_the_tables() {
    let ids: Vec<String> = (0..ODD_NAMES.len()).map(|n| format!("112{n:09}")).collect();
    let imports: Vec<(&str, &str)> = ids.iter().map(String::as_str).zip(ODD_NAMES).collect();
    let scene = Scene::with_tasks([failed("T1", &imports)]);
    let outcome = scene.run("task NIGHTLY/T1").exits_with(0).stays_harmless();
    outcome.says("\\u{1b}[31mred").says("two\\nlines\\r\\n").says("Größe, 東京 🏭");
    let json = scene.run("task NIGHTLY/T1 --json").exits_with(0).stays_harmless();
    for (n, name) in ODD_NAMES.iter().enumerate() {
        assert_eq!(json.document()["actions"][n]["name"], *name, "{}", json.describe());
    }
}

#[test]
fn an_odd_name_in_a_failure_is_harmless() {
    let scene = Scene::with_tasks([failed("T1", &[("112000000021", "\u{1b}[31m\n"), ("112000000022", "B")])]);
    let message = xtask::fake::ErrorBody::Json("\u{1b}[31mgone\n".to_owned());
    let fault = Fault::Status { code: 403, retry_after: None, body: message };
    scene.server.fault(fault, When::containing("/chunks"));
    scene.run("get NIGHTLY/T1").exits_with(3).stays_harmless().complains("\\u{1b}[31mgone\\n");
}

#[test]
fn a_step_and_a_message_with_escape_sequences_are_harmless() {
    let mut task = failed("T1", &[("112000000021", "A")]);
    task.current_step = Some("\u{1b}]0;title\u{7}step\r\n\u{202e}".to_owned());
    let detail = xtask::fake::Detail::new("x\u{1b}", "\u{1b}[2Jmessage\u{9b}31m\nnext");
    task.result.as_mut().expect("a result").nested[0].details = Some(vec![detail]);
    let scene = Scene::with_tasks([task]);
    let outcome = scene.run("task NIGHTLY/T1").exits_with(0).stays_harmless();
    outcome.says("\\u{1b}]0;title\\u{7}step").says("\\u{1b}[2Jmessage");
    scene.run("task NIGHTLY/T1 --json").exits_with(0).stays_harmless();
}
