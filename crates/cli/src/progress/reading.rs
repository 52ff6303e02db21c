//! The progress of reading a file.

use std::io::Read;
use std::time::Instant;

use super::Reporter;
use super::redraw::{MAX_LINE_CHARS, REDRAW};
use crate::arguments::Verbosity;
use crate::text::{cut, safe, size};

impl Reporter {
    /// The reading of a file with this many bytes, or of a pipe.
    pub(crate) fn reading<R: Read>(&self, name: &str, bytes: Option<u64>, source: R) -> Reading<'_, R> {
        let now = Instant::now();
        Reading { reporter: self, name: safe(name), bytes, source, read: 0, begun: now, drawn: now }
    }
}

/// A file that is read.
#[derive(Debug)]
pub(crate) struct Reading<'a, R> {
    reporter: &'a Reporter,
    name: String,
    bytes: Option<u64>,
    source: R,
    read: u64,
    begun: Instant,
    drawn: Instant,
}

impl<R: Read> Read for Reading<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.read += count as u64;
        let is_shown = self.reporter.redraws && self.reporter.verbosity >= Verbosity::Progress;
        if is_shown && self.drawn.elapsed() >= REDRAW {
            self.drawn = Instant::now();
            let rate = self.read as f64 / self.begun.elapsed().as_secs_f64().max(0.001);
            let all = self.bytes.map(|bytes| format!(" of {}", size(bytes))).unwrap_or_default();
            let done = format!("  {}{all}  {}/s", size(self.read), size(rate as u64));
            let name = cut(&self.name, MAX_LINE_CHARS.saturating_sub("reading ".len() + done.len()));
            self.reporter.redraw(&format!("reading {name}{done}"));
        }
        Ok(count)
    }
}

impl<R> Drop for Reading<'_, R> {
    fn drop(&mut self) {
        self.reporter.clear();
    }
}
