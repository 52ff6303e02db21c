//! Every fault, as it looks on the wire.

use std::io::Read;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use xtask::fake::*;

use crate::client::*;

/// Chunk 0 of the small dump (`abcd`) under this fault.
fn under(fault: Fault) -> Reply {
    get(&server_with(fault), &dump_path("/chunks/0"))
}

fn server_with(fault: Fault) -> FakeServer {
    let server = small_server();
    server.fault(fault, When::any());
    server
}

#[test]
fn close_before_answer_is_a_fin_without_a_byte() {
    let reply = under(Fault::CloseBeforeAnswer);
    assert_eq!((reply.raw.as_slice(), reply.end), (&b""[..], End::Closed));
}

#[test]
fn reset_before_answer_is_a_reset_without_a_byte() {
    let server = server_with(Fault::ResetBeforeAnswer);
    let reply = get(&server, &dump_path("/chunks/0"));
    assert_eq!((reply.raw.as_slice(), reply.end), (&b""[..], End::Reset));
    let entry = &server.requests()[0];
    assert_eq!((entry.status, entry.fault.as_deref()), (None, Some("ResetBeforeAnswer")));
}

#[test]
fn stall_before_answer_keeps_silent() {
    let server = server_with(Fault::StallBeforeAnswer);
    let reply = get_until_silence(&server, &dump_path("/chunks/0"), b"");
    assert_eq!((reply.raw.as_slice(), reply.end), (&b""[..], End::Silent));
}

#[test]
fn broken_heads_end_in_the_middle() {
    for (fault, end) in [(Fault::CutHeaders, End::Closed), (Fault::ResetInHeaders, End::Reset)] {
        let reply = under(fault);
        assert!(reply.raw.starts_with(b"HTTP/1.1 200 OK\r\n"), "{reply:?}");
        assert!(!reply.head().contains("\r\n\r\n"));
        assert_eq!(reply.end, end);
    }
}

#[test]
fn bodies_are_broken_off_at_the_given_byte() {
    for (fault, end) in [
        (Fault::CutBody { after_bytes: 3 }, End::Closed),
        (Fault::ResetInBody { after_bytes: 3 }, End::Reset),
        (Fault::CutBeforeEnd { missing_bytes: 1 }, End::Closed),
    ] {
        let reply = under(fault);
        assert_eq!(reply.header("content-length").as_deref(), Some("4"));
        assert_eq!((reply.body(), reply.end), (&b"abc"[..], end));
    }
    let server = server_with(Fault::Stall { after_bytes: 3 });
    let reply = get_until_silence(&server, &dump_path("/chunks/0"), b"abc");
    assert_eq!((reply.body(), reply.end), (&b"abc"[..], End::Silent));
}

#[test]
fn bodies_can_be_broken_off_before_their_first_byte() {
    let reply = under(Fault::CutBody { after_bytes: 0 });
    assert_eq!((reply.status(), reply.body(), reply.end), (200, &b""[..], End::Closed));
}

#[test]
fn a_break_far_into_a_large_body_comes_after_all_bytes_before_it() {
    let file = dump_file::random_bytes(1, 5_000_000);
    let server = FakeServer::start(Service::with_dump(Dump::from_bytes(file.clone(), 5_000_000)));
    server.fault(Fault::CutBody { after_bytes: 4_999_999 }, When::any());
    let reply = get(&server, &dump_path("/chunks/0"));
    assert!(reply.body() == &file[..4_999_999]);
}

#[test]
fn chunked_bodies_break_in_data_in_a_size_and_before_the_terminator() {
    // The whole: "4\r\nabcd\r\n0\r\n\r\n".
    for (fault, left) in [
        (Fault::CutBody { after_bytes: 5 }, "4\r\nab"),
        (Fault::CutBody { after_bytes: 2 }, "4\r"),
        (Fault::CutBeforeEnd { missing_bytes: 5 }, "4\r\nabcd\r\n"),
        (Fault::CutBeforeEnd { missing_bytes: 2 }, "4\r\nabcd\r\n0\r\n"),
    ] {
        let server = server_with(fault);
        server.service().set_framing(Framing::Chunked);
        let reply = get(&server, &dump_path("/chunks/0"));
        assert_eq!(String::from_utf8_lossy(reply.body()), left);
        assert_eq!(reply.end, End::Closed);
    }
}

#[test]
fn a_compressed_body_is_cut_too() {
    let server = server_with(Fault::CutBody { after_bytes: 15 });
    server.service().set_gzip(GzipMode::On);
    let extra = "Accept-Encoding: gzip\r\nConnection: close\r\n";
    let reply = exchange(&server, &request("GET", &dump_path("/chunks/0"), extra));
    assert_eq!(reply.header("content-encoding").as_deref(), Some("gzip"));
    assert_eq!(reply.body().len(), 15);
}

#[test]
fn dribble_takes_its_time_and_ends_whole() {
    let start = Instant::now();
    let reply = under(Fault::Dribble { bytes: 1, pause: Duration::from_millis(20) });
    assert_eq!(reply.body(), b"abcd");
    assert!(start.elapsed() >= Duration::from_millis(60));
}

#[test]
fn bandwidth_limits_each_connection() {
    let file = dump_file::random_bytes(1, 20_000);
    let server = FakeServer::start(Service::with_dump(Dump::from_bytes(file.clone(), 20_000)));
    server.service().set_link(Duration::from_millis(50), Some(100_000));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..48 {
            scope.spawn(|| assert!(get(&server, &dump_path("/chunks/0")).body() == file));
        }
    });
    // 50 ms of latency and 200 ms for the bytes, for all of them at once; 9.6 s if they shared the rate.
    let passed = start.elapsed();
    assert!(passed >= Duration::from_millis(240), "{passed:?}");
    assert!(passed < Duration::from_secs(9), "{passed:?}");
}

#[test]
fn latency_comes_before_the_answer() {
    let start = Instant::now();
    let reply = under(Fault::Latency(Duration::from_millis(80)));
    assert_eq!(reply.body(), b"abcd");
    assert!(start.elapsed() >= Duration::from_millis(80));
}

#[test]
fn refused_connections_are_counted_and_end() {
    let server = server_with(Fault::RefuseConnections { connections: 2 });
    for _ in 0..2 {
        let reply = read_all(&mut connect(&server));
        assert_eq!((reply.raw.len(), reply.end == End::Silent), (0, false));
    }
    assert_eq!(get(&server, &dump_path("/chunks/0")).body(), b"abcd");
    assert_eq!(server.connections(), 3);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn statuses_come_with_every_kind_of_body() {
    let reply = under(Fault::status(503));
    assert_eq!(reply.json()["status"]["message"], "Service Unavailable");
    assert_eq!(reply.json()["path"], dump_path("/chunks/0"));
    let with = |body| Fault::Status { code: 429, retry_after: Some("7".to_owned()), body };
    let json = under(with(ErrorBody::Json("slow down".to_owned())));
    assert_eq!(json.status(), 429);
    assert_eq!(json.header("retry-after").as_deref(), Some("7"));
    assert_eq!(json.json()["status"]["message"], "slow down");
    let html = under(with(ErrorBody::Html));
    assert_eq!(html.header("content-type").as_deref(), Some("text/html"));
    assert!(html.body().starts_with(b"<html>"));
    let empty = under(with(ErrorBody::Empty));
    assert_eq!(empty.header("content-length").as_deref(), Some("0"));
    assert_eq!(under(with(ErrorBody::Raw("no".to_owned()))).body(), b"no");
}

#[test]
fn wrong_content_comes_with_status_200() {
    let page = under(Fault::HtmlOk);
    assert_eq!(page.status(), 200);
    assert_eq!(page.header("content-type").as_deref(), Some("text/html"));
    assert!(page.body().starts_with(b"<!DOCTYPE html>"));
    let json = under(Fault::WrongJson("[1]".to_owned()));
    assert_eq!(json.header("content-type").as_deref(), Some("application/json"));
    assert_eq!(json.body(), b"[1]");

    let server = server_with(Fault::TruncatedJson);
    let half = get(&server, &dump_path("/chunks"));
    assert_eq!(half.header("content-length").unwrap(), half.body().len().to_string());
    assert!(serde_json::from_slice::<serde_json::Value>(half.body()).is_err());
}

#[test]
fn damaged_gzip_is_framed_properly_and_fails_to_inflate() {
    let inflate = |reply: &Reply| {
        let mut inflated = Vec::new();
        let result = GzDecoder::new(reply.body()).read_to_end(&mut inflated);
        (result.map_err(|error| error.kind()), inflated)
    };
    for fault in [Fault::GzipBadCrc, Fault::GzipBadLength, Fault::GzipTruncated, Fault::GzipNoTrailer] {
        let name = fault.name();
        let reply = under(fault);
        assert_eq!(reply.header("content-encoding").as_deref(), Some("gzip"), "{name}");
        assert_eq!(reply.header("content-length").unwrap(), reply.body().len().to_string());
        let (result, inflated) = inflate(&reply);
        assert!(result.is_err(), "{name}");
        assert_eq!(inflated == b"abcd", name != "GzipTruncated", "{name}");
    }
}

#[test]
fn a_gzip_bomb_is_small_and_inflates_to_its_size() {
    let server = server_with(Fault::GzipBomb { inflated: 30_000_000 });
    let reply = get(&server, &dump_path("/chunks/0"));
    assert_eq!(reply.header("content-encoding").as_deref(), Some("gzip"));
    assert!(reply.body().len() < 100_000, "{}", reply.body().len());
    let stream = dechunk(reply.body());
    let inflated = std::io::copy(&mut GzDecoder::new(&stream[..]), &mut std::io::sink()).unwrap();
    assert_eq!(inflated, 30_000_000);
}

/// Reads the first megabyte of an answer without end, then goes.
fn beginning(fault: Fault) -> Vec<u8> {
    use std::io::Write;
    let server = server_with(fault);
    let mut stream = connect(&server);
    stream.write_all(request("GET", &dump_path("/chunks/0"), "").as_bytes()).unwrap();
    let mut raw = vec![0; 1_000_000];
    stream.read_exact(&mut raw).unwrap();
    raw
}

#[test]
fn endless_answers_do_not_end() {
    let body = beginning(Fault::EndlessBody);
    let reply = Reply { raw: body, end: End::Silent };
    assert!(reply.body().starts_with(b"4000\r\nxxxx"));

    let heads = beginning(Fault::EndlessHeaders);
    assert!(!heads.windows(4).any(|window| window == b"\r\n\r\n"));

    let reply = Reply { raw: beginning(Fault::GzipEmptyBlocks), end: End::Silent };
    let stream = dechunk(reply.body());
    let mut decoder = flate2::write::GzDecoder::new(Vec::new());
    std::io::Write::write_all(&mut decoder, &stream).unwrap();
    assert!(stream.len() > 900_000 && decoder.get_ref().is_empty());
}

#[test]
fn a_leftover_encoding_comes_with_plain_bytes() {
    let reply = under(Fault::LeftoverEncoding("br".to_owned()));
    assert_eq!(reply.header("content-encoding").as_deref(), Some("br"));
    assert_eq!(reply.body(), b"abcd");
}

#[test]
fn a_close_delimited_answer_has_no_length() {
    let reply = under(Fault::CloseDelimited);
    assert_eq!(reply.header("content-length"), None);
    assert_eq!(reply.header("transfer-encoding"), None);
    assert_eq!((reply.body(), reply.end), (&b"abcd"[..], End::Closed));
}

#[test]
fn lengths_can_be_wrong_both_ways() {
    let server = server_with(Fault::WrongLength { delta: 3 });
    let more = exchange(&server, &request("GET", &dump_path("/chunks/0"), ""));
    assert_eq!(more.header("content-length").as_deref(), Some("7"));
    assert_eq!((more.body(), more.end), (&b"abcd"[..], End::Closed));
    let less = under(Fault::WrongLength { delta: -3 });
    assert_eq!(less.header("content-length").as_deref(), Some("1"));
    assert_eq!(less.body(), b"abcd");
}

#[test]
fn huge_headers_have_the_size_asked_for() {
    let usual = under(Fault::Latency(Duration::ZERO)).head().len();
    for bytes in [14, 100, 1050, 100_000] {
        let reply = under(Fault::HugeHeaders { bytes });
        assert_eq!(reply.head().len(), usual + bytes);
        assert_eq!(reply.body(), b"abcd");
    }
}

#[test]
fn redirects_point_elsewhere() {
    let reply = under(Fault::Redirect { location: "http://127.0.0.1:1/".to_owned() });
    assert_eq!(reply.status(), 302);
    assert_eq!(reply.header("location").as_deref(), Some("http://127.0.0.1:1/"));
}

#[test]
fn an_expired_token_stays_expired_until_there_is_a_new_one() {
    let server = small_server();
    server.fault(Fault::ExpireToken, When::path("chunks/1").times(1));
    let status = |rest: &str| get(&server, &dump_path(rest)).status();
    assert_eq!(status("/chunks/0"), 200);
    assert_eq!(status("/chunks/1"), 401);
    assert_eq!(status("/chunks/0"), 401);
    server.service().add_token(USER, TOKEN);
    assert_eq!(status("/chunks/1"), 200);
}

#[test]
fn a_dump_can_be_replaced_or_erased_under_way() {
    let server = small_server();
    let other = Dump::from_bytes(b"ABCDEFGHIJ".to_vec(), 4);
    server.fault(Fault::ReplaceDump(Box::new(other)), When::path("chunks/1"));
    server.fault(Fault::EraseDump, When::path("chunks/2"));
    let body = |rest: &str| get(&server, &dump_path(rest)).body().to_vec();
    assert_eq!(body("/chunks/0"), b"abcd");
    assert_eq!(body("/chunks/1"), b"EFGH");
    assert_eq!(body("/chunks/0"), b"ABCD");
    assert_eq!(get(&server, &dump_path("/chunks/2")).status(), 404);
    assert_eq!(get(&server, &dump_path("/chunks/0")).status(), 404);
}

#[test]
fn the_bucket_refuses_what_is_too_much() {
    let server = small_server();
    server.service().set_bucket(2, 0.1, true);
    let replies: Vec<Reply> = (0..3).map(|_| get(&server, &dump_path("/chunks/0"))).collect();
    assert_eq!(replies.iter().map(Reply::status).collect::<Vec<_>>(), [200, 200, 429]);
    assert_eq!(replies[2].header("retry-after").as_deref(), Some("10"));
    assert_eq!(server.service().throttled(), 1);
    assert_eq!(server.requests()[2].status, Some(429));
}
