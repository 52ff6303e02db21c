//! What can be asked about processes, tasks and chunk lists, and done with tasks.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use super::Client;
use super::event::Event;
use super::http::exchange::Content;
use crate::address::{ActionAddress, DumpAddress, Id, ModelAddress, TaskAddress};
use crate::error::{Error, ErrorKind, Result};
use crate::service::{
    ActionResult, ChunkList, Dump, Fate, Fault, ListedModel, ListedTask, Listing, NamedId, Outcome, Repeat, Subject,
    Task, TaskState, check_done, started_task,
};

/// Looks without any change after which a task is given up that is cancelling, or whose state this version
/// does not know: ten minutes at the interval that the service asks for. A task that moves, or says that it
/// is in progress, is waited for without this limit.
const STANDSTILL_LOOKS: u32 = 120;

/// Further looks at a task that is complete but has no result yet, as users report for a moment.
const RESULT_LOOKS: u32 = 3;

/// Time since its creation for which a task may lack its result for that moment. Most runs are shorter, and the end of
/// a longer one is seen by [`Client::wait`]; an old task without a result never gets one.
const RESULT_AGE: Duration = Duration::from_secs(10 * 60);

/// Time between two of those looks.
const RESULT_WAIT: Duration = Duration::from_secs(1);

/// Maximum time between two looks, however long a task runs or does not begin: it is noticed within a minute.
const MAX_POLL: Duration = Duration::from_secs(60);

/// How far the clock of the service may be from ours, as for a token: five minutes each way.
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(10 * 60);

/// Later looks are 1/20 of the time apart that was waited, so that an end is noticed at most 5 % late.
const POLL_SHARE: u32 = 20;

impl Client {
    /// The workspaces that the user sees.
    #[doc(hidden)]
    pub fn workspaces(&self) -> Result<Vec<NamedId>> {
        self.entries(&Subject::List("workspaces", None), Listing::workspaces())
    }

    /// The models that the user sees, in one workspace or in all.
    #[doc(hidden)]
    pub fn models(&self, workspace: Option<&Id>) -> Result<Vec<ListedModel>> {
        self.entries(&Subject::List("models", None), Listing::models(workspace))
    }

    /// The processes of a model.
    pub fn processes(&self, model: &ModelAddress) -> Result<Vec<NamedId>> {
        self.entries(&Subject::List("processes", Some(model.clone())), Listing::processes(model))
    }

    pub(super) fn entries<T>(&self, subject: &Subject, listing: Listing<T>) -> Result<Vec<T>> {
        Ok(self.requests.list(subject, Repeat::IfTransient, listing)?.into_entries())
    }

    /// The tasks of a process or import, the newest first; those of other users too. The service answers
    /// with an empty list for a process that does not exist and for a model that this user has no access
    /// to. Entries that cannot be read are left out, with an [`Event::Unreadable`](crate::Event::Unreadable).
    pub fn tasks(&self, action: &ActionAddress) -> Result<Vec<ListedTask>> {
        Ok(self.task_list(action)?.into_newest_first().into_iter().flatten().collect())
    }

    /// Since the list of what is not there is empty, 404 is an accident.
    pub(super) fn task_list(&self, action: &ActionAddress) -> Result<Listing<ListedTask>> {
        self.requests.list(&Subject::Tasks(action.clone()), Repeat::UntilThere, Listing::tasks(action))
    }

    /// One task, with its result once it is over. If it may just have ended, its result is looked for a few times.
    pub fn task(&self, task: &TaskAddress) -> Result<Task> {
        let wait = RESULT_WAIT.min(self.requests.wire.retry.max_wait);
        let task = self.look_at(task, Repeat::IfTransient)?;
        let age = task.created.and_then(|created| SystemTime::now().duration_since(created).ok());
        if age.is_some_and(|age| age > RESULT_AGE) { Ok(task) } else { self.with_result(task, wait) }
    }

    pub(super) fn look_at(&self, task: &TaskAddress, repeat: Repeat) -> Result<Task> {
        let mut read = |answer: &[u8]| Task::parse(task, answer);
        let mut task = self.requests.get(&Subject::Task(task.clone()), &task.path(), repeat, &mut read)?;
        task.change_messages(&|text| self.requests.wire.secrets.redact(text));
        Ok(task)
    }

    fn with_result(&self, mut task: Task, wait: Duration) -> Result<Task> {
        let begun = Instant::now();
        for _ in 0..RESULT_LOOKS {
            let has_content = task.result.as_ref().is_some_and(|result| *result != ActionResult::default());
            if has_content || task.state != TaskState::Complete {
                break;
            }
            let subject = &Subject::Task(task.address.clone());
            self.requests.wire.sleep(wait, &Event::Waiting { subject, waited: begun.elapsed() })?;
            match self.look_at(&task.address, Repeat::IfTransient) {
                Ok(now) => task = now,
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                // The task itself was read.
                Err(_) => break,
            }
        }
        Ok(task)
    }

    /// The chunks of a dump in the order in which they make the file; empty for a dump without chunks.
    pub fn chunks(&self, dump: &DumpAddress) -> Result<ChunkList> {
        self.requests.chunk_list(dump, Repeat::IfTransient)
    }

    /// The dumps of `task` to download: all that the service reported, and of those that it left open the
    /// ones that are there, or that could not be asked for beside others that were reported.
    pub fn dumps(&self, task: &Task) -> Result<Vec<Dump>> {
        let mut dumps: Vec<Dump> = Vec::new();
        let mut failure = None;
        let is_flat = task.result.as_ref().is_some_and(|result| result.nested.is_empty());
        for mut dump in task.dumps() {
            // One that was reported has one address, unless the result lists no actions.
            if dump.is_reported && !is_flat {
                dumps.push(dump);
                continue;
            }
            match self.find_chunks(&mut dump, task) {
                Ok(is_there) if is_there || dump.is_reported => dumps.push(dump),
                Ok(_) => {}
                Err(error) => {
                    failure.get_or_insert(error);
                    dumps.push(dump);
                }
            }
        }
        match failure {
            Some(error) if !dumps.iter().any(|dump| dump.is_reported) => Err(error),
            _ => Ok(dumps),
        }
    }

    /// Whether the dump is there; its chunks are kept in it for its download. Changes the address to the second one
    /// that a dump can have. A list without chunks is that of a dump without rows if the dump was reported and its
    /// task counts no rows in it, and else that of none.
    ///
    /// The dump of a process whose result lists no actions can be under the task itself, as the vendor's
    /// client expects it.
    pub(super) fn find_chunks(&self, dump: &mut Dump, task: &Task) -> Result<bool> {
        let is_flat = task.result.as_ref().is_some_and(|result| result.nested.is_empty());
        let own = task.address.own_dump();
        let second = (is_flat && own != dump.address).then_some(own);
        for address in [Some(dump.address.clone()), second].into_iter().flatten() {
            match self.chunks(&address) {
                Ok(list) if list.is_empty() && (!dump.is_reported || task.rows_in(&address) != Some(0)) => {}
                Ok(list) => {
                    let is_empty = list.is_empty();
                    (dump.address, dump.chunks) = (address, Some(list));
                    if !is_empty {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(dump.chunks.is_some())
    }

    /// How a task ended. Asks for the dump of each action that does not say whether it left one, unless the
    /// task has failed anyway.
    pub fn outcome(&self, task: &Task) -> Result<Outcome> {
        let outcome = task.outcome_with(&[]);
        let may_change = outcome.is_good() || outcome == Outcome::Unclear;
        let is_open = may_change && task.dumps().iter().any(|dump| !dump.is_reported);
        Ok(if is_open { task.outcome_with(&self.dumps(task)?) } else { outcome })
    }

    /// Starts a process or an import, whose messages are in the language of `locale`, such as `en_US`. The request is
    /// sent again only if it certainly was not accepted. `mappings` are pairs such as `Version` and `Actual`: they
    /// answer what an import asks for that was made to ask at each run.
    ///
    /// # Errors
    ///
    /// [`Error::StartUnclear`] if it may be running; [`Error::Request`], [`Error::UntrustedOrigin`].
    pub fn start(&self, process: &ActionAddress, locale: &str, mappings: &[(&str, &str)]) -> Result<TaskAddress> {
        let subject = Subject::Start(process.clone());
        let mut body = json!({ "localeName": locale });
        if !mappings.is_empty() {
            let entry = |(kind, name)| json!({ "entityType": kind, "entityName": name });
            body["mappingParameters"] = mappings.iter().copied().map(entry).collect();
        }
        let (path, body) = (process.tasks_path(), body.to_string());
        let request = ("POST", &*path, Content::Json(&body));
        match self.requests.send(&subject, request, Repeat::IfRefused, &mut started_task) {
            Ok(id) => Ok(process.task(id)),
            // A fault of signing in for it is none of the start.
            Err(error)
                if error.request().is_some_and(|(subject, fault)| {
                    matches!(subject, Subject::Start(_)) && fault.fate() == Fate::Unknown
                }) =>
            {
                Err(Error::StartUnclear { action: process.clone().into(), source: Box::new(error) })
            }
            Err(error) => Err(error),
        }
    }

    /// Waits until a task is over, for at most `timeout`, looking at it every `poll` and less often the longer
    /// it runs. The service asks not to look more than once every 5 seconds. `look` receives the task each
    /// time, and can end the wait.
    ///
    /// A task that is not there is looked for a few times: one that was started a moment ago may not be there
    /// yet, and one of several servers may not know it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFinished`] after `timeout`, and for a task that stays in a state that this version
    /// does not know, or that is cancelling without end; [`Error::Cancelled`] if `look` ends the wait;
    /// [`Error::Request`], also for an outage that lasts until then; [`Error::UntrustedOrigin`].
    pub fn wait(
        &self,
        task: &TaskAddress,
        poll: Duration,
        timeout: Duration,
        mut look: impl FnMut(&Task) -> ControlFlow<()>,
    ) -> Result<Task> {
        let (begun, subject) = (Instant::now(), Subject::Task(task.clone()));
        // Until the time that the caller named is over, an outage is waited out.
        let client = begun.checked_add(timeout).map_or_else(|| self.clone(), |end| self.until(end));
        let look_again = || {
            let outcome = client.look_at(task, Repeat::UntilThere);
            let waited = begun.elapsed();
            match outcome {
                Err(error) if error.is_out_of_time() => Err(Error::NotFinished { task: task.clone().into(), waited }),
                outcome => outcome,
            }
        };
        let mut seen = look_again()?;
        let mut unchanged = 0;
        loop {
            if look(&seen).is_break() {
                return Err(Error::Cancelled);
            }
            if seen.is_over() {
                return client.with_result(seen, poll);
            }
            let waited = begun.elapsed();
            let is_moving = matches!(seen.state, TaskState::NotStarted | TaskState::InProgress);
            if waited >= timeout || (!is_moving && unchanged >= STANDSTILL_LOOKS) {
                return Err(Error::NotFinished { task: task.clone().into(), waited });
            }
            client.pause(&subject, poll, waited)?;
            let now = match look_again() {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    return Err(Error::Vanished(task.clone().into()));
                }
                now => now?,
            };
            unchanged = if now == seen { unchanged + 1 } else { 0 };
            seen = now;
        }
    }

    /// Waits until a run of the process or import begins that is not one of `known`, for at most `timeout`; `None`
    /// if none was seen by then. A run that is over and was created before the newest known one, or before the wait
    /// began, is one that the list held back. Looks as often as [`Client::wait`]. `look` receives the time since the
    /// beginning after each wait, and can end it.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`] if `look` ends the wait; [`Error::Request`], also for an outage that lasts until the end;
    /// [`Error::UntrustedOrigin`].
    pub fn wait_for_run(
        &self,
        action: &ActionAddress,
        known: &[ListedTask],
        poll: Duration,
        timeout: Duration,
        mut look: impl FnMut(Duration) -> ControlFlow<()>,
    ) -> Result<Option<TaskAddress>> {
        let (begun, subject) = (Instant::now(), Subject::Tasks(action.clone()));
        let client = begun.checked_add(timeout).map_or_else(|| self.clone(), |end| self.until(end));
        let newest = known.iter().filter_map(|task| task.created).max();
        let earliest = newest.or_else(|| SystemTime::now().checked_sub(CLOCK_DIFFERENCE));
        let known: HashSet<&Id> = known.iter().map(|task| &task.id).collect();
        let is_new = |task: &ListedTask| {
            let is_before = task.created.zip(earliest).is_some_and(|(created, earliest)| created < earliest);
            !(known.contains(&task.id) || task.state.is_final() && is_before)
        };
        while begun.elapsed() < timeout {
            client.pause(&subject, poll, begun.elapsed())?;
            if look(begun.elapsed()).is_break() {
                return Err(Error::Cancelled);
            }
            let tasks = match client.tasks(action) {
                Err(error) if error.is_out_of_time() => break,
                tasks => tasks?,
            };
            if let Some(new) = tasks.into_iter().find(is_new) {
                return Ok(Some(action.task(new.id)));
            }
        }
        Ok(None)
    }

    /// Waits before the next look at what was waited for this long.
    fn pause(&self, subject: &Subject, poll: Duration, waited: Duration) -> Result<()> {
        let wait = (waited / POLL_SHARE).clamp(poll, MAX_POLL.max(poll));
        self.requests.wire.sleep(wait, &Event::Waiting { subject, waited })
    }

    /// What but a task keeps its model busy, in words for a person, if the service says so soon.
    #[doc(hidden)]
    pub fn activity(&self, task: &TaskAddress) -> Option<String> {
        self.requests.activity(&Subject::Task(task.clone()), Some(&task.id))
    }

    /// Cancels a task.
    pub fn cancel(&self, task: &TaskAddress) -> Result<()> {
        let (subject, path) = (Subject::Cancel(task.clone()), task.path());
        let request = ("DELETE", &*path, Content::None);
        self.requests.send(&subject, request, Repeat::UnlessConflict, &mut check_done)
    }
}

/// The error of a question that a list with an unreadable entry does not answer.
pub(super) fn unreadable(subject: Subject, problem: &str) -> Error {
    let fault = Fault::List(problem.to_owned());
    Error::Request { subject: subject.into(), fault, tries: 1, elapsed: Duration::ZERO }
}
