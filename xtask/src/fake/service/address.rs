//! From a path to what it names.

/// Processes, or imports that are run on their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Process,
    Import,
}

/// What a path names among the processes or imports of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    List,
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
            ["2", "0", "workspaces", workspace, "models", model, ref rest @ ..] => {
                (Some(workspace), model, rest)
            }
            ["2", "0", "models", model, ref rest @ ..] => (None, model, rest),
            _ => return None,
        };
        let (kind, rest) = match rest {
            ["processes", rest @ ..] => (Kind::Process, rest),
            ["imports", rest @ ..] => (Kind::Import, rest),
            _ => return None,
        };
        let target = match (kind, rest) {
            (_, []) => Target::List,
            (_, &[process, "tasks"]) => Target::Tasks { process },
            (_, &[process, "tasks", task]) => Target::Task { process, task },
            (Kind::Process, &[process, "tasks", task, "dumps", object, ref rest @ ..]) => {
                Target::Dump { process, task, object, part: Part::parse(rest)? }
            }
            (Kind::Import, &[process, "tasks", task, "dump", ref rest @ ..]) => {
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
