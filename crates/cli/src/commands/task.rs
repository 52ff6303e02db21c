//! `task`: tasks and their actions.

use crate::arguments::TaskCommand;
use crate::ending;
use crate::failure::Failure;
use crate::session::Session;
use crate::stdout::{print, print_json};
use crate::task_report::TaskReport;

pub(crate) fn task(command: &TaskCommand, session: &Session) -> Result<(), Failure> {
    let texts: Vec<&String> = std::iter::once(&command.locator).chain(&command.more).collect();
    let locators = texts.into_iter().map(|text| session.locator(text)).collect::<Result<Vec<_>, _>>()?;
    let mut reports = Vec::new();
    let mut first_failure = None;
    for (index, locator) in locators.iter().enumerate() {
        let task = session.task(locator)?;
        let outcome = session.outcome(&task)?;
        let report = TaskReport::new(&task, outcome);
        match command.json {
            true => reports.push(report),
            false => print(&format!("{}{}", if index == 0 { "" } else { "\n" }, report.text()))?,
        }
        if command.check
            && let Err(failure) = ending::check(&task, outcome)
        {
            first_failure.get_or_insert(failure);
        }
    }
    match reports.as_slice() {
        _ if !command.json => {}
        [report] if locators.len() == 1 => print_json(report)?,
        reports => print_json(&reports)?,
    }
    first_failure.map_or(Ok(()), Err)
}
