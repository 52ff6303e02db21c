//! The progress of one download.

use std::fmt::Write as _;
use std::time::Duration;

use anaplan_dump_core::{Progress, Resume};

use super::Reporter;
use super::activity::Activity;
use crate::text::{counted, percent, rate, safe, size};

pub(crate) struct DownloadProgress<'a> {
    activity: Activity<'a>,
    meter: Meter,
}

/// The length of a chunk in bytes, before one has come: the service cuts dumps into chunks of at most 10 MB.
const LONGEST_CHUNK: f64 = 10e6;

/// How far a download has come.
#[derive(Default)]
struct Meter {
    /// ` Cost centres (dump 2 of 5)`, or less where there is less to say.
    label: String,
    /// Bytes that an earlier run left: they are there, and say nothing about the rate.
    kept_bytes: u64,
    /// Bytes of the chunks that are finished, the kept ones included.
    finished_bytes: u64,
    arrived: u64,
    finished: usize,
    chunks: usize,
}

impl Reporter {
    /// The progress of the download of a dump, by its name, its number from 1 and how many there are.
    pub(crate) fn download(&self, name: Option<&str>, number: usize, count: usize) -> DownloadProgress<'_> {
        let mut label = name.map(|name| format!(" {}", safe(name))).unwrap_or_default();
        if count > 1 {
            let _ = write!(label, " (dump {number} of {count})");
        }
        let meter = Meter { label, ..Meter::default() };
        DownloadProgress { activity: self.activity(), meter }
    }
}

impl DownloadProgress<'_> {
    pub(crate) fn show(&mut self, step: Progress) {
        let Self { activity, meter } = self;
        let reporter = activity.reporter;
        match step {
            Progress::Started { chunks, resume, .. } => {
                *activity = reporter.activity();
                let (finished, bytes) = match resume {
                    Resume::Resumed { chunks: kept, bytes, .. } => {
                        let size = size(bytes);
                        reporter.note(&format!(
                            "an earlier run left {kept} of {chunks} chunks ({size}): continuing from there"
                        ));
                        (kept, bytes)
                    }
                    Resume::Restarted { reason, .. } => {
                        reporter.warn(&format!("what is there cannot be continued ({reason}): beginning anew"));
                        (0, 0)
                    }
                    _ if reporter.redraws => (0, 0),
                    _ => {
                        let colon = if meter.label.is_empty() { "" } else { ":" };
                        let chunks = counted(chunks, "chunk");
                        reporter.note(&format!("downloading{}{colon} {chunks}", meter.label));
                        (0, 0)
                    }
                };
                (meter.chunks, meter.finished) = (chunks, finished);
                (meter.kept_bytes, meter.finished_bytes, meter.arrived) = (bytes, bytes, bytes);
            }
            Progress::Arrived { bytes, .. } => {
                meter.arrived = bytes;
                activity.show(false, &|elapsed| reporter.dated(&meter.line(elapsed)));
            }
            Progress::Finished { bytes, .. } => {
                meter.finished += 1;
                meter.finished_bytes += bytes;
            }
            Progress::Disk(warning) => reporter.warn(&warning.to_string()),
            _ => {}
        }
    }
}

impl Meter {
    /// The line at this time after the beginning: what matters most comes first, because a narrow terminal
    /// shows only that.
    fn line(&self, elapsed: Duration) -> String {
        let Meter { arrived, finished, chunks, .. } = *self;
        let number = (finished + 1).min(chunks);
        // All chunks but the last are about equally long. The length of the only one is not known before its end.
        let whole = match finished {
            0 if chunks == 1 => None,
            0 => Some(LONGEST_CHUNK * chunks as f64),
            _ => Some(self.finished_bytes as f64 / finished as f64 * chunks as f64),
        };
        let done = whole.map(|whole| format!("  {}", percent(arrived as f64 / whole))).unwrap_or_default();
        let rest = whole.map(|whole| whole - arrived as f64);
        let rate = rate(arrived.saturating_sub(self.kept_bytes), elapsed, rest);
        let label = if self.label.is_empty() { String::new() } else { format!(" {}", self.label) };
        format!("chunk {number} of {chunks}{done}  {}  {rate}{label}", size(arrived))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_counts_what_arrived_in_this_run_and_the_label_is_where_a_narrow_terminal_cuts() {
        let label = " Cost centres (dump 2 of 5)".to_owned();
        let mut meter = Meter { label, finished_bytes: 20_000_000, arrived: 25_000_000, ..Meter::default() };
        (meter.chunks, meter.finished) = (4, 2);
        for (kept_bytes, rate_and_rest) in
            [(0, "2.5 MB/s  about 6 s left"), (20_000_000, "500.0 kB/s  about 30 s left")]
        {
            meter.kept_bytes = kept_bytes;
            let expected = format!("chunk 3 of 4  62 %  25.0 MB  {rate_and_rest}  Cost centres (dump 2 of 5)");
            assert_eq!(meter.line(Duration::from_secs(10)), expected);
        }
    }

    #[test]
    fn the_first_of_several_chunks_says_how_much_is_left_and_the_only_one_does_not() {
        let mut meter = Meter { chunks: 3, arrived: 3_000_000, ..Meter::default() };
        let line = meter.line(Duration::from_secs(1));
        assert_eq!(line, "chunk 1 of 3  10 %  3.0 MB  3.0 MB/s  about 9 s left");
        meter.chunks = 1;
        assert_eq!(meter.line(Duration::from_secs(1)), "chunk 1 of 1  3.0 MB  3.0 MB/s");
    }
}
