//! From a process to the newest task whose dumps can be read.
//!
//! The newest task may be another user's, or its dump may be erased: the service answers 404 for both,
//! and the task still says that it left a dump. The one to take may stand further down.

use crate::chunk_list::ChunkList;
use crate::client::Client;
use crate::error::{Category, Result};
use crate::identifier::Id;
use crate::locator::{ActionAddress, DumpAddress, TaskAddress};
use crate::task::{DumpEntry, Task, TaskState};

/// What was found under a process.
#[derive(Debug)]
#[non_exhaustive]
pub enum Newest {
    /// The newest finished task of which at least one dump can be read.
    Found(Box<NewestDumps>),
    /// The newest finished task left no dump, and no older one has a dump that can be read.
    NothingFailed(Vec<Skipped>),
    /// The newest finished task left a dump, but neither it nor an older one can be read.
    Gone(Vec<Skipped>),
    /// There is no task, or none has finished; the service says the same where the process does not
    /// exist and where this user has no access.
    NoTasks(Vec<Skipped>),
}

/// A task whose dumps can be read.
#[derive(Debug)]
#[non_exhaustive]
pub struct NewestDumps {
    /// The task.
    pub address: TaskAddress,
    /// What the service says of it.
    pub task: Task,
    /// Newer tasks, and why they were passed over.
    pub skipped: Vec<Skipped>,
}

/// A task that was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// The task's identifier.
    pub task: String,
    /// When it was created, in milliseconds since 1970.
    pub creation_time: Option<u64>,
    /// Why it was passed over.
    pub reason: SkipReason,
}

/// Why a task was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkipReason {
    /// It has not finished.
    NotFinished(TaskState),
    /// It was cancelled.
    Cancelled,
    /// It left no dump.
    NothingFailed,
    /// It left a dump that cannot be read: another user's, erased or replaced.
    DumpGone,
    /// The task itself cannot be read.
    TaskGone,
}

impl Client {
    /// Looks for the newest finished task of which a dump can be read (that of `object` if one is
    /// named), among the `limit` newest tasks.
    ///
    /// # Errors
    ///
    /// As every request; 404 is an answer here.
    pub fn newest_dumps(&self, action: &ActionAddress, object: Option<&Id>, limit: usize) -> Result<Newest> {
        let mut skipped: Vec<Skipped> = Vec::new();
        for listed in self.tasks(action)?.into_iter().take(limit) {
            let Ok(id) = Id::new(listed.id.as_str()) else { continue };
            let address = action.task(id);
            let reason = match self.look_at(&address, &listed.state, object)? {
                Ok(task) => {
                    return Ok(Newest::Found(Box::new(NewestDumps { address, task, skipped })));
                }
                Err(reason) => reason,
            };
            skipped.push(Skipped { task: listed.id, creation_time: listed.creation_time, reason });
        }
        let newest_finished = skipped.iter().find_map(|skipped| match skipped.reason {
            SkipReason::NothingFailed => Some(true),
            SkipReason::DumpGone | SkipReason::TaskGone => Some(false),
            SkipReason::NotFinished(_) | SkipReason::Cancelled => None,
        });
        Ok(match newest_finished {
            Some(true) => Newest::NothingFailed(skipped),
            Some(false) => Newest::Gone(skipped),
            None => Newest::NoTasks(skipped),
        })
    }

    fn look_at(
        &self,
        address: &TaskAddress,
        state: &TaskState,
        object: Option<&Id>,
    ) -> Result<Result<Task, SkipReason>> {
        match state {
            // A list without states: only the task itself tells.
            TaskState::Complete | TaskState::Unknown => {}
            TaskState::Cancelled => return Ok(Err(SkipReason::Cancelled)),
            state => return Ok(Err(SkipReason::NotFinished(state.clone()))),
        }
        let task = match self.task(address) {
            Ok(task) => task,
            Err(error) if error.category() == Category::NotThere => return Ok(Err(SkipReason::TaskGone)),
            Err(error) => return Err(error),
        };
        if !task.state.is_final() {
            return Ok(Err(SkipReason::NotFinished(task.state)));
        }
        let mut dumps = task.dumps();
        dumps.retain(|dump| object.is_none_or(|wanted| *wanted == dump.object));
        let mut reason = SkipReason::NothingFailed;
        for dump in dumps {
            if self.readable_chunks(&address.dump(dump.object.clone()))?.is_some() {
                return Ok(Ok(task));
            }
            if dump.is_certain {
                reason = SkipReason::DumpGone;
            }
        }
        Ok(Err(reason))
    }

    /// The chunks of a dump, or `None` if the service says that there is no such dump.
    fn readable_chunks(&self, dump: &DumpAddress) -> Result<Option<ChunkList>> {
        match self.chunks(dump) {
            Ok(chunks) => Ok(Some(chunks)),
            Err(error) if error.category() == Category::NotThere => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Of the dumps that `task` left or may have left, those to fetch: all that it certainly left, and
    /// those of actions that do not say so, if they are there.
    ///
    /// # Errors
    ///
    /// As every request; 404 is an answer here.
    pub fn dumps_of(&self, address: &TaskAddress, task: &Task) -> Result<Vec<DumpEntry>> {
        let mut dumps = Vec::new();
        for dump in task.dumps() {
            if dump.is_certain || self.readable_chunks(&address.dump(dump.object.clone()))?.is_some() {
                dumps.push(dump);
            }
        }
        Ok(dumps)
    }
}
