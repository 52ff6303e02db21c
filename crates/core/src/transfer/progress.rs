//! What a download reports while it runs.

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
    BegunAnew {
        /// Why not.
        reason: &'static str,
    },
}

/// A step of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// The chunk list is known, and what of the dump is there already.
    #[non_exhaustive]
    Begun {
        /// Number of chunks of the dump.
        chunks: usize,
        /// How the download begins.
        resume: Resume,
    },
    /// The file system has no locks: nothing stops another run from writing the same file.
    NoLock,
    /// More bytes of a chunk arrived.
    #[non_exhaustive]
    Bytes {
        /// The chunk's index, from 0.
        index: usize,
        /// Number of chunks of the dump.
        chunks: usize,
        /// Bytes of this chunk so far.
        bytes: u64,
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
