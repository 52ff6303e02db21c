//! Each fault does what its name says: chunk 0 of the small dump, `abcd`, as it looks on the wire.

use std::io::{Read, Write};
use std::time::Duration;

use flate2::read::GzDecoder;
use xtask::fake::*;

use crate::client::*;

fn server_with(fault: Fault) -> FakeServer {
    let server = small_server();
    server.fault(fault, When::any());
    server
}

fn under(fault: Fault) -> Reply {
    get(&server_with(fault), &dump_path("/chunks/0"))
}

#[test]
fn each_fault_does_what_its_name_says() {
    let text = str::to_owned;
    let status = |body| Fault::Status { code: 429, retry_after: Some("7".to_owned()), body };
    let page = Fault::Document { types: vec!["a/b".to_owned(), "c/d".to_owned()], text: text("x,y") };
    let (whole, length) = ("HTTP/1.1 200 OK", "Content-Length: 4\r\n");
    // What is in the head, what the body begins with and its length, and how the connection ends.
    for (fault, head, body, size, end) in [
        (Fault::CloseBeforeAnswer, "", "", 0, End::Closed),
        (Fault::ResetBeforeAnswer, "", "", 0, End::Reset),
        (Fault::StallBeforeAnswer, "", "", 0, End::Silent),
        (Fault::CutHeaders, whole, "", 0, End::Closed),
        (Fault::ResetInHeaders, whole, "", 0, End::Reset),
        (Fault::CutBody { after_bytes: 0 }, length, "", 0, End::Closed),
        (Fault::CutBody { after_bytes: 3 }, length, "abc", 3, End::Closed),
        (Fault::ResetInBody { after_bytes: 3 }, length, "abc", 3, End::Reset),
        (Fault::CutBeforeEnd { missing_bytes: 1 }, length, "abc", 3, End::Closed),
        (Fault::Stall { after_bytes: 3 }, length, "abc", 3, End::Silent),
        (Fault::Dribble { bytes: 1, pause: Duration::from_millis(1) }, length, "abcd", 4, End::Closed),
        (Fault::Latency(Duration::from_millis(1)), length, "abcd", 4, End::Closed),
        (Fault::status(503), "503 Service Unavailable\r\n", "{", 282, End::Closed),
        (status(ErrorBody::Json(text("slow"))), "Retry-After: 7\r\n", "{", 267, End::Closed),
        (status(ErrorBody::Html), "Content-Type: text/html\r\n", "<html>", 134, End::Closed),
        (status(ErrorBody::Empty), "Content-Length: 0\r\n", "", 0, End::Closed),
        (status(ErrorBody::Raw(text("no"))), "Content-Type: text/plain\r\n", "no", 2, End::Closed),
        (Fault::HtmlOk, "200 OK\r\nContent-Type: text/html\r\n", "<!DOCTYPE html>", 149, End::Closed),
        (Fault::WrongJson(text("[1]")), "Content-Type: application/json\r\n", "[1]", 3, End::Closed),
        (page, "Content-Type: a/b\r\nContent-Type: c/d\r\n", "x,y", 3, End::Closed),
        (Fault::UnderStatus(203), "HTTP/1.1 203 Non", "abcd", 4, End::Closed),
        (Fault::ContentRange(text("bytes 0-3/4")), "Content-Range: bytes 0-3/4\r\n", "abcd", 4, End::Closed),
        (Fault::EmptyBody, "Content-Length: 0\r\n", "", 0, End::Closed),
        (Fault::LeftoverEncoding(text("br")), "Content-Encoding: br\r\n", "abcd", 4, End::Closed),
        (Fault::TruncatedJson, "Content-Length: 2\r\n", "ab", 2, End::Closed),
        (Fault::CloseDelimited, "octet-stream\r\nConnection: close", "abcd", 4, End::Closed),
        (Fault::WrongLength { delta: 3 }, "Content-Length: 7\r\n", "abcd", 4, End::Closed),
        (Fault::WrongLength { delta: -3 }, "Content-Length: 1\r\n", "abcd", 4, End::Closed),
        (
            Fault::Redirect { location: text("http://a/") },
            "302 Found\r\nLocation: http://a/",
            "",
            0,
            End::Closed,
        ),
    ] {
        let server = server_with(fault.clone());
        let mut stream = connect(&server);
        stream.write_all(request("GET", &dump_path("/chunks/0"), "").as_bytes()).unwrap();
        let reply = read_all(&mut stream, (end == End::Silent).then_some(body.as_bytes()));
        let seen = (reply.body().len(), reply.end);
        assert!(reply.head().replace(&date_of(&reply), "").contains(head), "{fault:?}: {}", reply.head());
        assert!(reply.body().starts_with(body.as_bytes()), "{fault:?}: {reply:?}");
        assert_eq!(seen, (size, end), "{fault:?}: {}", String::from_utf8_lossy(&reply.raw));
        assert_eq!(server.requests()[0].fault, Some(fault.name()));
    }
}

/// The line of the head that no test can know.
fn date_of(reply: &Reply) -> String {
    reply.header("date").map(|date| format!("Date: {date}\r\n")).unwrap_or_else(|| "no date".to_owned())
}

#[test]
fn chunked_bodies_break_in_data_in_a_size_and_before_the_terminator() {
    // The whole: "4\r\nabcd\r\n0\r\n\r\n".
    for (fault, left) in [
        (Fault::CutBody { after_bytes: 5 }, "4\r\nab"),
        (Fault::CutBody { after_bytes: 2 }, "4\r"),
        (Fault::CutBeforeEnd { missing_bytes: 5 }, "4\r\nabcd\r\n"),
        (Fault::CutBeforeEnd { missing_bytes: 2 }, "4\r\nabcd\r\n0\r\n"),
        (Fault::Latency(Duration::ZERO), "4\r\nabcd\r\n0\r\n\r\n"),
    ] {
        let server = server_with(fault);
        server.service().set_framing(Framing::Chunked);
        let reply = get(&server, &dump_path("/chunks/0"));
        assert_eq!((String::from_utf8_lossy(reply.body()), reply.end), (left.into(), End::Closed));
    }
}

#[test]
fn gzip_faults_are_framed_properly_and_fail_to_inflate() {
    for fault in [
        Fault::GzipBadCrc,
        Fault::GzipBadLength,
        Fault::GzipTruncated,
        Fault::GzipNoTrailer,
        Fault::UnlabelledGzip,
    ] {
        let (name, labelled) = (fault.name(), !matches!(fault, Fault::UnlabelledGzip));
        let reply = under(fault);
        assert_eq!(reply.header("content-encoding").is_some(), labelled, "{name}");
        assert_eq!(reply.header("content-length"), Some(reply.body().len().to_string()));
        let mut inflated = Vec::new();
        let result = GzDecoder::new(reply.body()).read_to_end(&mut inflated);
        assert_eq!((result.is_err(), inflated == b"abcd"), (labelled, name != "GzipTruncated"), "{name}");
    }
}

/// The data of a chunked body, as far as it is there.
fn dechunk(mut body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    while let Some(end) = body.windows(2).position(|pair| pair == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        let Some(data) = body.get(end + 2..end + 2 + size).filter(|data| !data.is_empty()) else { break };
        plain.extend_from_slice(data);
        body = body.get(end + 4 + size..).unwrap_or_default();
    }
    plain
}

#[test]
fn answers_without_end_do_not_end_and_large_ones_are_large() {
    let beginning = |fault| {
        let (server, mut raw) = (server_with(fault), vec![0; 1_000_000]);
        let mut stream = connect(&server);
        stream.write_all(request("GET", &dump_path("/chunks/0"), "").as_bytes()).unwrap();
        stream.read_exact(&mut raw).unwrap();
        Reply { raw, end: End::Silent }
    };
    assert!(beginning(Fault::EndlessBody).body().starts_with(b"4000\r\nxxxx"));
    assert_eq!(beginning(Fault::EndlessHeaders).body().len(), 0);
    let stream = dechunk(beginning(Fault::GzipEmptyBlocks).body());
    let mut decoder = flate2::write::GzDecoder::new(Vec::new());
    decoder.write_all(&stream).unwrap();
    assert!(stream.len() > 900_000 && decoder.get_ref().is_empty());

    let bomb = dechunk(under(Fault::GzipBomb { inflated: 30_000_000 }).body());
    let inflated = std::io::copy(&mut GzDecoder::new(&bomb[..]), &mut std::io::sink()).unwrap();
    assert!(inflated == 30_000_000 && bomb.len() < 100_000, "{inflated} from {}", bomb.len());
    let usual = under(Fault::Latency(Duration::ZERO)).head().len();
    for bytes in [14, 100, 1050, 100_000] {
        assert_eq!(under(Fault::HugeHeaders { bytes }).head().len(), usual + bytes);
    }
}

#[test]
fn faults_change_data_and_strike_at_the_door() {
    let server = small_server();
    let other = Box::new(Dump::from_bytes(b"ABCDEFGHIJ".to_vec(), 4));
    server.fault(Fault::RefuseConnections { connections: 1 }, When::any());
    server.fault(Fault::ReplaceDump(other), When::path("chunks/1").occurrence(2));
    server.fault(Fault::EraseDump, When::path("chunks/2"));
    server.fault(Fault::ExpireToken, When::path("chunks/3"));
    assert_eq!(read_all(&mut connect(&server), None).raw, b"");
    for (chunk, body) in [(0, "abcd"), (1, "efgh"), (1, "EFGH"), (0, "ABCD")] {
        assert_eq!(get(&server, &dump_path(&format!("/chunks/{chunk}"))).body(), body.as_bytes());
    }
    for (chunk, status) in [(2, 404), (0, 404), (3, 401), (0, 401)] {
        assert_eq!(get(&server, &dump_path(&format!("/chunks/{chunk}"))).status(), status);
    }
    server.service().add_token(USER, TOKEN);
    server.service().set_bucket(1, 0.1, true);
    assert_eq!(get(&server, &dump_path("/chunks")).status(), 404);
    assert_eq!(get(&server, &dump_path("/chunks")).header("retry-after").as_deref(), Some("10"));
    assert_eq!((server.connections(), server.requests().len(), server.service().throttled()), (11, 10, 1));
}

#[test]
fn stopping_ends_every_wait() {
    let hour = Duration::from_secs(3600);
    for fault in [
        Fault::StallBeforeAnswer,
        Fault::Stall { after_bytes: 1 },
        Fault::Latency(hour),
        Fault::Dribble { bytes: 1, pause: hour },
        Fault::EndlessBody,
    ] {
        let (name, server) = (fault.name(), server_with(fault));
        let mut stream = connect(&server);
        stream.write_all(request("GET", &dump_path("/chunks/0"), "").as_bytes()).unwrap();
        while server.requests().is_empty() {
            std::thread::sleep(Duration::from_millis(1));
        }
        drop(server);
        assert_ne!(read_all(&mut stream, None).end, End::Silent, "{name}");
    }
}
