//! The report as text for a terminal or a mail.

use std::fmt;

use super::compare::Change;
use super::model::{Kind, Report, Severity, ValueCount};
use super::shown::{cut, hidden_names, padded, visible, width};
use super::words;

/// Values, columns and dumps of a kind that are shown.
pub(super) const SHOWN_VALUES: usize = 5;

/// Widest value and name that is shown, in columns.
pub(super) const MAX_VALUE: usize = 40;

/// Narrowest text: below this nothing can be laid out.
pub(super) const MIN_WIDTH: usize = 40;

/// Widest text: no terminal is wider, and a format's width has 16 bits.
pub(super) const MAX_WIDTH: usize = 1_000;

/// Columns after the labels of a kind: `  columns    `.
const INDENT: usize = 13;

/// Narrower text leaves numbers out of its tables.
const ALL_NUMBERS: usize = 50;

/// A report for people. Printed with `{}` it is text; [`ReportView::html`] makes a page of it.
#[derive(Debug, Clone)]
pub struct ReportView<'a> {
    pub(super) report: &'a Report,
    pub(super) before: Option<&'a Report>,
    pub(super) top: usize,
    pub(super) made: Option<&'a str>,
    width: usize,
    is_ascii: bool,
}

/// A line of a table: numbers under their names, and the kind that they are of.
pub(super) struct Line {
    pub(super) severity: Severity,
    pub(super) numbers: Vec<(&'static str, String)>,
    pub(super) title: String,
    /// The commonest column, in the table of kinds.
    pub(super) column: String,
    /// Whether the sentence speaks of this kind: to be cured before others.
    pub(super) is_first: bool,
    /// The number of the kind's own part of the report, where it has one.
    pub(super) place: Option<usize>,
}

/// What changed since an earlier report.
pub(super) struct Changes {
    pub(super) title: String,
    pub(super) lines: Vec<Line>,
    /// Those that are not worth a line at once, and what is said of them.
    pub(super) small: Vec<Line>,
    pub(super) small_text: String,
    pub(super) note: Option<&'static str>,
}

/// A part of a kind: values, columns or dumps, and a text.
pub(super) struct Part<'a> {
    pub(super) label: &'static str,
    pub(super) items: &'a [ValueCount],
    pub(super) text: String,
}

impl Report {
    /// The report for people: as text through [`Display`](fmt::Display), or as a page.
    pub fn view(&self) -> ReportView<'_> {
        ReportView { report: self, before: None, top: 10, made: None, width: 80, is_ascii: false }
    }
}

impl<'a> ReportView<'a> {
    /// Sets how many kinds of errors, of consequences and of warnings are shown, and how many changes. Defaults to 10.
    pub fn top(mut self, kinds: usize) -> Self {
        self.top = kinds;
        self
    }

    /// Sets the width of the text, in columns of a terminal. Defaults to 80; at least 40, at most 1,000.
    pub fn width(mut self, columns: usize) -> Self {
        self.width = columns.clamp(MIN_WIDTH, MAX_WIDTH);
        self
    }

    /// Draws the bars of the text in ASCII. What comes from the dump stays as it is. Defaults to false.
    pub fn ascii(mut self, yes: bool) -> Self {
        self.is_ascii = yes;
        self
    }

    /// Says what changed since an earlier report. Defaults to no comparison.
    pub fn against(mut self, before: &'a Report) -> Self {
        self.before = Some(before);
        self
    }

    /// Says when the report was made, in any words. Defaults to nothing.
    pub fn made(mut self, when: &'a str) -> Self {
        self.made = Some(when);
        self
    }

    /// The kinds that are shown, and those that are not.
    pub(super) fn split_kinds(&self) -> (Vec<&'a Kind>, Vec<&'a Kind>) {
        let mut counts = [0; 3];
        self.report.kinds.iter().partition(|kind| {
            let count = &mut counts[kind.severity as usize];
            *count += 1;
            *count <= self.top
        })
    }

    /// What is said below the table of the kinds.
    pub(super) fn notes(&self) -> Vec<String> {
        let (kinds, others) = self.split_kinds();
        let other_kinds = (!others.is_empty()).then(|| words::other_kinds(&others));
        let unlisted = match self.report.unlisted_messages {
            0 => None,
            messages => Some(words::number(messages, "more message") + words::UNLISTED),
        };
        let can_load = kinds.iter().any(|kind| kind.severity == Severity::Error);
        let legend = "can load: rows with nothing else wrong. A row with several errors counts in each of its kinds \
            and loads once all are cured.";
        [other_kinds, unlisted, can_load.then(|| legend.to_owned())].into_iter().flatten().collect()
    }

    pub(super) fn kind_lines(&self) -> Vec<Line> {
        let changes = self.before.map(|before| self.report.changes_since(before));
        let errors = self.report.kinds.iter().filter(|kind| kind.severity == Severity::Error).count();
        let first = if self.report.first_kinds < errors { self.report.first_kinds } else { 0 };
        let line = |(index, kind): (usize, &&Kind)| {
            let at_least = if kind.at_least { ">= " } else { "" };
            let mut numbers = vec![
                ("rows", format!("{at_least}{}", words::thousands(kind.rows))),
                ("share", words::percent(kind.share)),
                ("can load", words::thousands(kind.rows_alone)),
            ];
            // Only what can be cured loads then, and what was loaded is no part of the rejected rows.
            if kind.severity != Severity::Error {
                numbers[2].1.clear();
            }
            if kind.severity == Severity::Warning {
                numbers[1].1.clear();
            }
            let is_of_kind = |change: &&Change| change.severity == kind.severity && change.title == kind.title;
            if let Some(changes) = &changes {
                let change = changes.iter().find(is_of_kind);
                numbers.push(("change", change.map(words::difference).unwrap_or_default()));
            }
            Line {
                severity: kind.severity,
                numbers,
                title: visible(&kind.title),
                column: kind.columns.first().map(|column| cut(&column.text, MAX_VALUE)).unwrap_or_default(),
                is_first: kind.severity == Severity::Error && index < first,
                place: Some(index + 1),
            }
        };
        self.split_kinds().0.iter().enumerate().map(line).collect()
    }

    /// What is known of a kind.
    pub(super) fn parts<'k>(&self, kind: &'k Kind) -> impl Iterator<Item = Part<'k>> {
        let part = |label, items: &'k [ValueCount], text: fn(&Kind, usize) -> String| {
            let shown = items.len().min(SHOWN_VALUES);
            let text = if shown > 0 { text(kind, shown) } else { String::new() };
            Part { label, items: &items[..shown], text }
        };
        let files = if self.report.inputs.len() > 1 { &*kind.files } else { &[] };
        let values = part("values", &kind.values, words::other_values);
        let hidden =
            Part { label: "hidden", items: &[], text: hidden_names(values.items.iter().map(|value| &*value.text)) };
        let (label, lines) = words::first_lines(self.report, kind);
        [
            part("columns", &kind.columns, words::other_columns),
            values,
            hidden,
            part("files", files, words::other_files),
            Part { label, items: &[], text: lines },
            Part { label: "cure", items: &[], text: kind.cure.clone() },
        ]
        .into_iter()
        .filter(|part| !part.items.is_empty() || !part.text.is_empty())
    }

    /// The kinds that are shown, those of each severity under a title.
    pub(super) fn sections(&self) -> impl Iterator<Item = (String, Vec<&'a Kind>)> {
        let kinds = self.split_kinds().0;
        let groups = kinds.chunk_by(|a, b| a.severity == b.severity).map(<[_]>::to_vec).collect::<Vec<_>>();
        groups.into_iter().map(|group| (words::section(self.report, group[0].severity), group))
    }

    /// The dumps, and all together, each with what it holds.
    pub(super) fn sources(&self) -> Vec<(String, Vec<String>)> {
        let Report { inputs, totals, .. } = self.report;
        let mut sources: Vec<_> =
            inputs.iter().map(|input| (visible(&words::dump(input)), words::facts(&input.totals))).collect();
        if inputs.len() > 1 {
            sources.push((format!("Together: {}", words::number(totals.rows, "row")), words::facts(totals)));
        }
        sources
    }

    /// What changed since the earlier report, if there is one.
    pub(super) fn changes(&self) -> Option<Changes> {
        let before = self.before?;
        let (mut changes, mut small) = words::changes(before, self.report);
        let is_approximate = changes.iter().chain(&small).any(|change| change.is_approximate);
        let all_are_small = changes.len() <= self.top;
        small.splice(..0, changes.drain(changes.len().min(self.top)..));
        Some(Changes {
            title: words::changes_title(before, self.report),
            note: match () {
                // The values of a kind are not compared.
                () if changes.is_empty() && small.is_empty() => Some("Each kind has as many rows as before."),
                () if is_approximate => {
                    Some("There are too many kinds to count each: one that is new or gone may only be rare.")
                }
                () => None,
            },
            small_text: words::small_changes(small.len(), all_are_small),
            lines: Self::change_lines(&changes),
            small: Self::change_lines(&small),
        })
    }

    fn change_lines(changes: &[Change]) -> Vec<Line> {
        let line = |change: &Change| Line {
            severity: change.severity,
            numbers: vec![
                ("change", words::difference(change)),
                ("before", words::thousands(change.rows_before)),
                ("after", words::thousands(change.rows_after)),
            ],
            title: visible(&change.title),
            column: String::new(),
            is_first: false,
            place: None,
        };
        changes.iter().map(line).collect()
    }

    /// Writes a table. Of a narrow one the numbers that say least are left out, and titles are cut.
    fn write_lines(&self, f: &mut fmt::Formatter<'_>, lines: &[Line]) -> fmt::Result {
        let Some(first) = lines.first() else { return Ok(()) };
        let names: Vec<_> = first.numbers.iter().map(|(name, _)| (*name, (*name).to_owned())).collect();
        let (title, column) = ("kind".to_owned(), "column".to_owned());
        let head = Line { severity: Severity::Error, numbers: names, title, column, is_first: false, place: None };
        let all = || std::iter::once(&head).chain(lines);
        let widest = |text: &dyn Fn(&Line) -> usize| all().map(text).max().unwrap_or(0);
        let count = head.numbers.len();
        let is_shown = |index: &usize| {
            self.width >= ALL_NUMBERS || head.numbers[*index].0 != "share" && (count < 4 || *index != 2)
        };
        let with_width = |index: usize| (index, widest(&|line| line.numbers[index].1.len()));
        let shown: Vec<_> = (0..count).filter(is_shown).map(with_width).collect();
        let room = self.width.saturating_sub(shown.iter().map(|(_, width)| width + 2).sum::<usize>() + 2);
        let column_room = widest(&|line| width(&line.column)).min(room / 3).max(head.column.len()) + 2;
        // What is to be cured is said whole first, and then where it is.
        let longest_error = widest(&|line| if line.severity == Severity::Error { width(&line.title) } else { 0 });
        let has_columns = longest_error + column_room <= room && lines.iter().any(|line| !line.column.is_empty());
        let title_room = match has_columns {
            true => widest(&|line| width(&line.title)).min(room - column_room),
            false => room,
        };
        let mut severity = Severity::Error;
        for line in all() {
            if severity != line.severity {
                severity = line.severity;
                writeln!(f, "  {}:", words::group(severity))?;
            }
            let numbers = shown.iter().map(|(index, width)| format!("  {:>width$}", line.numbers[*index].1));
            let mut text = numbers.collect::<String>() + "  " + &padded(&cut(&line.title, title_room), title_room);
            if has_columns {
                text = text + "  " + &cut(&line.column, room - title_room - 2);
            }
            let (mark, rest) = if line.is_first { (">", &text[1..]) } else { ("", &*text) };
            writeln!(f, "{mark}{}", rest.trim_end())?;
        }
        Ok(())
    }

    fn write_changes(&self, f: &mut fmt::Formatter<'_>, changes: &Changes) -> fmt::Result {
        self.write_text(f, &format!("\n{}", changes.title), 0)?;
        self.write_lines(f, &changes.lines)?;
        if !changes.small.is_empty() {
            self.write_text(f, &format!("and {}", changes.small_text), 2)?;
        }
        changes.note.iter().try_for_each(|note| self.write_text(f, note, 2))
    }

    fn write_kind(&self, f: &mut fmt::Formatter<'_>, kind: &Kind) -> fmt::Result {
        let count = format!("{}  {:>7}", words::rows(kind), words::percent(kind.share));
        let room = self.width.saturating_sub(count.len() + 2);
        let title = visible(&kind.title);
        writeln!(f)?;
        if width(&title) <= room {
            writeln!(f, "{}  {count}", padded(&title, room))?;
        } else {
            self.write_text(f, &title, 0)?;
            writeln!(f, "{:room$}  {count}", "")?;
        }
        writeln!(f, "  {}", bar(kind.share, self.width - 2, self.is_ascii))?;
        self.parts(kind).try_for_each(|part| self.write_part(f, &part))
    }

    /// Writes a part of a kind on as many lines as it takes. An item is not parted from its count.
    fn write_part(&self, f: &mut fmt::Formatter<'_>, part: &Part<'_>) -> fmt::Result {
        let max = MAX_VALUE.min(self.width - INDENT - 12);
        let quote = if part.label == "values" { "\"" } else { "" };
        let item = |item: &ValueCount| format!("{quote}{}{quote}{}", cut(&item.text, max), words::times(item));
        let items: Vec<_> = part.items.iter().map(item).collect();
        let comma = |(index, item): (usize, String)| match index + 1 < part.items.len() || !part.text.is_empty() {
            true => item + ",",
            false => item,
        };
        let text = visible(&part.text);
        let words = text.split_whitespace().map(str::to_owned);
        let pieces = items.into_iter().enumerate().map(comma).chain(words);
        for (index, line) in wrapped(pieces, self.width - INDENT).iter().enumerate() {
            let label = if index == 0 { part.label } else { "" };
            writeln!(f, "  {label:<width$}{line}", width = INDENT - 2)?;
        }
        Ok(())
    }

    /// Writes a text, indented, on as many lines as it takes. Line ends in front of it are kept.
    fn write_text(&self, f: &mut fmt::Formatter<'_>, text: &str, indent: usize) -> fmt::Result {
        let start = text.len() - text.trim_start_matches('\n').len();
        f.write_str(&text[..start])?;
        let words = text.split_whitespace().map(str::to_owned);
        wrapped(words, self.width - indent).iter().try_for_each(|line| writeln!(f, "{:indent$}{line}", ""))
    }

    fn write_files(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}", words::made(self.made))?;
        for (source, facts) in self.sources() {
            self.write_text(f, &source, 2)?;
            facts.iter().try_for_each(|fact| self.write_text(f, fact, 4))?;
        }
        Ok(())
    }
}

impl fmt::Display for ReportView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_text(f, &self.report.answer, 0)?;
        let lines = self.kind_lines();
        if !lines.is_empty() {
            writeln!(f)?;
            self.write_lines(f, &lines)?;
        }
        self.notes().iter().try_for_each(|note| self.write_text(f, note, 2))?;
        self.changes().iter().try_for_each(|changes| self.write_changes(f, changes))?;
        for (title, kinds) in self.sections() {
            self.write_text(f, &format!("\n{title}"), 0)?;
            writeln!(f, "{}", "-".repeat(title.len().min(self.width)))?;
            kinds.iter().try_for_each(|kind| self.write_kind(f, kind))?;
        }
        self.write_files(f)
    }
}

/// Pieces on lines that are no wider than this; one that is wider itself is cut in pieces.
fn wrapped(pieces: impl Iterator<Item = String>, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(&piece) <= room => {
                line.push(' ');
                line.push_str(&piece);
            }
            _ if width(&piece) <= room => lines.push(piece),
            _ => {
                lines.push(String::new());
                for character in piece.chars() {
                    let line = lines.last().map_or(0, |line| width(line));
                    if line + width(character.encode_utf8(&mut [0; 4])) > room {
                        lines.push(String::new());
                    }
                    lines.last_mut().into_iter().for_each(|line| line.push(character));
                }
            }
        }
    }
    lines
}

/// A bar whose full width means all rows. Any share above zero can be seen.
fn bar(share: f64, width: usize, is_ascii: bool) -> String {
    const EIGHTHS: [&str; 8] = ["", "\u{258f}", "\u{258e}", "\u{258d}", "\u{258c}", "\u{258b}", "\u{258a}", "\u{2589}"];
    let share = share.clamp(0.0, 1.0) * width as f64;
    if is_ascii {
        return "#".repeat((share.round() as usize).max(usize::from(share > 0.0)));
    }
    let eighths = ((share * 8.0).round() as usize).max(usize::from(share > 0.0));
    "\u{2588}".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}
