//! From a path to what it names.

/// Processes, or imports that are run on their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Process,
    Import,
}

/// What a path names in a model; a process stands for an import, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    Status,
    Files,
    File { file: &'a str },
    FileChunk { file: &'a str, chunk: &'a str },
    FileComplete { file: &'a str },
    List,
    Item { process: &'a str },
    Tasks { process: &'a str },
    Task { process: &'a str, task: &'a str },
    Dump { process: &'a str, task: &'a str, object: &'a str, part: Part<'a> },
}

/// Which part of a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    Whole,
    List,
    Chunk(&'a str),
}

/// A path under `/2/0`, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address<'a> {
    pub(crate) workspace: Option<&'a str>,
    pub(crate) model: &'a str,
    pub(crate) kind: Kind,
    pub(crate) target: Target<'a>,
}

impl<'a> Address<'a> {
    pub(crate) fn parse(path: &'a [String]) -> Option<Self> {
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        let (workspace, model, rest) = match words[..] {
            ["2", "0", "workspaces", workspace, "models", model, ref rest @ ..] => (Some(workspace), model, rest),
            ["2", "0", "models", model, ref rest @ ..] => (None, model, rest),
            _ => return None,
        };
        let kind = if rest.first() == Some(&"imports") { Kind::Import } else { Kind::Process };
        let target = match *rest {
            ["status"] => Target::Status,
            ["files"] => Target::Files,
            ["files", file] => Target::File { file },
            ["files", file, "chunks", chunk] => Target::FileChunk { file, chunk },
            ["files", file, "complete"] => Target::FileComplete { file },
            ["processes" | "imports"] => Target::List,
            ["processes" | "imports", process] => Target::Item { process },
            ["processes" | "imports", process, "tasks"] => Target::Tasks { process },
            ["processes" | "imports", process, "tasks", task] => Target::Task { process, task },
            ["processes" | "imports", process, "tasks", task, "dumps", object, ref rest @ ..] => {
                Target::Dump { process, task, object, part: Part::parse(rest)? }
            }
            ["processes" | "imports", process, "tasks", task, "dump", ref rest @ ..] => {
                Target::Dump { process, task, object: process, part: Part::parse(rest)? }
            }
            _ => return None,
        };
        Some(Self { workspace, model, kind, target })
    }
}

impl<'a> Part<'a> {
    fn parse(rest: &[&'a str]) -> Option<Self> {
        match *rest {
            [] => Some(Self::Whole),
            ["chunks"] => Some(Self::List),
            ["chunks", chunk] => Some(Self::Chunk(chunk)),
            _ => None,
        }
    }
}
