//! Reads a dump row by row, in memory that does not grow with the file.

use std::io::Read;

use csv_core::{ReadRecordResult, Reader};

use super::columns::Columns;
use super::dialect::{Dialect, MAX_ROW_FIELDS};
use super::encoding::{Decoder, Encoding};
use super::row::{Damage, Row};
use super::shown::text_of;
use crate::report::ReportError;

/// Longest header, in bytes of UTF-8. One with 10,000 columns of 100 characters fits.
const MAX_HEADER_BYTES: usize = 1024 * 1024;

/// Longest row, in bytes of UTF-8. Anything longer is what follows a quote that is never closed: its fields are not
/// held.
const MAX_ROW_BYTES: usize = 8 * 1024 * 1024;

/// How much of a file that is no dump the error shows.
const BEGINNING_BYTES: usize = 60;

/// A dump file that is being read. Opening it detects the encoding, the separator, the line ends and the
/// columns.
pub(super) struct Dump<'a> {
    decoder: Decoder<'a>,
    dialect: Dialect,
    columns: Columns,
    parser: Reader,
    /// Text that was decoded; parsed up to `parsed`.
    text: Vec<u8>,
    parsed: usize,
    /// The fields of the current row, one after the other, and where each ends.
    fields: Vec<u8>,
    ends: Vec<usize>,
    /// All text was decoded, and a line end was put behind it.
    is_at_end: bool,
    /// The file ends neither with a line end nor with the quote that each field of this dump ends with.
    ends_inside_field: bool,
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
            if text.len() > MAX_HEADER_BYTES || is_whole_file {
                return Err(not_a_dump(&text));
            }
        };
        if columns.service_columns() == 0 && !columns.names.is_empty() {
            return Err(not_a_dump(&text));
        }
        let parser = dialect.parser();
        let (fields, ends) = (vec![0; 4096], vec![0; columns.names.len() + 1]);
        Ok(Self {
            decoder,
            dialect,
            columns,
            parser,
            text,
            parsed,
            fields,
            ends,
            is_at_end: false,
            ends_inside_field: false,
            row: 1,
        })
    }

    /// The next row, or `None` at the end.
    // Without a call the row is not copied, which takes 3 % of the time of a report.
    #[inline]
    pub(super) fn next_row(&mut self) -> Result<Option<Row<'_>>, ReportError> {
        // How much of `fields` and `ends` is filled.
        let (mut written, mut count) = (0, 0);
        let mut is_too_long = false;
        let mut is_cut_off = false;
        loop {
            if self.parsed == self.text.len() {
                self.refill()?;
            }
            let (result, read, more, more_fields) = self.parser.read_record(
                &self.text[self.parsed..],
                &mut self.fields[written..],
                &mut self.ends[count..],
            );
            self.parsed += read;
            written += more;
            count += more_fields;
            // The line end at the end of the file is text in a quoted field alone.
            is_cut_off |= self.is_at_end && more > 0 && result != ReadRecordResult::Record;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.fields.len() < MAX_ROW_BYTES => {
                    self.fields.resize(self.fields.len() * 2, 0);
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() < MAX_ROW_FIELDS => {
                    self.ends.resize(self.ends.len() * 2, 0);
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    is_too_long = true;
                    (written, count) = (0, 0);
                }
                ReadRecordResult::Record => {
                    self.row += 1;
                    if is_too_long {
                        (written, count) = (0, 0);
                    } else if is_cut_off {
                        written -= 1;
                        self.ends[count - 1] = written;
                    }
                    let damage = self.damage(count, is_too_long, is_cut_off);
                    return Ok(Some(Row {
                        text: &self.fields[..written],
                        ends: &self.ends[..count],
                        columns: &self.columns,
                        number: self.row,
                        damage,
                    }));
                }
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    /// Decodes more text. At the end of the file that is one line end, once: it ends the last row, unless
    /// that is cut off.
    fn refill(&mut self) -> Result<(), ReportError> {
        let last = self.text.last().copied();
        self.text.clear();
        self.parsed = 0;
        if self.is_at_end {
            return Ok(());
        }
        self.decoder.fill(&mut self.text)?;
        if self.text.is_empty() {
            self.is_at_end = true;
            self.ends_inside_field = self.dialect.quotes_all && !matches!(last, Some(b'"' | b'\r' | b'\n'));
            self.text.push(b'\n');
        }
        Ok(())
    }

    fn damage(&self, fields: usize, is_too_long: bool, is_cut_off: bool) -> Option<Damage> {
        let expected = self.columns.names.len();
        // A last row without a line end is whole if it has all fields.
        let is_cut_off = is_cut_off
            || self.is_at_end
                && (fields < expected || self.ends_inside_field || self.decoder.ends_inside_unit());
        match fields.cmp(&expected) {
            _ if is_cut_off => Some(Damage::CutOff),
            _ if is_too_long => Some(Damage::TooManyFields),
            std::cmp::Ordering::Less => Some(Damage::TooFewFields),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(Damage::TooManyFields),
        }
    }

    pub(super) fn encoding(&self) -> Encoding {
        self.decoder.encoding()
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(super) fn columns(&self) -> &Columns {
        &self.columns
    }
}

fn not_a_dump(text: &[u8]) -> ReportError {
    let line = text.split(|byte| b"\r\n".contains(byte)).find(|line| !line.is_empty()).unwrap_or_default();
    ReportError::NotADump { beginning: text_of(&line[..line.len().min(BEGINNING_BYTES)]) }
}
