//! Bytes from any source of chunks to any sink, in order and whole.
//!
//! Knows addresses, chunk lists and errors. Touches files, and nothing else outside this process: where
//! the bytes come from is up to the [`ChunkSource`].

mod concat;
mod journal;
mod part_file;
mod progress;
mod sink;

#[cfg(feature = "http")]
pub(crate) use self::concat::fetch;
pub use self::concat::{ChunkSource, ChunkWriter, concatenate};
pub use self::part_file::{PartFile, PartFileBuilder};
pub use self::progress::{Progress, Resume};
pub use self::sink::{ChunkDigest, ChunkSink, WriteSink};
#[cfg(feature = "http")]
pub(crate) use self::sink::{StreamSink, total_bytes};
