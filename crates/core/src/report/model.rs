//! What a report says, as plain data. Field names are those of the JSON form.

use serde::Serialize;

use super::dialect::LineEnd;
use super::encoding::Encoding;

/// What is wrong in one or several dumps.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The answer in one sentence: how many rows were rejected, and which kinds to cure first.
    pub answer: String,
    /// How many of the first `kinds` to cure first: the fewest that 70 % of the rows to cure have, or three.
    pub first_kinds: usize,
    /// Rejected rows with a message of one of these.
    pub first_rows: u64,
    /// Rejected rows without a message of any other kind, which can load once these are cured.
    pub first_rows_alone: u64,
    /// `first_rows` and `first_rows_alone` are lower bounds, because very many kinds come together.
    pub first_at_least: bool,
    /// The dumps, in the order in which they were added.
    pub inputs: Vec<DumpInfo>,
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
pub struct DumpInfo {
    /// The name that it was added under.
    pub name: String,
    /// What it is called: the name of the import where the file has the name that [`get`](crate::Dump::file_name) gives
    /// it, and otherwise the name of the file without its folder.
    pub label: String,
    /// The file has no header and no rows. The format below is that of no file then.
    pub is_empty: bool,
    /// How its text is stored.
    pub encoding: Encoding,
    /// What separates fields.
    pub separator: char,
    /// What fields are put in, if anything.
    pub quote: Option<char>,
    /// A line `sep=;` is in front of the header.
    pub has_sep_line: bool,
    /// How rows end.
    pub line_end: LineEnd,
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
    /// Rows with zero bytes, as a crash or a full disk leaves. Their messages are not counted.
    pub rows_with_zeros: u64,
    /// Rows with bytes that are not UTF-8.
    pub rows_not_unicode: u64,
    /// Rows with a quote inside a field that is not doubled. It is read as a part of the field.
    pub rows_with_bare_quotes: u64,
    /// Header rows after the first: dumps were joined. They are no rows of the dump.
    pub repeated_headers: u64,
    /// Zero bytes after the last row, which are no row.
    pub trailing_zeros: u64,
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
        self.rows_with_zeros += other.rows_with_zeros;
        self.rows_not_unicode += other.rows_not_unicode;
        self.rows_with_bare_quotes += other.rows_with_bare_quotes;
        self.repeated_headers += other.repeated_headers;
        self.trailing_zeros += other.trailing_zeros;
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
    /// Rows with no message of another kind: what can load once this one is cured.
    pub rows_alone: u64,
    /// `rows` is a lower bound: the kind may have been left out of the count while there were too many kinds.
    pub at_least: bool,
    /// `rows` as a part of all rejected rows, or of all warnings: 0 to 1. Shares may add up to more than 1.
    pub share: f64,
    /// The import's columns that hold the values, the commonest first, at most 20. A column is named where it
    /// is the only one of the row that holds the value, or where the message quotes its name.
    pub columns: Vec<ValueCount>,
    /// The values that the messages complain of, the commonest first: all of them, or the commonest of too many.
    pub values: Vec<ValueCount>,
    /// The number of different values, or `None` if there were too many to count.
    pub distinct_values: Option<u64>,
    /// Rows of each dump with this kind, under its label.
    pub files: Vec<ValueCount>,
    /// Index in [`Report::inputs`] of the first dump with this kind.
    pub input: usize,
    /// Where its first rows in that dump are, at most five.
    pub lines: Vec<u64>,
    /// `lines` are numbers of rows in the dump, whose header is row 1, rather than lines of the import's
    /// source: the dump does not say these, or the rows are damaged.
    pub lines_are_dump_rows: bool,
    /// What usually cures it, in a sentence or two.
    pub cure: String,
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
pub struct ValueCount {
    /// The text. Of one that is longer than 300 bytes the beginning, its length and a checksum.
    pub text: String,
    /// How many rows have it.
    pub rows: u64,
    /// `rows` is a lower bound: there were too many texts to count each exactly.
    pub at_least: bool,
}
