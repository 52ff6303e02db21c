//! The progress of one download as a line of text. Knows no clock and no terminal.

use std::fmt::Write as _;
use std::time::Duration;

use anaplan_dump_core::{Progress, Resume};

use crate::text::{duration, safe, size};

/// Time between two lines in a log: a download that takes hours leaves a page, not a book.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Which dump is downloaded.
#[derive(Debug, Clone)]
pub(crate) struct Label {
    /// The name that people know it by, if it is known.
    pub(crate) name: Option<String>,
    /// Its number, from 1, and how many there are.
    pub(crate) number: usize,
    pub(crate) count: usize,
}

impl Label {
    /// ` Cost centres (2 of 5)`, or less where there is less to say.
    pub(crate) fn text(&self) -> String {
        let mut text = self.name.as_deref().map(|name| format!(" {}", safe(name))).unwrap_or_default();
        if self.count > 1 {
            let _ = write!(text, " (dump {} of {})", self.number, self.count);
        }
        text
    }
}

/// How far a download has come.
#[derive(Debug)]
pub(crate) struct Meter {
    label: Label,
    /// Bytes that an earlier run left: they are there, and say nothing about the rate.
    kept_bytes: u64,
    /// Bytes of the chunks that are finished, the kept ones included.
    finished_bytes: u64,
    arrived: u64,
    finished: usize,
    chunks: usize,
    log: LogClock,
}

/// When a log is due for a line about something that takes long.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct LogClock(Duration);

impl LogClock {
    /// Whether a line is due at this time after the beginning, for what is new or not.
    pub(crate) fn is_due(&mut self, elapsed: Duration, is_new: bool) -> bool {
        let is_due = is_new || elapsed >= self.0 + LOG_INTERVAL;
        if is_due {
            self.0 = elapsed;
        }
        is_due
    }
}

impl Meter {
    pub(crate) fn new(label: Label) -> Meter {
        let (finished, chunks) = (0, 0);
        Meter {
            label,
            kept_bytes: 0,
            finished_bytes: 0,
            arrived: 0,
            finished,
            chunks,
            log: LogClock::default(),
        }
    }

    pub(crate) fn label(&self) -> &Label {
        &self.label
    }

    /// Takes note of a step.
    pub(crate) fn take(&mut self, step: Progress) {
        match step {
            Progress::Started { chunks, resume, .. } => {
                let (finished, bytes) = match resume {
                    Resume::Resumed { chunks, bytes, .. } => (chunks, bytes),
                    _ => (0, 0),
                };
                (self.chunks, self.finished, self.log) = (chunks, finished, LogClock::default());
                (self.kept_bytes, self.finished_bytes, self.arrived) = (bytes, bytes, bytes);
            }
            Progress::Arrived { bytes, .. } => self.arrived = bytes,
            Progress::Finished { bytes, .. } => {
                self.finished += 1;
                self.finished_bytes += bytes;
            }
            _ => {}
        }
    }

    /// The line at this time after the beginning: what matters most comes first, because a narrow terminal
    /// shows only that.
    pub(crate) fn line(&self, elapsed: Duration) -> String {
        let Meter { arrived, finished, chunks, .. } = *self;
        let new = arrived.saturating_sub(self.kept_bytes);
        let rate = new as f64 / elapsed.as_secs_f64().max(0.001);
        let number = (finished + 1).min(chunks);
        let mut text = format!("chunk {number} of {chunks}  {}  {}/s", size(arrived), size(rate as u64));
        // The chunks are about equally long, except for the last one.
        if finished > 0 && new > 0 {
            let whole = self.finished_bytes as f64 / finished as f64 * chunks as f64;
            let left = Duration::from_secs_f64(((whole - arrived as f64) / rate.max(1.0)).clamp(0.0, 1e9));
            let _ = write!(text, "  about {} left", duration(left));
        }
        let label = self.label.text();
        if !label.is_empty() {
            let _ = write!(text, " {label}");
        }
        text
    }

    /// The line for a log, if one is due.
    pub(crate) fn log_line(&mut self, elapsed: Duration) -> Option<String> {
        self.log.is_due(elapsed, false).then(|| self.line(elapsed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(name: Option<&str>, count: usize) -> Meter {
        let mut meter = Meter::new(Label { name: name.map(str::to_owned), number: 2, count });
        (meter.chunks, meter.finished, meter.finished_bytes, meter.arrived) = (4, 2, 20_000_000, 25_000_000);
        meter
    }

    #[test]
    fn the_rate_counts_what_arrived_in_this_run_and_the_size_everything() {
        let mut meter = meter(None, 1);
        assert_eq!(meter.line(Duration::from_secs(10)), "chunk 3 of 4  25.0 MB  2.5 MB/s  about 6.00 s left");
        meter.kept_bytes = 20_000_000;
        assert_eq!(
            meter.line(Duration::from_secs(10)),
            "chunk 3 of 4  25.0 MB  500.0 kB/s  about 30.0 s left"
        );
    }

    #[test]
    fn the_dump_is_named_at_the_end_where_a_narrow_terminal_cuts() {
        let line = meter(Some("Cost centres"), 5).line(Duration::from_secs(10));
        assert!(line.ends_with("about 6.00 s left  Cost centres (dump 2 of 5)"), "{line}");
    }

    #[test]
    fn what_is_new_is_logged_at_once_and_what_is_not_once_a_minute() {
        let mut log = LogClock::default();
        let new = [0, 90];
        let due: Vec<u64> = (0..200)
            .filter(|second| log.is_due(Duration::from_secs(*second), new.contains(second)))
            .collect();
        assert_eq!(due, [0, 60, 90, 150]);
    }

    #[test]
    fn a_log_has_a_line_a_minute() {
        let mut meter = meter(None, 1);
        let lines =
            (0..600).filter(|&half| meter.log_line(Duration::from_millis(half * 500)).is_some()).count();
        assert_eq!(lines, 4, "after 1, 2, 3 and 4 minutes of almost five");
    }
}
