//! From a request to its answer: what each address of the API does.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::address::{Address, Kind, Part, Target};
use super::dump::Dump;
use super::json::{self, Page};
use super::model::{Process, Task, TaskState};
use super::request::Request;
use super::respond::Answer;
use super::run::Running;
use super::service::{Scheme, Service};

impl Service {
    /// Answers a request. `origin` is where the client believes to be.
    pub(crate) fn answer(&mut self, request: &Request, origin: &str) -> Answer {
        if let Some(answer) = self.sign_in_answer(request, origin) {
            return answer;
        }
        let user = match self.user_of(request) {
            Ok(user) => user,
            Err(answer) => return answer,
        };
        let Some(address) = Address::parse(&request.path) else {
            return Answer::not_found(&request.target);
        };
        let seen = address.model == self.model
            && address.workspace.as_ref().is_none_or(|workspace| *workspace == self.workspace);
        if !seen {
            // A model that the user cannot see looks like one without tasks, or is not there at all.
            return match (&address.target, request.method.as_str()) {
                (Target::Tasks(..), "GET") => self.list(request, origin, "task", "tasks", Vec::new(), None),
                _ => Answer::not_found(&request.target),
            };
        }
        match (request.method.as_str(), &address.target) {
            ("GET", Target::List(kind)) => {
                let entries = self.of_kind(*kind).iter().map(json::process).collect();
                let (schema, key) = match kind {
                    Kind::Process => ("process", "processes"),
                    Kind::Import => ("import", "imports"),
                };
                self.list(request, origin, schema, key, entries, None)
            }
            ("GET", Target::Tasks(kind, process)) => self.tasks(request, origin, *kind, process),
            ("POST", Target::Tasks(kind, process)) => self.start(request, &user, *kind, process),
            ("GET", Target::Task(kind, process, task)) => {
                self.update(*kind, process, Some(task));
                let details = request.parameter("includeProcessDetails") == Some("true");
                self.show_task(request, *kind, process, task, details)
            }
            ("DELETE", Target::Task(kind, process, task)) => {
                self.update(*kind, process, None);
                if let Some(task) = self.find(*kind, process, task) {
                    task.cancel();
                }
                self.show_task(request, *kind, process, task, false)
            }
            ("GET", Target::Dump { .. }) => self.dump(request, origin, &user, &address.target),
            _ => Answer::error(405, "Method Not Allowed", &request.target),
        }
    }

    /// Who sends this, or the refusal.
    pub(crate) fn user_of(&self, request: &Request) -> Result<String, Answer> {
        let header = request.header("authorization").unwrap_or_default();
        let presented = [("AnaplanAuthToken ", Scheme::Anaplan), ("Bearer ", Scheme::Bearer)]
            .into_iter()
            .find_map(|(word, scheme)| header.strip_prefix(word).map(|value| (value, scheme)));
        let known = presented.and_then(|(value, scheme)| {
            self.tokens.iter().find(|token| token.value == value && token.scheme == scheme)
        });
        let now = std::time::Instant::now();
        match known {
            Some(token) if token.expired || token.expires.is_some_and(|end| end <= now) => {
                Err(Answer::error(401, "Authentication token has expired", &request.target))
            }
            Some(token) if token.forbidden => Err(Answer::error(403, "Forbidden", &request.target)),
            Some(token) => Ok(token.user.clone()),
            None => Err(Answer::error(401, "Unauthorized", &request.target)),
        }
    }

    fn of_kind(&self, kind: Kind) -> &[Process] {
        match kind {
            Kind::Process => &self.processes,
            Kind::Import => &self.imports,
        }
    }

    fn parent(&mut self, kind: Kind, id: &str) -> Option<&mut Process> {
        let all = match kind {
            Kind::Process => &mut self.processes,
            Kind::Import => &mut self.imports,
        };
        all.iter_mut().find(|process| process.id == id)
    }

    fn find(&mut self, kind: Kind, process: &str, task: &str) -> Option<&mut Task> {
        self.parent(kind, process)?.tasks.iter_mut().find(|known| known.id == task)
    }

    /// The dump at an address, to change it while a client is at it.
    pub(crate) fn dump_at(&mut self, path: &[String]) -> Option<&mut Dump> {
        let Target::Dump { kind, process, task, object, .. } = Address::parse(path)?.target else {
            return None;
        };
        self.find(kind, &process, &task)?.dump_mut(&object)
    }

    fn list(
        &self,
        request: &Request,
        origin: &str,
        schema: &str,
        key: &str,
        entries: Vec<Value>,
        dump: Option<&Dump>,
    ) -> Answer {
        let number = |name: &str| match request.parameter(name).map(str::parse::<usize>) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => Err(Answer::error(400, &format!("Invalid {name}"), &request.target)),
        };
        let (limit, offset) = match (number("limit"), number("offset")) {
            (Ok(limit), Ok(offset)) => (limit, offset),
            (Err(answer), _) | (_, Err(answer)) => return answer,
        };
        let most = dump.and_then(|dump| dump.page_size).unwrap_or(self.page_size);
        let page = Page { offset: offset.unwrap_or(0), limit: limit.unwrap_or(most).clamp(1, most) };
        let path = request.target.split('?').next().unwrap_or_default();
        let map = json::envelope(&self.model, schema);
        let total = dump.and_then(|dump| dump.total_size);
        let address = format!("{origin}{path}");
        Answer::json(200, &json::list(map, key, entries, page, total, &address))
    }

    fn tasks(&mut self, request: &Request, origin: &str, kind: Kind, process: &str) -> Answer {
        self.update(kind, process, None);
        let mut tasks: Vec<&Task> =
            self.parent(kind, process).map(|process| process.tasks.iter().collect()).unwrap_or_default();
        tasks.sort_by_key(|task| task.creation_time);
        if request.parameter("sort") == Some("-creationTime") {
            tasks.reverse();
        }
        let entries = tasks.into_iter().map(json::task_entry).collect();
        self.list(request, origin, "task", "tasks", entries, None)
    }

    fn start(&mut self, request: &Request, user: &str, kind: Kind, process: &str) -> Answer {
        let body: Option<Value> = serde_json::from_slice(&request.body).ok();
        if body.is_none_or(|body| !body["localeName"].is_string()) {
            return Answer::error(400, "localeName is required", &request.target);
        }
        let id = self.random.hex(32);
        let Some(parent) = self.parent(kind, process) else {
            return Answer::not_found(&request.target);
        };
        let newest = parent.tasks.iter().filter_map(|task| task.creation_time).max();
        // Two tasks of one millisecond would have no order.
        let time = newest.map_or(0, |newest| newest + 1).max(milliseconds());
        let mut task = Task::new(id, TaskState::NotStarted)
            .with_creation_time(time)
            .with_owner(user)
            .with_step("Waiting to start.", 0.0);
        task.running = Some(Running::new(parent.run.clone()));
        let value = serde_json::json!({ "taskId": task.id });
        parent.tasks.push(task);
        let mut map = json::envelope(&self.model, "task");
        map.insert("task".into(), value);
        Answer::json(200, &Value::Object(map))
    }

    /// Brings the running tasks of a process up to date; the one that a client asks for counts as looked at.
    fn update(&mut self, kind: Kind, process: &str, polled: Option<&String>) {
        let Some(parent) = self.parent(kind, process) else {
            return;
        };
        let mut ended = Vec::new();
        for task in &mut parent.tasks {
            if let Some(run) = task.advance(polled == Some(&task.id)) {
                ended.push((task.id.clone(), task.owner.clone(), run.replaced_objects()));
            }
        }
        // A dump is kept once per user and object: the new one takes the place of any earlier task's.
        for (id, owner, objects) in ended {
            let all = self.processes.iter_mut().chain(&mut self.imports);
            for task in all.flat_map(|process| &mut process.tasks) {
                if task.id != id && task.owner == owner {
                    let replaced = task.dumps.iter_mut().filter(|(id, _)| objects.contains(id));
                    replaced.for_each(|(_, dump)| dump.erased = true);
                }
            }
        }
    }

    fn show_task(
        &mut self,
        request: &Request,
        kind: Kind,
        process: &str,
        task: &str,
        details: bool,
    ) -> Answer {
        let Some(value) = self.find(kind, process, task).map(|task| json::task(task, details)) else {
            return Answer::not_found(&request.target);
        };
        let mut map = json::envelope(&self.model, "task");
        map.insert("task".into(), value);
        Answer::json(200, &Value::Object(map))
    }

    fn dump(&mut self, request: &Request, origin: &str, user: &str, target: &Target) -> Answer {
        let Target::Dump { kind, process, task, object, part } = target else {
            return Answer::not_found(&request.target);
        };
        self.update(*kind, process, None);
        let Some(task) = self.find(*kind, process, task) else {
            return Answer::not_found(&request.target);
        };
        let mine = task.owner == user;
        let dump = task.dump(object).filter(|dump| mine && !dump.erased).cloned();
        let without_failures = mine && task.dump(object).is_none();
        let Some(dump) = dump else {
            // A single import without failures is told apart from a dump that is gone.
            return match (kind, part) {
                (Kind::Import, Part::Whole) if without_failures => Answer::empty(204),
                (Kind::Import, Part::List) if without_failures => {
                    Answer::error(400, "no dump for this task", &request.target)
                }
                _ => Answer::not_found(&request.target),
            };
        };
        match part {
            Part::Whole => Answer::data(dump.chunks.clone()),
            Part::List => match &dump.list_body {
                Some(text) => Answer::new(200, "application/json", text.clone()),
                None => {
                    let entries = dump.listed_ids().iter().map(|id| json::chunk(id)).collect();
                    self.list(request, origin, "chunk", "chunks", entries, Some(&dump))
                }
            },
            Part::Chunk(id) => match dump.chunk(id) {
                Some(content) => {
                    let answer = Answer::data(vec![content.clone()]);
                    with_validators(answer, &dump, content)
                }
                None => Answer::not_found(&request.target),
            },
        }
    }
}

/// The headers by which a client can tell that a dump was replaced.
fn with_validators(mut answer: Answer, dump: &Dump, content: &[u8]) -> Answer {
    if dump.etag {
        answer = answer.with_header("ETag", format!("\"{:08x}\"", checksum(&[content])));
    }
    if dump.last_modified {
        // A date of its own for each content, on one fixed day.
        let whole: Vec<&[u8]> = dump.chunks.iter().map(|chunk| &chunk[..]).collect();
        let second = checksum(&whole) % 86_400;
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let date = format!("Tue, 14 Jul 2026 {hour:02}:{minute:02}:{second:02} GMT");
        answer = answer.with_header("Last-Modified", date);
    }
    answer
}

fn checksum(blocks: &[&[u8]]) -> u32 {
    let mut crc = flate2::Crc::new();
    blocks.iter().for_each(|block| crc.update(block));
    crc.sum()
}

fn milliseconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
