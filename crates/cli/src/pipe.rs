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
    is_at_end: bool,
}

impl Pipe {
    pub(crate) fn open<R: Read>(end: Option<Instant>, open: impl FnOnce() -> io::Result<R> + Send + 'static) -> Pipe {
        /// As many as a pipe holds.
        const PIECE_BYTES: usize = 64 * 1024;
        let (sender, pieces) = mpsc::sync_channel(1);
        thread::spawn(move || {
            let read = || -> io::Result<()> {
                let mut pipe = open()?;
                // What another program writes after the end is no part of it.
                let mut count = PIECE_BYTES;
                while count > 0 {
                    let mut piece = vec![0; PIECE_BYTES];
                    match pipe.read(&mut piece) {
                        Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                        read => count = read?,
                    }
                    piece.truncate(count);
                    if sender.send(Ok(piece)).is_err() {
                        break;
                    }
                }
                Ok(())
            };
            read().or_else(|error| sender.send(Err(error)))
        });
        Pipe { end, pieces, piece: Cursor::default(), is_at_end: false }
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.is_at_end && self.piece.position() == self.piece.get_ref().len() as u64 {
            let left = self.end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
            let piece = self.pieces.recv_timeout(left).map_err(|error| match error {
                RecvTimeoutError::Timeout => io::Error::new(ErrorKind::TimedOut, "the time limit was reached"),
                RecvTimeoutError::Disconnected => ErrorKind::BrokenPipe.into(),
            });
            self.piece = Cursor::new(piece??);
            self.is_at_end = self.piece.get_ref().is_empty();
        }
        self.piece.read(buffer)
    }
}

#[test]
fn what_is_written_after_the_end_is_left_where_it_is() {
    struct Written(Vec<&'static [u8]>);
    impl Read for Written {
        fn read(&mut self, mut buffer: &mut [u8]) -> io::Result<usize> {
            io::Write::write(&mut buffer, self.0.pop().unwrap_or_default())
        }
    }
    let (written, mut read) = (Written(vec![b"second", b"", b"first"]), String::new());
    let mut pipe = Pipe::open(None, || Ok(written));
    (0..3).for_each(|_| _ = pipe.read_to_string(&mut read).unwrap());
    assert_eq!(read, "first");
}
