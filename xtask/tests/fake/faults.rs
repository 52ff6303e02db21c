//! Each fault does what its name says: chunk 0 of the small dump, `abcd`, as it
//! looks on the wire. Faults that change data are seen by every test that uses them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use flate2::read::GzDecoder;
use xtask::fake::*;

use crate::client::*;

fn server_with(fault: Fault) -> FakeServer {
    let server = small_server();
    server.fault(fault, When::any());
    server
}

fn ask(server: &FakeServer) -> TcpStream {
    let mut stream = connect(server);
    stream.write_all(request("GET", &dump_path("/chunks/0"), "").as_bytes()).unwrap();
    stream
}

fn under(fault: Fault) -> Reply {
    get(&server_with(fault), &dump_path("/chunks/0"))
}

#[test]
fn each_fault_does_what_its_name_says() {
    let text = str::to_owned;
    let answer = Fault::Answer(Answer::new(429, "a/b", "x,y").with_header("Retry-After", "7"));
    let (whole, length) = ("HTTP/1.1 200 OK", "Content-Length: 4\r\n");
    // What is in the head, what the body begins with and its length, and how the connection ends.
    for (fault, head, body, size, end) in [
        (Fault::Cut(At::Start), "", "", 0, End::Closed),
        (Fault::Reset(At::Start), "", "", 0, End::Reset),
        (Fault::Stall(At::Start), "", "", 0, End::Silent),
        (Fault::Cut(At::Head), whole, "", 0, End::Closed),
        (Fault::Reset(At::Head), whole, "", 0, End::Reset),
        (Fault::Cut(At::Body(0)), length, "", 0, End::Closed),
        (Fault::Cut(At::Body(3)), length, "abc", 3, End::Closed),
        (Fault::Reset(At::Body(3)), length, "abc", 3, End::Reset),
        (Fault::Cut(At::BeforeEnd(1)), length, "abc", 3, End::Closed),
        (Fault::Stall(At::Body(3)), length, "abc", 3, End::Silent),
        (Fault::Latency(Duration::from_millis(1)), length, "abcd", 4, End::Closed),
        (Fault::status(503), "503 Service Unavailable\r\n", "{", 55, End::Closed),
        (Fault::page(200), "200 OK\r\nContent-Type: text/html\r\n", "<!DOCTYPE html>", 149, End::Closed),
        (Fault::json("[1]"), "Content-Type: application/json\r\n", "[1]", 3, End::Closed),
        (answer, "429 Too Many Requests\r\nContent-Type: a/b\r\nRetry-After: 7\r\n", "x,y", 3, End::Closed),
        (Fault::UnderStatus(203), "HTTP/1.1 203 Non", "abcd", 4, End::Closed),
        (Fault::Header("Content-Range", text("bytes 0-3/4")), "Content-Range: bytes 0-3/4\r\n", "abcd", 4, End::Closed),
        (Fault::Header("Content-Encoding", text("br")), "Content-Encoding: br\r\n", "abcd", 4, End::Closed),
        (Fault::CloseDelimited, "octet-stream\r\nConnection: close", "abcd", 4, End::Closed),
        (Fault::WrongLength { delta: 3 }, "Content-Length: 7\r\n", "abcd", 4, End::Closed),
        (Fault::WrongLength { delta: -3 }, "Content-Length: 1\r\n", "abcd", 4, End::Closed),
    ] {
        let server = server_with(fault.clone());
        let reply = read_all(&mut ask(&server), (end == End::Silent).then_some(body.as_bytes()));
        let seen = (reply.body().len(), reply.end);
        // Without the line that no test can know.
        let lines: String = reply.head().split_inclusive('\n').filter(|line| !line.starts_with("Date")).collect();
        assert!(lines.contains(head), "{fault:?}: {lines}");
        assert!(reply.body().starts_with(body.as_bytes()), "{fault:?}: {reply:?}");
        assert_eq!(seen, (size, end), "{fault:?}: {}", String::from_utf8_lossy(&reply.raw));
        assert_eq!(server.requests()[0].fault, Some(fault.name()));
    }
}

#[test]
fn chunked_bodies_are_whole_or_break_in_data_in_a_size_and_before_the_terminator() {
    for (fault, left) in [
        (Fault::UnderStatus(200), "4\r\nabcd\r\n0\r\n\r\n"),
        (Fault::Cut(At::Body(5)), "4\r\nab"),
        (Fault::Cut(At::Body(2)), "4\r"),
        (Fault::Cut(At::BeforeEnd(5)), "4\r\nabcd\r\n"),
        (Fault::Cut(At::BeforeEnd(2)), "4\r\nabcd\r\n0\r\n"),
    ] {
        let server = server_with(fault);
        server.service().settings.framing = Framing::Chunked;
        let reply = get(&server, &dump_path("/chunks/0"));
        assert!(reply.head().contains("\r\nTransfer-Encoding: chunked\r\n"), "{reply:?}");
        assert_eq!((String::from_utf8_lossy(reply.body()), reply.end), (left.into(), End::Closed));
    }
}

#[test]
fn gzip_faults_are_framed_properly_and_fail_to_inflate() {
    for fault in [Fault::GzipBadCrc, Fault::GzipTruncated, Fault::GzipNoTrailer, Fault::UnlabelledGzip] {
        let (name, labelled) = (fault.name(), !matches!(fault, Fault::UnlabelledGzip));
        let reply = under(fault);
        assert_eq!(reply.header("content-encoding").is_some(), labelled, "{name}");
        assert_eq!(reply.header("content-length"), Some(reply.body().len().to_string()));
        let mut inflated = Vec::new();
        let result = GzDecoder::new(reply.body()).read_to_end(&mut inflated);
        assert_eq!((result.is_err(), inflated == b"abcd"), (labelled, name != "GzipTruncated"), "{name}");
    }
}
