//! Checking what a certificate holder signed.

use rustls::pki_types::alg_id::RSA_PKCS1_SHA512;

/// Whether this is the RSA PKCS#1 v1.5 SHA-512 signature of the message under the certificate's key.
pub(crate) fn verify(certificate: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Some(key) = public_key(certificate) else { return false };
    let provider = rustls::crypto::ring::default_provider();
    provider
        .signature_verification_algorithms
        .all
        .iter()
        .filter(|algorithm| algorithm.signature_alg_id() == RSA_PKCS1_SHA512)
        .any(|algorithm| algorithm.verify_signature(key, message, signature).is_ok())
}

/// The key inside a certificate: serial number, algorithm, issuer, validity and subject stand before it.
fn public_key(certificate: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    const BIT_STRING: u8 = 0x03;
    const VERSION: u8 = 0xa0;
    let (_, whole, _) = element(certificate)?;
    let (_, mut rest, _) = element(whole)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.2;
    }
    for _ in 0..5 {
        rest = element(rest)?.2;
    }
    let (SEQUENCE, info, _) = element(rest)? else { return None };
    let (BIT_STRING, bits, _) = element(element(info)?.2)? else { return None };
    // The first byte counts unused bits.
    bits.get(1..)
}

/// The first DER element: its tag, its content, and what stands behind it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let (digits, behind) = rest.split_at_checked(usize::from(first & 0x7f))?;
        length = digits.iter().fold(0, |sum: usize, byte| sum << 8 | usize::from(*byte));
        rest = behind;
    }
    let (content, behind) = rest.split_at_checked(length)?;
    Some((tag, content, behind))
}
