//! How a task ended: a machine word, a sentence and an exit code.

use anaplan_dump_core::{Outcome, RowCounts, Task, TaskState};

use crate::failure::Failure;
use crate::text::{counted, cut};

/// Maximum length of a state of the service in a sentence, in characters.
const MAX_WORD_CHARS: usize = 40;

/// The outcome, as `--json` names it.
pub(crate) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NotFinished => "not_finished",
        Outcome::Cancelled => "cancelled",
        Outcome::Failed => "failed",
        Outcome::Clean => "clean",
        Outcome::Ignored => "ignored",
        Outcome::Warnings => "warnings",
        _ => "unclear",
    }
}

/// Whether a task ended as it should.
pub(crate) fn check(task: &Task, outcome: Outcome) -> Result<(), Failure> {
    let address = &task.address;
    Err(match outcome {
        good if good.is_good() => return Ok(()),
        Outcome::Failed => Failure::RowsFailed,
        Outcome::Cancelled => Failure::Other(format!("task {address} was cancelled")),
        Outcome::NotFinished => {
            Failure::Other(format!("task {address} has not finished ({})", cut(task.state.as_str(), MAX_WORD_CHARS)))
        }
        _ => Failure::Other(format!("task {address} {}", unclear(task))),
    })
}

/// The sum over all actions; `None` where the service says nothing of any.
pub(crate) fn sum(task: &Task, count: &dyn Fn(RowCounts) -> Option<u64>) -> Option<u64> {
    task.actions().into_iter().filter_map(|action| count(action.rows)).reduce(u64::saturating_add)
}

/// The rows that were loaded with a warning and those that were ignored, where that is all there is to say of the
/// task: "7 rows were loaded with a warning, 2 rows were ignored".
pub(crate) fn remarks(task: &Task, outcome: Outcome) -> Option<String> {
    if !matches!(outcome, Outcome::Ignored | Outcome::Warnings) {
        return None;
    }
    let remark = |count: Option<u64>, what: &str| match count {
        None | Some(0) => None,
        Some(1) => Some(format!("1 row was {what}")),
        Some(count) => Some(format!("{count} rows were {what}")),
    };
    let warnings = remark(sum(task, &|rows| rows.warnings), "loaded with a warning");
    let ignored = remark(sum(task, &|rows| rows.ignored), "ignored");
    Some(warnings.into_iter().chain(ignored).collect::<Vec<_>>().join(", "))
}

/// What the service did not say of a task that is over, as the rest of a sentence about it.
pub(crate) fn unclear(task: &Task) -> String {
    let actions = task.actions();
    let silent = actions.iter().filter(|action| action.successful.is_none()).count();
    let what = match &task.result {
        None => "how it ended: it has no result".to_owned(),
        Some(_) if silent > 0 => {
            format!("whether {silent} of its {} ended well", counted(actions.len(), "action"))
        }
        Some(result) if result.successful.is_some() && task.state == TaskState::Complete => {
            "how many rows were rejected".to_owned()
        }
        Some(_) => {
            format!("whether it ended well: its state is {}", cut(task.state.as_str(), MAX_WORD_CHARS))
        }
    };
    format!("is over, but the service does not say {what}")
}

/// Dumps that cannot be downloaded, because the service names no object for them or says nothing of an action.
pub(crate) fn unnamed_dumps(task: &Task) -> Option<Failure> {
    let address = &task.address;
    match (task.unnamed_dumps(), task.unreadable_actions()) {
        (0, 0) => None,
        (0, unreadable) => Some(Failure::Other(format!(
            "task {address} has {} that cannot be read in full: the service does not say whether rows were rejected \
             there",
            counted(unreadable, "action")
        ))),
        (dumps, _) => Some(Failure::NotFound(format!(
            "task {address} left {} without a usable objectId: the service does not say how to download {}",
            counted(dumps, "dump"),
            if dumps == 1 { "it" } else { "them" }
        ))),
    }
}
