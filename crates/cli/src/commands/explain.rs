//! `explain`: what is wrong in dump files. Needs neither a token nor the network.

use std::io::IsTerminal;
use std::sync::Arc;

use anaplan_dump_core::report::{CorrectedRows, Kind, Report, ReportBuilder, ReportError, RowTable, Severity};
use anaplan_dump_core::{Dump, Unfinished, WholeFile, is_unprintable, shown_path, thousands};
use serde_json::json;

use crate::arguments::Explain;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::os_text;
use crate::progress::Reporter;
use crate::report::{
    Page, begin_file, failed, finish_file, is_same_file, print_report, read, report_document, report_on, width,
};
use crate::signals;
use crate::stdout::{check_open, print, print_json};
use crate::text::{counted, safe, shell_word};

/// Kinds of a report, and rows of one kind, where `--top` does not give the number: about what a terminal shows.
const DEFAULT_KINDS: usize = 10;
const DEFAULT_ROWS: usize = 20;

/// Rows that a message names.
const NAMED_ROWS: usize = 10;

/// Where a file that is redirected to standard input has its name. Windows has nothing like it.
const STDIN_PATH: &str = "/dev/stdin";

/// What ends the name of a dump that is not downloaded to its end.
const PART: &str = ".part";

pub(crate) fn explain(
    command: &Explain,
    environment: &Environment<'_>,
    unfinished: &Unfinished,
) -> Result<(), Failure> {
    let json = environment.arguments.json;
    check(command, json)?;
    if command.html.is_none() && command.fix.is_none() {
        check_open()?;
    }
    let reporter = Arc::new(Reporter::new(environment.arguments.verbosity(), unfinished));
    signals::watch(Arc::clone(&reporter))?;
    for (option, output) in [("--html", &command.html), ("--fix", &command.fix)] {
        if let Some(output) = output.as_deref().filter(|output| is_read(output, command)) {
            return Err(Failure::Usage(format!("{option} would replace the dump {output}: choose another name")));
        }
    }
    if let (Some(kind), None, [file]) = (&command.kind, &command.fix, &*command.files) {
        print_rows(file, kind, command, json, &reporter)?;
        return part_of_a_dump(command).map_or(Ok(()), Err);
    }
    if let (Some(_), Some(failure)) = (&command.fix, part_of_a_dump(command)) {
        return Err(failure);
    }
    // Before gigabytes are read: a file that must stay is found out now.
    let page = Page::begin(command.html.as_deref(), command.force, &reporter)?;
    let fix = command.fix.as_deref().map(|name| begin_file("--fix", name, command.force, &reporter));
    let fix = fix.transpose()?;
    // First, so that no file is left if one of them is no dump.
    let before = read_before(&command.against, &reporter)?;
    let (report, fixed, problems) = match (fix, &*command.files) {
        (Some(fix), [file]) => {
            let (report, fixed) = read_and_fix(file, fix, command, &reporter)?;
            (report, Some(fixed), Vec::new())
        }
        (_, files) => {
            let (report, problems) = report_on(files.iter().cloned(), &reporter);
            (report, None, problems)
        }
    };
    // Half of one file looks like a whole report.
    if report.inputs.is_empty() || (command.files.len() == 1 && !problems.is_empty()) {
        return Err(first(problems).unwrap_or_else(|| Failure::Other("there is nothing to report on".into())));
    }
    let view = || before.iter().fold(report.view(), |view, before| view.against(before));
    if let Some(page) = page {
        page.write(view(), command.top, &reporter)?;
    }
    let incomplete = incomplete(&report, before.as_ref(), fixed.as_ref(), command);
    if let Some(kind) = &command.values {
        let kind = report.kind(kind).map_err(|error| failed(&command.files[0], error))?;
        print_values(kind)?;
    } else if json {
        let mut document = report_document(&report, before.as_ref());
        if let Some(fixed) = &fixed {
            document["fix"] = json!(fixed);
        }
        if !problems.is_empty() {
            document["not_read"] = problems.iter().map(Failure::document).collect();
        }
        print_json(&document)?;
    } else {
        print_report(view().top(command.top.unwrap_or(DEFAULT_KINDS)))?;
        let of = |severity| report.kinds.iter().filter(|kind| kind.severity == severity).count();
        let most = [Severity::Error, Severity::Consequence, Severity::Warning].map(of).into_iter().max().unwrap_or(0);
        if command.top.is_none() && most > DEFAULT_KINDS && report.unlisted_messages == 0 {
            reporter.note(&format!("--top {most} shows every kind"));
        }
    }
    // Last, so that it is on the screen.
    if fixed.is_some()
        && let Some(load) = load_command(&command.files[0], command, environment)?
    {
        reporter.note(&format!("once it is corrected: {load}"));
        reporter
            .note("caution: your later runs load these rows in place of the full file, until you upload that again");
    }
    first(problems).or(incomplete).map_or(Ok(()), Err)
}

/// The first problem, which is on the screen already.
fn first(problems: Vec<Failure>) -> Option<Failure> {
    problems.into_iter().next().map(|problem| Failure::Reported(Box::new(problem)))
}

/// What is missing in the report or in a file that it is written to.
fn incomplete(
    report: &Report,
    before: Option<&Report>,
    fixed: Option<&CorrectedRows>,
    command: &Explain,
) -> Option<Failure> {
    if let Some(failure) = part_of_a_dump(command) {
        return Some(failure);
    }
    let mut inputs = [Some(report), before].into_iter().flatten().flat_map(|report| &report.inputs);
    if let Some(input) = inputs.find(|input| input.totals.rows_cut_off > 0) {
        return Some(failed(&input.name, ReportError::CutOff));
    }
    let fixed = fixed.filter(|fixed| fixed.left_out > 0)?;
    let places = fixed.left_out_rows.iter().take(NAMED_ROWS).map(u64::to_string).collect::<Vec<_>>().join(", ");
    let more = if fixed.left_out > NAMED_ROWS as u64 { ", ..." } else { "" };
    let (rows, are) = if fixed.left_out == 1 { ("row", "is") } else { ("rows", "are") };
    Some(Failure::Other(format!(
        "{} {are} not in {}: the fields may not be in their columns (see {rows} {places}{more} of the dump)",
        counted(usize::try_from(fixed.left_out).unwrap_or(usize::MAX), "rejected row"),
        shown_path(&os_text::path(command.fix.as_deref().unwrap_or_default()))
    )))
}

/// Says that a file is a dump that `get` has not completed.
fn part_of_a_dump(command: &Explain) -> Option<Failure> {
    let part = command.files.iter().chain(&command.against).find(|file| file.ends_with(PART))?;
    Some(Failure::Other(format!(
        "{} is an unfinished download: the same get again completes it",
        shown_path(&os_text::path(part))
    )))
}

/// Whether a file that is to be written is one of those that are read, whatever its name. The service does not keep a
/// dump for long, so it is not replaced even by `--force`.
fn is_read(output: &str, command: &Explain) -> bool {
    let path = |file| os_text::path(if file == "-" { STDIN_PATH } else { file });
    let mut inputs = command.files.iter().chain(&command.against).map(|file| path(file).canonicalize());
    path(output).canonicalize().is_ok_and(|output| inputs.any(|input| input.is_ok_and(|file| file == output)))
}

/// Refuses what contradicts itself, before anything is opened.
fn check(command: &Explain, json: bool) -> Result<(), Failure> {
    let Explain { files, kind, values, top, fix, warnings, html, force, against, .. } = command;
    let (has_kind, has_fix, has_html) = (kind.is_some(), fix.is_some(), html.is_some());
    let (shows_rows, is_one) = (has_kind && !has_fix, files.len() < 2);
    let stdin = files.iter().chain(against).filter(|file| *file == "-").count();
    let is_same = fix.as_ref().zip(html.as_ref()).is_some_and(|(fix, html)| is_same_file(fix, html));
    let wrong = [
        (files.is_empty(), "explain needs a dump file; - is standard input"),
        (stdin > 1, "standard input can be read once"),
        (
            values.is_some() && (has_kind || json),
            "--values prints CSV instead of the report: leave out --kind and --json",
        ),
        (*warnings && !has_fix, "--warnings is for --fix"),
        (json && top.is_some() && !has_html && !shows_rows, "--json has every kind: leave out --top"),
        (has_fix && !is_one, "--fix takes one dump file, because columns may differ: name the newest"),
        (has_kind && !is_one, "--kind takes one dump file, because columns may differ: name the newest"),
        (shows_rows && has_html, "--kind shows rows instead of the report: leave out --html, or add --fix"),
        (
            shows_rows && !against.is_empty(),
            "--kind shows rows instead of the report: leave out --against, or add --fix",
        ),
        (*force && !has_fix && !has_html, "--force is for --fix and --html"),
        (is_same, "--fix and --html name the same file"),
    ];
    let wrong = wrong.into_iter().find(|(is_wrong, _)| *is_wrong);
    wrong.map_or(Ok(()), |(_, why)| Err(Failure::Usage(why.to_owned())))
}

/// The report on earlier dumps.
fn read_before(files: &[String], reporter: &Reporter) -> Result<Option<Report>, Failure> {
    let mut builder = ReportBuilder::new();
    for file in files {
        read(file, reporter, |name, source| builder.add(name, source))?;
    }
    Ok(if files.is_empty() { None } else { Some(builder.finish()) })
}

fn read_and_fix(
    file: &str,
    mut output: WholeFile,
    command: &Explain,
    reporter: &Reporter,
) -> Result<(Report, CorrectedRows), Failure> {
    let (mut builder, kind, warned) = (ReportBuilder::new(), command.kind.as_deref(), command.warnings);
    let fixed = read(file, reporter, |name, source| Ok(builder.add_and_fix(name, source, kind, warned, &mut output)));
    let fixed = match fixed? {
        Err(ReportError::Write(source)) => return Err(output.failed(source).into()),
        fixed => fixed.map_err(|error| failed(file, error))?,
    };
    let rows = |count| counted(usize::try_from(count).unwrap_or(usize::MAX), "row");
    let left_out = match fixed.warnings_left_out {
        0 => String::new(),
        count => format!("; {} loaded with a warning left out: --warnings takes them along", rows(count)),
    };
    let name = shown_path(&os_text::path(command.fix.as_deref().unwrap_or_default()));
    reporter.note(&format!("{name}: {} to correct{left_out}", rows(fixed.rows)));
    if fixed.may_lack_header {
        reporter.note(&format!(
            "{name}: the columns are called Column 1 and so on; if the source has no header, remove the first line"
        ));
    }
    finish_file(output, reporter)?;
    Ok((builder.finish(), fixed))
}

/// The command that loads the corrected rows, where the name of the dump's file says of which import they are.
fn load_command(file: &str, command: &Explain, environment: &Environment) -> Result<Option<String>, Failure> {
    let path = os_text::path(file);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (Some(import), Some(fix)) = (Dump::import_of_file(&name), &command.fix) else { return Ok(None) };
    let import = match environment.model()? {
        Some(model) => model.import(import).to_string(),
        None => format!("WORKSPACE/MODEL/{import}"),
    };
    // What is still rejected goes where this dump is.
    let folder = file.rfind(std::path::is_separator).map(|at| format!(" -o {}", shell_word(&file[..=at])));
    let (import, fix, folder) = (shell_word(&import), shell_word(fix), folder.unwrap_or_default());
    Ok(Some(format!("anaplan-dump run {import} --put {fix}{folder}")))
}

fn print_rows(file: &str, kind: &str, command: &Explain, json: bool, reporter: &Reporter) -> Result<(), Failure> {
    let top = command.top.unwrap_or(DEFAULT_ROWS);
    let table = read(file, reporter, |_, source| RowTable::read(source, kind, top))?;
    if json {
        print_json(&json!(table))?
    } else {
        print(&table.text(width()))?
    }
    if table.is_cut_off { Err(failed(file, ReportError::CutOff)) } else { Ok(()) }
}

/// Prints the values of a kind as CSV, whatever program reads it. Nothing in them steers a terminal.
fn print_values(kind: &Kind) -> Result<(), Failure> {
    let quoted = |text: &str| match text.contains([',', '"', '\r', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    };
    let lines = kind.values.iter().map(|value| format!("{},{}\n", quoted(&value.text), value.rows));
    let mut text = "value,rows\n".to_owned() + &lines.collect::<String>();
    if std::io::stdout().is_terminal() {
        let shown = |c| if c != '\n' && is_unprintable(c) { char::REPLACEMENT_CHARACTER } else { c };
        text = text.chars().map(shown).collect();
    }
    print(&text)?;
    match kind.distinct_values {
        Some(_) => Ok(()),
        None => Err(Failure::Other(format!(
            "\"{}\" has too many values to list all: the commonest are among these {}",
            safe(&kind.title),
            thousands(kind.values.len() as u64)
        ))),
    }
}
