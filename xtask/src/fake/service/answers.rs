//! Where an answer is made: what each address of the API does.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::Service;
use super::json;
use crate::fake::data::{ActionResult, Dump, MODEL, Process, Task, WORKSPACE};
use crate::fake::http::{Answer, Request};

impl Service {
    pub(crate) fn answer(&mut self, request: &Request) -> Answer {
        let answer = self.throttle().or_else(|| self.sign_in.answer(request, &self.origin));
        let answer = answer.unwrap_or_else(|| self.api_answer(request).unwrap_or_else(|refusal| refusal));
        answer.with_header("Date", httpdate::fmt_http_date(self.sign_in.tokens.now()))
    }

    /// The refusal of the rate limit, where its bucket is empty.
    fn throttle(&mut self) -> Option<Answer> {
        let bucket = self.bucket.as_mut()?;
        let wait = bucket.take(Instant::now()).err()?;
        let answer = Answer::error(429, "Too Many Requests");
        let seconds = wait.as_secs_f64().ceil().to_string();
        Some(if bucket.retry_after { answer.with_header("Retry-After", seconds) } else { answer })
    }

    fn api_answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        let user = self.sign_in.tokens.user_of(request)?;
        let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
        let (workspace, model, rest) = match path[..] {
            ["2", "0", "workspaces", workspace, "models", model, ref rest @ ..] => (workspace, model, rest),
            ["2", "0", "models", model, ref rest @ ..] => (WORKSPACE, model, rest),
            ["2", "0", ref directory @ ..] => return self.directory(request, directory),
            _ => return Err(Answer::not_found()),
        };
        let method = request.sent.method.as_str();
        if (workspace, model) != (WORKSPACE, MODEL) {
            // A model that the user cannot see looks like one without tasks, or is not there at all.
            return match (method, rest) {
                ("GET", [_, _, "tasks"]) => self.list(request, "tasks", Vec::new()),
                _ => Err(Answer::not_found()),
            };
        }
        match (method, rest) {
            ("GET" | "POST", ["status"]) => Ok(self.status()),
            ("GET", ["files"]) => {
                let entries = self.files.iter().map(|file| json::file(file, &user)).collect();
                self.list(request, "files", entries)
            }
            ("POST", ["files", file]) => self.announce(request, &user, file),
            ("PUT", ["files", file, "chunks", chunk]) => self.put(request, &user, file, chunk),
            ("POST", ["files", file, "complete"]) => self.complete(&user, file),
            ("GET", ["processes"]) => {
                let entry = |process: &Process| json!({ "id": process.id, "name": process.name });
                self.list(request, "processes", self.processes.iter().map(entry).collect())
            }
            ("GET", ["imports"]) => self.list(request, "imports", self.imports.iter().map(json::import).collect()),
            ("GET", [kind @ ("processes" | "imports"), id]) => self.metadata(request, kind, id),
            ("GET", [kind @ ("processes" | "imports"), id, "tasks"]) => self.tasks(request, kind, id),
            ("POST", [kind @ ("processes" | "imports"), id, "tasks"]) => self.start(request, user, kind, id),
            ("GET", [kind @ ("processes" | "imports"), id, "tasks", task]) => {
                self.look(kind, id, task);
                let task = json::task(self.find(kind, id, task).ok_or_else(Answer::not_found)?);
                Ok(self.one("task", task))
            }
            ("DELETE", [kind @ ("processes" | "imports"), id, "tasks", task]) => {
                let task = self.find(kind, id, task).ok_or_else(Answer::not_found)?;
                task.cancel();
                let task = json::task(task);
                Ok(self.one("task", task))
            }
            ("GET", [kind @ ("processes" | "imports"), id, "tasks", task, "dumps", object, part @ ..]) => {
                self.dump(request, &user, (kind, id, task, object), part)
            }
            ("GET", [kind @ ("processes" | "imports"), id, "tasks", task, "dump", part @ ..]) => {
                self.dump(request, &user, (kind, id, task, id), part)
            }
            _ => Err(Answer::not_found()),
        }
    }

    /// The lists of workspaces and models, from which ids can be found.
    fn directory(&self, request: &Request, path: &[&str]) -> Result<Answer, Answer> {
        match *path {
            ["workspaces"] => self.list(request, "workspaces", vec![json::workspace()]),
            ["models"] | ["workspaces", WORKSPACE, "models"] => self.list(request, "models", vec![json::model()]),
            ["workspaces", _, "models"] => self.list(request, "models", Vec::new()),
            _ => Err(Answer::not_found()),
        }
    }

    fn parent(&mut self, kind: &str, id: &str) -> Option<&mut Process> {
        let of_kind = if kind == "imports" { &mut self.imports } else { &mut self.processes };
        of_kind.iter_mut().find(|process| process.id == id)
    }

    fn find(&mut self, kind: &str, process: &str, task: &str) -> Option<&mut Task> {
        self.parent(kind, process)?.tasks.iter_mut().find(|known| known.id == task)
    }

    /// The dump that a request asks for, to change it under the client.
    pub(crate) fn dump_at(&mut self, request: &Request) -> Option<&mut Dump> {
        let at = request.path.iter().skip(1).position(|segment| segment == "dumps")?;
        self.dump_mut(&request.path[at], request.path.get(at + 2)?)
    }

    /// `meta` and `status`, which are beside every payload.
    fn envelope(&self, schema: &str) -> Value {
        let schema = format!("https://api.anaplan.com/2/0/models/{MODEL}/objects/{schema}");
        json!({
            // The service grows fields without notice: clients must not mind.
            "meta": { "schema": schema, "newField": { "since": 2026 } },
            "status": { "code": 200, "message": "Success" },
        })
    }

    /// The answer with this one thing.
    pub(super) fn one(&self, key: &str, value: Value) -> Answer {
        let mut body = self.envelope(key);
        body[key] = value;
        Answer::json(200, &body)
    }

    /// One page of a list.
    fn list(&self, request: &Request, key: &str, mut entries: Vec<Value>) -> Result<Answer, Answer> {
        let number = |name: &str| match request.parameter(name).map(str::parse::<usize>) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => Err(Answer::error(400, &format!("Invalid {name}"))),
        };
        let limit = number("limit")?.unwrap_or(self.page_size).clamp(1, self.page_size);
        let offset = number("offset")?.unwrap_or(0);
        let total = entries.len();
        entries = entries.into_iter().skip(offset).take(limit).collect();
        let size = entries.len();
        let mut body = self.envelope(if key == "processes" { "process" } else { &key[..key.len() - 1] });
        let paging = &mut body["meta"]["paging"];
        *paging = json!({ "currentPageSize": size, "offset": offset, "totalSize": total });
        if offset + size < total {
            let (origin, path) = (&self.origin, request.sent.path());
            paging["next"] = format!("{origin}{path}?limit={limit}&offset={}", offset + limit).into();
        }
        // An empty list is left out, as the service does.
        if size > 0 {
            body[key] = entries.into();
        }
        Ok(Answer::json(200, &body))
    }

    fn tasks(&mut self, request: &Request, kind: &str, process: &str) -> Result<Answer, Answer> {
        let mut tasks: Vec<&Task> =
            self.parent(kind, process).map(|process| process.tasks.iter().collect()).unwrap_or_default();
        tasks.sort_by_key(|task| task.creation_time);
        // Published texts have both words; any other is ignored in silence.
        if matches!(request.parameter("sort"), Some("-creationDate" | "-creationTime")) {
            tasks.reverse();
        }
        let entries = tasks.into_iter().map(json::task_entry).collect();
        self.list(request, "tasks", entries)
    }

    fn start(&mut self, request: &Request, user: String, kind: &str, process: &str) -> Result<Answer, Answer> {
        let body: Value = serde_json::from_slice(&request.sent.body).unwrap_or_default();
        if !body["localeName"].is_string() {
            return Err(Answer::error(400, "localeName is required"));
        }
        let parent = self.parent(kind, process).ok_or_else(Answer::not_found)?.clone();
        let loads = self.loads(&parent);
        let wanted = loads.iter().filter_map(|import| import.import.as_ref()).flat_map(|import| &import.mapping);
        let given = body["mappingParameters"].as_array().cloned().unwrap_or_default();
        for entity in wanted {
            if !given.iter().any(|one| one["entityType"] == **entity && one["entityName"].is_string()) {
                return Err(Answer::error(400, &format!("A mapping is required for {entity}")));
            }
        }
        let run = self.load(&parent, &loads, &user);
        let id = format!("{:016X}{:016X}", self.random.next_u64(), self.random.next_u64());
        let now = self.start_time.unwrap_or_else(milliseconds);
        let parent = self.parent(kind, process).ok_or_else(Answer::not_found)?;
        let newest = parent.tasks.iter().filter_map(|task| task.creation_time).max();
        // Two tasks of one millisecond would have no order.
        let time = newest.map_or(0, |newest| newest + 1).max(now);
        parent.tasks.push(run.start(id.clone(), user, time));
        Ok(self.one("task", json!({ "taskId": id })))
    }

    /// The imports that a start of this loads: itself, or actions of a process.
    fn loads(&self, parent: &Process) -> Vec<Process> {
        let is_action = |import: &&Process| parent.actions.iter().any(|(id, _)| *id == import.id);
        let all = [parent].into_iter().chain(self.imports.iter().filter(is_action));
        all.filter(|import| import.import.is_some()).cloned().collect()
    }

    /// What a start does: the script, and in place of its result those of the imports that read their sources.
    fn load(&self, parent: &Process, loads: &[Process], user: &str) -> Task {
        let mut run = parent.run.clone();
        let mut results = Vec::new();
        for import in loads {
            // Without rules the script gives the result.
            let Some(rules) = import.import.as_ref().filter(|rules| !rules.columns.is_empty()) else {
                continue;
            };
            let file = self.files.iter().find(|file| Some(&file.id) == rules.file.as_ref());
            let loaded = file.map(|file| rules.load(&import.id, &import.name, file, user));
            let (result, dump) =
                loaded.unwrap_or_else(|| (ActionResult::loaded(&import.id, &import.name, [0; 3]), None));
            run = dump.into_iter().fold(run, |run, dump| run.with_dump(&import.id, dump));
            results.push(result);
        }
        match (&results[..], parent.import.is_some()) {
            ([], _) => run,
            ([own], true) => run.with_result(own.clone()),
            _ => {
                let successful = results.iter().all(|result| result.successful);
                let process = ActionResult::new(&parent.id).with_successful(successful);
                run.with_result(results.into_iter().fold(process, ActionResult::with_nested))
            }
        }
    }

    /// The actions of a process, or the source of an import.
    fn metadata(&self, request: &Request, kind: &str, id: &str) -> Result<Answer, Answer> {
        let known = if kind == "imports" { &self.imports } else { &self.processes };
        match (kind, known.iter().find(|known| known.id == id)) {
            ("imports", Some(import)) => Ok(self.one("importMetadata", json::import_metadata(import, &self.files))),
            // As the live service did.
            ("imports", None) => Err(Answer::error(500, "Internal Server Error")),
            (_, Some(process)) => {
                let sources = request.parameter("showImportDataSource") == Some("true");
                Ok(self.one("processMetadata", json::process_metadata(process, &self.imports, sources)))
            }
            (_, None) => Err(Answer::not_found()),
        }
    }

    fn status(&self) -> Answer {
        let mut all = self.processes.iter().chain(&self.imports).flat_map(|process| &process.tasks);
        let task = all.rfind(|task| matches!(task.now().0, "NOT_STARTED" | "IN_PROGRESS" | "CANCELLING"));
        let status = json!({
            "currentStep": self.busy.as_deref().unwrap_or(if task.is_some() { "Processing" } else { "Open" }),
            "progress": task.and_then(|task| task.now().2),
            "tooltip": task.and_then(|task| task.now().1),
            "taskId": task.map(|task| &task.id),
            "creationTime": task.and_then(|task| task.creation_time),
        });
        self.one("requestStatus", status)
    }

    /// A client looks at a task, which goes on.
    fn look(&mut self, kind: &str, process: &str, task: &str) {
        let Some(task) = self.find(kind, process, task) else { return };
        if !task.look() {
            return;
        }
        // A dump is kept once per user and object: the new one replaces that of any earlier task.
        let (ended, objects) = (task.clone(), task.objects());
        let all = self.processes.iter_mut().chain(&mut self.imports).flat_map(|process| &mut process.tasks);
        for task in all.filter(|task| task.id != ended.id && task.owner == ended.owner) {
            let replaced = task.dumps.iter_mut().filter(|(id, _)| objects.contains(id));
            replaced.for_each(|(_, dump)| dump.erased = true);
        }
    }

    /// The dump of an object of a task: whole, the list of its chunks, or one of these.
    fn dump(
        &mut self,
        request: &Request,
        user: &str,
        (kind, id, task, object): (&str, &str, &str, &str),
        part: &[&str],
    ) -> Result<Answer, Answer> {
        let task = self.find(kind, id, task).filter(|task| task.owner == user).ok_or_else(Answer::not_found)?;
        let Some(dump) = task.dump_mut(object).cloned() else {
            // For a single import, no failures and a dump that is gone are answered differently.
            return match (kind, part) {
                ("imports", []) => Ok(Answer::empty(204)),
                ("imports", ["chunks"]) => Err(Answer::error(400, "no dump for this task")),
                _ => Err(Answer::not_found()),
            };
        };
        match part {
            _ if dump.erased => Err(Answer::not_found()),
            [] => Ok(Answer::data(dump.chunks.to_vec())),
            ["chunks"] => {
                let entry = |id: &String| json!({ "id": id, "name": format!("Chunk {id}") });
                self.list(request, "chunks", dump.listed_ids().iter().map(entry).collect())
            }
            ["chunks", chunk] => Ok(Answer::data(vec![dump.chunk(chunk).ok_or_else(Answer::not_found)?.clone()])),
            _ => Err(Answer::not_found()),
        }
    }
}

fn milliseconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
