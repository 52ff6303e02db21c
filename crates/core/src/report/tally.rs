//! Counts the messages of rows by their kinds, in bounded memory.

use std::collections::BTreeMap;

use super::columns::Columns;
use super::count::{Counter, Entry};
use super::cures::{Follows, Known, Seen, cure};
use super::message::Message;
use super::model::{DumpInfo, Kind, Severity, ValueCount};
use super::parser::is_same;
use super::row::Row;
use super::shown::{kept, text_of};

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

/// Columns of a kind in the report.
const TOP_COLUMNS: usize = 20;

/// Kinds that combinations are counted of, the first ones that come; and combinations of a row that are counted.
const MAX_SLOTS: u32 = 63;
const MAX_COMBINATIONS: usize = 4_096;

/// The kinds of a row with several, a bit each; the highest is shared by all that have none.
type Combination = u64;

/// The kinds of all rejected rows, or of all warnings.
#[derive(Debug)]
pub(super) struct Tally {
    kinds: Counter<Findings>,
    /// How many rows have several kinds, by which.
    combinations: BTreeMap<Combination, u64>,
    slots: u32,
    /// Values of all kinds together, or a few more.
    values: usize,
    /// Values of one kind that are counted now. Lowered where there are many kinds.
    max_values: usize,
}

/// What was found out about one kind.
#[derive(Debug, Default)]
struct Findings {
    known: Option<&'static Known>,
    rows_alone: u64,
    combination: Combination,
    has_source_lines: bool,
    lines: Vec<u64>,
    seen: Seen,
    /// The dumps with this kind, and how many rows of each.
    files: Vec<(usize, u64)>,
    /// Index of a column in the current dump, how many rows have a value there, and the last of them.
    columns: Vec<(usize, u64, u64)>,
    /// The same by name, for the dumps before.
    names: Counter<()>,
    values: Counter<()>,
}

/// The kinds of a tally, and how many rows some of them cover.
pub(super) struct Found {
    pub(super) kinds: Vec<(Kind, Combination)>,
    combinations: BTreeMap<Combination, u64>,
    /// Rows with several kinds were not all counted by which.
    pub(super) is_lower_bound: bool,
    /// Messages of kinds that were forgotten.
    pub(super) forgotten: u64,
}

impl Found {
    /// Rows with a message of any of the first kinds, and rows with a message of no other.
    pub(super) fn cover(&self, first: usize) -> (u64, u64) {
        let first = &self.kinds[..first];
        let alone: u64 = first.iter().map(|(kind, _)| kind.rows_alone).sum();
        // What has no bit is none of these.
        let chosen = first.iter().fold(0, |all, (_, bit)| all | bit) & !(1 << MAX_SLOTS);
        let rows = |fits: &dyn Fn(u64) -> bool| {
            let fitting = self.combinations.iter().filter(|(combination, _)| fits(**combination));
            fitting.map(|(_, rows)| rows).sum::<u64>()
        };
        let any = alone + rows(&|combination| combination & chosen != 0);
        let most = first.iter().map(|(kind, _)| kind.rows).max().unwrap_or(0);
        (any.max(most), alone + rows(&|combination| combination & !chosen == 0))
    }
}

impl Default for Tally {
    fn default() -> Self {
        let (kinds, combinations) = (Counter::default(), BTreeMap::new());
        Self { kinds, combinations, slots: 0, values: 0, max_values: MAX_VALUES }
    }
}

impl Tally {
    /// Counts the messages of a row, at least one. `row_id` differs from row to row over all dumps, and is not 0.
    /// Returns how many messages are the service's own, and whether all of them are consequences.
    pub(super) fn add<'a>(
        &mut self,
        messages: impl Iterator<Item = Message<'a>>,
        row: &Row<'_>,
        row_id: u64,
        input: usize,
    ) -> (u64, bool) {
        let is_header = row.is_header_of_source();
        let (mut count, mut combination, mut is_consequence) = (0, 0, true);
        let (mut first, mut last, mut is_alone) = (None, 0, true);
        for message in messages {
            is_alone &= is_same(first.get_or_insert(message.title), message.title);
            count += u64::from(message.follows() != Follows::Note);
            is_consequence &= message.follows() == Follows::RejectedRow;
            last = self.kinds.index(&row.kept(message.title), MAX_KINDS);
            let kind = &mut self.kinds.entries_mut()[last];
            if kind.count == 0 {
                kind.rest.combination = 1 << self.slots;
                self.slots = (self.slots + 1).min(MAX_SLOTS);
            }
            combination |= kind.rest.combination;
            kind.add_row(&message, row, (row_id, input), is_header);
            if message.value.is_some_and(|value| kind.rest.add_value(value, &message, row, row_id, self.max_values)) {
                self.values += 1;
                if self.values > MAX_ALL_VALUES {
                    self.forget_values();
                }
            }
        }
        if is_alone {
            self.kinds.entries_mut()[last].rest.rows_alone += 1;
        } else if let Some(rows) = self.combinations.get_mut(&combination) {
            *rows += 1;
        } else if self.combinations.len() < MAX_COMBINATIONS {
            self.combinations.insert(combination, 1);
        }
        (count, is_consequence)
    }

    /// Forgets the rarest values of the kinds with the most values, until a quarter is free.
    fn forget_values(&mut self) {
        loop {
            self.values = self.kinds.entries_mut().iter().map(|kind| kind.rest.values.len()).sum();
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
                let names = &mut kind.rest.names;
                let name = names.index(&kept(&columns.names[index]), MAX_COLUMNS);
                names.entries_mut()[name].count += count;
            }
        }
    }

    /// The kinds, given how many rows have messages, and whether they are warnings: errors first, then by rows.
    pub(super) fn found(self, rows: u64, is_warning: bool, inputs: &[DumpInfo]) -> Found {
        let forgotten = self.kinds.forgotten;
        let mut kinds = Vec::with_capacity(self.kinds.len());
        for kind in self.kinds.into_sorted() {
            let (count, is_exact, title, findings) = (kind.count, kind.is_exact(), text_of(&kind.text), kind.rest);
            let severity = match findings.known {
                _ if is_warning => Severity::Warning,
                Some(Known { follows: Follows::RejectedRow, .. }) => Severity::Consequence,
                _ => Severity::Error,
            };
            let file = |(input, rows): &(usize, u64)| ValueCount {
                text: inputs.get(*input).map(|input| input.label.clone()).unwrap_or_default(),
                rows: *rows,
                at_least: !is_exact,
            };
            let distinct_values = (is_exact && findings.values.missed == 0).then_some(findings.values.len() as u64);
            let kind = Kind {
                cure: cure(findings.known, severity, &findings.seen),
                title,
                severity,
                rows: count,
                rows_alone: findings.rows_alone,
                at_least: !is_exact,
                share: count as f64 / rows.max(1) as f64,
                columns: counts(findings.names, is_exact, TOP_COLUMNS),
                values: counts(findings.values, is_exact, usize::MAX),
                distinct_values,
                files: findings.files.iter().map(file).collect(),
                input: findings.files.first().map_or(0, |(input, _)| *input),
                lines: findings.lines,
                lines_are_dump_rows: !findings.has_source_lines,
            };
            kinds.push((kind, findings.combination));
        }
        // Stable: the order by rows stays.
        kinds.sort_by_key(|(kind, _)| kind.severity);
        let is_shared = |combination: &Combination| combination >> MAX_SLOTS != 0;
        let is_lower_bound = self.combinations.len() == MAX_COMBINATIONS || self.combinations.keys().any(is_shared);
        Found { kinds, combinations: self.combinations, is_lower_bound, forgotten }
    }
}

impl Entry<Findings> {
    /// Counts a row, given its number and that of its dump, once.
    fn add_row(&mut self, message: &Message<'_>, row: &Row<'_>, (row_id, input): (u64, usize), is_header: bool) {
        if !self.count_row(row_id) {
            return;
        }
        let findings = &mut self.rest;
        let follows = message.follows();
        if self.count == 1 {
            findings.known = message.known;
            // A row that does not fit the header may have anything where the line should be.
            findings.has_source_lines =
                row.columns.line.is_some() && !(follows == Follows::Note && row.damage.is_some());
        }
        findings.seen.add(message.value.filter(|_| follows == Follows::ItemName), is_header);
        match findings.files.last_mut() {
            Some((last, rows)) if *last == input => *rows += 1,
            _ => findings.files.push((input, 1)),
        }
        if findings.lines.len() < FIRST_LINES && findings.files.len() == 1 {
            let line = if findings.has_source_lines { row.source_line() } else { Some(row.number) };
            findings.lines.extend(line);
        }
    }
}

impl Findings {
    /// Counts a value and the column that it is in. Returns whether the value is a new one.
    fn add_value(
        &mut self,
        value: &[u8],
        message: &Message<'_>,
        row: &Row<'_>,
        row_id: u64,
        max_values: usize,
    ) -> bool {
        if let Some(index) = message.column(row) {
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
        self.values.count(&row.kept(value), row_id, max_values)
    }
}

/// The texts with the highest counts, at most `max`. The counts are lower bounds where the kind was counted from
/// its last arrival on.
fn counts(counter: Counter<()>, is_exact_kind: bool, max: usize) -> Vec<ValueCount> {
    let counted = |entry: Entry<()>| ValueCount {
        rows: entry.count,
        at_least: !is_exact_kind || !entry.is_exact(),
        text: String::from_utf8(entry.text.into()).unwrap_or_default(),
    };
    counter.into_sorted().into_iter().take(max).map(counted).collect()
}
