//! What will happen on the wire: an answer, how it is framed, at which pace it goes, and where it breaks off.

use std::time::Duration;

use super::gzip::GzipMode;
use super::writer::{Break, Pace};
use crate::fake::http::Answer;

/// How the end of a body is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// By its length.
    ContentLength,
    /// By chunks and a terminator.
    Chunked,
    /// By closing the connection, which proves nothing.
    CloseDelimited,
}

/// How answers are sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) gzip: GzipMode,
    pub(crate) framing: Framing,
    pub(crate) latency: Duration,
    pub(crate) bytes_per_second: Option<u64>,
}

/// An answer and everything that will happen to it.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) answer: Answer,
    pub(crate) framing: Framing,
    /// Added to the true `Content-Length`.
    pub(crate) length_delta: i64,
    pub(crate) latency: Duration,
    pub(crate) pace: Pace,
    pub(crate) head_fault: Option<HeadFault>,
    pub(crate) break_at: Option<(Position, Break)>,
    /// Happens instead of any answer.
    pub(crate) instead: Option<Break>,
}

impl Delivery {
    /// What happens to an answer where nothing goes wrong.
    pub(crate) fn new(answer: Answer, settings: Settings) -> Self {
        Self {
            answer,
            framing: settings.framing,
            length_delta: 0,
            latency: settings.latency,
            pace: Pace { bytes_per_second: settings.bytes_per_second, dribble: None },
            head_fault: None,
            break_at: None,
            instead: None,
        }
    }
}

/// What is wrong with the head.
#[derive(Debug, Clone, Copy)]
pub(crate) enum HeadFault {
    Half(Break),
    Endless,
    Huge(usize),
}

/// A position in the body as it goes over the wire.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Position {
    After(u64),
    BeforeEnd(u64),
}
