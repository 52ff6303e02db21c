//! From a process to its newest finished task, and to the dumps that it left.
//!
//! The newest task may be another user's, or its dump may be erased: the service answers 404 for both, and
//! the task still reports a dump. The one to take may be further down.

use std::time::Duration;

use super::Client;
use crate::address::{ActionAddress, Id, TaskAddress};
use crate::error::{Error, ErrorKind, Result};
use crate::service::{Dump, Fault, ListProblem, Listing, Subject, Task, TaskState};

/// What a search for the newest dumps found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Search {
    /// The task that was looked for; `None` if there is none.
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
    /// Looks for the dumps of the newest finished task (that of `object` if one is named), among the `limit`
    /// newest tasks. Passes over tasks whose dump cannot be read, and ends at the first one that left no dump:
    /// older dumps would be old news.
    ///
    /// # Errors
    ///
    /// [`Error::Request`](crate::Error::Request), except for a task or dump that is not there;
    /// [`Error::UntrustedOrigin`](crate::Error::UntrustedOrigin).
    pub fn find_dumps(&self, action: &ActionAddress, object: Option<&Id>, limit: usize) -> Result<Search> {
        self.search(action, limit, None, true, |client, address, state| {
            client.readable_dumps(address, state, object)
        })
    }

    /// The same, and goes past tasks that left no dump. With `since`, in milliseconds since 1970, tasks that
    /// were created before it are not looked at.
    ///
    /// # Errors
    ///
    /// As for [`Client::find_dumps`].
    pub fn find_older_dumps(
        &self,
        action: &ActionAddress,
        object: Option<&Id>,
        limit: usize,
        since: Option<u64>,
    ) -> Result<Search> {
        self.search(action, limit, since, false, |client, address, state| {
            client.readable_dumps(address, state, object)
        })
    }

    /// Looks for the newest finished task among the `limit` newest tasks, without its dumps.
    ///
    /// # Errors
    ///
    /// As for [`Client::find_dumps`].
    pub fn find_latest(&self, action: &ActionAddress, limit: usize) -> Result<Search> {
        self.search(action, limit, None, true, |client, address, state| {
            Ok(client.finished(address, state)?.map(|task| (task, Vec::new())))
        })
    }

    fn search(
        &self,
        action: &ActionAddress,
        limit: usize,
        since: Option<u64>,
        ends_without_dump: bool,
        look: impl Fn(&Client, &TaskAddress, &TaskState) -> Result<Result<(Task, Vec<Dump>), SkipReason>>,
    ) -> Result<Search> {
        // A task without a time may be recent.
        let is_recent =
            |created: Option<u64>| created.zip(since).is_none_or(|(created, since)| created >= since);
        let subject = Subject::Tasks(action.clone());
        let list = self.requests.list(&subject, &action.model, Listing::tasks(action))?;
        let (tasks, readable) = list.into_newest_first();
        let recent = tasks.into_iter().enumerate().filter(|(_, task)| is_recent(task.creation_time));
        let mut search = Search { task: None, dumps: Vec::new(), skipped: Vec::new() };
        let mut last = 0;
        for (index, listed) in recent.take(limit) {
            let address = action.task(listed.id);
            last = index;
            let reason = match look(self, &address, &listed.state)? {
                Ok((task, dumps)) => {
                    (search.task, search.dumps) = (Some(task), dumps);
                    break;
                }
                Err(reason) => reason,
            };
            let is_end = ends_without_dump && matches!(reason, SkipReason::NoDump(_));
            search.skipped.push(Skipped { address, creation_time: listed.creation_time, reason });
            if is_end {
                break;
            }
        }
        // The newest run may be the entry that cannot be read: that nothing failed is not proved.
        if search.dumps.is_empty() && readable.is_some_and(|newer| newer <= last) {
            let fault = Fault::List(ListProblem::UnreadableEntry);
            return Err(Error::Request { subject: subject.into(), fault, tries: 1, elapsed: Duration::ZERO });
        }
        Ok(search)
    }

    /// The task, if it has finished.
    fn finished(&self, address: &TaskAddress, state: &TaskState) -> Result<Result<Task, SkipReason>> {
        match state {
            // A word that the list does not explain: the task itself does.
            TaskState::Complete | TaskState::Failed | TaskState::Unknown | TaskState::Other(_) => {}
            TaskState::Cancelled => return Ok(Err(SkipReason::Cancelled)),
            state => return Ok(Err(SkipReason::NotFinished(state.clone()))),
        }
        match self.task(address) {
            Ok(task) if task.is_over() => Ok(Ok(task)),
            Ok(task) => Ok(Err(SkipReason::NotFinished(task.state))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Err(SkipReason::TaskGone)),
            Err(error) => Err(error),
        }
    }

    fn readable_dumps(
        &self,
        address: &TaskAddress,
        state: &TaskState,
        object: Option<&Id>,
    ) -> Result<Result<(Task, Vec<Dump>), SkipReason>> {
        let task = match self.finished(address, state)? {
            Ok(task) => task,
            Err(reason) => return Ok(Err(reason)),
        };
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
