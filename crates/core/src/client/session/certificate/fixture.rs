//! Keys and certificates for the tests of this folder. The key guards nothing.

use std::sync::OnceLock;

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, date_time_ymd};
use ring::signature::{KeyPair as _, RsaKeyPair};

use super::der::{Reader, tag};
use super::pem::{Block, blocks};

pub(super) const KEY_PEM: &str = include_str!("../../../../tests/fixtures/sign_in/test-only.key.pem");
pub(super) const ENCRYPTED_KEY_PEM: &str =
    include_str!("../../../../tests/fixtures/sign_in/test-only.encrypted.key.pem");
pub(super) const PASSPHRASE: &[u8] = b"test-only";

pub(super) fn der_of(pem: &str) -> Vec<u8> {
    match blocks(pem.as_bytes()).next() {
        Some(Ok(Block::Der(der))) => der,
        _ => panic!("no PEM block"),
    }
}

pub(super) fn pkcs8() -> Vec<u8> {
    der_of(KEY_PEM)
}

pub(super) fn pkcs1() -> Vec<u8> {
    let pkcs8 = pkcs8();
    let mut outer = Reader::new(&pkcs8).sequence().unwrap();
    outer.any().unwrap();
    outer.any().unwrap();
    outer.read(tag::OCTET_STRING).unwrap().to_vec()
}

pub(super) fn encrypted_pkcs8() -> Vec<u8> {
    der_of(ENCRYPTED_KEY_PEM)
}

/// The public half of the key.
pub(super) fn public_key() -> &'static [u8] {
    static KEY: OnceLock<Vec<u8>> = OnceLock::new();
    KEY.get_or_init(|| RsaKeyPair::from_pkcs8(&pkcs8()).unwrap().public_key().as_ref().to_vec())
}

/// A certificate of the key, valid from the first day of one year to that of another.
pub(super) fn certificate(first: i32, last: i32) -> Vec<u8> {
    certificate_of(&KeyPair::from_pkcs8_pem_and_sign_algo(KEY_PEM, &PKCS_RSA_SHA256).unwrap(), first, last)
}

pub(super) fn certificate_of(key: &KeyPair, first: i32, last: i32) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "integration@example.com");
    params.not_before = date_time_ymd(first, 1, 1);
    params.not_after = date_time_ymd(last, 1, 1);
    params.self_signed(key).unwrap().der().to_vec()
}

/// A certificate of another key.
pub(super) fn foreign_certificate() -> Vec<u8> {
    certificate_of(&KeyPair::generate().unwrap(), 2024, 2031)
}

/// A DER element of these parts.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82][..], &length, &content].concat()
}
