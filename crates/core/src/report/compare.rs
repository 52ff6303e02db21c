//! What changed from one report to the next.

use std::collections::BTreeMap;

use serde::Serialize;

use super::model::{Kind, Report, Severity};

/// How a kind changed from one report to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// The title of the kind.
    pub title: String,
    /// What the kind means for its rows.
    pub severity: Severity,
    /// `new`, `gone`, `more`, `fewer` or `same`.
    pub change: &'static str,
    /// Its rows in the earlier report.
    pub rows_before: u64,
    /// Its rows in the later report.
    pub rows_after: u64,
    /// One of the numbers is a lower bound, because that report had too many kinds to count each: a kind that
    /// seems new or gone may only be rare.
    pub is_approximate: bool,
}

impl Report {
    /// What changed since an earlier report: each kind of either, the largest changes first. Kinds are the same
    /// if they have the same title and severity.
    pub fn changes_since(&self, before: &Report) -> Vec<Change> {
        let mut kinds: BTreeMap<(Severity, &str), [Option<&Kind>; 2]> = BTreeMap::new();
        for (index, report) in [before, self].into_iter().enumerate() {
            for kind in &report.kinds {
                kinds.entry((kind.severity, &kind.title)).or_default()[index] = Some(kind);
            }
        }
        let rows = |kind: Option<&Kind>| kind.map_or(0, |kind| kind.rows);
        let is_approximate = |kind: Option<&Kind>, report: &Report| {
            kind.map_or(report.unlisted_messages > 0, |kind| kind.at_least)
        };
        let mut changes: Vec<_> = kinds
            .into_iter()
            .map(|((severity, title), [earlier, later])| Change {
                title: title.to_owned(),
                severity,
                change: match (rows(earlier), rows(later)) {
                    (0, _) => "new",
                    (_, 0) => "gone",
                    (earlier, later) if earlier < later => "more",
                    (earlier, later) if earlier > later => "fewer",
                    _ => "same",
                },
                rows_before: rows(earlier),
                rows_after: rows(later),
                is_approximate: is_approximate(earlier, before) || is_approximate(later, self),
            })
            .collect();
        changes.sort_by_key(|change| std::cmp::Reverse(change.rows_before.abs_diff(change.rows_after)));
        changes
    }
}
