//! The table that `bench` prints.

use std::time::Duration;

use crate::cargo::PROGRAM;

use super::contestant::{Contestant, Sink};
use super::measure::Sample;

/// One program to one sink.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    who: Contestant,
    bytes: u64,
    wall: f64,
    synced: f64,
    cpu: f64,
    peak: u64,
}

impl Row {
    /// Medians of the times, the maximum of the peaks.
    pub(super) fn new(who: Contestant, bytes: u64, samples: &[Sample]) -> Self {
        let times = |of: fn(&Sample) -> Duration| median(samples.iter().map(of).collect());
        Self {
            who,
            bytes,
            wall: times(|sample| sample.wall),
            synced: times(|sample| sample.synced),
            cpu: times(|sample| sample.cpu),
            peak: samples.iter().map(|sample| sample.peak).max().unwrap_or(0),
        }
    }

    fn print(&self, name: &str, wall: f64) {
        let rate = self.bytes as f64 / 1e6 / wall;
        println!("  {name:<32}{wall:>9.3}{rate:>9.0}{:>9.3}{:>11.1}", self.cpu, mib(self.peak));
    }
}

/// The rows of one sink, and how ours compares.
pub(super) fn print_section(sink: Sink, rows: &[Row]) {
    println!();
    println!("{:<34}{:>9}{:>9}{:>9}{:>11}", sink.title(), "wall s", "MB/s", "CPU s", "peak MiB");
    for row in rows {
        row.print(row.who.name(), row.wall);
        if sink == Sink::File && row.who == Contestant::Curl {
            row.print("curl, then sync", row.synced);
        }
    }
    let [ours, curl] = rows else { return };
    println!(
        "  {:<32}{:>9.2}{:>9}{:>9.2}{:>11.2}",
        &format!("{PROGRAM} / curl"),
        ours.wall / curl.wall,
        "",
        ours.cpu / curl.cpu,
        ours.peak as f64 / curl.peak as f64,
    );
    if sink == Sink::File {
        println!("  {:<32}{:>9.2}", format!("{PROGRAM} / curl, then sync"), ours.wall / curl.synced);
    }
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
