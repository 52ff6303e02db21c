//! How a task ended: a machine word, a sentence and an exit code.

use anaplan_dump_core::{ActionResult, Outcome, Task, TaskState};

use crate::failure::Failure;
use crate::session::Session;
use crate::text::{counted, cut};

/// Maximum length of a state or a name of the service in a sentence, in characters.
const MAX_WORD_CHARS: usize = 40;

impl Session {
    /// How a task ended. Where an action does not say whether it left a dump, the service is asked.
    pub(crate) fn outcome(&self, task: &Task) -> Result<Outcome, Failure> {
        let outcome = task.outcome(&[]);
        // What has failed already, no dump can change.
        let is_open = matches!(outcome, Outcome::Clean | Outcome::Unclear) && !task.dumps().is_empty();
        Ok(if is_open { task.outcome(&self.client.dumps(task)?) } else { outcome })
    }
}

/// The outcome, as `--json` names it.
pub(crate) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NotFinished => "not_finished",
        Outcome::Cancelled => "cancelled",
        Outcome::Failed => "failed",
        Outcome::Clean => "clean",
        _ => "unclear",
    }
}

/// Whether a task ended as it should.
pub(crate) fn check(task: &Task, outcome: Outcome) -> Result<(), Failure> {
    let address = &task.address;
    Err(match outcome {
        Outcome::Clean => return Ok(()),
        Outcome::Failed => Failure::RowsFailed,
        Outcome::Cancelled => Failure::Other(format!("task {address} was cancelled")),
        Outcome::NotFinished => Failure::Other(format!(
            "task {address} has not finished ({})",
            cut(task.state.as_str(), MAX_WORD_CHARS)
        )),
        _ => Failure::Other(format!("task {address} {}", unclear(task))),
    })
}

/// What the service did not say of a task that is over, as the rest of a sentence about it.
pub(crate) fn unclear(task: &Task) -> String {
    let is_silent = |action: &&&ActionResult| action.successful.is_none();
    let actions = task.actions();
    let silent = actions.iter().filter(is_silent).count();
    let state = cut(task.state.as_str(), MAX_WORD_CHARS);
    let what = match &task.result {
        None => "how it ended: it has no result".to_owned(),
        Some(_) if silent == actions.len() => "whether any of its actions ended well".to_owned(),
        Some(_) if silent > 0 => {
            format!("whether {} of its {} ended well", silent, counted(actions.len(), "action"))
        }
        Some(result) if result.successful.is_none() => "whether it ended well as a whole".to_owned(),
        Some(_) if task.state == TaskState::Unknown => "in which state it ended".to_owned(),
        Some(_) => format!("what its state {state} means"),
    };
    format!("is over, but the service does not say {what}")
}

/// Dumps that cannot be downloaded, because the service names no object for them or says nothing of an action.
pub(crate) fn unnamed_dumps(task: &Task) -> Option<Failure> {
    let (dumps, them) = match task.unnamed_dumps() {
        0 => {
            let unreadable = task.unreadable_actions();
            let text = format!(
                "task {} has {} that cannot be read: the service does not say whether rows were rejected there",
                task.address,
                counted(unreadable, "action")
            );
            return (unreadable > 0).then_some(Failure::Other(text));
        }
        1 => ("a dump".to_owned(), "it"),
        count => (format!("{count} dumps"), "them"),
    };
    Some(Failure::NotFound(format!(
        "task {} left {dumps} without a usable objectId: the service does not say how to download {them}",
        task.address
    )))
}
