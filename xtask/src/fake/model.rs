//! Processes and their tasks, as the service knows them.

use super::dump::Dump;
use super::run::{ProcessRun, Running};

/// A process, or an import of its own: something that is run as tasks.
#[derive(Debug, Clone)]
pub struct Process {
    /// 12 digits, but nobody may rely on that.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its tasks, in any order: the lists sort them.
    pub tasks: Vec<Task>,
    /// What a started task will do.
    pub run: ProcessRun,
}

impl Process {
    /// A process without tasks that, when it is run, completes at the first look.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        let id = id.into();
        let run = ProcessRun::new().with_result(ActionResult::new(id.clone()));
        Self { id, name: name.into(), tasks: Vec::new(), run }
    }

    /// Adds a task.
    #[must_use]
    pub fn with_task(mut self, task: Task) -> Self {
        self.tasks.push(task);
        self
    }

    /// What a started task will do.
    #[must_use]
    pub fn with_script(mut self, run: ProcessRun) -> Self {
        self.run = run;
        self
    }
}

/// How far a task is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskState {
    /// `NOT_STARTED`
    NotStarted,
    /// `IN_PROGRESS`
    InProgress,
    /// `COMPLETE`: finished, well or badly.
    Complete,
    /// `CANCELLING`
    Cancelling,
    /// `CANCELLED`
    Cancelled,
    /// A state that the documentation does not know.
    Other(String),
}

impl TaskState {
    /// The word on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::NotStarted => "NOT_STARTED",
            Self::InProgress => "IN_PROGRESS",
            Self::Complete => "COMPLETE",
            Self::Cancelling => "CANCELLING",
            Self::Cancelled => "CANCELLED",
            Self::Other(word) => word,
        }
    }
}

/// One run of a process.
#[derive(Debug, Clone)]
pub struct Task {
    /// 32 upper-case hexadecimal digits, but nobody may rely on that.
    pub id: String,
    /// How far it is.
    pub state: TaskState,
    /// Milliseconds since 1970; absent from real logs now and then.
    pub creation_time: Option<u64>,
    /// Text for people.
    pub current_step: Option<String>,
    /// 0.0 to 1.0.
    pub progress: Option<f64>,
    /// Who started it. Only this user can read its dumps.
    pub owner: String,
    /// Absent until the task has finished.
    pub result: Option<ActionResult>,
    /// Its dumps, by object id.
    pub dumps: Vec<(String, Dump)>,
    pub(crate) running: Option<Running>,
}

impl Task {
    /// A task of the default user in this state, without a result.
    pub fn new(id: impl Into<String>, state: TaskState) -> Self {
        Self {
            id: id.into(),
            state,
            creation_time: Some(1_571_258_347_545),
            current_step: None,
            progress: None,
            owner: super::USER.to_owned(),
            result: None,
            dumps: Vec::new(),
            running: None,
        }
    }

    /// A finished task of the default user.
    pub fn complete(id: impl Into<String>) -> Self {
        Self::new(id, TaskState::Complete).with_step("Complete.", 1.0)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn with_creation_time(mut self, milliseconds: u64) -> Self {
        self.creation_time = Some(milliseconds);
        self
    }

    /// As in real logs, now and then.
    #[must_use]
    pub fn without_creation_time(mut self) -> Self {
        self.creation_time = None;
        self
    }

    /// The current step and the progress from 0.0 to 1.0.
    #[must_use]
    pub fn with_step(mut self, text: impl Into<String>, progress: f64) -> Self {
        self.current_step = Some(text.into());
        self.progress = Some(progress);
        self
    }

    /// Who started it.
    #[must_use]
    pub fn with_owner(mut self, user: impl Into<String>) -> Self {
        self.owner = user.into();
        self
    }

    /// What came of it.
    #[must_use]
    pub fn with_result(mut self, result: ActionResult) -> Self {
        self.result = Some(result);
        self
    }

    /// Adds a dump of one of its objects. The result says by itself whether there is one.
    #[must_use]
    pub fn with_dump(mut self, object: impl Into<String>, dump: Dump) -> Self {
        self.dumps.push((object.into(), dump));
        self
    }

    /// The dump of this object, erased or not.
    pub fn dump(&self, object: &str) -> Option<&Dump> {
        self.dumps.iter().find(|(id, _)| id == object).map(|(_, dump)| dump)
    }

    /// The dump of this object, to change it.
    pub fn dump_mut(&mut self, object: &str) -> Option<&mut Dump> {
        self.dumps.iter_mut().find(|(id, _)| id == object).map(|(_, dump)| dump)
    }
}

/// What came of an action, or of a process with the results of its actions inside.
#[derive(Debug, Clone)]
pub struct ActionResult {
    /// The object that was run.
    pub object_id: String,
    /// Absent for processes, and from real logs now and then.
    pub object_name: Option<String>,
    /// True even where single rows failed.
    pub successful: bool,
    /// Absent from real logs now and then.
    pub failure_dump_available: Option<bool>,
    /// What it says about its rows.
    pub details: Option<Vec<Detail>>,
    /// The actions inside, to any depth.
    pub nested: Vec<ActionResult>,
}

impl ActionResult {
    /// A successful action without a dump.
    pub fn new(object_id: impl Into<String>) -> Self {
        Self {
            object_id: object_id.into(),
            object_name: None,
            successful: true,
            failure_dump_available: Some(false),
            details: None,
            nested: Vec::new(),
        }
    }

    /// The result of a process: reports a dump as soon as a nested result does.
    pub fn process(object_id: impl Into<String>) -> Self {
        Self::new(object_id)
    }

    /// An import that ran, but rejected some rows and left a dump.
    pub fn failed_import(object_id: impl Into<String>, name: impl Into<String>) -> Self {
        let name = name.into();
        let rows = Detail {
            local_message_text: Some(format!("{name}: 90 (0/90) rows successful, 5 ignored")),
            occurrences: Some(0),
            kind: Some("hierarchyRowsProcessedWithFailures".to_owned()),
            values: ["successRowCount", "90", "failedCount", "3", "ignoredCount", "5"]
                .map(String::from)
                .to_vec(),
        };
        Self::new(object_id).with_name(name).with_failure_dump(true).with_detail(rows)
    }

    /// What people call the object.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.object_name = Some(name.into());
        self
    }

    /// Whether the action succeeded.
    #[must_use]
    pub fn with_successful(mut self, successful: bool) -> Self {
        self.successful = successful;
        self
    }

    /// Whether there is a dump.
    #[must_use]
    pub fn with_failure_dump(mut self, available: bool) -> Self {
        self.failure_dump_available = Some(available);
        self
    }

    /// The field is left out, as in real logs now and then.
    #[must_use]
    pub fn without_failure_dump_field(mut self) -> Self {
        self.failure_dump_available = None;
        self
    }

    /// Adds a message.
    #[must_use]
    pub fn with_detail(mut self, detail: Detail) -> Self {
        self.details.get_or_insert_default().push(detail);
        self
    }

    /// Adds the result of an action inside; its dump is also reported here.
    #[must_use]
    pub fn with_nested(mut self, nested: ActionResult) -> Self {
        if nested.failure_dump_available == Some(true) {
            self.failure_dump_available = Some(true);
        }
        self.nested.push(nested);
        self
    }

    /// This object and all inside.
    pub(crate) fn object_ids(&self) -> Vec<String> {
        let mut ids = vec![self.object_id.clone()];
        ids.extend(self.nested.iter().flat_map(Self::object_ids));
        ids
    }
}

/// One message of a result.
#[derive(Debug, Clone, Default)]
pub struct Detail {
    /// Text for people.
    pub local_message_text: Option<String>,
    /// How often.
    pub occurrences: Option<i64>,
    /// The field `type`.
    pub kind: Option<String>,
    /// Names and values in turn.
    pub values: Vec<String>,
}

impl Detail {
    /// A message of this type.
    pub fn new(kind: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            local_message_text: Some(text.into()),
            occurrences: Some(1),
            kind: Some(kind.into()),
            values: Vec::new(),
        }
    }

    /// Names and values in turn.
    #[must_use]
    pub fn with_values<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Self {
        self.values = values.into_iter().map(Into::into).collect();
        self
    }
}
