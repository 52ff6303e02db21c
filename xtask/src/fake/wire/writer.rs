//! Writing an answer at a given pace, up to a given position.

use std::io::{BufWriter, Write};
use std::time::{Duration, Instant};

use super::{Connection, Ending};
use crate::fake::stop::StopFlag;

/// Writes to a connection. Small writes are gathered, so that an answer of a few bytes is one packet.
pub(crate) struct Writer<'a> {
    connection: BufWriter<&'a mut Connection>,
    stop: &'a StopFlag,
    bytes_per_second: Option<u64>,
    break_at: Option<(u64, Ending)>,
    body_sent: u64,
    body_started: Instant,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(
        connection: &'a mut Connection,
        stop: &'a StopFlag,
        bytes_per_second: Option<u64>,
        break_at: Option<(u64, Ending)>,
    ) -> Self {
        // A full record of TLS.
        let connection = BufWriter::with_capacity(16 * 1024, connection);
        Self { connection, stop, bytes_per_second, break_at, body_sent: 0, body_started: Instant::now() }
    }

    /// Writes bytes of the head: at once, and never broken off.
    pub(crate) fn head(&mut self, bytes: &[u8]) -> Result<(), Ending> {
        self.body_started = Instant::now();
        self.put(bytes)
    }

    pub(crate) fn body(&mut self, bytes: &[u8]) -> Result<(), Ending> {
        let left = self.break_at.map_or(u64::MAX, |(position, _)| position - self.body_sent);
        let count = left.min(bytes.len() as u64) as usize;
        self.paced(&bytes[..count])?;
        self.break_off_if_due()
    }

    pub(crate) fn finish(mut self) -> Result<(), Ending> {
        self.break_off_if_due()?;
        self.flush()
    }

    /// Breaks off here and now.
    pub(crate) fn break_off(&mut self, how: Ending) -> Ending {
        self.flush().err().unwrap_or(how)
    }

    fn break_off_if_due(&mut self) -> Result<(), Ending> {
        match self.break_at {
            Some((position, how)) if self.body_sent >= position => Err(self.break_off(how)),
            _ => Ok(()),
        }
    }

    fn paced(&mut self, bytes: &[u8]) -> Result<(), Ending> {
        let Some(rate) = self.bytes_per_second else {
            self.body_sent += bytes.len() as u64;
            return self.put(bytes);
        };
        // 20 ms a piece is steady enough to look like a slow line.
        for piece in bytes.chunks((rate / 50).clamp(1, 65_536) as usize) {
            self.put(piece)?;
            self.flush()?;
            self.body_sent += piece.len() as u64;
            // Against the start, so that short oversleeping does not add up.
            let due = Duration::from_secs_f64(self.body_sent as f64 / rate as f64);
            if self.stop.sleep(due.saturating_sub(self.body_started.elapsed())) {
                return Err(Ending::Cut);
            }
        }
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Ending> {
        Ok(self.connection.write_all(bytes)?)
    }

    fn flush(&mut self) -> Result<(), Ending> {
        Ok(self.connection.flush()?)
    }
}
