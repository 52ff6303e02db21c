//! The progress of one download.

use std::time::Instant;

use anaplan_dump_core::{Progress, Resume};

use super::Reporter;
use super::redraw::REDRAW;
use crate::arguments::Verbosity;
use crate::meter::{Label, Meter};
use crate::text::{counted, size};

impl Reporter {
    /// The progress of one download.
    pub(crate) fn download(&self, label: Label) -> DownloadProgress<'_> {
        DownloadProgress { reporter: self, begun: Instant::now(), drawn: None, meter: Meter::new(label) }
    }
}

/// The progress of one download.
#[derive(Debug)]
pub(crate) struct DownloadProgress<'a> {
    reporter: &'a Reporter,
    begun: Instant,
    drawn: Option<Instant>,
    meter: Meter,
}

impl DownloadProgress<'_> {
    fn begin(&mut self, chunks: usize, resume: Resume) {
        self.begun = Instant::now();
        let label = self.meter.label().text();
        let label = if label.is_empty() { label } else { format!("{label}:") };
        match resume {
            Resume::Resumed { chunks: kept, bytes, .. } => self.reporter.note(&format!(
                "an earlier run left {kept} of {chunks} chunks ({}): continuing from there",
                size(bytes)
            )),
            Resume::Restarted { reason, .. } => {
                self.reporter.warn(&format!("what is there cannot be continued ({reason}): beginning anew"));
            }
            _ if !self.reporter.redraws => {
                self.reporter.note(&format!("downloading{label} {}", counted(chunks, "chunk")));
            }
            _ => {}
        }
    }

    fn draw(&mut self) {
        if !self.reporter.redraws {
            if let Some(line) = self.meter.log_line(self.begun.elapsed()) {
                self.reporter.note(&self.reporter.dated(&line));
            }
            return;
        }
        let is_due = self.drawn.is_none_or(|drawn| drawn.elapsed() >= REDRAW);
        if self.reporter.verbosity >= Verbosity::Progress && is_due {
            self.drawn = Some(Instant::now());
            self.reporter.redraw(&self.meter.line(self.begun.elapsed()));
        }
    }

    /// Shows a step.
    pub(crate) fn show(&mut self, step: Progress) {
        self.meter.take(step);
        match step {
            Progress::Started { chunks, resume, .. } => self.begin(chunks, resume),
            Progress::Disk(warning) => self.reporter.warn(&warning.to_string()),
            Progress::Arrived { .. } => self.draw(),
            _ => {}
        }
    }
}

impl Drop for DownloadProgress<'_> {
    fn drop(&mut self) {
        self.reporter.clear();
    }
}
