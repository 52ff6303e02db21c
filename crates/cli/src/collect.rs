//! Dumps of a task, one after the other, each into its own file. One that fails does not stop the others.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anaplan_dump_core::report::Report;
use anaplan_dump_core::{BodyProblem, Download, Dump, Error, ErrorKind, Fault, WholeFile, shown_path};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::os_text;
use crate::progress::DownloadProgress;
use crate::report::{Page, print_report, report_document, report_on};
use crate::session::Session;
use crate::stdout::{print, raw_stdout};
use crate::target::Target;
use crate::text::{counted, duration, shell_word, size};

/// How dumps are downloaded, where to, and whether what is wrong in them is reported.
pub(crate) struct Collect<'a> {
    pub(crate) session: &'a Session,
    pub(crate) target: &'a Target,
    /// Replaces files that are there.
    pub(crate) overwrite: bool,
    /// Each dump comes in one piece.
    pub(crate) whole: bool,
    pub(crate) explain: bool,
    pub(crate) page: Option<Page>,
    /// The further settings of each download.
    pub(crate) set: &'a dyn for<'d> Fn(Download<'d>) -> Download<'d>,
}

/// A dump that is there.
struct Saved {
    /// The file, if there is one.
    file: Option<PathBuf>,
    is_new: bool,
    bytes: u64,
    chunks: Option<usize>,
}

/// How the downloads of several dumps ended.
#[derive(Default)]
pub(crate) struct Collected {
    /// Each dump, as `--json` shows it.
    documents: Vec<Value>,
    /// A line about each that is there.
    lines: Vec<String>,
    pub(crate) files: Vec<PathBuf>,
    /// What is wrong in them, if that is asked for.
    report: Option<Report>,
    /// The first failure, which is on the screen already.
    pub(crate) failure: Option<Failure>,
}

impl Collect<'_> {
    pub(crate) fn collect(self, dumps: &[Dump]) -> Result<Collected, Failure> {
        let reporter = &self.session.reporter;
        if dumps.len() > 1 && !matches!(self.target, Target::Folder(_)) {
            let command = |dump: &Dump| format!("\n  anaplan-dump get {} -o -", shell_word(&dump.address.to_string()));
            return Err(Failure::Usage(format!(
                "there are {} dumps, and -o names one output; get one of them:{}",
                dumps.len(),
                dumps.iter().map(command).collect::<String>()
            )));
        }
        let mut collected = Collected::default();
        for (index, dump) in dumps.iter().enumerate() {
            let progress = reporter.download(dump.name.as_deref(), index + 1, dumps.len());
            let begun = Instant::now();
            let outcome = self.download(dump, progress);
            let elapsed = duration(begun.elapsed());
            let saved = outcome.as_ref().ok();
            let file = saved.and_then(|saved| saved.file.as_deref());
            collected.documents.push(json!({
                "id": dump.address.object().as_str(),
                "locator": dump.address.to_string(),
                "name": dump.name,
                "status": saved.map_or(FAILED, |saved| if saved.is_new { DOWNLOADED } else { ALREADY_THERE }),
                "path": file.map(Path::to_string_lossy),
                "bytes": saved.map(|saved| saved.bytes),
                "chunks": saved.and_then(|saved| saved.chunks),
                "sha256": file.filter(|_| self.session.json).and_then(sha256),
                "error": outcome.as_ref().err().map(Failure::document),
            }));
            match outcome {
                Ok(saved) => {
                    let path = saved.file.as_deref().map_or("standard output".to_owned(), shown_path);
                    let how = match (saved.is_new, saved.chunks) {
                        (false, _) => "already there".to_owned(),
                        (true, Some(chunks)) => format!("{}  {elapsed}", counted(chunks, "chunk")),
                        (true, None) => format!("in one piece  {elapsed}"),
                    };
                    collected.lines.push(format!("{path}  {}  {how}", size(saved.bytes)));
                    collected.files.extend(saved.file);
                }
                Err(failure) => collected.fail(failure, self.session),
            }
        }
        if self.explain || self.page.is_some() {
            let files = collected.files.iter().map(|file| os_text::carried(file.as_os_str().to_owned()));
            let (report, failures) = report_on(files, reporter);
            let is_empty = report.inputs.is_empty();
            collected.failure = collected.failure.or(failures.into_iter().next());
            match self.page {
                Some(_) if is_empty => reporter.note("no page is written: there is no dump"),
                Some(page) => {
                    if let Err(failure) = page.write(report.view(), None, reporter) {
                        collected.fail(failure, self.session);
                    }
                }
                None => {}
            }
            collected.report = Some(report).filter(|_| self.explain && !is_empty);
        }
        Ok(collected)
    }

    fn download(&self, dump: &Dump, mut progress: DownloadProgress<'_>) -> Result<Saved, Failure> {
        let Collect { session, target, whole, .. } = *self;
        let file = match target {
            Target::Stdout | Target::Device(_) => None,
            Target::File(path) => Some(path.clone()),
            Target::Folder(folder) => Some(folder.join(dump.file_name())),
        };
        if let (Target::Folder(_), Some(path)) = (target, &file) {
            // A file of this name is complete, and its name says which object and task it is of.
            if let Some(bytes) = WholeFile::length_of_existing(path)?.filter(|_| !self.overwrite) {
                return Ok(Saved { file, is_new: false, bytes, chunks: None });
            }
            target.make()?;
        }
        let download = (self.set)(session.client.download(dump)).whole(whole).overwrite(self.overwrite);
        let download = download.on_progress(|step| {
            progress.show(step);
            ControlFlow::Continue(())
        });
        let done = match (target, &file) {
            (_, Some(path)) => download.save_to(path).map_err(|error| with_what_is_kept(error, path, session))?,
            (Target::Device(device), None) => {
                let opened = OpenOptions::new().write(true).open(device);
                download.write_to(opened.map_err(|error| Error::output("open", Some(device), error))?)?
            }
            _ => download.write_to(raw_stdout()?)?,
        };
        let chunks = Some(done.chunks).filter(|_| !whole);
        Ok(Saved { file, is_new: true, bytes: done.bytes, chunks })
    }
}

impl Collected {
    /// Reports a failure. The first one decides the exit code.
    fn fail(&mut self, failure: Failure, session: &Session) {
        let reported = session.reporter.problem(failure);
        self.failure.get_or_insert(reported);
    }

    /// Adds the dumps to a document, and what is wrong in them, if that is asked for.
    pub(crate) fn document(self, mut document: Value) -> Value {
        document["dumps"] = self.documents.into();
        if let Some(report) = self.report {
            document["report"] = report_document(&report, None);
        }
        document
    }

    /// Prints a line for each dump, on standard error if standard output holds the dump; and what is wrong in them.
    pub(crate) fn print(&self, target: &Target, session: &Session) -> Result<(), Failure> {
        let mut lines = self.lines.clone();
        if self.documents.len() > 1 {
            let mut summary = counted(self.documents.len(), "dump") + ": ";
            for status in [DOWNLOADED, ALREADY_THERE, FAILED] {
                let count = self.documents.iter().filter(|document| document["status"] == status).count();
                if count > 0 {
                    summary += &format!("{count} {}, ", status.replace('_', " "));
                }
            }
            let bytes = self.documents.iter().filter_map(|document| document["bytes"].as_u64());
            lines.push(summary + &size(bytes.sum()));
        }
        match target {
            Target::Stdout | Target::Device(_) => lines.iter().for_each(|line| session.reporter.note(line)),
            _ => print(&lines.iter().map(|line| format!("{line}\n")).collect::<String>())?,
        }
        if let Some(report) = &self.report {
            print("\n")?;
            print_report(report.view())?;
        }
        Ok(())
    }
}

/// How the download of a dump ended, in a machine word.
const DOWNLOADED: &str = "downloaded";
const ALREADY_THERE: &str = "already_there";
const FAILED: &str = "failed";

fn with_what_is_kept(error: Error, path: &Path, session: &Session) -> Failure {
    // What is kept of a dump that is gone or was replaced cannot be continued, nor is a limit of this version passed.
    let is_too_large = matches!(error.request(), Some((_, Fault::Body(BodyProblem::TooLarge { .. }))));
    let goes_on = match error.kind() != ErrorKind::NotFound && !is_too_large {
        true => format!(": {}", session.reporter.how_to_continue()),
        false => String::new(),
    };
    let note = match &error {
        Error::Incomplete { kept: Some(part), .. } | Error::Unconfirmed { kept: Some(part), .. } => {
            Some(format!("what is there is kept in {}{goes_on}", shown_path(part)))
        }
        Error::Output { source, .. } if may_be_open_elsewhere(source) => {
            Some(format!("close {} in other programs; everything is kept{goes_on}", shown_path(path)))
        }
        _ => None,
    };
    Failure::noted(error, note)
}

/// Whether this is what Windows reports of a file that another program has open.
fn may_be_open_elsewhere(error: &std::io::Error) -> bool {
    const ERROR_ACCESS_DENIED: i32 = 5;
    const ERROR_SHARING_VIOLATION: i32 = 32;
    cfg!(windows) && matches!(error.raw_os_error(), Some(ERROR_ACCESS_DENIED | ERROR_SHARING_VIOLATION))
}

/// The SHA-256 of a file, in hexadecimal. The dump is there, whether or not it can be read once more.
fn sha256(path: &Path) -> Option<String> {
    const BUFFER_BYTES: usize = 64 * 1024;
    let mut file = File::open(path).ok()?;
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match file.read(&mut buffer).ok()? {
            0 => break,
            count => context.update(&buffer[..count]),
        }
    }
    Some(context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}
