//! What cannot be given up, such as a read of a pipe into which nothing is written, within the time of a command.

use std::io::{self, ErrorKind, Read};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

/// Does something and waits for it until `end` at most, then leaves it to its thread.
pub(crate) fn in_time<T: Send + 'static>(
    end: Option<Instant>,
    act: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let Some(end) = end else { return Ok(act()) };
    let (sender, outcome) = mpsc::channel();
    thread::spawn(move || sender.send(act()));
    let outcome = outcome.recv_timeout(end.saturating_duration_since(Instant::now()));
    outcome.map_err(|_| io::Error::new(ErrorKind::TimedOut, "nothing came within the time limit"))
}

/// A reader each of whose reads ends in time.
pub(crate) struct InTime<F> {
    pub(crate) end: Option<Instant>,
    pub(crate) read: F,
}

impl<F: Fn(&mut [u8]) -> io::Result<usize> + Clone + Send + 'static> Read for InTime<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const MAX_BYTES: usize = 1024 * 1024;
        let (read, mut piece) = (self.read.clone(), vec![0; buffer.len().min(MAX_BYTES)]);
        let piece = in_time(self.end, move || {
            let count = read(&mut piece)?;
            piece.truncate(count);
            io::Result::Ok(piece)
        })??;
        buffer[..piece.len()].copy_from_slice(&piece);
        Ok(piece.len())
    }
}
