//! How answers are framed.

use std::io::{Read, Write};

use xtask::fake::*;

use crate::client::*;

#[test]
fn one_connection_serves_many_requests_byte_for_byte() {
    let server = small_server();
    let mut stream = connect(&server);
    for (method, chunk, content) in [("GET", 0, "abcd"), ("GET", 2, "ij")] {
        let length = content.len();
        let text = request(method, &dump_path(&format!("/chunks/{chunk}")), "");
        stream.write_all(text.replace("Connection: close\r\n", "").as_bytes()).unwrap();
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        let kind = "Content-Type: application/octet-stream";
        let expected =
            format!("HTTP/1.1 200 OK\r\n{kind}\r\nDate: {date}\r\nContent-Length: {length}\r\n\r\n{content}");
        let mut raw = vec![0; expected.len()];
        stream.read_exact(&mut raw).unwrap();
        let at = expected.find(date).unwrap();
        raw[at..at + date.len()].copy_from_slice(date.as_bytes());
        assert_eq!(String::from_utf8(raw).unwrap(), expected);
    }
    assert_eq!(server.connections(), 1);
    assert!(server.requests().iter().all(|entry| entry.connection == 0));
}

#[test]
fn bodies_end_as_their_framing_says() {
    let server = small_server();
    server.service().set_framing(Framing::Chunked);
    let reply = get(&server, &dump_path("/chunks/0"));
    assert_eq!(reply.header("transfer-encoding").as_deref(), Some("chunked"));
    assert_eq!(reply.header("content-length"), None);
    server.service().set_framing(Framing::CloseDelimited);
    let text = request("GET", &dump_path("/chunks/0"), "").replace("Connection: close\r\n", "");
    let reply = exchange(&server, text);
    assert_eq!((reply.header("content-length"), reply.body(), reply.end), (None, &b"abcd"[..], End::Closed));
    let refused = exchange(&server, "what is this\r\n\r\n");
    assert_eq!((refused.status(), refused.end), (400, End::Closed));
}
