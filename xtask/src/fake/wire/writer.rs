//! Writing an answer at a given pace, up to a given position.

use std::io::{BufWriter, Write};
use std::thread;
use std::time::{Duration, Instant};

use super::{Connection, Ending};

/// Writes to a connection. Small writes are gathered, so that an answer of a few bytes is one packet.
pub(crate) struct Writer<'a> {
    connection: BufWriter<&'a mut Connection>,
    bytes_per_second: Option<u64>,
    break_at: Option<(u64, Ending)>,
    body_sent: u64,
    body_started: Instant,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(
        connection: &'a mut Connection,
        bytes_per_second: Option<u64>,
        break_at: Option<(u64, Ending)>,
    ) -> Self {
        // A full record of TLS.
        let connection = BufWriter::with_capacity(16 * 1024, connection);
        Self { connection, bytes_per_second, break_at, body_sent: 0, body_started: Instant::now() }
    }

    /// Writes bytes of the head: at once, and never broken off.
    pub(crate) fn head(&mut self, bytes: &[u8]) -> Result<(), Ending> {
        self.body_started = Instant::now();
        Ok(self.connection.write_all(bytes)?)
    }

    pub(crate) fn body(&mut self, bytes: &[u8]) -> Result<(), Ending> {
        let left = self.break_at.map_or(u64::MAX, |(position, _)| position - self.body_sent);
        let count = left.min(bytes.len() as u64) as usize;
        self.paced(&bytes[..count])?;
        self.break_off_if_due()
    }

    pub(crate) fn finish(mut self) -> Result<(), Ending> {
        self.break_off_if_due()?;
        Ok(self.connection.flush()?)
    }

    /// Breaks off here and now.
    pub(crate) fn break_off(&mut self, how: Ending) -> Ending {
        self.connection.flush().map_or_else(Ending::from, |()| how)
    }

    fn break_off_if_due(&mut self) -> Result<(), Ending> {
        match self.break_at {
            Some((position, how)) if self.body_sent >= position => Err(self.break_off(how)),
            _ => Ok(()),
        }
    }

    fn paced(&mut self, bytes: &[u8]) -> Result<(), Ending> {
        // 20 ms a piece is steady enough to look like a slow line.
        let piece = self.bytes_per_second.map_or(bytes.len(), |rate| (rate / 50).min(65_536) as usize);
        for piece in bytes.chunks(piece.max(1)) {
            self.connection.write_all(piece)?;
            self.body_sent += piece.len() as u64;
            let Some(rate) = self.bytes_per_second else { continue };
            self.connection.flush()?;
            // Against the start, so that short oversleeping does not add up.
            let due = Duration::from_secs_f64(self.body_sent as f64 / rate as f64);
            thread::sleep(due.saturating_sub(self.body_started.elapsed()));
        }
        Ok(())
    }
}
