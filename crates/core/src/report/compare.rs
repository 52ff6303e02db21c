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
    /// In which direction.
    pub change: Trend,
    /// Its rows in the earlier report.
    pub rows_before: u64,
    /// Its rows in the later report.
    pub rows_after: u64,
    /// How many more rows there are, or with a minus how many fewer.
    pub difference: i64,
    /// One of the numbers is a lower bound, because that report had too many kinds to count each: a kind that
    /// seems new or gone may only be rare.
    pub is_approximate: bool,
}

/// Whether there are more rows of a kind than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Trend {
    /// There were none before.
    New,
    /// There are none now.
    Gone,
    /// There are more.
    More,
    /// There are fewer.
    Fewer,
    /// There are as many.
    Same,
}

impl Report {
    /// What changed since an earlier report: each kind of either, errors first, then
    /// consequences and warnings, and in each the largest changes first. Kinds are the same
    /// if they have the same title and severity.
    pub fn changes_since(&self, before: &Report) -> Vec<Change> {
        let mut kinds: BTreeMap<(Severity, &str), [Option<&Kind>; 2]> = BTreeMap::new();
        for (index, report) in [before, self].into_iter().enumerate() {
            for kind in &report.kinds {
                kinds.entry((kind.severity, &kind.title)).or_default()[index] = Some(kind);
            }
        }
        let rows = |kind: Option<&Kind>| kind.map_or(0, |kind| kind.rows);
        let is_approximate =
            |kind: Option<&Kind>, report: &Report| kind.map_or(report.unlisted_messages > 0, |kind| kind.at_least);
        let mut changes: Vec<_> = kinds
            .into_iter()
            .map(|((severity, title), [earlier, later])| Change {
                title: title.to_owned(),
                severity,
                change: match (rows(earlier), rows(later)) {
                    (0, _) => Trend::New,
                    (_, 0) => Trend::Gone,
                    (earlier, later) if earlier < later => Trend::More,
                    (earlier, later) if earlier > later => Trend::Fewer,
                    _ => Trend::Same,
                },
                rows_before: rows(earlier),
                rows_after: rows(later),
                difference: i64::try_from(rows(later)).unwrap_or(0) - i64::try_from(rows(earlier)).unwrap_or(0),
                is_approximate: is_approximate(earlier, before) || is_approximate(later, self),
            })
            .collect();
        changes.sort_by_key(|change| (change.severity, std::cmp::Reverse(change.difference.unsigned_abs())));
        changes
    }
}
