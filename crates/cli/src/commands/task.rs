//! `task`: one task and its actions.

use crate::arguments::TaskCommand;
use crate::failure::Failure;
use crate::session::Session;
use crate::stdout::{print, print_json};
use crate::task_report::TaskReport;

pub(crate) fn task(command: &TaskCommand, session: &Session) -> Result<(), Failure> {
    let address = session.task(&session.locator(&command.locator)?)?;
    let task = session.client.task(&address)?;
    let report = TaskReport::new(&task);
    match command.json {
        true => print_json(&report)?,
        false => print(&report.text())?,
    }
    match command.check && task.has_failures() {
        true => Err(Failure::RowsFailed),
        false => Ok(()),
    }
}
