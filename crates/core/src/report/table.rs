//! The first rows of one kind, side by side.

use std::fmt;
use std::io::Read;

use super::dump::Dump;
use super::filter::KindFilter;
use super::row::Row;
use super::shown::text_of;
use super::view::{MAX_WIDTH, MIN_WIDTH};
use super::words::{cut, number};
use crate::report::ReportError;
use crate::text::Printable;

/// Widest cell, in characters: enough to recognize a value, and several fit beside each other.
const MAX_CELL: usize = 30;

/// Blanks between columns.
const GAP: usize = 2;

/// Columns that are kept: no terminal shows more.
const MAX_COLUMNS: usize = 100;

/// The first rows of one kind, as a table for a terminal: where the row is from, the value that the message
/// complains of, and as many of the import's columns as fit.
#[derive(Debug, Clone)]
pub struct RowTable {
    title: String,
    width: usize,
    /// The import's columns, those that are not kept included.
    columns: usize,
    /// The header and the rows, in cells.
    cells: Vec<Vec<String>>,
    rows: u64,
    /// The rows were loaded: no rejected one is of the kind.
    are_warnings: bool,
}

impl RowTable {
    /// Reads a dump to its end, and keeps the first `limit` rejected rows with a message of one kind. `kind` is a part
    /// of its title, in upper or lower case, or `=` and the whole title. Rows that were loaded with a warning are kept
    /// only where no rejected row is of the kind.
    ///
    /// # Errors
    ///
    /// [`ReportError::NotADump`], [`ReportError::Read`], [`ReportError::NoSuchKind`] and
    /// [`ReportError::AmbiguousKind`].
    pub fn read(mut source: impl Read, kind: &str, limit: usize) -> Result<Self, ReportError> {
        let mut dump = Dump::open(&mut source)?;
        let columns = dump.columns();
        let line = if columns.line.is_some() { "line" } else { "row" };
        let own = columns.own.iter().take(MAX_COLUMNS).map(|index| cell(&columns.names[*index]));
        let header: Vec<_> = [line.to_owned(), "value".to_owned()].into_iter().chain(own).collect();
        let columns = columns.own.len();
        let begin = |are_warnings| {
            let table = Self {
                title: String::new(),
                width: 80,
                columns,
                cells: vec![header.clone()],
                rows: 0,
                are_warnings,
            };
            (KindFilter::new(kind), table)
        };
        let (mut rejected, mut loaded) = (begin(false), begin(true));
        while let Some(row) = dump.next_row()? {
            let (filter, table) = if row.is_warning() { &mut loaded } else { &mut rejected };
            table.add(&row, filter, limit);
        }
        let (filter, mut table) = match (rejected.0.fits_none(), loaded.0.fits_none()) {
            (true, false) => loaded,
            (true, true) => (rejected.0.with_refused(&loaded.0), rejected.1),
            (false, _) => rejected,
        };
        table.title = filter.title()?.to_owned();
        Ok(table)
    }

    /// Adds a row, if it is of the kind.
    fn add(&mut self, row: &Row<'_>, filter: &mut KindFilter, limit: usize) {
        let mut value = None;
        row.for_each_message(|message| {
            if filter.accepts(message.title) {
                value.get_or_insert_with(|| message.value.map(cell).unwrap_or_default());
            }
        });
        let Some(value) = value else { return };
        self.rows += 1;
        if self.cells.len() <= limit {
            self.cells.push(cells(row, value));
        }
    }

    /// Sets the width of the terminal, in characters. Defaults to 80; at least 40, at most 1,000.
    pub fn width(mut self, characters: usize) -> Self {
        self.width = characters.clamp(MIN_WIDTH, MAX_WIDTH);
        self
    }

    /// The widths of the columns that fit.
    fn widths(&self) -> Vec<usize> {
        let mut widths = Vec::new();
        let mut free = self.width;
        for column in 0..self.cells[0].len() {
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
        let (title, shown) = (Printable(&self.title), self.cells.len() as u64 - 1);
        let first = if self.rows == shown { String::new() } else { format!("the first {shown} of ") };
        let loaded = if self.are_warnings { ", loaded with a warning" } else { "" };
        writeln!(f, "{title}: {first}{}{loaded}\n", number(self.rows, "row"))?;
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

fn cells(row: &Row<'_>, value: String) -> Vec<String> {
    let line = match (row.columns.line, row.source_line()) {
        (_, Some(line)) => line.to_string(),
        (None, None) => row.number.to_string(),
        // The column is for lines of the source.
        (Some(_), None) => format!("row {}", row.number),
    };
    let first = [line, value];
    let fields = row.own_fields().into_iter().flatten().take(MAX_COLUMNS).map(cell);
    first.into_iter().chain(fields).collect()
}

fn cell(bytes: &[u8]) -> String {
    cut(&text_of(&bytes[..bytes.len().min(4 * MAX_CELL)]), MAX_CELL)
}
