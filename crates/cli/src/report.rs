//! What is wrong in dump files, for `explain` and for the commands that download them: reading with progress,
//! the report on standard output or as a page, and errors that name the file.

use std::fmt::Display;
use std::fs::{File, Metadata};
use std::io::{self, BufRead, ErrorKind, IsTerminal, Read, Write};
use std::path::{MAIN_SEPARATOR, Path};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use anaplan_dump_core::report::{Report, ReportBuilder, ReportError, ReportView};
use anaplan_dump_core::{Error, WholeFile, shown_path};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::os_text;
use crate::progress::Reporter;
use crate::stdout::print;
use crate::target::Target;
use crate::text::{columns, rfc3339, time};

/// What reports call the file `-`.
const STANDARD_INPUT: &str = "standard input";

/// Width of a report, in columns, where neither `COLUMNS` nor a terminal gives it: that of a mail.
const DEFAULT_WIDTH: usize = 80;

/// Kinds of a page, which is scrolled, where `--top` does not give the number. At about 1 kB each they load at once.
const DEFAULT_PAGE_KINDS: usize = 100;

/// A report as `--json` shows it. There are changes where there are earlier dumps.
pub(crate) fn report_document(report: &Report, before: Option<&Report>) -> Value {
    let mut document = json!(report);
    document["made"] = rfc3339(SystemTime::now()).into();
    if let Some(before) = before {
        document["changes"] = json!(report.changes_since(before));
    }
    document
}

/// When a report is made, for people.
fn made() -> String {
    format!("{} UTC", time(SystemTime::now()))
}

/// A page of a report that is begun before there is anything to say, so that what cannot be written is found out first.
pub(crate) struct Page {
    file: WholeFile,
    name: String,
}

impl Page {
    /// Begins the page that `--html` names, if it names one.
    pub(crate) fn begin(html: Option<&str>, replaces: bool, reporter: &Reporter) -> Result<Option<Page>, Failure> {
        let Some(name) = html else { return Ok(None) };
        let file = begin_file("--html", name, replaces, reporter)?;
        Ok(Some(Page { file, name: name.to_owned() }))
    }

    /// Writes the page and gives it its name.
    pub(crate) fn write(
        mut self,
        view: ReportView<'_>,
        top: Option<usize>,
        reporter: &Reporter,
    ) -> Result<(), Failure> {
        let made = made();
        let view = view.top(top.unwrap_or(DEFAULT_PAGE_KINDS)).made(&made);
        let html: &dyn Display = &view.html();
        write!(self.file, "{html}").map_err(|error| self.file.failed(error))?;
        finish_file(self.file, reporter)?;
        reporter.note(&format!("{}: the report as a page", shown_path(&os_text::path(&self.name))));
        Ok(())
    }
}

/// Begins the file that an option names.
pub(crate) fn begin_file(option: &str, file: &str, overwrite: bool, reporter: &Reporter) -> Result<WholeFile, Failure> {
    let wrong = |text: &str| Err(Failure::Usage(format!("{option} needs a file{text}")));
    if file.is_empty() {
        return wrong("");
    }
    match Target::read(Some(file), true)? {
        Target::Stdout => return wrong(": standard output has the report"),
        Target::Folder(_) => return wrong(", not a folder"),
        target => target.prepare()?,
    };
    Ok(WholeFile::begin(os_text::path(file), overwrite, &reporter.unfinished)?)
}

pub(crate) fn finish_file(file: WholeFile, reporter: &Reporter) -> Result<(), Failure> {
    file.finish()?.iter().for_each(|warning| reporter.warn(&warning.to_string()));
    Ok(())
}

/// Adds a file to a report, by whatever adds it, and shows how it is read. `-` is standard input.
pub(crate) fn read<T>(
    file: &str,
    reporter: &Reporter,
    add: impl FnOnce(&str, Box<dyn Read + '_>) -> Result<T, ReportError>,
) -> Result<T, Failure> {
    if file == "-" {
        let mut stdin = std::io::stdin().lock();
        // As from a download that was interrupted before its first chunk.
        if stdin.fill_buf().is_ok_and(<[u8]>::is_empty) {
            return Err(Failure::Other(format!("{STANDARD_INPUT} is empty: there is no dump in it")));
        }
        let source = reporter.reading(STANDARD_INPUT, None, stdin);
        return add(STANDARD_INPUT, Box::new(source)).map_err(|error| failed(file, error));
    }
    let path = os_text::path(file);
    if path.is_dir() {
        let files = format!("{}/*.csv", file.trim_end_matches(['/', MAIN_SEPARATOR]));
        let source = io::Error::new(ErrorKind::IsADirectory, "it is a folder");
        let error = Error::output("open", Some(&path), source);
        return Err(Failure::noted(error, format!("name the files: {}", shown_path(&os_text::path(&files)))));
    }
    let opened = File::open(&path).map_err(|error| Error::output("open", Some(&path), error))?;
    let bytes = opened.metadata().ok().filter(Metadata::is_file).map(|found| found.len());
    add(file, Box::new(reporter.reading(file, bytes, opened))).map_err(|error| failed(file, error))
}

/// The report on several files. One that is no dump, or cannot be read, is reported and left out.
pub(crate) fn report_on(files: impl Iterator<Item = String>, reporter: &Reporter) -> (Report, Vec<Failure>) {
    let mut builder = ReportBuilder::new();
    let mut failures = Vec::new();
    for file in files {
        if let Err(failure) = read(&file, reporter, |name, source| builder.add(name, source)) {
            failures.push(reporter.problem(failure));
        }
    }
    (builder.finish(), failures)
}

/// Whether two names are of one file, which need not be there yet.
pub(crate) fn is_same_file(a: &str, b: &str) -> bool {
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

/// An error of the library, with the file that it is about.
pub(crate) fn failed(name: &str, error: ReportError) -> Failure {
    let name = if name == "-" { STANDARD_INPUT } else { name };
    let shown = shown_path(&os_text::path(name));
    match error {
        ReportError::Read(source) => Error::output("read", Some(&os_text::path(name)), source).into(),
        error @ ReportError::NoSuchKind { .. } => Failure::NotFound(format!("{shown}: {error}")),
        error @ ReportError::AmbiguousKind { .. } => Failure::Usage(format!("{shown}: {error}")),
        error => Failure::Other(format!("{shown}: {error}")),
    }
}

/// Prints a report in the width and the characters of standard output.
pub(crate) fn print_report(view: ReportView<'_>) -> Result<(), Failure> {
    print(&view.width(width()).ascii(is_ascii()).made(&made()).to_string())
}

/// The width of standard output, in columns.
pub(crate) fn width() -> usize {
    columns().or_else(terminal_width).unwrap_or(DEFAULT_WIDTH)
}

/// The width of the terminal, where standard output is one. `stty` knows it: asking the system takes unsafe code.
fn terminal_width() -> Option<usize> {
    if !cfg!(unix) || !std::io::stdout().is_terminal() {
        return None;
    }
    let terminal = File::open("/dev/tty").ok()?;
    let size = Command::new("stty").arg("size").stdin(terminal).stderr(Stdio::null()).output().ok()?;
    let columns = String::from_utf8(size.stdout).ok()?.split_whitespace().nth(1)?.parse().ok()?;
    // A terminal that does not know its size says 0.
    if columns == 0 { None } else { Some(columns) }
}

/// Whether bars are drawn in ASCII: for programs, and for terminals that can or shall show no more.
fn is_ascii() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    is_dumb || is_set("NO_COLOR") || !std::io::stdout().is_terminal()
}
