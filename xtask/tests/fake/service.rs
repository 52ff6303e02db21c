//! What no client of ours looks at closely: the documents as they are published, who is refused, and when an
//! upload is complete.

use base64::prelude::{BASE64_STANDARD, Engine};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA512, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};
use xtask::fake::*;

use crate::client::*;

#[test]
fn the_chunk_list_is_the_documented_one() {
    let server = small_server();
    let list = get(&server, &dump_path("/chunks")).json();
    let chunk = |id: usize| json!({ "id": id.to_string(), "name": format!("Chunk {id}") });
    assert_eq!(list["chunks"], (0..3).map(chunk).collect::<Value>());
    assert_eq!(list["meta"]["paging"], json!({ "currentPageSize": 3, "offset": 0, "totalSize": 3 }));
    let beyond = get(&server, &dump_path("/chunks?offset=3")).json();
    assert!(beyond.get("chunks").is_none(), "an empty list has no key");
    assert_eq!(list["status"], json!({ "code": 200, "message": "Success" }));
    assert_eq!(list["meta"]["schema"], format!("https://api.anaplan.com/2/0/models/{MODEL}/objects/chunk"));
}

#[test]
fn a_certificate_needs_the_signature_of_its_key() {
    let certificate = client_certificate(2020, 2120).unwrap();
    let signer =
        RsaKeyPair::from_pkcs8(PrivateKeyDer::from_pem_slice(CLIENT_KEY.as_bytes()).unwrap().secret_der()).unwrap();
    let server = small_server();
    let sign_in = |signed: &[u8], sent: &[u8]| {
        let mut signature = vec![0; signer.public().modulus_len()];
        signer.sign(&RSA_PKCS1_SHA512, &SystemRandom::new(), signed, &mut signature).unwrap();
        let [data, signature] = [sent, &signature].map(|bytes| BASE64_STANDARD.encode(bytes));
        let body = json!({ "encodedData": data, "encodedSignedData": signature }).to_string();
        let length = format!("Content-Length: {}\r\n", body.len());
        let text = request("POST", "/token/authenticate", &length) + &body;
        let header = format!("CACertificate {}", BASE64_STANDARD.encode(&certificate));
        exchange(&server, text.replace(&format!("AnaplanAuthToken {TOKEN}"), &header)).status()
    };
    assert_eq!(sign_in(&[1; 100], &[1; 100]), 401, "a certificate that is not registered");
    server.service().add_certificate(USER, &certificate);
    assert_eq!(sign_in(&[1; 100], &[1; 100]), 201);
    assert_eq!((sign_in(&[1; 100], &[2; 100]), sign_in(&[1; 99], &[1; 99])), (401, 401));
}

const FILE: &str = "113000000001";

fn put(server: &FakeServer, chunk: &str, kind: &str, body: &[u8]) -> u16 {
    let extra = format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
    let head = request("PUT", &path(&format!("files/{FILE}/chunks/{chunk}")), &extra);
    exchange(server, [head.as_bytes(), body].concat()).status()
}

#[test]
fn an_upload_is_private_and_replaces_what_was_there() {
    let server = FakeServer::start(Service::new().with_file(SourceFile::new(FILE, "centres.csv")));
    let announce = |body: &str| post(&server, &path(&format!("files/{FILE}")), body).status();
    assert_eq!(put(&server, "0", "application/octet-stream", b"a"), 400, "nothing was announced");
    for body in ["{}", "{\"chunkCount\":-2}", "{\"chunkCount\":1001}"] {
        assert_eq!(announce(body), 400, "{body}");
    }
    assert_eq!(announce("{\"chunkCount\":-1}"), 200);
    for (chunk, content) in [("0", "old"), ("0", "a"), ("1", "b")] {
        assert_eq!(put(&server, chunk, "application/octet-stream", content.as_bytes()), 204);
    }
    for (chunk, kind, body) in [("x", "application/octet-stream", "a"), ("2", "application/x-gzip", "a")] {
        assert_eq!(put(&server, chunk, kind, body.as_bytes()), 400);
    }
    assert_eq!(put(&server, "2", "text/csv", b"a"), 415);
    let content = |user: &str| server.service().files[0].content_of(user);
    assert_eq!((content(USER), content("another")), (Some(b"ab".to_vec()), None));
    assert!(!server.service().files[0].is_complete(USER));
    assert_eq!(post(&server, &path(&format!("files/{FILE}/complete")), "{}").json()["file"]["chunkCount"], 2);
    assert!(server.service().files[0].is_complete(USER));
    assert_eq!(announce("{\"chunkCount\":1}"), 200);
    assert_eq!(put(&server, "1", "application/octet-stream", b"a"), 400, "one was announced");
    assert_eq!(content(USER), Some(Vec::new()));
    assert_eq!(post(&server, &path("files/113000000009"), "{\"chunkCount\":1}").status(), 404);
}
