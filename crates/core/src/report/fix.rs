//! Writes the rejected rows as a file that can be corrected and imported again.

use std::io::{Read, Write};

use super::dialect::Dialect;
use super::dump::Dump;
use super::encoding::Encoding;
use super::filter::KindFilter;
use super::row::Row;
use crate::report::ReportError;

/// Writes the rejected rows of a dump with the import's own columns alone. Separator, line ends, encoding and
/// byte order mark are those of the dump, and fields come out byte for byte, so the file can be corrected and
/// uploaded in place of the import's source. Each field is quoted if the dump's header is, as the service
/// writes it, and otherwise where it must be.
///
/// Rows that were loaded with a warning are left out: importing them again would change nothing, or count them
/// twice.
pub struct Fix<W> {
    output: W,
    encoding: Encoding,
    dialect: Dialect,
    header: Vec<Box<[u8]>>,
    filter: Option<KindFilter>,
    with_warnings: bool,
    has_header: bool,
    rows: u64,
    left_out: u64,
    /// Buffers for one row, as text and as it is stored.
    text: Vec<u8>,
    bytes: Vec<u8>,
}

impl<W: Write> Fix<W> {
    /// Prepares to write rows of this dump. Each row is a small write: hand in a `BufWriter` for a file.
    pub fn new<R: Read>(dump: &Dump<R>, output: W) -> Self {
        let columns = dump.columns();
        Self {
            output,
            encoding: dump.encoding(),
            dialect: dump.dialect(),
            header: columns.own.iter().map(|index| columns.names[*index].clone()).collect(),
            filter: None,
            with_warnings: false,
            has_header: false,
            rows: 0,
            left_out: 0,
            text: Vec::new(),
            bytes: Vec::new(),
        }
    }

    /// Writes only rows with a message of one kind: the one whose title has this text in it, in upper or
    /// lower case. Defaults to rows of all kinds.
    pub fn kind(mut self, text: &str) -> Self {
        self.filter = Some(KindFilter::new(text));
        self
    }

    /// Writes rows that were loaded with a warning as well. Defaults to false.
    pub fn warnings(mut self, yes: bool) -> Self {
        self.with_warnings = yes;
        self
    }

    /// Writes a row, if it is one of those to write.
    ///
    /// # Errors
    ///
    /// [`ReportError::Write`].
    pub fn write(&mut self, row: &Row<'_>) -> Result<(), ReportError> {
        if row.is_warning() && !self.with_warnings {
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
            self.left_out += 1;
            return Ok(());
        };
        self.write_header()?;
        self.text.clear();
        self.dialect.write_row(fields, &mut self.text);
        self.write_text()?;
        self.rows += 1;
        Ok(())
    }

    /// Ends the file. Without any row it has the header alone.
    ///
    /// # Errors
    ///
    /// [`ReportError::Write`], and if one kind was asked for, [`ReportError::NoSuchKind`] or
    /// [`ReportError::AmbiguousKind`]. Discard the file then.
    pub fn finish(&mut self) -> Result<(), ReportError> {
        if let Some(filter) = &self.filter {
            filter.title()?;
        }
        self.write_header()?;
        self.output.flush().map_err(ReportError::Write)
    }

    /// Rows that were written.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows that should have been written, but have not all fields, or more than the header.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    fn write_header(&mut self) -> Result<(), ReportError> {
        if self.has_header || self.header.is_empty() {
            return Ok(());
        }
        self.has_header = true;
        self.output.write_all(self.encoding.bom()).map_err(ReportError::Write)?;
        let mut text = Vec::new();
        self.dialect.write_row(self.header.iter().map(|name| &**name), &mut text);
        std::mem::swap(&mut self.text, &mut text);
        self.write_text()
    }

    fn write_text(&mut self) -> Result<(), ReportError> {
        self.bytes.clear();
        self.encoding.encode(&self.text, &mut self.bytes);
        self.output.write_all(&self.bytes).map_err(ReportError::Write)
    }
}

impl<W> std::fmt::Debug for Fix<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fix")
            .field("rows", &self.rows)
            .field("left_out", &self.left_out)
            .finish_non_exhaustive()
    }
}
