//! The body of an answer as proved bytes: it ends only where HTTP or gzip says that it ends, it is
//! decoded here so that nothing is hidden, and it is cut off at a limit.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use flate2::read::MultiGzDecoder;
use ureq::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use ureq::http::{HeaderMap, HeaderName, Version};
use ureq::{Agent, Body, BodyReader};

use super::failure::{Phase, connection_error};
use crate::error::{BodyProblem, Error, Result, Subject};

/// How many bytes a body may have, and the setting that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SizeLimit {
    pub(super) bytes: u64,
    pub(super) setting: &'static str,
}

/// Bytes that gzip may add to data it cannot compress, above the limit of the data itself.
const GZIP_OVERHEAD: u64 = 64 * 1024;

/// A body that is being read. `Read` ends with `Ok(0)` only where the end is proved; every other end
/// is an `io::Error` that wraps an [`Error`].
pub(super) struct AnswerBody<'a> {
    data: Data,
    limit: SizeLimit,
    received: u64,
    agent: &'a Agent,
    subject: &'a Subject,
}

enum Data {
    Plain(BodyReader<'static>),
    Gzip(Box<MultiGzDecoder<WireReader>>),
    /// Without a length or chunks only the trailer proves the end: of one member, for it cannot tell
    /// whether another was to follow.
    UnframedGzip(Box<GzDecoder<BufReader<WireReader>>>),
}

/// The compressed bytes, counted: empty deflate blocks would otherwise be read for ever. Keeps the
/// transport's failure, which the decoder would hide among its own.
struct WireReader {
    reader: BodyReader<'static>,
    left: u64,
    failure: Option<io::Error>,
}

impl Read for WireReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.reader.read(buffer) {
            Ok(count) if count as u64 > self.left => {
                self.left = 0;
                Err(io::ErrorKind::FileTooLarge.into())
            }
            Ok(count) => {
                self.left -= count as u64;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                self.failure = Some(error);
                Err(kind.into())
            }
        }
    }
}

impl<'a> AnswerBody<'a> {
    /// Takes the body of an answer whose status was good.
    ///
    /// # Errors
    ///
    /// [`Error::Body`] where the header already says that the body is not what was asked for.
    pub(super) fn new(
        headers: &HeaderMap,
        version: Version,
        body: Body,
        limit: SizeLimit,
        agent: &'a Agent,
        subject: &'a Subject,
    ) -> Result<AnswerBody<'a>> {
        let fail = |problem| Err(Error::Body { subject: subject.clone(), problem });
        // All lines of one name together, as HTTP reads them.
        let header = |name: HeaderName| {
            let lines: Vec<String> = headers
                .get_all(name)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_ascii_lowercase())
                .collect();
            (!lines.is_empty()).then(|| lines.join(", "))
        };
        let content_type = header(CONTENT_TYPE).unwrap_or_default();
        if content_type.starts_with("text/html") || content_type.starts_with("application/xhtml") {
            return fail(BodyProblem::HtmlPage);
        }
        let length = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.trim().parse::<u64>().ok());
        if length.is_some_and(|length| length > limit.bytes.saturating_add(GZIP_OVERHEAD)) {
            return fail(limit.problem());
        }
        let transfer_codings = header(TRANSFER_ENCODING);
        let has_framing = match transfer_codings.as_deref() {
            None => length.is_some(),
            // Version 1.0 does not know it, and what was meant is not known.
            Some("chunked") => version == Version::HTTP_11,
            Some(other) => return fail(BodyProblem::Encoding(other.to_owned())),
        };
        let reader = body.into_reader();
        let data = match header(CONTENT_ENCODING).as_deref() {
            None | Some("" | "identity") if has_framing => Data::Plain(reader),
            None | Some("" | "identity") => return fail(BodyProblem::NoProofOfEnd),
            Some("gzip" | "x-gzip") => {
                let left = limit.bytes.saturating_add(GZIP_OVERHEAD);
                let wire = WireReader { reader, left, failure: None };
                match has_framing {
                    true => Data::Gzip(Box::new(MultiGzDecoder::new(wire))),
                    false => Data::UnframedGzip(Box::new(GzDecoder::new(BufReader::new(wire)))),
                }
            }
            Some(other) => return fail(BodyProblem::Encoding(other.to_owned())),
        };
        Ok(AnswerBody { data, limit, received: 0, agent, subject })
    }

    /// Reads everything into memory.
    pub(super) fn read_all(mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match self.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(Error::from_read(error, self.subject)),
        }
    }

    fn failure(&mut self, error: io::Error) -> Error {
        let wire = match &mut self.data {
            Data::Plain(_) => return connection_error(error.into(), Phase::Body, self.agent, self.subject),
            Data::Gzip(decoder) => decoder.get_mut(),
            Data::UnframedGzip(decoder) => decoder.get_mut().get_mut(),
        };
        match wire.failure.take() {
            Some(transport) => connection_error(transport.into(), Phase::Body, self.agent, self.subject),
            None if error.kind() == io::ErrorKind::FileTooLarge => self.too_large(),
            None => Error::Body { subject: self.subject.clone(), problem: BodyProblem::GzipDamaged },
        }
    }

    fn too_large(&self) -> Error {
        Error::Body { subject: self.subject.clone(), problem: self.limit.problem() }
    }
}

impl SizeLimit {
    fn problem(self) -> BodyProblem {
        BodyProblem::TooLarge { limit: self.bytes, setting: self.setting }
    }
}

impl Read for AnswerBody<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.data {
            Data::Plain(reader) => reader.read(buffer),
            Data::Gzip(decoder) => decoder.read(buffer),
            Data::UnframedGzip(decoder) => match decoder.read(buffer) {
                Ok(0) if !decoder.get_mut().fill_buf()?.is_empty() => Err(io::ErrorKind::InvalidData.into()),
                read => read,
            },
        };
        match read {
            Ok(count) => {
                self.received += count as u64;
                if self.received > self.limit.bytes {
                    Err(io::Error::other(self.too_large()))
                } else {
                    Ok(count)
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(io::Error::other(self.failure(error))),
        }
    }
}
