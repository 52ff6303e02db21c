//! Reading a request off a connection, and the log that tests look at.

use std::io;

use super::connection::Connection;

/// What a client asked, and what became of it.
#[derive(Debug, Clone)]
pub struct RequestLog {
    /// `GET`, `POST`, ...
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// Names and values as sent, in order.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
    /// The status answered; none where the connection ended before that.
    pub status: Option<u16>,
    /// The faults applied, joined with `+`.
    pub fault: Option<String>,
    /// Which connection it came in on, counted from 0.
    pub connection: usize,
}

impl RequestLog {
    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The path without the query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// A request, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Decoded segments of the path.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) keep_alive: bool,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn accepts_gzip(&self) -> bool {
        self.header("accept-encoding").is_some_and(|value| {
            value.split(',').any(|part| {
                let mut pieces = part.split(';').map(str::trim);
                let gzip = pieces.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
                gzip && pieces.next().is_none_or(|weight| weight.trim_end_matches(".0") != "q=0")
            })
        })
    }

    /// Splits a target into its decoded parts.
    pub(crate) fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                (percent_decode(key), percent_decode(value))
            })
            .collect();
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            path: path.trim_start_matches('/').split('/').map(percent_decode).collect(),
            query,
            headers: Vec::new(),
            body: Vec::new(),
            keep_alive: true,
        }
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Decodes `%41`; what is no proper escape stays as it is.
pub(crate) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%').then(|| bytes.get(at + 1..at + 3)).flatten();
        let value = escape
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(value.unwrap_or(bytes[at]));
        at += if value.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

const HEAD_LIMIT: usize = 64 * 1024;
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
pub(crate) fn read(connection: &mut Connection, buffer: &mut Vec<u8>) -> Result<Request, NoRequest> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_and_parameters_are_decoded() {
        let request = Request::new("GET", "/2/0/a%2Fb/%e2%82%ac%zz?limit=5&x%20y=1");
        assert_eq!(request.path, ["2", "0", "a/b", "€%zz"]);
        assert_eq!(request.parameter("limit"), Some("5"));
        assert_eq!(request.parameter("x y"), Some("1"));
    }

    #[test]
    fn gzip_is_accepted_unless_its_weight_is_zero() {
        let mut request = Request::new("GET", "/");
        assert!(!request.accepts_gzip());
        for (value, accepted) in
            [("gzip", true), ("br, GZIP;q=0.5", true), ("gzip;q=0", false), ("identity", false)]
        {
            request.headers = vec![("Accept-Encoding".into(), value.into())];
            assert_eq!(request.accepts_gzip(), accepted, "{value}");
        }
    }
}
