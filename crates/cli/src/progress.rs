//! What is told on standard error while a command runs: one line that is redrawn on a terminal,
//! plain lines otherwise, and every wait.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anaplan_dump_core::{Exchange, Observer, Progress, RequestObserver, Resume, Wait};

use crate::arguments::{PROGRAM, Verbosity};
use crate::failure::{Failure, chain};
use crate::output::cut;
use crate::units;

/// Time between two redraws of the line: often enough to look alive.
const REDRAW: Duration = Duration::from_millis(200);

/// Longest line that is redrawn, in characters: one that wraps could not be.
const MAX_LINE_CHARS: usize = 78;

/// Tells what happens. Shared by the threads that fetch.
#[derive(Debug)]
pub(crate) struct Reporter {
    verbosity: Verbosity,
    /// Whether a line may be redrawn in place.
    redraws: bool,
    /// Whether a redrawn line stands on the terminal and must be cleared first.
    line_is_drawn: Mutex<bool>,
}

impl Reporter {
    pub(crate) fn new(verbosity: Verbosity) -> Arc<Reporter> {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let redraws = std::io::stderr().is_terminal() && !is_dumb;
        Arc::new(Reporter { verbosity, redraws, line_is_drawn: Mutex::new(false) })
    }

    /// Tells a line, unless it was asked to be quiet.
    pub(crate) fn note(&self, text: &str) {
        if self.verbosity != Verbosity::Quiet {
            self.write_line(text);
        }
    }

    /// Tells a failure that is not the one that ends the command.
    pub(crate) fn problem(&self, failure: &Failure) {
        self.write_line(&format!("{PROGRAM}: {failure}"));
    }

    /// Tells how a task goes on: on a terminal in place, otherwise only what is new.
    pub(crate) fn step(&self, text: &str, elapsed: Duration, is_new: bool) {
        if self.redraws && self.verbosity != Verbosity::Quiet {
            self.redraw(&cut(&format!("{}  {text}", units::duration(elapsed)), MAX_LINE_CHARS));
        } else if is_new {
            self.note(&format!("{}  {text}", units::duration(elapsed)));
        }
    }

    /// Follows one download.
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
        // What cannot be told is no reason to stop.
        let _ = writeln!(std::io::stderr(), "{clear}{text}");
    }

    fn redraw(&self, text: &str) {
        let mut drawn = self.line_is_drawn.lock().unwrap_or_else(PoisonError::into_inner);
        *drawn = true;
        let mut stderr = std::io::stderr();
        let _ = write!(stderr, "\r{text}\u{1b}[K").and_then(|()| stderr.flush());
    }

    /// Takes a redrawn line off the terminal.
    pub(crate) fn clear(&self) {
        let mut drawn = self.line_is_drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut *drawn) {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}

impl RequestObserver for Reporter {
    fn exchange(&self, exchange: &Exchange) {
        if self.verbosity == Verbosity::Verbose {
            let status = exchange.status.map_or("no answer".to_owned(), |status| status.to_string());
            let elapsed = units::duration(exchange.elapsed);
            self.write_line(&format!("{} {}  {status}  {elapsed}", exchange.method, exchange.url));
        }
    }

    fn wait(&self, wait: &Wait<'_>) {
        self.note(&format!(
            "{}; waiting {}, then retry {} of {}",
            chain(wait.reason),
            units::duration(wait.duration),
            wait.retry,
            wait.retries,
        ));
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
            Resume::Resumed { chunks: kept, bytes } => self.reporter.note(&format!(
                "an earlier run left {kept} of {chunks} chunks ({}): going on from there",
                units::size(bytes)
            )),
            Resume::BegunAnew { reason } => {
                self.reporter.note(&format!("what is there cannot be continued ({reason}): beginning anew"));
            }
            _ if !self.reporter.redraws => self.reporter.note(&match chunks {
                1 => "downloading 1 chunk".to_owned(),
                _ => format!("downloading {chunks} chunks"),
            }),
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
        let mut text = format!(
            "chunk {} of {chunks}  {}  {}/s",
            index + 1,
            units::size(received),
            units::size(rate as u64)
        );
        // The chunks are about equally long, except for the last one.
        if self.finished > 0 {
            let per_chunk = self.finished_bytes as f64 / self.finished as f64;
            let left = per_chunk * (chunks - index) as f64 - bytes_of_chunk as f64;
            let left = Duration::from_secs_f64((left / rate.max(1.0)).clamp(0.0, 1e9));
            let _ = write!(text, "  about {} left", units::duration(left));
        }
        self.reporter.redraw(&text);
    }
}

impl Observer for DownloadProgress<'_> {
    fn progress(&mut self, progress: Progress) {
        match progress {
            Progress::Begun { chunks, resume } => self.begin(chunks, resume),
            Progress::Bytes { index, chunks, bytes } => self.draw(index, chunks, bytes),
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
