//! Which file of a crate uses which other, as far as its paths say.

use std::collections::BTreeMap;

use super::tokens::{Token, product_tokens};

/// The files of a crate: the path below its source folder, and the text.
pub(super) type Sources = BTreeMap<String, String>;

/// One file uses another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: String,
    /// Where, in `from`.
    pub(super) line: usize,
}

/// The files that belong to a crate, without those of tests, and the edges between them: one from a file to another.
pub(super) fn read(sources: &Sources) -> (Vec<String>, Vec<Edge>) {
    let trees: Vec<Tree> = ["lib.rs", "main.rs"]
        .iter()
        .filter(|root| sources.contains_key(**root))
        .map(|root| Tree::read(root, sources))
        .collect();
    let files = trees.iter().flat_map(|tree| &tree.modules).map(|module| module.file.clone()).collect();
    let mut edges: Vec<Edge> = trees.iter().flat_map(Tree::edges).collect();
    edges.sort();
    edges.dedup_by(|later, first| (&later.from, &later.to) == (&first.from, &first.to));
    (files, edges)
}

/// A path that a file names.
#[derive(Debug, PartialEq, Eq)]
struct Path {
    segments: Vec<String>,
    line: usize,
    /// What a `use` makes of it: the name, and whether others see it.
    import: Option<(String, bool)>,
}

#[derive(Debug)]
struct Module {
    file: String,
    parent: usize,
    children: Vec<(String, usize)>,
    paths: Vec<Path>,
}

impl Module {
    fn import(&self, name: &str) -> Option<&Path> {
        self.paths.iter().find(|path| path.import.as_ref().is_some_and(|(known, _)| known == name))
    }
}

/// The modules of a library or a program; the first is the root.
struct Tree {
    modules: Vec<Module>,
}

/// Re-exports of re-exports that are followed: nobody nests them so deeply.
const MAX_DOORS: usize = 8;

impl Tree {
    fn read(root: &str, sources: &Sources) -> Self {
        let mut tree = Self { modules: Vec::new() };
        tree.add(root.to_owned(), 0, sources);
        tree
    }

    fn add(&mut self, file: String, parent: usize, sources: &Sources) -> usize {
        let scan = Scan::new(&sources[&file]);
        let index = self.modules.len();
        let (stem, root) = (file.trim_end_matches(".rs"), parent == index);
        let folder = if root { "" } else { stem.strip_suffix("mod").unwrap_or(stem) };
        let folder = folder.trim_end_matches('/').to_owned();
        self.modules.push(Module { file, parent, children: Vec::new(), paths: scan.paths });
        for name in scan.modules {
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let found = [format!("{path}.rs"), format!("{path}/mod.rs")];
            // `tests.rs` holds tests whatever stands before its `mod`.
            let Some(file) = found.into_iter().find(|file| sources.contains_key(file) && name != "tests")
            else {
                continue;
            };
            let child = self.add(file, index, sources);
            self.modules[index].children.push((name, child));
        }
        index
    }

    fn edges(&self) -> Vec<Edge> {
        let mut edges = Vec::new();
        for (index, module) in self.modules.iter().enumerate() {
            for path in &module.paths {
                let public = matches!(path.import, Some((_, true)));
                for target in self.resolve(index, &path.segments, MAX_DOORS) {
                    // A re-export of what is inside is the door of a room: nothing that the file itself needs.
                    if target != index && !(public && self.is_inside(target, index)) {
                        let (from, to) = (module.file.clone(), self.modules[target].file.clone());
                        edges.push(Edge { from, to, line: path.line });
                    }
                }
            }
        }
        edges
    }

    /// Whether a module stands somewhere below another.
    fn is_inside(&self, mut module: usize, room: usize) -> bool {
        while module > room {
            module = self.modules[module].parent;
        }
        module == room
    }

    /// The modules that a path leads to: through doors to what stands behind them, and nowhere for another crate.
    fn resolve(&self, from: usize, segments: &[String], doors: usize) -> Vec<usize> {
        let child = |at: usize, name: &str| {
            self.modules[at].children.iter().find(|(known, _)| known == name).map(|(_, child)| *child)
        };
        let through = |at: usize, name: &str, rest: &[String]| {
            let door = self.modules[at].import(name).filter(|_| doors > 0)?;
            Some(self.resolve(at, &[&door.segments[..], rest].concat(), doors - 1))
        };
        let Some((first, rest)) = segments.split_first() else { return Vec::new() };
        let (mut at, mut rest) = match first.as_str() {
            "crate" => (0, rest),
            "self" => (from, rest),
            "super" => (self.modules[from].parent, rest),
            name => match child(from, name) {
                Some(child) => (child, rest),
                None => return through(from, name, rest).unwrap_or_default(),
            },
        };
        while let Some((name, behind)) = rest.split_first() {
            rest = behind;
            match (name.as_str(), child(at, name)) {
                ("super", _) => at = self.modules[at].parent,
                (_, Some(child)) => at = child,
                ("*", None) => {
                    let doors =
                        self.modules[at].paths.iter().filter(|path| path.import.is_some() && doors > 0);
                    let behind = doors.flat_map(|door| self.resolve(at, &door.segments, 0));
                    return behind.chain([at]).collect();
                }
                (name, None) => return through(at, name, rest).unwrap_or_else(|| vec![at]),
            }
        }
        vec![at]
    }
}

/// What stands in one file.
struct Scan<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    depth: usize,
    /// The depths at which the modules begin whose content stands here in braces.
    inline: Vec<usize>,
    /// The modules that it declares as files of their own.
    modules: Vec<String>,
    paths: Vec<Path>,
}

impl<'a> Scan<'a> {
    fn new(source: &'a str) -> Self {
        let mut scan = Self {
            tokens: product_tokens(source),
            at: 0,
            depth: 0,
            inline: Vec::new(),
            modules: Vec::new(),
            paths: Vec::new(),
        };
        scan.run();
        scan
    }

    fn text(&self, ahead: usize) -> &'a str {
        self.tokens.get(self.at + ahead).map_or("", |token| token.text)
    }

    fn run(&mut self) {
        let mut public = false;
        while self.at < self.tokens.len() {
            let before = public;
            public = false;
            match self.text(0) {
                "pub" => {
                    public = true;
                    if self.text(1) == "(" {
                        // `pub(in crate::a)` says who may look, not what is used.
                        while !["", ")"].contains(&self.text(0)) {
                            self.at += 1;
                        }
                    }
                }
                "mod" if self.text(2) == ";" => self.modules.push(self.text(1).to_owned()),
                "mod" if self.text(2) == "{" => self.inline.push(self.depth),
                "{" => self.depth += 1,
                "}" => {
                    self.depth = self.depth.saturating_sub(1);
                    self.inline.retain(|depth| *depth < self.depth);
                }
                // `impl Trait + use<'a>` is none.
                "use" if self.text(1) != "<" => {
                    self.at += 1;
                    self.use_tree(&[], before);
                }
                "::" => self.at += 1,
                word if is_name(word) && self.text(1) == "::" => {
                    let (line, segments) = (self.tokens[self.at].line, self.segments());
                    self.add_path(segments, line, None);
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Reads `a::b::c`, and stops behind it.
    fn segments(&mut self) -> Vec<String> {
        let mut segments = Vec::new();
        while is_name(self.text(0)) {
            segments.push(self.text(0).to_owned());
            self.at += 1;
            if self.text(0) != "::" {
                break;
            }
            self.at += 1;
        }
        segments
    }

    fn use_tree(&mut self, prefix: &[String], public: bool) {
        if self.text(0) == "::" {
            self.at += 1;
        }
        let line = self.tokens.get(self.at).map_or(0, |token| token.line);
        let here = self.segments();
        let mut segments = [prefix, &here].concat();
        match self.text(0) {
            "{" => {
                while !["", "}"].contains(&self.text(0)) {
                    self.at += 1;
                    self.use_tree(&segments, public);
                }
                self.at += 1;
                return;
            }
            "*" => {
                segments.push("*".to_owned());
                self.at += 1;
            }
            // Behind the last comma.
            _ if here.is_empty() => return,
            _ => {}
        }
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        let mut name = segments.last().cloned().unwrap_or_default();
        if self.text(0) == "as" {
            name = self.text(1).to_owned();
            self.at += 2;
        }
        self.add_path(segments, line, Some((name, public)));
    }

    /// Adds a path, as it reads outside of the modules with braces that it stands in.
    fn add_path(&mut self, mut segments: Vec<String>, line: usize, import: Option<(String, bool)>) {
        for _ in &self.inline {
            match &mut segments[..] {
                [first, second, ..] if first == "super" && second == "super" => drop(segments.remove(0)),
                [first, ..] if first == "super" => *first = "self".to_owned(),
                _ => {}
            }
        }
        self.paths.push(Path { segments, line, import });
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `FROM:LINE TO` of each edge between these files.
    fn edges(files: &[(&str, &str)]) -> Vec<String> {
        let sources = files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
        read(&sources).1.iter().map(|edge| format!("{}:{} {}", edge.from, edge.line, edge.to)).collect()
    }

    #[test]
    fn every_form_of_a_path_is_an_edge() {
        for (form, line) in [
            ("use crate::b::B;", 1),
            ("use super::b::B as C;", 1),
            ("use crate::{c::D,\n b::{self, B},\n};", 2),
            ("fn f(x: crate::b::B) {}", 1),
            ("fn f() { println!(\"{}\", super::b::X) }", 1),
            ("pub(crate) use crate::b::B;", 1),
            ("use super::*;", 1),
        ] {
            let files =
                [("lib.rs", "mod a; mod b; pub use b::B;"), ("a.rs", form), ("b.rs", "pub struct B;")];
            assert!(edges(&files).contains(&format!("a.rs:{line} b.rs")), "{form}: {:?}", edges(&files));
        }
    }

    #[test]
    fn other_crates_comments_and_tests_are_no_edges() {
        let none = "//! [`crate::b`]
            use std::fmt; use b::B; use serde::{self, b::B}; fn f() -> fmt::Result { \"crate::b\" }
            pub(in crate::b) struct C;
            #[cfg(test)] mod tests { use crate::b::B; }";
        let tests = [("a/mod.rs", "#[cfg(test)] mod more; mod tests;"), ("a/tests.rs", "use crate::b::B;")];
        let files = [("lib.rs", "mod a; mod b;"), ("b.rs", ""), ("a/more.rs", "use crate::b::B;")];
        assert!(edges(&[&files[..], &tests].concat()).is_empty());
        assert!(edges(&[&files[..2], &[("a.rs", none)]].concat()).is_empty());
    }

    #[test]
    fn a_door_leads_to_the_file_behind_it_and_is_an_edge_only_to_another_room() {
        let files = [
            ("lib.rs", "mod room; mod other; pub use room::A;"),
            ("room/mod.rs", "mod a; mod b; pub use a::A; pub(crate) use b::B as C; pub use crate::other::O;"),
            ("room/a.rs", ""),
            ("room/b.rs", "use super::A;\nuse super::Own;"),
            ("other.rs", "use crate::A;\nuse crate::room;\nfn f() { room::C::new() }"),
        ];
        let expected = [
            "other.rs:1 room/a.rs",
            "other.rs:3 room/b.rs",
            "other.rs:2 room/mod.rs",
            "room/b.rs:1 room/a.rs",
            "room/b.rs:2 room/mod.rs",
            "room/mod.rs:1 other.rs",
        ];
        assert_eq!(edges(&files), expected);
    }

    #[test]
    fn a_parent_uses_the_children_that_it_names() {
        let files = [
            ("main.rs", "mod a;\nmod b;\nfn main() { a::run() }"),
            ("a/mod.rs", "mod c;\nuse c::C;"),
            ("a/c.rs", "mod inline { use super::super::D; use super::E; }"),
            ("b.rs", "fn f() { a::run() }"),
        ];
        assert_eq!(edges(&files), ["a/c.rs:1 a/mod.rs", "a/mod.rs:2 a/c.rs", "main.rs:3 a/mod.rs"]);
    }
}
