//! The report as one HTML page.

use std::fmt::{self, Write};

use super::model::{Counted, Kind};
use super::view::{
    APPROXIMATE, MAX_VALUE, NO_CHANGE, ReportView, SHOWN_VALUES, changes, changes_title, rows, section,
    unlisted,
};
use super::words;

/// Colours come from the reader's system, light or dark.
const STYLE: &str = "
:root { color-scheme: light dark; --bar: #b4412a; --line: #8884; --quiet: #666; }
@media (prefers-color-scheme: dark) { :root { --bar: #e8866f; --quiet: #aaa; } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 56rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
h1, h3, td, dd { overflow-wrap: anywhere; }
section { border-top: 1px solid var(--line); padding: .75rem 0; }
h3 { font-size: 1rem; margin: 0; } .count, .quiet { color: var(--quiet); } .count { margin: 0; }
.bar { background: var(--line); border-radius: 3px; height: .6rem; margin: .4rem 0; overflow: hidden; }
.bar span { background: var(--bar); display: block; height: 100%; min-width: 2px; }
dl { display: grid; gap: .1rem 1rem; grid-template-columns: max-content 1fr; margin: .5rem 0 0; }
dt { color: var(--quiet); } dd { margin: 0; }
code { background: var(--line); border-radius: 3px; padding: 0 .25em; white-space: pre-wrap; }
table { border-collapse: collapse; } td, th { padding: .15rem .75rem .15rem 0; text-align: left; }
td.number, th.number { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
@media print { body { margin: 0; max-width: none; } section { break-inside: avoid; } }
";

impl ReportView<'_> {
    /// The same as one HTML page that needs nothing else: no script, no picture, no other file. Text of the
    /// dump in it is text, whatever it says.
    pub fn html(&self) -> impl fmt::Display + '_ {
        Page(self)
    }
}

/// Writes the page of a view.
struct Page<'a>(&'a ReportView<'a>);

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.report.inputs.iter().map(|input| words::cut(&input.name, 100)).collect();
        let title = format!("What is wrong in {}", names.join(", "));
        write!(
            f,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" \
             content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n",
            title = Escaped(&title)
        )?;
        self.write_head(f)?;
        self.write_changes(f)?;
        let (kinds, others) = self.0.split_kinds();
        let mut severity = None;
        for kind in kinds {
            if severity != Some(kind.severity) {
                severity = Some(kind.severity);
                writeln!(f, "<h2>{}</h2>", Escaped(&section(self.0.report, kind.severity)))?;
            }
            self.write_kind(f, kind)?;
        }
        if !others.is_empty() {
            writeln!(f, "<p class=\"quiet\">{}</p>", words::other_kinds(others))?;
        }
        if self.0.report.unlisted_messages > 0 {
            writeln!(f, "<p class=\"quiet\">{}</p>", unlisted(self.0.report))?;
        }
        f.write_str("</body>\n</html>\n")
    }
}

impl Page<'_> {
    fn write_head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0.report;
        for input in &report.inputs {
            let name = words::cut(&input.name, 100);
            let rows = words::number(input.totals.rows, "row");
            writeln!(f, "<p><b><bdi>{}</bdi></b>: {rows} ({})</p>", Escaped(&name), words::format(input))?;
            let mut facts = words::facts(&input.totals);
            facts.extend(words::source_lines(&input.totals));
            if input.totals.rows == 0 {
                facts.push(words::no_rows(input).to_owned());
            }
            write_list(f, &facts)?;
        }
        if report.inputs.len() > 1 {
            writeln!(f, "<p><b>Together</b>: {}</p>", words::number(report.totals.rows, "row"))?;
            write_list(f, &words::facts(&report.totals))?;
        }
        Ok(())
    }

    fn write_changes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(before) = self.0.before else { return Ok(()) };
        writeln!(f, "<h2>{}</h2>", changes_title(before, self.0.report))?;
        let changes = changes(before, self.0.report);
        if changes.is_empty() {
            writeln!(f, "<p>{NO_CHANGE}</p>")?;
        } else {
            f.write_str(
                "<table>\n<tr><th>Change<th>Kind<th class=\"number\">Before<th class=\"number\">After</tr>\n",
            )?;
            for change in changes.iter().take(self.0.top) {
                writeln!(
                    f,
                    "<tr><td>{}<td><bdi>{}</bdi><td class=\"number\">{}<td class=\"number\">{}</tr>",
                    change.change,
                    Escaped(&words::cut(&change.title, usize::MAX)),
                    words::thousands(change.rows_before),
                    words::thousands(change.rows_after)
                )?;
            }
            f.write_str("</table>\n")?;
        }
        let more = changes.len().saturating_sub(self.0.top);
        if more > 0 {
            writeln!(f, "<p class=\"quiet\">and {}</p>", words::number(more as u64, "smaller change"))?;
        }
        if changes.iter().any(|change| change.is_approximate) {
            writeln!(f, "<p class=\"quiet\">{APPROXIMATE}</p>")?;
        }
        Ok(())
    }

    fn write_kind(&self, f: &mut fmt::Formatter<'_>, kind: &Kind) -> fmt::Result {
        let percent = words::percent(kind.share);
        writeln!(
            f,
            "<section>\n<h3><bdi>{}</bdi></h3>\n<p class=\"count\">{}, {}</p>\n\
             <div class=\"bar\"><span style=\"width:{:.2}%\"></span></div>\n<dl>",
            Escaped(&words::cut(&kind.title, usize::MAX)),
            rows(kind),
            Escaped(&percent),
            kind.share.clamp(0.0, 1.0) * 100.0
        )?;
        let others = (kind.columns.len() > SHOWN_VALUES).then(|| words::OTHER_COLUMNS.to_owned());
        write_counted(f, "Columns", &kind.columns, others)?;
        let shown = kind.values.len().min(SHOWN_VALUES);
        write_counted(f, "Values", &kind.values, words::other_values(kind, shown))?;
        let (label, lines) = words::first_lines(self.0.report, kind);
        let label = if label == "lines" { "Source lines" } else { "Dump rows" };
        if !lines.is_empty() {
            writeln!(f, "<dt>{label}<dd>{}", Escaped(&lines))?;
        }
        writeln!(f, "<dt>Usual cure<dd>{}\n</dl>\n</section>", Escaped(kind.cure))
    }
}

fn write_list(f: &mut fmt::Formatter<'_>, facts: &[String]) -> fmt::Result {
    f.write_str("<ul>\n")?;
    for fact in facts {
        writeln!(f, "<li>{}", Escaped(fact))?;
    }
    f.write_str("</ul>\n")
}

fn write_counted(
    f: &mut fmt::Formatter<'_>,
    label: &str,
    all: &[Counted],
    others: Option<String>,
) -> fmt::Result {
    if all.is_empty() {
        return Ok(());
    }
    write!(f, "<dt>{label}<dd>")?;
    for (index, one) in all.iter().take(SHOWN_VALUES).enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        f.write_str(comma)?;
        match &*words::cut(&one.text, MAX_VALUE) {
            "" => f.write_str("<span class=\"quiet\">(empty)</span>")?,
            text => write!(f, "<code><bdi>{}</bdi></code>", Escaped(text))?,
        }
        f.write_str(&words::times(one))?;
    }
    match others {
        Some(others) => writeln!(f, ", {others}"),
        None => writeln!(f),
    }
}

/// Text that a browser shows as it is.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}
