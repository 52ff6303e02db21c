//! Writes the rejected rows as a file that can be corrected and imported again.

use std::io::Write;

use super::dialect::Dialect;
use super::dump::Dump;
use super::encoding::Encoding;
use super::filter::KindFilter;
use super::row::Row;
use crate::report::ReportError;

/// What [`ReportBuilder::add_and_fix`](super::ReportBuilder::add_and_fix) wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fixed {
    /// Rows that were written.
    pub rows: u64,
    /// Rows that should have been written, but whose fields may not be in their columns: there are too few or too
    /// many, or the line is no number.
    pub left_out: u64,
}

/// The corrected file of one dump.
pub(super) struct Fix<'a> {
    output: &'a mut dyn Write,
    encoding: Encoding,
    dialect: Dialect,
    filter: Option<KindFilter>,
    fixed: Fixed,
    /// Buffers for one row, as text and as it is stored.
    text: Vec<u8>,
    bytes: Vec<u8>,
}

impl<'a> Fix<'a> {
    /// Writes the header.
    pub(super) fn begin(
        dump: &Dump<'_>,
        kind: Option<&str>,
        output: &'a mut dyn Write,
    ) -> Result<Self, ReportError> {
        let mut fix = Self {
            output,
            encoding: dump.encoding(),
            dialect: dump.dialect(),
            filter: kind.map(KindFilter::new),
            fixed: Fixed { rows: 0, left_out: 0 },
            text: Vec::new(),
            bytes: Vec::new(),
        };
        let columns = dump.columns();
        if !columns.own.is_empty() {
            fix.output.write_all(fix.encoding.bom()).map_err(ReportError::Write)?;
            fix.write_row(columns.own.iter().map(|index| &*columns.names[*index]))?;
        }
        Ok(fix)
    }

    /// Writes a row, if it is one of those to write.
    pub(super) fn add(&mut self, row: &Row<'_>) -> Result<(), ReportError> {
        if row.is_warning() {
            return Ok(());
        }
        if let Some(filter) = &mut self.filter {
            let mut is_of_kind = false;
            row.for_each_message(|message| is_of_kind |= filter.accepts(message.title));
            if !is_of_kind {
                return Ok(());
            }
        }
        let Some(fields) = row.own_fields() else {
            self.fixed.left_out += 1;
            return Ok(());
        };
        self.fixed.rows += 1;
        self.write_row(fields)
    }

    /// Checks that the kind was one, once all rows were seen.
    pub(super) fn end(self) -> Result<Fixed, ReportError> {
        if let Some(filter) = &self.filter {
            filter.title()?;
        }
        self.output.flush().map_err(ReportError::Write)?;
        Ok(self.fixed)
    }

    fn write_row<'f>(&mut self, fields: impl Iterator<Item = &'f [u8]>) -> Result<(), ReportError> {
        self.text.clear();
        self.dialect.write_row(fields, &mut self.text);
        self.bytes.clear();
        self.encoding.encode(&self.text, &mut self.bytes);
        self.output.write_all(&self.bytes).map_err(ReportError::Write)
    }
}
