//! `get`: from locators of any depth to the dumps that they mean.

use anaplan_dump_core::{ActionKind, Download, Dump, Locator, TaskAddress, TaskChoice};
use serde::Serialize;

use crate::arguments::Get;
use crate::collect::{Collect, Collected, DumpReport, print_reports};
use crate::ending;
use crate::failure::Failure;
use crate::json::{Entry, Named};
use crate::newest::{SearchOptions, Selection, SkippedTask, without_dump};
use crate::report::{Page, ReportDocument, is_same_file, print_report};
use crate::session::Session;
use crate::stdout::print;
use crate::target::Target;
use crate::text::safe;

/// What was done for a locator, as `--json` shows it.
#[derive(Serialize)]
struct Report {
    /// The task whose dumps these are, or which had no failures.
    task: Option<Named>,
    /// Tasks that were passed over, the newest first.
    skipped: Vec<SkippedTask>,
    dumps: Vec<DumpReport>,
    /// What is wrong in the dumps; left out unless `--explain` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<ReportDocument>,
}

pub(crate) fn get(command: &Get, session: &Session) -> Result<(), Failure> {
    let limited = command.timeout.map(|limit| session.within(limit));
    let session = limited.as_ref().unwrap_or(session);
    let texts: Vec<&String> = std::iter::once(&command.locator).chain(&command.more).collect();
    let locators = texts.into_iter().map(|text| session.locator(text)).collect::<Result<Vec<_>, _>>()?;
    for locator in &locators {
        check_options(command, locator)?;
    }
    let is_one_dump = matches!(locators.as_slice(), [locator] if names_one_dump(locator));
    let target = Target::read(command.output.as_deref(), is_one_dump)?;
    check_target(command, &target, locators.len())?;
    target.prepare()?;
    let mut page = Page::begin(command.html.as_deref(), command.force, &session.reporter)?;
    let mut entries = Vec::new();
    let mut first_failure = None;
    for locator in &locators {
        let failure = match get_one(command, locator, &target, page.take(), session) {
            Ok((report, failure)) => {
                entries.push(Entry::Done(Box::new(report)));
                failure
            }
            Err(failure) if locators.len() == 1 => return Err(failure),
            Err(failure) => {
                session.reporter.problem(&failure);
                entries.push(Entry::failed(&failure));
                Some(Failure::Reported(Box::new(failure)))
            }
        };
        first_failure = first_failure.or(failure);
    }
    if command.json {
        Entry::print(&entries)?;
    }
    first_failure.map_or(Ok(()), Err)
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

fn check_target(command: &Get, target: &Target, locators: usize) -> Result<(), Failure> {
    let is_file = matches!(target, Target::File(_) | Target::Folder(_));
    let contradiction = match command {
        Get { json: true, .. } if *target == Target::Stdout => "--json and -o - both want standard output",
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

/// What was downloaded for one locator, and the first failure, which is on the screen already.
fn get_one(
    command: &Get,
    locator: &Locator,
    target: &Target,
    page: Option<Page>,
    session: &Session,
) -> Result<(Report, Option<Failure>), Failure> {
    let selection = find(command, locator, target, session)?;
    let Get { force: overwrite, json: checksums, whole, .. } = *command;
    let set: &dyn for<'d> Fn(Download<'d>) -> Download<'d> = &|download| {
        download.parallel(command.parallel).recheck_chunks(command.verify).restart(command.restart)
    };
    let collect = Collect { session, target, overwrite, checksums, whole, set };
    let mut collected = collect.collect(&selection.dumps)?;
    let explained = collected.explain(command.explain, page, session);
    let Collected { dumps, mut failure } = collected;
    if let Some(unnamed) = selection.unnamed {
        session.reporter.problem(&unnamed);
        failure = failure.or(Some(Failure::Reported(Box::new(unnamed))));
    }
    if !command.json && !selection.dumps.is_empty() {
        print_reports(&dumps, target, session)?;
        if let Some(report) = &explained {
            print("\n")?;
            print_report(report.view())?;
        }
    } else if !command.json {
        let text = selection.clean.as_deref().unwrap_or("Nothing failed: there is no dump to download.");
        match target {
            // The reader of standard output would mistake it for the dump.
            Target::Stdout | Target::Device(_) => session.reporter.note(text),
            _ => print(&format!("{text}\n"))?,
        }
        if !matches!(locator.task_choice(), Some(TaskChoice::Id(_)))
            && !command.older
            && command.since.is_none()
        {
            session.reporter.note("--older looks for dumps of earlier runs");
        }
    }
    if let (None, Some((task, outcome))) = (&failure, selection.ended.filter(|_| command.check)) {
        failure = ending::check(&task, outcome).err();
    }
    let report = Report {
        task: selection.task.as_ref().map(Named::from),
        skipped: selection.skipped.iter().map(SkippedTask::new).collect(),
        dumps,
        report: explained.map(ReportDocument::new),
    };
    Ok((report, failure))
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
        (ActionKind::Process, None) => return dumps_of_task(task, session),
    };
    // Only the task has the name and the date, and only a file in a folder needs them.
    let is_needed = command.check || matches!(target, Target::Folder(_));
    let known = if is_needed { session.task_if_there(&task)? } else { None };
    let dump = known.as_ref().map_or_else(|| Dump::from(&address), |task| Dump::new(task, address.clone()));
    let ended = match known.filter(|_| command.check) {
        Some(known) => Some((session.client.outcome(&known)?, known)),
        None => None,
    };
    let ended = ended.map(|(outcome, task)| (task, outcome));
    Ok(Selection { task: Some(task), dumps: vec![dump], ended, ..Selection::default() })
}

fn dumps_of_task(address: TaskAddress, session: &Session) -> Result<Selection, Failure> {
    let task = session.client.task(&address)?;
    if !task.is_over() {
        return Err(Failure::NotFound(format!(
            "task {address} has not finished ({}): its dumps are there once it has\n  \
             wait for it and collect them with: wait {address}",
            safe(task.state.as_str())
        )));
    }
    let dumps = session.client.dumps(&task)?;
    let outcome = task.outcome_with(&dumps);
    let clean = match ending::remarks(&task, outcome) {
        _ if !dumps.is_empty() => None,
        _ if !outcome.is_good() => return Err(without_dump(&task, outcome, None)),
        remarks => remarks.map(|remarks| format!("No rows were rejected: {remarks}.")),
    };
    let unnamed = ending::unnamed_dumps(&task);
    let ended = Some((task, outcome));
    Ok(Selection { task: Some(address), dumps, unnamed, clean, ended, ..Selection::default() })
}
