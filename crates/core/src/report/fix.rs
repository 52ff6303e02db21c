//! Writes the rejected rows as a file that can be corrected and imported again.

use std::io::Write;

use serde::Serialize;

use super::dialect::Dialect;
use super::dump::Dump;
use super::encoding::Encoding;
use super::filter::KindFilter;
use super::row::{Damage, Row};
use crate::report::ReportError;

/// Rows that are left out whose places are kept.
const MAX_PLACES: usize = 1_000;

/// What [`ReportBuilder::add_and_fix`](super::ReportBuilder::add_and_fix) wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CorrectedRows {
    /// Rows that were written.
    pub rows: u64,
    /// Rows that should have been written, but have too few or too many fields, which may be in other columns.
    pub left_out: u64,
    /// Where in the dump these are, at most a thousand. The header is row 1, as in a spreadsheet.
    pub left_out_rows: Vec<u64>,
    /// Rows that were not written because they were loaded, with a warning.
    pub warnings_left_out: u64,
    /// The columns are called `Column 1`, `Column 2` and so on, as the service calls those of a source that has no
    /// header: then the first line must go.
    pub may_lack_header: bool,
}

/// The corrected file of one dump.
pub(super) struct Fix<'a> {
    output: &'a mut dyn Write,
    encoding: Encoding,
    dialect: Dialect,
    filter: Option<KindFilter>,
    with_warnings: bool,
    is_cut_off: bool,
    done: CorrectedRows,
    /// Buffers for one row, as text and as it is stored.
    text: Vec<u8>,
    bytes: Vec<u8>,
}

impl<'a> Fix<'a> {
    /// Writes the header.
    pub(super) fn begin(
        dump: &Dump<'_>,
        kind: Option<&str>,
        with_warnings: bool,
        output: &'a mut dyn Write,
    ) -> Result<Self, ReportError> {
        let mut fix = Self {
            output,
            encoding: dump.text.encoding,
            dialect: dump.dialect.clone(),
            filter: kind.map(KindFilter::new),
            with_warnings,
            is_cut_off: false,
            done: CorrectedRows::default(),
            text: Vec::new(),
            bytes: Vec::new(),
        };
        let own = &dump.columns.own;
        if !own.is_empty() {
            let mut names = own.iter().map(|index| &*dump.columns.names[*index]);
            fix.output.write_all(fix.encoding.bom()).map_err(ReportError::Write)?;
            fix.write_row(names.clone())?;
            fix.done.may_lack_header =
                names.by_ref().zip(1..).all(|(name, n)| name == format!("Column {n}").as_bytes());
        }
        Ok(fix)
    }

    /// Writes a row, if it is one of those to write.
    pub(super) fn add(&mut self, row: &Row<'_>) -> Result<(), ReportError> {
        self.is_cut_off |= row.damage == Some(Damage::CutOff);
        let is_loaded = row.is_warning() && !self.with_warnings;
        if let Some(filter) = &mut self.filter {
            let line = row.damaged_line();
            let mut is_of_kind = false;
            row.messages(&line).for_each(|message| is_of_kind |= filter.accepts(message.title, is_loaded));
            if !is_of_kind {
                return Ok(());
            }
        }
        if is_loaded {
            self.done.warnings_left_out += 1;
            return Ok(());
        }
        let Some(fields) = row.own_fields() else {
            self.done.left_out += 1;
            if self.done.left_out_rows.len() < MAX_PLACES {
                self.done.left_out_rows.push(row.number);
            }
            return Ok(());
        };
        self.done.rows += 1;
        self.write_row(fields)
    }

    /// Checks that the dump was whole and the kind was one, once all rows were seen.
    pub(super) fn end(self) -> Result<CorrectedRows, ReportError> {
        if self.is_cut_off {
            return Err(ReportError::CutOff);
        }
        self.filter.map_or(Ok(()), |filter| filter.end().map(drop))?;
        self.output.flush().map_err(ReportError::Write)?;
        Ok(self.done)
    }

    fn write_row<'f>(&mut self, fields: impl Iterator<Item = &'f [u8]>) -> Result<(), ReportError> {
        self.text.clear();
        self.dialect.write_row(fields, &mut self.text);
        self.bytes.clear();
        self.encoding.encode(&self.text, &mut self.bytes);
        self.output.write_all(&self.bytes).map_err(ReportError::Write)
    }
}
