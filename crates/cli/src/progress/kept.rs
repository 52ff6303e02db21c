//! What is kept of a run that is interrupted, and which command goes on with it.

use std::sync::PoisonError;

use super::Reporter;
use crate::text::{counted, safe_path};

/// What an interruption means while no file is being written, and what goes on with it.
#[derive(Debug, Default)]
pub(crate) struct FollowUp {
    /// For a person; empty if there is nothing to say.
    pub(crate) meaning: String,
    /// The command that goes on; the same one once more if there is none.
    pub(crate) command: Option<String>,
}

impl Reporter {
    pub(crate) fn set_follow_up(&self, meaning: String, command: Option<String>) {
        *self.follow_up.lock().unwrap_or_else(PoisonError::into_inner) = FollowUp { meaning, command };
    }

    /// How to continue what was interrupted.
    pub(crate) fn how_to_continue(&self) -> String {
        match &self.follow_up.lock().unwrap_or_else(PoisonError::into_inner).command {
            Some(command) => format!("this continues from it:\n    {command}"),
            None => "the same command continues from it".to_owned(),
        }
    }

    /// What is kept of a run that ends now, for a person.
    pub(crate) fn what_is_kept(&self) -> String {
        let follow_up = self.follow_up.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(part) = self.unfinished.parts().pop() else {
            let colon = if follow_up.meaning.is_empty() { "" } else { ": " };
            return format!("{colon}{}", follow_up.meaning);
        };
        let path = safe_path(&part.path);
        let kept = format!("{} of {} are kept in {path}", part.finished, counted(part.chunks, "chunk"));
        match &follow_up.command {
            None if part.finished == 0 => {
                ": no whole chunk had arrived, and the same command begins anew".to_owned()
            }
            None => format!(": {kept}, and the same command continues from there"),
            Some(_) if part.finished == 0 => format!(": {}", follow_up.meaning),
            Some(command) => format!(": {kept}\n  continue with:\n    {command}"),
        }
    }
}
