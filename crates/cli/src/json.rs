//! What `--json` documents have in common.

use std::fmt::Display;

use anaplan_dump_core::Id;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::session::Session;
use crate::stdout::print_json;

/// A thing of the service: its id, and the locator that names it in any command.
pub(crate) fn named(id: &Id, address: &dyn Display) -> Value {
    json!({ "id": id.as_str(), "locator": address.to_string() })
}

/// Does the same for each of several locators, also after a failure, and prints the only document, or a list of those
/// that are not null. A failure beside a document is on the screen already.
pub(crate) fn each<T>(
    locators: impl IntoIterator<Item = T>,
    is_one: bool,
    session: &Session,
    mut act: impl FnMut(T) -> Result<(Value, Option<Failure>), Failure>,
) -> Result<(), Failure> {
    let mut documents = Vec::new();
    let mut first_failure = None;
    for locator in locators {
        let (document, failure) = match act(locator) {
            Ok(done) => done,
            Err(failure) if is_one => return Err(failure),
            Err(failure) => {
                let document = json!({ "error": failure.document() });
                (document, Some(session.reporter.problem(failure)))
            }
        };
        documents.push(document);
        first_failure = first_failure.or(failure);
    }
    if session.json {
        documents.retain(|document| !document.is_null());
        print_json(&if is_one { documents.pop().unwrap_or_default() } else { documents.into() })?;
    }
    first_failure.map_or(Ok(()), Err)
}
