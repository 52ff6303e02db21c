//! `task`: tasks and their actions.

use crate::arguments::TaskCommand;
use crate::ending;
use crate::failure::Failure;
use crate::json::Entry;
use crate::session::Session;
use crate::stdout::print;
use crate::task_report::TaskReport;

pub(crate) fn task(command: &TaskCommand, session: &Session) -> Result<(), Failure> {
    let texts: Vec<&String> = std::iter::once(&command.locator).chain(&command.more).collect();
    let locators = texts.into_iter().map(|text| session.locator(text)).collect::<Result<Vec<_>, _>>()?;
    let mut entries = Vec::new();
    let mut first_failure = None;
    for (index, locator) in locators.iter().enumerate() {
        let found = session.task(locator).and_then(|task| Ok((session.client.outcome(&task)?, task)));
        let (outcome, task) = match found {
            Ok(found) => found,
            Err(failure) if locators.len() == 1 => return Err(failure),
            Err(failure) => {
                session.reporter.problem(&failure);
                entries.push(Entry::failed(&failure));
                first_failure.get_or_insert(Failure::Reported(Box::new(failure)));
                continue;
            }
        };
        let report = TaskReport::new(&task, outcome);
        match command.json {
            true => entries.push(Entry::Done(Box::new(report))),
            false => print(&format!("{}{}", if index == 0 { "" } else { "\n" }, report.text()))?,
        }
        if command.check
            && let Err(failure) = ending::check(&task, outcome)
        {
            first_failure.get_or_insert(failure);
        }
    }
    if command.json {
        Entry::print(&entries)?;
    }
    first_failure.map_or(Ok(()), Err)
}
