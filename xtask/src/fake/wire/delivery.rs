//! What will happen on the wire: an answer, how it is framed, at which pace it goes, and where it breaks off.

use std::time::Duration;

use super::Ending;
use crate::fake::http::Answer;

/// How the end of a body is marked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Framing {
    #[default]
    ContentLength,
    Chunked,
    /// By closing the connection, which proves nothing.
    CloseDelimited,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    /// Chunks are compressed for clients that accept it.
    pub gzip: bool,
    pub framing: Framing,
    /// The wait before each answer.
    pub latency: Duration,
    /// Of each connection for itself; none is no limit.
    pub bytes_per_second: Option<u64>,
}

/// An answer and everything that will happen to it.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) answer: Answer,
    pub(crate) settings: Settings,
    /// Added to the true `Content-Length`.
    pub(crate) length_delta: i64,
    pub(crate) break_at: Option<(At, Ending)>,
}

impl Delivery {
    /// What happens to an answer where nothing goes wrong.
    pub(crate) fn new(answer: Answer, settings: Settings) -> Self {
        Self { answer, settings, length_delta: 0, break_at: None }
    }
}

/// Where an answer breaks off. The bytes of a body are those that go over the wire after the head: compressed where the
/// answer is compressed, and with chunk sizes where it is chunked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Instead of the first byte.
    Start,
    /// In the middle of the head.
    Head,
    /// After so many bytes of the body.
    Body(usize),
    /// Where so many bytes of the body are missing; a chunked one ends with 5 bytes of terminator.
    BeforeEnd(usize),
}
