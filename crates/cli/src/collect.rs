//! Dumps of a task, one after the other, each into its own file. One that fails does not stop the others.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anaplan_dump_core::report::Report;
use anaplan_dump_core::{BodyProblem, Download, Dump, Error, ErrorKind, Fault};
use serde::Serialize;

use crate::failure::{ErrorReport, Failure};
use crate::meter::Label;
use crate::os_text;
use crate::report::{Page, report_on};
use crate::session::Session;
use crate::stdout::{print, raw_stdout};
use crate::target::Target;
use crate::text::{counted, duration, safe, safe_path, size};

/// How dumps are downloaded, and where to.
pub(crate) struct Collect<'a> {
    pub(crate) session: &'a Session,
    pub(crate) target: &'a Target,
    /// Replaces files that are there.
    pub(crate) overwrite: bool,
    /// Reads each file once more for its SHA-256.
    pub(crate) checksums: bool,
    /// Each dump comes in one piece.
    pub(crate) whole: bool,
    /// The further settings of each download.
    pub(crate) set: &'a dyn for<'d> Fn(Download<'d>) -> Download<'d>,
}

/// How the download of a dump ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Downloaded,
    AlreadyThere,
    Failed,
}

/// How the download of a dump ended, as `--json` shows it.
#[derive(Debug, Serialize)]
pub(crate) struct DumpReport {
    /// The object whose rows were rejected.
    id: String,
    locator: String,
    name: Option<String>,
    status: Status,
    /// The file; null if there is none.
    path: Option<String>,
    #[serde(skip)]
    file: Option<PathBuf>,
    bytes: Option<u64>,
    chunks: Option<usize>,
    sha256: Option<String>,
    error: Option<ErrorReport>,
    #[serde(skip)]
    elapsed: Duration,
}

/// How the downloads of several dumps ended, and the first failure, which is on the screen already.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    pub(crate) dumps: Vec<DumpReport>,
    pub(crate) failure: Option<Failure>,
}

impl DumpReport {
    /// The file, if there is one.
    pub(crate) fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }
}

impl Collect<'_> {
    /// Downloads dumps.
    pub(crate) fn collect(&self, dumps: &[Dump]) -> Result<Collected, Failure> {
        if dumps.len() > 1 && !matches!(self.target, Target::Folder(_)) {
            let commands = dumps.iter().map(|dump| format!("\n  anaplan-dump get {} -o -", dump.address));
            return Err(Failure::Usage(format!(
                "there are {} dumps, and -o names one output; get one of them:{}",
                dumps.len(),
                commands.collect::<String>()
            )));
        }
        if !dumps.is_empty() {
            self.target.make()?;
        }
        let mut collected = Collected::default();
        for (index, dump) in dumps.iter().enumerate() {
            let label = Label { name: dump.name.clone(), number: index + 1, count: dumps.len() };
            let mut report = DumpReport {
                id: dump.address.object().as_str().to_owned(),
                locator: dump.address.to_string(),
                name: dump.name.clone(),
                status: Status::Failed,
                path: None,
                file: None,
                bytes: None,
                chunks: None,
                sha256: None,
                error: None,
                elapsed: Duration::ZERO,
            };
            let begun = Instant::now();
            let outcome = self.download(dump, label, &mut report);
            report.elapsed = begun.elapsed();
            if let Err(failure) = outcome {
                report.error = Some(ErrorReport::new(&failure));
                // Reported in the order of the dumps; the first one decides the exit code.
                if !failure.is_silent() {
                    self.session.reporter.problem(&failure);
                }
                collected.failure.get_or_insert_with(|| Failure::Reported(Box::new(failure)));
            }
            collected.dumps.push(report);
        }
        Ok(collected)
    }

    fn download(&self, dump: &Dump, label: Label, report: &mut DumpReport) -> Result<(), Failure> {
        let Collect { session, target, .. } = *self;
        let path = match target {
            Target::Stdout | Target::Device(_) => None,
            Target::File(path) => Some(path.clone()),
            Target::Folder(folder) => Some(folder.join(dump.file_name())),
        };
        // A file of this name is complete, and its name says which object and task it is of.
        if let (Target::Folder(_), Some(path), false) = (target, &path, self.overwrite)
            && let Ok(metadata) = path.metadata()
            && metadata.is_file()
        {
            report.status = Status::AlreadyThere;
            report.bytes = Some(metadata.len());
        } else {
            let mut progress = session.reporter.download(label);
            let download =
                (self.set)(session.client.download(dump)).whole(self.whole).overwrite(self.overwrite);
            let download = download.on_progress(|step| {
                progress.show(step);
                ControlFlow::Continue(())
            });
            let done = match (target, &path) {
                (_, Some(path)) => {
                    download.save_to(path).map_err(|error| with_what_is_kept(error, path, session))?
                }
                (Target::Device(device), None) => {
                    let opened = OpenOptions::new().write(true).open(device);
                    download.write_to(opened.map_err(|error| Error::output("open", Some(device), error))?)?
                }
                _ => download.write_to(raw_stdout()?)?,
            };
            report.status = Status::Downloaded;
            report.bytes = Some(done.bytes);
            report.chunks = Some(done.chunks).filter(|_| !self.whole);
        }
        if let Some(path) = &path {
            report.path = Some(path.to_string_lossy().into_owned());
            report.file = Some(path.clone());
            report.sha256 = self.checksums.then(|| sha256(path)).transpose()?;
        }
        Ok(())
    }
}

impl Collected {
    /// What is wrong in the dumps that are there, if it is wanted or there is a page to write; none where there are none.
    pub(crate) fn explain(
        &mut self,
        is_wanted: bool,
        page: Option<Page>,
        session: &Session,
    ) -> Option<Report> {
        if !is_wanted && page.is_none() {
            return None;
        }
        let are_there = self.dumps.iter().filter(|dump| dump.status != Status::Failed);
        let files = are_there.filter_map(|dump| os_text::carried(dump.file.clone()?.into()));
        let (report, failures) = report_on(files, &session.reporter);
        let mut failure = failures.into_iter().next();
        let is_empty = report.inputs.is_empty();
        match page {
            Some(_) if is_empty => session.reporter.note("no page is written: there is no dump"),
            Some(page) => {
                if let Err(error) = page.write(report.view(), None, &session.reporter) {
                    session.reporter.problem(&error);
                    failure = failure.or(Some(error));
                }
            }
            None => {}
        }
        if let Some(failure) = failure {
            self.failure.get_or_insert_with(|| Failure::Reported(Box::new(failure)));
        }
        (is_wanted && !is_empty).then_some(report)
    }
}

impl DumpReport {
    /// One line about the dump.
    fn line(&self) -> String {
        let path = self.path.as_deref().map_or("standard output".to_owned(), safe);
        let size = size(self.bytes.unwrap_or(0));
        match self.status {
            Status::Downloaded => {
                let chunks = self.chunks.map_or("in one piece".to_owned(), |count| counted(count, "chunk"));
                format!("{path}  {size}  {chunks}  {}", duration(self.elapsed))
            }
            Status::AlreadyThere => format!("{path}  {size}  already there"),
            Status::Failed => format!("object {} failed", safe(&self.id)),
        }
    }
}

/// Prints a line for each dump; on standard error if standard output holds the dump itself.
pub(crate) fn print_reports(dumps: &[DumpReport], target: &Target, session: &Session) -> Result<(), Failure> {
    let done: Vec<&DumpReport> = dumps.iter().filter(|dump| dump.status != Status::Failed).collect();
    let mut lines: Vec<String> = done.iter().map(|dump| dump.line()).collect();
    if dumps.len() > 1 {
        let count = |status| dumps.iter().filter(|dump| dump.status == status).count();
        let counts = [
            (count(Status::Downloaded), "downloaded"),
            (count(Status::AlreadyThere), "already there"),
            (count(Status::Failed), "failed"),
        ];
        let counts =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}, "));
        let bytes = done.iter().filter_map(|dump| dump.bytes).sum();
        lines.push(format!(
            "{}: {}{}",
            counted(dumps.len(), "dump"),
            counts.collect::<String>(),
            size(bytes)
        ));
    }
    match target {
        Target::Stdout | Target::Device(_) => lines.iter().for_each(|line| session.reporter.note(line)),
        _ => print(&lines.iter().map(|line| format!("{line}\n")).collect::<String>())?,
    }
    Ok(())
}

fn with_what_is_kept(error: Error, path: &Path, session: &Session) -> Failure {
    // What is kept of a dump that is gone or was replaced cannot be continued.
    let goes_on = match error.kind() {
        ErrorKind::NotFound => String::new(),
        // A limit of this version, which no other run passes.
        _ if is_too_large(&error) => String::new(),
        _ => format!(": {}", session.reporter.how_to_continue()),
    };
    let note = match &error {
        Error::Incomplete { kept: Some(part), .. } | Error::Unconfirmed { kept: Some(part), .. } => {
            Some(format!("what is there is kept in {}{goes_on}", safe_path(part)))
        }
        Error::Output { source, .. } if may_be_open_elsewhere(source) => {
            Some(format!("close {} in other programs; everything is kept{goes_on}", safe_path(path)))
        }
        _ => None,
    };
    Failure::Library { error, note }
}

fn is_too_large(error: &Error) -> bool {
    matches!(error.request(), Some((_, Fault::Body(BodyProblem::TooLarge { .. }))))
}

/// Whether this is what Windows reports of a file that another program has open.
fn may_be_open_elsewhere(error: &std::io::Error) -> bool {
    const ERROR_ACCESS_DENIED: i32 = 5;
    const ERROR_SHARING_VIOLATION: i32 = 32;
    cfg!(windows) && matches!(error.raw_os_error(), Some(ERROR_ACCESS_DENIED | ERROR_SHARING_VIOLATION))
}

/// The SHA-256 of a file, in hexadecimal.
fn sha256(path: &PathBuf) -> Result<String, Failure> {
    const BUFFER_BYTES: usize = 64 * 1024;
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    let mut buffer = vec![0; BUFFER_BYTES];
    let failed = |error| Error::output("read", Some(path), error);
    let mut file = File::open(path).map_err(failed)?;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => context.update(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error).into()),
        }
    }
    Ok(context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}
