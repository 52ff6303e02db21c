//! From a process to its newest finished run, and to the dumps that it left.
//!
//! The newest task may be another user's, or its dump may be erased: the service answers 404 for both, and
//! the task still reports a dump. The one to take may be further down.

use std::time::SystemTime;

use super::{Client, questions};
use crate::address::{ActionAddress, Id};
use crate::error::{Error, ErrorKind, Result};
use crate::service::{ActionResult, Dump, ListedTask, Outcome, Subject, Task, TaskState};

/// The default number of tasks to look at.
const DEFAULT_LIMIT: usize = 20;

/// What the newest finished run left.
#[derive(Debug)]
#[non_exhaustive]
pub enum Newest {
    /// It left dumps, at least one of which can be read.
    Dumps {
        /// The run.
        task: Task,
        /// Its dumps; with [`older`](Search::older) also those of older runs.
        dumps: Vec<Dump>,
        /// Why it is not known whether these are all: an entry of the list or an older task cannot be read.
        doubt: Option<Error>,
    },
    /// It rejected no row, by proof.
    Clean {
        /// The run.
        task: Task,
        /// [`Clean`](Outcome::Clean), or which rows were not simply loaded.
        outcome: Outcome,
    },
    /// It left no dump, but that no row was rejected is not proved.
    NoDump {
        /// The run.
        task: Task,
        /// How it ended: never a [good](Outcome::is_good) outcome.
        outcome: Outcome,
    },
    /// It left a dump that cannot be read, as did every other run that was looked at: another user's, erased or
    /// replaced.
    Gone,
    /// No run has finished.
    Nothing,
}

/// Why a task was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkipReason {
    /// It has not finished.
    NotFinished,
    /// It was cancelled.
    Cancelled,
    /// It failed, and does not say what it left.
    Failed,
    /// It left no dump.
    NoDump,
    /// It left a dump that cannot be read: another user's, erased or replaced.
    DumpGone,
    /// The task itself cannot be read.
    TaskGone,
}

/// Tasks that were passed over, the newest first.
type Skipped = Vec<(ListedTask, SkipReason)>;

/// What one task turned out to be.
enum Found {
    Dumps(Task, Vec<Dump>),
    NoDump(Task),
    Skipped(SkipReason),
}

/// The tasks to look at, the newest first. An entry of the list that cannot be read may be the newest finished run.
struct Listed {
    /// Each with whether every entry above it can be read.
    tasks: Vec<(ListedTask, bool)>,
    /// Whether every entry that was to be looked at can be read.
    is_proven: bool,
}

/// A search for the newest finished run that is about to begin: made with [`Client::newest`], run by
/// [`dumps`](Search::dumps) or [`task`](Search::task).
#[derive(Debug)]
#[must_use]
pub struct Search<'a> {
    client: &'a Client,
    action: &'a ActionAddress,
    object: Option<&'a Id>,
    older: bool,
    since: Option<SystemTime>,
    limit: usize,
}

impl Client {
    /// A search for the newest finished run of a process or import; nothing is sent yet.
    pub fn newest<'a>(&'a self, action: &'a ActionAddress) -> Search<'a> {
        Search { client: self, action, object: None, older: false, since: None, limit: DEFAULT_LIMIT }
    }

    /// As [`Client::tasks`], and the error for one who needs the newest task whose time is known, if an entry that
    /// cannot be read may be newer.
    #[doc(hidden)]
    pub fn tasks_and_doubt(&self, action: &ActionAddress) -> Result<(Vec<ListedTask>, Option<Error>)> {
        let entries = self.task_list(action)?.into_newest_first();
        let decides = |entry: &&Option<ListedTask>| entry.as_ref().is_none_or(|task| task.created.is_some());
        let doubt = matches!(entries.iter().find(decides), Some(None)).then(|| unreadable(action));
        Ok((entries.into_iter().flatten().collect(), doubt))
    }
}

fn unreadable(action: &ActionAddress) -> Error {
    let problem = "an entry of it cannot be read, so which one is the newest is not known";
    questions::unreadable(Subject::Tasks(action.clone()), problem)
}

impl<'a> Search<'a> {
    /// Looks for the dump of this action alone.
    pub fn object(mut self, object: &'a Id) -> Self {
        self.object = Some(object);
        self
    }

    /// Goes past runs that left no dump, by proof, to the newest one that did, and if that one failed, on to older
    /// dumps of other actions, which it may not have come to. Defaults to no: older dumps are old news.
    pub fn older(mut self, yes: bool) -> Self {
        self.older = yes;
        self
    }

    /// Looks at no task that was created before this time. One whose time is not known may be recent.
    pub fn since(mut self, time: SystemTime) -> Self {
        self.since = Some(time);
        self
    }

    /// Looks at this many tasks at most. Defaults to 20.
    pub fn limit(mut self, tasks: usize) -> Self {
        self.limit = tasks;
        self
    }

    /// The dumps of the newest finished run, and the newer tasks that were passed over, the newest first: all of
    /// them if the answer is [`Gone`](Newest::Gone) or [`Nothing`](Newest::Nothing). Of tasks that are older than a
    /// run without a dump, those whose dump is gone.
    pub fn dumps(self) -> Result<(Newest, Skipped)> {
        let mut skipped = Vec::new();
        // The newest finished run decides where no dump is found: it alone, or that its dump is gone.
        let mut newest = None;
        let mut is_last = false;
        let Listed { tasks, mut is_proven } = self.listed()?;
        let mut tasks = tasks.into_iter();
        while let Some((mut listed, is_newest)) = tasks.next() {
            let reason = match self.look(&mut listed)? {
                Found::Dumps(..) if !is_newest && !self.older => return Err(unreadable(self.action)),
                Found::Dumps(task, mut dumps) => {
                    let mut doubt = (!is_newest).then(|| unreadable(self.action));
                    if self.older && self.object.is_none() && !is_whole(&task) {
                        let rest = Listed { tasks: tasks.collect(), is_proven };
                        doubt = doubt.or(self.add_older(rest, &mut dumps).err());
                    }
                    return Ok((Newest::Dumps { task, dumps, doubt }, skipped));
                }
                Found::NoDump(task) => {
                    // It has no result, so there is no dump to ask for.
                    let has_failed = task.state == TaskState::Failed && task.result.is_none();
                    is_last = !self.older || !(has_failed || is_without_dump(&task, self.object));
                    if is_last {
                        // What stops the search is the answer, unless a newer dump is gone.
                        newest.take_if(|(_, clean): &mut (usize, Option<Task>)| clean.is_some());
                    }
                    newest.get_or_insert((skipped.len(), Some(task)));
                    if has_failed { SkipReason::Failed } else { SkipReason::NoDump }
                }
                Found::Skipped(reason) => {
                    if matches!(reason, SkipReason::DumpGone | SkipReason::TaskGone) {
                        newest.get_or_insert((skipped.len(), None));
                    }
                    reason
                }
            };
            skipped.push((listed, reason));
            if is_last {
                is_proven = is_newest;
                break;
            }
        }
        if !is_proven {
            return Err(unreadable(self.action));
        }
        Ok(match newest {
            None => (Newest::Nothing, skipped),
            Some((_, None)) => (Newest::Gone, skipped),
            Some((newer, Some(task))) => {
                skipped.remove(newer);
                let mut place = 0..;
                // An older dump that is gone, or may be, is said to be; a run that left none is passed over in silence.
                skipped.retain(|(_, reason)| {
                    place.next().is_some_and(|place| place < newer)
                        || matches!(reason, SkipReason::DumpGone | SkipReason::TaskGone | SkipReason::Failed)
                });
                let outcome = outcome(&task, self.object);
                let answer = match outcome.is_good() {
                    true => Newest::Clean { task, outcome },
                    false => Newest::NoDump { task, outcome },
                };
                (answer, skipped)
            }
        })
    }

    /// Adds what older tasks left of other actions, down to one that came to all of them. That a dump of theirs is gone
    /// is no news.
    fn add_older(&self, Listed { tasks, mut is_proven }: Listed, dumps: &mut Vec<Dump>) -> Result<()> {
        for (mut listed, is_known) in tasks {
            let Found::Dumps(task, found) = self.look(&mut listed)? else { continue };
            for dump in found {
                let is_new = dumps.iter().all(|newer| newer.address.object() != dump.address.object());
                dumps.extend(Some(dump).filter(|dump| is_new && (dump.chunks.is_some() || !dump.is_reported)));
            }
            if is_whole(&task) {
                is_proven = is_known;
                break;
            }
        }
        if is_proven { Ok(()) } else { Err(unreadable(self.action)) }
    }

    /// The newest finished run, without its dumps, and the newer tasks that were passed over.
    pub fn task(self) -> Result<(Option<Task>, Skipped)> {
        let mut skipped = Vec::new();
        let Listed { tasks, is_proven } = self.listed()?;
        for (mut listed, is_newest) in tasks {
            match self.finished(&mut listed)? {
                Ok(_) if !is_newest => return Err(unreadable(self.action)),
                Ok(task) => return Ok((Some(task), skipped)),
                Err(reason) => skipped.push((listed, reason)),
            }
        }
        if is_proven { Ok((None, skipped)) } else { Err(unreadable(self.action)) }
    }

    fn listed(&self) -> Result<Listed> {
        let mut list = self.client.task_list(self.action)?;
        list.complete_times(self.limit, |id| self.client.task(&self.action.task(id.clone())).ok()?.created);
        let (mut tasks, mut is_proven, mut is_past) = (Vec::new(), true, false);
        for entry in list.into_newest_first() {
            if tasks.len() == self.limit {
                break;
            }
            match entry {
                // Below a task that is too old it is too old as well.
                None => is_proven &= is_past,
                Some(task) if task.created.zip(self.since).is_some_and(|(created, since)| created < since) => {
                    is_past = true;
                }
                Some(task) => tasks.push((task, is_proven)),
            }
        }
        Ok(Listed { tasks, is_proven })
    }

    fn look(&self, listed: &mut ListedTask) -> Result<Found> {
        let task = match self.finished(listed)? {
            Ok(task) => task,
            Err(reason) => return Ok(Found::Skipped(reason)),
        };
        let (mut is_any_readable, mut failure) = (false, None);
        let mut dumps = Vec::new();
        for mut dump in task.dumps() {
            if self.object.is_none_or(|object| object == dump.address.object()) {
                let is_readable = match self.client.find_chunks(&mut dump, &task) {
                    // Beside one that can be read, its own download says so.
                    Err(error) => {
                        failure.get_or_insert(error);
                        dumps.push(dump);
                        continue;
                    }
                    Ok(is_readable) => is_readable,
                };
                is_any_readable |= is_readable;
                // One that was reported and is gone is listed beside one that can be read: its loss shows.
                dumps.extend((is_readable || dump.is_reported).then_some(dump));
            }
        }
        if let Some(error) = failure.filter(|_| !is_any_readable) {
            return Err(error);
        }
        Ok(match (is_any_readable, dumps.is_empty()) {
            (true, _) => Found::Dumps(task, dumps),
            (false, false) => Found::Skipped(SkipReason::DumpGone),
            (false, true) => Found::NoDump(task),
        })
    }

    /// The task, if it has finished.
    fn finished(&self, listed: &mut ListedTask) -> Result<Result<Task, SkipReason>> {
        if matches!(listed.state, TaskState::NotStarted | TaskState::InProgress) {
            return Ok(Err(SkipReason::NotFinished));
        }
        // The actions that ran before a cancellation may have left dumps. Other words the task itself explains.
        let has_dumps = |task: &Task| task.dumps().iter().any(|dump| dump.is_reported);
        match self.client.task(&self.action.task(listed.id.clone())) {
            Ok(task) if task.state == TaskState::Cancelled && !has_dumps(&task) => Ok(Err(SkipReason::Cancelled)),
            Ok(task) if task.is_over() => Ok(Ok(task)),
            Ok(task) => {
                listed.state = task.state;
                Ok(Err(SkipReason::NotFinished))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Err(SkipReason::TaskGone)),
            Err(error) => Err(error),
        }
    }
}

/// Whether a task came to all its actions.
fn is_whole(task: &Task) -> bool {
    task.result.as_ref().is_some_and(|result| result.successful == Some(true))
}

/// Whether a task left no dump but those that were asked for; where an object is named, none of that one.
fn is_without_dump(task: &Task, object: Option<&Id>) -> bool {
    let is_named = |action: &&ActionResult| object.is_some() && action.object_id.as_ref() == object;
    let is_told = || task.unnamed_dumps() + task.unreadable_actions() == 0;
    task.result.is_some() && (task.actions().iter().copied().any(|action| is_named(&action)) || is_told())
}

/// How a task without a dump ended, or the action that is named. Each dump that it could have left was asked for.
fn outcome(task: &Task, object: Option<&Id>) -> Outcome {
    let Some(object) = object else { return task.outcome_with(&[]) };
    let actions = task.actions().into_iter().filter(|action| action.object_id.as_ref() == Some(object));
    actions.map(|action| action.outcome(false)).min().unwrap_or(Outcome::Unclear)
}
