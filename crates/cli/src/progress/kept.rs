//! What is kept of a run that is interrupted, and which commands go on with it.

use std::sync::PoisonError;

use super::Reporter;
use crate::text::{counted, safe_path};

/// Which commands go on with what was interrupted.
#[derive(Debug, Default)]
pub(crate) enum FollowUp {
    /// The same once more.
    #[default]
    Same,
    /// The process may have been started: this lists its tasks.
    Start(String),
    /// The task goes on at the service: these wait for it and cancel it.
    Task([String; 2]),
    /// The task is over: this collects its dumps.
    Dumps(String),
}

impl Reporter {
    /// From now on, these commands go on.
    pub(crate) fn set_follow_up(&self, follow_up: FollowUp) {
        *self.follow_up.lock().unwrap_or_else(PoisonError::into_inner) = follow_up;
    }

    /// How to continue what was interrupted.
    pub(crate) fn how_to_continue(&self) -> String {
        match &*self.follow_up.lock().unwrap_or_else(PoisonError::into_inner) {
            FollowUp::Dumps(command) | FollowUp::Task([command, _]) => {
                format!("this continues from it:\n    {command}")
            }
            _ => "the same command continues from it".to_owned(),
        }
    }

    /// What is kept of a run that ends now, for a person.
    pub(crate) fn what_is_kept(&self) -> String {
        let part = self.unfinished.parts().pop();
        let follow_up = self.follow_up.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = part.as_ref().filter(|part| part.finished > 0).map(|part| {
            let chunks = counted(part.chunks, "chunk");
            format!("{} of {chunks} are kept in {}", part.finished, safe_path(&part.path))
        });
        match (kept, &*follow_up) {
            (_, FollowUp::Task([wait, cancel])) => format!(
                ": the task goes on\n  wait for it and collect its dumps, or cancel it:\n    {wait}\n    {cancel}"
            ),
            (_, FollowUp::Start(tasks)) => format!(
                ": the process may have been started\n  look at the newest tasks before it is started again:\n    {tasks}"
            ),
            (Some(kept), FollowUp::Same) => format!(": {kept}, and the same command continues from there"),
            (Some(kept), FollowUp::Dumps(command)) => format!(": {kept}\n  continue with:\n    {command}"),
            (None, FollowUp::Dumps(command)) => {
                format!(": the task is over\n  collect its dumps with:\n    {command}")
            }
            (None, FollowUp::Same) if part.is_some() => {
                ": no whole chunk had arrived, and the same command begins anew".to_owned()
            }
            (None, FollowUp::Same) => String::new(),
        }
    }
}
