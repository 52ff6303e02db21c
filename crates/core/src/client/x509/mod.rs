//! Certificates as bytes: PEM, DER, and what is read of a certificate. Whether one is to be trusted is for
//! others to decide.

pub(super) mod der;

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use self::der::{Reader, tag};
use crate::time::x509_time;

/// A block of PEM, or a whole file that is not PEM.
pub(super) struct Block {
    /// What the BEGIN line says, such as `CERTIFICATE`; empty for a file that is not PEM.
    pub(super) label: String,
    /// The bytes, or why they cannot be read: a clause about the file, without a part of it.
    pub(super) der: Result<Vec<u8>, &'static str>,
}

/// The blocks of a file. Other text around them, and the ends of lines, do not matter.
///
/// The crate `rustls-pki-types` has a reader too, but it passes over encrypted keys, needs whole lines, and its
/// errors print the private key.
pub(super) fn blocks(file: &[u8]) -> Vec<Block> {
    let text = String::from_utf8_lossy(file);
    let blocks: Vec<Block> = text.split("-----BEGIN ").skip(1).map(block).collect();
    match blocks.is_empty() {
        true => vec![Block { label: String::new(), der: Ok(file.to_vec()) }],
        false => blocks,
    }
}

fn block(text: &str) -> Block {
    let mut fields = text.splitn(3, "-----").map(str::to_owned);
    let [label, body, end] = std::array::from_fn(|_| fields.next().unwrap_or_default());
    let base64: Vec<u8> = body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let der = match end.starts_with(&format!("END {label}-----")) {
        true => STANDARD.decode(base64).map_err(|_| "is damaged: between BEGIN and END is more than base64"),
        false => Err("is damaged: a BEGIN line has no END line"),
    };
    Block { label, der }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Certificate<'a> {
    /// The certificate itself, without what may follow it: OpenSSL appends its own notes on trust.
    pub(super) der: &'a [u8],
    issuer: &'a [u8],
    /// The public key in the form that its algorithm has: for RSA, an `RSAPublicKey`.
    pub(super) public_key: &'a [u8],
    pub(super) not_before: SystemTime,
    pub(super) not_after: SystemTime,
}

/// Reads a certificate; `None` if the bytes are none.
pub(super) fn read(der: &[u8]) -> Option<Certificate<'_>> {
    let mut outer = Reader(der);
    let mut signed = outer.sequence()?.sequence()?;
    let der = &der[..der.len() - outer.0.len()];
    signed.read(tag::CONTEXT_0); // version, which may be missing
    signed.read(tag::INTEGER)?; // serial number
    signed.sequence()?; // signature algorithm
    let issuer = signed.read(tag::SEQUENCE)?;
    let mut validity = signed.sequence()?;
    let mut time = || match validity.next_tag()? {
        tag::UTC_TIME | tag::GENERALIZED_TIME => x509_time(validity.any()?),
        _ => None,
    };
    let (not_before, not_after) = (time()?, time()?);
    signed.sequence()?; // subject
    let mut key = signed.sequence()?;
    key.sequence()?; // algorithm
    // The first byte counts unused bits; keys are whole bytes.
    let public_key = key.read(tag::BIT_STRING)?.strip_prefix(&[0])?;
    Some(Certificate { der, issuer, public_key, not_before, not_after })
}

impl Certificate<'_> {
    /// The names of the issuer, the most telling one first.
    pub(super) fn issuer_name(&self) -> String {
        /// Object identifiers as DER has them: 2.5.4.3, a common name, and 2.5.4.10, an organization.
        const NAMES: [&[u8]; 2] = [&[0x55, 4, 3], &[0x55, 4, 10]];
        let mut names: [Option<String>; 2] = Default::default();
        let mut rest = Reader(self.issuer);
        while let Some(set) = rest.read(tag::SET) {
            let Some(mut attribute) = Reader(set).sequence() else { break };
            let (kind, text) = (attribute.read(tag::OBJECT_IDENTIFIER), attribute.any().unwrap_or_default());
            if let Some(at) = NAMES.iter().position(|oid| kind == Some(oid)) {
                names[at] = Some(format!("\"{}\"", String::from_utf8_lossy(text)));
            }
        }
        let names: Vec<String> = names.into_iter().flatten().collect();
        if names.is_empty() { "an issuer without a name".to_owned() } else { names.join(", ") }
    }
}
