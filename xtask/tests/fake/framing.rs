//! How answers are framed, compressed and secured.

use std::io::{Read, Write};
use std::sync::Arc;

use flate2::read::GzDecoder;
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use xtask::fake::*;

use crate::client::*;

#[test]
fn one_connection_serves_many_requests_byte_for_byte() {
    let server = small_server();
    let mut stream = connect(&server);
    for (method, chunk, content) in [("GET", 0, "abcd"), ("HEAD", 0, ""), ("GET", 2, "ij")] {
        let length = if chunk == 0 { 4 } else { 2 };
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
    assert_eq!((reply.header("content-length"), reply.body()), (None, &b"4\r\nabcd\r\n0\r\n\r\n"[..]));
    server.service().set_framing(Framing::CloseDelimited);
    // Without a wish of the client to close.
    let text = request("GET", &dump_path("/chunks/0"), "").replace("Connection: close\r\n", "");
    let reply = exchange(&server, text);
    assert_eq!((reply.header("content-length"), reply.body(), reply.end), (None, &b"abcd"[..], End::Closed));
    server.service().set_gzip(GzipMode::On);
    let reply = exchange(&server, request("GET", &dump_path("/chunks/0"), "Accept-Encoding: gzip\r\n"));
    assert_eq!(reply.header("content-encoding").as_deref(), Some("gzip"));
    let mut inflated = Vec::new();
    GzDecoder::new(reply.body()).read_to_end(&mut inflated).unwrap();
    assert_eq!(inflated, b"abcd");
    let refused = exchange(&server, "what is this\r\n\r\n");
    assert_eq!((refused.status(), refused.end), (400, End::Closed));
}

#[test]
fn tls_is_for_both_names_ends_in_order_and_can_be_cut() {
    let server = FakeServer::start_tls(Service::with_dump(small_dump()));
    let tls_get = |name: &'static str| -> std::io::Result<Vec<u8>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(server.ca_pem().as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.unwrap().with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from(name).unwrap();
        let mut session = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut tcp = connect(&server);
        let mut stream = rustls::Stream::new(&mut session, &mut tcp);
        stream.write_all(request("GET", &dump_path("/chunks/0"), "").as_bytes())?;
        let mut raw = Vec::new();
        stream.read_to_end(&mut raw).map(|_| raw)
    };
    assert!(server.origin().starts_with("https://localhost:"));
    for name in ["localhost", "127.0.0.1"] {
        assert!(tls_get(name).unwrap().ends_with(b"\r\n\r\nabcd"));
    }
    assert!(tls_get("example.com").unwrap_err().to_string().contains("certificate"));
    for (fault, kind) in [
        (Fault::CutBody { after_bytes: 2 }, std::io::ErrorKind::UnexpectedEof),
        (Fault::ResetInBody { after_bytes: 2 }, std::io::ErrorKind::ConnectionReset),
    ] {
        server.clear_faults();
        server.fault(fault, When::any());
        assert_eq!(tls_get("localhost").unwrap_err().kind(), kind);
    }
}
