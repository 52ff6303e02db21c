//! How a task ended, as far as the service proved it. A field that is missing never counts as the good
//! answer.

use super::dump::Dump;
use super::task::{ActionResult, Task, TaskState};
use crate::address::ActionKind;

/// How a task ended, as far as the service proved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It is not over.
    NotFinished,
    /// It was cancelled.
    Cancelled,
    /// An action failed, rejected rows, or left a dump.
    Failed,
    /// It finished, and the service says of every action that it was successful and left no dump.
    Clean,
    /// It is over, but the service does not say of every action whether it was successful.
    Unclear,
}

impl Task {
    /// How the task ended. `dumps` are those that [`Client::dumps`](crate::Client::dumps) found: an action
    /// that does not say whether it left a dump left none only if asking for it brought none.
    pub fn outcome(&self, dumps: &[Dump]) -> Outcome {
        if !self.is_over() {
            Outcome::NotFinished
        } else if self.state == TaskState::Cancelled {
            Outcome::Cancelled
        } else if self.has_failures() || !dumps.is_empty() {
            Outcome::Failed
        } else if self.state == TaskState::Complete && self.is_success_proved() {
            Outcome::Clean
        } else {
            Outcome::Unclear
        }
    }

    /// Whether nothing will happen any more: the state is one of the known ends, or a result is there and
    /// the progress is 1. Published clients have seen other words at the end of a task.
    pub fn is_over(&self) -> bool {
        let has_ended = self.result.is_some() && self.progress.is_some_and(|progress| progress >= 1.0);
        self.state.is_final() || has_ended
    }

    /// Whether anything is known to have failed: an action, or the task as a whole, was not successful, left
    /// a dump, or rejected rows. Rows that were ignored are not failures in the service's sense.
    pub fn has_failures(&self) -> bool {
        self.state == TaskState::Failed
            || self.result.as_ref().is_some_and(ActionResult::has_failures)
            || self.actions().iter().any(|action| action.has_failures())
    }

    /// The number of actions that left a dump without saying of which object: they cannot be downloaded.
    pub fn unnamed_dumps(&self) -> usize {
        let is_unnamed = |action: &&&ActionResult| {
            action.failure_dump_available == Some(true) && action.object_id.is_none()
        };
        if self.address.action.kind == ActionKind::Import {
            // Its dump needs no object.
            return 0;
        }
        self.actions().iter().filter(is_unnamed).count()
    }

    /// The number of actions that cannot be read, or say nothing: each may have left a dump.
    pub fn unreadable_actions(&self) -> usize {
        let nothing = ActionResult::default();
        self.actions().iter().filter(|action| ***action == nothing).count()
    }

    fn is_success_proved(&self) -> bool {
        let is_successful = |result: &ActionResult| result.successful == Some(true);
        let actions = self.actions();
        !actions.is_empty()
            && actions.into_iter().all(is_successful)
            && self.result.as_ref().is_some_and(is_successful)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Locator;

    fn task(json: &str) -> Task {
        let address = "W/M/118000000001/B7EA".parse::<Locator>().unwrap().task().unwrap();
        Task::parse(&address, format!(r#"{{"task":{json}}}"#).as_bytes()).unwrap()
    }

    #[test]
    fn a_task_is_clean_only_if_every_action_says_that_it_was_successful() {
        for (result, expected) in [
            (r#"{"successful":true}"#, Outcome::Clean),
            (r#"{"successful":"true","failureDumpAvailable":false}"#, Outcome::Clean),
            (r#"{"successful":true,"nestedResults":[{"successful":true}]}"#, Outcome::Clean),
            (r#"{}"#, Outcome::Unclear),
            (r#"{"failureDumpAvailable":false}"#, Outcome::Unclear),
            (r#"{"successful":null,"nestedResults":[{"successful":true}]}"#, Outcome::Unclear),
            (r#"{"successful":true,"nestedResults":[{"successful":true},{}]}"#, Outcome::Unclear),
            (r#"{"successful":false}"#, Outcome::Failed),
            (r#"{"successful":true,"failureDumpAvailable":true}"#, Outcome::Failed),
            (r#"{"successful":true,"nestedResults":[{"successful":false}]}"#, Outcome::Failed),
        ] {
            let task = task(&format!(r#"{{"taskState":"COMPLETE","result":{result}}}"#));
            assert_eq!(task.outcome(&[]), expected, "{result}");
        }
        assert_eq!(task(r#"{"taskState":"COMPLETE"}"#).outcome(&[]), Outcome::Unclear);
    }

    #[test]
    fn a_dump_that_was_found_is_a_failure_whatever_the_flags_say() {
        let silent = r#"{"taskState":"COMPLETE","result":{"successful":true,"failureDumpAvailable":false,
            "nestedResults":[{"successful":true,"objectId":"112000000001"}]}}"#;
        let task = task(silent);
        let dumps = task.dumps();
        assert_eq!(dumps.len(), 1, "the dump of a silent action may be there");
        assert_eq!((task.outcome(&[]), task.outcome(&dumps)), (Outcome::Clean, Outcome::Failed));
    }

    #[test]
    fn a_task_is_over_by_its_state_or_by_its_result() {
        for (state, expected) in [
            (r#""taskState":"NOT_STARTED""#, Outcome::NotFinished),
            (r#""taskState":"IN_PROGRESS","progress":1"#, Outcome::NotFinished),
            (r#""taskState":"CANCELLING","result":{}"#, Outcome::NotFinished),
            (r#""taskState":"CANCELLED""#, Outcome::Cancelled),
            (r#""taskState":"FAILED""#, Outcome::Failed),
            (r#""taskState":"COMPLETED","progress":1,"result":{"successful":true}"#, Outcome::Unclear),
            (r#""taskState":"ERROR","progress":"1.0","result":{"successful":false}"#, Outcome::Failed),
            (r#""taskState":null,"progress":1,"result":{}"#, Outcome::Unclear),
            (r#""taskState":"ERROR""#, Outcome::NotFinished),
        ] {
            assert_eq!(task(&format!("{{{state}}}")).outcome(&[]), expected, "{state}");
        }
    }

    #[test]
    fn dumps_without_an_object_are_counted() {
        let task = task(
            r#"{"taskState":"COMPLETE","result":{"nestedResults":[{"failureDumpAvailable":true},
                {"failureDumpAvailable":true,"objectId":"112000000001"},{"failureDumpAvailable":true,"objectId":""}]}}"#,
        );
        assert_eq!((task.unnamed_dumps(), task.dumps().len()), (2, 1));
    }

    #[test]
    fn an_odd_list_costs_the_messages_in_it_and_an_unreadable_entry_is_not_nothing() {
        let found = |action: &str| {
            let task = task(&format!(
                r#"{{"taskState":"COMPLETE","result":{{"successful":true,"nestedResults":[
                {{"objectId":"112000000001","successful":true,"failureDumpAvailable":true}},{action}]}}}}"#
            ));
            let objects: Vec<String> =
                task.dumps().iter().map(|dump| dump.address.object().as_str().to_owned()).collect();
            (objects, task.unreadable_actions())
        };
        for odd in ["{}", r#"{"localMessageText":"5 failed"}"#, r#""text""#, "7", "true", "[[],null]"] {
            for list in ["details", "nestedResults"] {
                let action = format!(
                    r#"{{"objectId":"112000000002","successful":true,"failureDumpAvailable":true,"{list}":{odd}}}"#
                );
                let (objects, unreadable) = found(&action);
                assert_eq!(objects, ["112000000001", "112000000002"], "{action}");
                assert_eq!(unreadable > 0, list == "nestedResults", "{action}");
            }
        }
        for unreadable in ["null", "{}", "7", r#""text""#, "[]"] {
            assert_eq!(found(unreadable), (vec!["112000000001".to_owned()], 1), "{unreadable}");
        }
        let alone = task(
            r#"{"taskState":"COMPLETE","result":{"nestedResults":
            {"objectId":"112000000001","failureDumpAvailable":true}}}"#,
        );
        assert_eq!(alone.dumps().len(), 1, "an action that is not in a list");
    }
}
