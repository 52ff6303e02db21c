//! The plainest client: it writes text to a socket and looks at the bytes that come back.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;
use xtask::fake::*;

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// FIN.
    Closed,
    /// RST.
    Reset,
    /// Nothing more came for a while.
    Silent,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) raw: Vec<u8>,
    pub(crate) end: End,
}

impl Reply {
    pub(crate) fn head(&self) -> String {
        String::from_utf8_lossy(&self.raw[..self.head_length()]).into_owned()
    }

    /// Everything after the head, framing included.
    pub(crate) fn body(&self) -> &[u8] {
        &self.raw[self.head_length()..]
    }

    pub(crate) fn status(&self) -> u16 {
        self.head()[9..12].parse().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let head = self.head();
        let mut pairs = head.lines().filter_map(|line| line.split_once(": "));
        pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(self.body()).unwrap()
    }

    fn head_length(&self) -> usize {
        let end = self.raw.windows(4).position(|window| window == b"\r\n\r\n");
        end.map_or(self.raw.len(), |end| end + 4)
    }
}

pub(crate) fn connect(server: &FakeServer) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// Reads until the connection ends in one way or another.
pub(crate) fn read_all(stream: &mut TcpStream) -> Reply {
    let mut raw = Vec::new();
    let mut block = [0; 65_536];
    loop {
        let end = match stream.read(&mut block) {
            Ok(0) => End::Closed,
            Ok(count) => {
                raw.extend_from_slice(&block[..count]);
                continue;
            }
            Err(error) => match error.kind() {
                ErrorKind::ConnectionReset => End::Reset,
                ErrorKind::WouldBlock | ErrorKind::TimedOut => End::Silent,
                _ => panic!("{error}"),
            },
        };
        return Reply { raw, end };
    }
}

/// The request text with the default token.
pub(crate) fn request(method: &str, target: &str, extra: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: x\r\nAuthorization: AnaplanAuthToken {TOKEN}\r\n{extra}\r\n")
}

/// Sends this text on a connection of its own.
pub(crate) fn exchange(server: &FakeServer, text: &str) -> Reply {
    let mut stream = connect(server);
    stream.write_all(text.as_bytes()).unwrap();
    read_all(&mut stream)
}

/// GET on a connection of its own, which the server is asked to close.
pub(crate) fn get(server: &FakeServer, target: &str) -> Reply {
    exchange(server, &request("GET", target, "Connection: close\r\n"))
}

/// GET as above. Once the answer ends with `last`, the rest must come soon.
pub(crate) fn get_until_silence(server: &FakeServer, target: &str, last: &[u8]) -> Reply {
    let mut stream = connect(server);
    stream.write_all(request("GET", target, "Connection: close\r\n").as_bytes()).unwrap();
    let (mut raw, mut byte) = (Vec::new(), [0]);
    while !raw.ends_with(last) {
        stream.read_exact(&mut byte).unwrap();
        raw.extend(byte);
    }
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let rest = read_all(&mut stream);
    raw.extend(rest.raw);
    Reply { raw, end: rest.end }
}

pub(crate) fn post(server: &FakeServer, target: &str, body: &str) -> Reply {
    let extra = format!("Connection: close\r\nContent-Length: {}\r\n", body.len());
    exchange(server, &(request("POST", target, &extra) + body))
}

/// The path of the dump of `Service::with_dump`, with something behind it.
pub(crate) fn dump_path(rest: &str) -> String {
    format!("{}/dumps/{OBJECT}{rest}", process_path(&format!("/tasks/{TASK}")))
}

/// The path of the process of `Service::with_dump`, with something behind it.
pub(crate) fn process_path(rest: &str) -> String {
    format!("/2/0/workspaces/{WORKSPACE}/models/{MODEL}/processes/{PROCESS}{rest}")
}

/// The data of a chunked body, as far as it is there.
pub(crate) fn dechunk(mut body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    while let Some(end) = body.windows(2).position(|pair| pair == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        let Some(data) = body.get(end + 2..end + 2 + size).filter(|data| !data.is_empty()) else { break };
        plain.extend_from_slice(data);
        body = body.get(end + 4 + size..).unwrap_or_default();
    }
    plain
}

/// A server with the dump `abcdefghij` in chunks of four bytes.
pub(crate) fn small_server() -> FakeServer {
    FakeServer::start(Service::with_dump(small_dump()))
}

pub(crate) fn small_dump() -> Dump {
    Dump::from_bytes(b"abcdefghij".to_vec(), 4)
}
