//! The first rows of one kind, side by side.

use std::io::Read;

use serde::Serialize;

use super::dump::Dump;
use super::filter::KindFilter;
use super::message::Message;
use super::row::{Damage, Row};
use super::shown::{cut, kept, padded, text_of, visible, width};
use super::view::{MAX_WIDTH, MIN_WIDTH};
use super::words::{number, thousands};
use crate::report::ReportError;

/// Widest cell, in columns: enough to recognize a value, and several fit beside each other.
const MAX_CELL: usize = 30;

/// Blanks between columns.
const GAP: usize = 2;

/// Columns of the import that are kept: no terminal shows more.
const MAX_COLUMNS: usize = 100;

/// The first rows of one kind, as a table for a terminal or as JSON: where the row is from, the value that the message
/// complains of, and the import's columns, that with the value first.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RowTable {
    title: String,
    rows: u64,
    /// The rows were loaded: no rejected one is of the kind.
    are_warnings: bool,
    /// The dump ends in the middle of a row.
    pub is_cut_off: bool,
    /// The import's columns, at most [`MAX_COLUMNS`].
    columns: Vec<String>,
    /// How many more there are.
    more_columns: usize,
    first_rows: Vec<TableRow>,
    #[serde(skip)]
    has_lines: bool,
}

#[derive(Debug, Clone, Serialize)]
struct TableRow {
    /// The line of the import's source, if the dump says it.
    line: Option<u64>,
    /// The row of the dump, whose header is row 1.
    dump_row: u64,
    value: Option<String>,
    /// The fields of `columns`; none where they may not be in their columns.
    fields: Vec<String>,
    /// Which of the columns has the value.
    #[serde(skip)]
    wrong: Option<usize>,
}

impl RowTable {
    /// Reads a dump to its end, and keeps the first `limit` rejected rows with a message of one kind. `kind` is the
    /// beginning of words of its title, in upper or lower case, or `=` and the whole title. Rows that were loaded
    /// with a warning are kept only where no rejected row is of the kind.
    ///
    /// # Errors
    ///
    /// Those of [`ReportBuilder::add`](super::ReportBuilder::add), [`ReportError::NoSuchKind`] and
    /// [`ReportError::AmbiguousKind`].
    pub fn read(mut source: impl Read, kind: &str, limit: usize) -> Result<Self, ReportError> {
        let mut dump = Dump::open(&mut source)?;
        let own = &dump.columns.own;
        let names: Vec<_> = own.iter().take(MAX_COLUMNS).map(|index| text_of(&dump.columns.names[*index])).collect();
        let (more_columns, has_lines) = (own.len() - names.len(), dump.columns.line.is_some());
        let rejected = Self { columns: names, more_columns, has_lines, ..Self::default() };
        let (mut tables, mut filter) = ([rejected.clone(), rejected], KindFilter::new(kind));
        let mut is_cut_off = false;
        while dump.next()? {
            let row = dump.row();
            is_cut_off = row.damage == Some(Damage::CutOff);
            tables[usize::from(row.is_warning())].add(&row, &mut filter, limit);
        }
        let (title, are_warnings) = filter.end()?;
        let [rejected, warnings] = tables;
        let table = if are_warnings { warnings } else { rejected };
        let mut table = Self { title, are_warnings, is_cut_off, ..table };
        table.put_wrong_column_first();
        Ok(table)
    }

    fn add(&mut self, row: &Row<'_>, filter: &mut KindFilter, limit: usize) {
        let line = row.damaged_line();
        let is_of_kind = |message: &Message<'_>| filter.accepts(message.title, row.is_warning());
        let Some(message) = row.messages(&line).filter(is_of_kind).reduce(|first, _| first) else { return };
        self.rows += 1;
        if self.first_rows.len() == limit {
            return;
        }
        let kept = |text: &[u8]| text_of(&kept(text));
        let fields: Vec<_> = row.own_fields().into_iter().flatten().take(MAX_COLUMNS).map(kept).collect();
        let wrong = message.column(row).and_then(|column| row.columns.own.binary_search(&column).ok());
        self.first_rows.push(TableRow {
            line: row.source_line(),
            dump_row: row.number,
            value: message.value.map(kept),
            wrong: wrong.filter(|column| *column < fields.len()),
            fields,
        });
    }

    fn put_wrong_column_first(&mut self) {
        let count = |column: usize| self.first_rows.iter().filter(|row| row.wrong == Some(column)).count();
        let Some(wrong) = (0..self.columns.len()).rev().max_by_key(|column| count(*column)) else { return };
        self.columns[..=wrong].rotate_right(1);
        for row in self.first_rows.iter_mut().filter(|row| !row.fields.is_empty()) {
            row.fields[..=wrong].rotate_right(1);
        }
    }

    fn cells(&self) -> Vec<Vec<String>> {
        let line = if self.has_lines { "line" } else { "row" };
        let names = self.columns.iter().map(|name| cut(name, MAX_CELL));
        let header = [line.to_owned(), "value".to_owned()].into_iter().chain(names).collect();
        let row = |row: &TableRow| {
            let line = match row.line {
                Some(line) => line.to_string(),
                None if !self.has_lines => row.dump_row.to_string(),
                // The column is for lines of the source.
                None => format!("row {}", row.dump_row),
            };
            let value = row.value.as_deref().unwrap_or_default();
            let fields = row.fields.iter().map(|field| cut(field, MAX_CELL));
            [line, cut(value, MAX_CELL)].into_iter().chain(fields).collect()
        };
        std::iter::once(header).chain(self.first_rows.iter().map(row)).collect()
    }

    /// The table as text for a terminal of this width in columns, from 40 to 1,000.
    pub fn text(&self, columns: usize) -> String {
        let shown = self.first_rows.len() as u64;
        let first = if self.rows == shown { String::new() } else { format!("the first {} of ", thousands(shown)) };
        let loaded = if self.are_warnings { ", loaded with a warning" } else { "" };
        let mut text = format!("{}: {first}{}{loaded}\n\n", visible(&self.title), number(self.rows, "row"));
        let cells = self.cells();
        let (mut widths, mut free) = (Vec::new(), columns.clamp(MIN_WIDTH, MAX_WIDTH));
        for column in 0..cells[0].len() {
            let widest = cells.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or(0);
            let needed = widest + if column == 0 { 0 } else { GAP };
            if needed > free {
                break;
            }
            free -= needed;
            widths.push(widest);
        }
        for row in &cells {
            let (first, rest) = (format!("{:>width$}", row[0], width = widths[0]), row[1..].iter().zip(&widths[1..]));
            let line = rest.fold(first, |line, (cell, width)| format!("{line}{:GAP$}{}", "", padded(cell, *width)));
            text.push_str(line.trim_end());
            text.push('\n');
        }
        match (self.columns.len() + self.more_columns + 2).saturating_sub(widths.len()) {
            0 => text,
            more => text + &format!("\n{} not shown\n", number(more as u64, "more column")),
        }
    }
}
