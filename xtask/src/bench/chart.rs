//! The table as a picture: bars of wall time, with making durable, as ratios to the first contender.

use std::fmt::Write as _;

use super::table::Section;

const WIDTH: usize = 820;
const LABELS: usize = 250;
const ROW: usize = 20;
const TITLE: usize = 30;

/// Width of a bar for a ratio of 1, and the largest ratio that is drawn to scale.
const ONE: f64 = 200.0;
const LARGEST: f64 = 2.5;

/// An SVG file that needs nothing else.
pub(super) fn svg(sections: &[Section]) -> String {
    let (mut body, mut y) = (String::new(), 0);
    for section in sections {
        let Some(first) = section.rows.first() else { continue };
        y += TITLE;
        let _ = writeln!(body, "<text x=\"8\" y=\"{y}\" font-weight=\"bold\">{}</text>", section.title);
        y += 6;
        for row in &section.rows {
            let ratio = row.synced / first.synced;
            let color = if row.name.starts_with(crate::cargo::PROGRAM) { "#2a7ae2" } else { "#b0b0b0" };
            let _ = writeln!(
                body,
                "<text x=\"16\" y=\"{}\">{}</text><rect x=\"{LABELS}\" y=\"{}\" width=\"{:.0}\" height=\"14\" \
                 fill=\"{color}\"/><text x=\"{:.0}\" y=\"{}\">{ratio:.2}  ({:.3} s)</text>",
                y + 12,
                row.name.replace('&', "&amp;").replace('<', "&lt;"),
                y + 1,
                ratio.min(LARGEST) * ONE,
                LABELS as f64 + ratio.min(LARGEST) * ONE + 6.0,
                y + 12,
                row.synced,
            );
            y += ROW;
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{0}\" viewBox=\"0 0 {WIDTH} {0}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"{WIDTH}\" height=\"{0}\" fill=\"white\"/>\n\
         {body}</svg>\n",
        y + TITLE
    )
}
