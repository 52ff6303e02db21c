//! What a download reports while it runs.

use crate::error::Mismatch;
use crate::files::DiskWarning;

/// How a download begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resume {
    /// Nothing was there.
    Fresh,
    /// Whole chunks of an earlier run are kept.
    #[non_exhaustive]
    Resumed {
        /// Number of chunks kept.
        chunks: usize,
        /// Their bytes.
        bytes: u64,
    },
    /// What was there cannot be continued.
    #[non_exhaustive]
    Restarted {
        /// Why not.
        reason: Mismatch,
    },
}

/// A step of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// The chunk list is known, and what of the dump is there already.
    #[non_exhaustive]
    Started {
        /// Number of chunks of the dump.
        chunks: usize,
        /// How the download begins.
        resume: Resume,
    },
    /// The disk cannot do something, which is no error.
    Disk(DiskWarning),
    /// More bytes arrived: the running totals. They can fall, when what had arrived of a chunk is taken back.
    #[non_exhaustive]
    Arrived {
        /// Bytes of the dump that are here: those of an earlier run, and those that are still on their way to
        /// the sink, included.
        bytes: u64,
        /// Number of chunks that the sink holds, those of an earlier run included.
        finished: usize,
        /// Number of chunks of the dump.
        chunks: usize,
    },
    /// What had arrived of the chunk was taken back; it is fetched again.
    #[non_exhaustive]
    Restarted {
        /// The chunk's index, from 0.
        index: usize,
        /// Number of chunks of the dump.
        chunks: usize,
    },
    /// The sink holds the whole chunk.
    #[non_exhaustive]
    Finished {
        /// The chunk's index, from 0.
        index: usize,
        /// Number of chunks of the dump.
        chunks: usize,
        /// Bytes of the chunk.
        bytes: u64,
    },
}
