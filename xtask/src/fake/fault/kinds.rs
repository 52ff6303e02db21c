//! What can go wrong.
//!
//! A new fault is one entry here and one arm in `apply.rs`.

use std::time::Duration;

use crate::fake::data::Dump;
use crate::fake::http::{Answer, reason};
use crate::fake::wire::At;

/// One way of going wrong. All of them happen on the real socket.
///
/// One that breaks an answer off does so at a place; where that is beyond the end of the body, it is never reached, and
/// the answer is complete.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Closes the connection in order (FIN), whatever the framing promised.
    Cut(At),
    /// Resets the connection (RST).
    Reset(At),
    /// Falls silent, until the client goes.
    Stall(At),
    /// Resets when so many bytes of the body of a request have come; whatever they were for is not done.
    ResetInUpload { after_bytes: usize },
    /// Answers this instead.
    Answer(Answer),
    /// Sends the right answer under this status.
    UnderStatus(u16),
    /// Sends the right answer with one more header.
    Header(&'static str, String),
    /// Compresses without saying so.
    UnlabelledGzip,
    /// Compresses, with a wrong checksum at the end.
    GzipBadCrc,
    /// Sends the first half of the compressed body, properly framed.
    GzipTruncated,
    /// Compresses, properly framed, without the 8 bytes of checksum and length.
    GzipNoTrailer,
    /// Sends endless gzip, in blocks that each inflate to so many zeros.
    EndlessGzip { zeros: usize },
    /// Sends a chunked body without end.
    EndlessBody,
    /// Sends neither a length nor chunks: only the close ends the body.
    CloseDelimited,
    /// Adds this to `Content-Length`, and closes where that promises too much.
    WrongLength { delta: i64 },
    /// Waits before the answer.
    Latency(Duration),
    /// Answers the token of the request with 401 from now on, until it is registered again.
    ExpireToken,
    /// Puts another dump at the address asked for before it answers.
    ReplaceDump(Dump),
    /// Removes the dump asked for before it answers.
    EraseDump,
}

const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head>\n\
     <body><form method=\"post\" action=\"/login\">Guest access</form></body></html>\n";

impl Fault {
    /// The documented error of this status.
    pub fn status(code: u16) -> Self {
        Self::Answer(Answer::error(code, reason(code)))
    }

    /// This status with the page of a proxy.
    pub fn page(code: u16) -> Self {
        Self::Answer(Answer::new(code, "text/html", PAGE))
    }

    /// 200 with this text as JSON.
    pub fn json(text: impl Into<String>) -> Self {
        Self::Answer(Answer::new(200, "application/json", text.into()))
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
}
