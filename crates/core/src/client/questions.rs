//! What can be asked about processes and tasks, and done with them.

use serde::Deserialize;

use super::exchange::Request;
use super::{Client, response, retry};
use crate::endpoint;
use crate::error::{Error, Result, Subject, SubjectKind};
use crate::identifier::Id;
use crate::locator::{ActionAddress, ModelAddress, TaskAddress};
use crate::response::id_text;
use crate::task::{ListedTask, Process, ProcessesAnswer, Task, TasksAnswer};

/// The locale of a process's messages where none is named, as in the reference's example.
pub const DEFAULT_LOCALE: &str = "en_US";

impl Client {
    /// The processes of a model.
    ///
    /// # Errors
    ///
    /// As every request.
    pub fn processes(&self, model: &ModelAddress) -> Result<Vec<Process>> {
        let subject = Subject::new(SubjectKind::Processes, model);
        self.list::<ProcessesAnswer>(model.origin.as_ref(), &endpoint::processes(model), &subject)
    }

    /// The process that `name` means: an identifier, a name, or a name written in another case; in this
    /// order.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchProcess`], [`Error::AmbiguousProcess`], or as every request.
    pub fn find_process(&self, model: &ModelAddress, name: &str) -> Result<ActionAddress> {
        let processes = self.processes(model)?;
        let has_name =
            |process: &Process, same: &dyn Fn(&str) -> bool| process.name.as_deref().is_some_and(same);
        let lower = name.to_lowercase();
        let ways: [&dyn Fn(&Process) -> bool; 3] = [
            &|process| process.id == name,
            &|process| has_name(process, &|known| known == name),
            &|process| has_name(process, &|known| known.to_lowercase() == lower),
        ];
        let display_name = |process: &Process| process.name.clone().unwrap_or_else(|| process.id.clone());
        let matches = ways
            .iter()
            .map(|way| processes.iter().filter(|process| way(process)).collect::<Vec<_>>())
            .find(|matches| !matches.is_empty());
        let found = match matches.as_deref() {
            None => None,
            Some([process]) => Id::new(process.id.as_str()).ok(),
            Some(several) => {
                let matches =
                    several.iter().map(|process| (process.id.clone(), display_name(process))).collect();
                return Err(Error::AmbiguousProcess { name: name.to_owned(), matches });
            }
        };
        let kind = crate::ActionKind::Process;
        found.map(|id| ActionAddress { model: model.clone(), kind, id }).ok_or_else(|| Error::NoSuchProcess {
            name: name.to_owned(),
            model: model.to_string(),
            known: processes.iter().map(display_name).collect(),
        })
    }

    /// The tasks of a process or import, the newest first; those of other users too. The service
    /// answers with an empty list for a process that does not exist and for a model that this user has no
    /// access to.
    ///
    /// # Errors
    ///
    /// As every request.
    pub fn tasks(&self, action: &ActionAddress) -> Result<Vec<ListedTask>> {
        let subject = Subject::new(SubjectKind::Tasks, action);
        let mut tasks = self.list::<TasksAnswer>(
            action.model.origin.as_ref(),
            &endpoint::newest_tasks(action),
            &subject,
        )?;
        // Should the service not have sorted; tasks without a time keep their place at the end.
        tasks.sort_by_key(|task| std::cmp::Reverse(task.creation_time));
        let mut seen = std::collections::HashSet::new();
        // A task that began while pages were read moved others to the next page.
        tasks.retain(|task| seen.insert(task.id.clone()));
        Ok(tasks)
    }

    /// One task, with its result once it has finished.
    ///
    /// # Errors
    ///
    /// As every request.
    pub fn task(&self, task: &TaskAddress) -> Result<Task> {
        let subject = Subject::new(SubjectKind::Task, task);
        let bytes = self.get_json(task.action.model.origin.as_ref(), &endpoint::task(task), &subject)?;
        Task::from_answer(&bytes, &subject)
    }

    /// Starts a process. The request is sent again only where it certainly was not accepted.
    ///
    /// # Errors
    ///
    /// [`Error::StartUnclear`] if the process may be running; otherwise as every request.
    pub fn start(&self, action: &ActionAddress, locale: &str) -> Result<TaskAddress> {
        let subject = Subject::new(SubjectKind::Start, action);
        let body = serde_json::json!({ "localeName": locale }).to_string();
        let request = Request {
            method: "POST",
            origin: self.trusted(action.model.origin.as_ref())?,
            path: &endpoint::tasks(action),
            body: Some(&body),
            subject: &subject,
        };
        let unclear = |error| Error::StartUnclear { action: action.to_string(), source: Box::new(error) };
        let started = self
            .ask(request, retry::was_not_accepted)
            .and_then(|bytes| response::parse::<StartAnswer>(&bytes, &subject));
        match started {
            Ok(answer) => match Id::new(answer.task.id) {
                Ok(id) => Ok(action.task(id)),
                Err(why) => Err(unclear(Error::Source { subject: subject.clone(), source: why.into() })),
            },
            Err(error) if retry::may_have_been_accepted(&error) => Err(unclear(error)),
            Err(error) => Err(error),
        }
    }

    /// Cancels a task.
    ///
    /// # Errors
    ///
    /// As every request.
    pub fn cancel(&self, task: &TaskAddress) -> Result<()> {
        let subject = Subject::new(SubjectKind::Cancel, task);
        let request = Request {
            method: "DELETE",
            origin: self.trusted(task.action.model.origin.as_ref())?,
            path: &endpoint::task(task),
            body: None,
            subject: &subject,
        };
        self.ask(request, retry::is_transient).map(drop)
    }
}

#[derive(Deserialize)]
struct StartAnswer {
    task: StartedTask,
}

#[derive(Deserialize)]
struct StartedTask {
    #[serde(rename = "taskId", deserialize_with = "id_text")]
    id: String,
}
