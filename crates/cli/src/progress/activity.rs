//! What goes on for long: on a terminal one line that is redrawn in place, elsewhere a line where something is new, and
//! once a minute.

use std::io::Read;
use std::time::{Duration, Instant};

use super::{MAX_LINE_CHARS, REDRAW, Reporter, Wait};
use crate::arguments::Verbosity;
use crate::text::{cut, rate, safe, size};

/// Time between two lines in a log: a download that takes hours leaves a page, not a book.
pub(super) const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// What goes on for long, until it is dropped.
pub(crate) struct Activity<'a> {
    pub(super) reporter: &'a Reporter,
    begun: Instant,
    /// When it was shown last, after the beginning; `None` if it never was.
    shown: Option<Duration>,
}

impl Reporter {
    pub(crate) fn activity(&self) -> Activity<'_> {
        Activity { reporter: self, begun: Instant::now(), shown: None }
    }

    /// The reading of a file with this many bytes, or of a pipe.
    pub(crate) fn reading<R: Read>(&self, name: &str, bytes: Option<u64>, source: R) -> Reading<'_, R> {
        let mut activity = self.activity();
        // A file that is read at once has no line.
        activity.shown = Some(Duration::ZERO);
        Reading { activity, name: safe(name), bytes, source, read: 0 }
    }
}

impl Activity<'_> {
    /// Shows what is waited for after the time so far, if it is new. The time goes on by itself.
    pub(crate) fn show_wait(&mut self, is_new: bool, what: String) {
        let drawn = self.reporter.wait_drawn().filter(|_| !is_new).unwrap_or_else(Instant::now);
        let wait = Wait { begun: self.begun, drawn, what };
        if is_new || self.reporter.redraws {
            self.show(is_new, &|_| wait.line());
        }
        self.reporter.set_wait(Some(wait));
    }

    /// Shows a line about it, if one is due. `line` receives the time since the beginning.
    pub(crate) fn show(&mut self, is_new: bool, line: &dyn Fn(Duration) -> String) {
        let elapsed = self.begun.elapsed();
        let redraws = self.reporter.redraws;
        if self.reporter.verbosity >= Verbosity::Progress && is_due(self.shown, elapsed, is_new, redraws) {
            self.shown = Some(elapsed);
            self.reporter.draw(&line(elapsed));
        }
    }
}

/// Whether a line is due. In a log, what has just begun was announced.
fn is_due(shown: Option<Duration>, elapsed: Duration, is_new: bool, redraws: bool) -> bool {
    match (redraws, shown) {
        _ if is_new => true,
        (true, None) => true,
        (true, Some(shown)) => elapsed >= shown + REDRAW,
        (false, shown) => elapsed >= shown.unwrap_or_default() + LOG_INTERVAL,
    }
}

impl Drop for Activity<'_> {
    fn drop(&mut self) {
        self.reporter.set_wait(None);
        self.reporter.clear();
    }
}

pub(crate) struct Reading<'a, R> {
    activity: Activity<'a>,
    name: String,
    bytes: Option<u64>,
    source: R,
    read: u64,
}

impl<R: Read> Read for Reading<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.read += count as u64;
        self.activity.show(false, &|elapsed| {
            let all = self.bytes.map(|bytes| format!(" of {}", size(bytes))).unwrap_or_default();
            let done = format!("  {}{all}  {}", size(self.read), rate(self.read, elapsed, None));
            let name = cut(&self.name, MAX_LINE_CHARS.saturating_sub("reading ".len() + done.len()));
            format!("reading {name}{done}")
        });
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn a_wait_goes_on_in_a_log_whether_it_is_looked_at_or_not() {
        let reporter = Reporter { redraws: false, ..Reporter::new(Verbosity::Progress, &Default::default()) };
        let (mut activity, lines) = (reporter.activity(), RefCell::new(Vec::new()));
        let begun = activity.begun;
        for drawn in [begun, begun.checked_sub(LOG_INTERVAL).expect("the clock is older")] {
            reporter.set_wait(Some(Wait { begun, drawn, what: "waiting".to_owned() }));
            activity.show_wait(false, "still waiting".to_owned());
            (0..2).for_each(|_| reporter.tick(&|line| lines.borrow_mut().push(line.to_owned())));
        }
        let lines = lines.into_inner();
        assert!(lines.len() == 1 && lines[0].ends_with("  still waiting"), "{lines:?}");
    }

    #[test]
    fn what_is_new_is_logged_at_once_and_what_is_not_once_a_minute() {
        let mut shown = None;
        let mut due = Vec::new();
        for second in 0..200 {
            let elapsed = Duration::from_secs(second);
            if is_due(shown, elapsed, [0, 90].contains(&second), false) {
                shown = Some(elapsed);
                due.push(second);
            }
        }
        assert_eq!(due, [0, 60, 90, 150]);
        assert!(is_due(None, Duration::ZERO, false, true) && !is_due(None, Duration::ZERO, false, false));
    }
}
