//! `explain`: what is wrong in dump files. Needs neither a token nor the network.

use std::fmt::Display;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anaplan_dump_core::report::{Report, ReportBuilder, ReportError, RowTable};
use anaplan_dump_core::{Unfinished, WholeFile};

use crate::arguments::{Explain, Verbosity};
use crate::failure::Failure;
use crate::os_text;
use crate::progress::Reporter;
use crate::report::{Input, ReportDocument, failed, print_report, width};
use crate::signals;
use crate::stdout::{print, print_json};
use crate::target::Target;
use crate::text::{counted, safe};

/// Kinds of a report, and rows of one kind, where `--top` does not give the number: about what a terminal shows.
const DEFAULT_KINDS: usize = 10;
const DEFAULT_ROWS: usize = 20;

/// Kinds of a page, which is scrolled, where `--top` does not give the number. At about 1 kB each they load at once.
const DEFAULT_PAGE_KINDS: usize = 100;

/// Where a file that is redirected to standard input has its name. Windows has nothing like it.
const STDIN_PATH: &str = "/dev/stdin";

pub(crate) fn explain(
    command: &Explain,
    verbosity: Verbosity,
    unfinished: &Unfinished,
) -> Result<(), Failure> {
    check(command)?;
    let reporter = Arc::new(Reporter::new(verbosity, unfinished));
    signals::watch(Arc::clone(&reporter))?;
    // Before gigabytes are read: a file that is not there, and one that must stay, are found out now.
    let inputs = command.files.iter().map(|file| Input::open(file)).collect::<Result<Vec<_>, _>>()?;
    let earlier = command.against.iter().map(|file| Input::open(file)).collect::<Result<Vec<_>, _>>()?;
    for (option, output) in [("--html", &command.html), ("--fix", &command.fix)] {
        if let Some(output) = output.as_deref().filter(|output| is_read(output, command)) {
            return Err(Failure::Usage(format!(
                "{option} would replace the dump {output}: choose another name"
            )));
        }
    }
    // Before the next one is opened, which may be a pipe that nobody reads.
    let begin = |option: &str, file: &Option<String>| {
        file.as_deref().map(|file| begin(option, file, command.force, unfinished)).transpose()
    };
    let page = begin("--html", &command.html)?;
    let fix = begin("--fix", &command.fix)?;
    if let (Some(kind), None) = (&command.kind, &fix) {
        return inputs.into_iter().try_for_each(|input| print_rows(input, kind, command, &reporter));
    }
    // First, so that nothing is left behind where one of them is no dump.
    let before = if earlier.is_empty() { None } else { Some(read(earlier, &reporter)?) };
    let report = match fix {
        Some(file) => read_and_fix(inputs, file, command, &reporter)?,
        None => read(inputs, &reporter)?,
    };
    let mut view = report.view();
    if let Some(before) = &before {
        view = view.against(before);
    }
    if let Some(mut page) = page {
        let view = view.clone().top(command.top.unwrap_or(DEFAULT_PAGE_KINDS));
        write(&mut page, view.html())?;
        finish(page, &reporter)?;
        reporter
            .note(&format!("{}: the report as a page", safe(command.html.as_deref().unwrap_or_default())));
    }
    if command.json {
        let document = ReportDocument::new(report);
        return match &before {
            Some(before) => print_json(&document.against(before)),
            None => print_json(&document),
        };
    }
    print_report(view.top(command.top.unwrap_or(DEFAULT_KINDS)))?;
    if command.top.is_none() && report.kinds.len() > DEFAULT_KINDS && report.unlisted_messages == 0 {
        reporter.note(&format!("--top {} shows every kind", report.kinds.len()));
    }
    Ok(())
}

/// Whether a file that is to be written is one of those that are read, whatever its name. The service does not keep a
/// dump for long, so it is not replaced even by `--force`.
fn is_read(output: &str, command: &Explain) -> bool {
    let path = |file| os_text::path(if file == "-" { STDIN_PATH } else { file });
    let mut inputs = command.files.iter().chain(&command.against).map(|file| path(file).canonicalize());
    path(output).canonicalize().is_ok_and(|output| inputs.any(|input| input.is_ok_and(|file| file == output)))
}

/// Whether two names are of one file, which need not be there yet.
fn is_same_file(a: &str, b: &str) -> bool {
    let resolved = |file: &str| {
        let path = os_text::path(file);
        let in_folder = || {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            Some(folder.unwrap_or(Path::new(".")).canonicalize().ok()?.join(path.file_name()?))
        };
        path.canonicalize().ok().or_else(in_folder)
    };
    a == b || resolved(a).is_some_and(|a| resolved(b) == Some(a))
}

/// Refuses what contradicts itself, before anything is opened.
fn check(command: &Explain) -> Result<(), Failure> {
    let wrong = |text: &str| Err(Failure::Usage(text.to_owned()));
    let shows_rows = command.kind.is_some() && command.fix.is_none();
    let inputs = || command.files.iter().chain(&command.against);
    match command {
        _ if command.files.is_empty() => wrong("explain needs a dump file; - is standard input"),
        _ if inputs().filter(|file| *file == "-").count() > 1 => wrong("standard input can be read once"),
        Explain { json: true, top: Some(_), html: None, .. } => {
            wrong("--json has every kind: leave out --top")
        }
        Explain { fix: Some(_), .. } | Explain { kind: Some(_), .. } if command.files.len() > 1 => {
            wrong("--fix and --kind need one dump file: the columns of others may differ")
        }
        Explain { json: true, .. } | Explain { html: Some(_), .. } if shows_rows => {
            wrong("--kind shows rows instead of the report: leave out --json and --html, or add --fix")
        }
        _ if shows_rows && !command.against.is_empty() => {
            wrong("--kind shows rows instead of the report: leave out --against, or add --fix")
        }
        Explain { fix: None, html: None, force: true, .. } => wrong("--force is for --fix and --html"),
        Explain { fix: Some(fix), html: Some(html), .. } if is_same_file(fix, html) => {
            wrong("--fix and --html name the same file")
        }
        _ => Ok(()),
    }
}

fn read(inputs: Vec<Input>, reporter: &Reporter) -> Result<Report, Failure> {
    let mut builder = ReportBuilder::new();
    inputs.into_iter().try_for_each(|input| input.add_to(&mut builder, reporter))?;
    Ok(builder.finish())
}

fn read_and_fix(
    inputs: Vec<Input>,
    mut file: WholeFile,
    command: &Explain,
    reporter: &Reporter,
) -> Result<Report, Failure> {
    let mut builder = ReportBuilder::new();
    for input in inputs {
        let name = input.name.clone();
        let fixed = builder.add_and_fix(&name, input.read(reporter)?, command.kind.as_deref(), &mut file);
        let fixed = fixed.map_err(|error| match error {
            ReportError::Write(source) => file.failed(source).into(),
            error => failed(&name, error),
        })?;
        let rows = |count| counted(usize::try_from(count).unwrap_or(usize::MAX), "row");
        let left_out = match fixed.left_out {
            0 => String::new(),
            count => format!(", {} left out that cannot be read for certain", rows(count)),
        };
        let target = safe(command.fix.as_deref().unwrap_or_default());
        reporter.note(&format!("{target}: {} to correct{left_out}", rows(fixed.rows)));
    }
    finish(file, reporter)?;
    Ok(builder.finish())
}

fn print_rows(input: Input, kind: &str, command: &Explain, reporter: &Reporter) -> Result<(), Failure> {
    let name = input.name.clone();
    let table = RowTable::read(input.read(reporter)?, kind, command.top.unwrap_or(DEFAULT_ROWS));
    let table = table.map_err(|error| failed(&name, error))?;
    print(&table.width(width()).to_string())
}

/// Begins the file that an option names.
fn begin(option: &str, file: &str, overwrite: bool, unfinished: &Unfinished) -> Result<WholeFile, Failure> {
    let wrong = |text: &str| Err(Failure::Usage(format!("{option} needs a file{text}")));
    if file.is_empty() {
        return wrong("");
    }
    match Target::read(Some(file), true)? {
        Target::Stdout => return wrong(": standard output has the report"),
        Target::Folder(_) => return wrong(", not a folder"),
        target => target.prepare()?,
    };
    Ok(WholeFile::begin(os_text::path(file), overwrite, unfinished)?)
}

fn write(file: &mut WholeFile, text: impl Display) -> Result<(), Failure> {
    write!(file, "{text}").map_err(|error| file.failed(error).into())
}

fn finish(file: WholeFile, reporter: &Reporter) -> Result<(), Failure> {
    for warning in file.finish()? {
        reporter.warn(&warning.to_string());
    }
    Ok(())
}
