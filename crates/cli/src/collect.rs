//! Dumps of a task, one after the other, each into a place of its own. One that fails does not stop
//! the others.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anaplan_dump_core::{Category, DumpAddress, Error, SaveOptions};
use serde::Serialize;

use crate::failure::{Failure, chain};
use crate::output::raw_stdout;
use crate::progress::Reporter;
use crate::settings::Settings;
use crate::target::{Target, file_name, shown};
use crate::units;

/// How dumps are fetched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fetching {
    pub(crate) in_one_piece: bool,
    pub(crate) parallel: usize,
    pub(crate) verify: bool,
    pub(crate) save: SaveOptions,
}

/// A dump to fetch.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) dump: DumpAddress,
    pub(crate) name: Option<String>,
}

/// What became of a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Downloaded,
    AlreadyThere,
    Failed,
}

/// What became of a dump, as `--json` shows it.
#[derive(Debug, Serialize)]
pub(crate) struct Collected {
    pub(crate) object: String,
    pub(crate) name: Option<String>,
    pub(crate) status: Status,
    /// The file; null where there is none.
    pub(crate) path: Option<String>,
    pub(crate) bytes: Option<u64>,
    pub(crate) chunks: Option<usize>,
    pub(crate) sha256: Option<String>,
    pub(crate) error: Option<String>,
    #[serde(skip)]
    elapsed: Duration,
}

/// What became of several dumps, and the first failure, which was told when it happened.
#[derive(Debug, Default)]
pub(crate) struct Collection {
    pub(crate) dumps: Vec<Collected>,
    pub(crate) failure: Option<Failure>,
}

/// Fetches dumps. `with_checksums` reads each file once more for its SHA-256.
pub(crate) fn collect(
    wanted: &[Wanted],
    target: &Target,
    fetching: Fetching,
    with_checksums: bool,
    settings: &Settings,
    reporter: &Reporter,
) -> Result<Collection, Failure> {
    if wanted.len() > 1 && !matches!(target, Target::Folder(_)) {
        return Err(Failure::Usage(format!(
            "there are {} dumps: -o must name a folder (end a new one with a slash, as in rejected/), or the \
             locator one object",
            wanted.len()
        )));
    }
    let mut collection = Collection::default();
    for wanted in wanted {
        let begun = Instant::now();
        let fetched = fetch(wanted, target, fetching, settings, reporter).and_then(|fetched| {
            let file = fetched.file.as_deref().filter(|_| with_checksums);
            let sha256 = file.map(sha256).transpose()?;
            Ok((fetched, sha256))
        });
        let mut collected = Collected {
            object: wanted.dump.object().as_str().to_owned(),
            name: wanted.name.clone(),
            status: Status::Failed,
            path: None,
            bytes: None,
            chunks: None,
            sha256: None,
            error: None,
            elapsed: begun.elapsed(),
        };
        match fetched {
            Ok((fetched, sha256)) => {
                collected.status = fetched.status;
                collected.path = fetched.file.as_deref().map(|path| path.to_string_lossy().into_owned());
                collected.bytes = Some(fetched.bytes);
                collected.chunks = fetched.chunks;
                collected.sha256 = sha256;
            }
            Err(failure) => {
                if let Failure::Library { error, .. } = &failure {
                    collected.error = Some(chain(error));
                }
                // Told in the order of the dumps; the first one gives the exit code.
                if !failure.is_known() {
                    reporter.problem(&failure);
                }
                collection.failure.get_or_insert_with(|| Failure::Told(Box::new(failure)));
            }
        }
        collection.dumps.push(collected);
    }
    Ok(collection)
}

struct Fetched {
    status: Status,
    /// `None` is standard output or a device.
    file: Option<PathBuf>,
    bytes: u64,
    chunks: Option<usize>,
}

fn fetch(
    wanted: &Wanted,
    target: &Target,
    fetching: Fetching,
    settings: &Settings,
    reporter: &Reporter,
) -> Result<Fetched, Failure> {
    let mut progress = reporter.download();
    let download = settings
        .client
        .download(&wanted.dump)
        .in_one_piece(fetching.in_one_piece)
        .parallel(fetching.parallel)
        .verify(fetching.verify)
        .observer(&mut progress);
    let (file, done) = match target {
        Target::Stdout => (None, download.write_to(raw_stdout()?)?),
        Target::Device(path) => {
            let device = OpenOptions::new().write(true).open(path);
            let failed = |source| Error::Output { action: "open", path: Some(path.clone()), source };
            (None, download.write_to(device.map_err(failed)?)?)
        }
        Target::File(path) => {
            let saved = download.save_to(path, &fetching.save);
            (Some(path.clone()), saved.map_err(|error| with_what_is_kept(error, path))?)
        }
        Target::Folder(folder) => {
            let path = folder.join(file_name(&wanted.dump, wanted.name.as_deref()));
            // A file of this name is complete, and its name says of which object and task.
            if !fetching.save.force
                && let Ok(metadata) = path.metadata()
                && metadata.is_file()
            {
                let bytes = metadata.len();
                return Ok(Fetched { status: Status::AlreadyThere, file: Some(path), bytes, chunks: None });
            }
            let saved = download.save_to(&path, &fetching.save);
            let saved = saved.map_err(|error| with_what_is_kept(error, &path))?;
            (Some(path), saved)
        }
    };
    Ok(Fetched {
        status: Status::Downloaded,
        file,
        bytes: done.bytes,
        chunks: (!fetching.in_one_piece).then_some(done.chunks),
    })
}

impl Collected {
    /// One line about the dump.
    pub(crate) fn line(&self) -> String {
        let path = self.path.as_deref().map_or("standard output".to_owned(), |path| shown(Path::new(path)));
        let size = units::size(self.bytes.unwrap_or(0));
        match self.status {
            Status::Downloaded => {
                let chunks = match self.chunks {
                    None => "in one piece".to_owned(),
                    Some(1) => "1 chunk".to_owned(),
                    Some(count) => format!("{count} chunks"),
                };
                format!("{path}  {size}  {chunks}  {}", units::duration(self.elapsed))
            }
            Status::AlreadyThere => format!("{path}  {size}  already there"),
            Status::Failed => format!("object {} failed", anaplan_dump_core::Printable(&self.object)),
        }
    }
}

fn with_what_is_kept(error: Error, path: &Path) -> Failure {
    // What is kept of a dump that is gone or was replaced cannot be continued.
    let goes_on = match error.category() {
        Category::NotThere => "",
        _ => ": the same command goes on from it",
    };
    let note = match &error {
        _ if matches!(error.innermost(), Error::Changed { .. }) => None,
        Error::Interrupted { whole_chunks: 1.., .. } | Error::Unconfirmed { .. } => {
            Some(format!("what is there is kept in {}.part{goes_on}", shown(path)))
        }
        _ => None,
    };
    Failure::Library { error, note }
}

/// The SHA-256 of a file, in hexadecimal.
fn sha256(path: &Path) -> Result<String, Failure> {
    const BUFFER_BYTES: usize = 64 * 1024;
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    let mut buffer = vec![0; BUFFER_BYTES];
    let failed = |source| Error::Output { action: "read", path: Some(path.to_owned()), source };
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
