//! The body of an answer as proved bytes: it ends only where HTTP or gzip says that it ends, it is decoded
//! here so that nothing is hidden, and it is cut off at a limit.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::{GzDecoder, MultiGzDecoder};
use ureq::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, TRANSFER_ENCODING};
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Version};
use ureq::{Body, BodyReader};

use super::exchange::Terms;
use super::patience::within;
use super::ureq_error::{Phase, connection_fault};
use crate::service::{BodyProblem, Fault, document, is_gzip};

/// The maximum size of a body, and the name of that limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::client) struct SizeLimit {
    pub(in crate::client) bytes: u64,
    pub(in crate::client) name: &'static str,
}

impl SizeLimit {
    fn exceeded(self) -> Fault {
        Fault::Body(BodyProblem::TooLarge { limit: self.bytes, name: self.name })
    }
}

/// Bytes that gzip may add to data it cannot compress, above the limit of the data itself.
const GZIP_OVERHEAD: u64 = 64 * 1024;

const WIRE_BYTES: usize = 32 * 1024;

pub(in crate::client) struct AnswerBody {
    /// The media type in lower case, as the header has it; empty if there is none.
    pub(in crate::client) content_type: String,
    data: Data,
    limit: SizeLimit,
    received: u64,
    terms: Terms,
}

enum Data {
    Plain(BodyReader<'static>),
    Gzip(Box<MultiGzDecoder<BufReader<WireReader>>>),
    /// Without a length or chunks only the trailer proves the end: of one member, for it cannot tell
    /// whether another was to follow.
    UnframedGzip(Box<GzDecoder<BufReader<WireReader>>>),
}

/// The compressed bytes, counted: empty deflate blocks would otherwise be read for ever. Keeps the
/// transport's failure, which the decoder would hide among its own.
struct WireReader {
    reader: BodyReader<'static>,
    left: u64,
    terms: Terms,
    failure: Option<io::Error>,
}

impl WireReader {
    fn fault(&mut self, error: &io::Error, limit: SizeLimit) -> Fault {
        match self.failure.take() {
            Some(transport) => connection_fault(transport.into(), Phase::Body, self.terms.stall),
            None if error.kind() == io::ErrorKind::FileTooLarge => limit.exceeded(),
            None => Fault::Body(BodyProblem::GzipDamaged),
        }
    }
}

impl Read for WireReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match within(self.terms.stall, &self.terms.patience, || self.reader.read(buffer)) {
            Ok(count) if count as u64 > self.left => Err(io::ErrorKind::FileTooLarge.into()),
            Ok(count) => {
                self.left -= count as u64;
                Ok(count)
            }
            Err(error) => {
                let kind = error.kind();
                self.failure = Some(error);
                Err(kind.into())
            }
        }
    }
}

impl AnswerBody {
    /// Takes the body of an answer whose status was good, unless the header says that it is not what was asked for.
    pub(super) fn new(
        headers: &HeaderMap,
        version: Version,
        body: Body,
        limit: SizeLimit,
        terms: Terms,
    ) -> Result<AnswerBody, Fault> {
        let fail = |problem| Err(Fault::Body(problem));
        // All lines of one name together, as HTTP reads them.
        let header = |name: HeaderName| {
            let line = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).trim().to_ascii_lowercase();
            headers.get_all(name).iter().map(line).collect::<Vec<_>>().join(", ")
        };
        let content_type = header(CONTENT_TYPE);
        // Of several lines, any: a gateway adds its own to that of the service.
        let has_type = |name: &str| content_type.split(',').any(|part| part.trim().starts_with(name));
        if has_type("text/html") || has_type("application/xhtml") {
            return fail(BodyProblem::Document { kind: "an HTML page", message: None });
        }
        if has_type("multipart/") {
            return fail(BodyProblem::Document { kind: "a document of several parts", message: None });
        }
        let length = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.trim().parse::<u64>().ok());
        // The length on the wire, which is that of the range only without compression.
        let sent = length.filter(|_| !headers.contains_key(CONTENT_ENCODING));
        let range = header(CONTENT_RANGE);
        if !range.is_empty() && !is_everything(&range, sent) {
            return fail(BodyProblem::Partial(range));
        }
        let wire_limit = limit.bytes.saturating_add(GZIP_OVERHEAD);
        if length.is_some_and(|length| length > wire_limit) {
            return Err(limit.exceeded());
        }
        let has_framing = match &*header(TRANSFER_ENCODING) {
            "" => length.is_some(),
            // Version 1.0 does not know it, and what was meant is not known.
            "chunked" => version == Version::HTTP_11,
            other => return fail(BodyProblem::Encoding(other.to_owned())),
        };
        let reader = body.into_reader();
        let data = match &*header(CONTENT_ENCODING) {
            "" | "identity" if has_framing => Data::Plain(reader),
            "" | "identity" => return fail(BodyProblem::NoProofOfEnd),
            "gzip" | "x-gzip" => {
                let wire = WireReader { reader, left: wire_limit, terms: terms.clone(), failure: None };
                let mut wire = BufReader::with_capacity(WIRE_BYTES, wire);
                // A label without such data is the gateway's mistake.
                match wire.fill_buf().map(|bytes| bytes.first().copied()) {
                    Ok(Some(0x1f)) if has_framing => Data::Gzip(Box::new(MultiGzDecoder::new(wire))),
                    Ok(Some(0x1f)) => Data::UnframedGzip(Box::new(GzDecoder::new(wire))),
                    Ok(Some(_)) => return fail(BodyProblem::NotGzip),
                    Ok(None) if has_framing => return fail(BodyProblem::Empty),
                    Ok(None) => return fail(BodyProblem::NoProofOfEnd),
                    Err(error) => return Err(wire.get_mut().fault(&error, limit)),
                }
            }
            other => return fail(BodyProblem::Encoding(other.to_owned())),
        };
        Ok(AnswerBody { content_type, data, limit, received: 0, terms })
    }

    /// Reads some bytes; 0 only where the end is proved.
    pub(in crate::client) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        let count = match &mut self.data {
            Data::Plain(reader) => within(self.terms.stall, &self.terms.patience, || reader.read(buffer))
                .map_err(|error| connection_fault(error.into(), Phase::Body, self.terms.stall))?,
            Data::Gzip(decoder) => {
                decoder.read(buffer).map_err(|error| decoder.get_mut().get_mut().fault(&error, self.limit))?
            }
            Data::UnframedGzip(decoder) => {
                let read = decoder.read(buffer).and_then(|count| {
                    let ends_early = count == 0 && !decoder.get_mut().fill_buf()?.is_empty();
                    if ends_early { Err(io::ErrorKind::InvalidData.into()) } else { Ok(count) }
                });
                read.map_err(|error| decoder.get_mut().get_mut().fault(&error, self.limit))?
            }
        };
        self.received += count as u64;
        if self.received <= self.limit.bytes { Ok(count) } else { Err(self.limit.exceeded()) }
    }

    /// Reads a JSON answer into memory, and refuses a page or gzip data. What the JSON means is not judged here.
    pub(in crate::client) fn read_json(mut self) -> Result<Vec<u8>, Fault> {
        const STEP_BYTES: usize = 16 * 1024;
        let mut bytes = Vec::new();
        let mut buffer = vec![0; STEP_BYTES];
        loop {
            match self.read(&mut buffer)? {
                0 => break,
                count => bytes.extend_from_slice(&buffer[..count]),
            }
        }
        if is_gzip(&bytes) {
            return Err(Fault::Body(BodyProblem::UnlabelledGzip));
        }
        let page = bytes.trim_ascii_start().starts_with(b"<").then(|| document(&self.content_type, &bytes));
        page.flatten().map_or(Ok(bytes), |problem| Err(Fault::Body(problem)))
    }
}

/// Whether a `Content-Range` covers the whole: `bytes 0-2945/2946`.
fn is_everything(range: &str, sent: Option<u64>) -> bool {
    let numbers = range.strip_prefix("bytes ").map(|range| range.split(['-', '/']).map(|it| it.trim().parse::<u64>()));
    match numbers.into_iter().flatten().collect::<Vec<_>>().as_slice() {
        [Ok(0), Ok(last), Ok(total)] => last.checked_add(1) == Some(*total) && sent.is_none_or(|sent| sent == *total),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::time::Duration;

    use flate2::write::GzEncoder;

    use super::*;
    use crate::client::http::patience::Patience;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn bytes_after_a_gzip_stream_are_another_stream_whose_length_is_known_or_damage() {
        let terms = Terms { stall: Duration::from_secs(60), patience: Patience::default() };
        let limit = SizeLimit { bytes: 100, name: "the limit" };
        for (more, if_framed, if_unframed) in [
            (Vec::new(), Some("rows"), Some("rows")),
            (gzip(b" more"), Some("rows more"), None),
            (b"\0".to_vec(), None, None),
            (b"x,y\n1,2\n3,4\n5,6".to_vec(), None, None),
        ] {
            let data = [gzip(b"rows"), more].concat();
            for (is_framed, expected) in [(true, if_framed), (false, if_unframed)] {
                let mut headers = HeaderMap::new();
                headers.insert(CONTENT_ENCODING, "gzip".parse().unwrap());
                if is_framed {
                    headers.insert(CONTENT_LENGTH, data.len().into());
                }
                let body = Body::builder().data(data.clone());
                let body = AnswerBody::new(&headers, Version::HTTP_11, body, limit, terms.clone()).unwrap();
                match (body.read_json(), expected) {
                    (Ok(read), Some(expected)) => assert_eq!(read, expected.as_bytes()),
                    (Err(Fault::Body(BodyProblem::GzipDamaged)), None) => {}
                    (read, _) => panic!("{read:?}, {is_framed}"),
                }
            }
        }
    }

    #[test]
    fn only_a_range_that_covers_everything_is_the_whole_answer() {
        assert!(is_everything("bytes 0-2945/2946", None) && is_everything("bytes 0-2945/2946", Some(2946)));
        assert!(!is_everything("bytes 0-2945/2946", Some(50)), "it is shorter than it says");
        for range in ["bytes 0-999/2946", "bytes 1-2945/2946", "bytes */2946", "bytes 0-2945/*", "", "items 0-1/2"] {
            assert!(!is_everything(range, None), "{range}");
        }
    }
}
