//! Progress, warnings and notes on standard error: one line that is redrawn on a terminal, plain lines otherwise.

mod activity;
mod download;
mod events;
mod kept;
mod redraw;

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use anaplan_dump_core::Unfinished;

pub(crate) use self::download::DownloadProgress;
use self::kept::FollowUp;
use self::redraw::{MAX_LINE_CHARS, clearing};
use crate::arguments::{PROGRAM, Verbosity};
use crate::failure::Failure;
use crate::text::time;

/// Writes to standard error. Shared by the threads that fetch.
#[derive(Debug)]
pub(crate) struct Reporter {
    verbosity: Verbosity,
    /// Whether a line may be redrawn in place.
    redraws: bool,
    /// Maximum length of a line that is redrawn, in characters.
    max_chars: usize,
    /// Length of the redrawn line that the terminal shows, in characters; 0 if there is none.
    drawn_chars: Mutex<usize>,
    follow_up: Mutex<FollowUp>,
    /// What the library would leave unfinished if the run were interrupted now.
    pub(crate) unfinished: Unfinished,
}

impl Reporter {
    pub(crate) fn new(verbosity: Verbosity, unfinished: &Unfinished) -> Reporter {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse::<usize>().ok());
        Reporter {
            verbosity,
            redraws: std::io::stderr().is_terminal() && !is_dumb,
            // The last column stays free: some terminals begin a new line with it.
            max_chars: columns.map_or(MAX_LINE_CHARS, |columns| columns.saturating_sub(1).max(10)),
            drawn_chars: Mutex::new(0),
            follow_up: Mutex::default(),
            unfinished: unfinished.clone(),
        }
    }

    /// Writes a line about what goes on.
    pub(crate) fn note(&self, text: &str) {
        if self.verbosity >= Verbosity::Progress {
            self.write_line(text);
        }
    }

    /// Writes a line about what is not as it should be, and does not end the command.
    pub(crate) fn warn(&self, text: &str) {
        if self.verbosity >= Verbosity::Warnings {
            self.write_line(text);
        }
    }

    /// Writes a failure that does not end the command at once, unless it is silent.
    pub(crate) fn problem(&self, failure: Failure) -> Failure {
        if !failure.is_silent() {
            self.write_line(&format!("{PROGRAM}: {failure}"));
        }
        Failure::Reported(Box::new(failure))
    }

    /// Writes a line, whatever the verbosity.
    pub(crate) fn write_line(&self, text: &str) {
        let mut drawn = self.drawn_chars.lock().unwrap_or_else(PoisonError::into_inner);
        let clear = clearing(std::mem::take(&mut *drawn));
        // A standard error that fails is no reason to stop.
        let _ = writeln!(std::io::stderr(), "{clear}{text}");
    }

    /// A line as a log needs it: with the time of day (UTC).
    fn dated(&self, text: &str) -> String {
        if self.redraws {
            return text.to_owned();
        }
        let now = time(SystemTime::now());
        let clock = now.split_once(' ').map_or("", |(_, clock)| clock);
        format!("{clock} {text}")
    }
}
