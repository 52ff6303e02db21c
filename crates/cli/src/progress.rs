//! Progress and notes on standard error: one line that is redrawn on a terminal, plain lines otherwise, and
//! every wait.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anaplan_dump_core::{Event, Progress, Resume};

use crate::arguments::{PROGRAM, Verbosity};
use crate::failure::Failure;
use crate::text::{counted, cut, duration, safe, size};

/// Time between two redraws of the line: often enough to look alive.
const REDRAW: Duration = Duration::from_millis(200);

/// Shortest wait for the rate limit that gets a line: shorter ones are too many.
const SHORTEST_REPORTED_PACE: Duration = Duration::from_secs(1);

/// Maximum length of a line that is redrawn, in characters: one that wraps could not be redrawn.
const MAX_LINE_CHARS: usize = 78;

/// Writes to standard error. Shared by the threads that fetch.
#[derive(Debug)]
pub(crate) struct Reporter {
    verbosity: Verbosity,
    /// Whether a line may be redrawn in place.
    redraws: bool,
    /// Whether the terminal shows a redrawn line, which must be cleared first.
    line_is_drawn: Mutex<bool>,
}

impl Reporter {
    pub(crate) fn new(verbosity: Verbosity) -> Reporter {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let redraws = std::io::stderr().is_terminal() && !is_dumb;
        Reporter { verbosity, redraws, line_is_drawn: Mutex::new(false) }
    }

    /// Writes a line, unless the user wants quiet.
    pub(crate) fn note(&self, text: &str) {
        if self.verbosity != Verbosity::Quiet {
            self.write_line(text);
        }
    }

    /// Writes a line that the user must see.
    pub(crate) fn say(&self, text: &str) {
        self.write_line(text);
    }

    /// Writes a failure that does not end the command.
    pub(crate) fn problem(&self, failure: &Failure) {
        self.write_line(&format!("{PROGRAM}: {failure}"));
    }

    /// Shows how a task goes on: on a terminal in place, otherwise only what is new.
    pub(crate) fn step(&self, text: &str, elapsed: Duration, is_new: bool) {
        if self.redraws && self.verbosity != Verbosity::Quiet {
            self.redraw(&cut(&format!("{}  {text}", duration(elapsed)), MAX_LINE_CHARS));
        } else if is_new {
            self.note(&format!("{}  {text}", duration(elapsed)));
        }
    }

    /// The progress of one download.
    pub(crate) fn download(&self) -> DownloadProgress<'_> {
        DownloadProgress {
            reporter: self,
            begun: Instant::now(),
            drawn: None,
            finished_bytes: 0,
            finished: 0,
        }
    }

    fn write_line(&self, text: &str) {
        let mut drawn = self.line_is_drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let clear = if std::mem::take(&mut *drawn) { "\r\u{1b}[K" } else { "" };
        // A standard error that fails is no reason to stop.
        let _ = writeln!(std::io::stderr(), "{clear}{text}");
    }

    fn redraw(&self, text: &str) {
        let mut drawn = self.line_is_drawn.lock().unwrap_or_else(PoisonError::into_inner);
        *drawn = true;
        let mut stderr = std::io::stderr();
        let _ = write!(stderr, "\r{text}\u{1b}[K").and_then(|()| stderr.flush());
    }

    /// Clears a redrawn line.
    pub(crate) fn clear(&self) {
        let mut drawn = self.line_is_drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut *drawn) {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }

    /// Writes what the client reports: each wait, and with `--verbose` each request.
    pub(crate) fn event(&self, event: &Event<'_>) {
        match event {
            Event::Exchange { method, url, status, elapsed, .. } if self.verbosity == Verbosity::Verbose => {
                let status = status.map_or("no answer".to_owned(), |status| status.to_string());
                self.write_line(&format!("{method} {url}  {status}  {}", duration(*elapsed)));
            }
            Event::Retry { subject, fault, wait, retry, retries, .. } => {
                let mut text = format!("{subject}: {fault}");
                if let Some(source) = std::error::Error::source(fault) {
                    let _ = write!(text, ": {}", safe(&source.to_string()));
                }
                self.note(&format!("{text}; waiting {}, then retry {retry} of {retries}", duration(*wait)));
            }
            Event::Paced { subject, wait, .. } if *wait >= SHORTEST_REPORTED_PACE => self.note(&format!(
                "{subject}: waiting {}, because the service limits the rate of requests",
                duration(*wait)
            )),
            _ => {}
        }
    }
}

/// The progress of one download.
#[derive(Debug)]
pub(crate) struct DownloadProgress<'a> {
    reporter: &'a Reporter,
    begun: Instant,
    drawn: Option<Instant>,
    finished_bytes: u64,
    finished: usize,
}

impl DownloadProgress<'_> {
    fn begin(&mut self, chunks: usize, resume: Resume) {
        (self.begun, self.finished, self.finished_bytes) = (Instant::now(), 0, 0);
        match resume {
            Resume::Resumed { chunks: kept, bytes, .. } => self.reporter.note(&format!(
                "an earlier run left {kept} of {chunks} chunks ({}): continuing from there",
                size(bytes)
            )),
            Resume::BegunAnew { reason, .. } => {
                self.reporter.note(&format!("what is there cannot be continued ({reason}): beginning anew"));
            }
            _ if !self.reporter.redraws => {
                self.reporter.note(&format!("downloading {}", counted(chunks, "chunk")));
            }
            _ => {}
        }
    }

    fn draw(&mut self, index: usize, chunks: usize, bytes_of_chunk: u64) {
        let is_due = self.drawn.is_none_or(|drawn| drawn.elapsed() >= REDRAW);
        if !self.reporter.redraws || self.reporter.verbosity == Verbosity::Quiet || !is_due {
            return;
        }
        self.drawn = Some(Instant::now());
        let received = self.finished_bytes + bytes_of_chunk;
        let seconds = self.begun.elapsed().as_secs_f64();
        let rate = received as f64 / seconds.max(0.001);
        let mut text =
            format!("chunk {} of {chunks}  {}  {}/s", index + 1, size(received), size(rate as u64));
        // The chunks are about equally long, except for the last one.
        if self.finished > 0 {
            let per_chunk = self.finished_bytes as f64 / self.finished as f64;
            let left = per_chunk * (chunks - index) as f64 - bytes_of_chunk as f64;
            let left = Duration::from_secs_f64((left / rate.max(1.0)).clamp(0.0, 1e9));
            let _ = write!(text, "  about {} left", duration(left));
        }
        self.reporter.redraw(&text);
    }

    /// Shows a step.
    pub(crate) fn show(&mut self, step: Progress) {
        match step {
            Progress::Begun { chunks, resume, .. } => self.begin(chunks, resume),
            Progress::Bytes { index, chunks, bytes, .. } => self.draw(index, chunks, bytes),
            Progress::Finished { bytes, .. } => {
                self.finished += 1;
                self.finished_bytes += bytes;
            }
            _ => {}
        }
    }
}

impl Drop for DownloadProgress<'_> {
    fn drop(&mut self) {
        self.reporter.clear();
    }
}
