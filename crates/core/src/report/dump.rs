//! Reads a dump row by row, in memory that does not grow with the file.

use std::cmp::Ordering;
use std::io::Read;

use super::columns::Columns;
use super::dialect::{Dialect, LineEnd};
use super::encoding::Text;
use super::parser::{MAX_ROW_BYTES, Parser};
use super::row::{Damage, Row};
use super::shown::text_of;
use crate::report::ReportError;

/// How much of a file that is no dump the error shows.
const BEGINNING_BYTES: usize = 60;

/// A dump file that is being read. Opening it detects its encoding, separator, line ends and columns.
pub(super) struct Dump<'a> {
    pub(super) text: Text<'a>,
    pub(super) dialect: Dialect,
    pub(super) columns: Columns,
    parser: Parser,
    /// The length of the row that was read last, which the text begins with.
    length: usize,
    /// The number of this row. The header is row 1, as in a spreadsheet.
    number: u64,
    damage: Option<Damage>,
    /// Header rows after the first, of dumps that were joined: they are no rows of the dump.
    pub(super) repeated_headers: u64,
    /// Zero bytes after the last row. Known at the end.
    pub(super) trailing_zeros: u64,
}

impl<'a> Dump<'a> {
    /// Opens a dump at its beginning. A file without bytes, or with line ends alone, is a dump without columns.
    pub(super) fn open(source: &'a mut dyn Read) -> Result<Self, ReportError> {
        let mut text = Text::open(source)?;
        let (dialect, columns, length) = loop {
            let is_whole_file = text.is_at_end;
            if let Some(found) = Dialect::detect(text.rest(), is_whole_file) {
                break found;
            }
            if text.rest().len() > MAX_ROW_BYTES || is_whole_file {
                return Err(not_a_dump(text.rest()));
            }
            text.fill()?;
        };
        if columns.service_columns() == 0 && !columns.names.is_empty() {
            return Err(not_a_dump(text.rest()));
        }
        let has_line_end = matches!(text.rest()[..length].last(), Some(b'\r' | b'\n'));
        if !columns.names.is_empty() && !has_line_end {
            return Err(ReportError::CutOff);
        }
        let parser = Parser::default();
        let (number, damage, repeated_headers, trailing_zeros) = (1, None, 0, 0);
        Ok(Self { text, dialect, columns, parser, length, number, damage, repeated_headers, trailing_zeros })
    }

    /// Goes to the next row, and returns false at the end.
    pub(super) fn next(&mut self) -> Result<bool, ReportError> {
        loop {
            self.text.drop(self.length);
            self.number += 1;
            if !self.read_row()? {
                return Ok(false);
            }
            if !self.row().is_header() {
                return Ok(true);
            }
            self.repeated_headers += 1;
        }
    }

    /// The row that was read last.
    #[inline]
    pub(super) fn row(&self) -> Row<'_> {
        let text = &self.text.rest()[..self.length];
        Row {
            text,
            fields: &self.parser.fields,
            is_unicode: self.parser.is_too_long || self.text.is_unicode(text),
            columns: &self.columns,
            number: self.number,
            damage: self.damage,
            has_bare_quote: self.parser.has_bare_quote,
        }
    }

    /// Reads up to the end of a row, and finds out whether it fits the header.
    fn read_row(&mut self) -> Result<bool, ReportError> {
        loop {
            let is_at_end = self.text.is_at_end;
            let ended = self.parser.read(&self.dialect, self.text.rest_mut(), is_at_end);
            self.length = ended.unwrap_or(0);
            if ended.is_some() {
                self.damage = self.damage_of_fields();
                return Ok(true);
            }
            if is_at_end {
                return Ok(self.parser.is_inside_row() && self.end_last_row());
            }
            let length = self.parser.forget();
            self.text.drop(length);
            self.text.fill()?;
        }
    }

    fn damage_of_fields(&self) -> Option<Damage> {
        match self.parser.fields.len().cmp(&self.columns.names.len()) {
            _ if self.parser.is_too_long => Some(Damage::TooManyFields),
            _ if self.text.is_at_end && self.ends_inside_line_end() => Some(Damage::CutOff),
            _ if self.text.has_zeros(self.length) => Some(Damage::ZeroBytes),
            Ordering::Less => Some(Damage::TooFewFields),
            Ordering::Equal => None,
            Ordering::Greater => Some(Damage::TooManyFields),
        }
    }

    fn ends_inside_line_end(&self) -> bool {
        let text = self.text.rest();
        self.dialect.line_end == LineEnd::CrLf && self.length == text.len() && text.ends_with(b"\r")
    }

    /// Ends a last row without a line end. It is whole if it has all fields, and ends as each field of this dump does.
    /// Zero bytes, which some disks and tools leave, are no row.
    fn end_last_row(&mut self) -> bool {
        let is_quote_open = self.parser.is_inside_quotes();
        let text = self.text.rest_mut();
        let ends_quoted = self.dialect.quotes_all && text.last().copied() != self.dialect.quote;
        self.parser.end_row(text);
        self.length = text.len();
        let fields = &self.parser.fields;
        if let [field] = &**fields
            && !is_quote_open
            && text.ends_with(b"\0")
            && field.of(text).iter().all(|byte| *byte == 0)
        {
            self.trailing_zeros = field.of(text).len() as u64;
            return false;
        }
        let is_cut_off = is_quote_open
            || fields.len() < self.columns.names.len()
            || ends_quoted
            || text.ends_with(b"\0")
            || self.text.ends_inside_character;
        self.damage = if is_cut_off { Some(Damage::CutOff) } else { self.damage_of_fields() };
        true
    }
}

fn not_a_dump(text: &[u8]) -> ReportError {
    let line = text.split(|byte| b"\r\n".contains(byte)).find(|line| !line.is_empty()).unwrap_or_default();
    ReportError::NotADump { beginning: text_of(&line[..line.len().min(BEGINNING_BYTES)]) }
}
