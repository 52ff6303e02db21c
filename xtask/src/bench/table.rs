//! What `bench` prints: a table, and the same as a picture.

use std::fmt::Write as _;

use super::measure::{CPU, SYNCED, Sample};
use crate::cargo::PROGRAM;

/// The contenders for the same work. The first is what the others are compared with.
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) bytes: usize,
    pub(super) rows: Vec<(&'static str, Sample)>,
}

/// Prints every section in one table.
pub(super) fn print(sections: &[Section]) {
    if sections.is_empty() {
        return;
    }
    let units = ["wall s", "sync s", "CPU s", "peak MiB", "MB/CPU s"].map(|unit| format!("{unit:>10}"));
    let ratios = ["wall", "sync", "CPU", "peak"].map(|word| format!("{word:>7}"));
    println!("\n{:<38}{}    {}", "", units.concat(), ratios.concat());
    for Section { title, bytes, rows } in sections {
        let megabytes = *bytes as f64 / 1e6;
        println!("{title}, {megabytes:.0} MB");
        for (name, values) in rows {
            let rate = [megabytes / values[CPU]];
            let numbers: String = values.iter().chain(&rate).map(|value| format!("{value:>10.3}")).collect();
            let ratio = |(value, first): (&f64, f64)| format!("{:>7.2}", value / first);
            let ratios: String = values.iter().zip(rows[0].1).map(ratio).collect();
            println!("  {name:<36}{numbers}    {ratios}");
        }
    }
    println!(
        "
wall, CPU: medians. sync: the wall time until the file is on the disk, which is part of our own work, and is
added to that of the others. CPU: user and system time of the program and its children. peak: the maximum of the
resident memory of one process. On the right, each as a ratio to the first line."
    );
}

/// Bars of the wall time until the file is on the disk, as ratios to the first contender, in an SVG file.
pub(super) fn svg(sections: &[Section]) -> String {
    let (mut body, mut y) = (String::new(), 0);
    for Section { title, rows, .. } in sections {
        y += 36;
        let _ = writeln!(body, r#"<text x="8" y="{y}" font-weight="bold">{title}</text>"#);
        for (name, values) in rows {
            y += 20;
            let (text, bar) = (y - 2, y - 13);
            let ratio = values[SYNCED] / rows[0].1[SYNCED];
            // A ratio above 2.5 is not drawn to scale.
            let width = ratio.min(2.5) * 200.0;
            let end = width + 256.0;
            let color = if name.starts_with(PROGRAM) { "#2a7ae2" } else { "#b0b0b0" };
            let _ = writeln!(
                body,
                r#"<text x="16" y="{text}">{name}</text>
<rect x="250" y="{bar}" width="{width:.0}" height="14" fill="{color}"/>
<text x="{end:.0}" y="{text}">{ratio:.2}  ({:.3} s)</text>"#,
                values[SYNCED]
            );
        }
    }
    let height = y + 36;
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="820" height="{height}" viewBox="0 0 820 {height}"
 font-family="sans-serif" font-size="12">
<rect width="820" height="{height}" fill="white"/>
{body}</svg>
"#
    )
}
