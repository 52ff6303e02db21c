//! Signing in and out.

use base64::prelude::{BASE64_STANDARD, Engine};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA512, RsaKeyPair};
use serde_json::json;
use xtask::fake::*;

use crate::client::*;

fn call(server: &FakeServer, method: &str, path: &str, authorization: &str, body: &str) -> Reply {
    let extra = format!("Content-Length: {}\r\n", body.len());
    let text = request(method, path, &extra) + body;
    exchange(server, text.replace(&format!("AnaplanAuthToken {TOKEN}\r"), &format!("{authorization}\r")))
}

fn status_with(server: &FakeServer, authorization: &str) -> u16 {
    call(server, "GET", &dump_path("/chunks"), authorization, "").status()
}

#[test]
fn tokens_are_taken_where_they_are_rightly_presented() {
    let server = small_server();
    server.service().add_bearer_token(USER, "b");
    let token = format!("AnaplanAuthToken {TOKEN}");
    for (header, api, validate) in [
        (token.as_str(), 200, 200),
        ("Bearer b", 200, 400),
        ("AnaplanAuthToken b", 200, 200),
        ("AnaplanAuthToken wrong", 401, 401),
        ("Bearer fake-token-of-integration", 401, 400),
        ("anaplanauthtoken fake-token-of-integration", 401, 401),
        ("", 401, 401),
    ] {
        let seen = call(&server, "GET", "/token/validate", header, "").status();
        assert_eq!((status_with(&server, header), seen), (api, validate), "{header}");
    }
    let valid = call(&server, "GET", "/token/validate", &token, "").json();
    assert_eq!(valid["userInfo"]["userId"], USER);
    assert_eq!(call(&server, "POST", "/token/logout", &token, "").status(), 204);
    assert_eq!(call(&server, "GET", "/token/validate", &token, "").status(), 401);
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
        let body =
            json!({ "encodedData": BASE64_STANDARD.encode(sent), "encodedSignedData": BASE64_STANDARD.encode(&signature) }).to_string();
        let header = format!("CACertificate {}", BASE64_STANDARD.encode(&certificate));
        call(&server, "POST", "/token/authenticate", &header, &body).status()
    };
    assert_eq!(sign_in(&[1; 100], &[1; 100]), 401, "a certificate that is not registered");
    server.service().add_certificate(USER, &certificate);
    assert_eq!(sign_in(&[1; 100], &[1; 100]), 201);
    assert_eq!((sign_in(&[1; 100], &[2; 100]), sign_in(&[1; 99], &[1; 99])), (401, 401));
}
