//! The recipes in `docs/recipes`: each command in them is one that there is, with options that it has.

use std::path::Path;

use crate::support::Scene;

/// The command and its options, where a line calls the program: in a shell, or as a list in YAML.
fn call(line: &str) -> Option<Vec<String>> {
    let rest = line.split_once("args: [").or_else(|| line.split_once("anaplan-dump "))?.1;
    let words = rest.split([' ', ',', ']', '"', '\'']).filter(|word| !word.is_empty());
    let words: Vec<String> = words.take_while(|word| *word != "2>>").map(str::to_owned).collect();
    ["run", "get"].contains(&words.first()?.as_str()).then_some(words)
}

#[test]
fn every_command_in_the_recipes_has_the_options_that_it_is_given() {
    let scene = Scene::with_chunks(1);
    let help = |arguments: &str| scene.run(arguments).without_a_connection().stdout_text();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/recipes");
    let mut calls = 0;
    for entry in folder.read_dir().expect("the recipes") {
        let path = entry.expect("a recipe").path();
        let text = std::fs::read_to_string(&path).expect("text");
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            assert!(!line.contains("ANAPLAN_TOKEN"), "a token ends before the next run: {line}");
            let Some(words) = call(line) else { continue };
            let known = help(&format!("{} --help", words[0])) + &help("--help");
            let known: Vec<&str> = known.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
            let unknown = words.iter().find(|word| word.starts_with('-') && !known.contains(&word.as_str()));
            assert_eq!(unknown, None, "{}: {line}", path.display());
            calls += 1;
        }
    }
    assert!(calls >= 5, "only {calls} commands were found");
}
