//! How a task ended, as far as the service proved it. A field that is missing never counts as the good
//! answer, and rows that were ignored or loaded with a warning are not rejected rows.

use super::dump::Dump;
use super::task::{ActionResult, Task, TaskState};

/// How a task ended, as far as the service proved it: the worse before the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// It is not over.
    NotFinished,
    /// It was cancelled.
    Cancelled,
    /// An action failed, rejected rows, or left a dump that no count explains.
    Failed,
    /// It is over, but the service does not prove how: an action does not say whether it was successful, how many rows
    /// it rejected, or which object left a dump.
    Unclear,
    /// It finished and rejected no row, by the counts of every action that was not simply successful; some
    /// rows were loaded with a warning. A dump may list them.
    Warnings,
    /// The same, and some rows were ignored: none was loaded with a warning.
    Ignored,
    /// It finished, and the service says of every action that it was successful and left no dump.
    Clean,
}

impl Outcome {
    /// Whether the task finished and rejected no row, by proof.
    pub fn is_good(self) -> bool {
        matches!(self, Outcome::Clean | Outcome::Ignored | Outcome::Warnings)
    }
}

impl Task {
    /// How the task ended, by its result alone. An action that does not say whether it left a dump makes the
    /// outcome [`Unclear`](Outcome::Unclear): [`Client::outcome`](crate::Client::outcome) asks for that dump.
    pub fn outcome(&self) -> Outcome {
        match self.outcome_with(&[]) {
            outcome if outcome.is_good() && self.dumps().iter().any(|dump| !dump.is_reported) => Outcome::Unclear,
            outcome => outcome,
        }
    }

    /// How the task ended, where those of `dumps` that are its own are the ones that
    /// [`Client::dumps`](crate::Client::dumps) found.
    #[doc(hidden)]
    pub fn outcome_with(&self, dumps: &[Dump]) -> Outcome {
        if !self.is_over() {
            return Outcome::NotFinished;
        }
        match self.state {
            TaskState::Cancelled => return Outcome::Cancelled,
            TaskState::Failed => return Outcome::Failed,
            _ => {}
        }
        let Some(whole) = &self.result else { return Outcome::Unclear };
        let actions = self.actions();
        let mut own = dumps.iter().filter(|dump| dump.address.task == self.address);
        let has_dump = |action: &ActionResult| {
            own.clone().any(|dump| match &dump.address.object {
                Some(object) => action.object_id.as_ref() == Some(object),
                None => actions.len() == 1,
            })
        };
        // What contains others is explained by them.
        let parts = actions.iter().filter(|action| action.nested.is_empty());
        let outcome = |action: &ActionResult| match action.outcome(has_dump(action)) {
            Outcome::Clean if self.may_hide_dump(action) => Outcome::Unclear,
            outcome => outcome,
        };
        let parts: Vec<Outcome> = parts.map(|action| outcome(action)).collect();
        let is_excuse = |outcome: &Outcome| matches!(outcome, Outcome::Warnings | Outcome::Ignored);
        let is_unexplained = |container: &ActionResult| {
            let within = container.actions_within();
            let mut parts = within.iter().filter(|action| action.nested.is_empty());
            let has_failed = container.successful == Some(false)
                || container.failure_dump_available == Some(true)
                || has_dump(container);
            has_failed && !within.is_empty() && !parts.any(|part| is_excuse(&outcome(part)))
        };
        if parts.contains(&Outcome::Failed)
            || is_unexplained(whole)
            || actions.iter().any(|action| is_unexplained(action))
            || (own.next().is_some() && !parts.iter().any(is_excuse))
            || actions.iter().any(|action| action.rejected_rows())
            || whole.rejected_rows()
        {
            return Outcome::Failed;
        }
        let is_proved = self.state == TaskState::Complete && whole.successful.is_some();
        let worst = parts.iter().min().filter(|_| is_proved);
        worst.copied().unwrap_or(Outcome::Unclear)
    }

    /// Whether nothing will happen any more: the state is one of the known ends, or does not say that the task runs,
    /// and a result is there and the progress is 1. Published clients have seen other words at the end of a task.
    pub fn is_over(&self) -> bool {
        let is_running = matches!(self.state, TaskState::NotStarted | TaskState::InProgress);
        let has_ended = self.result.is_some() && self.progress.is_some_and(|progress| progress >= 1.0);
        self.state.is_final() || (has_ended && !is_running)
    }

    /// The number of actions that left a dump without saying of which object: they cannot be downloaded.
    #[doc(hidden)]
    pub fn unnamed_dumps(&self) -> usize {
        let left_one = |action: &&&ActionResult| action.failure_dump_available == Some(true);
        self.actions().iter().filter(left_one).filter(|action| self.dump_of(action).is_none()).count()
    }

    /// The number of actions that cannot be read, or not enough of them: each may have left a dump.
    #[doc(hidden)]
    pub fn unreadable_actions(&self) -> usize {
        let nothing = ActionResult::default();
        self.actions().iter().filter(|action| ***action == nothing || self.may_hide_dump(action)).count()
    }

    /// Whether the action may have left a dump that cannot be asked for: it says neither of which object, nor that
    /// there is none, nor that it rejected no row.
    fn may_hide_dump(&self, action: &ActionResult) -> bool {
        let is_silent = action.failure_dump_available.is_none() && action.rows.failed != Some(0);
        is_silent && action.nested.is_empty() && self.dump_of(action).is_none()
    }
}

impl ActionResult {
    fn rejected_rows(&self) -> bool {
        self.rows.failed.is_some_and(|count| count > 0)
    }

    /// How the action ended by what it says itself; `has_dump` means that one was found.
    pub(crate) fn outcome(&self, has_dump: bool) -> Outcome {
        let rows = self.rows;
        let is_some = |count: Option<u64>| count.is_some_and(|count| count > 0);
        let is_explained = rows.failed == Some(0) && !self.says_more_than_counts;
        match self.successful {
            _ if self.rejected_rows() => Outcome::Failed,
            Some(_) if is_explained && is_some(rows.warnings) => Outcome::Warnings,
            Some(_) if is_explained && is_some(rows.ignored) => Outcome::Ignored,
            Some(false) => Outcome::Failed,
            _ if has_dump || self.failure_dump_available == Some(true) => Outcome::Failed,
            Some(true) if !self.has_unreadable_count => Outcome::Clean,
            _ => Outcome::Unclear,
        }
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
        // Beside it another action explains nothing.
        let within = |container: &str| {
            let clean = r#"{"successful":true,"failureDumpAvailable":false}"#;
            let container = format!(r#"{{"objectId":"112000000001",{container},"nestedResults":[{clean}]}}"#);
            format!(r#"{{"successful":true,"nestedResults":[{clean},{container}]}}"#)
        };
        for (result, expected) in [
            (r#"{"successful":"true","failureDumpAvailable":false}"#, Outcome::Clean),
            (
                r#"{"successful":true,"nestedResults":[{"successful":true,"failureDumpAvailable":false}]}"#,
                Outcome::Clean,
            ),
            // Its dump could not be asked for.
            (r#"{"successful":true}"#, Outcome::Unclear),
            (r#"{"successful":true,"nestedResults":[{"successful":true}]}"#, Outcome::Unclear),
            ("null", Outcome::Unclear),
            (r#"{"failureDumpAvailable":false}"#, Outcome::Unclear),
            (r#"{"successful":null,"nestedResults":[{"successful":true}]}"#, Outcome::Unclear),
            (r#"{"successful":true,"nestedResults":[{"successful":true},{}]}"#, Outcome::Unclear),
            (r#"{"successful":false}"#, Outcome::Failed),
            (r#"{"successful":true,"failureDumpAvailable":true}"#, Outcome::Failed),
            (r#"{"successful":true,"nestedResults":[{"successful":false}]}"#, Outcome::Failed),
            (&within(r#""failureDumpAvailable":false"#), Outcome::Clean),
            (&within(r#""successful":false"#), Outcome::Failed),
            (&within(r#""failureDumpAvailable":true"#), Outcome::Failed),
        ] {
            let task = task(&format!(r#"{{"taskState":"COMPLETE","result":{result}}}"#));
            assert_eq!(task.outcome(), expected, "{result}");
        }
        let silent = r#"{"taskState":"COMPLETE","result":{"successful":true,"failureDumpAvailable":false,
            "nestedResults":[{"successful":true,"objectId":"112000000001"}]}}"#;
        let (task, dumps) = (task(silent), task(silent).dumps());
        assert_eq!(task.outcome(), Outcome::Unclear, "the dump of a silent action may be there");
        assert_eq!((task.outcome_with(&[]), task.outcome_with(&dumps)), (Outcome::Clean, Outcome::Failed));
    }

    #[test]
    fn a_task_is_over_by_its_state_or_by_its_result() {
        for (state, expected) in [
            (r#""taskState":"NOT_STARTED""#, Outcome::NotFinished),
            (r#""taskState":"IN_PROGRESS","progress":1,"result":{"successful":true}"#, Outcome::NotFinished),
            (r#""taskState":"CANCELLING","result":{}"#, Outcome::NotFinished),
            (r#""taskState":"CANCELLED""#, Outcome::Cancelled),
            (r#""taskState":"FAILED""#, Outcome::Failed),
            (r#""taskState":"COMPLETED","progress":1,"result":{"successful":true}"#, Outcome::Unclear),
            (r#""taskState":"ERROR","progress":"1.0","result":{"successful":false}"#, Outcome::Failed),
            (r#""taskState":null,"progress":1,"result":{}"#, Outcome::Unclear),
            (r#""taskState":"ERROR""#, Outcome::NotFinished),
        ] {
            assert_eq!(task(&format!("{{{state}}}")).outcome(), expected, "{state}");
        }
    }

    #[test]
    fn an_odd_list_costs_the_messages_in_it_and_an_unreadable_entry_is_not_nothing() {
        let found = |actions: &str| {
            let task = task(&format!(
                r#"{{"taskState":"COMPLETE","result":{{"successful":true,"nestedResults":{actions}}}}}"#
            ));
            (task.dumps().len(), task.unreadable_actions(), task.unnamed_dumps())
        };
        let good = r#"{"objectId":"112000000001","successful":true,"failureDumpAvailable":true}"#;
        for odd in ["{}", r#"{"localMessageText":"5 failed"}"#, r#""text""#, "7", "true", "[[],null]"] {
            for (list, unreadable) in [("details", 0), ("nestedResults", 1)] {
                let odd_list = good.replace("}", &format!(r#","{list}":{odd}}}"#)).replace("0001", "0002");
                let found = found(&format!("[{good},{odd_list}]"));
                assert!(found.0 == 2 && (found.1 > 0) == (unreadable > 0), "{odd_list}: {found:?}");
            }
        }
        for unreadable in ["null", "{}", "7", r#""text""#, "[]"] {
            assert_eq!(found(&format!("[{good},{unreadable}]")), (1, 1, 0), "{unreadable}");
        }
        assert_eq!(found(good), (1, 0, 0), "an action that is not in a list");
        let unnamed = r#"{"failureDumpAvailable":true},{"failureDumpAvailable":true,"objectId":""}"#;
        assert_eq!(found(&format!("[{unnamed},{good}]")), (1, 0, 2));
    }

    #[test]
    fn rows_that_were_ignored_or_loaded_with_a_warning_are_not_rejected_where_counts_prove_it() {
        let counts = |values: &str| format!(r#""details":[{{"values":[{values}]}}]"#);
        let ignored = counts(r#""failedCount","0","ignoredCount","5""#);
        let warned = counts(r#""failedCount",0,"ignoredCount",2,"warningsRowCount",7"#);
        let rejected = counts(r#""failedCount","1","ignoredCount","5""#);
        let uncounted = counts(r#""ignoredCount","5""#);
        let no_dump = r#""successful":true,"failureDumpAvailable":false"#;
        let text = "L: 13 (0/13) rows successful, 4 (0/4) rows has warnings, 0 failed, 0 ignored";
        let text = format!(r#""details":[{{"localMessageText":"{text}"}}]"#);
        let and_an_error = r#""details":[{"values":["failedCount",0,"ignoredCount",5]},{"type":"internalError"}]"#;
        for (action, expected) in [
            (format!(r#""successful":false,{ignored}"#), Outcome::Ignored),
            (format!(r#""successful":true,{ignored}"#), Outcome::Ignored),
            (format!(r#""successful":true,"failureDumpAvailable":true,{warned}"#), Outcome::Warnings),
            (format!(r#""successful":false,"failureDumpAvailable":true,{text}"#), Outcome::Warnings),
            (format!(r#""successful":false,{rejected}"#), Outcome::Failed),
            (format!(r#""successful":false,{uncounted}"#), Outcome::Failed),
            (format!(r#""successful":false,{and_an_error}"#), Outcome::Failed),
            (format!(r#""successful":false,{}"#, counts(r#""failedCount",0"#)), Outcome::Failed),
            (ignored.clone(), Outcome::Unclear),
            (format!("{no_dump},{}", counts(r#""failedCount","3 or so""#)), Outcome::Unclear),
            (format!(r#"{no_dump},"details":[{{"type":"hierarchyRowsProcessedWithFailures"}}]"#), Outcome::Unclear),
        ] {
            let single = task(&format!(r#"{{"taskState":"COMPLETE","result":{{{action}}}}}"#));
            assert_eq!(single.outcome_with(&[]), expected, "{action}");
            let whole = task(&format!(
                r#"{{"taskState":"COMPLETE","result":{{"successful":false,"failureDumpAvailable":true,"nestedResults":
                    [{{"successful":true,"objectId":"117000000001"}},{{"objectId":"112000000002",{action}}}]}}}}"#
            ));
            let expected = if expected == Outcome::Unclear { Outcome::Failed } else { expected };
            assert_eq!(whole.outcome_with(&[]), expected, "{action}, in a process");
            let beside = whole.address.dump("117000000001".parse().unwrap());
            let found = [Dump::new(&whole, beside)];
            assert_eq!(whole.outcome_with(&found), Outcome::Failed, "{action}: a dump of another action");
        }
    }
}
