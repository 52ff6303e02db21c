//! What cannot be given up, such as a read of a pipe into which nothing is written, within the time of a command.

use std::io::{self, Cursor, ErrorKind, Read};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// Does something and waits for it until `end` at most, then leaves it to its thread.
pub(crate) fn in_time<T: Send + 'static>(
    end: Option<Instant>,
    act: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (sender, outcome) = mpsc::channel();
    thread::spawn(move || sender.send(act()));
    receive(end, &outcome)
}

fn receive<T>(end: Option<Instant>, from: &Receiver<T>) -> io::Result<T> {
    let left = end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
    from.recv_timeout(left).map_err(|_| io::Error::new(ErrorKind::TimedOut, "nothing came within the time limit"))
}

/// A pipe that a thread opens and reads; each piece of it comes in time.
pub(crate) struct Pipe {
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
            let mut pipe = match open() {
                Ok(pipe) => pipe,
                Err(error) => return sender.send(Err(error)).unwrap_or_default(),
            };
            // After its end it brings empty pieces, until nobody wants one.
            loop {
                let mut piece = vec![0; PIECE_BYTES];
                let read = pipe.read(&mut piece).map(|count| {
                    piece.truncate(count);
                    piece
                });
                if sender.send(read).is_err() {
                    return;
                }
            }
        });
        Pipe { end, pieces, piece: Cursor::default() }
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.piece.position() == self.piece.get_ref().len() as u64 {
            self.piece = Cursor::new(receive(self.end, &self.pieces)??);
        }
        self.piece.read(buffer)
    }
}
