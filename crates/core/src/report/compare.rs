//! What changed from one report to the next.

use std::collections::BTreeMap;

use serde::Serialize;

use super::model::{Report, Severity};

/// What changed between two reports, kind by kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Comparison {
    /// Rejected rows of the earlier report.
    pub rejected_before: u64,
    /// Rejected rows of the later report.
    pub rejected_after: u64,
    /// Each kind of either report, the largest changes first.
    pub changes: Vec<Change>,
    /// One of the reports does not list or count everything, so a kind that seems new or gone may only be a
    /// rare one.
    pub is_approximate: bool,
}

/// How a kind changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// The title of the kind.
    pub title: String,
    /// What the kind means for its rows.
    pub severity: Severity,
    /// Its rows in the earlier report.
    pub rows_before: u64,
    /// Its rows in the later report.
    pub rows_after: u64,
    /// `new`, `gone`, `more`, `fewer` or `same`.
    pub change: &'static str,
}

impl Comparison {
    /// Compares two reports. Kinds are the same if they have the same title and severity.
    pub fn new(before: &Report, after: &Report) -> Self {
        let mut rows: BTreeMap<(Severity, &str), [u64; 2]> = BTreeMap::new();
        for (index, report) in [before, after].into_iter().enumerate() {
            for kind in &report.kinds {
                rows.entry((kind.severity, &kind.title)).or_default()[index] = kind.rows;
            }
        }
        let change = |((severity, title), [before, after]): ((Severity, &str), [u64; 2])| Change {
            title: title.to_owned(),
            severity,
            rows_before: before,
            rows_after: after,
            change: match (before, after) {
                (0, _) => "new",
                (_, 0) => "gone",
                _ if before < after => "more",
                _ if before > after => "fewer",
                _ => "same",
            },
        };
        let mut changes: Vec<_> = rows.into_iter().map(change).collect();
        changes.sort_by_key(|change| std::cmp::Reverse(change.rows_before.abs_diff(change.rows_after)));
        let is_partial =
            |report: &Report| report.unlisted_messages > 0 || report.kinds.iter().any(|kind| kind.at_least);
        Self {
            rejected_before: before.totals.rejected,
            rejected_after: after.totals.rejected,
            changes,
            is_approximate: is_partial(before) || is_partial(after),
        }
    }
}
