//! What a report says, as plain data. Field names are those of the JSON form.

use serde::Serialize;

/// What is wrong in one or several dumps.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The dumps, in the order in which they were added.
    pub inputs: Vec<Input>,
    /// The numbers of all dumps together.
    pub totals: Totals,
    /// The kinds of errors, then those of consequences, then those of warnings; within each those with the
    /// most rows first.
    pub kinds: Vec<Kind>,
    /// Messages that no kind counts, because there were too many kinds: those of the rarest were forgotten, and may
    /// have come again. 0 where `kinds` is complete.
    pub unlisted_messages: u64,
}

/// One dump of a report.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Input {
    /// The name that it was added under.
    pub name: String,
    /// The file has no header and no rows. The format below is that of no file then.
    pub is_empty: bool,
    /// `UTF-8`, `UTF-16LE` or `UTF-16BE`, each perhaps followed by ` with BOM`, or `unknown` where a file
    /// without byte order mark holds bytes that are not UTF-8.
    pub encoding: &'static str,
    /// What separates fields: a comma, a tab, a semicolon or a pipe.
    pub separator: char,
    /// `LF`, `CRLF` or `CR`.
    pub line_end: &'static str,
    /// The names of the import's own columns.
    pub columns: Vec<String>,
    /// The numbers of this dump.
    #[serde(flatten)]
    pub totals: Totals,
}

/// Numbers of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Totals {
    /// Rows of the dump, without the header: `rejected` and `warnings` together.
    pub rows: u64,
    /// Rows that were not loaded: all that the dump does not mark as warnings.
    pub rejected: u64,
    /// Rejected rows that only depend on another rejected row.
    pub consequences: u64,
    /// Rejected rows with more than one message.
    pub several_messages: u64,
    /// Rows that were loaded, with a warning.
    pub warnings: u64,
    /// Rows with fewer fields than the header.
    pub rows_too_short: u64,
    /// Rows with more fields than the header, or too long to be a row. Their messages are not counted.
    pub rows_too_long: u64,
    /// Rows that the end of the file cuts off: at most one a dump. In a dump without quotes a row that is cut off in
    /// its last field cannot be told from a whole one.
    pub rows_cut_off: u64,
    /// Rows with bytes that are not UTF-8, or halves of characters in UTF-16.
    pub rows_not_unicode: u64,
    /// The lowest line of the import's source, if the dump has them.
    pub first_line: Option<u64>,
    /// The highest line of the import's source, if the dump has them.
    pub last_line: Option<u64>,
}

impl Totals {
    pub(super) fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.rejected += other.rejected;
        self.consequences += other.consequences;
        self.several_messages += other.several_messages;
        self.warnings += other.warnings;
        self.rows_too_short += other.rows_too_short;
        self.rows_too_long += other.rows_too_long;
        self.rows_cut_off += other.rows_cut_off;
        self.rows_not_unicode += other.rows_not_unicode;
        for line in [other.first_line, other.last_line].into_iter().flatten() {
            self.add_line(line);
        }
    }

    pub(super) fn add_line(&mut self, line: u64) {
        self.first_line = Some(self.first_line.map_or(line, |first| first.min(line)));
        self.last_line = Some(self.last_line.map_or(line, |last| last.max(line)));
    }
}

/// Rows with the same complaint: what is left of their messages without the values.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Kind {
    /// The message without its value, such as `Invalid number`. Of an unknown message only a value
    /// that its row holds is left out.
    pub title: String,
    /// What it means for its rows.
    pub severity: Severity,
    /// Rows with such a message. A row with messages of several kinds counts in each.
    pub rows: u64,
    /// `rows` is a lower bound: the kind may have been left out of the count while there were too many kinds.
    pub at_least: bool,
    /// `rows` as a part of all rejected rows, or of all warnings, from 0 to 1. Shares may add up to more than
    /// 1.
    pub share: f64,
    /// The import's columns that hold the values, the commonest first, at most 20. A column is named where it
    /// is the only one of the row that holds the value, or where the message quotes its name.
    pub columns: Vec<Counted>,
    /// The values that the messages complain of, the commonest first, at most 20.
    pub values: Vec<Counted>,
    /// The number of different values, or `None` if there were too many to count.
    pub distinct_values: Option<u64>,
    /// Index in [`Report::inputs`] of the first dump with this kind.
    pub input: usize,
    /// Where its first rows in that dump are, at most five.
    pub lines: Vec<u64>,
    /// `lines` are numbers of rows in the dump, whose header is row 1, rather than lines of the import's
    /// source: the dump does not say these, or the rows are damaged.
    pub lines_are_dump_rows: bool,
    /// What usually cures it, in a sentence or two.
    pub cure: &'static str,
}

/// What a kind means for its rows. Ordered by what to look at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The rows were rejected.
    Error,
    /// The rows were rejected only because rows that they depend on were.
    Consequence,
    /// The rows were loaded.
    Warning,
}

/// A text and how many rows have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counted {
    /// The text; what is not UTF-8 in it is written as `\xE9`.
    pub text: String,
    /// How many rows have it.
    pub rows: u64,
    /// `rows` is a lower bound: there were too many texts to count each exactly.
    pub at_least: bool,
}
