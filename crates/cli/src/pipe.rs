//! A pipe, such as standard input, that may stay silent: each read of it ends within the time of a command.

use std::io::{self, Cursor, ErrorKind, Read};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// A pipe that a thread opens and reads, since a read cannot be given up.
pub(crate) struct Pipe {
    /// When the time is over.
    end: Option<Instant>,
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: Cursor<Vec<u8>>,
}

impl Pipe {
    pub(crate) fn open<R: Read>(end: Option<Instant>, open: impl FnOnce() -> io::Result<R> + Send + 'static) -> Pipe {
        /// As many as a pipe holds.
        const PIECE_BYTES: usize = 64 * 1024;
        let (sender, pieces) = mpsc::sync_channel(1);
        thread::spawn(move || {
            let read = || -> io::Result<()> {
                let mut pipe = open()?;
                // After the end every read is empty.
                loop {
                    let mut piece = vec![0; PIECE_BYTES];
                    match pipe.read(&mut piece) {
                        Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                        count => piece.truncate(count?),
                    }
                    if sender.send(Ok(piece)).is_err() {
                        return Ok(());
                    }
                }
            };
            read().or_else(|error| sender.send(Err(error)))
        });
        Pipe { end, pieces, piece: Cursor::default() }
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.piece.position() == self.piece.get_ref().len() as u64 {
            let left = self.end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
            let piece = self.pieces.recv_timeout(left).map_err(|error| match error {
                RecvTimeoutError::Timeout => io::Error::new(ErrorKind::TimedOut, "the time limit was reached"),
                RecvTimeoutError::Disconnected => ErrorKind::BrokenPipe.into(),
            });
            self.piece = Cursor::new(piece??);
        }
        self.piece.read(buffer)
    }
}
