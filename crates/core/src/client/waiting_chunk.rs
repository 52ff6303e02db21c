//! A chunk that waits until those before it are delivered: in memory, and, where it is long and there is a
//! folder for it, in a file without a name, which the system removes whatever happens.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::error::{Error, Result};
use crate::service::Chunk;
use crate::transfer::{ChunkDigest, ChunkSink, ChunkWriter};

/// Bytes that wait in memory, and the steps in which they are moved. Less would cost more calls than it saves; a chunk
/// has up to 10 MB.
const MEMORY_BYTES: usize = 512 * 1024;

/// The content of one chunk, in the order in which it came: first what is in the file, then the rest.
#[derive(Debug)]
pub(super) struct WaitingChunk {
    /// A file in whose folder there is room.
    beside: Option<PathBuf>,
    file: Option<File>,
    in_file: u64,
    memory: Vec<u8>,
    /// Bytes that have arrived of all chunks.
    arrived: Arc<AtomicU64>,
}

impl WaitingChunk {
    pub(super) fn new(beside: Option<PathBuf>, arrived: Arc<AtomicU64>) -> WaitingChunk {
        WaitingChunk { beside, file: None, in_file: 0, memory: Vec::new(), arrived }
    }

    /// Writes the content where it belongs, and meanwhile reports what has arrived of all chunks, beside `kept`.
    pub(super) fn deliver(self, into: &mut ChunkWriter<'_>, digest: ChunkDigest, kept: u64) -> Result<()> {
        let mut deliver = |piece: &[u8]| {
            into.report_arrived(kept + self.arrived.load(Ordering::Relaxed));
            into.write_known(piece, digest)
        };
        if let Some(mut file) = self.file {
            let failed = |error| Error::output("read what waits beside", self.beside.as_deref(), error);
            file.rewind().map_err(failed)?;
            let mut buffer = vec![0; MEMORY_BYTES];
            let mut left = self.in_file;
            while left > 0 {
                let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                file.read_exact(&mut buffer[..wanted]).map_err(failed)?;
                deliver(&buffer[..wanted])?;
                left -= wanted as u64;
            }
        }
        // Also where there are none: an empty chunk has a digest too.
        deliver(&self.memory)
    }

    /// Moves what is in memory to the file, if there can be one: otherwise memory does as well.
    fn move_to_file(&mut self) -> io::Result<()> {
        let Some(beside) = &self.beside else { return Ok(()) };
        let file = match &mut self.file {
            Some(file) => file,
            empty => match create_nameless(beside) {
                Ok(file) => empty.insert(file),
                Err(_) => {
                    self.beside = None;
                    return Ok(());
                }
            },
        };
        file.write_all(&self.memory)?;
        self.in_file += self.memory.len() as u64;
        self.memory.clear();
        Ok(())
    }
}

impl ChunkSink for WaitingChunk {
    fn path(&self) -> Option<&Path> {
        self.beside.as_deref()
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.memory.len() + bytes.len() > MEMORY_BYTES {
            self.move_to_file()?;
        }
        self.memory.extend_from_slice(bytes);
        self.arrived.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    fn commit(&mut self, _chunk: &Chunk, _digest: &ChunkDigest) -> io::Result<()> {
        Ok(())
    }

    fn roll_back(&mut self) -> io::Result<()> {
        self.arrived.fetch_sub(self.in_file + self.memory.len() as u64, Ordering::Relaxed);
        *self = WaitingChunk::new(self.beside.take(), Arc::clone(&self.arrived));
        Ok(())
    }
}

/// A file in the folder of another one, which is gone when it is closed.
fn create_nameless(beside: &Path) -> io::Result<File> {
    static CREATED: AtomicUsize = AtomicUsize::new(0);
    let number = CREATED.fetch_add(1, Ordering::Relaxed);
    let path = beside.with_file_name(format!(".anaplan-dump-{}-{number}", std::process::id()));
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt;
        const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;
        options.custom_flags(FILE_FLAG_DELETE_ON_CLOSE);
    }
    let file = options.open(&path)?;
    if cfg!(unix) {
        std::fs::remove_file(&path)?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::{WriteSink, fetch};

    #[test]
    fn a_chunk_comes_out_as_it_came_in_however_long_it_is_and_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join("dump.csv.part");
        let bytes: Vec<u8> = (0..3 * MEMORY_BYTES + 7).map(|index| (index % 251) as u8).collect();
        let list = crate::service::numbered_chunks(1);
        for beside in [None, Some(part), Some(PathBuf::from("no/such/folder/part"))] {
            for length in [bytes.len(), 10, MEMORY_BYTES, 0] {
                let arrived = Arc::new(AtomicU64::new(0));
                let mut waiting = WaitingChunk::new(beside.clone(), Arc::clone(&arrived));
                waiting.write(&bytes).unwrap();
                waiting.roll_back().unwrap();
                bytes[..length].chunks(65_000).for_each(|piece| waiting.write(piece).unwrap());
                assert_eq!(arrived.load(Ordering::Relaxed), length as u64);
                let digest = ChunkDigest::of(&bytes[..length]);
                let (mut sink, mut waiting) = (WriteSink::new(Vec::new()), Some(waiting));
                let mut source =
                    |into: &mut ChunkWriter<'_>| waiting.take().unwrap().deliver(into, digest, 0);
                let fetched = fetch(&mut source, &list.as_slice()[0], 1, 0, &mut sink, &mut |_| {}).unwrap();
                assert_eq!(fetched, digest);
                assert!(sink.into_inner() == bytes[..length], "{beside:?} {length}");
            }
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    impl<F: FnMut(&mut ChunkWriter<'_>) -> Result<()>> crate::transfer::ChunkSource for F {
        fn fetch(&mut self, _: &Chunk, into: &mut ChunkWriter<'_>) -> Result<()> {
            self(into)
        }
    }
}
