//! `wait`: waits for a task that somebody else started, and collects its dumps.

use anaplan_dump_core::TaskAddress;

use crate::arguments::Wait;
use crate::failure::Failure;
use crate::follow::Follow;
use crate::session::Session;

pub(crate) fn wait(command: &Wait, session: &Session) -> Result<(), Failure> {
    let Wait { poll, timeout, explain, json, .. } = *command;
    let follow = Follow { output: command.output.as_deref(), poll, timeout, explain, json };
    let target = follow.target()?;
    let address = find(command, session)?;
    target.prepare()?;
    target.check_writable()?;
    follow.to_the_end(&address, &target, session)
}

fn find(command: &Wait, session: &Session) -> Result<TaskAddress, Failure> {
    let locator = session.locator(&command.locator)?;
    if locator.task_choice().is_some() {
        return session.task_address(&locator);
    }
    let action = session.action(&locator)?;
    let newest = session.client.tasks(&action)?.into_iter().next();
    let address = newest.map(|task| action.task(task.id)).ok_or_else(|| Failure::no_tasks(&action))?;
    session.reporter.note(&format!("waiting for task {address}"));
    Ok(address)
}
