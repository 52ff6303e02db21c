//! The report as text for a terminal or a mail.

use std::fmt;

use super::compare::Change;
use super::model::{Counted, Kind, Report, Severity};
use super::words;

/// Values and columns of a kind that are shown.
pub(super) const SHOWN_VALUES: usize = 5;

/// Widest value and name that is shown, in characters.
pub(super) const MAX_VALUE: usize = 40;

/// Narrowest text: below this nothing can be laid out.
pub(super) const MIN_WIDTH: usize = 40;

/// Widest text: no terminal is wider, and a format's width has 16 bits.
pub(super) const MAX_WIDTH: usize = 1_000;

/// Columns behind the labels of a kind: `  columns    `.
const INDENT: usize = 13;

/// A report for people. Printed with `{}` it is text; [`ReportView::html`] makes a page of it.
#[derive(Debug, Clone)]
pub struct ReportView<'a> {
    pub(super) report: &'a Report,
    pub(super) before: Option<&'a Report>,
    pub(super) top: usize,
    width: usize,
    is_ascii: bool,
}

impl Report {
    /// The report for people: as text through [`Display`](fmt::Display), or as a page.
    pub fn view(&self) -> ReportView<'_> {
        ReportView { report: self, before: None, top: 10, width: 80, is_ascii: false }
    }
}

impl<'a> ReportView<'a> {
    /// Sets how many kinds and changes are shown. Defaults to 10.
    pub fn top(mut self, kinds: usize) -> Self {
        self.top = kinds;
        self
    }

    /// Sets the width of the text, in characters. Defaults to 80; at least 40, at most 1,000.
    pub fn width(mut self, characters: usize) -> Self {
        self.width = characters.clamp(MIN_WIDTH, MAX_WIDTH);
        self
    }

    /// Draws the bars of the text in ASCII. What comes from the dump stays as it is. Defaults to false.
    pub fn ascii(mut self, yes: bool) -> Self {
        self.is_ascii = yes;
        self
    }

    /// Says first what changed since an earlier report. Defaults to no comparison.
    pub fn against(mut self, before: &'a Report) -> Self {
        self.before = Some(before);
        self
    }

    /// The kinds that are shown, and those that are not.
    pub(super) fn split_kinds(&self) -> (&'a [Kind], &'a [Kind]) {
        self.report.kinds.split_at(self.report.kinds.len().min(self.top))
    }

    fn write_head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for input in &self.report.inputs {
            let rows = words::number(input.totals.rows, "row");
            writeln!(f, "{}: {rows} ({})", words::cut(&input.name, self.width), words::format(input))?;
            if input.totals.rows == 0 {
                writeln!(f, "  {}", words::no_rows(input))?;
            }
            for fact in words::facts(&input.totals).into_iter().chain(words::source_lines(&input.totals)) {
                writeln!(f, "  {fact}")?;
            }
        }
        if self.report.inputs.len() > 1 {
            writeln!(f, "Together: {}", words::number(self.report.totals.rows, "row"))?;
            for fact in words::facts(&self.report.totals) {
                writeln!(f, "  {fact}")?;
            }
        }
        Ok(())
    }

    fn write_changes(&self, f: &mut fmt::Formatter<'_>, before: &Report) -> fmt::Result {
        writeln!(f, "\n{}", changes_title(before, self.report))?;
        let changes = changes(before, self.report);
        for change in changes.iter().take(self.top) {
            let (rows_before, rows_after) =
                (words::thousands(change.rows_before), words::thousands(change.rows_after));
            let counts = format!("{rows_before:>11} -> {rows_after:>9}");
            let start = format!("  {:<6} {}", change.change, words::cut(&change.title, usize::MAX));
            let room = self.width - counts.len() - 1;
            if start.chars().count() <= room {
                writeln!(f, "{start:<room$} {counts}")?;
            } else {
                writeln!(f, "{start}\n{:room$} {counts}", "")?;
            }
        }
        if changes.is_empty() {
            writeln!(f, "  {NO_CHANGE}")?;
        }
        let more = changes.len().saturating_sub(self.top);
        if more > 0 {
            writeln!(f, "  and {}", words::number(more as u64, "smaller change"))?;
        }
        if changes.iter().any(|change| change.is_approximate) {
            writeln!(f, "  {APPROXIMATE}")?;
        }
        Ok(())
    }

    fn write_kind(&self, f: &mut fmt::Formatter<'_>, kind: &Kind) -> fmt::Result {
        let count = format!("{}  {:>7}", rows(kind), words::percent(kind.share));
        let room = self.width.saturating_sub(count.chars().count() + 2);
        let title = words::cut(&kind.title, usize::MAX);
        if title.chars().count() <= room {
            writeln!(f, "\n{title:<room$}  {count}")?;
        } else {
            writeln!(f, "\n{title}\n{:room$}  {count}", "")?;
        }
        writeln!(f, "  {}", bar(kind.share, self.width - 2, self.is_ascii))?;
        let others = (kind.columns.len() > SHOWN_VALUES).then(|| words::OTHER_COLUMNS.to_owned());
        self.write_items(f, "columns", counted(&kind.columns, false).into_iter().chain(others).collect())?;
        let values = counted(&kind.values, true);
        let others = words::other_values(kind, values.len());
        self.write_items(f, "values", values.into_iter().chain(others).collect())?;
        let (label, lines) = words::first_lines(self.report, kind);
        self.write_words(f, label, &lines)?;
        self.write_words(f, "cure", kind.cure)
    }

    /// Writes items with commas between them, and starts a line where the next would not fit.
    fn write_items(&self, f: &mut fmt::Formatter<'_>, label: &str, items: Vec<String>) -> fmt::Result {
        let count = items.len();
        let comma = |(index, item): (usize, String)| if index + 1 < count { item + "," } else { item };
        self.write_wrapped(f, label, items.into_iter().enumerate().map(comma))
    }

    fn write_words(&self, f: &mut fmt::Formatter<'_>, label: &str, text: &str) -> fmt::Result {
        self.write_wrapped(f, label, text.split_whitespace().map(str::to_owned))
    }

    fn write_wrapped(
        &self,
        f: &mut fmt::Formatter<'_>,
        label: &str,
        pieces: impl Iterator<Item = String>,
    ) -> fmt::Result {
        let mut lines: Vec<String> = Vec::new();
        for piece in pieces {
            match lines.last_mut() {
                Some(line) if INDENT + line.chars().count() + 1 + piece.chars().count() <= self.width => {
                    line.push(' ');
                    line.push_str(&piece);
                }
                _ => lines.push(piece),
            }
        }
        for (index, line) in lines.iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            writeln!(f, "  {label:<width$}{line}", width = INDENT - 2)?;
        }
        Ok(())
    }
}

impl fmt::Display for ReportView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_head(f)?;
        if let Some(before) = self.before {
            self.write_changes(f, before)?;
        }
        let (kinds, others) = self.split_kinds();
        let mut severity = None;
        for kind in kinds {
            if severity != Some(kind.severity) {
                severity = Some(kind.severity);
                let title = section(self.report, kind.severity);
                writeln!(f, "\n{title}\n{}", "-".repeat(title.chars().count()))?;
            }
            self.write_kind(f, kind)?;
        }
        if !others.is_empty() {
            writeln!(f, "\n{}", words::other_kinds(others))?;
        }
        if self.report.unlisted_messages > 0 {
            writeln!(f, "\n{}", unlisted(self.report))?;
        }
        Ok(())
    }
}

/// What is said where nothing changed. The values of a kind are not compared.
pub(super) const NO_CHANGE: &str = "Each kind has as many rows as before.";

/// What a comparison cannot promise.
pub(super) const APPROXIMATE: &str =
    "There are too many kinds to count each: one that is new or gone may only be rare.";

/// The heading of the kinds of one severity.
pub(super) fn section(report: &Report, severity: Severity) -> String {
    let kinds = report.kinds.iter().filter(|kind| kind.severity == severity).count() as u64;
    let at_least = if report.unlisted_messages > 0 { "at least " } else { "" };
    let of = match severity {
        Severity::Error => "errors",
        Severity::Consequence => "consequences: correct the errors above first",
        Severity::Warning => "warnings: these rows were loaded",
    };
    format!("{at_least}{} of {of}", words::number(kinds, "kind"))
}

/// What is said about kinds that were too many.
pub(super) fn unlisted(report: &Report) -> String {
    format!(
        "{} of rare kinds not listed: there are too many kinds to count each",
        words::number(report.unlisted_messages, "more message")
    )
}

pub(super) fn changes_title(before: &Report, after: &Report) -> String {
    let (before, after) = (before.totals.rejected, after.totals.rejected);
    let change = match before.cmp(&after) {
        std::cmp::Ordering::Less => format!("{} more than before", words::thousands(after - before)),
        std::cmp::Ordering::Equal => "as many as before".to_owned(),
        std::cmp::Ordering::Greater => format!("{} fewer than before", words::thousands(before - after)),
    };
    format!("Changes: {} rejected, {change}", words::number(after, "row"))
}

/// The changes that are worth a line: what is the same is no change.
pub(super) fn changes(before: &Report, after: &Report) -> Vec<Change> {
    let mut changes = after.changes_since(before);
    changes.retain(|change| change.change != "same");
    changes
}

/// The rows of a kind, in words.
pub(super) fn rows(kind: &Kind) -> String {
    let word = if kind.at_least { "at least " } else { "" };
    format!("{word}{}", words::number(kind.rows, "row"))
}

/// Values with their counts, quoted where they are data.
fn counted(all: &[Counted], is_quoted: bool) -> Vec<String> {
    let quote = if is_quoted { "\"" } else { "" };
    let one =
        |one: &Counted| format!("{quote}{}{quote}{}", words::cut(&one.text, MAX_VALUE), words::times(one));
    all.iter().take(SHOWN_VALUES).map(one).collect()
}

/// A bar whose full width stands for all rows. Any share above zero can be seen.
fn bar(share: f64, width: usize, is_ascii: bool) -> String {
    const EIGHTHS: [&str; 8] =
        ["", "\u{258f}", "\u{258e}", "\u{258d}", "\u{258c}", "\u{258b}", "\u{258a}", "\u{2589}"];
    let share = share.clamp(0.0, 1.0) * width as f64;
    if is_ascii {
        return "#".repeat((share.round() as usize).max(usize::from(share > 0.0)));
    }
    let eighths = ((share * 8.0).round() as usize).max(usize::from(share > 0.0));
    "\u{2588}".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}
