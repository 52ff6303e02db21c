//! What the client reports: each wait, and with `--verbose` each request.

use std::time::Duration;

use anaplan_dump_core::{Event, Fault, Subject};

use super::Reporter;
use crate::arguments::Verbosity;
use crate::text::{counted, duration, noun, safe, safe_path};

/// Shortest wait for the rate limit that gets a line: shorter ones are too many.
const SHORTEST_REPORTED_PACE: Duration = Duration::from_secs(1);

impl Reporter {
    pub(crate) fn event(&self, event: &Event<'_>) {
        match event {
            Event::Exchange { method, url, status, elapsed, .. } if self.verbosity == Verbosity::Requests => {
                let status = status.map_or("no answer".to_owned(), |status| status.to_string());
                self.write_line(&format!("{method} {url}  {status}  {}", duration(*elapsed)));
            }
            Event::Retry { subject, fault, wait, retry, retries, .. } => {
                let (what, why, wait) = (short_subject(subject), short_fault(fault), duration(*wait));
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
                safe_path(path),
                duration(*waited)
            ))),
            Event::Disk { path, warning, .. } => self.warn(&self.dated(&format!("{}: {warning}", safe_path(path)))),
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
        Subject::Task(task) => format!("task {}", task.id),
        Subject::Start(action) => format!("the start of the {}", noun(action.kind)),
        other => other.to_string(),
    }
}

fn short_fault(fault: &Fault) -> String {
    match std::error::Error::source(fault) {
        Some(source) => format!("{fault:#}: {}", safe(&source.to_string())),
        None => format!("{fault:#}"),
    }
}
