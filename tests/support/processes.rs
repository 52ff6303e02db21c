//! Processes with tasks that left dumps, and what commands say of them as JSON.

use std::process::Command;

use serde_json::Value;
use xtask::fake::{
    ActionResult, Dump, MODEL, PROCESS, Process, ProcessRun, Service, Task, WORKSPACE, dump_file,
};

use super::{Outcome, Scene, assert_same_bytes};

/// The name of the process [`PROCESS`].
pub(crate) const PROCESS_NAME: &str = "Nightly load";

/// The locator of the process [`PROCESS`].
pub(crate) fn nightly() -> String {
    format!("{WORKSPACE}/{MODEL}/{PROCESS}")
}

/// A dump of 2.5 kB in three chunks, another one for each object.
pub(crate) fn dump_for(object: &str) -> Dump {
    let seed = object.bytes().fold(1, |seed: u64, byte| seed.wrapping_mul(31) + u64::from(byte));
    Dump::from_bytes(dump_file::generate(seed, 2_500), 1_000)
}

/// The result of a process in which these imports, by id and name, rejected rows.
pub(crate) fn result_of(imports: &[(&str, &str)]) -> ActionResult {
    let process = ActionResult::process(PROCESS);
    imports
        .iter()
        .fold(process, |result, (id, name)| result.with_nested(ActionResult::failed_import(*id, *name)))
}

/// A finished task in which these imports rejected rows; [`dump_for`] tells what is in their dumps.
pub(crate) fn failed(id: &str, imports: &[(&str, &str)]) -> Task {
    let task = Task::complete(id).with_result(result_of(imports));
    imports.iter().fold(task, |task, (object, _)| task.with_dump(*object, dump_for(object)))
}

/// A finished task in which nothing failed.
pub(crate) fn clean(id: &str) -> Task {
    let action = ActionResult::new("117000000003").with_name("Delete old rows");
    Task::complete(id).with_result(ActionResult::process(PROCESS).with_nested(action))
}

/// What a started process does: these imports reject rows.
pub(crate) fn failing_run(imports: &[(&str, &str)]) -> ProcessRun {
    let run = ProcessRun::new().with_result(result_of(imports));
    imports.iter().fold(run, |run, (object, _)| run.with_dump(*object, dump_for(object)))
}

impl Scene {
    /// A server whose process [`PROCESS`] has these tasks, the newest first.
    pub(crate) fn with_tasks(tasks: impl IntoIterator<Item = Task>) -> Scene {
        const NEWEST: u64 = 1_571_258_347_545;
        const HOUR: u64 = 3_600_000;
        let mut process = Process::new(PROCESS, PROCESS_NAME);
        for (age, mut task) in (0..).zip(tasks) {
            task.creation_time = task.creation_time.map(|_| NEWEST - age * HOUR);
            process = process.with_task(task);
        }
        Scene::with_service(Service::new().with_process(process))
    }

    /// A server whose process [`PROCESS`] has no tasks yet, and does this when it is started.
    pub(crate) fn with_run(run: ProcessRun) -> Scene {
        let process = Process::new(PROCESS, PROCESS_NAME).with_script(run);
        Scene::with_service(Service::new().with_process(process))
    }

    /// The ids of the tasks of [`PROCESS`] that the server has.
    pub(crate) fn task_ids(&self) -> Vec<String> {
        let mut service = self.server.service();
        let process = service.process_mut(PROCESS).expect("the process is there");
        process.tasks.iter().map(|task| task.id.clone()).collect()
    }

    /// A file has exactly the bytes of [`dump_for`] this object.
    #[track_caller]
    pub(crate) fn has_dump_of(&self, object: &str, file: &str) {
        assert_same_bytes(&self.read(file), &dump_for(object).bytes());
    }

    /// Methods and paths of all requests, as `GET .../tasks`: what stands before is left out.
    pub(crate) fn steps(&self) -> Vec<String> {
        let requests = self.server.requests();
        let below = |path: &str| path.split_once("/processes").map_or(path, |(_, rest)| rest).to_owned();
        requests.iter().map(|request| format!("{} {}", request.method, below(request.path()))).collect()
    }

    /// How many requests had this method.
    pub(crate) fn count_of(&self, method: &str) -> usize {
        self.server.requests().iter().filter(|request| request.method == method).count()
    }

    /// The SHA-256 of a file, by a program that shares nothing with ours.
    #[track_caller]
    pub(crate) fn sha256sum(&self, file: &str) -> String {
        let output = Command::new("sha256sum").arg(self.path(file)).output().expect("sha256sum is there");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let sum = text.trim_start_matches('\\').split_whitespace().next().unwrap_or_default().to_owned();
        assert_eq!(sum.len(), 64, "{file}: {text}\n{}", self.describe());
        sum
    }
}

impl Outcome<'_> {
    /// Standard output as the one JSON document that it is.
    #[track_caller]
    pub(crate) fn document(&self) -> Value {
        let document = serde_json::from_slice(&self.output.stdout);
        document.unwrap_or_else(|error| panic!("not one JSON document: {error}\n{}", self.describe()))
    }

    /// The document, or the part of it at a pointer such as `/dumps/0`, has exactly these fields.
    #[track_caller]
    pub(crate) fn has_fields(&self, pointer: &str, expected: &[&str]) {
        let document = self.document();
        let object = document.pointer(pointer).and_then(Value::as_object);
        let mut fields: Vec<&str> =
            object.map(|o| o.keys().map(String::as_str).collect()).unwrap_or_default();
        let mut expected = expected.to_vec();
        fields.sort_unstable();
        expected.sort_unstable();
        assert_eq!(fields, expected, "at {pointer:?}\n{}", self.describe());
    }

    /// The part of the document at a pointer is this value.
    #[track_caller]
    pub(crate) fn has_value(self, pointer: &str, expected: impl Into<Value>) -> Self {
        let document = self.document();
        let found = document.pointer(pointer).unwrap_or(&Value::Null);
        assert!(*found == expected.into(), "{found} is at {pointer:?}\n{}", self.describe());
        self
    }
}
