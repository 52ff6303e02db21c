//! Reads dumps into a report.

use std::cmp::Reverse;
use std::io::{Read, Write};

use super::dump::Dump;
use super::fix::{Fix, Fixed};
use super::model::{Input, Report, Totals};
use super::row::{Damage, Row};
use super::shown::text_of;
use super::tally::Tally;
use crate::report::ReportError;

/// Reads dumps, one after the other, into one report. Each is read once and in memory that does not grow with
/// it, so it may be a pipe.
#[derive(Debug)]
pub struct ReportBuilder {
    inputs: Vec<Input>,
    totals: Totals,
    errors: Tally,
    warnings: Tally,
}

impl Default for ReportBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl ReportBuilder {
    /// A builder without any dump.
    pub fn new() -> Self {
        Self { inputs: Vec::new(), totals: Totals::default(), errors: Tally::new(), warnings: Tally::new() }
    }

    /// Reads a dump to its end. `name` is what the report calls it.
    ///
    /// # Errors
    ///
    /// [`ReportError::NotADump`], and nothing is added; [`ReportError::Read`], and the rows up to there are.
    pub fn add(&mut self, name: &str, mut source: impl Read) -> Result<(), ReportError> {
        self.read(name, &mut Dump::open(&mut source)?, &mut |_| Ok(()))
    }

    /// Like [`ReportBuilder::add`], and writes the rejected rows with the import's own columns alone. Separator,
    /// line ends, encoding and byte order mark are those of the dump, and fields come out byte for byte, so the
    /// file can be corrected and uploaded in place of the import's source. Each field is quoted if the dump's
    /// header is, as the service writes it, and otherwise where it must be.
    ///
    /// Rows that were loaded with a warning are left out: importing them again would change nothing, or count
    /// them twice. With `kind` only rows with a message of one kind are written: it is a part of the title, in upper
    /// or lower case, or `=` and the whole title. Each row is a small write: hand in a `BufWriter` for a file.
    ///
    /// # Errors
    ///
    /// Those of [`ReportBuilder::add`]; [`ReportError::Write`]; [`ReportError::NoSuchKind`] and
    /// [`ReportError::AmbiguousKind`], which show only at the end. Discard what was written then.
    pub fn add_and_fix(
        &mut self,
        name: &str,
        mut source: impl Read,
        kind: Option<&str>,
        mut output: impl Write,
    ) -> Result<Fixed, ReportError> {
        let mut dump = Dump::open(&mut source)?;
        let mut fix = Fix::begin(&dump, kind, &mut output)?;
        self.read(name, &mut dump, &mut |row| fix.add(row))?;
        fix.end()
    }

    fn read(
        &mut self,
        name: &str,
        dump: &mut Dump<'_>,
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), ReportError>,
    ) -> Result<(), ReportError> {
        let mut totals = Totals::default();
        let outcome = self.read_rows(dump, &mut totals, each);
        self.errors.end_input(dump.columns());
        self.warnings.end_input(dump.columns());
        self.totals.add(&totals);
        let (encoding, dialect, columns) = (dump.encoding(), dump.dialect(), dump.columns());
        let header_is_unicode = columns.names.iter().all(|name| std::str::from_utf8(name).is_ok());
        let is_unknown = (totals.rows_not_unicode > 0 || !header_is_unicode) && !encoding.is_proved();
        self.inputs.push(Input {
            name: name.to_owned(),
            is_empty: columns.names.is_empty(),
            encoding: if is_unknown { "unknown" } else { encoding.name() },
            separator: dialect.separator.into(),
            line_end: dialect.line_end_name(),
            columns: columns.own.iter().map(|index| text_of(&columns.names[*index])).collect(),
            totals,
        });
        outcome
    }

    fn read_rows(
        &mut self,
        dump: &mut Dump<'_>,
        totals: &mut Totals,
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), ReportError>,
    ) -> Result<(), ReportError> {
        while let Some(row) = dump.next_row()? {
            self.count(&row, totals);
            each(&row)?;
        }
        Ok(())
    }

    fn count(&mut self, row: &Row<'_>, totals: &mut Totals) {
        totals.rows += 1;
        // The end of the file may cut a character off.
        let is_whole = row.damage != Some(Damage::CutOff);
        totals.rows_not_unicode += u64::from(is_whole && std::str::from_utf8(row.text).is_err());
        match row.damage {
            Some(Damage::TooFewFields) => totals.rows_too_short += 1,
            Some(Damage::TooManyFields) => totals.rows_too_long += 1,
            Some(Damage::CutOff) => totals.rows_cut_off += 1,
            None => {}
        }
        if let Some(line) = row.source_line() {
            totals.add_line(line);
        }
        let is_warning = row.is_warning();
        let tally = if is_warning { &mut self.warnings } else { &mut self.errors };
        let (row_id, input) = (self.totals.rows + totals.rows, self.inputs.len());
        let (mut messages, mut consequences) = (0, 0);
        row.for_each_message(|message| {
            messages += u64::from(!message.is_note);
            consequences += u64::from(tally.add(&message, row, row_id, input));
        });
        if is_warning {
            totals.warnings += 1;
        } else {
            totals.rejected += 1;
            totals.several_messages += u64::from(messages > 1);
            totals.consequences += u64::from(messages > 0 && messages == consequences);
        }
    }

    /// The report on what was read.
    pub fn finish(self) -> Report {
        let Self { inputs, totals, errors, warnings } = self;
        let mut kinds: Vec<_> =
            errors.kinds(totals.rejected, false).chain(warnings.kinds(totals.warnings, true)).collect();
        kinds.sort_by(|a, b| {
            (a.severity, Reverse(a.rows), &a.title).cmp(&(b.severity, Reverse(b.rows), &b.title))
        });
        Report { inputs, totals, kinds, unlisted_messages: errors.forgotten() + warnings.forgotten() }
    }
}
