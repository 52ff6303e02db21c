//! `get`: from locators of any depth to the dumps that they mean.

use std::time::{Duration, SystemTime};

use anaplan_dump_core::{ActionKind, Download, Locator, ModelAddress, TaskChoice};
use serde_json::{Value, json};

use super::lists::none_in;
use crate::arguments::Get;
use crate::collect::Collect;
use crate::failure::Failure;
use crate::report::{Page, is_same_file};
use crate::resolve::{Selection, Wanted, skipped_document};
use crate::session::Session;
use crate::stdout::{named, print};
use crate::target::Target;

/// How far back a model is searched: so long a dump is there at least.
const LIFE_OF_A_DUMP: Duration = Duration::from_secs(48 * 60 * 60);

pub(crate) fn get(command: &Get, locators: &[Locator], session: &Session) -> Result<(), Failure> {
    let session = &session.limited();
    for locator in locators {
        check_options(command, locator)?;
    }
    let is_model = |locator: &Locator| locator.action().is_err();
    let is_one = matches!(locators, [locator] if !is_model(locator));
    // A single import has one dump, whatever happened.
    let is_import = |locator: &Locator| locator.action().is_ok_and(|action| action.kind == ActionKind::Import);
    let is_one_dump = matches!(locators, [locator] if locator.object().is_some() || is_import(locator));
    let target = Target::read(command.output.as_deref(), is_one_dump)?;
    check_target(command, &target, is_one, locators.len(), session.json)?;
    target.prepare()?;
    let mut page = Page::begin(command.html.as_deref(), command.force, &session.reporter)?;
    let mut runs = Vec::new();
    for locator in locators {
        match is_model(locator) {
            true => runs.extend(actions(locator.model(), session).into_iter().map(|action| (action, true))),
            false => runs.push((Ok(locator.clone()), false)),
        }
    }
    let (mut of_models, mut without_run) = (0, 0);
    let got = session.each(runs, is_one, |(locator, is_of_model)| {
        let locator = locator?;
        of_models += usize::from(is_of_model);
        match get_one(command, &locator, is_of_model, &target, page.take(), session) {
            // Not every process ran lately.
            Err(Failure::NotFound(_)) if is_of_model => {
                without_run += 1;
                Ok((Value::Null, None))
            }
            got => got,
        }
    });
    if without_run > 0 {
        session
            .reporter
            .note(&format!("{without_run} of {of_models} processes and imports finished no run in that time"));
    }
    got
}

/// The processes and imports of a model, and why it is not known which there are.
fn actions(model: &ModelAddress, session: &Session) -> Vec<Result<Locator, Failure>> {
    let found = session.client.actions(model);
    if found.is_empty() {
        return vec![Err(none_in(model, "processes"))];
    }
    found.into_iter().map(|action| Ok(action?.into())).collect()
}

/// Refuses options that contradict each other or the locator.
fn check_options(command: &Get, locator: &Locator) -> Result<(), Failure> {
    let is_task = matches!(locator.task_choice(), Some(TaskChoice::Id(_)));
    let contradiction = match command {
        Get { whole: true, parallel: 2.., .. } => "--whole fetches one piece: --parallel has no meaning with it",
        Get { whole: true, verify: true, .. } => "--whole has no chunks: --verify has no meaning with it",
        Get { limit: Some(_), .. } if is_task => "--limit is for a process: the locator names a task",
        Get { older: true, .. } if is_task => "--older is for a process: the locator names a task",
        Get { since: Some(_), .. } if is_task => "--since is for a process: the locator names a task",
        _ => return Ok(()),
    };
    Err(Failure::Usage(contradiction.into()))
}

fn check_target(command: &Get, target: &Target, is_one: bool, locators: usize, json: bool) -> Result<(), Failure> {
    let is_folder = matches!(target, Target::Folder(_));
    let is_file = is_folder || matches!(target, Target::File(_));
    let is_model = !is_one && locators == 1;
    let contradiction = match command {
        _ if json && *target == Target::Stdout => "--json and -o - both want standard output",
        Get { explain: true, .. } if !is_file => "--explain reads what was downloaded: -o must name a file or a folder",
        Get { html: Some(_), .. } if !is_file => "--html reads what was downloaded: -o must name a file or a folder",
        Get { html: Some(html), output: Some(output), .. } if is_same_file(html, output) => {
            "--html and -o name the same file"
        }
        Get { html: Some(_), .. } if is_model => "a model has several dumps: --html is a page on one task or dump",
        Get { html: Some(_), .. } if !is_one => "--html is a page on one task or dump: give one locator",
        _ if is_model && !is_folder => "a model has several dumps: -o must name a folder",
        _ if !is_one && !is_folder => "several locators need a folder for -o",
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
    is_of_model: bool,
    target: &Target,
    page: Option<Page>,
    session: &Session,
) -> Result<(Value, Option<Failure>), Failure> {
    let Get { force: overwrite, whole, explain, older, since, .. } = *command;
    let set: &dyn for<'d> Fn(Download<'d>) -> Download<'d> =
        &|download| download.parallel(command.parallel).recheck_chunks(command.verify).restart(command.restart);
    let collect = Collect { session, target, overwrite, whole, explain, page, set };
    let Selection { task, skipped, dumps, rest, end } = find(command, locator, is_of_model, target, session)?;
    let mut collected = collect.collect(&dumps)?;
    let end = if command.check { session.check(end) } else { Ok(()) };
    let rest = match rest {
        Err(missing) if dumps.is_empty() && end.is_ok() && !is_of_model => return Err(missing),
        // Not a dump of this user, or not any more.
        Err(Failure::NotFound(missing)) if is_of_model => {
            session.reporter.warn(&missing);
            Ok(String::new())
        }
        rest => rest.map_err(|missing| session.reporter.problem(missing)),
    };
    if !session.json && !dumps.is_empty() {
        collected.print(target, session)?;
    } else if let (Ok(none), false, false) = (&rest, session.json, is_of_model) {
        match target {
            // The reader of standard output would mistake it for the dump.
            Target::Stdout | Target::Device(_) => session.reporter.note(none),
            _ => print(&format!("{none}\n"))?,
        }
        if !matches!(locator.task_choice(), Some(TaskChoice::Id(_))) && !older && since.is_none() {
            session.reporter.note("for dumps of earlier runs, add --older");
        }
    }
    let failure = collected.failure.take().or(end.err()).or(rest.err());
    let skipped: Vec<Value> = skipped.iter().map(|skipped| skipped_document(&task.action, skipped)).collect();
    Ok((collected.document(json!({ "task": named(&task.id, &task), "skipped": skipped })), failure))
}

fn find(
    command: &Get,
    locator: &Locator,
    is_of_model: bool,
    target: &Target,
    session: &Session,
) -> Result<Selection, Failure> {
    let action = session.action(locator)?;
    let Some(TaskChoice::Id(id)) = locator.task_choice() else {
        let Get { older, mut since, mut limit, .. } = *command;
        if is_of_model {
            since = since.or_else(|| SystemTime::now().checked_sub(LIFE_OF_A_DUMP));
            // The time is the limit.
            limit = limit.or(Some(usize::MAX));
        }
        let (object, older) = (locator.object(), older || since.is_some());
        return session.newest_dumps(&action, &Wanted { object, older, since, limit, is_one_of_many: is_of_model });
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
        (true, _) => Some(session.client.task(&task)?),
        (false, Target::Folder(_)) => session.client.task(&task).ok(),
        _ => None,
    };
    Ok(Selection::one(address, known))
}
