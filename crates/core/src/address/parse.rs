//! Text to [`Locator`]: URLs, the paths of URLs, and the short form.

use std::str::FromStr;

use percent_encoding::percent_decode_str;

use super::LocatorError;
use super::addresses::{ActionKind, ModelAddress};
use super::id::Id;
use super::locator::{LATEST, Locator, TaskChoice, begins_path};
use super::origin::Origin;

type Parsed<T> = Result<T, LocatorError>;

/// Maximum number of segments of a short form that begins at the process.
const SEGMENTS_FROM_PROCESS: usize = 3;

impl FromStr for Locator {
    type Err = LocatorError;

    fn from_str(text: &str) -> Parsed<Locator> {
        Locator::parse_within(text, None)
    }
}

impl Locator {
    /// Reads `text` like [`str::parse`]; within a known model, the short form may begin at the process.
    ///
    /// A short form whose first segment has the shape of a workspace (32 hexadecimal digits), or that has
    /// more than three segments, is complete in itself.
    ///
    /// # Errors
    ///
    /// [`LocatorError`], which says where something else was expected, and what.
    #[doc(hidden)]
    pub fn parse_within(text: &str, model: Option<&ModelAddress>) -> Parsed<Locator> {
        let text = text.trim();
        if let Some(model) = page_of_model(text) {
            return Ok(Locator::from(model));
        }
        let (origin, start) = match Origin::split(text).transpose()? {
            Some((origin, end)) => (Some(origin), end),
            None => (None, 0),
        };
        let mut path = Segments::new(text, start);
        if origin.is_none() && !text.starts_with('/') && !path.peek().is_some_and(begins_path) {
            return short_form(path, model);
        }
        if origin.is_some() || path.peek() == Some("2") {
            path.api_root()?;
        }
        path_form(path, origin)
    }
}

/// The model whose page a browser shows at this address. Only the two identifiers are taken from it, never the host:
/// that of the page is not that of the API.
fn page_of_model(text: &str) -> Option<ModelAddress> {
    let value = |key: &str| {
        let mut fields =
            text.split(['?', '&', '#', ';']).filter_map(|field| field.strip_prefix(key)?.strip_prefix('='));
        let value = fields.next()?.split('/').next()?;
        percent_decode_str(value).decode_utf8().ok()?.parse().ok()
    };
    let (workspace, id) = (Some(value("selectedWorkspaceId")?), value("selectedModelId")?);
    Some(ModelAddress { origin: None, workspace, id })
}

/// Reads a path, which may end after any keyword or identifier from the model on.
fn path_form(mut path: Segments<'_>, origin: Option<Origin>) -> Parsed<Locator> {
    let mut workspace = None;
    if path.keyword(&["workspaces", "models"])? == "workspaces" {
        workspace = Some(path.id("a workspace id")?);
        path.keyword(&["models"])?;
    }
    let model = ModelAddress { origin, workspace, id: path.id("a model id")? };
    let mut locator = Locator::from(model);
    let (kind, below_task) = match path.optional_keyword(&["processes", "imports"])? {
        Some("imports") => (ActionKind::Import, "dump"),
        _ => (ActionKind::Process, "dumps"),
    };
    locator.action = path.optional_id("the id of a process or import")?.map(|id| (kind, id));
    path.optional_keyword(&["tasks"])?;
    locator.task = path.optional_task()?;
    if path.optional_keyword(&[below_task])? == Some("dumps") {
        locator.object = path.optional_id("the objectId of a failed action")?;
    }
    path.optional_keyword(&["chunks"])?;
    path.optional_id("a chunk id")?;
    path.end(locator)
}

fn short_form(mut path: Segments<'_>, within: Option<&ModelAddress>) -> Parsed<Locator> {
    let begins_at_process = path.list.len() <= SEGMENTS_FROM_PROCESS && !path.begins_with_workspace();
    let model = match within.filter(|_| begins_at_process) {
        Some(model) => model.clone(),
        None => {
            let workspace = Some(path.id("a URL of the API, or WORKSPACE/MODEL/PROCESS[/TASK[/OBJECT]]")?);
            ModelAddress { origin: None, workspace, id: path.id("/MODEL after the workspace")? }
        }
    };
    let mut locator = Locator::from(model);
    let action = path.optional_id("the id of a process or import")?;
    locator.action = action.map(|id| (ActionKind::of(&id).unwrap_or(ActionKind::Process), id));
    locator.task = path.optional_task()?;
    if matches!(locator.action, Some((ActionKind::Import, _))) && !path.at_end() {
        return path.fail("the end after the task, because an import has one dump");
    }
    locator.object = path.optional_id("the objectId of a failed action")?;
    path.end(locator)
}

/// The segments of a path, each with its place in the text, read from left to right.
struct Segments<'a> {
    text: &'a str,
    list: Vec<(usize, &'a str)>,
    next: usize,
}

impl<'a> Segments<'a> {
    fn new(text: &'a str, start: usize) -> Segments<'a> {
        let end = text[start..].find(['?', '#']).map_or(text.len(), |i| start + i);
        let mut at = start;
        let place = |segment: &'a str| {
            at += segment.len() + 1;
            (at - segment.len() - 1, segment)
        };
        let mut list: Vec<_> = text[start..end].split('/').map(place).collect();
        if let [_, .., (_, "")] = list[..] {
            list.pop();
        }
        let leading_slash = usize::from(matches!(list[..], [(_, ""), _, ..]));
        Segments { text, list, next: leading_slash }
    }

    fn peek(&self) -> Option<&'a str> {
        self.list.get(self.next).map(|(_, segment)| *segment)
    }

    fn at_end(&self) -> bool {
        self.next == self.list.len()
    }

    fn begins_with_workspace(&self) -> bool {
        self.peek().is_some_and(|s| s.len() == 32 && s.bytes().all(|b| b.is_ascii_hexdigit()))
    }

    fn fail<T>(&self, expected: &str) -> Parsed<T> {
        let at = self.list.get(self.next).map_or(self.text.len(), |(at, _)| *at);
        Err(LocatorError::at(self.text, at, expected))
    }

    fn api_root(&mut self) -> Parsed<()> {
        for root in ["2", "0"] {
            if self.peek() != Some(root) {
                return self.fail("the root of the API, /2/0/");
            }
            self.next += 1;
        }
        Ok(())
    }

    fn optional_keyword(&mut self, words: &[&'static str]) -> Parsed<Option<&'static str>> {
        if self.at_end() { Ok(None) } else { self.keyword(words).map(Some) }
    }

    fn keyword(&mut self, words: &[&'static str]) -> Parsed<&'static str> {
        let Some(word) = words.iter().find(|word| self.peek() == Some(word)) else {
            return self.fail(&format!("{}/", words.join("/ or ")));
        };
        self.next += 1;
        Ok(word)
    }

    fn optional_id(&mut self, expected: &str) -> Parsed<Option<Id>> {
        if self.at_end() { Ok(None) } else { self.id(expected).map(Some) }
    }

    fn id(&mut self, expected: &str) -> Parsed<Id> {
        let Some(segment) = self.peek() else { return self.fail(expected) };
        let Ok(decoded) = percent_decode_str(segment).decode_utf8() else {
            return self.fail("percent-encoded UTF-8; a percent sign itself is written %25");
        };
        match decoded.parse::<Id>() {
            Ok(id) => {
                self.next += 1;
                Ok(id)
            }
            Err(why) => self.fail(&format!("{expected}: {}", why.expected)),
        }
    }

    fn optional_task(&mut self) -> Parsed<Option<TaskChoice>> {
        let id = self.optional_id("a task id, or latest")?;
        Ok(id.map(|id| if id.as_str() == LATEST { TaskChoice::Latest } else { TaskChoice::Id(id) }))
    }

    fn end(&self, locator: Locator) -> Parsed<Locator> {
        if self.at_end() { Ok(locator) } else { self.fail("nothing more") }
    }
}
