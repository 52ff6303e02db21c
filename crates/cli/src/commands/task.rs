//! `task` and `cancel`: tasks and their actions, and the end of one.

use anaplan_dump_core::Locator;
use serde_json::json;

use crate::arguments::TaskCommand;
use crate::ending;
use crate::failure::Failure;
use crate::session::Session;
use crate::stdout::{named, print, print_json};
use crate::table::MAX_ID_CHARS;
use crate::task_report::{document, hint, text};
use crate::text::{cut, shell_word};

pub(crate) fn task(command: &TaskCommand, locators: &[Locator], session: &Session) -> Result<(), Failure> {
    let mut separator = "";
    session.each(locators, locators.len() == 1, |locator| {
        let task = session.task(locator)?;
        let outcome = session.client.outcome(&task)?;
        if !session.json {
            print(&format!("{separator}{}{}", text(&task, outcome), hint(&task, outcome)))?;
            separator = "\n";
        }
        let end = if command.check { ending::check(&task, outcome) } else { Ok(()) };
        Ok((document(&task, outcome), end.err()))
    })
}

pub(crate) fn cancel(locator: &Locator, session: &Session) -> Result<(), Failure> {
    let address = session.task_address(locator)?;
    let look = format!("look at it with:\n    anaplan-dump task {}", shell_word(&address.to_string()));
    session.reporter.set_follow_up(format!("the task may have been cancelled\n  {look}"), None);
    session.client.cancel(&address)?;
    // The service has taken it. How the task is now is a further question.
    let task = session.client.task(&address).ok();
    let state = task.as_ref().map(|task| task.state.as_str());
    if session.json {
        return print_json(&json!({ "task": named(&address.id, &address), "state": state }));
    }
    let shown = state.map_or("cancelling was asked for".to_owned(), |state| cut(state, MAX_ID_CHARS));
    print(&format!("Task {address}: {shown}\n"))
}
