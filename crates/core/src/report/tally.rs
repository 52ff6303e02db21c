//! Counts the messages of rows by their kinds, in bounded memory.

use super::columns::Columns;
use super::count::{Counter, Entry, LastRow};
use super::cures::cure;
use super::message::Message;
use super::model::{Counted, Kind, Severity};
use super::row::Row;
use super::shown::text_of;

/// Kinds that are counted. Far more than a person reads; at about 1 kB each a few MB.
const MAX_KINDS: usize = 5_000;

/// Different values of one kind that are counted exactly, and values of all kinds together: with 300 bytes of
/// text each takes about 400 bytes.
const MAX_VALUES: usize = 10_000;
const MAX_ALL_VALUES: usize = 30_000;

/// Columns of one kind that are counted, the first ones. A message that concerns more is not about columns.
const MAX_COLUMNS: usize = 64;

/// Rows of each kind whose lines are kept.
const FIRST_LINES: usize = 5;

/// Values and columns of a kind in the report.
const TOP: usize = 20;

/// The kinds of all rejected rows, or of all warnings.
#[derive(Debug)]
pub(super) struct Tally {
    kinds: Counter<Findings>,
    /// Values of all kinds together, or a few more.
    values: usize,
    /// Values of one kind that are counted now. Lowered where there are many kinds.
    max_values: usize,
}

/// What was found out about one kind.
#[derive(Debug, Default)]
struct Findings {
    /// The last row that was counted, so that a row counts once.
    last_row: u64,
    is_consequence: bool,
    has_source_lines: bool,
    input: usize,
    lines: Vec<u64>,
    /// Index of a column in the current dump, how many rows have a value there, and the last of them.
    columns: Vec<(usize, u64, LastRow)>,
    /// The same by name, for the dumps before.
    names: Counter<()>,
    values: Counter<LastRow>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self { kinds: Counter::default(), values: 0, max_values: MAX_VALUES }
    }

    /// Counts a message and returns whether it is a consequence. `row_id` differs from row to row over all
    /// dumps, and is not 0.
    pub(super) fn add(&mut self, message: &Message<'_>, row: &Row<'_>, row_id: u64, input: usize) -> bool {
        let max_values = self.max_values;
        let (is_consequence, has_grown) = self.kinds.update(message.title, MAX_KINDS, |kind| {
            kind.count_row(message, row, row_id, input);
            let findings = &mut kind.rest;
            let is_new = message
                .value
                .is_some_and(|value| findings.count_value(value, message, row, row_id, max_values));
            (findings.is_consequence, is_new)
        });
        if has_grown {
            self.values += 1;
            if self.values > MAX_ALL_VALUES {
                self.forget_values();
            }
        }
        is_consequence
    }

    /// Forgets the rarest values of the kinds with the most values, until a quarter is free.
    fn forget_values(&mut self) {
        loop {
            self.values = self.kinds.iter().map(|(_, kind)| kind.rest.values.len()).sum();
            if self.values <= MAX_ALL_VALUES / 4 * 3 {
                return;
            }
            self.max_values /= 2;
            for kind in self.kinds.entries_mut() {
                if kind.rest.values.len() > self.max_values {
                    kind.rest.values.forget_rarer_half();
                }
            }
        }
    }

    /// Ends a dump: from now on the same column may have another index.
    pub(super) fn end_input(&mut self, columns: &Columns) {
        for kind in self.kinds.entries_mut() {
            for (index, count, _) in kind.rest.columns.drain(..) {
                kind.rest.names.update(&columns.names[index], MAX_COLUMNS, |name| name.count += count);
            }
        }
    }

    /// Messages of kinds that were forgotten.
    pub(super) fn forgotten(&self) -> u64 {
        self.kinds.forgotten()
    }

    /// The kinds, given the number of all rows with messages, and whether they are warnings.
    pub(super) fn kinds(&self, rows: u64, is_warning: bool) -> impl Iterator<Item = Kind> {
        self.kinds.iter().map(move |(title, kind)| {
            let severity = match (is_warning, kind.rest.is_consequence) {
                (true, _) => Severity::Warning,
                (false, true) => Severity::Consequence,
                (false, false) => Severity::Error,
            };
            let findings = &kind.rest;
            let title = text_of(title);
            Kind {
                cure: cure(&title, severity),
                title,
                severity,
                rows: kind.count,
                at_least: !kind.is_exact(),
                share: kind.count as f64 / rows.max(1) as f64,
                columns: commonest(&findings.names, kind.is_exact()),
                values: commonest(&findings.values, kind.is_exact()),
                distinct_values: (kind.is_exact() && findings.values.is_exact())
                    .then_some(findings.values.len() as u64),
                input: findings.input,
                lines: findings.lines.clone(),
                lines_are_dump_rows: !findings.has_source_lines,
            }
        })
    }
}

impl Entry<Findings> {
    fn count_row(&mut self, message: &Message<'_>, row: &Row<'_>, row_id: u64, input: usize) {
        let findings = &mut self.rest;
        if self.count == 0 {
            findings.is_consequence = message.is_consequence;
            findings.input = input;
            // A row that does not fit the header may have anything where the line should be.
            findings.has_source_lines =
                row.columns.line.is_some() && !(message.is_note && row.damage.is_some());
        }
        if findings.last_row == row_id {
            return;
        }
        findings.last_row = row_id;
        self.count += 1;
        if findings.lines.len() < FIRST_LINES && findings.input == input {
            let line = if findings.has_source_lines { row.source_line() } else { Some(row.number) };
            findings.lines.extend(line);
        }
    }
}

impl Findings {
    /// Counts a value and the column that it stands in. Returns whether the value is a new one.
    fn count_value(
        &mut self,
        value: &[u8],
        message: &Message<'_>,
        row: &Row<'_>,
        row_id: u64,
        max_values: usize,
    ) -> bool {
        let column = message
            .quoted_column()
            .and_then(|name| row.columns.own_index(name))
            .or_else(|| if message.is_note { None } else { row.only_column_holding(value) });
        if let Some(index) = column {
            let has_room = self.columns.len() < MAX_COLUMNS;
            match self.columns.iter_mut().find(|(known, ..)| *known == index) {
                Some((_, count, last_row)) => {
                    *count += u64::from(*last_row != row_id);
                    *last_row = row_id;
                }
                None if has_room => self.columns.push((index, 1, row_id)),
                None => {}
            }
        }
        self.values.count(value, row_id, max_values)
    }
}

/// The texts with the highest counts, at most [`TOP`]. The counts are lower bounds where the kind was counted from
/// its last arrival on.
fn commonest<T: Default>(counter: &Counter<T>, is_exact_kind: bool) -> Vec<Counted> {
    let mut all: Vec<_> = counter.iter().collect();
    all.sort_unstable_by_key(|(text, entry)| (std::cmp::Reverse(entry.count), *text));
    all.truncate(TOP);
    let counted = |(text, entry): (&[u8], &Entry<T>)| Counted {
        text: text_of(text),
        rows: entry.count,
        at_least: !is_exact_kind || !entry.is_exact(),
    };
    all.into_iter().map(counted).collect()
}
