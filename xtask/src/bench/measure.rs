//! One child process: how long, how much CPU, how much memory, and what arrived.

use std::io::{self, Read, Seek, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use flate2::Crc;
use wait4::Wait4;

/// What one run took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub(super) wall: Duration,
    /// User and system time.
    pub(super) cpu: Duration,
    /// The peak of resident memory in bytes.
    pub(super) peak: u64,
    /// Wall time until the file was on the disk too.
    pub(super) synced: Duration,
}

/// Runs a child and passes what it prints to the sink.
pub(super) fn child(command: &mut Command, sink: &mut impl Write) -> io::Result<Sample> {
    observe(command.stdout(Stdio::piped()), |child| match child.stdout.take() {
        Some(mut output) => copy(&mut output, sink),
        None => Ok(()),
    })
}

fn observe(command: &mut Command, work: impl FnOnce(&mut Child) -> io::Result<()>) -> io::Result<Sample> {
    // A file, because nobody reads a pipe while the program runs.
    let mut messages = tempfile::tempfile()?;
    command.stdin(Stdio::null()).stderr(messages.try_clone()?);
    let start = Instant::now();
    let mut child = command.spawn()?;
    let worked = work(&mut child);
    if worked.is_err() {
        let _ = child.kill();
    }
    let used = child.wait4()?;
    let wall = start.elapsed();
    worked?;
    if !used.status.success() {
        let mut text = String::new();
        messages.rewind()?;
        messages.read_to_string(&mut text)?;
        return Err(io::Error::other(format!("{}\n{}", used.status, text.trim_end())));
    }
    let cpu = used.rusage.utime + used.rusage.stime;
    Ok(Sample { wall, cpu, peak: used.rusage.maxrss, synced: wall })
}

/// What arrived.
pub(super) struct Seen {
    pub(super) checksum: Option<Crc>,
    pub(super) length: u64,
}

impl Write for Seen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(checksum) = &mut self.checksum {
            checksum.update(bytes);
        }
        self.length += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Copies with one small buffer: the memory of this process is the least that its children can show.
pub(super) fn copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut buffer = [0; 64 * 1024];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => to.write_all(&buffer[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
