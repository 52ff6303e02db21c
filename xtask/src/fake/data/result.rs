//! The result of a task: its actions, and what each says about its rows.

/// The result of an action, or of a process with the results of its actions inside.
#[derive(Debug, Clone)]
pub struct ActionResult {
    pub object_id: String,
    /// Absent for processes, and from real logs now and then.
    pub object_name: Option<String>,
    /// True even where single rows failed.
    pub successful: bool,
    /// Absent from real logs now and then.
    pub failure_dump_available: Option<bool>,
    pub details: Option<Vec<Detail>>,
    pub nested: Vec<ActionResult>,
}

impl ActionResult {
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

    /// An import that ran, but rejected some rows and left a dump.
    pub fn failed_import(object_id: &str, name: &str) -> Self {
        Self::loaded(object_id, name, [90, 3, 5])
    }

    /// An import that took, rejected and ignored so many rows; with a dump where it rejected any.
    pub fn loaded(object_id: &str, name: &str, [taken, rejected, ignored]: [usize; 3]) -> Self {
        let (kind, failed) = match rejected {
            0 => ("hierarchyRowsProcessed", String::new()),
            _ => ("hierarchyRowsProcessedWithFailures", format!(" {rejected} failed,")),
        };
        let text = format!("{name}: {taken} (0/{taken}) rows successful,{failed} {ignored} ignored");
        let counts = [("successRowCount", taken), ("failedCount", rejected), ("ignoredCount", ignored)];
        let values = counts.into_iter().flat_map(|(name, count)| [name.to_owned(), count.to_string()]);
        let result = Self::new(object_id).with_name(name).with_detail(Detail::new(kind, text).with_values(values));
        Self { failure_dump_available: Some(rejected > 0), ..result }
    }

    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.object_name = Some(name.into());
        self
    }

    pub fn with_successful(mut self, successful: bool) -> Self {
        self.successful = successful;
        self
    }

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

    pub(crate) fn object_ids(&self) -> Vec<String> {
        let mut ids = vec![self.object_id.clone()];
        ids.extend(self.nested.iter().flat_map(Self::object_ids));
        ids
    }
}

/// One message of a result.
#[derive(Debug, Clone, Default)]
pub struct Detail {
    pub(crate) kind: String,
    pub(crate) text: String,
    /// Names and values in turn.
    pub(crate) values: Vec<String>,
}

impl Detail {
    pub fn new(kind: impl Into<String>, text: impl Into<String>) -> Self {
        Self { kind: kind.into(), text: text.into(), values: Vec::new() }
    }

    /// Names and values in turn.
    pub fn with_values<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Self {
        self.values = values.into_iter().map(Into::into).collect();
        self
    }
}
