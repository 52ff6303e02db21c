//! Bytes from any source of chunks to any sink, in order and whole.
//!
//! Knows addresses, chunk lists and errors. Touches files, and nothing else outside this process: where
//! the bytes come from is up to the [`ChunkSource`].

mod concat;
mod journal;
mod part_file;
mod progress;
mod sink;

pub use self::concat::{ChunkSource, ChunkWriter};
pub(crate) use self::concat::{fetch, fill};
pub use self::part_file::PartFile;
pub use self::progress::{Progress, Resume};
pub(crate) use self::sink::{ChunkDigest, ChunkSink, StreamSink, total_bytes};
