//! What can go wrong.
//!
//! A new fault is one entry here and one arm in `apply.rs`.

use std::time::Duration;

use crate::fake::data::Dump;

/// One way of going wrong. All of them happen on the real socket.
///
/// Body positions count the bytes after the head as they go over the wire: compressed where the answer is
/// compressed, and with chunk sizes where it is chunked. A position beyond the end of the body is never
/// reached, and the answer is then complete.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Closes the connection in order (FIN) instead of answering.
    CloseBeforeAnswer,
    /// Resets the connection (RST) instead of answering.
    ResetBeforeAnswer,
    /// Never answers, until the client goes.
    StallBeforeAnswer,
    /// Closes in the middle of the head.
    CutHeaders,
    /// Resets in the middle of the head.
    ResetInHeaders,
    /// Closes in order after so many bytes of the body, whatever the framing promised.
    CutBody { after_bytes: usize },
    /// Resets after so many bytes of the body.
    ResetInBody { after_bytes: usize },
    /// Falls silent after so many bytes of the body, until the client goes.
    Stall { after_bytes: usize },
    /// Closes in order when so many bytes of the body are missing; a chunked body ends with 5 bytes of terminator.
    CutBeforeEnd { missing_bytes: usize },
    /// Resets when so many bytes of the body of a request have come; whatever they were for is not done.
    ResetInUpload { after_bytes: usize },
    /// Sends the body at this rate.
    Slow { bytes_per_second: u64 },
    /// Closes the next connections at once; counts from now on, whatever the condition says.
    RefuseConnections { connections: usize },
    /// Answers with this status, and with this `Retry-After`.
    Status { code: u16, body: ErrorBody, retry_after: Option<String> },
    /// Answers 200 with the sign-in page of a captive proxy.
    HtmlOk,
    /// Answers 200 with this text as JSON.
    WrongJson(String),
    /// Answers 200 with this text under these `Content-Type` lines, which may be none.
    Document { types: Vec<String>, text: String },
    /// Sends the right answer under this status.
    UnderStatus(u16),
    /// Sends the right answer under this `Content-Range`.
    ContentRange(String),
    /// Sends no bytes, properly framed.
    EmptyBody,
    /// Compresses without saying so.
    UnlabelledGzip,
    /// Sends the first half of the answer, properly framed.
    TruncatedJson,
    /// Compresses, with a wrong checksum at the end.
    GzipBadCrc,
    /// Sends the first half of the compressed body, properly framed.
    GzipTruncated,
    /// Compresses, properly framed, without the 8 bytes of checksum and length.
    GzipNoTrailer,
    /// Sends endless gzip that inflates to a thousand times as many zeros.
    GzipBomb,
    /// Sends endless gzip that never yields a byte.
    GzipEmptyBlocks,
    /// Sends a chunked body without end.
    EndlessBody,
    /// Sends the plain body under this `Content-Encoding`.
    LeftoverEncoding(String),
    /// Sends neither a length nor chunks: only the close ends the body.
    CloseDelimited,
    /// Adds this to `Content-Length`, and closes where that promises too much.
    WrongLength { delta: i64 },
    /// Sends so many bytes of needless headers before the right answer.
    HugeHeaders { bytes: usize },
    /// Waits before the answer.
    Latency(Duration),
    /// Answers 302 to this address.
    Redirect { location: String },
    /// Answers the token of the request with 401 from now on, until it is registered again.
    ExpireToken,
    /// Puts another dump at the address asked for before it answers.
    ReplaceDump(Box<Dump>),
    /// Removes the dump asked for before it answers.
    EraseDump,
}

/// The body of an error answer.
#[derive(Debug, Clone)]
pub enum ErrorBody {
    /// The documented JSON with this message; where it is empty, with the phrase that belongs to the status.
    Json(String),
    Html,
    Empty,
    /// Exactly this text, as `text/plain`.
    Raw(String),
}

impl Fault {
    /// A status with the documented JSON and no `Retry-After`.
    pub fn status(code: u16) -> Self {
        Self::Status { code, retry_after: None, body: ErrorBody::Json(String::new()) }
    }

    /// Its name, for logs.
    pub fn name(&self) -> String {
        let text = format!("{self:?}");
        text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
    }

    /// After how many bytes the body of a request ends, where it does.
    pub(crate) fn reset_in_upload(&self) -> Option<usize> {
        if let Self::ResetInUpload { after_bytes } = self { Some(*after_bytes) } else { None }
    }

    /// Whether it changes the data or the pace only, so that another fault may act on the same answer.
    pub(super) fn leaves_the_answer(&self) -> bool {
        matches!(
            self,
            Self::Latency(_) | Self::Slow { .. } | Self::ExpireToken | Self::ReplaceDump(_) | Self::EraseDump
        )
    }
}
