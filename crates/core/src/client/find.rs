//! From a process to the newest task whose dumps can be read.
//!
//! The newest task may be another user's, or its dump may be erased: the service answers 404 for both, and
//! the task still reports a dump. The one to take may be further down.

use super::Client;
use crate::address::{ActionAddress, Id, TaskAddress};
use crate::error::{ErrorKind, Result};
use crate::service::{Dump, Task, TaskState};

/// What a search for the newest dumps found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Search {
    /// The newest finished task of which a dump can be read; `None` if there is none.
    pub task: Option<Task>,
    /// Its dumps.
    pub dumps: Vec<Dump>,
    /// The newer tasks, or all if none was found, the newest first.
    pub skipped: Vec<Skipped>,
}

/// A task that was passed over.
#[derive(Debug)]
#[non_exhaustive]
pub struct Skipped {
    /// The task's address.
    pub address: TaskAddress,
    /// When it was created, in milliseconds since 1970.
    pub creation_time: Option<u64>,
    /// Why it was passed over.
    pub reason: SkipReason,
}

/// Why a task was passed over.
#[derive(Debug)]
#[non_exhaustive]
pub enum SkipReason {
    /// It has not finished.
    NotFinished(TaskState),
    /// It was cancelled.
    Cancelled,
    /// It left no dump. That alone does not say that nothing failed: the task does.
    NoDump(Box<Task>),
    /// It left a dump that cannot be read: another user's, erased or replaced.
    DumpGone,
    /// The task itself cannot be read.
    TaskGone,
}

impl Client {
    /// Looks for the newest finished task of which a dump can be read (that of `object` if one is named),
    /// among the `limit` newest tasks.
    ///
    /// # Errors
    ///
    /// [`Error::Request`](crate::Error::Request), except for a task or dump that is not there;
    /// [`Error::UntrustedOrigin`](crate::Error::UntrustedOrigin).
    pub fn find_dumps(&self, action: &ActionAddress, object: Option<&Id>, limit: usize) -> Result<Search> {
        let mut skipped = Vec::new();
        for listed in self.tasks(action)?.into_iter().take(limit) {
            let address = action.task(listed.id);
            let reason = match self.readable_dumps(&address, &listed.state, object)? {
                Ok((task, dumps)) => return Ok(Search { task: Some(task), dumps, skipped }),
                Err(reason) => reason,
            };
            skipped.push(Skipped { address, creation_time: listed.creation_time, reason });
        }
        Ok(Search { task: None, dumps: Vec::new(), skipped })
    }

    fn readable_dumps(
        &self,
        address: &TaskAddress,
        state: &TaskState,
        object: Option<&Id>,
    ) -> Result<Result<(Task, Vec<Dump>), SkipReason>> {
        match state {
            // A word that the list does not explain: the task itself does.
            TaskState::Complete | TaskState::Failed | TaskState::Unknown | TaskState::Other(_) => {}
            TaskState::Cancelled => return Ok(Err(SkipReason::Cancelled)),
            state => return Ok(Err(SkipReason::NotFinished(state.clone()))),
        }
        let task = match self.task(address) {
            Ok(task) => task,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Err(SkipReason::TaskGone)),
            Err(error) => return Err(error),
        };
        if !task.is_over() {
            return Ok(Err(SkipReason::NotFinished(task.state)));
        }
        let mut is_any_reported = false;
        let mut is_any_readable = false;
        let mut dumps = Vec::new();
        for mut dump in task.dumps() {
            if object.is_none_or(|object| object == dump.address.object()) {
                let is_readable = self.find_chunks(&mut dump.address, &task)?;
                is_any_readable |= is_readable;
                is_any_reported |= dump.is_reported;
                // One that was reported and is gone is listed beside one that can be read: its loss shows.
                dumps.extend((is_readable || dump.is_reported).then_some(dump));
            }
        }
        Ok(match (is_any_readable, is_any_reported) {
            (true, _) => Ok((task, dumps)),
            (false, true) => Err(SkipReason::DumpGone),
            (false, false) => Err(SkipReason::NoDump(Box::new(task))),
        })
    }
}
