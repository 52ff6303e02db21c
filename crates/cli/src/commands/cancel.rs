//! `cancel`: ends a running task.

use serde::Serialize;

use crate::arguments::Cancel;
use crate::failure::Failure;
use crate::json::Named;
use crate::session::Session;
use crate::stdout::{print, print_json};
use crate::table::MAX_ID_CHARS;
use crate::text::cut;

#[derive(Serialize)]
struct Report<'a> {
    task: Named,
    state: &'a str,
}

pub(crate) fn cancel(command: &Cancel, session: &Session) -> Result<(), Failure> {
    let address = session.task_address(&session.locator(&command.locator)?)?;
    session.client.cancel(&address)?;
    let state = session.client.task(&address)?.state;
    match command.json {
        true => print_json(&Report { task: Named::from(&address), state: state.as_str() }),
        false => print(&format!("Task {address}: {}\n", cut(state.as_str(), MAX_ID_CHARS))),
    }
}
