//! The floors of the house: data goes up once, so each file can be read with only those below it in mind.

use std::fs;
use std::iter::repeat;

use crate::cargo::{in_workspace, printed, root};

/// A source folder, and the floors in it from the ground up, with `|` between them. A module may use only what is on
/// a lower floor; modules of one floor may not use each other. A name is a file or a folder with all that is in it,
/// and the longest name that fits counts. `lib.rs` and `main.rs` are above all.
const HOUSES: &[(&str, &str)] = &[
    (
        "crates/core/src",
        "text time sync | address | service | error | files | transfer
        | report client/event client/redact client/pace client/x509 client/session/secret
        | client/session/certificate | client/http | client/retry_loop | client/session | client
        | client/session/account",
    ),
    (
        "crates/cli/src",
        "os_text glob pipe | text | table | arguments | help | completion man | parse | exit_code | advice | failure
        | stdout | progress | signals | environment | settings | credentials | session | ending | resolve
        | target | report sources | task_report | collect | follow | commands",
    ),
    ("xtask/src", "fake | sample | cargo | bench demo dist serve | check"),
];

/// In a house with this room, only it may name these, so that another version of ureq changes nothing else.
const TRANSPORT: (&str, [&str; 2]) = ("client/http", ["ureq::", "rustls::"]);

/// Checks every file of every crate but its tests; each breach is a line.
pub(super) fn check() -> Result<String, String> {
    let (mut breaches, mut files) = (Vec::new(), 0);
    for (source, floors) in HOUSES {
        let list = ["ls-files", "--cached", "--others", "--exclude-standard", source];
        let list = printed(in_workspace("git").args(list))?;
        let names = list.lines().filter_map(|name| name.strip_prefix(source)?.strip_prefix('/'));
        let is_room = |name: &&str| name.ends_with(".rs") && !name.contains("tests");
        for file in names.filter(is_room).filter(|name| !["lib.rs", "main.rs"].contains(name)) {
            files += 1;
            // One that was deleted and is still in git's list has no content.
            let text = fs::read_to_string(root().join(source).join(file)).unwrap_or_default();
            breaches.extend(look(floors, file, &text).iter().map(|breach| format!("{source}/{breach}")));
        }
    }
    if breaches.is_empty() { Ok(format!("{files} files")) } else { Err(breaches.join("\n")) }
}

/// The lines of a file that use what is not below it.
fn look(floors: &str, file: &str, text: &str) -> Vec<String> {
    let room = |module: &[&str]| {
        let path = module.join("/") + "/";
        let rooms = floors.split('|').zip(0..).flat_map(|(names, at)| names.split_whitespace().zip(repeat(at)));
        rooms.filter(|(name, _)| path.starts_with(&format!("{name}/"))).max_by_key(|(name, _)| name.len())
    };
    let module: Vec<&str> = file.trim_end_matches(".rs").trim_end_matches("/mod").split('/').collect();
    let Some((own, floor)) = room(&module) else {
        return vec![format!("{file} is on no floor: add it to the table in xtask/src/check/floors.rs")];
    };
    let forbidden = own != TRANSPORT.0 && floors.contains(TRANSPORT.0);
    let mut breaches = Vec::new();
    let lines =
        (1..).zip(text.lines().map(str::trim)).take_while(|(_, line)| !["mod tests {", "#[test]"].contains(line));
    for (number, line) in lines.filter(|(_, line)| !line.starts_with("//")) {
        // `pub(in crate::a)` says who may look, not what is used.
        let code = line.strip_prefix("pub(in ").and_then(|rest| rest.split_once(')'));
        let code = code.map_or(line, |(_, rest)| rest);
        let mut paths = code.split(|c: char| !c.is_alphanumeric() && !"_:".contains(c));
        let fits = paths.all(|path| {
            let words: Vec<&str> = path.split("::").collect();
            let supers = words.iter().take_while(|word| **word == "super").count().min(module.len());
            let used = match words[..] {
                ["crate", _, ..] => words[1..].to_vec(),
                ["super", _, ..] => [&module[..module.len() - supers], &words[supers..]].concat(),
                _ => return true,
            };
            room(&used).is_some_and(|(name, at)| name == own || at < floor)
        });
        if !fits || forbidden && TRANSPORT.1.iter().any(|name| code.contains(name)) {
            breaches.push(format!("{file}:{number} `{line}` uses what is not below it"));
        }
    }
    breaches
}

#[test]
fn a_module_uses_its_own_room_and_those_below() {
    let count = |file, text: &str| look("low | left client/http | client", file, text).len();
    let good = "use crate::low::A; fn f(a: super::http::A) {}\nmod tests {\nuse crate::left::A;";
    assert_eq!(count("client/a.rs", good) + count("client/http/mod.rs", "pub(super) mod a; use ureq::Agent;"), 0);
    for bad in ["crate::client::A", "use super::client::http::A;", "use crate::{low};", "use ureq::Agent;"] {
        assert_eq!(count("left.rs", bad), 1, "{bad}");
    }
    assert_eq!(count("lower.rs", ""), 1);
}
