//! What can go wrong.

use std::time::Duration;

use super::dump::Dump;

/// One way of going wrong. All of them happen on the real socket.
///
/// Body positions count the bytes after the head as they go over the wire: compressed where the answer is
/// compressed, and with chunk sizes where it is chunked. A position beyond the end of the body is never reached,
/// and the answer is then complete.
#[derive(Debug, Clone)]
pub enum Fault {
    /// The request is read, then the connection is closed in order (FIN).
    CloseBeforeAnswer,
    /// The request is read, then the connection is reset (RST).
    ResetBeforeAnswer,
    /// The request is read, then there is silence until the client goes.
    StallBeforeAnswer,
    /// Half of the head, then a close.
    CutHeaders,
    /// Half of the head, then a reset.
    ResetInHeaders,
    /// So many bytes of the body, then a reset.
    ResetInBody {
        /// Bytes of the body that are sent.
        after_bytes: usize,
    },
    /// So many bytes of the body, then an orderly close, whatever the framing promised.
    CutBody {
        /// Bytes of the body that are sent.
        after_bytes: usize,
    },
    /// All but the last bytes of the body, then an orderly close. In a chunked body the last 5 bytes are the
    /// terminator.
    CutBeforeEnd {
        /// Bytes of the body that are not sent.
        missing_bytes: usize,
    },
    /// So many bytes of the body, then silence until the client goes.
    Stall {
        /// Bytes of the body that are sent.
        after_bytes: usize,
    },
    /// The body in small pieces with a pause after each.
    Dribble {
        /// The size of a piece.
        bytes: usize,
        /// The pause.
        pause: Duration,
    },
    /// The next connections are closed as soon as they are accepted. Takes effect when the fault is added,
    /// whatever its [`When`](super::When) says.
    RefuseConnections {
        /// How many connections.
        connections: usize,
    },
    /// This status instead of the answer.
    Status {
        /// The status code.
        code: u16,
        /// The header `Retry-After`: seconds or a date.
        retry_after: Option<String>,
        /// What stands in the body.
        body: ErrorBody,
    },
    /// The sign-in page of a captive proxy, with status 200.
    HtmlOk,
    /// Status 200 with this text as JSON.
    WrongJson(String),
    /// The first half of the right body, properly framed.
    TruncatedJson,
    /// Compressed, with a wrong checksum at the end.
    GzipBadCrc,
    /// Compressed, with a wrong length at the end.
    GzipBadLength,
    /// The first half of the compressed body, properly framed.
    GzipTruncated,
    /// Compressed, properly framed, but without the 8 bytes of checksum and length.
    GzipNoTrailer,
    /// A small body that inflates to so many zeros.
    GzipBomb {
        /// The size after inflation.
        inflated: u64,
    },
    /// Endless gzip that never yields a byte.
    GzipEmptyBlocks,
    /// A chunked body without end.
    EndlessBody,
    /// The plain body under this `Content-Encoding`.
    LeftoverEncoding(String),
    /// Neither a length nor chunks: only the close marks the end.
    CloseDelimited,
    /// A `Content-Length` that is wrong by this much. Where it promises too much, the connection is closed after
    /// the body; where it promises too little, it stays open with the rest of the body on it.
    WrongLength {
        /// Added to the true length.
        delta: i64,
    },
    /// Header lines without end.
    EndlessHeaders,
    /// So many bytes of needless headers before the right answer.
    HugeHeaders {
        /// The size of the needless headers.
        bytes: usize,
    },
    /// A wait before the answer.
    Latency(Duration),
    /// A limit to the rate of the body.
    Bandwidth {
        /// The limit.
        bytes_per_second: u64,
    },
    /// A redirect (302).
    Redirect {
        /// Where to.
        location: String,
    },
    /// The token of this request is answered with 401 from now on, until it is registered again.
    ExpireToken,
    /// The dump at this address is replaced by another one before the request is answered.
    ReplaceDump(Box<Dump>),
    /// The dump at this address is gone before the request is answered.
    EraseDump,
}

/// The body of an error answer.
#[derive(Debug, Clone)]
pub enum ErrorBody {
    /// The documented JSON with this message.
    Json(String),
    /// The page of a gateway.
    Html,
    /// Nothing.
    Empty,
    /// Exactly this text, as `text/plain`.
    Raw(String),
}

impl Fault {
    /// A status with the documented JSON and no `Retry-After`.
    pub fn status(code: u16) -> Self {
        let message = super::respond::reason(code).to_owned();
        Self::Status { code, retry_after: None, body: ErrorBody::Json(message) }
    }

    /// The word for this fault in logs and specifications.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CloseBeforeAnswer => "close-before-answer",
            Self::ResetBeforeAnswer => "reset-before-answer",
            Self::StallBeforeAnswer => "stall-before-answer",
            Self::CutHeaders => "cut-headers",
            Self::ResetInHeaders => "reset-in-headers",
            Self::ResetInBody { .. } => "reset-in-body",
            Self::CutBody { .. } => "cut-body",
            Self::CutBeforeEnd { .. } => "cut-before-end",
            Self::Stall { .. } => "stall",
            Self::Dribble { .. } => "dribble",
            Self::RefuseConnections { .. } => "refuse-connections",
            Self::Status { .. } => "status",
            Self::HtmlOk => "html-ok",
            Self::WrongJson(_) => "wrong-json",
            Self::TruncatedJson => "truncated-json",
            Self::GzipBadCrc => "gzip-bad-crc",
            Self::GzipBadLength => "gzip-bad-length",
            Self::GzipTruncated => "gzip-truncated",
            Self::GzipNoTrailer => "gzip-no-trailer",
            Self::GzipBomb { .. } => "gzip-bomb",
            Self::GzipEmptyBlocks => "gzip-empty-blocks",
            Self::EndlessBody => "endless-body",
            Self::LeftoverEncoding(_) => "leftover-encoding",
            Self::CloseDelimited => "close-delimited",
            Self::WrongLength { .. } => "wrong-length",
            Self::EndlessHeaders => "endless-headers",
            Self::HugeHeaders { .. } => "huge-headers",
            Self::Latency(_) => "latency",
            Self::Bandwidth { .. } => "bandwidth",
            Self::Redirect { .. } => "redirect",
            Self::ExpireToken => "expire-token",
            Self::ReplaceDump(_) => "replace-dump",
            Self::EraseDump => "erase-dump",
        }
    }

    /// Whether it changes the data or the pace only, so that another fault may act on the same answer.
    pub(crate) fn leaves_the_answer(&self) -> bool {
        matches!(
            self,
            Self::Latency(_)
                | Self::Bandwidth { .. }
                | Self::Dribble { .. }
                | Self::ExpireToken
                | Self::ReplaceDump(_)
                | Self::EraseDump
        )
    }
}
