//! Uploads of source files: announced, then sent in chunks, each of which can be sent again.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::Client;
use super::event::Event;
use super::http::exchange::{Content, JSON, Request};
use super::requests::json_of;
use crate::address::FileAddress;
use crate::error::{Error, Result};
use crate::files::{DiskWarning, Lock, Unfinished, is_same_file, take_turn};
use crate::service::{Repeat, SourceCheck, SourceFormat, SourceProblem, Subject, check_done, check_success};
use crate::text::{checksum, debug_with};

/// Size of a chunk in bytes. The service takes 1 to 50 MB; two chunks are in memory.
const CHUNK_BYTES: u64 = 10_000_000;
const MAX_CHUNK_BYTES: u64 = 50_000_000;

/// The maximum number of chunks that the service takes.
const MAX_CHUNKS: u64 = 1000;

/// The longest wait for another run that loads the same source file. The largest file takes half a day over a slow
/// line, and a nightly load that waits for longer would meet the next one.
const LONGEST_WAIT: Duration = Duration::from_secs(12 * 60 * 60);

/// An upload that is about to begin: made with [`Client::upload`], run by [`from_file`](Upload::from_file) or
/// [`from_reader`](Upload::from_reader).
pub struct Upload<'a> {
    client: &'a Client,
    file: &'a FileAddress,
    format: Option<SourceFormat>,
    on_progress: Box<dyn FnMut(u64, Option<u64>) + 'a>,
    turn: Option<Turn>,
}

debug_with!(Upload<'_>, "file": file);

/// A file that is complete at the service. While this value lives, other runs of this host wait before they upload
/// the same source file: keep it until the import has read the file.
#[derive(Debug)]
#[non_exhaustive]
pub struct Uploaded {
    /// Its size in bytes.
    pub bytes: u64,
    /// The number of its chunks.
    pub chunks: usize,
    _turn: Option<Turn>,
}

/// The lock that keeps other runs away, where there are locks.
#[derive(Debug)]
struct Turn(Option<(PathBuf, File)>, Unfinished);

impl Drop for Turn {
    fn drop(&mut self) {
        // A run that waits for the lock sees that the file is gone, and makes another. One that another program has
        // removed may be another run's by now.
        if let Some((path, lock)) = &self.0 {
            self.1.set_temporary(path, false);
            let _ = is_same_file(lock, path).then(|| std::fs::remove_file(path));
        }
    }
}

impl Client {
    /// An upload of a source file, which the next import run of this user reads. Nothing is sent yet.
    #[doc(hidden)]
    pub fn upload<'a>(&'a self, file: &'a FileAddress) -> Upload<'a> {
        Upload { client: self, file, format: None, on_progress: Box::new(|_, _| {}), turn: None }
    }
}

impl<'a> Upload<'a> {
    /// Refuses a file that has another format.
    #[must_use]
    pub fn format(mut self, format: SourceFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// Calls `report` before the first chunk and after each one with the bytes so far, and the bytes in all where they
    /// are known.
    #[must_use]
    pub fn on_progress(mut self, report: impl FnMut(u64, Option<u64>) + 'a) -> Self {
        self.on_progress = Box::new(report);
        self
    }

    /// Compares a file with the format, and sends nothing.
    pub fn check_file(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let failed = |error| Error::output("read", Some(path), error);
        let refused = |problem| Error::Unsuitable { path: path.to_owned(), problem };
        let mut file = File::open(path).map_err(failed)?;
        let mut check = SourceCheck::new(self.format.clone().unwrap_or_default());
        let mut chunk = Vec::new();
        while (&mut file).take(CHUNK_BYTES).read_to_end(&mut chunk).map_err(failed)? > 0 {
            check.take(&chunk).map_err(refused)?;
            chunk.clear();
        }
        check.end().map_err(refused)
    }

    /// Waits until no other run of this host uploads to the same source file or imports it, which an upload does by
    /// itself too. Who uploads several files waits for all of them first, in one order.
    pub fn wait_for_turn(&mut self) -> Result<()> {
        if self.turn.is_some() {
            return Ok(());
        }
        // Model and file alone: several hosts may name the same file.
        let name = checksum(format!("{}/{}", self.file.model.id, self.file.id).as_bytes());
        let path = std::env::temp_dir().join(format!("anaplan-dump-upload-{name:016x}.lock"));
        let wire = &self.client.requests.wire;
        let lock = wire.wait_for_lock(&path, Duration::ZERO, LONGEST_WAIT, || {
            let taken = take_turn(&path).map_err(|error| Error::output("lock", Some(&path), error))?;
            Ok((taken.0 != Lock::Taken).then_some(taken.1))
        })?;
        match lock {
            Some(_) => wire.unfinished.set_temporary(&path, true),
            None => wire.report(&Event::Disk { path: &path, warning: DiskWarning::NoTurns }),
        }
        self.turn = Some(Turn(lock.map(|lock| (path, lock)), wire.unfinished.clone()));
        Ok(())
    }

    /// Uploads a file.
    pub fn from_file(self, path: impl AsRef<Path>) -> Result<Uploaded> {
        let path = path.as_ref();
        let failed = |error| Error::output("read", Some(path), error);
        let mut file = File::open(path).map_err(|error| Error::output("open", Some(path), error))?;
        let look = |file: &File| file.metadata().map(|found| (found.len(), found.modified().ok())).map_err(failed);
        let (before, watched) = (look(&file)?, file.try_clone().map_err(failed)?);
        self.run(&mut file, Some(before.0), path, &|| Ok(look(&watched)? != before))
    }

    /// Uploads what a reader gives. `name` is how errors call it, such as standard input.
    pub fn from_reader(self, name: impl AsRef<Path>, mut reader: impl Read) -> Result<Uploaded> {
        self.run(&mut reader, None, name.as_ref(), &|| Ok(false))
    }

    fn run(
        mut self,
        reader: &mut dyn Read,
        length: Option<u64>,
        path: &Path,
        has_changed: &dyn Fn() -> Result<bool>,
    ) -> Result<Uploaded> {
        let refused = |problem| Error::Unsuitable { path: path.to_owned(), problem };
        let chunk_bytes = length.map_or(CHUNK_BYTES, |length| length.div_ceil(MAX_CHUNKS).max(CHUNK_BYTES));
        if chunk_bytes > MAX_CHUNK_BYTES {
            return Err(refused(SourceProblem::TooLarge(MAX_CHUNKS * MAX_CHUNK_BYTES)));
        }
        self.wait_for_turn()?;
        let announced = length.map(|length| length.div_ceil(chunk_bytes));
        let mut check = SourceCheck::new(self.format.take().unwrap_or_default());
        let is_whole = |check: &SourceCheck, bytes: u64| {
            check.end().map_err(refused)?;
            if length.is_some_and(|length| bytes != length) || has_changed()? {
                return Err(refused(SourceProblem::Changed));
            }
            Ok(())
        };
        let (mut chunk, mut bytes, mut chunks) = (Vec::new(), 0, 0);
        loop {
            chunk.clear();
            let read = reader.take(chunk_bytes).read_to_end(&mut chunk);
            read.map_err(|error| Error::output("read", Some(path), error))?;
            check.take(&chunk).map_err(refused)?;
            if chunk.is_empty() {
                break;
            }
            bytes += chunk.len() as u64;
            if length.is_some_and(|length| bytes > length) {
                return Err(refused(SourceProblem::Changed));
            }
            if chunks as u64 == MAX_CHUNKS {
                return Err(refused(SourceProblem::TooLarge(MAX_CHUNKS * CHUNK_BYTES)));
            }
            if chunks == 0 {
                let count = announced.map_or(json!(-1), |chunks| json!(chunks));
                (self.on_progress)(0, length);
                self.post(&self.file.path(), &json!({ "chunkCount": count }))?;
            }
            // With the last of the announced chunks the next import run reads the file, refused or not.
            let is_last = announced == Some(chunks as u64 + 1);
            if is_last {
                is_whole(&check, bytes)?;
            }
            self.put(chunks, announced, &chunk)?;
            chunks += 1;
            (self.on_progress)(bytes, length);
            if is_last {
                return Ok(Uploaded { bytes, chunks, _turn: self.turn });
            }
        }
        is_whole(&check, bytes)?;
        self.post(&self.file.complete_path(), &json!({}))?;
        Ok(Uploaded { bytes, chunks, _turn: self.turn })
    }

    /// Sends the announcement or the end of an upload, whose answers are not documented.
    fn post(&self, path: &str, body: &Value) -> Result<()> {
        let (subject, body) = (Subject::Upload(self.file.clone()), body.to_string());
        let request = ("POST", path, Content::Json(&body));
        // Like a chunk, it may be sent again: what comes again replaces what is there.
        self.client.requests.send(&subject, request, Repeat::IfTransient, &mut check_done)
    }

    /// Sends a chunk, compressed where that makes it smaller.
    fn put(&self, index: usize, announced: Option<u64>, chunk: &[u8]) -> Result<()> {
        let chunks = announced.and_then(|chunks| usize::try_from(chunks).ok());
        let subject = Subject::UploadedChunk { file: self.file.clone(), index, chunks };
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        // A vector takes everything.
        let gzip = gzip.write_all(chunk).and_then(|()| gzip.finish()).unwrap_or_default();
        let is_smaller = !gzip.is_empty() && gzip.len() < chunk.len();
        let body = if is_smaller { Content::Gzip(&gzip) } else { Content::Bytes(chunk) };
        let (requests, path) = (&self.client.requests, self.file.chunk_path(index));
        let origin = requests.origin(&subject)?;
        let request = Request { method: "PUT", origin, path: &path, body, accept: JSON };
        requests.retry(&subject, request, Repeat::IfTransient, &mut |answer, _| {
            let is_stored = answer.status() == 204;
            let bytes = json_of(answer)?;
            if is_stored { Ok(()) } else { Ok(check_success(&bytes)?) }
        })
    }
}
