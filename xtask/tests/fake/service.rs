//! What no client of ours looks at closely: the documents as they are published, and who is refused.

use base64::prelude::{BASE64_STANDARD, Engine};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA512, RsaKeyPair};
use serde_json::{Value, json};
use xtask::fake::*;

use crate::client::*;

#[test]
fn the_chunk_list_is_the_documented_one() {
    let server = small_server();
    server.service().next_on_whole_lists = true;
    let list = get(&server, &dump_path("/chunks")).json();
    let chunk = |id: usize| json!({ "id": id.to_string(), "name": format!("Chunk {id}") });
    assert_eq!(list["chunks"], (0..3).map(chunk).collect::<Value>());
    let paging = &list["meta"]["paging"];
    let next = &paging["next"];
    assert_eq!(*paging, json!({ "currentPageSize": 3, "offset": 0, "totalSize": 3, "next": next }));
    let next = get(&server, &next.as_str().unwrap().replace(&server.origin(), "")).json();
    assert!(next.get("chunks").is_none(), "it leads to nothing, and an empty list has no key");
    assert_eq!(list["status"], json!({ "code": 200, "message": "Success" }));
    assert_eq!(list["meta"]["schema"], format!("https://api.anaplan.com/2/0/models/{MODEL}/objects/chunk"));
}

#[test]
fn what_is_not_there_is_404_with_the_documented_body() {
    let import = Process::new("112000000001", "Accounts").with_task(Task::complete("T"));
    let server = FakeServer::start(Service::with_dump(small_dump()).with_import(import));
    let body = get(&server, &(dump_path("x/chunks") + "?limit=1")).json();
    assert_eq!(body["status"], json!({ "code": 404, "message": "Not Found" }));
    assert_eq!((&body["path"], body["timestamp"].is_string()), (&json!(dump_path("x/chunks")), true));
    let of_import = path("imports/112000000001/tasks/T/dump");
    let no_tasks = process_path("/tasks").replace(PROCESS, "118999999999");
    for (path, status) in [
        (process_path("/tasks/X"), 404),
        (dump_path("").replace(MODEL, "X"), 404),
        (no_tasks, 200),
        // A run of a single import that rejected nothing.
        (of_import.clone(), 204),
        (of_import + "/chunks", 400),
    ] {
        assert_eq!(get(&server, &path).status(), status, "{path}");
    }
}

#[test]
fn a_certificate_needs_the_signature_of_its_key() {
    const KEY: &str = include_str!("../../../crates/core/tests/fixtures/sign_in/test-only.key.pem");
    let key = KeyPair::from_pkcs8_pem_and_sign_algo(KEY, &PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::default().self_signed(&key).unwrap().pem();
    let signer = RsaKeyPair::from_pkcs8(&key.serialize_der()).unwrap();
    let server = small_server();
    let sign_in = |signed: &[u8], sent: &[u8]| {
        let mut signature = vec![0; signer.public().modulus_len()];
        signer.sign(&RSA_PKCS1_SHA512, &SystemRandom::new(), signed, &mut signature).unwrap();
        let [data, signature] = [sent, &signature].map(|bytes| BASE64_STANDARD.encode(bytes));
        let body = json!({ "encodedData": data, "encodedSignedData": signature }).to_string();
        let text =
            request("POST", "/token/authenticate", &format!("Content-Length: {}\r\n", body.len())) + &body;
        let header = format!("CACertificate {}", BASE64_STANDARD.encode(&certificate));
        exchange(&server, text.replace(&format!("AnaplanAuthToken {TOKEN}"), &header)).status()
    };
    assert_eq!(sign_in(&[1; 100], &[1; 100]), 401, "a certificate that is not registered");
    server.service().add_certificate(USER, &certificate);
    assert_eq!(sign_in(&[1; 100], &[1; 100]), 201);
    assert_eq!((sign_in(&[1; 100], &[2; 100]), sign_in(&[1; 99], &[1; 99])), (401, 401));
}
