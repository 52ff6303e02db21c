//! The floors of the house: data goes up once, so each file can be read with only those below it in mind.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::Path;

use super::imports::{self, Edge, Sources};
use crate::cargo::root;

/// A crate, and its floors from the ground up, with `|` between them. A module may use only what stands on a lower
/// floor; modules on one floor may not use each other. A name is a file, or a folder with all that is in it; where
/// several fit, the longest counts.
struct House {
    source: &'static str,
    floors: &'static str,
}

const HOUSES: &[House] = &[
    House {
        source: "crates/core/src",
        floors: "text time | address | service | error | files | transfer | report client | lib.rs",
    },
    House {
        source: "crates/cli/src",
        floors:
            "text | table | arguments | help | normalize | parse | exit_code | advice | failure | stdout | json | meter
            | progress | signals | settings | credentials | session | ending | newest | resolve | target | new_file
            | report | task_report | collect | follow | commands describe | main.rs",
    },
    House {
        source: "xtask/src",
        floors: "fake/random fake/stop | fake/dump_file | fake/data fake/http | fake/sign_in fake/wire
            | fake/service | fake/fault | fake/server | fake/mod.rs | lib.rs
            | cargo format | platform | bench chaos demo dist serve | check | main.rs",
    },
];

/// Where the table stands, for those who have to change it.
const TABLE: &str = "xtask/src/check/floors.rs";

/// Checks every crate; each breach on a line or more.
pub(super) fn check() -> Result<String, String> {
    let (mut breaches, mut files, mut imports) = (Vec::new(), 0, 0);
    for house in HOUSES {
        let mut sources = Sources::new();
        let folder = root().join(house.source);
        read_folder(&folder, "", &mut sources).map_err(|error| format!("{}: {error}", folder.display()))?;
        let (modules, edges) = imports::read(&sources);
        (files, imports) = (files + modules.len(), imports + edges.len());
        breaches.extend(house.breaches(&modules, &edges, &sources));
    }
    match breaches.len() {
        0 => Ok(format!("{imports} imports between {files} files")),
        _ => Err(breaches.join("\n")),
    }
}

/// The Rust files in a folder, by their path below the source folder.
fn read_folder(folder: &Path, prefix: &str, sources: &mut Sources) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read_folder(&entry.path(), &format!("{name}/"), sources)?;
        } else if name.ends_with(".rs") {
            sources.insert(name, fs::read_to_string(entry.path())?);
        }
    }
    Ok(())
}

impl House {
    fn breaches(&self, modules: &[String], edges: &[Edge], sources: &Sources) -> Vec<String> {
        let unknown = modules.iter().filter(|file| self.floor(file).is_none());
        let unknown = unknown
            .map(|file| format!("{}/{file} is on no floor: add it to the table in {TABLE}", self.source));
        let upward = edges.iter().filter_map(|edge| {
            let (from, to) = (self.floor(&edge.from)?, self.floor(&edge.to)?);
            let where_to = match to.0.cmp(&from.0) {
                std::cmp::Ordering::Greater => "a higher floor",
                std::cmp::Ordering::Equal if from.1 != to.1 => "the same floor",
                _ => return None,
            };
            Some(format!("{}, on {where_to}", self.show(edge, sources)))
        });
        let circles = circles(edges).into_iter().map(|circle| {
            let lines: Vec<_> = circle.iter().map(|edge| self.show(edge, sources)).collect();
            format!("import circle:\n  {}", lines.join("\n  "))
        });
        unknown.chain(upward).chain(circles).collect()
    }

    /// The floor of a file, and its name in the table.
    fn floor(&self, file: &str) -> Option<(usize, &'static str)> {
        let floors = self.floors.split('|').enumerate();
        let names = floors.flat_map(|(floor, names)| names.split_whitespace().map(move |name| (floor, name)));
        let fits = |name: &str| {
            file.strip_prefix(name).is_some_and(|rest| ["", ".rs"].contains(&rest) || rest.starts_with('/'))
        };
        names.filter(|(_, name)| fits(name)).max_by_key(|(_, name)| name.len())
    }

    fn show(&self, edge: &Edge, sources: &Sources) -> String {
        let line = sources[&edge.from].lines().nth(edge.line - 1).unwrap_or_default().trim();
        format!("{0}/{1}:{2} `{line}` uses {0}/{3}", self.source, edge.from, edge.line, edge.to)
    }
}

/// The circles among the edges, for each file the shortest that it is in.
fn circles(edges: &[Edge]) -> Vec<Vec<&Edge>> {
    let mut from: BTreeMap<&str, Vec<&Edge>> = BTreeMap::new();
    edges.iter().for_each(|edge| from.entry(&edge.from).or_default().push(edge));
    let mut known = BTreeSet::new();
    let mut circles = Vec::new();
    for start in from.keys() {
        let Some(circle) = way_back(start, &from) else { continue };
        if known.insert(circle.iter().map(|edge| &edge.from).collect::<BTreeSet<_>>()) {
            circles.push(circle);
        }
    }
    circles
}

/// The shortest way from a file to itself.
fn way_back<'a>(start: &str, from: &BTreeMap<&str, Vec<&'a Edge>>) -> Option<Vec<&'a Edge>> {
    let mut ways = VecDeque::from([(start, Vec::new())]);
    let mut seen = BTreeSet::new();
    while let Some((file, way)) = ways.pop_front() {
        for edge in from.get(file).into_iter().flatten() {
            let way = [&way[..], &[*edge]].concat();
            if edge.to == start {
                return Some(way);
            }
            if seen.insert(&edge.to) {
                ways.push_back((&edge.to, way));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUSE: House = House { source: "s", floors: "low | left right | lib.rs" };

    fn breaches(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Sources = files.iter().map(|(file, text)| ((*file).into(), (*text).into())).collect();
        let (modules, edges) = imports::read(&sources);
        HOUSE.breaches(&modules, &edges, &sources)
    }

    const ROOMS: (&str, &str) = ("lib.rs", "mod low; mod left; mod right;");

    #[test]
    fn downward_imports_and_those_inside_a_room_are_allowed() {
        let low = ("low/mod.rs", "mod a; mod b; pub use a::A;");
        let left = ("left.rs", "use crate::low::A; #[cfg(test)] mod tests { use crate::right::R; }");
        let right = ("right/mod.rs", "fn f() { crate::low::A }");
        let files = [ROOMS, low, ("low/a.rs", "use super::b::B;"), ("low/b.rs", ""), left, right];
        assert_eq!(breaches(&files), [""; 0]);
    }

    #[test]
    fn an_upward_import_names_both_files_and_the_line() {
        let files = [
            ROOMS,
            ("low/mod.rs", "\n    use crate::left::Left;\n"),
            ("left/mod.rs", ""),
            ("right/mod.rs", ""),
        ];
        assert_eq!(
            breaches(&files),
            ["s/low/mod.rs:2 `use crate::left::Left;` uses s/left/mod.rs, on a higher floor"]
        );
    }

    #[test]
    fn rooms_on_one_floor_do_not_use_each_other() {
        let files =
            [ROOMS, ("low/mod.rs", ""), ("left/mod.rs", "use super::right::R;"), ("right/mod.rs", "")];
        assert_eq!(
            breaches(&files),
            ["s/left/mod.rs:1 `use super::right::R;` uses s/right/mod.rs, on the same floor"]
        );
    }

    #[test]
    fn a_circle_inside_a_room_is_shown_once_with_all_its_lines() {
        let files = [
            ("lib.rs", "mod low;"),
            ("low/mod.rs", "mod a; mod b; mod c; pub use c::C;"),
            ("low/a.rs", "use super::b::B;"),
            ("low/b.rs", "use super::C;"),
            ("low/c.rs", "use crate::low::a::A;"),
        ];
        assert_eq!(
            breaches(&files),
            ["import circle:
  s/low/a.rs:1 `use super::b::B;` uses s/low/b.rs
  s/low/b.rs:1 `use super::C;` uses s/low/c.rs
  s/low/c.rs:1 `use crate::low::a::A;` uses s/low/a.rs"]
        );
    }

    #[test]
    fn a_module_without_a_floor_is_to_be_added_to_the_table() {
        let files = [("lib.rs", "mod lower;"), ("lower.rs", "")];
        assert_eq!(breaches(&files), [format!("s/lower.rs is on no floor: add it to the table in {TABLE}")]);
    }
}
