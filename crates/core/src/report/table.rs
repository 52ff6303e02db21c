//! The first rows of one kind, side by side.

use std::fmt;
use std::io::Read;

use super::dump::Dump;
use super::filter::KindFilter;
use super::row::Row;
use super::shown::text_of;
use super::words::{cut, number};
use crate::report::ReportError;
use crate::text::Printable;

/// Widest cell, in characters: enough to recognize a value, and several fit beside each other.
const MAX_CELL: usize = 30;

/// Blanks between columns.
const GAP: usize = 2;

/// The first rows of one kind, as a table for a terminal: where the row is from, the value that the message
/// complains of, and as many of the import's columns as fit.
#[derive(Debug)]
pub struct RowTable {
    filter: KindFilter,
    limit: usize,
    width: usize,
    columns: usize,
    /// The header and the rows, in cells.
    cells: Vec<Vec<String>>,
    rows: u64,
}

impl RowTable {
    /// Prepares a table of rows of this dump that have a message of one kind: the one whose title has `kind`
    /// in it, in upper or lower case.
    pub fn new<R: Read>(dump: &Dump<R>, kind: &str) -> Self {
        let columns = dump.columns();
        let line = if columns.line.is_some() { "line" } else { "row" };
        let own = columns.own.iter().map(|index| cell(&columns.names[*index]));
        let header = [line.to_owned(), "value".to_owned()].into_iter().chain(own).collect();
        Self {
            filter: KindFilter::new(kind),
            limit: 20,
            width: 80,
            columns: columns.own.len(),
            cells: vec![header],
            rows: 0,
        }
    }

    /// Sets how many rows are shown. Defaults to 20.
    pub fn limit(mut self, rows: usize) -> Self {
        self.limit = rows;
        self
    }

    /// Sets the width of the terminal, in characters. Defaults to 80.
    pub fn width(mut self, characters: usize) -> Self {
        self.width = characters;
        self
    }

    /// Adds a row, if it is of the kind.
    pub fn add(&mut self, row: &Row<'_>) {
        let filter = &mut self.filter;
        let mut value = None;
        row.for_each_message(|message| {
            if filter.accepts(message.title) && value.is_none() {
                value = Some(message.value.map(cell).unwrap_or_default());
            }
        });
        let Some(value) = value else { return };
        self.rows += 1;
        if self.cells.len() > self.limit {
            return;
        }
        let line = if row.columns.line.is_some() { row.source_line() } else { Some(row.number()) };
        let first = [line.map(|line| line.to_string()).unwrap_or_default(), value];
        // No more columns than could fit at a character each.
        let fields = row.own_fields().into_iter().flatten().take(self.width / (1 + GAP)).map(cell);
        self.cells.push(first.into_iter().chain(fields).collect());
    }

    /// Ends the table; it is printed through [`Display`](fmt::Display).
    ///
    /// # Errors
    ///
    /// [`ReportError::NoSuchKind`] or [`ReportError::AmbiguousKind`].
    pub fn finish(&self) -> Result<(), ReportError> {
        self.filter.title().map(|_| ())
    }

    /// The widths of the columns that fit.
    fn widths(&self) -> Vec<usize> {
        let mut widths = Vec::new();
        let mut free = self.width;
        for column in 0..self.columns + 2 {
            let cells = self.cells.iter().filter_map(|row| row.get(column));
            let width = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
            let needed = if column == 0 { width } else { width + GAP };
            if needed > free {
                break;
            }
            free -= needed;
            widths.push(width);
        }
        widths
    }
}

impl fmt::Display for RowTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = self.filter.title().map_err(|_| fmt::Error)?;
        let shown = self.cells.len() as u64 - 1;
        match self.rows == shown {
            true => writeln!(f, "{}: {}\n", Printable(title), number(shown, "row"))?,
            false => {
                writeln!(f, "{}: the first {shown} of {}\n", Printable(title), number(self.rows, "row"))?
            }
        }
        let widths = self.widths();
        for row in &self.cells {
            let mut line = String::new();
            for (index, (cell, width)) in row.iter().zip(&widths).enumerate() {
                match index {
                    0 => line.push_str(&format!("{cell:>width$}")),
                    _ => line.push_str(&format!("{:GAP$}{cell:<width$}", "")),
                }
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        match (self.columns + 2).saturating_sub(widths.len()) {
            0 => Ok(()),
            more => writeln!(f, "\n{} not shown", number(more as u64, "more column")),
        }
    }
}

fn cell(bytes: &[u8]) -> String {
    cut(&text_of(&bytes[..bytes.len().min(4 * MAX_CELL)]), MAX_CELL)
}
