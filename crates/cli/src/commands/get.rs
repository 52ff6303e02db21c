//! `get`: from locators of any depth to the dumps that they mean.

use anaplan_dump_core::{ActionKind, Download, Dump, Locator, TaskChoice};
use serde_json::{Value, json};

use crate::arguments::Get;
use crate::collect::Collect;
use crate::ending;
use crate::failure::Failure;
use crate::json::{each, named};
use crate::newest::{SearchOptions, Selection, skipped_document};
use crate::report::{Page, is_same_file};
use crate::session::Session;
use crate::stdout::print;
use crate::target::Target;

pub(crate) fn get(command: &Get, locators: &[Locator], session: &Session) -> Result<(), Failure> {
    let session = &session.within(command.timeout);
    for locator in locators {
        check_options(command, locator)?;
    }
    let is_one_dump = matches!(locators, [locator] if names_one_dump(locator));
    let target = Target::read(command.output.as_deref(), is_one_dump)?;
    check_target(command, &target, locators.len(), session.json)?;
    target.prepare()?;
    let mut page = Page::begin(command.html.as_deref(), command.force, &session.reporter)?;
    each(locators, session, |locator| get_one(command, locator, &target, page.take(), session))
}

/// Whether `-o` may name a file: the locator means one dump, whatever happened. A single import has one.
fn names_one_dump(locator: &Locator) -> bool {
    locator.object().is_some() || locator.action().is_ok_and(|action| action.kind == ActionKind::Import)
}

/// Refuses options that contradict each other or the locator.
fn check_options(command: &Get, locator: &Locator) -> Result<(), Failure> {
    let is_task = matches!(locator.task_choice(), Some(TaskChoice::Id(_)));
    let contradiction = match command {
        Get { whole: true, parallel: 2.., .. } => {
            "--whole fetches one piece: --parallel has no meaning with it"
        }
        Get { whole: true, verify: true, .. } => "--whole has no chunks: --verify has no meaning with it",
        Get { limit: Some(_), .. } if is_task => "--limit is for a process: the locator names a task",
        Get { older: true, .. } if is_task => "--older is for a process: the locator names a task",
        Get { since: Some(_), .. } if is_task => "--since is for a process: the locator names a task",
        _ => return Ok(()),
    };
    Err(Failure::Usage(contradiction.into()))
}

fn check_target(command: &Get, target: &Target, locators: usize, json: bool) -> Result<(), Failure> {
    let is_file = matches!(target, Target::File(_) | Target::Folder(_));
    let contradiction = match command {
        _ if json && *target == Target::Stdout => "--json and -o - both want standard output",
        Get { explain: true, .. } if !is_file => {
            "--explain reads what was downloaded: -o must name a file or a folder"
        }
        Get { html: Some(_), .. } if !is_file => {
            "--html reads what was downloaded: -o must name a file or a folder"
        }
        Get { html: Some(html), output: Some(output), .. } if is_same_file(html, output) => {
            "--html and -o name the same file"
        }
        Get { html: Some(_), .. } if locators > 1 => "--html is a page on one task or dump: give one locator",
        _ if locators > 1 && !matches!(target, Target::Folder(_)) => "several locators need a folder for -o",
        Get { force: true, .. } if !is_file => "--force replaces a file: -o names none",
        Get { restart: true, .. } if !is_file => "--restart begins a file anew: -o names none",
        _ => return Ok(()),
    };
    Err(Failure::Usage(contradiction.into()))
}

/// What was downloaded for one locator, as `--json` shows it, and the first failure.
fn get_one(
    command: &Get,
    locator: &Locator,
    target: &Target,
    page: Option<Page>,
    session: &Session,
) -> Result<(Value, Option<Failure>), Failure> {
    let Get { force: overwrite, whole, explain, older, since, .. } = *command;
    let set: &dyn for<'d> Fn(Download<'d>) -> Download<'d> = &|download| {
        download.parallel(command.parallel).recheck_chunks(command.verify).restart(command.restart)
    };
    let collect = Collect { session, target, overwrite, whole, explain, page, set };
    let Selection { address, task, skipped, dumps, missing, none } = find(command, locator, target, session)?;
    let ended = match task.filter(|_| command.check) {
        Some(task) => ending::check(&task, session.client.outcome(&task)?),
        None => Ok(()),
    };
    let missing = match missing {
        Some(missing) if dumps.is_empty() && ended.is_ok() => return Err(missing),
        missing => missing,
    };
    let mut collected = collect.collect(&dumps)?;
    let missing = missing.map(|missing| session.reporter.problem(missing));
    if !session.json && !dumps.is_empty() {
        collected.print(target, session)?;
    } else if !session.json && missing.is_none() {
        match target {
            // The reader of standard output would mistake it for the dump.
            Target::Stdout | Target::Device(_) => session.reporter.note(&none),
            _ => print(&format!("{none}\n"))?,
        }
        if !matches!(locator.task_choice(), Some(TaskChoice::Id(_))) && !older && since.is_none() {
            session.reporter.note("--older looks for dumps of earlier runs");
        }
    }
    let failure = collected.failure.take().or(ended.err()).or(missing);
    let skipped: Vec<Value> =
        skipped.iter().map(|skipped| skipped_document(&address.action, skipped)).collect();
    Ok((collected.document(json!({ "task": named(&address.id, &address), "skipped": skipped })), failure))
}

fn find(command: &Get, locator: &Locator, target: &Target, session: &Session) -> Result<Selection, Failure> {
    let action = session.action(locator)?;
    let Some(TaskChoice::Id(id)) = locator.task_choice() else {
        let Get { older, since, limit, .. } = *command;
        return session.newest_dumps(&action, locator.object(), SearchOptions { older, since, limit });
    };
    let task = action.task(id.clone());
    let address = match (action.kind, locator.object()) {
        (_, Some(object)) => task.dump(object.clone()),
        (ActionKind::Import, None) => task.own_dump(),
        (ActionKind::Process, None) => return session.dumps_of_task(task),
    };
    // Only the task has the name and the date, and only a file in a folder is called so: where it cannot be read, the
    // dump is what counts.
    let known = match (command.check, target) {
        (true, _) => session.task_if_there(&task)?,
        (false, Target::Folder(_)) => session.client.task(&task).ok(),
        _ => None,
    };
    let dump = known.as_ref().map_or_else(|| Dump::from(&address), |task| Dump::new(task, address.clone()));
    Ok(Selection {
        address: task,
        task: known,
        skipped: Vec::new(),
        dumps: vec![dump],
        missing: None,
        none: String::new(),
    })
}
