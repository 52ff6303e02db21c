//! Reads dumps into a report.

use std::io::{Read, Write};

use super::dump::Dump;
use super::encoding::Encoding;
use super::fix::{CorrectedRows, Fix};
use super::model::{DumpInfo, Report, Totals};
use super::row::{Damage, Row};
use super::shown::text_of;
use super::tally::Tally;
use super::words::{file_name, label};
use crate::report::ReportError;

/// Reads dumps, one after the other, into one report. Each is read once and in memory that does not grow with
/// it, so it may be a pipe.
#[derive(Debug, Default)]
pub struct ReportBuilder {
    inputs: Vec<DumpInfo>,
    totals: Totals,
    errors: Tally,
    warnings: Tally,
}

impl ReportBuilder {
    /// A builder without any dump.
    pub fn new() -> Self {
        Self::default()
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
    /// quotes, line ends, encoding and byte order mark are those of the dump, and fields come out byte for byte (of
    /// UTF-16, half a surrogate pair as U+FFFD), so the file can be corrected and uploaded in place of the import's
    /// source. Each field is quoted if the dump's header is, as the service writes it, and otherwise where it must
    /// be.
    ///
    /// Rows that were loaded with a warning are left out, unless `with_warnings` takes them along: importing them again
    /// may count them twice. With `kind` only rows with a message of one kind are written: words of its title, or
    /// their beginnings, in upper or lower case, or `=` and the whole title. Each row is a small write: hand in a
    /// `BufWriter` for a file.
    ///
    /// # Errors
    ///
    /// Those of [`ReportBuilder::add`]; [`ReportError::Write`]; [`ReportError::CutOff`], [`ReportError::NoSuchKind`]
    /// and [`ReportError::AmbiguousKind`], which show only at the end. Discard what was written then.
    pub fn add_and_fix(
        &mut self,
        name: &str,
        mut source: impl Read,
        kind: Option<&str>,
        with_warnings: bool,
        mut output: impl Write,
    ) -> Result<CorrectedRows, ReportError> {
        let mut dump = Dump::open(&mut source)?;
        let mut fix = Fix::begin(&dump, kind, with_warnings, &mut output)?;
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
        let mut read = || {
            while dump.next()? {
                let row = dump.row();
                self.count(&row, &mut totals);
                each(&row)?;
            }
            Ok(())
        };
        let outcome = read();
        (totals.repeated_headers, totals.trailing_zeros) = (dump.repeated_headers, dump.trailing_zeros);
        self.errors.end_input(&dump.columns);
        self.warnings.end_input(&dump.columns);
        self.totals.add(&totals);
        let (encoding, dialect, columns) = (dump.text.encoding, &dump.dialect, &dump.columns);
        let header_is_unicode = columns.names.iter().all(|name| std::str::from_utf8(name).is_ok());
        let is_legacy = totals.rows_not_unicode > 0 || !header_is_unicode;
        self.inputs.push(DumpInfo {
            name: name.to_owned(),
            label: label(name),
            is_empty: columns.names.is_empty(),
            encoding: match encoding {
                Encoding::Utf8 if is_legacy => Encoding::Windows1252,
                encoding => encoding,
            },
            separator: text_of(&dialect.separator).chars().next().unwrap_or_default(),
            quote: dialect.quote.map(char::from),
            has_sep_line: dialect.has_sep_line,
            line_end: dialect.line_end,
            columns: columns.own.iter().map(|index| text_of(&columns.names[*index])).collect(),
            totals,
        });
        outcome
    }

    fn count(&mut self, row: &Row<'_>, totals: &mut Totals) {
        totals.rows += 1;
        // The end of the file may cut a character off.
        let is_whole = row.damage != Some(Damage::CutOff);
        totals.rows_not_unicode += u64::from(is_whole && !row.is_unicode);
        totals.rows_with_bare_quotes += u64::from(row.has_bare_quote);
        match row.damage {
            Some(Damage::TooFewFields) => totals.rows_too_short += 1,
            Some(Damage::TooManyFields) => totals.rows_too_long += 1,
            Some(Damage::ZeroBytes) => totals.rows_with_zeros += 1,
            Some(Damage::CutOff) => totals.rows_cut_off += 1,
            None => {}
        }
        if let Some(line) = row.source_line() {
            totals.add_line(line);
        }
        let is_warning = row.is_warning();
        let tally = if is_warning { &mut self.warnings } else { &mut self.errors };
        let (row_id, input) = (self.totals.rows + totals.rows, self.inputs.len());
        let line = row.damaged_line();
        let (messages, is_consequence) = tally.add(row.messages(&line), row, row_id, input);
        if is_warning {
            totals.warnings += 1;
        } else {
            totals.rejected += 1;
            totals.several_messages += u64::from(messages > 1);
            totals.consequences += u64::from(is_consequence);
        }
    }

    /// The report on what was read.
    pub fn finish(self) -> Report {
        let Self { mut inputs, totals, errors, warnings } = self;
        make_labels_differ(&mut inputs);
        let rejected = errors.found(totals.rejected, false, &inputs);
        let loaded = warnings.found(totals.warnings, true, &inputs);
        let unlisted_messages = rejected.forgotten + loaded.forgotten;
        let mut report = Report { inputs, totals, unlisted_messages, ..Report::default() };
        report.cover(&rejected);
        report.kinds = rejected.kinds.into_iter().chain(loaded.kinds).map(|(kind, _)| kind).collect();
        report.answer = report.sentence();
        report
    }
}

/// Calls dumps of one import by their files, and numbers files of one name.
fn make_labels_differ(inputs: &mut [DumpInfo]) {
    for is_numbered in [false, true] {
        let labels: Vec<_> = inputs.iter().map(|input| input.label.clone()).collect();
        for (index, input) in inputs.iter_mut().enumerate() {
            let same = |labels: &[String]| labels.iter().filter(|label| **label == input.label).count();
            if same(&labels) > 1 {
                let number = 1 + if is_numbered { same(&labels[..index]) } else { 0 };
                let suffix = if number > 1 { format!(" ({number})") } else { String::new() };
                input.label = file_name(&input.name).to_owned() + &suffix;
            }
        }
    }
}
