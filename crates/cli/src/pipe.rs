//! A pipe, such as standard input, into which nothing may be written: each read of it ends within the time of a
//! command.

use std::io::{self, Cursor, ErrorKind, Read};
use std::sync::mpsc::{self, Receiver};
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
                // After the end there are empty pieces, as many as are asked for.
                loop {
                    let mut piece = vec![0; PIECE_BYTES];
                    let count = pipe.read(&mut piece)?;
                    piece.truncate(count);
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
            let late = |_| io::Error::new(ErrorKind::TimedOut, "the time limit was reached");
            self.piece = Cursor::new(self.pieces.recv_timeout(left).map_err(late)??);
        }
        self.piece.read(buffer)
    }
}
