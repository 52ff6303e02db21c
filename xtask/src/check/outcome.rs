//! How a step ended.

/// With a remark for the table, or the reason.
pub(super) enum Outcome {
    Passed(String),
    Failed(String),
    Skipped(String),
}

impl From<Result<String, String>> for Outcome {
    fn from(result: Result<String, String>) -> Self {
        result.map_or_else(Self::Failed, Self::Passed)
    }
}
