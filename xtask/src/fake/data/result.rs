//! The result of a task: its actions, and what each says about its rows.

use super::Dump;
use crate::fake::dump_file::rows;

/// The result of an action, or of a process with the results of its actions inside.
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
            values: ["successRowCount", "90", "failedCount", "3", "ignoredCount", "5"].map(String::from).to_vec(),
        };
        Self::new(object_id).with_name(name).with_failure_dump(true).with_detail(rows)
    }

    /// An import that took some rows and rejected those that are in this dump.
    pub fn import_with_dump(object_id: impl Into<String>, name: impl Into<String>, taken: usize, dump: &Dump) -> Self {
        let (name, rejected) = (name.into(), rows(&dump.bytes()));
        let text = format!("{name}: {taken} (0/{taken}) rows successful, {rejected} failed, 0 ignored");
        let (taken, rejected) = (taken.to_string(), rejected.to_string());
        let values = ["successRowCount", &taken, "failedCount", &rejected, "ignoredCount", "0"];
        let detail = Detail::new("hierarchyRowsProcessedWithFailures", text).with_values(values);
        Self::new(object_id).with_name(name).with_failure_dump(true).with_detail(detail)
    }

    /// An import that took all rows.
    pub fn loaded(object_id: impl Into<String>, name: impl Into<String>, rows: usize) -> Self {
        let name = name.into();
        let text = format!("{name}: {rows} (0/{rows}) rows successful, 0 ignored");
        let values = ["successRowCount", &rows.to_string(), "failedCount", "0", "ignoredCount", "0"];
        let detail = Detail::new("hierarchyRowsProcessed", text).with_values(values);
        Self::new(object_id).with_name(name).with_detail(detail)
    }

    /// What people call the object.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.object_name = Some(name.into());
        self
    }

    /// Whether the action succeeded.
    pub fn with_successful(mut self, successful: bool) -> Self {
        self.successful = successful;
        self
    }

    /// Whether there is a dump.
    pub fn with_failure_dump(mut self, available: bool) -> Self {
        self.failure_dump_available = Some(available);
        self
    }

    /// The field is left out, as in real logs now and then.
    pub fn without_failure_dump_field(mut self) -> Self {
        self.failure_dump_available = None;
        self
    }

    /// Adds a message.
    pub fn with_detail(mut self, detail: Detail) -> Self {
        self.details.get_or_insert_default().push(detail);
        self
    }

    /// Adds the result of an action inside; its dump is also reported here.
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
    pub fn with_values<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Self {
        self.values = values.into_iter().map(Into::into).collect();
        self
    }
}
