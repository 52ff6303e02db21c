//! The report as one HTML page.

use std::fmt;

use super::model::{Kind, Severity};
use super::shown::{cut, visible};
use super::view::{Changes, Line, MAX_VALUE, ReportView, SHOWN_VALUES};
use super::words;

/// Kinds of errors, and of anything else, that are not folded: the first kind is to be on the first screen.
const SHOWN_ERRORS: usize = 10;
const SHOWN_OTHERS: usize = 3;

/// Widest title in a table, in columns.
const MAX_TITLE: usize = 100;

/// Colours come from the reader's system, light or dark. Bars are borders, which printers and high contrast keep.
const STYLE: &str = "
:root { color-scheme: light dark; --bar: #b4412a; --line: #8886; --quiet: #595959; }
@media (prefers-color-scheme: dark) { :root { --bar: #e8866f; --quiet: #b5b5b5; } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0; } h1, h3, td, th, dd, li { overflow-wrap: anywhere; }
section { border-top: 1px solid var(--line); padding: .75rem 0; }
.count, .quiet, dt, th { color: var(--quiet); } .count { margin: 0; }
.bar { border: 1px solid var(--line); margin: .4rem 0; }
.bar span { border-top: .6rem solid var(--bar); display: block; height: 0; }
dl { display: grid; gap: .1rem 1rem; grid-template-columns: max-content minmax(0, 1fr); margin: .5rem 0 0; }
dd { margin: 0; } dt::first-letter { text-transform: uppercase; }
code { border: 1px solid var(--line); border-radius: 3px; padding: 0 .2em; white-space: pre-wrap; }
code { -webkit-box-decoration-break: clone; box-decoration-break: clone; }
table { border-collapse: collapse; font-size: .95rem; line-height: 1.35; width: 100%; }
td, th { border-top: 1px solid var(--line); font-weight: normal; padding: .15rem 1rem .15rem 0; text-align: left;
vertical-align: top; }
thead th { border: 0; } tbody th[scope=row] { color: inherit; }
.first th, .first td { font-weight: bold; }
.column { overflow-wrap: break-word; width: 20%; }
.number { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; width: 1%; }
details { margin: .25rem 0; } summary { cursor: pointer; } details table { width: auto; }
@media (max-width: 40rem) { .share, .column { display: none; }
[data-column]::after { color: var(--quiet); content: attr(data-column); display: block; font-size: .85rem; }
dl { grid-template-columns: minmax(0, 1fr); } td, th { padding-right: .5rem; } dt { margin-top: .3rem; } }
@media print { body { max-width: none; padding: 0; } section, tr { break-inside: avoid; }
main > details::details-content { content-visibility: visible; }
h2, h3 { break-after: avoid; } a { color: inherit; text-decoration: none; } }
";

impl ReportView<'_> {
    /// The same as one HTML page that needs nothing else: no script, no picture, no other file. Text of the
    /// dump in it is text, whatever it says.
    pub fn html(&self) -> impl fmt::Display + '_ {
        Page(self)
    }
}

struct Page<'a>(&'a ReportView<'a>);

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0.report;
        let names: Vec<_> = report.inputs.iter().take(3).map(|input| cut(&input.label, 60)).collect();
        let more = report.inputs.len().saturating_sub(3);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        write!(
            f,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" \
             content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{}</h1>\n",
            escaped(&format!("What is wrong in {}{more}", names.join(", "))),
            escaped(&report.answer)
        )?;
        self.write_kinds(f)?;
        self.0.notes().iter().try_for_each(|note| writeln!(f, "<p class=\"quiet\">{note}</p>"))?;
        self.0.changes().iter().try_for_each(|changes| write_changes(f, changes, self.0.top))?;
        let mut place = 0;
        for (title, kinds) in self.0.sections() {
            writeln!(f, "<h2>{}</h2>", escaped(&title))?;
            for kind in kinds {
                place += 1;
                self.write_kind(f, kind, place)?;
            }
        }
        self.write_files(f)?;
        f.write_str("</main>\n</body>\n</html>\n")
    }
}

impl Page<'_> {
    /// The table of the kinds, folded after the first.
    fn write_kinds(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts = [0; 3];
        let (shown, folded) = self.0.kind_lines().into_iter().partition::<Vec<_>, _>(|line| {
            let count = &mut counts[line.severity as usize];
            *count += 1;
            *count <= if line.severity == Severity::Error { SHOWN_ERRORS } else { SHOWN_OTHERS }
        });
        write_table(f, "Kinds of messages", &shown)?;
        if folded.is_empty() {
            return Ok(());
        }
        writeln!(f, "<details><summary>{}</summary>", words::number(folded.len() as u64, "more kind"))?;
        write_table(f, "More kinds of messages", &folded)?;
        writeln!(f, "</details>")
    }

    fn write_kind(&self, f: &mut fmt::Formatter<'_>, kind: &Kind, place: usize) -> fmt::Result {
        writeln!(
            f,
            "<section id=\"k{place}\">\n<h3><bdi>{}</bdi></h3>\n<p class=\"count\">{}, {}</p>\n\
             <div class=\"bar\"><span style=\"width:{:.2}%\"></span></div>\n<dl>",
            escaped(&visible(&kind.title)),
            words::rows(kind),
            escaped(&words::percent(kind.share)),
            kind.share.clamp(0.0, 1.0) * 100.0
        )?;
        for part in self.0.parts(kind) {
            write!(f, "<dt>{}<dd>", part.label)?;
            for (index, item) in part.items.iter().enumerate() {
                f.write_str(if index == 0 { "" } else { ", " })?;
                write_value(f, &item.text, MAX_VALUE)?;
                f.write_str(&words::times(item))?;
            }
            let comma = if part.items.is_empty() || part.text.is_empty() { "" } else { ", " };
            writeln!(f, "{comma}{}", escaped(&visible(&part.text)))?;
        }
        f.write_str("</dl>\n")?;
        if kind.values.len() > SHOWN_VALUES {
            let all = match kind.distinct_values {
                Some(all) => format!("all {}", words::number(all, "value")),
                None => format!("the {} commonest values", words::thousands(kind.values.len() as u64)),
            };
            writeln!(
                f,
                "<details><summary>{all}</summary>\n<table>\n<thead><tr><th scope=\"col\">value\
                 <th scope=\"col\" class=\"number\">rows</tr></thead>"
            )?;
            for value in &kind.values {
                f.write_str("<tr><td>")?;
                write_value(f, &value.text, usize::MAX)?;
                writeln!(f, "<td class=\"number\">{}</tr>", words::times(value).trim_start())?;
            }
            writeln!(f, "</table>\n</details>")?;
        }
        f.write_str("</section>\n")
    }

    fn write_files(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "<h2>{}</h2>\n<ul>", escaped(&words::made(self.0.made)))?;
        for (source, facts) in self.0.sources() {
            writeln!(f, "<li><bdi>{}</bdi><br>{}", escaped(&source), escaped(&facts.join("; ")))?;
        }
        f.write_str("</ul>\n")
    }
}

/// A table, whose lines link to their kinds where these are on the page.
fn write_table(f: &mut fmt::Formatter<'_>, caption: &str, lines: &[Line]) -> fmt::Result {
    let Some(head) = lines.first() else { return Ok(()) };
    write!(f, "<table aria-label=\"{caption}\">\n<thead><tr><th scope=\"col\">kind")?;
    for (name, _) in &head.numbers {
        write!(f, "<th scope=\"col\" class=\"number {name}\">{name}")?;
    }
    let column = if head.place.is_some() { "<th scope=\"col\" class=\"column\">column" } else { "" };
    writeln!(f, "{column}</tr></thead>\n<tbody>")?;
    let mut severity = Severity::Error;
    for line in lines {
        if severity != line.severity {
            severity = line.severity;
            let columns = head.numbers.len() + 1 + usize::from(head.place.is_some());
            let group = words::group(severity);
            writeln!(f, "</tbody>\n<tbody>\n<tr><th scope=\"rowgroup\" colspan=\"{columns}\">{group}</tr>")?;
        }
        let (title, column) = (escaped(&cut(&line.title, MAX_TITLE)), escaped(&line.column));
        let first = if line.is_first { " class=\"first\"" } else { "" };
        write!(f, "<tr{first}><th scope=\"row\"")?;
        match line.place {
            Some(place) => write!(f, " data-column=\"{column}\"><a href=\"#k{place}\"><bdi>{title}</bdi></a>")?,
            None => write!(f, "><bdi>{title}</bdi>")?,
        }
        for (name, number) in &line.numbers {
            write!(f, "<td class=\"number {name}\">{}", escaped(number))?;
        }
        if line.place.is_some() {
            write!(f, "<td class=\"column\"><bdi>{column}</bdi>")?;
        }
        writeln!(f, "</tr>")?;
    }
    f.write_str("</tbody>\n</table>\n")
}

/// Folded: the first kind is to be on the first screen, and the table above has the changes of what there is.
fn write_changes(f: &mut fmt::Formatter<'_>, changes: &Changes, top: usize) -> fmt::Result {
    writeln!(f, "<details><summary>{}</summary>", changes.title)?;
    write_table(f, "Changes", &changes.lines)?;
    if !changes.small.is_empty() {
        writeln!(f, "<details><summary>{}</summary>", changes.small_text)?;
        write_table(f, "Smaller changes", &changes.small[..changes.small.len().min(top)])?;
        writeln!(f, "</details>")?;
    }
    changes.note.iter().try_for_each(|note| writeln!(f, "<p class=\"quiet\">{note}</p>"))?;
    writeln!(f, "</details>")
}

fn write_value(f: &mut fmt::Formatter<'_>, text: &str, max: usize) -> fmt::Result {
    match &*cut(text, max) {
        "" => f.write_str("<span class=\"quiet\">(empty)</span>"),
        text => write!(f, "<code><bdi>{}</bdi></code>", escaped(text)),
    }
}

/// Text that a browser shows as it is.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}
