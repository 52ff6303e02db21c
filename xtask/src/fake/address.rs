//! From a path to what it names.

/// Processes, or imports that are run on their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Process,
    Import,
}

/// What a path names inside a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    List(Kind),
    Tasks(Kind, String),
    Task(Kind, String, String),
    Dump { kind: Kind, process: String, task: String, object: String, part: Part },
}

/// Which part of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Whole,
    List,
    Chunk(String),
}

/// A path under `/2/0`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) workspace: Option<String>,
    pub(crate) model: String,
    pub(crate) target: Target,
}

impl Address {
    pub(crate) fn parse(path: &[String]) -> Option<Self> {
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        let (workspace, model, rest) = match words.as_slice() {
            ["2", "0", "workspaces", workspace, "models", model, rest @ ..] => {
                (Some((*workspace).to_owned()), *model, rest)
            }
            ["2", "0", "models", model, rest @ ..] => (None, *model, rest),
            _ => return None,
        };
        let (kind, rest) = match rest {
            ["processes", rest @ ..] => (Kind::Process, rest),
            ["imports", rest @ ..] => (Kind::Import, rest),
            _ => return None,
        };
        let part = |rest: &[&str]| match rest {
            [] => Some(Part::Whole),
            ["chunks"] => Some(Part::List),
            ["chunks", chunk] => Some(Part::Chunk((*chunk).to_owned())),
            _ => None,
        };
        let dump = |process: &str, task: &str, object: &str, part: Part| Target::Dump {
            kind,
            process: process.to_owned(),
            task: task.to_owned(),
            object: object.to_owned(),
            part,
        };
        let target = match (kind, rest) {
            (_, []) => Target::List(kind),
            (_, [process, "tasks"]) => Target::Tasks(kind, (*process).to_owned()),
            (_, [process, "tasks", task]) => Target::Task(kind, (*process).to_owned(), (*task).to_owned()),
            (Kind::Process, [process, "tasks", task, "dumps", object, rest @ ..]) => {
                dump(process, task, object, part(rest)?)
            }
            (Kind::Import, [import, "tasks", task, "dump", rest @ ..]) => {
                dump(import, task, import, part(rest)?)
            }
            _ => return None,
        };
        Some(Self { workspace, model: model.to_owned(), target })
    }
}
