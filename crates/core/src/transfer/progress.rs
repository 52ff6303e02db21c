//! What a download reports while it runs.

use crate::error::Mismatch;
use crate::files::DiskWarning;

/// How a download begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names of some fields say what they are")]
pub enum Resume {
    /// Nothing was there.
    Fresh,
    /// Whole chunks of an earlier run are kept.
    Resumed { chunks: usize, bytes: u64 },
    /// What was there cannot be continued.
    Restarted { reason: Mismatch },
}

/// A step of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names of some fields say what they are")]
pub enum Progress {
    /// The chunk list is known, and what of the dump is there already.
    Started { chunks: usize, resume: Resume },
    /// The disk cannot do something, which is no error.
    Disk(DiskWarning),
    /// More bytes arrived: the running totals. They can fall, when what had arrived of a chunk is taken back.
    Arrived {
        /// Bytes of the dump that are here: those of an earlier run, and those that are still on their way to
        /// the sink, included.
        bytes: u64,
        /// Number of chunks that the sink holds, those of an earlier run included.
        finished: usize,
        chunks: usize,
    },
    /// What had arrived of the chunk was taken back; it is fetched again.
    Restarted {
        /// The chunk's index, from 0.
        index: usize,
        chunks: usize,
    },
    /// The sink holds the whole chunk.
    Finished {
        /// The chunk's index, from 0.
        index: usize,
        chunks: usize,
        bytes: u64,
    },
}
