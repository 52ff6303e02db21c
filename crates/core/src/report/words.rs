//! Numbers, shares and facts in words, the same in the text and on the page.

use super::model::{Counted, Input, Kind, Report, Severity, Totals};
use crate::text::Printable;

/// A number with its thousands apart: `1,234,567`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things: `1 row`, `1,234 rows`.
pub(super) fn number(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(count))
}

/// What is said of kinds that are not shown.
pub(super) fn other_kinds(kinds: &[Kind]) -> String {
    let warnings = kinds.iter().filter(|kind| kind.severity == Severity::Warning).count();
    let of_warnings = if warnings == 0 {
        String::new()
    } else {
        format!(", {} of them warnings", thousands(warnings as u64))
    };
    format!("and {} not shown{of_warnings}", number(kinds.len() as u64, "more kind"))
}

/// How many rows have a value or column, with a blank before; nothing where only one is known of.
pub(super) fn times(counted: &Counted) -> String {
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

/// Text from outside, safe to show and cut to a number of characters.
pub(super) fn cut(text: &str, max: usize) -> String {
    let text = Printable(text).to_string();
    if text.chars().count() <= max {
        return text;
    }
    let kept: String = text.chars().take(max.saturating_sub(3)).collect();
    kept + "..."
}

/// How a dump is stored: `UTF-8, comma, LF`.
pub(super) fn format(input: &Input) -> String {
    if input.is_empty {
        return "empty".to_owned();
    }
    let separator = match input.separator {
        '\t' => "tab",
        ';' => "semicolon",
        '|' => "pipe",
        _ => "comma",
    };
    let encoding = if input.encoding == "unknown" { "not UTF-8" } else { input.encoding };
    format!("{encoding}, {separator}, {}", input.line_end)
}

/// What a dump holds, a sentence each.
pub(super) fn facts(totals: &Totals) -> Vec<String> {
    let mut facts = Vec::new();
    let mut fact = |count: u64, noun: &str, one: &str, many: &str| {
        if count > 0 {
            facts.push(format!("{} {}", number(count, noun), if count == 1 { one } else { many }));
        }
    };
    fact(totals.rejected, "row", "was rejected", "were rejected");
    let several = "several messages";
    fact(totals.several_messages, "rejected row", &format!("has {several}"), &format!("have {several}"));
    let depends = "on another rejected row: correct the others first";
    let (one, many) = (format!("only depends {depends}"), format!("only depend {depends}"));
    fact(totals.consequences, "rejected row", &one, &many);
    fact(totals.warnings, "row", "was loaded with a warning", "were loaded with a warning");
    fact(totals.rows_too_short, "row", "has too few fields", "have too few fields");
    fact(totals.rows_too_long, "row", "has too many fields", "have too many fields");
    fact(
        totals.rows_cut_off,
        "row",
        "is cut off by the end of the file",
        "are cut off by the ends of the files",
    );
    fact(totals.rows_not_unicode, "row", "has bytes that are not Unicode", "have bytes that are not Unicode");
    facts
}

/// The lines of the source that the rows come from.
pub(super) fn source_lines(totals: &Totals) -> Option<String> {
    let (first, last) = (totals.first_line?, totals.last_line?);
    Some(match first == last {
        true => format!("source line {}", thousands(first)),
        false => format!("source lines {} to {}", thousands(first), thousands(last)),
    })
}

/// What it means that a dump has no rows.
pub(super) fn no_rows(input: &Input) -> &'static str {
    if input.is_empty {
        "The file is empty: not even a header."
    } else {
        "The file has a header and no rows."
    }
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
        inputs => {
            inputs.get(kind.input).map(|input| format!(" of {}", cut(&input.name, 60))).unwrap_or_default()
        }
    };
    (label, lines.join(", ") + more + &file)
}

/// What is said where a kind has more columns than those shown.
pub(super) const OTHER_COLUMNS: &str = "and others";

/// How many values there are besides those shown.
pub(super) fn other_values(kind: &Kind, shown: usize) -> Option<String> {
    match kind.distinct_values {
        None => Some("and too many others to count".to_owned()),
        Some(all) if all > shown as u64 => Some(format!("and {}", number(all - shown as u64, "other"))),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!((number(1, "row"), number(2000, "row")), ("1 row".into(), "2,000 rows".into()));
        assert_eq!(
            [0.0, 0.00001, 0.5, 0.99999, 1.0].map(percent),
            ["0.0 %", "<0.1 %", "50.0 %", "99.9 %", "100.0 %"]
        );
        assert_eq!((cut("ab\u{1b}", 20), cut("abcdefgh", 6)), ("ab\\u{1b}".into(), "abc...".into()));
    }
}
