//! What `bench` prints: a table, or the same as JSON.

use std::time::Duration;

use serde_json::{Value, json};

use super::measure::Sample;

/// What one contender took: medians of the times, the maximum of the peaks.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) name: String,
    wall: f64,
    /// Wall time until the file was on the disk as well.
    pub(super) synced: f64,
    cpu: f64,
    peak: u64,
}

/// The contenders for the same work. The first is what the others are compared with.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub(super) name: &'static str,
    pub(super) title: String,
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
            peak: samples.iter().map(|sample| sample.peak).max().unwrap_or(0),
        }
    }
}

/// Prints every section in one table.
pub(super) fn print(sections: &[Section]) {
    println!();
    println!(
        "{:<38}{:>9}{:>9}{:>9}{:>10}    {:>6}{:>7}{:>7}{:>7}",
        "", "wall s", "sync s", "CPU s", "peak MiB", "wall", "sync", "CPU", "peak"
    );
    for Section { title, bytes, rows, .. } in sections {
        match bytes {
            0 => println!("{title}"),
            _ => println!("{title}, {} MB", bytes / 1_000_000),
        }
        let Some(first) = rows.first() else { continue };
        for row in rows {
            println!(
                "  {:<36}{:>9.3}{:>9.3}{:>9.3}{:>10.1}    {:>6.2}{:>7.2}{:>7.2}{:>7.2}",
                row.name,
                row.wall,
                row.synced,
                row.cpu,
                mib(row.peak),
                row.wall / first.wall,
                row.synced / first.synced,
                row.cpu / first.cpu,
                row.peak as f64 / first.peak as f64,
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

/// The same for programs.
pub(super) fn json(sections: &[Section]) -> Value {
    let sections = sections.iter().map(|section| {
        let rows = section.rows.iter().map(|row| {
            json!({ "name": row.name, "wall": row.wall, "synced": row.synced, "cpu": row.cpu, "peak": row.peak })
        });
        json!({ "name": section.name, "title": section.title, "bytes": section.bytes, "rows": rows.collect::<Vec<_>>() })
    });
    json!({ "sections": sections.collect::<Vec<_>>() })
}

/// Bytes in MiB.
pub(super) fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// The middle of several times, in seconds.
pub(super) fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    let middle = times.len() / 2;
    let at = |index: usize| times.get(index).map_or(0.0, Duration::as_secs_f64);
    if times.len() % 2 == 1 { at(middle) } else { (at(middle.wrapping_sub(1)) + at(middle)) / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_middles() {
        let seconds = |times: &[u64]| median(times.iter().copied().map(Duration::from_secs).collect());
        assert_eq!(seconds(&[9, 1, 2]), 2.0);
        assert_eq!(seconds(&[9, 1, 2, 4]), 3.0);
        assert_eq!(seconds(&[]), 0.0);
    }
}
