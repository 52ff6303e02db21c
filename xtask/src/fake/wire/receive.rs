//! Reading a request off a connection.

use std::io::{self, Read, Write};

use super::Connection;
use crate::fake::http::Request;

/// The maximum size of a request's head in bytes: no client of ours comes near it.
const HEAD_LIMIT: usize = 64 * 1024;
const BODY_LIMIT: usize = 64 * 1024 * 1024;

#[derive(Debug)]
pub(crate) enum NoRequest {
    /// The client closed the connection, as it may between two requests.
    Closed,
    /// What came is not HTTP as our clients speak it.
    Malformed,
}

impl From<io::Error> for NoRequest {
    fn from(_: io::Error) -> Self {
        Self::Closed
    }
}

/// Reads the head of the next request. `buffer` keeps what arrived beyond it.
pub(crate) fn receive_head(connection: &mut Connection, buffer: &mut Vec<u8>) -> Result<Request, NoRequest> {
    let (request, head_length) = loop {
        if let Some(found) = parse_head(buffer)? {
            break found;
        }
        if buffer.len() > HEAD_LIMIT {
            return Err(NoRequest::Malformed);
        }
        fill(connection, buffer)?;
    };
    buffer.drain(..head_length);
    Ok(request)
}

/// Reads the body of a request, or the first bytes of it.
pub(crate) fn receive_body(
    connection: &mut Connection,
    buffer: &mut Vec<u8>,
    request: &mut Request,
    at_most: usize,
) -> Result<(), NoRequest> {
    // No client of ours sends a body in chunks.
    if request.header("transfer-encoding").is_some() {
        return Err(NoRequest::Malformed);
    }
    let Some(length) = request.header("content-length") else { return Ok(()) };
    let length = length.trim().parse().ok().filter(|length: &usize| *length <= BODY_LIMIT);
    let length = length.ok_or(NoRequest::Malformed)?.min(at_most);
    if request.header("expect").is_some() {
        connection.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        connection.flush()?;
    }
    while buffer.len() < length {
        fill(connection, buffer)?;
    }
    request.sent.body = buffer.drain(..length).collect();
    Ok(())
}

fn parse_head(buffer: &[u8]) -> Result<Option<(Request, usize)>, NoRequest> {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(NoRequest::Malformed),
    };
    let mut request = Request::new(parsed.method.unwrap_or_default(), parsed.path.unwrap_or_default());
    request.sent.headers = parsed
        .headers
        .iter()
        .map(|header| (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned()))
        .collect();
    let close = request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    request.keep_alive = parsed.version == Some(1) && !close;
    Ok(Some((request, length)))
}

fn fill(connection: &mut Connection, buffer: &mut Vec<u8>) -> Result<(), NoRequest> {
    let mut block = [0; 64 * 1024];
    match connection.read(&mut block)? {
        0 => Err(NoRequest::Closed),
        count => {
            buffer.extend_from_slice(&block[..count]);
            Ok(())
        }
    }
}
