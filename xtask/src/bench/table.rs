//! What `bench` prints: a table, and the same as a picture.

use std::fmt::Write as _;
use std::time::Duration;

use super::measure::Sample;
use crate::cargo::PROGRAM;

/// What one contender took: medians of the times, the maximum of the peaks.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) wall: f64,
    /// Wall time until the file was on the disk as well.
    synced: f64,
    pub(super) cpu: f64,
    /// In MiB.
    pub(super) peak: f64,
}

/// The contenders for the same work. The first is what the others are compared with.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) bytes: u64,
    pub(super) rows: Vec<Row>,
}

impl Row {
    pub(super) fn new(name: String, samples: &[Sample]) -> Self {
        let times = |of: fn(&Sample) -> Duration| median(samples.iter().map(of).collect());
        Self {
            name,
            wall: times(|sample| sample.wall),
            synced: times(|sample| sample.synced),
            cpu: times(|sample| sample.cpu),
            peak: samples.iter().map(|sample| sample.peak).max().unwrap_or(0) as f64 / f64::from(1 << 20),
        }
    }
}

/// The middle of several times, in seconds; of two middles the later one.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(0.0, Duration::as_secs_f64)
}

/// Prints every section in one table.
pub(super) fn print(sections: &[Section]) {
    if sections.is_empty() {
        return;
    }
    println!(
        "\n{:<38}{:>9}{:>9}{:>9}{:>10}    {:>6}{:>7}{:>7}{:>7}",
        "", "wall s", "sync s", "CPU s", "peak MiB", "wall", "sync", "CPU", "peak"
    );
    for Section { title, bytes, rows } in sections {
        let size = if *bytes > 0 { format!(", {} MB", bytes / 1_000_000) } else { String::new() };
        println!("{title}{size}");
        let Some(first) = rows.first() else { continue };
        for Row { name, wall, synced, cpu, peak } in rows {
            println!(
                "  {name:<36}{wall:>9.3}{synced:>9.3}{cpu:>9.3}{peak:>10.1}    {:>6.2}{:>7.2}{:>7.2}{:>7.2}",
                wall / first.wall,
                synced / first.synced,
                cpu / first.cpu,
                peak / first.peak,
            );
        }
    }
    println!(
        "
wall, CPU: medians. sync: the wall time until the file is on the disk, which is part of our own work and comes
after that of the others. CPU: user and system time of the program and its children. peak: the maximum of the
resident memory of one process. On the right, each as a ratio to the first line."
    );
}

/// Bars of the wall time until the file is on the disk, as ratios to the first contender, in an SVG file.
pub(super) fn svg(sections: &[Section]) -> String {
    const ROW: usize = 20;
    /// Width of a bar for a ratio of 1, and the largest ratio that is drawn to scale.
    const ONE: f64 = 200.0;
    const LARGEST: f64 = 2.5;
    let (mut body, mut y) = (String::new(), 0);
    for Section { title, rows, .. } in sections {
        y += 30;
        let _ = writeln!(body, "<text x=\"8\" y=\"{y}\" font-weight=\"bold\">{title}</text>");
        y += 6;
        for Row { name, synced, .. } in rows {
            let ratio = synced / rows[0].synced;
            let width = ratio.min(LARGEST) * ONE;
            let color = if name.starts_with(PROGRAM) { "#2a7ae2" } else { "#b0b0b0" };
            let (text, bar, end) = (y + 12, y + 1, width + 256.0);
            let _ = writeln!(
                body,
                "<text x=\"16\" y=\"{text}\">{name}</text><rect x=\"250\" y=\"{bar}\" width=\"{width:.0}\" height=\"14\" \
                 fill=\"{color}\"/><text x=\"{end:.0}\" y=\"{text}\">{ratio:.2}  ({synced:.3} s)</text>"
            );
            y += ROW;
        }
    }
    let height = y + 30;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"820\" height=\"{height}\" viewBox=\"0 0 820 {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"820\" height=\"{height}\" fill=\"white\"/>\n\
         {body}</svg>\n"
    )
}
