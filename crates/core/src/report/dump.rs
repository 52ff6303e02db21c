//! Reads a dump row by row, in memory that does not grow with the file.

use std::io::Read;

use super::columns::Columns;
use super::dialect::Dialect;
use super::encoding::{Decoder, Encoding};
use super::parser::{Fields, MAX_ROW_BYTES, Parser};
use super::row::{Damage, Row};
use super::shown::text_of;
use crate::report::ReportError;

/// How much of a file that is no dump the error shows.
const BEGINNING_BYTES: usize = 60;

/// A dump file that is being read. Opening it detects the encoding, the separator, the line ends and the
/// columns.
pub(super) struct Dump<'a> {
    decoder: Decoder<'a>,
    dialect: Dialect,
    columns: Columns,
    parser: Parser,
    /// Text that was decoded; parsed up to `parsed`.
    text: Vec<u8>,
    parsed: usize,
    fields: Fields,
    /// All text was decoded.
    is_at_end: bool,
    /// Zero bytes after the last row, which some disks and tools leave.
    trailing_zeros: u64,
    /// The number of the row that was read last. The header is row 1, as in a spreadsheet.
    row: u64,
}

impl<'a> Dump<'a> {
    /// Opens a dump at its beginning. A file without any bytes, or with line ends alone, is a dump without
    /// columns.
    pub(super) fn open(source: &'a mut dyn Read) -> Result<Self, ReportError> {
        let mut decoder = Decoder::new(source)?;
        let mut text = Vec::new();
        let (dialect, columns, parsed) = loop {
            let before = text.len();
            decoder.fill(&mut text)?;
            let is_whole_file = text.len() == before;
            if let Some(found) = Dialect::detect(&text, is_whole_file) {
                break found;
            }
            if text.len() > MAX_ROW_BYTES || is_whole_file {
                return Err(not_a_dump(&text));
            }
        };
        if columns.service_columns() == 0 && !columns.names.is_empty() {
            return Err(not_a_dump(&text));
        }
        let (parser, fields) = (Parser::new(), Fields::default());
        let (is_at_end, trailing_zeros, row) = (false, 0, 1);
        Ok(Self { decoder, dialect, columns, parser, text, parsed, fields, is_at_end, trailing_zeros, row })
    }

    /// The next row, or `None` at the end.
    // Without a call the row is not copied, which takes 3 % of the time of a report.
    #[inline]
    pub(super) fn next_row(&mut self) -> Result<Option<Row<'_>>, ReportError> {
        let mut damage = None;
        loop {
            let text = &self.text[self.parsed..];
            let (read, is_row) = self.parser.read(&self.dialect, text, self.is_at_end, &mut self.fields);
            self.parsed += read;
            if is_row {
                break;
            }
            if !self.is_at_end {
                self.refill()?;
            } else if !self.parser.is_inside_row() {
                return Ok(None);
            } else {
                damage = self.end_last_row();
                if self.trailing_zeros > 0 {
                    return Ok(None);
                }
                break;
            }
        }
        self.row += 1;
        let (fields, expected) = (self.fields.ends.len(), self.columns.names.len());
        let damage = damage.or(match fields.cmp(&expected) {
            _ if self.fields.is_too_long => Some(Damage::TooManyFields),
            std::cmp::Ordering::Less => Some(Damage::TooFewFields),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(Damage::TooManyFields),
        });
        Ok(Some(Row {
            text: &self.fields.text,
            ends: &self.fields.ends,
            columns: &self.columns,
            number: self.row,
            damage,
            has_bare_quote: self.fields.has_bare_quote,
        }))
    }

    /// Decodes more text, after the few bytes that were not parsed yet.
    fn refill(&mut self) -> Result<(), ReportError> {
        self.text.drain(..self.parsed);
        self.parsed = 0;
        let before = self.text.len();
        self.decoder.fill(&mut self.text)?;
        self.is_at_end = self.text.len() == before;
        Ok(())
    }

    /// Ends a last row without a line end. It is whole if it has all fields, and ends as each field of this dump does.
    fn end_last_row(&mut self) -> Option<Damage> {
        let is_quote_open = self.parser.is_inside_quotes();
        self.parser.end(&mut self.fields);
        let Fields { text, ends, .. } = &self.fields;
        if ends.len() == 1 && text.iter().all(|byte| *byte == 0) {
            self.trailing_zeros = text.len() as u64;
            return None;
        }
        let ends_quoted = self.dialect.quotes_all && self.text.last().copied() != self.dialect.quote;
        let is_cut_off = is_quote_open
            || ends.len() < self.columns.names.len()
            || ends_quoted
            || self.decoder.ends_inside_unit();
        is_cut_off.then_some(Damage::CutOff)
    }

    pub(super) fn encoding(&self) -> Encoding {
        self.decoder.encoding()
    }

    pub(super) fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    pub(super) fn columns(&self) -> &Columns {
        &self.columns
    }

    pub(super) fn trailing_zeros(&self) -> u64 {
        self.trailing_zeros
    }
}

fn not_a_dump(text: &[u8]) -> ReportError {
    let line = text.split(|byte| b"\r\n".contains(byte)).find(|line| !line.is_empty()).unwrap_or_default();
    ReportError::NotADump { beginning: text_of(&line[..line.len().min(BEGINNING_BYTES)]) }
}
