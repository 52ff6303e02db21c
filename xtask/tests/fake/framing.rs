//! How answers are framed, compressed and secured.

use std::io::{Read, Write};
use std::sync::Arc;

use flate2::read::GzDecoder;
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use xtask::fake::*;

use crate::client::*;

#[test]
fn one_connection_serves_many_requests() {
    let server = small_server();
    let mut stream = connect(&server);
    for (chunk, content) in ["abcd", "efgh", "ij"].iter().enumerate() {
        let text = request("GET", &dump_path(&format!("/chunks/{chunk}")), "");
        stream.write_all(text.as_bytes()).unwrap();
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        let expected = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nDate: {date}\r\n\
             Content-Length: {}\r\n\r\n{content}",
            content.len()
        );
        let mut raw = vec![0; expected.len()];
        stream.read_exact(&mut raw).unwrap();
        let date_at = expected.find(date).unwrap();
        raw[date_at..date_at + date.len()].copy_from_slice(date.as_bytes());
        assert_eq!(String::from_utf8(raw).unwrap(), expected);
    }
    assert_eq!(server.connections(), 1);
    assert!(server.requests().iter().all(|entry| entry.connection == 0));
}

#[test]
fn chunked_bodies_have_sizes_and_a_terminator() {
    let server = small_server();
    server.service().set_framing(Framing::Chunked);
    let reply = get(&server, &dump_path("/chunks/0"));
    assert_eq!(reply.header("transfer-encoding").as_deref(), Some("chunked"));
    assert_eq!(reply.header("content-length"), None);
    assert_eq!(reply.body(), b"4\r\nabcd\r\n0\r\n\r\n");
}

#[test]
fn close_delimited_bodies_end_with_the_connection() {
    let server = small_server();
    server.service().set_framing(Framing::CloseDelimited);
    // Without a wish of the client to close.
    let reply = exchange(&server, &request("GET", &dump_path("/chunks/0"), ""));
    assert_eq!(reply.header("content-length"), None);
    assert_eq!((reply.body(), reply.end), (&b"abcd"[..], End::Closed));
}

#[test]
fn chunks_are_compressed_for_those_who_accept_it() {
    let file = dump_file::generate(1, 50_000);
    let server = FakeServer::start(Service::with_dump(Dump::from_bytes(file.clone(), 30_000)));
    server.service().set_gzip(GzipMode::On);
    let plain = get(&server, &dump_path("/chunks/1"));
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(plain.body(), &file[30_000..]);
    for _ in 0..2 {
        let text = request("GET", &dump_path("/chunks/1"), "Accept-Encoding: gzip\r\nConnection: close\r\n");
        let reply = exchange(&server, &text);
        assert_eq!(reply.header("content-encoding").as_deref(), Some("gzip"));
        assert_eq!(reply.header("content-length").unwrap(), reply.body().len().to_string());
        assert!(reply.body().len() < 20_000);
        let mut inflated = Vec::new();
        GzDecoder::new(reply.body()).read_to_end(&mut inflated).unwrap();
        assert_eq!(inflated, &file[30_000..]);
    }
}

#[test]
fn large_chunks_shared_by_many_ids_come_whole() {
    let block: Arc<[u8]> = dump_file::random_bytes(1, 3_000_000).into();
    let dump = Dump::from_chunks(vec![block.clone(); 400]);
    let server = FakeServer::start(Service::with_dump(dump));
    let reply = get(&server, &dump_path("/chunks/399"));
    assert!(reply.body() == &block[..]);
}

#[test]
fn http_that_is_none_is_refused() {
    let reply = exchange(&small_server(), "what is this\r\n\r\n");
    assert_eq!((reply.status(), reply.end), (400, End::Closed));
}

#[test]
fn the_log_shows_requests_as_sent() {
    let server = small_server();
    let path = dump_path("/chunks?limit=2");
    exchange(&server, &request("GET", &path, "X-Test: a b\r\nConnection: close\r\n"));
    post(&server, &process_path("/tasks"), "{\"localeName\":\"de\"}");
    let log = server.requests();
    assert_eq!((log[0].method.as_str(), log[0].target.as_str()), ("GET", path.as_str()));
    assert_eq!(log[0].path(), dump_path("/chunks"));
    assert_eq!(log[0].header("x-test"), Some("a b"));
    assert_eq!((log[0].status, log[0].connection), (Some(200), 0));
    assert_eq!(log[0].fault, None);
    assert_eq!((log[1].body.as_slice(), log[1].connection), (&b"{\"localeName\":\"de\"}"[..], 1));
}

fn tls_get(server: &FakeServer, name: &'static str) -> std::io::Result<Vec<u8>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(server.ca_pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut session = ClientConnection::new(Arc::new(config), ServerName::try_from(name).unwrap()).unwrap();
    let mut tcp = connect(server);
    let mut stream = rustls::Stream::new(&mut session, &mut tcp);
    let text = request("GET", &dump_path("/chunks/0"), "Connection: close\r\n");
    stream.write_all(text.as_bytes())?;
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw)?;
    Ok(raw)
}

#[test]
fn tls_works_for_both_names_and_ends_in_order() {
    let server = FakeServer::start_tls(Service::with_dump(small_dump()));
    assert!(server.origin().starts_with("https://localhost:"));
    for name in ["localhost", "127.0.0.1"] {
        assert!(tls_get(&server, name).unwrap().ends_with(b"\r\n\r\nabcd"));
    }
    let wrong = tls_get(&server, "example.com").unwrap_err();
    assert!(wrong.to_string().contains("certificate"), "{wrong}");
}

#[test]
fn a_cut_over_tls_comes_without_goodbye() {
    let server = FakeServer::start_tls(Service::with_dump(small_dump()));
    server.fault(Fault::CutBody { after_bytes: 2 }, When::any());
    let error = tls_get(&server, "localhost").unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
    server.clear_faults();
    server.fault(Fault::ResetInBody { after_bytes: 2 }, When::any());
    let error = tls_get(&server, "localhost").unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}
