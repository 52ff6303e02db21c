//! Text to [`Locator`]: URLs, the paths of URLs, and the short form.

use percent_encoding::percent_decode_str;

use super::{ActionKind, LATEST, Locator, LocatorDefaults, ModelAddress, TaskChoice};
use crate::error::LocatorError;
use crate::identifier::Id;
use crate::origin::{API_ROOT, Origin};

type Parsed<T> = std::result::Result<T, LocatorError>;

/// Most segments of a short form that begins at the process.
const SHORT_FORM_FROM_PROCESS: usize = 3;

pub(super) fn locator(text: &str, defaults: &LocatorDefaults) -> Parsed<Locator> {
    match Origin::split(text) {
        Some(split) => {
            let (origin, end) = split?;
            let mut path = Segments::new(text, end);
            for root in API_ROOT.split('/').filter(|segment| !segment.is_empty()) {
                path.keyword(&[root], "the API's root /2/0/")?;
            }
            path_form(path, Some(origin))
        }
        None => {
            let path = Segments::new(text, 0);
            let first = path.list.first().map_or("", |segment| segment.raw);
            if text.starts_with('/') || begins_path(first) {
                let mut path = path;
                if path.peek() == Some("2") {
                    path.keyword(&["2"], "the API's root /2/0/")?;
                    path.keyword(&["0"], "the API's root /2/0/")?;
                }
                path_form(path, None)
            } else {
                short_form(path, defaults)
            }
        }
    }
}

/// Whether a text whose first segment is `segment` is the path of a URL.
pub(super) fn begins_path(segment: &str) -> bool {
    matches!(segment, "workspaces" | "models" | "2")
}

fn path_form(mut path: Segments<'_>, origin: Option<Origin>) -> Parsed<Locator> {
    let mut workspace = None;
    if path.keyword(&["workspaces", "models"], "workspaces/ or models/")? == "workspaces" {
        workspace = Some(path.id("a workspace id")?);
        path.keyword(&["models"], "models/")?;
    }
    let model = ModelAddress { origin, workspace, model: path.id("a model id")? };
    let mut locator = Locator::from(model);
    if path.at_end() {
        return Ok(locator);
    }
    let kind = match path.keyword(&["processes", "imports"], "processes/ or imports/")? {
        "imports" => ActionKind::Import,
        _ => ActionKind::Process,
    };
    if path.at_end() {
        return Ok(locator);
    }
    locator.action = Some((kind, path.id("the id of a process or import")?));
    if path.at_end() {
        return Ok(locator);
    }
    path.keyword(&["tasks"], "tasks/")?;
    if path.at_end() {
        return Ok(locator);
    }
    locator.task = Some(path.task()?);
    if path.at_end() {
        return Ok(locator);
    }
    match kind {
        ActionKind::Process => {
            path.keyword(&["dumps"], "dumps/")?;
            if path.at_end() {
                return Ok(locator);
            }
            locator.object = Some(path.id("the objectId of a failed action")?);
        }
        ActionKind::Import => {
            path.keyword(&["dump"], "dump")?;
        }
    }
    if !path.at_end() {
        path.keyword(&["chunks"], "chunks")?;
    }
    if !path.at_end() {
        path.id("a chunk id")?;
    }
    path.end()?;
    Ok(locator)
}

fn short_form(mut path: Segments<'_>, defaults: &LocatorDefaults) -> Parsed<Locator> {
    let from_process = match (&defaults.workspace, &defaults.model) {
        (Some(workspace), Some(model))
            if path.list.len() <= SHORT_FORM_FROM_PROCESS && !path.begins_with_workspace() =>
        {
            Some((workspace.clone(), model.clone()))
        }
        _ => None,
    };
    let (workspace, model) = match from_process {
        Some(both) => both,
        None => {
            let workspace = path.id("a URL of the API, or WORKSPACE/MODEL/PROCESS[/TASK[/OBJECT]]")?;
            (workspace, path.id("/MODEL after the workspace")?)
        }
    };
    let mut locator = Locator::from(ModelAddress { origin: None, workspace: Some(workspace), model });
    if path.at_end() {
        return Ok(locator);
    }
    let action = path.id("the id of a process or import")?;
    let kind = ActionKind::of(&action);
    locator.action = Some((kind, action));
    if path.at_end() {
        return Ok(locator);
    }
    locator.task = Some(path.task()?);
    if !path.at_end() {
        if kind == ActionKind::Import {
            return path.fail("nothing after the task: a single import has one dump");
        }
        locator.object = Some(path.id("the objectId of a failed action")?);
    }
    path.end()?;
    Ok(locator)
}

struct Segment<'a> {
    raw: &'a str,
    at: usize,
}

/// The segments of a path, read from left to right.
struct Segments<'a> {
    text: &'a str,
    list: Vec<Segment<'a>>,
    next: usize,
}

impl<'a> Segments<'a> {
    fn new(text: &'a str, start: usize) -> Segments<'a> {
        let end = text[start..].find(['?', '#']).map_or(text.len(), |i| start + i);
        let mut list = Vec::new();
        let mut at = start;
        for raw in text[start..end].split('/') {
            list.push(Segment { raw, at });
            at += raw.len() + 1;
        }
        if list.len() > 1 && list.last().is_some_and(|last| last.raw.is_empty()) {
            list.pop();
        }
        let leading_slash = usize::from(list.len() > 1 && list[0].raw.is_empty());
        Segments { text, list, next: leading_slash }
    }

    fn peek(&self) -> Option<&'a str> {
        self.list.get(self.next).map(|segment| segment.raw)
    }

    fn at_end(&self) -> bool {
        self.next == self.list.len()
    }

    fn begins_with_workspace(&self) -> bool {
        self.peek().is_some_and(|s| s.len() == 32 && s.bytes().all(|b| b.is_ascii_hexdigit()))
    }

    fn fail<T>(&self, expected: &str) -> Parsed<T> {
        let at = self.list.get(self.next).map_or(self.text.len(), |segment| segment.at);
        Err(LocatorError::at(self.text, at, expected))
    }

    fn keyword(&mut self, words: &[&'static str], expected: &str) -> Parsed<&'static str> {
        match words.iter().find(|word| self.peek() == Some(word)) {
            Some(word) => {
                self.next += 1;
                Ok(word)
            }
            None => self.fail(expected),
        }
    }

    fn id(&mut self, expected: &str) -> Parsed<Id> {
        let Some(segment) = self.list.get(self.next) else {
            return self.fail(expected);
        };
        let decoded = decode(segment).map_err(|(at, why)| LocatorError::at(self.text, at, why))?;
        match Id::new(decoded) {
            Ok(id) => {
                self.next += 1;
                Ok(id)
            }
            Err(why) => self.fail(&format!("{expected}; {why}")),
        }
    }

    fn task(&mut self) -> Parsed<TaskChoice> {
        let id = self.id("a task id, or latest")?;
        Ok(if id.as_str() == LATEST { TaskChoice::Latest } else { TaskChoice::Id(id) })
    }

    fn end(&self) -> Parsed<()> {
        if self.at_end() {
            return Ok(());
        }
        self.fail("nothing more")
    }
}

fn decode(segment: &Segment<'_>) -> std::result::Result<String, (usize, &'static str)> {
    let bytes = segment.raw.as_bytes();
    for (index, _) in segment.raw.match_indices('%') {
        let digits = bytes.get(index + 1..index + 3);
        if !digits.is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit)) {
            return Err((
                segment.at + index,
                "two hexadecimal digits after %; a percent sign itself is written %25",
            ));
        }
    }
    percent_decode_str(segment.raw)
        .decode_utf8()
        .map(|text| text.into_owned())
        .map_err(|_| (segment.at, "percent-encoded UTF-8"))
}
