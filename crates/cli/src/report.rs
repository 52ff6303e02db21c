//! What is wrong in dump files, for `explain` and for the commands that download them: reading with progress,
//! the report on standard output, and errors that name the file.

use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use anaplan_dump_core::Error;
use anaplan_dump_core::report::{Change, Report, ReportBuilder, ReportError, ReportView};
use serde::Serialize;

use crate::failure::Failure;
use crate::os_text;
use crate::progress::Reporter;
use crate::stdout::print;
use crate::text::safe;

/// What reports call the file `-`.
const STANDARD_INPUT: &str = "standard input";

/// Width of a report, in characters, where `COLUMNS` does not give it: that of a mail.
const DEFAULT_WIDTH: usize = 80;

/// A report as `--json` shows it.
#[derive(Debug, Serialize)]
pub(crate) struct ReportDocument {
    #[serde(flatten)]
    report: Report,
    /// What changed since the earlier dumps; left out where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<Change>>,
}

impl ReportDocument {
    pub(crate) fn new(report: Report) -> ReportDocument {
        ReportDocument { report, changes: None }
    }

    pub(crate) fn against(self, before: &Report) -> ReportDocument {
        let changes = Some(self.report.changes_since(before));
        ReportDocument { changes, ..self }
    }
}

/// Where the bytes of a dump come from.
enum Source {
    /// A file of this length that could be opened. It is opened again when its turn comes: there may be more files than
    /// a program may have open.
    File(u64),
    /// A pipe or a device, whose length nobody knows.
    Pipe(Box<dyn Read>),
}

/// A dump file that is about to be read.
pub(crate) struct Input {
    pub(crate) name: String,
    source: Source,
}

impl Input {
    /// Opens a file; `-` is standard input.
    pub(crate) fn open(file: &str) -> Result<Input, Failure> {
        if file == "-" {
            let source = Box::new(std::io::stdin().lock());
            return Ok(Input { name: STANDARD_INPUT.to_owned(), source: Source::Pipe(source) });
        }
        if os_text::path(file).is_dir() {
            let files = format!("{}/*.csv", file.trim_end_matches(['/', MAIN_SEPARATOR]));
            let source = io::Error::new(ErrorKind::IsADirectory, "it is a folder");
            return Err(Failure::Library {
                error: Error::output("open", Some(Path::new(file)), source),
                note: Some(format!("name the files: {}", safe(&files))),
            });
        }
        let opened = open(file)?;
        let source = match opened.metadata() {
            Ok(metadata) if metadata.is_file() => Source::File(metadata.len()),
            _ => Source::Pipe(Box::new(opened)),
        };
        Ok(Input { name: file.to_owned(), source })
    }

    /// Its content, whose reading is shown.
    pub(crate) fn read(self, reporter: &Reporter) -> Result<impl Read, Failure> {
        let (bytes, source) = match self.source {
            Source::File(bytes) => (Some(bytes), Box::new(open(&self.name)?) as Box<dyn Read>),
            Source::Pipe(source) => (None, source),
        };
        Ok(reporter.reading(&self.name, bytes, source))
    }

    /// Its content as a part of a report.
    pub(crate) fn add_to(self, builder: &mut ReportBuilder, reporter: &Reporter) -> Result<(), Failure> {
        let name = self.name.clone();
        builder.add(&name, self.read(reporter)?).map_err(|error| failed(&name, error))
    }
}

fn open(file: &str) -> Result<File, Failure> {
    let path = os_text::path(file);
    File::open(&path).map_err(|error| Error::output("open", Some(&path), error).into())
}

/// The report on downloaded files. A file that is no dump is reported and left out.
pub(crate) fn report_on(
    files: impl Iterator<Item = PathBuf>,
    reporter: &Reporter,
) -> (Report, Option<Failure>) {
    let mut builder = ReportBuilder::new();
    let mut first = None;
    for file in files {
        let name = os_text::carried(file.into()).unwrap_or_default();
        let added = Input::open(&name).and_then(|input| input.add_to(&mut builder, reporter));
        if let Err(failure) = added {
            reporter.problem(&failure);
            first.get_or_insert_with(|| Failure::Reported(Box::new(failure)));
        }
    }
    (builder.finish(), first)
}

/// An error of the library, with the file that it is about.
pub(crate) fn failed(name: &str, error: ReportError) -> Failure {
    let shown = safe(name);
    match error {
        ReportError::Read(source) => Error::output("read", Some(Path::new(name)), source).into(),
        error @ ReportError::NoSuchKind { .. } => Failure::NotFound(format!("{shown}: {error}")),
        error @ ReportError::AmbiguousKind { .. } => Failure::Usage(format!("{shown}: {error}")),
        error => Failure::Other(format!("{shown}: {error}")),
    }
}

/// Prints a report in the width and the characters of standard output.
pub(crate) fn print_report(view: ReportView<'_>) -> Result<(), Failure> {
    print(&view.width(width()).ascii(is_ascii()).to_string())
}

/// The width of standard output, in characters.
pub(crate) fn width() -> usize {
    std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).unwrap_or(DEFAULT_WIDTH)
}

/// Whether bars are drawn in ASCII: for programs, and for terminals that can or shall show no more.
fn is_ascii() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    is_dumb || is_set("NO_COLOR") || !std::io::stdout().is_terminal()
}
