//! `wait`: waits for a task that runs or that begins, and collects its dumps.

use std::collections::HashSet;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anaplan_dump_core::{ActionAddress, Error, ListedTask, Locator, TaskAddress};

use crate::arguments::Wait;
use crate::failure::Failure;
use crate::follow::Follow;
use crate::meter::LogClock;
use crate::report::Page;
use crate::session::Session;
use crate::text::{duration, time};

/// Maximum time between two looks for a run that begins: its dumps are kept for hours.
const MAX_LOOK: Duration = Duration::from_secs(60);

/// Looks for a run that begins are this share of the time apart that was waited already.
const LOOK_SHARE: u32 = 20;

pub(crate) fn wait(command: &Wait, session: &Session) -> Result<(), Failure> {
    let Wait { poll, timeout, explain, json, .. } = *command;
    let follow = Follow { output: command.output.as_deref(), poll, timeout, explain, json, loads: false };
    let locator = session.locator(&command.locator)?;
    let target = follow.target(&locator, session)?;
    let begun = Instant::now();
    let address = find(&locator, command, session)?;
    target.prepare()?;
    target.check_writable()?;
    let page = Page::begin(command.html.as_deref(), command.force, &session.reporter)?;
    let timeout = timeout.map(|timeout| timeout.saturating_sub(begun.elapsed()));
    Follow { timeout, ..follow }.to_the_end(&address, &target, page, session)
}

fn find(locator: &Locator, command: &Wait, session: &Session) -> Result<TaskAddress, Failure> {
    if locator.task_choice().is_some() {
        if command.since.is_some() {
            return Err(Failure::Usage("--since is for a process: the locator names a task".into()));
        }
        return session.task_address(locator);
    }
    let action = session.action(locator)?;
    let address = match run_to_wait_for(&action, command, session)? {
        Some(address) => address,
        None => begun_run(&action, command, session)?,
    };
    session.reporter.note(&format!("waiting for task {address}"));
    Ok(address)
}

/// A run that is under way, or one that is over and as new as asked for.
fn run_to_wait_for(
    action: &ActionAddress,
    command: &Wait,
    session: &Session,
) -> Result<Option<TaskAddress>, Failure> {
    let tasks = session.client.tasks(action)?;
    if tasks.is_empty() && !is_known(action, session)? {
        return Err(Failure::no_tasks(action));
    }
    // One that is listed below a run that is over is no run of tonight.
    if let Some(running) = tasks.first().filter(|task| !task.state.is_final()) {
        let address = action.task(running.id.clone());
        // A state that this version does not know may be an end.
        if !session.client.task(&address)?.is_over() {
            return Ok(Some(address));
        }
    }
    let is_new =
        |task: &&ListedTask| command.since.zip(task.created).is_some_and(|(since, created)| created >= since);
    let Some(over) = tasks.iter().find(is_new) else { return Ok(None) };
    let created = over.created.map(time).unwrap_or_default();
    session.reporter.note(&format!("task {} is over already: it was created {created} UTC", over.id));
    Ok(Some(action.task(over.id.clone())))
}

/// Whether the service knows the process or import, which may have never run. It lists no tasks for one that is not
/// there.
fn is_known(action: &ActionAddress, session: &Session) -> Result<bool, Failure> {
    match session.client.find_action(&action.model, action.id.as_str()) {
        Err(Error::NoSuchAction { .. }) => Ok(false),
        found => Ok(found.map(|_| true)?),
    }
}

/// Waits for a run that is not there yet.
fn begun_run(action: &ActionAddress, command: &Wait, session: &Session) -> Result<TaskAddress, Failure> {
    let begun = Instant::now();
    let known: HashSet<_> = session.client.tasks(action)?.into_iter().map(|task| task.id).collect();
    let mut log = LogClock::default();
    session.reporter.step("no run is under way: waiting for one to begin", Duration::ZERO, true);
    loop {
        let waited = begun.elapsed();
        if command.timeout.is_some_and(|timeout| waited >= timeout) {
            session.reporter.clear();
            return Err(Failure::Other(format!("no run of {action} began within {}", duration(waited))));
        }
        let left = command.timeout.map_or(Duration::MAX, |timeout| timeout - waited);
        sleep((waited / LOOK_SHARE).clamp(command.poll, MAX_LOOK.max(command.poll)).min(left));
        let waited = begun.elapsed();
        session.reporter.step("waiting for a run to begin", waited, log.is_due(waited, false));
        let tasks = session.client.tasks(action)?;
        if let Some(new) = tasks.into_iter().find(|task| !known.contains(&task.id)) {
            session.reporter.clear();
            return Ok(action.task(new.id));
        }
    }
}
