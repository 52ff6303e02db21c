//! Tasks and their results: what ran, how it ended, and which of its actions left a dump.
//!
//! Tolerant like everything that is read: every field may be missing, as they have been in logs of the
//! live service.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Result, Subject};
use crate::identifier::Id;
use crate::response::{self, Page, id_text, list_answer, or_default};

/// How far a task has come.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum TaskState {
    /// `NOT_STARTED`.
    NotStarted,
    /// `IN_PROGRESS`.
    InProgress,
    /// `COMPLETE`: finished, well or badly.
    Complete,
    /// `CANCELLING`.
    Cancelling,
    /// `CANCELLED`.
    Cancelled,
    /// Any other state, or none: taken as not finished.
    #[default]
    Unknown,
    /// A state that this version does not know: taken as not finished.
    Other(String),
}

impl TaskState {
    /// Whether nothing will happen any more.
    pub fn is_final(&self) -> bool {
        matches!(self, TaskState::Complete | TaskState::Cancelled)
    }

    /// The service's word.
    pub fn as_str(&self) -> &str {
        match self {
            TaskState::NotStarted => "NOT_STARTED",
            TaskState::InProgress => "IN_PROGRESS",
            TaskState::Complete => "COMPLETE",
            TaskState::Cancelling => "CANCELLING",
            TaskState::Cancelled => "CANCELLED",
            TaskState::Unknown => "UNKNOWN",
            TaskState::Other(text) => text,
        }
    }
}

impl<'de> Deserialize<'de> for TaskState {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<TaskState, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        Ok(match text.as_deref() {
            None => TaskState::Unknown,
            Some("NOT_STARTED") => TaskState::NotStarted,
            Some("IN_PROGRESS") => TaskState::InProgress,
            Some("COMPLETE") => TaskState::Complete,
            Some("CANCELLING") => TaskState::Cancelling,
            Some("CANCELLED") => TaskState::Cancelled,
            Some(other) => TaskState::Other(other.to_owned()),
        })
    }
}

list_answer!(ProcessesAnswer, processes, Process);
list_answer!(TasksAnswer, tasks, ListedTask);

/// A process of a model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Process {
    /// Its identifier.
    #[serde(deserialize_with = "id_text")]
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
}

impl Process {
    /// Reads one page of the processes of a model.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`](crate::Error::Malformed).
    pub fn page(bytes: &[u8], subject: &Subject) -> Result<Page<Process>> {
        response::list_page::<ProcessesAnswer>(bytes, subject)
    }
}

/// A task as the list of tasks has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ListedTask {
    /// Its identifier.
    #[serde(rename = "taskId", deserialize_with = "id_text")]
    pub id: String,
    /// How far it has come.
    #[serde(rename = "taskState", default)]
    pub state: TaskState,
    /// When it was created, in milliseconds since 1970.
    #[serde(default)]
    pub creation_time: Option<u64>,
}

impl ListedTask {
    /// Reads one page of the tasks of a process.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`](crate::Error::Malformed).
    pub fn page(bytes: &[u8], subject: &Subject) -> Result<Page<ListedTask>> {
        response::list_page::<TasksAnswer>(bytes, subject)
    }
}

/// One task with its result.
#[derive(Debug, Clone, PartialEq, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Task {
    /// How far it has come.
    #[serde(rename = "taskState")]
    pub state: TaskState,
    /// What it is doing, for people.
    pub current_step: Option<String>,
    /// How much is done, from 0.0 to 1.0.
    pub progress: Option<f64>,
    /// When it was created, in milliseconds since 1970.
    pub creation_time: Option<u64>,
    /// How it ended; absent until then.
    pub result: Option<ActionResult>,
}

/// How a process or one of its actions ended.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ActionResult {
    /// The object that ran.
    #[serde(deserialize_with = "optional_id")]
    pub object_id: Option<String>,
    /// Its name.
    pub object_name: Option<String>,
    /// Whether it ran; rows may have been rejected all the same.
    pub successful: Option<bool>,
    /// Whether it left a dump. In the outermost result it speaks for any action within.
    pub failure_dump_available: Option<bool>,
    /// What the service has to say.
    #[serde(deserialize_with = "or_default")]
    pub details: Vec<Detail>,
    /// The actions within, in order.
    #[serde(rename = "nestedResults", deserialize_with = "or_default")]
    pub nested: Vec<ActionResult>,
}

/// One message about an action.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Detail {
    /// The message for people.
    pub local_message_text: Option<String>,
    /// What kind of message it is.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Names and values in turn, as in `["failedCount", "3"]`.
    #[serde(deserialize_with = "or_default")]
    pub values: Vec<Value>,
}

/// Row counts of an action, where its details tell them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RowCounts {
    /// Rows that were taken.
    pub successful: Option<u64>,
    /// Rows that were rejected.
    pub failed: Option<u64>,
    /// Rows that were ignored.
    pub ignored: Option<u64>,
}

/// A dump that a task left, or may have left.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DumpEntry {
    /// The object whose rows were rejected.
    pub object: Id,
    /// Its name.
    pub name: Option<String>,
    /// Whether the service says that there is a dump. If it says nothing, only asking tells.
    pub is_certain: bool,
}

impl Detail {
    /// The value of a name in [`values`](Detail::values).
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values.chunks_exact(2).find(|pair| pair[0].as_str() == Some(name)).map(|pair| &pair[1])
    }

    fn count(&self, name: &str) -> Option<u64> {
        match self.value(name)? {
            Value::String(text) => text.trim().parse().ok(),
            value => value.as_u64(),
        }
    }
}

impl ActionResult {
    /// The row counts of all details together. The names are those of the reference's sample.
    pub fn rows(&self) -> RowCounts {
        let sum = |name| {
            let mut counts = self.details.iter().filter_map(|detail| detail.count(name)).peekable();
            counts.peek().is_some().then(|| counts.fold(0, u64::saturating_add))
        };
        RowCounts {
            successful: sum("successRowCount"),
            failed: sum("failedCount"),
            ignored: sum("ignoredCount"),
        }
    }

    /// The service's messages.
    pub fn messages(&self) -> impl Iterator<Item = &str> {
        self.details.iter().filter_map(|detail| detail.local_message_text.as_deref())
    }

    /// Whether something went wrong: it did not run, left a dump, or rejected or ignored rows.
    pub fn has_failures(&self) -> bool {
        let rows = self.rows();
        self.successful == Some(false)
            || self.failure_dump_available == Some(true)
            || rows.failed.is_some_and(|count| count > 0)
            || rows.ignored.is_some_and(|count| count > 0)
    }

    fn collect<'a>(&'a self, actions: &mut Vec<&'a ActionResult>) {
        for nested in &self.nested {
            actions.push(nested);
            nested.collect(actions);
        }
    }
}

impl Task {
    /// Reads the answer that describes one task.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`](crate::Error::Malformed).
    pub fn from_answer(bytes: &[u8], subject: &Subject) -> Result<Task> {
        #[derive(Deserialize)]
        struct Answer {
            task: Task,
        }
        response::parse::<Answer>(bytes, subject).map(|answer| answer.task)
    }

    /// The actions of the task, those within others included, in order. A single import, or a process
    /// whose result lists no actions, is its own only action.
    pub fn actions(&self) -> Vec<&ActionResult> {
        let mut actions = Vec::new();
        if let Some(result) = &self.result {
            result.collect(&mut actions);
            if actions.is_empty() {
                actions.push(result);
            }
        }
        actions
    }

    /// The dumps that the task left or may have left, each object once: a second run of the same
    /// import overwrites the dump of the first.
    pub fn dumps(&self) -> Vec<DumpEntry> {
        let Some(result) = &self.result else {
            return Vec::new();
        };
        if result.failure_dump_available == Some(false)
            && result.nested.iter().all(|n| n.failure_dump_available.is_none())
        {
            return Vec::new();
        }
        let mut seen = HashSet::new();
        let mut dumps: Vec<DumpEntry> = Vec::new();
        for action in self.actions() {
            let Some(object) = action.object_id.as_ref().and_then(|id| Id::new(id.as_str()).ok()) else {
                continue;
            };
            let is_certain = match action.failure_dump_available {
                Some(false) => continue,
                certain => certain.is_some(),
            };
            if seen.insert(object.clone()) {
                dumps.push(DumpEntry { object, name: action.object_name.clone(), is_certain });
            } else if is_certain && let Some(known) = dumps.iter_mut().find(|known| known.object == object) {
                known.is_certain = true;
            }
        }
        dumps
    }

    /// Whether any action, or the task as a whole, [has failures](ActionResult::has_failures).
    pub fn has_failures(&self) -> bool {
        self.result.as_ref().is_some_and(ActionResult::has_failures)
            || self.actions().iter().any(|action| action.has_failures())
    }
}

fn optional_id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Option::<Value>::deserialize(deserializer)? {
        Some(Value::String(text)) => Some(text),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::SubjectKind;

    fn task(json: &str) -> Task {
        let subject = Subject::new(SubjectKind::Task, "W/M/P/T");
        Task::from_answer(json.as_bytes(), &subject).unwrap_or_else(|error| panic!("{json}: {error:?}"))
    }

    fn objects(task: &Task) -> Vec<(String, bool)> {
        task.dumps().into_iter().map(|dump| (dump.object.as_str().to_owned(), dump.is_certain)).collect()
    }

    #[test]
    fn the_documented_sample_is_read() {
        let task = task(
            r#"{ "meta": {"schema": "x"}, "status": {"code": 200, "message": "Success"},
            "task": { "type": "taskInformation", "taskId": "B7EA", "currentStep": "Complete.", "progress": 1,
              "result": { "failureDumpAvailable": true, "nestedResults": [
                { "failureDumpAvailable": false, "objectId": "117000000003", "successful": true },
                { "failureDumpAvailable": true, "objectId": "112000000015", "objectName": "Cost centres from ERP",
                  "successful": true, "details": [ { "localMessageText": "Cost centres: 90 (0/90) rows successful, 5 ignored",
                    "occurrences": 0, "type": "hierarchyRowsProcessedWithFailures",
                    "values": [ "successRowCount", "90", "failedCount", "3", "ignoredCount", "5" ] } ] } ],
                "objectId": "118000000001", "successful": true },
              "taskState": "COMPLETE", "creationTime": 1571258347545 } }"#,
        );
        assert_eq!(task.state, TaskState::Complete);
        assert_eq!(objects(&task), [("112000000015".to_owned(), true)]);
        let rows = task.actions()[1].rows();
        assert_eq!((rows.successful, rows.failed, rows.ignored), (Some(90), Some(3), Some(5)));
        assert_eq!(task.actions()[0].rows(), RowCounts::default());
        assert!(task.has_failures());
    }

    #[test]
    fn whatever_is_missing_or_null_is_no_error() {
        for json in [
            r#"{"task":{}}"#,
            r#"{"task":{"result":null,"taskState":null,"currentStep":null,"progress":null}}"#,
            r#"{"task":{"result":{"nestedResults":null,"details":null,"objectId":null}}}"#,
            r#"{"task":{"result":{"nestedResults":[{}],"details":[{"values":null}]}}}"#,
        ] {
            let task = task(json);
            assert!(!task.state.is_final(), "{json}");
            assert!(!task.has_failures() && task.dumps().is_empty(), "{json}");
        }
    }

    #[test]
    fn dumps_of_any_depth_are_found_each_object_once() {
        let task = task(
            r#"{"task":{"taskState":"COMPLETE","result":{"failureDumpAvailable":true,"nestedResults":[
              {"objectId":"112000000001","failureDumpAvailable":true},
              {"objectId":"118000000002","failureDumpAvailable":false,"nestedResults":[
                {"objectId":"112000000003","failureDumpAvailable":true,"nestedResults":[
                  {"objectId":112000000004,"failureDumpAvailable":true}]}]},
              {"objectId":"112000000001","failureDumpAvailable":true},
              {"failureDumpAvailable":true}]}}}"#,
        );
        let certain = |id: &str| (id.to_owned(), true);
        assert_eq!(
            objects(&task),
            [certain("112000000001"), certain("112000000003"), certain("112000000004")]
        );
    }

    #[test]
    fn an_action_that_does_not_say_whether_it_left_a_dump_may_have_left_one() {
        let silent = r#"{"task":{"taskState":"COMPLETE","result":{FLAG"nestedResults":[{"objectId":"112000000001"}]}}}"#;
        for (flag, expected) in
            [("", 1), (r#""failureDumpAvailable":true,"#, 1), (r#""failureDumpAvailable":false,"#, 0)]
        {
            let task = task(&silent.replace("FLAG", flag));
            assert_eq!(objects(&task).len(), expected, "{flag}");
            assert!(objects(&task).iter().all(|(_, is_certain)| !is_certain));
        }
    }

    #[test]
    fn a_single_import_is_its_own_action() {
        let task = task(
            r#"{"task":{"taskState":"COMPLETE","result":{"objectId":"112000000001","failureDumpAvailable":true,"successful":true}}}"#,
        );
        assert_eq!(objects(&task), [("112000000001".to_owned(), true)]);
    }

    #[test]
    fn an_unknown_state_is_not_finished() {
        let task = task(r#"{"task":{"taskState":"PAUSED"}}"#);
        assert_eq!(task.state, TaskState::Other("PAUSED".into()));
        assert!(!task.state.is_final());
    }

    #[test]
    fn odd_values_are_no_counts() {
        let detail =
            |values: &str| task(&format!(r#"{{"task":{{"result":{{"details":[{{"values":{values}}}]}}}}}}"#));
        for values in [
            r#"["failedCount"]"#,
            r#"["failedCount","many"]"#,
            r#"["failedCount",-1]"#,
            r#"[1,2,"failedCount"]"#,
            "[]",
        ] {
            assert_eq!(detail(values).actions()[0].rows().failed, None, "{values}");
        }
        assert_eq!(detail(r#"["failedCount",3]"#).actions()[0].rows().failed, Some(3));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Task::from_answer(&bytes, &Subject::new(SubjectKind::Task, "T"));
        }

        #[test]
        fn nesting_without_end_is_an_error_not_a_crash(depth in 0usize..5000) {
            let json = format!(r#"{{"task":{{"result":{}{}}}}}"#, r#"{"nestedResults":["#.repeat(depth), "]}".repeat(depth));
            if let Ok(task) = Task::from_answer(json.as_bytes(), &Subject::new(SubjectKind::Task, "T")) {
                let _ = task.dumps();
            }
        }
    }
}
