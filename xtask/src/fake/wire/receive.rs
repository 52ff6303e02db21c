//! Reading a request off a connection.

use std::io;

use super::Connection;
use crate::fake::http::Request;

/// The largest head of a request in bytes: no client of ours comes near it.
const HEAD_LIMIT: usize = 64 * 1024;
/// The largest body of a request in bytes.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// Why there is no request.
#[derive(Debug)]
pub(crate) enum NoRequest {
    /// The client closed the connection, as it may between two requests.
    Closed,
    /// What came is not HTTP.
    Malformed,
}

impl From<io::Error> for NoRequest {
    fn from(_: io::Error) -> Self {
        Self::Closed
    }
}

/// Reads the next request. `buffer` keeps what arrived beyond it.
pub(crate) fn receive(connection: &mut Connection, buffer: &mut Vec<u8>) -> Result<Request, NoRequest> {
    let (mut request, head_length) = loop {
        if let Some(found) = parse_head(buffer)? {
            break found;
        }
        if buffer.len() > HEAD_LIMIT {
            return Err(NoRequest::Malformed);
        }
        fill(connection, buffer)?;
    };
    buffer.drain(..head_length);
    if request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
        connection.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        connection.flush()?;
    }
    let chunked = request
        .header("transfer-encoding")
        .is_some_and(|value| value.to_ascii_lowercase().ends_with("chunked"));
    if chunked {
        request.body = read_chunked(connection, buffer)?;
    } else if let Some(length) = request.header("content-length") {
        let length: usize = length.trim().parse().map_err(|_| NoRequest::Malformed)?;
        if length > BODY_LIMIT {
            return Err(NoRequest::Malformed);
        }
        request.body = take(connection, buffer, length)?;
    }
    Ok(request)
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
    request.headers = parsed
        .headers
        .iter()
        .map(|header| (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned()))
        .collect();
    let close = request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    request.keep_alive = parsed.version == Some(1) && !close;
    Ok(Some((request, length)))
}

fn read_chunked(connection: &mut Connection, buffer: &mut Vec<u8>) -> Result<Vec<u8>, NoRequest> {
    let mut body = Vec::new();
    loop {
        let line = take_line(connection, buffer)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| NoRequest::Malformed)?;
        if body.len().saturating_add(size) > BODY_LIMIT {
            return Err(NoRequest::Malformed);
        }
        if size == 0 {
            // Trailers end with an empty line, as a body without trailers does.
            while !take_line(connection, buffer)?.is_empty() {}
            return Ok(body);
        }
        body.extend(take(connection, buffer, size)?);
        take_line(connection, buffer)?;
    }
}

fn take_line(connection: &mut Connection, buffer: &mut Vec<u8>) -> Result<String, NoRequest> {
    loop {
        if let Some(end) = buffer.windows(2).position(|pair| pair == b"\r\n") {
            let line = String::from_utf8_lossy(&buffer[..end]).into_owned();
            buffer.drain(..end + 2);
            return Ok(line);
        }
        if buffer.len() > HEAD_LIMIT {
            return Err(NoRequest::Malformed);
        }
        fill(connection, buffer)?;
    }
}

fn take(connection: &mut Connection, buffer: &mut Vec<u8>, length: usize) -> Result<Vec<u8>, NoRequest> {
    while buffer.len() < length {
        fill(connection, buffer)?;
    }
    Ok(buffer.drain(..length).collect())
}

fn fill(connection: &mut Connection, buffer: &mut Vec<u8>) -> Result<(), NoRequest> {
    let mut block = [0; 8192];
    match connection.read(&mut block)? {
        0 => Err(NoRequest::Closed),
        count => {
            buffer.extend_from_slice(&block[..count]);
            Ok(())
        }
    }
}
