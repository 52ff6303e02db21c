//! Progress, warnings and notes on standard error: one line that is redrawn on a terminal, plain lines otherwise.
//! What is kept of a run that is interrupted.

mod activity;
mod download;

use std::error::Error as _;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anaplan_dump_core::{Event, Subject, Unfinished, shown_path};

use self::activity::LOG_INTERVAL;
pub(crate) use self::download::DownloadProgress;
use crate::arguments::{PROGRAM, Verbosity};
use crate::failure::Failure;
use crate::text::{columns, counted, cut, duration, noun, safe, time};

/// Time between two redraws of the line: often enough to look alive.
const REDRAW: Duration = Duration::from_millis(200);

/// Maximum length of a line that is redrawn, in characters, where nothing says how wide the terminal is. Other
/// than on Windows, the terminal itself cuts what does not fit.
const MAX_LINE_CHARS: usize = if cfg!(windows) { 78 } else { 200 };

/// Shortest wait for the rate limit that gets a line: shorter ones are too many.
const SHORTEST_REPORTED_PACE: Duration = Duration::from_secs(1);

/// What an interruption means while no file is being written, and what goes on with it.
#[derive(Debug, Default)]
struct FollowUp {
    /// For a person; empty if there is nothing to say.
    meaning: String,
    /// The command that goes on; the same one once more if there is none.
    command: Option<String>,
}

/// What is waited for, since when, and when the line about it was drawn last.
#[derive(Debug)]
struct Wait {
    begun: Instant,
    drawn: Instant,
    what: String,
}

impl Wait {
    fn line(&self) -> String {
        format!("{}  {}", duration(self.begun.elapsed()), self.what)
    }
}

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
    /// What the redrawn line is about while only time goes by.
    wait: Mutex<Option<Wait>>,
    follow_up: Mutex<FollowUp>,
    /// What the library would leave unfinished if the run were interrupted now.
    pub(crate) unfinished: Unfinished,
}

impl Reporter {
    pub(crate) fn new(verbosity: Verbosity, unfinished: &Unfinished) -> Reporter {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Reporter {
            verbosity,
            redraws: std::io::stderr().is_terminal() && !is_dumb,
            // The last column stays free: some terminals begin a new line with it.
            max_chars: columns().map_or(MAX_LINE_CHARS, |columns| columns.saturating_sub(1).max(10)),
            drawn_chars: Mutex::new(0),
            wait: Mutex::default(),
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

    /// Writes what the client reports: each wait, and with `--verbose` each request.
    pub(crate) fn event(&self, event: &Event<'_>) {
        match event {
            Event::Exchange { method, url, status, elapsed, .. } if self.verbosity == Verbosity::Requests => {
                let status = status.map_or("no answer".to_owned(), |status| status.to_string());
                self.write_line(&format!("{method} {url}  {status}  {}", duration(*elapsed)));
            }
            Event::Retry { subject, fault, wait, retry, retries, .. } => {
                let (what, wait) = (short_subject(subject), duration(*wait));
                let why = match fault.source() {
                    Some(source) => format!("{fault:#}: {}", safe(&source.to_string())),
                    None => format!("{fault:#}"),
                };
                let retries = retries.map(|retries| format!(" of {retries}")).unwrap_or_default();
                self.warn(&self.dated(&format!("{what}: {why}; retry {retry}{retries} in {wait}")));
            }
            Event::Unreadable { subject, entries, .. } => {
                self.warn(&format!("{subject}: {} of the list cannot be read", counted(*entries, "entry")));
            }
            Event::Paced { subject, wait, .. } if *wait >= SHORTEST_REPORTED_PACE => self.warn(&self.dated(&format!(
                "{}: rate limit of the service; waiting {}",
                short_subject(subject),
                duration(*wait)
            ))),
            Event::Locked { path, waited, .. } => self.warn(&self.dated(&format!(
                "waiting for another run that has locked {}, for {} so far",
                shown_path(path),
                duration(*waited)
            ))),
            Event::Disk { path, warning, .. } => self.warn(&self.dated(&format!("{}: {warning}", shown_path(path)))),
            _ => {}
        }
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

    fn redraw(&self, text: &str) {
        let text = cut(text, self.max_chars);
        let mut drawn = self.drawn_chars.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *drawn, text.chars().count());
        let mut stderr = std::io::stderr();
        let line = if cfg!(windows) {
            // A console of Windows may not know the sequences of a terminal.
            format!("\r{text:before$}")
        } else {
            // Without line wrap (mode 7), the terminal cuts at its width, which may change at any time.
            format!("\u{1b}[?7l\r{text}\u{1b}[K\u{1b}[?7h")
        };
        let _ = stderr.write_all(line.as_bytes()).and_then(|()| stderr.flush());
    }

    /// Keeps the time of a wait going, on a separate thread: a terminal that no program reads may block it for ever.
    pub(crate) fn keep_time(self: &Arc<Self>) {
        let reporter = Arc::clone(self);
        let tick = move || loop {
            reporter.tick(&|line| reporter.draw(line));
            thread::sleep(REDRAW);
        };
        // Without it, the line changes at each look.
        let is_shown = self.verbosity >= Verbosity::Progress;
        let _ = is_shown.then(|| thread::Builder::new().name("time".to_owned()).spawn(tick));
    }

    /// Draws the line about a wait anew, on a terminal often, in a log once a minute.
    fn tick(&self, draw: &dyn Fn(&str)) {
        let interval = if self.redraws { REDRAW } else { LOG_INTERVAL };
        let mut wait = self.wait.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wait) = wait.as_mut().filter(|wait| wait.drawn.elapsed() >= interval) {
            wait.drawn = Instant::now();
            draw(&wait.line());
        }
    }

    /// Shows a line about what goes on.
    fn draw(&self, line: &str) {
        if self.redraws { self.redraw(line) } else { self.note(line) }
    }

    /// When the line about the wait was drawn last, if something is waited for.
    fn wait_drawn(&self) -> Option<Instant> {
        self.wait.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|wait| wait.drawn)
    }

    fn set_wait(&self, wait: Option<Wait>) {
        *self.wait.lock().unwrap_or_else(PoisonError::into_inner) = wait;
    }

    fn clear(&self) {
        let mut drawn = self.drawn_chars.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = write!(std::io::stderr(), "{}", clearing(std::mem::take(&mut *drawn)));
    }

    pub(crate) fn set_follow_up(&self, meaning: String, command: Option<String>) {
        *self.follow_up.lock().unwrap_or_else(PoisonError::into_inner) = FollowUp { meaning, command };
    }

    /// How to continue what was interrupted.
    pub(crate) fn how_to_continue(&self) -> String {
        match &self.follow_up.lock().unwrap_or_else(PoisonError::into_inner).command {
            Some(command) => format!("this continues from it:\n    {command}"),
            None => "the same command continues from it".to_owned(),
        }
    }

    /// What is kept of a run that ends now, for a person.
    pub(crate) fn what_is_kept(&self) -> String {
        let follow_up = self.follow_up.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(part) = self.unfinished.parts().pop() else {
            let colon = if follow_up.meaning.is_empty() { "" } else { ": " };
            return format!("{colon}{}", follow_up.meaning);
        };
        let path = shown_path(&part.path);
        let kept = format!("{} of {} are kept in {path}", part.finished, counted(part.chunks, "chunk"));
        match &follow_up.command {
            None if part.finished == 0 => ": no whole chunk had arrived, and the same command begins anew".to_owned(),
            None => format!(": {kept}, and the same command continues from there"),
            Some(_) if part.finished == 0 => format!(": {}", follow_up.meaning),
            Some(command) => format!(": {kept}\n  continue with:\n    {command}"),
        }
    }
}

/// What a request is about, in a line that follows others about the same task or dump.
fn short_subject(subject: &Subject) -> String {
    match subject {
        Subject::Chunk { index, chunks, .. } => format!("chunk {} of {chunks}", index + 1),
        Subject::ChunkList(_) => "the chunk list".to_owned(),
        Subject::Tasks(_) => "the list of tasks".to_owned(),
        Subject::Task(task) => format!("task {}", task.id),
        Subject::Start(action) => format!("the start of the {}", noun(action.kind)),
        other => other.to_string(),
    }
}

/// What clears a redrawn line of this length.
fn clearing(chars: usize) -> String {
    match chars {
        0 => String::new(),
        _ if cfg!(windows) => format!("\r{:chars$}\r", ""),
        _ => "\r\u{1b}[K".to_owned(),
    }
}
