//! A chunk that waits until those before it are delivered: in memory, and, where it is long and there is a
//! folder for it, in a file without a name, which the system removes whatever happens.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Result};
use crate::transfer::ChunkWriter;

/// Bytes that wait in memory. Less would cost more calls than it saves; a chunk has up to 10 MB.
const MEMORY_BYTES: usize = 1 << 20;

/// Bytes delivered at once: the steps in which progress is seen.
const DELIVERY_BYTES: usize = 256 * 1024;

/// The content of one chunk, in the order in which it came: first what is in the file, then the rest.
#[derive(Debug, Default)]
pub(super) struct WaitingChunk {
    file: Option<File>,
    in_file: u64,
    memory: Vec<u8>,
    /// The disk had no room for it: memory does as well.
    is_disk_full: bool,
}

impl WaitingChunk {
    /// Takes more bytes. `beside` is a file in whose folder there is room.
    pub(super) fn write(&mut self, bytes: &[u8], beside: Option<&Path>) -> io::Result<()> {
        self.memory.extend_from_slice(bytes);
        let is_long = self.memory.len() >= MEMORY_BYTES && !self.is_disk_full;
        let Some(beside) = beside.filter(|_| is_long) else { return Ok(()) };
        let file = match &mut self.file {
            Some(file) => file,
            empty => match create_nameless(beside) {
                Ok(file) => empty.insert(file),
                // Memory does as well.
                Err(_) => return Ok(()),
            },
        };
        match file.write_all(&self.memory) {
            Ok(()) => {
                self.in_file += self.memory.len() as u64;
                self.memory.clear();
                Ok(())
            }
            Err(error) if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
                self.leave_disk()
            }
            Err(error) => Err(error),
        }
    }

    /// Takes everything into memory: what room is left on the disk is for the dump itself.
    fn leave_disk(&mut self) -> io::Result<()> {
        self.is_disk_full = true;
        let Some(mut file) = self.file.take() else { return Ok(()) };
        let mut all = Vec::new();
        file.rewind()?;
        file.take(std::mem::take(&mut self.in_file)).read_to_end(&mut all)?;
        all.append(&mut self.memory);
        self.memory = all;
        Ok(())
    }

    /// Forgets the content, and gives its room on the disk back.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.memory.clear();
        self.in_file = 0;
        let Some(file) = &mut self.file else { return Ok(()) };
        file.set_len(0)?;
        file.rewind()
    }

    /// Length of the content so far.
    pub(super) fn bytes(&self) -> u64 {
        self.in_file + self.memory.len() as u64
    }

    /// Writes the content where it belongs, and meanwhile reports what has arrived of all chunks.
    pub(super) fn deliver(
        &mut self,
        into: &mut ChunkWriter<'_>,
        beside: Option<&Path>,
        arrived: impl Fn() -> u64,
    ) -> Result<()> {
        if let Some(file) = self.file.as_mut().filter(|_| self.in_file > 0) {
            let failed = |error| Error::output("read what waits beside", beside, error);
            file.rewind().map_err(failed)?;
            let mut buffer = vec![0; DELIVERY_BYTES];
            let mut left = self.in_file;
            while left > 0 {
                let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                file.read_exact(&mut buffer[..wanted]).map_err(failed)?;
                into.write(&buffer[..wanted])?;
                into.report_arrived(arrived());
                left -= wanted as u64;
            }
        }
        self.memory.chunks(DELIVERY_BYTES).try_for_each(|piece| {
            into.write(piece)?;
            into.report_arrived(arrived());
            Ok(())
        })
    }
}

/// A file in the folder of another one, which is gone when it is closed.
fn create_nameless(beside: &Path) -> io::Result<File> {
    static CREATED: AtomicUsize = AtomicUsize::new(0);
    let number = CREATED.fetch_add(1, Ordering::Relaxed);
    let path = beside.with_file_name(format!(".anaplan-dump-{}-{number}", std::process::id()));
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    open_nameless(&options, path)
}

#[cfg(unix)]
fn open_nameless(options: &OpenOptions, path: PathBuf) -> io::Result<File> {
    let file = options.open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

#[cfg(windows)]
fn open_nameless(options: &OpenOptions, path: PathBuf) -> io::Result<File> {
    use std::os::windows::fs::OpenOptionsExt;
    const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;
    options.clone().custom_flags(FILE_FLAG_DELETE_ON_CLOSE).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::ChunkSink;
    use crate::transfer::WriteSink;

    fn delivered(chunk: &mut WaitingChunk) -> Vec<u8> {
        let mut sink = WriteSink::new(Vec::new());
        let mut ignore = |_| {};
        chunk.deliver(&mut ChunkWriter::new(&mut sink, &mut ignore, 0, 1, 0), None, || 0).unwrap();
        let list = crate::service::numbered_chunks(1);
        let digest = crate::transfer::ChunkDigest { bytes: 0, crc32: 0 };
        sink.commit(&list.as_slice()[0], &digest).unwrap();
        sink.into_inner()
    }

    #[test]
    fn a_chunk_comes_out_as_it_came_in_however_long_it_is_and_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join("dump.csv.part");
        let bytes: Vec<u8> = (0..3 * MEMORY_BYTES + 7).map(|index| (index % 251) as u8).collect();
        for beside in [None, Some(part.as_path()), Some(Path::new("no/such/folder/part"))] {
            let mut chunk = WaitingChunk::default();
            for length in [bytes.len(), 10, MEMORY_BYTES, 0] {
                bytes[..length].chunks(65_000).for_each(|piece| chunk.write(piece, beside).unwrap());
                assert!(delivered(&mut chunk) == bytes[..length], "{beside:?} {length}");
                chunk.clear().unwrap();
            }
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_disk_without_room_is_left_to_the_dump() {
        let full = OpenOptions::new().read(true).write(true).open("/dev/full").unwrap();
        let mut chunk = WaitingChunk { file: Some(full), ..WaitingChunk::default() };
        let bytes: Vec<u8> = (0..2 * MEMORY_BYTES + 7).map(|index| (index % 251) as u8).collect();
        bytes.chunks(65_000).for_each(|piece| chunk.write(piece, Some(Path::new("part"))).unwrap());
        assert!(delivered(&mut chunk) == bytes);
    }
}
