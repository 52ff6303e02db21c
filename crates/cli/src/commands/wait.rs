//! `wait`: waits for a task that runs or that begins, and collects its dumps.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anaplan_dump_core::{ActionAddress, Error, ListedTask, Locator, TaskAddress, TaskState};

use crate::arguments::Wait;
use crate::failure::Failure;
use crate::follow::Follow;
use crate::session::Session;
use crate::text::{duration, time};

pub(crate) fn wait(command: &Wait, locator: &Locator, session: &Session) -> Result<(), Failure> {
    let Wait { poll, explain, force, .. } = *command;
    let (output, html) = (command.output.as_deref(), command.html.as_deref());
    let follow = Follow { output, html, force, poll, end: session.end, explain, loads: false };
    if force && html.is_none() {
        return Err(Failure::Usage("--force is for --html".into()));
    }
    let (target, page) = follow.prepare(locator, session)?;
    let address = find(locator, command, &session.limited())?;
    follow.to_the_end(&address, &target, page, session)
}

fn find(locator: &Locator, command: &Wait, session: &Session) -> Result<TaskAddress, Failure> {
    if locator.task_choice().is_some() {
        if command.since.is_some() {
            return Err(Failure::Usage("--since is for a process: the locator names a task".into()));
        }
        return session.task_address(locator);
    }
    let action = session.action(locator)?;
    let left = || session.end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
    let address = match find_run(&action, command, left(), session) {
        Err(Failure::Library { error, .. }) if error.is_out_of_time() => None,
        found => found?,
    };
    let Some(address) = address else {
        let limit = duration(command.timeout.unwrap_or_default());
        return Err(Failure::Other(format!("no run of {action} was seen to begin within {limit}")));
    };
    session.reporter.note(&format!("waiting for task {address}"));
    Ok(address)
}

/// A run to wait for: one that is under way, one that is over and as new as asked for, or the next one that begins
/// within `timeout`.
fn find_run(
    action: &ActionAddress,
    command: &Wait,
    timeout: Duration,
    session: &Session,
) -> Result<Option<TaskAddress>, Failure> {
    // One list for both: a run that begins after it is not known.
    let (tasks, doubt) = session.client.tasks_and_doubt(action)?;
    if tasks.is_empty() {
        // The service lists no tasks for a process that is not there, nor for one that never ran.
        match session.client.find_action(&action.model, action.id.as_str()) {
            Err(Error::NoSuchAction { .. }) => return Err(Failure::no_tasks(action)),
            found => drop(found?),
        }
    }
    // One that is listed below a run that is over is no run of tonight.
    if let Some(running) = tasks.first().filter(|task| !task.state.is_final()) {
        let address = action.task(running.id.clone());
        // One that was seen under way is the run, though it may be over by the next look. A state that this version
        // does not know may be an end.
        let is_known = matches!(running.state, TaskState::NotStarted | TaskState::InProgress | TaskState::Cancelling);
        if is_known || !session.client.task(&address)?.is_over() {
            return Ok(Some(address));
        }
    }
    // The run that is asked for may be the one that cannot be read.
    if let (Some(doubt), Some(_)) = (doubt, command.since) {
        return Err(doubt.into());
    }
    let is_new = |task: &&ListedTask| command.since.zip(task.created).is_some_and(|(since, created)| created >= since);
    if let Some(over) = tasks.iter().find(is_new) {
        let created = over.created.map(time).unwrap_or_default();
        session.reporter.note(&format!("task {} is over already: it was created {created} UTC", over.id));
        return Ok(Some(action.task(over.id.clone())));
    }
    let mut activity = session.reporter.activity();
    activity.show(true, &|_| "no run is under way: waiting for one to begin".to_owned());
    let look = |_| {
        activity.show_wait(false, "waiting for a run to begin".to_owned());
        ControlFlow::Continue(())
    };
    Ok(session.client.wait_for_run(action, &tasks, command.poll, timeout, look)?)
}
