//! Processes and imports with tasks that left dumps.

use xtask::fake::{ActionResult, Dump, MODEL, PROCESS, Process, Service, Task, WORKSPACE, dump_file};

use super::texts::{downloaded, summary};
use super::{DATE, NEWEST_TASK, Outcome, Scene};

/// An import by its id and name.
pub(crate) type Import = (&'static str, &'static str);

pub(crate) const COSTS: Import = ("112000000021", "Cost centres");
pub(crate) const ACTUALS: Import = ("112000000022", "Actuals");
pub(crate) const BUDGET: Import = ("112000000023", "Budget");

/// The name of the process [`PROCESS`].
pub(crate) const PROCESS_NAME: &str = "Nightly load";

/// The locator of the model.
pub(crate) fn model() -> String {
    format!("{WORKSPACE}/{MODEL}")
}

/// The locator of the process [`PROCESS`].
pub(crate) fn nightly() -> String {
    format!("{}/{PROCESS}", model())
}

/// A dump of 2.5 kB in three chunks, another one for each object.
pub(crate) fn dump_for(object: &str) -> Dump {
    let seed = object.bytes().fold(1, |seed: u64, byte| seed.wrapping_mul(31) + u64::from(byte));
    Dump::from_bytes(dump_file::generate(seed, 2_500), 1_000)
}

/// The name of the file that an import's dump has in a folder.
pub(crate) fn file_of((id, name): Import, task: &str) -> String {
    format!("{DATE}-{id}-{}-{task}.csv", name.replace(' ', "_"))
}

/// The result of a process in which these imports, by id and name, rejected rows.
pub(crate) fn result_of(imports: &[(&str, &str)]) -> ActionResult {
    let process = ActionResult::new(PROCESS);
    imports.iter().fold(process, |result, (id, name)| result.with_nested(ActionResult::failed_import(id, name)))
}

/// A finished task in which these imports rejected rows, with the dumps of [`dump_for`].
pub(crate) fn failed(id: &str, imports: &[(&str, &str)]) -> Task {
    let task = Task::complete(id).with_result(result_of(imports));
    imports.iter().fold(task, |task, (object, _)| task.with_dump(*object, dump_for(object)))
}

/// A finished task in which nothing failed.
pub(crate) fn clean(id: &str) -> Task {
    let action = ActionResult::new("117000000003").with_name("Delete old rows");
    Task::complete(id).with_result(ActionResult::new(PROCESS).with_nested(action))
}

/// What a started process does: these imports reject rows.
pub(crate) fn failing_run(imports: &[(&str, &str)]) -> Task {
    failed("", imports)
}

impl Scene {
    /// A server whose process [`PROCESS`] has these tasks, the newest first, all of one
    /// day: the first twenty an hour apart.
    #[track_caller]
    pub(crate) fn with_tasks(tasks: impl IntoIterator<Item = Task>) -> Scene {
        const HOUR: u64 = 3_600_000;
        let mut process = Process::new(PROCESS, PROCESS_NAME);
        for (age, mut task) in (0..).zip(tasks) {
            task.creation_time = task.creation_time.map(|_| NEWEST_TASK - age.min(20) * HOUR - age);
            process = process.with_task(task);
        }
        Scene::with_service(Service::new().with_process(process))
    }

    /// A server whose process [`PROCESS`] has no tasks yet, and does this when it is started.
    #[track_caller]
    pub(crate) fn with_run(run: Task) -> Scene {
        let process = Process::new(PROCESS, PROCESS_NAME).with_script(run);
        Scene::with_service(Service::new().with_process(process))
    }

    /// The ids of the tasks of [`PROCESS`] that the server has.
    pub(crate) fn task_ids(&self) -> Vec<String> {
        let mut service = self.server.service();
        let process = service.process_mut(PROCESS).expect("the process is there");
        process.tasks.iter().map(|task| task.id.clone()).collect()
    }

    /// The id of the only one.
    #[track_caller]
    pub(crate) fn task_id(&self) -> String {
        let ids = self.task_ids();
        assert_eq!(ids.len(), 1, "{}", self.describe());
        ids[0].clone()
    }
}

impl Outcome<'_> {
    /// It leaves the dumps of these imports of a task in the folder (which ends with a slash, or is empty)
    /// and nothing else, and reports each of them, and how many there are if there are several.
    #[track_caller]
    pub(crate) fn collects(&self, folder: &str, task: &str, imports: &[Import]) -> &Self {
        let files: Vec<String> = imports.iter().map(|import| folder.to_owned() + &file_of(*import, task)).collect();
        let mut expected: String = files.iter().map(|file| downloaded(file)).collect();
        if imports.len() > 1 {
            expected += &summary(imports.len(), 0, 0, imports.len() * 2_500);
        }
        self.stdout(expected);
        for ((object, _), file) in imports.iter().zip(&files) {
            self.scene.has(file, &dump_for(object).bytes());
        }
        self.scene.holds(&files);
        self
    }
}
