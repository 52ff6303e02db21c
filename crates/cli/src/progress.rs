//! Progress, warnings and notes on standard error: one line that is redrawn on a terminal, plain lines
//! otherwise, and every wait. Knows what is kept if the run is interrupted now.

use std::io::{IsTerminal, Read, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use anaplan_dump_core::{Event, Fault, Progress, Resume, Subject, Unfinished};

use crate::arguments::{PROGRAM, Verbosity};
use crate::failure::Failure;
use crate::meter::{Label, Meter};
use crate::text::{counted, cut, duration, noun, safe, safe_path, seconds, size, time};

/// Time between two redraws of the line: often enough to look alive.
const REDRAW: Duration = Duration::from_millis(200);

/// Shortest wait for the rate limit that gets a line: shorter ones are too many.
const SHORTEST_REPORTED_PACE: Duration = Duration::from_secs(1);

/// Maximum length of a line that is redrawn, in characters, where nobody says how wide the terminal is. Other
/// than on Windows, the terminal itself cuts what does not fit.
const MAX_LINE_CHARS: usize = if cfg!(windows) { 78 } else { 200 };

/// Which commands go on with what was interrupted.
#[derive(Debug, Default)]
pub(crate) enum FollowUp {
    /// The same once more.
    #[default]
    Same,
    /// The task goes on at the service: these wait for it and cancel it.
    Task([String; 2]),
    /// The task is over: this collects its dumps.
    Dumps(String),
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

    /// Writes a line that the user must see.
    pub(crate) fn say(&self, text: &str) {
        self.write_line(text);
    }

    /// Writes a failure that does not end the command.
    pub(crate) fn problem(&self, failure: &Failure) {
        self.write_line(&format!("{PROGRAM}: {failure}"));
    }

    /// Shows how a task goes on: on a terminal in place, otherwise where a line is due.
    pub(crate) fn step(&self, text: &str, elapsed: Duration, is_due: bool) {
        if self.redraws && self.verbosity >= Verbosity::Progress {
            self.redraw(&format!("{}  {text}", duration(elapsed)));
        } else if is_due {
            self.note(&format!("{}  {text}", duration(elapsed)));
        }
    }

    /// The progress of one download.
    pub(crate) fn download(&self, label: Label) -> DownloadProgress<'_> {
        DownloadProgress { reporter: self, begun: Instant::now(), drawn: None, meter: Meter::new(label) }
    }

    /// The reading of a file with this many bytes, or of a pipe.
    pub(crate) fn reading<R: Read>(&self, name: &str, bytes: Option<u64>, source: R) -> Reading<'_, R> {
        let now = Instant::now();
        Reading { reporter: self, name: safe(name), bytes, source, read: 0, begun: now, drawn: now }
    }

    /// From now on, these commands go on.
    pub(crate) fn set_follow_up(&self, follow_up: FollowUp) {
        *self.follow_up.lock().unwrap_or_else(PoisonError::into_inner) = follow_up;
    }

    /// How to continue what was interrupted.
    pub(crate) fn how_to_continue(&self) -> String {
        match &*self.follow_up.lock().unwrap_or_else(PoisonError::into_inner) {
            FollowUp::Dumps(command) | FollowUp::Task([command, _]) => {
                format!("this continues from it:\n    {command}")
            }
            FollowUp::Same => "the same command continues from it".to_owned(),
        }
    }

    /// What is kept of a run that ends now, for a person.
    pub(crate) fn what_is_kept(&self) -> String {
        let part = self.unfinished.parts().pop();
        let follow_up = self.follow_up.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = part.as_ref().filter(|part| part.finished > 0).map(|part| {
            let chunks = counted(part.chunks, "chunk");
            format!("{} of {chunks} are kept in {}", part.finished, safe_path(&part.path))
        });
        match (kept, &*follow_up) {
            (_, FollowUp::Task([wait, cancel])) => format!(
                ": the task goes on\n  wait for it and collect its dumps, or cancel it:\n    {wait}\n    {cancel}"
            ),
            (Some(kept), FollowUp::Same) => format!(": {kept}, and the same command continues from there"),
            (Some(kept), FollowUp::Dumps(command)) => format!(": {kept}\n  continue with:\n    {command}"),
            (None, FollowUp::Dumps(command)) => {
                format!(": the task is over\n  collect its dumps with:\n    {command}")
            }
            (None, FollowUp::Same) if part.is_some() => {
                ": no whole chunk had arrived, and the same command begins anew".to_owned()
            }
            (None, FollowUp::Same) => String::new(),
        }
    }

    /// Writes a line, whatever the verbosity.
    pub(crate) fn write_line(&self, text: &str) {
        let mut drawn = self.drawn_chars.lock().unwrap_or_else(PoisonError::into_inner);
        let clear = clearing(std::mem::take(&mut *drawn));
        // A standard error that fails is no reason to stop.
        let _ = writeln!(std::io::stderr(), "{clear}{text}");
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

    /// Clears a redrawn line.
    pub(crate) fn clear(&self) {
        let mut drawn = self.drawn_chars.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = write!(std::io::stderr(), "{}", clearing(std::mem::take(&mut *drawn)));
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

    /// Writes what the client reports: each wait, and with `--verbose` each request.
    pub(crate) fn event(&self, event: &Event<'_>) {
        match event {
            Event::Exchange { method, url, status, elapsed, .. } if self.verbosity == Verbosity::Requests => {
                let status = status.map_or("no answer".to_owned(), |status| status.to_string());
                self.write_line(&format!("{method} {url}  {status}  {}", duration(*elapsed)));
            }
            Event::Retry { subject, fault, wait, retry, retries, .. } => {
                let (what, why, wait) = (short_subject(subject), short_fault(fault), seconds(*wait));
                let retries = retries.map(|retries| format!(" of {retries}")).unwrap_or_default();
                self.warn(&self.dated(&format!("{what}: {why}; retry {retry}{retries} in {wait}")));
            }
            Event::Unreadable { subject, entries, .. } => {
                self.warn(&format!("{subject}: {} of the list cannot be read", counted(*entries, "entry")));
            }
            Event::Paced { subject, wait, .. } if *wait >= SHORTEST_REPORTED_PACE => self.warn(&self.dated(
                &format!("{}: rate limit of the service; waiting {}", short_subject(subject), seconds(*wait)),
            )),
            Event::Locked { path, waited, .. } => self.warn(&self.dated(&format!(
                "waiting for another run that has locked {}, for {} so far",
                safe_path(path),
                duration(*waited)
            ))),
            Event::Disk { path, warning, .. } => {
                self.warn(&self.dated(&format!("{}: {warning}", safe_path(path))))
            }
            _ => {}
        }
    }
}

/// What a request is about, in a line that follows others about the same task or dump.
fn short_subject(subject: &Subject) -> String {
    match subject {
        Subject::Chunk { index, chunks, .. } => format!("chunk {} of {chunks}", index + 1),
        Subject::ChunkList(_) => "the chunk list".to_owned(),
        Subject::Tasks(_) => "the list of tasks".to_owned(),
        Subject::Workspaces => "the list of workspaces".to_owned(),
        Subject::Models(_) => "the list of models".to_owned(),
        Subject::Processes(_) => "the list of processes".to_owned(),
        Subject::Imports(_) => "the list of imports".to_owned(),
        Subject::Files(_) => "the list of source files".to_owned(),
        Subject::Task(task) => format!("task {}", task.id),
        Subject::Start(action) => format!("the start of the {}", noun(action.kind)),
        Subject::Cancel(_) => "the cancelling of the task".to_owned(),
        other => other.to_string(),
    }
}

fn short_fault(fault: &Fault) -> String {
    let text = fault.to_string();
    let answered = text.strip_prefix("the service answered ");
    let status = answered.filter(|status| status.starts_with(|c: char| c.is_ascii_digit()));
    let text = status.map(str::to_owned).unwrap_or(text);
    match std::error::Error::source(fault) {
        Some(source) => format!("{text}: {}", safe(&source.to_string())),
        None => text,
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
