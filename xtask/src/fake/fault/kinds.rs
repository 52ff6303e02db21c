//! What can go wrong: one table with the words, the fields and the effect of each fault.
//!
//! A new fault is one entry here and one arm in `apply.rs`.

use std::time::Duration;

use super::argument::{Argument, FromArgument};
use crate::fake::data::Dump;

/// Makes the enum, the list of [`KINDS`], and the reading of a fault from its name and argument.
macro_rules! faults {
    ($(
        $usage:literal => $fault:ident $( ( $type:ty ) )? $( { $( $field:ident : $of:ty ),* } )?,
        $effect:literal;
    )*) => {
        /// One way of going wrong. All of them happen on the real socket.
        ///
        /// Body positions count the bytes after the head as they go over the wire: compressed where the answer is
        /// compressed, and with chunk sizes where it is chunked. A position beyond the end of the body is never
        /// reached, and the answer is then complete.
        #[derive(Debug, Clone)]
        pub enum Fault { $(
            #[doc = concat!($effect, ".")]
            $fault $( ( $type ) )? $( { $(
                #[doc = concat!("Given as `", $usage, "`.")]
                $field: $of,
            )* } )?,
        )* }

        /// The kinds of faults: the name with its argument, and what it does.
        pub const KINDS: &[(&str, &str)] = &[ $( ($usage, $effect), )* ];

        impl Fault {
            fn usage(&self) -> &'static str {
                match self { $( Self::$fault { .. } => $usage, )* }
            }

            /// The fault of this usage; none where the argument does not fit.
            pub(super) fn read(usage: &str, argument: &mut Argument<'_>) -> Option<Self> {
                $( if usage == $usage {
                    return Some(Self::$fault
                        $( ( <$type>::read(argument)? ) )?
                        $( { $( $field: <$of>::read(argument)? ),* } )?);
                } )*
                None
            }
        }
    };
}

faults! {
    "close-before-answer" => CloseBeforeAnswer, "Closes the connection in order (FIN) instead of answering";
    "reset-before-answer" => ResetBeforeAnswer, "Resets the connection (RST) instead of answering";
    "stall-before-answer" => StallBeforeAnswer, "Never answers, until the client goes";
    "cut-headers" => CutHeaders, "Closes in the middle of the head";
    "reset-in-headers" => ResetInHeaders, "Resets in the middle of the head";
    "cut-body:BYTES" => CutBody { after_bytes: usize },
        "Closes in order after BYTES bytes of the body, whatever the framing promised";
    "reset-in-body:BYTES" => ResetInBody { after_bytes: usize }, "Resets after BYTES bytes of the body";
    "stall:BYTES" => Stall { after_bytes: usize },
        "Falls silent after BYTES bytes of the body, until the client goes";
    "cut-before-end:BYTES" => CutBeforeEnd { missing_bytes: usize },
        "Closes in order when BYTES bytes of the body are missing; a chunked body ends with 5 bytes of terminator";
    "dribble:BYTES,PAUSE" => Dribble { bytes: usize, pause: Duration },
        "Sends the body in pieces of BYTES bytes with a pause (50ms, 2s) after each";
    "refuse-connections:N" => RefuseConnections { connections: usize },
        "Closes the next N connections at once; counts from now on, whatever the condition says";
    "status:CODE[,html|empty][,retry-after=SECONDS]" =>
        Status { code: u16, body: ErrorBody, retry_after: Option<String> },
        "Answers with this status, in JSON unless something else is asked for";
    "html-ok" => HtmlOk, "Answers 200 with the sign-in page of a captive proxy";
    "wrong-json:TEXT" => WrongJson(String), "Answers 200 with this text as JSON";
    "document:TYPES,TEXT" => Document { types: Vec<String>, text: String },
        "Answers 200 with this text; TYPES are its Content-Type lines, separated by |, and may be none";
    "under-status:CODE" => UnderStatus(u16), "Sends the right answer under this status";
    "content-range:RANGE" => ContentRange(String), "Sends the right answer under this Content-Range";
    "empty-body" => EmptyBody, "Sends no bytes, properly framed";
    "unlabelled-gzip" => UnlabelledGzip, "Compresses without saying so";
    "truncated-json" => TruncatedJson, "Sends the first half of the answer, properly framed";
    "gzip-bad-crc" => GzipBadCrc, "Compresses, with a wrong checksum at the end";
    "gzip-bad-length" => GzipBadLength, "Compresses, with a wrong length at the end";
    "gzip-truncated" => GzipTruncated, "Sends the first half of the compressed body, properly framed";
    "gzip-no-trailer" => GzipNoTrailer,
        "Compresses, properly framed, without the 8 bytes of checksum and length";
    "gzip-bomb:BYTES" => GzipBomb { inflated: u64 }, "Sends a small body that inflates to BYTES zeros";
    "gzip-empty-blocks" => GzipEmptyBlocks, "Sends endless gzip that never yields a byte";
    "endless-body" => EndlessBody, "Sends a chunked body without end";
    "leftover-encoding:NAME" => LeftoverEncoding(String), "Sends the plain body under this Content-Encoding";
    "close-delimited" => CloseDelimited, "Sends neither a length nor chunks: only the close ends the body";
    "wrong-length:DELTA" => WrongLength { delta: i64 },
        "Adds DELTA to Content-Length, and closes where that promises too much";
    "endless-headers" => EndlessHeaders, "Sends header lines without end";
    "huge-headers:BYTES" => HugeHeaders { bytes: usize },
        "Sends BYTES bytes of needless headers before the right answer";
    "latency:TIME" => Latency(Duration), "Waits before the answer (50ms, 2s)";
    "bandwidth:BYTES" => Bandwidth { bytes_per_second: u64 },
        "Sends at most BYTES bytes of the body a second";
    "redirect:URL" => Redirect { location: String }, "Answers 302 to this address";
    "expire-token" => ExpireToken,
        "Answers the token of the request with 401 from now on, until it is registered again";
    "replace-dump[:BYTES]" => ReplaceDump(Box<Dump>),
        "Puts another dump at the address asked for before it answers";
    "erase-dump" => EraseDump, "Removes the dump asked for before it answers";
}

/// The body of an error answer.
#[derive(Debug, Clone)]
pub enum ErrorBody {
    /// The documented JSON with this message; where it is empty, with the phrase that belongs to the status.
    Json(String),
    /// The page of a gateway.
    Html,
    /// Nothing.
    Empty,
    /// Exactly this text, as `text/plain`.
    Raw(String),
}

impl FromArgument for ErrorBody {
    fn read(argument: &mut Argument<'_>) -> Option<Self> {
        Some(if argument.word("html") {
            Self::Html
        } else if argument.word("empty") {
            Self::Empty
        } else {
            Self::Json(String::new())
        })
    }
}

impl Fault {
    /// A status with the documented JSON and no `Retry-After`.
    pub fn status(code: u16) -> Self {
        Self::Status { code, retry_after: None, body: ErrorBody::Json(String::new()) }
    }

    /// The word for this fault in logs and specifications.
    pub fn name(&self) -> &'static str {
        name_of(self.usage())
    }

    /// Whether it changes the data or the pace only, so that another fault may act on the same answer.
    pub(super) fn leaves_the_answer(&self) -> bool {
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

/// `stall` of `stall:BYTES`.
pub(super) fn name_of(usage: &str) -> &str {
    usage.split([':', '[']).next().unwrap_or(usage)
}
