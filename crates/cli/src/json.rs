//! What `--json` documents have in common.

use std::fmt::Display;

use anaplan_dump_core::{ActionAddress, DumpAddress, ModelAddress, TaskAddress};
use serde::Serialize;

use crate::failure::{ErrorReport, Failure};
use crate::stdout::print_json;

/// A thing of the service: its id, and the locator that names it in any command.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Named {
    id: String,
    locator: String,
}

impl Named {
    fn new(id: &str, address: &impl Display) -> Named {
        Named { id: id.to_owned(), locator: address.to_string() }
    }
}

impl From<&ModelAddress> for Named {
    fn from(model: &ModelAddress) -> Named {
        Named::new(model.id.as_str(), model)
    }
}

impl From<&ActionAddress> for Named {
    fn from(action: &ActionAddress) -> Named {
        Named::new(action.id.as_str(), action)
    }
}

impl From<&TaskAddress> for Named {
    fn from(task: &TaskAddress) -> Named {
        Named::new(task.id.as_str(), task)
    }
}

impl From<&DumpAddress> for Named {
    fn from(dump: &DumpAddress) -> Named {
        Named::new(dump.object().as_str(), dump)
    }
}

/// What a command says about one of its locators.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Entry<T> {
    Done(Box<T>),
    Failed { error: ErrorReport },
}

impl<T: Serialize> Entry<T> {
    pub(crate) fn failed(failure: &Failure) -> Entry<T> {
        Entry::Failed { error: ErrorReport::new(failure) }
    }

    /// Prints the only one, or a list in the order of the locators.
    pub(crate) fn print(entries: &[Entry<T>]) -> Result<(), Failure> {
        match entries {
            [entry] => print_json(entry),
            entries => print_json(&entries),
        }
    }
}
