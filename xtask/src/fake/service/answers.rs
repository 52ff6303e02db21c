//! Where an answer is made: what each address of the API does.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::Service;
use super::address::{Address, Kind, Part, Target};
use super::json::{self, Page};
use crate::fake::data::{ActionResult, Dump, Process, ProcessRun, Task, TaskState};
use crate::fake::http::{Answer, Request};

impl Service {
    /// The refusal of the rate limit, where its bucket is empty.
    pub(crate) fn throttle(&mut self, request: &Request) -> Option<Answer> {
        let bucket = self.bucket.as_mut()?;
        let wait = bucket.take(Instant::now()).err()?;
        let answer = Answer::error(429, "Too Many Requests", request);
        let seconds = wait.as_secs_f64().ceil().to_string();
        Some(if bucket.retry_after { answer.with_header("Retry-After", seconds) } else { answer })
    }

    /// Answers a request.
    pub(crate) fn answer(&mut self, request: &Request) -> Answer {
        let answer = self.sign_in.answer(request, &self.origin);
        let answer = answer.unwrap_or_else(|| self.api_answer(request).unwrap_or_else(|refusal| refusal));
        answer.with_header("Date", httpdate::fmt_http_date(self.sign_in.tokens.now()))
    }

    fn api_answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        let user = self.sign_in.tokens.user_of(request)?;
        let not_found = || Answer::not_found(request);
        if let Some(answer) = self.directory(request) {
            return answer;
        }
        let address = Address::parse(&request.path).ok_or_else(not_found)?;
        let (method, kind) = (request.sent.method.as_str(), address.kind);
        if address.model != self.model || address.workspace.is_some_and(|name| name != self.workspace) {
            // A model that the user cannot see looks like one without tasks, or is not there at all.
            return match (method, address.target) {
                ("GET", Target::Tasks { .. }) => self.list(request, "task", "tasks", Vec::new(), None),
                _ => Err(not_found()),
            };
        }
        match (method, address.target) {
            ("GET" | "POST", Target::Status) => Ok(self.status()),
            ("GET", Target::Files) => {
                let entries = self.files.iter().map(|file| json::file(file, &user)).collect();
                self.list(request, "file", "files", entries, None)
            }
            ("POST", Target::File { file }) => self.announce(request, &user, file),
            ("PUT", Target::FileChunk { file, chunk }) => self.put(request, &user, file, chunk),
            ("POST", Target::FileComplete { file }) => self.complete(request, &user, file),
            ("GET", Target::List) => match kind {
                Kind::Process => {
                    let entries = self.processes.iter().map(json::process).collect();
                    self.list(request, "process", "processes", entries, None)
                }
                Kind::Import => {
                    let entries = self.imports.iter().map(json::import).collect();
                    self.list(request, "import", "imports", entries, None)
                }
            },
            ("GET", Target::Item { process }) => self.metadata(request, kind, process),
            ("GET", Target::Tasks { process }) => self.tasks(request, kind, process),
            ("POST", Target::Tasks { process }) => self.start(request, user, kind, process),
            ("GET", Target::Task { process, task }) => {
                self.update(kind, process, Some(task));
                let value = json::task(self.find(kind, process, task).ok_or_else(not_found)?);
                Ok(self.task_answer(value))
            }
            ("DELETE", Target::Task { process, task }) => {
                self.update(kind, process, None);
                let task = self.find(kind, process, task).ok_or_else(not_found)?;
                task.cancel();
                let value = json::task(task);
                Ok(self.task_answer(value))
            }
            ("GET", Target::Dump { process, task, object, part }) => {
                self.update(kind, process, None);
                let task = self.find(kind, process, task).filter(|task| task.owner == user);
                let dump = task.ok_or_else(not_found)?.dump(object).cloned();
                match (kind, part, dump) {
                    (_, _, Some(dump)) if !dump.erased => self.part(request, &dump, part),
                    // For a single import, no failures and a dump that is gone are answered differently.
                    (Kind::Import, Part::Whole, None) => Ok(Answer::empty(204)),
                    (Kind::Import, Part::List, None) => Err(Answer::error(400, "no dump for this task", request)),
                    _ => Err(not_found()),
                }
            }
            _ => Err(Answer::error(405, "Method Not Allowed", request)),
        }
    }

    /// The lists of workspaces and models, from which ids can be found.
    fn directory(&self, request: &Request) -> Option<Result<Answer, Answer>> {
        let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
        let model = json::model(&self.model, &self.workspace);
        Some(match (request.sent.method.as_str(), &path[..]) {
            ("GET", ["2", "0", "workspaces"]) => {
                self.list(request, "workspace", "workspaces", vec![json::workspace(&self.workspace)], None)
            }
            ("GET", ["2", "0", "models"]) => self.list(request, "model", "models", vec![model], None),
            ("GET", ["2", "0", "workspaces", workspace, "models"]) => {
                let models = if *workspace == self.workspace { vec![model] } else { Vec::new() };
                self.list(request, "model", "models", models, None)
            }
            _ => return None,
        })
    }

    fn of_kind(&mut self, kind: Kind) -> &mut Vec<Process> {
        match kind {
            Kind::Process => &mut self.processes,
            Kind::Import => &mut self.imports,
        }
    }

    fn parent(&mut self, kind: Kind, id: &str) -> Option<&mut Process> {
        self.of_kind(kind).iter_mut().find(|process| process.id == id)
    }

    fn find(&mut self, kind: Kind, process: &str, task: &str) -> Option<&mut Task> {
        self.parent(kind, process)?.tasks.iter_mut().find(|known| known.id == task)
    }

    /// The dump that a request asks for, to change it under the client.
    pub(crate) fn dump_at(&mut self, request: &Request) -> Option<&mut Dump> {
        let address = Address::parse(&request.path)?;
        let Target::Dump { process, task, object, .. } = address.target else { return None };
        self.find(address.kind, process, task)?.dump_mut(object)
    }

    /// One page of a list; that of a dump's chunks may lie.
    fn list(
        &self,
        request: &Request,
        schema: &str,
        key: &str,
        entries: Vec<Value>,
        dump: Option<&Dump>,
    ) -> Result<Answer, Answer> {
        let number = |name: &str| match request.parameter(name).map(str::parse::<usize>) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => Err(Answer::error(400, &format!("Invalid {name}"), request)),
        };
        let maximum = dump.and_then(|dump| dump.page_size).unwrap_or(self.page_size);
        let limit = number("limit")?.unwrap_or(maximum).clamp(1, maximum);
        let next_on_whole_lists = self.next_on_whole_lists;
        let page = Page { offset: number("offset")?.unwrap_or(0), limit, next_on_whole_lists };
        let url = format!("{}{}", self.origin, request.sent.path());
        let map = json::envelope(&self.model, schema);
        let total = dump.and_then(|dump| dump.total_size);
        Ok(Answer::json(200, &json::list(map, key, entries, page, total, &url)))
    }

    fn tasks(&mut self, request: &Request, kind: Kind, process: &str) -> Result<Answer, Answer> {
        self.update(kind, process, None);
        let mut tasks: Vec<&Task> =
            self.parent(kind, process).map(|process| process.tasks.iter().collect()).unwrap_or_default();
        tasks.sort_by_key(|task| task.creation_time);
        // Published texts have both words; any other is ignored in silence.
        if matches!(request.parameter("sort"), Some("-creationDate" | "-creationTime")) {
            tasks.reverse();
        }
        let entries = tasks.into_iter().map(json::task_entry).collect();
        self.list(request, "task", "tasks", entries, None)
    }

    fn start(&mut self, request: &Request, user: String, kind: Kind, process: &str) -> Result<Answer, Answer> {
        let body: Value = serde_json::from_slice(&request.sent.body).unwrap_or_default();
        if !body["localeName"].is_string() {
            return Err(Answer::error(400, "localeName is required", request));
        }
        let parent = self.parent(kind, process).ok_or_else(|| Answer::not_found(request))?.clone();
        let loads = self.loads(&parent);
        let wanted = loads.iter().filter_map(|import| import.import.as_ref()).flat_map(|import| &import.mapping);
        let given = body["mappingParameters"].as_array().cloned().unwrap_or_default();
        for entity in wanted {
            if !given.iter().any(|one| one["entityType"] == **entity && one["entityName"].is_string()) {
                return Err(Answer::error(400, &format!("A mapping is required for {entity}"), request));
            }
        }
        let run = self.load(&parent, &loads, &user);
        let id = self.random.hex(32);
        let now = self.start_time.unwrap_or_else(milliseconds);
        let parent = self.parent(kind, process).ok_or_else(|| Answer::not_found(request))?;
        let newest = parent.tasks.iter().filter_map(|task| task.creation_time).max();
        // Two tasks of one millisecond would have no order.
        let time = newest.map_or(0, |newest| newest + 1).max(now);
        let mut task = Task::new(id.clone(), TaskState::NotStarted)
            .with_creation_time(time)
            .with_owner(user)
            .with_step("Waiting to start.", 0.0);
        task.start(run);
        parent.tasks.push(task);
        Ok(self.task_answer(json!({ "taskId": id })))
    }

    /// The imports that a start of this loads: itself, or actions of a process.
    fn loads(&self, parent: &Process) -> Vec<Process> {
        let is_action = |import: &&Process| parent.actions.iter().any(|(id, _)| *id == import.id);
        let all = [parent].into_iter().chain(self.imports.iter().filter(is_action));
        all.filter(|import| import.import.is_some()).cloned().collect()
    }

    /// What a start does: the script, and in place of its result those of the imports that read their sources.
    fn load(&self, parent: &Process, loads: &[Process], user: &str) -> ProcessRun {
        let mut run = parent.run.clone();
        let mut results = Vec::new();
        for import in loads {
            // Without rules the script gives the result.
            let Some(rules) = import.import.as_ref().filter(|rules| !rules.columns.is_empty()) else {
                continue;
            };
            let file = self.files.iter().find(|file| Some(&file.id) == rules.file.as_ref());
            let loaded = file.map(|file| rules.load(&import.id, &import.name, file, file.content_of(user)));
            let (result, dump) = loaded.unwrap_or_else(|| (ActionResult::loaded(&import.id, &import.name, 0), None));
            run = dump.into_iter().fold(run, |run, dump| run.with_dump(&import.id, dump));
            results.push(result);
        }
        match (&results[..], parent.import.is_some()) {
            ([], _) => run,
            ([own], true) => run.with_result(own.clone()),
            _ => {
                let successful = results.iter().all(|result| result.successful);
                let process = ActionResult::process(&parent.id).with_successful(successful);
                run.with_result(results.into_iter().fold(process, ActionResult::with_nested))
            }
        }
    }

    /// The actions of a process, or the source of an import.
    fn metadata(&self, request: &Request, kind: Kind, id: &str) -> Result<Answer, Answer> {
        let of_kind = if kind == Kind::Process { &self.processes } else { &self.imports };
        let found = of_kind.iter().find(|known| known.id == id);
        let (key, value) = match (kind, found) {
            (Kind::Process, Some(process)) => {
                let sources = request.parameter("showImportDataSource") == Some("true");
                ("processMetadata", json::process_metadata(process, &self.imports, sources))
            }
            (Kind::Import, Some(import)) => ("importMetadata", json::import_metadata(import, &self.files)),
            // As the live service did.
            (Kind::Import, None) => return Err(Answer::error(500, "Internal Server Error", request)),
            (Kind::Process, None) => return Err(Answer::not_found(request)),
        };
        let mut map = json::envelope(&self.model, key);
        map.insert(key.to_owned(), value);
        Ok(Answer::json(200, &Value::Object(map)))
    }

    /// What the model is doing.
    fn status(&self) -> Answer {
        let mut all = self.processes.iter().chain(&self.imports).flat_map(|process| &process.tasks);
        let running =
            |task: &&Task| matches!(task.state, TaskState::NotStarted | TaskState::InProgress | TaskState::Cancelling);
        let task = all.rfind(running);
        let word = self.busy.as_deref().unwrap_or(if task.is_some() { "Processing" } else { "Open" });
        let mut map = json::envelope(&self.model, "requestStatus");
        map.insert(
            "requestStatus".into(),
            json!({
                "currentStep": word,
                "progress": task.and_then(|task| task.progress),
                "tooltip": task.and_then(|task| task.current_step.as_deref()),
                "taskId": task.map(|task| &task.id),
                "creationTime": task.and_then(|task| task.creation_time),
            }),
        );
        Answer::json(200, &Value::Object(map))
    }

    fn task_answer(&self, task: Value) -> Answer {
        let mut map = json::envelope(&self.model, "task");
        map.insert("task".into(), task);
        Answer::json(200, &Value::Object(map))
    }

    /// Brings the running tasks of a process up to date; the one that a client asks for counts as looked at.
    fn update(&mut self, kind: Kind, process: &str, polled: Option<&str>) {
        let Some(parent) = self.parent(kind, process) else { return };
        let mut ended = Vec::new();
        for task in &mut parent.tasks {
            if let Some(run) = task.advance(polled == Some(&task.id)) {
                ended.push((task.id.clone(), task.owner.clone(), run.replaced_objects()));
            }
        }
        // A dump is kept once per user and object: the new one replaces that of any earlier task.
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

    fn part(&self, request: &Request, dump: &Dump, part: Part<'_>) -> Result<Answer, Answer> {
        match (part, &dump.list_body) {
            (Part::Whole, _) => Ok(Answer::data(dump.chunks.to_vec())),
            (Part::List, Some(text)) => Ok(Answer::new(200, "application/json", text.clone())),
            (Part::List, None) => {
                let entries = dump.listed_ids().iter().map(|id| json::chunk(id)).collect();
                self.list(request, "chunk", "chunks", entries, Some(dump))
            }
            (Part::Chunk(id), _) => {
                let content = dump.chunk(id).ok_or_else(|| Answer::not_found(request))?;
                Ok(Answer::data(vec![content.clone()]))
            }
        }
    }
}

fn milliseconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
