//! Numbers, shares and facts in words, the same in the text and on the page.

use super::compare::{Change, Trend};
use super::encoding::Encoding;
use super::model::{DumpInfo, Kind, Report, Severity, Totals, ValueCount};
pub(super) use crate::text::thousands;

/// A number of things: `1 row`, `1,234 rows`.
pub(super) fn number(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(count))
}

/// What a dump is called: the name of the import in a name that `get` gives, `DATE-OBJECT-NAME-TASK.csv` or without the
/// date; or the name of the file.
pub(super) fn label(name: &str) -> String {
    let file = file_name(name);
    let import = || {
        let name = file.strip_suffix(".csv")?;
        let is_date = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let dated = name.split_at_checked(DATE.len()).filter(|(date, _)| is_date(date));
        let name = dated.and_then(|(_, rest)| rest.strip_prefix('-')).unwrap_or(name);
        let (object, rest) = name.split_once('-')?;
        let (import, task) = rest.rsplit_once('-')?;
        let is_id = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let fits = object.len() == 12 && object.bytes().chain(task.bytes()).all(is_id);
        (fits && !import.is_empty() && !task.is_empty()).then_some(import)
    };
    import().unwrap_or(file).to_owned()
}

/// How a date in the name of a file looks.
const DATE: &str = "2026-11-29";

pub(super) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// What is said of kinds that are not shown.
pub(super) fn other_kinds(kinds: &[&Kind]) -> String {
    let warnings = kinds.iter().filter(|kind| kind.severity == Severity::Warning).count();
    let of_warnings =
        if warnings == 0 { String::new() } else { format!(", {} of them warnings", thousands(warnings as u64)) };
    format!("and {} not shown{of_warnings}", number(kinds.len() as u64, "more kind"))
}

/// How many rows have a value or column, with a blank before; nothing where only one is known of.
pub(super) fn times(counted: &ValueCount) -> String {
    match (counted.at_least, counted.rows) {
        (true, 1) => String::new(),
        (true, rows) => format!(" at least {}", thousands(rows)),
        (false, rows) => format!(" {}", thousands(rows)),
    }
}

/// A share in percent, which says 0 and 100 only where that is exact.
pub(super) fn percent(share: f64) -> String {
    match share * 100.0 {
        p if p > 0.0 && p < 0.1 => "<0.1 %".to_owned(),
        p if (99.95..100.0).contains(&p) => "99.9 %".to_owned(),
        p => format!("{p:.1} %"),
    }
}

/// How a dump is stored: `UTF-8, comma, LF`.
pub(super) fn format(input: &DumpInfo) -> String {
    if input.is_empty {
        return "empty".to_owned();
    }
    let separator = match input.separator {
        ',' => "comma",
        '\t' => "tab",
        ';' => "semicolon",
        '|' => "pipe",
        ' ' => "blank",
        other => &format!("separator {other}"),
    };
    let quote = match input.quote {
        Some('\'') => ", single quotes",
        Some(_) => "",
        None => ", no quotes",
    };
    let sep = if input.has_sep_line { ", sep= line" } else { "" };
    let encoding = match input.encoding {
        Encoding::Windows1252 => "not UTF-8, shown as Windows-1252",
        encoding => &encoding.to_string(),
    };
    format!("{encoding}, {separator}{quote}, {}{sep}", input.line_end)
}

/// What a dump holds, a sentence each.
pub(super) fn facts(totals: &Totals) -> Vec<String> {
    const IS: [&str; 2] = ["is", "are"];
    const HAS: [&str; 2] = ["has", "have"];
    const WAS: [&str; 2] = ["was", "were"];
    let all = [
        (totals.rejected, "row", WAS, "rejected"),
        (totals.several_messages, "rejected row", HAS, "several messages"),
        (
            totals.consequences,
            "rejected row",
            ["only depends", "only depend"],
            "on another rejected row: correct the others first",
        ),
        (totals.warnings, "row", WAS, "loaded with a warning"),
        (totals.rows_too_short, "row", HAS, "too few fields"),
        (totals.rows_too_long, "row", HAS, "too many fields"),
        (totals.rows_cut_off, "row", IS, "cut off by the end of the file"),
        (totals.rows_with_zeros, "row", HAS, "zero bytes: the file is damaged"),
        (totals.rows_not_unicode, "row", HAS, "text that is not UTF-8"),
        (totals.rows_with_bare_quotes, "row", HAS, "a quote inside a field that is not doubled"),
        (totals.repeated_headers, "repeated header", IS, "not counted: files were joined"),
        (totals.trailing_zeros, "zero byte", ["follows", "follow"], "the last row"),
    ];
    let fact = |(count, noun, [one, many], what): (u64, &str, [&str; 2], &str)| {
        format!("{} {} {what}", number(count, noun), if count == 1 { one } else { many })
    };
    let mut facts: Vec<_> = all.into_iter().filter(|(count, ..)| *count > 0).map(fact).collect();
    if let (Some(first), Some(last)) = (totals.first_line, totals.last_line) {
        facts.push(match first == last {
            true => format!("source line {}", thousands(first)),
            false => format!("source lines {} to {}", thousands(first), thousands(last)),
        });
    }
    facts
}

/// Where the first rows of a kind are: what the numbers are, and the numbers; nothing where no row says its line.
pub(super) fn first_lines(report: &Report, kind: &Kind) -> (&'static str, String) {
    if kind.lines.is_empty() {
        return ("", String::new());
    }
    let label = if kind.lines_are_dump_rows { "dump rows" } else { "lines" };
    let lines: Vec<_> = kind.lines.iter().map(|line| thousands(*line)).collect();
    let more = if kind.rows > kind.lines.len() as u64 { ", ..." } else { "" };
    let file = match &*report.inputs {
        [_] => String::new(),
        inputs => inputs.get(kind.input).map(|input| format!(" of {}", input.label)).unwrap_or_default(),
    };
    (label, lines.join(", ") + more + &file)
}

/// What is said where a kind has more columns than those shown.
pub(super) fn other_columns(kind: &Kind, shown: usize) -> String {
    if kind.columns.len() > shown { "and others".to_owned() } else { String::new() }
}

/// How many dumps have a kind besides those shown.
pub(super) fn other_files(kind: &Kind, shown: usize) -> String {
    others((kind.files.len() - shown) as u64)
}

/// How many values there are besides those shown.
pub(super) fn other_values(kind: &Kind, shown: usize) -> String {
    match kind.distinct_values {
        None => "and too many others to count".to_owned(),
        Some(all) => others(all.saturating_sub(shown as u64)),
    }
}

fn others(count: u64) -> String {
    if count > 0 { format!("and {}", number(count, "other")) } else { String::new() }
}

/// The heading of the kinds of one severity.
pub(super) fn section(report: &Report, severity: Severity) -> String {
    let kinds = report.kinds.iter().filter(|kind| kind.severity == severity).count() as u64;
    let at_least = if report.unlisted_messages > 0 { "at least " } else { "" };
    let (of, says) = match severity {
        Severity::Error => ("error", ""),
        Severity::Consequence => ("consequence", ": correct the errors above first"),
        Severity::Warning => ("warning", ": these rows were loaded"),
    };
    let of = if kinds == 1 { of.to_owned() } else { format!("{of}s") };
    format!("{at_least}{} of {of}{says}", number(kinds, "kind"))
}

/// What the rows of the kinds of one severity have in common.
pub(super) fn group(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "rejected",
        Severity::Consequence => "caused by another rejected row",
        Severity::Warning => "loaded with a warning",
    }
}

/// What is said about kinds that were too many.
pub(super) const UNLISTED: &str = " of rare kinds not listed: there are too many kinds to count each";

pub(super) fn rows(kind: &Kind) -> String {
    let word = if kind.at_least { "at least " } else { "" };
    format!("{word}{}", number(kind.rows, "row"))
}

pub(super) fn changes_title(before: &Report, after: &Report) -> String {
    let (before, after) = (before.totals.rejected, after.totals.rejected);
    let change = match before.cmp(&after) {
        std::cmp::Ordering::Less => format!("{} more than before", thousands(after - before)),
        std::cmp::Ordering::Equal => "as many as before".to_owned(),
        std::cmp::Ordering::Greater => format!("{} fewer than before", thousands(before - after)),
    };
    format!("Changes: {} rejected, {change}", number(after, "row"))
}

/// The changes that are worth a line, and those below a hundredth of the rejected rows. What is the same is no change.
pub(super) fn changes(before: &Report, after: &Report) -> (Vec<Change>, Vec<Change>) {
    let all = before.totals.rejected.max(after.totals.rejected);
    let changes = after.changes_since(before).into_iter().filter(|change| change.change != Trend::Same);
    changes.partition(|change| change.difference.unsigned_abs() * 100 >= all)
}

pub(super) fn small_changes(count: usize, all_are_small: bool) -> String {
    let below = if all_are_small { ", each below 1 % of the rejected rows" } else { "" };
    number(count as u64, "smaller change") + below
}

pub(super) fn difference(change: &Change) -> String {
    let sign = if change.difference < 0 { "-" } else { "+" };
    match change.change {
        Trend::Same => "=".to_owned(),
        _ => format!("{sign}{}", thousands(change.difference.unsigned_abs())),
    }
}

/// When a report was made, and that it is from the files that follow.
pub(super) fn made(made: Option<&str>) -> String {
    match made {
        Some(made) => format!("Made {made} from:"),
        None => "Made from:".to_owned(),
    }
}

/// A dump in a line: what it is called, its rows and its format.
pub(super) fn dump(input: &DumpInfo) -> String {
    format!("{}: {} ({})", input.label, number(input.totals.rows, "row"), format(input))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0.0, 0.00001, 0.5, 0.99999, 1.0].map(percent), ["0.0 %", "<0.1 %", "50.0 %", "99.9 %", "100.0 %"]);
    }

    #[test]
    fn a_dump_is_called_by_its_import_or_its_file() {
        for (name, expected) in [
            ("a/b/112000000015-Cost_centres-B-7EA-B7EA9FEC.csv", "Cost_centres-B-7EA"),
            ("2019-10-16-112000000015-ERP_2019-B7EA.csv", "ERP_2019"),
            ("2019-10-16-112000000015-B7EA.csv", "2019-10-16-112000000015-B7EA.csv"),
            ("112000000015-B7EA9FEC.csv", "112000000015-B7EA9FEC.csv"),
            ("C:\\dumps\\2026-rejected-1.csv", "2026-rejected-1.csv"),
            ("standard input", "standard input"),
        ] {
            assert_eq!(label(name), expected);
        }
    }
}
