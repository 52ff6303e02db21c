//! One child process: how long, how much CPU, how much memory, and what arrived.

use std::io::{self, Read, Seek, Write};
use std::process::{Command, Stdio};
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

/// Runs a child. Returns also length and checksum of what it printed.
pub(super) fn child(command: &mut Command) -> io::Result<(Sample, u64, u32)> {
    // A file, because nothing reads a pipe while the program runs.
    let mut messages = tempfile::tempfile()?;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(messages.try_clone()?);
    let start = Instant::now();
    let mut child = command.spawn()?;
    let seen = child.stdout.take().map_or(Ok((0, 0)), checksum);
    if seen.is_err() {
        let _ = child.kill();
    }
    let used = child.wait4()?;
    let wall = start.elapsed();
    let (length, sum) = seen?;
    if !used.status.success() {
        let mut text = String::new();
        messages.rewind()?;
        messages.read_to_string(&mut text)?;
        return Err(io::Error::other(format!("{}\n{}", used.status, text.trim_end())));
    }
    let cpu = used.rusage.utime + used.rusage.stime;
    Ok((Sample { wall, cpu, peak: used.rusage.maxrss, synced: wall }, length, sum))
}

/// Length and CRC-32. With one small buffer: the memory of this process is the least that its children can show.
pub(super) fn checksum(mut from: impl Read) -> io::Result<(u64, u32)> {
    struct Sum(Crc);
    impl Write for Sum {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut sum = Sum(Crc::new());
    let length = io::copy(&mut from, &mut sum)?;
    Ok((length, sum.0.sum()))
}
