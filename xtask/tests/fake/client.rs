//! The plainest client: it writes text to a socket and looks at the bytes that come back.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;
use xtask::fake::*;

/// How an answer ended: with FIN, with RST, or not within a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Reset,
    Silent,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) raw: Vec<u8>,
    pub(crate) end: End,
}

impl Reply {
    /// The head, and everything after it, framing included.
    fn parts(&self) -> (&[u8], &[u8]) {
        let end = self.raw.windows(4).position(|window| window == b"\r\n\r\n");
        self.raw.split_at(end.map_or(self.raw.len(), |end| end + 4))
    }

    pub(crate) fn head(&self) -> String {
        String::from_utf8_lossy(self.parts().0).into_owned()
    }

    pub(crate) fn body(&self) -> &[u8] {
        self.parts().1
    }

    pub(crate) fn status(&self) -> u16 {
        self.head().get(9..12).map_or(0, |code| code.parse().unwrap())
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let head = self.head();
        let mut pairs = head.lines().filter_map(|line| line.split_once(": "));
        pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(self.body()).unwrap()
    }
}

pub(crate) fn connect(server: &FakeServer) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// Reads until the connection ends in one way or another, or for a while no byte comes after these.
pub(crate) fn read_all(stream: &mut TcpStream, last: Option<&[u8]>) -> Reply {
    let (mut raw, mut block) = (Vec::new(), [0; 65_536]);
    loop {
        if last.is_some_and(|last| raw.ends_with(last)) {
            stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        }
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

/// The head of a request with the default token; the server is asked to close.
pub(crate) fn request(method: &str, target: &str, extra: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nAuthorization: AnaplanAuthToken {TOKEN}\r\nConnection: close\r\n{extra}\r\n")
}

pub(crate) fn exchange(server: &FakeServer, bytes: impl AsRef<[u8]>) -> Reply {
    let mut stream = connect(server);
    stream.write_all(bytes.as_ref()).unwrap();
    read_all(&mut stream, None)
}

pub(crate) fn get(server: &FakeServer, target: &str) -> Reply {
    exchange(server, request("GET", target, ""))
}

pub(crate) fn post(server: &FakeServer, target: &str, body: &str) -> Reply {
    exchange(server, request("POST", target, &format!("Content-Length: {}\r\n", body.len())) + body)
}

/// A path in the model.
pub(crate) fn path(rest: &str) -> String {
    format!("/2/0/workspaces/{WORKSPACE}/models/{MODEL}/{rest}")
}

/// The path of the dump of `Service::with_dump`, with something after it.
pub(crate) fn dump_path(rest: &str) -> String {
    path(&format!("processes/{PROCESS}/tasks/{TASK}/dumps/{OBJECT}{rest}"))
}

/// A server with the dump `abcdefghij` in chunks of four bytes.
pub(crate) fn small_server() -> FakeServer {
    FakeServer::start(Service::with_dump(Dump::from_bytes(b"abcdefghij".to_vec(), 4)))
}
