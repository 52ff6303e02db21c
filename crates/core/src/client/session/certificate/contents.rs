//! What some bytes are, recognised by their structure: names and labels of files are often wrong.

use super::der::{Reader, tag, unsigned};
use super::x509;

/// What a file, or a PEM block, holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contents {
    Certificate,
    /// A private key that is read.
    Key(KeyForm),
    /// Something that people take for a certificate or a key, and that has to be converted or replaced.
    Foreign(Foreign),
    /// Something else.
    Unknown,
}

/// The forms of an RSA private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyForm {
    Pkcs1,
    Pkcs8,
    EncryptedPkcs8,
}

/// What is known, and not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Foreign {
    Pkcs12,
    JavaKeyStore,
    Pkcs7,
    /// A key in PEM with the header `DEK-Info`.
    TraditionalEncryptedKey,
    /// A PKCS#8 key that is encrypted in another way than those that are read.
    EncryptedKey,
    OpenSshKey,
    /// A private key of this algorithm.
    KeyOf(&'static str),
    PublicKey,
    CertificateRequest,
}

pub(super) fn of(bytes: &[u8]) -> Contents {
    // The two magic numbers of Java's own stores: JKS and JCEKS.
    if bytes.starts_with(&[0xfe, 0xed, 0xfe, 0xed]) || bytes.starts_with(&[0xce, 0xce, 0xce, 0xce]) {
        return Contents::Foreign(Foreign::JavaKeyStore);
    }
    if bytes.starts_with(b"openssh-key-v1\0") {
        return Contents::Foreign(Foreign::OpenSshKey);
    }
    // Some programs write PKCS#12 in BER, whose lengths are indefinite: a sequence that begins with version 3.
    if bytes.starts_with(&[0x30, 0x80, 0x02, 0x01, 0x03]) {
        return Contents::Foreign(Foreign::Pkcs12);
    }
    if x509::read(bytes).is_some() {
        return Contents::Certificate;
    }
    in_sequence(bytes).unwrap_or(Contents::Unknown)
}

fn in_sequence(der: &[u8]) -> Option<Contents> {
    let mut outer = Reader::new(der).sequence()?;
    match outer.next_tag()? {
        tag::INTEGER => {
            let first = unsigned(outer.any()?);
            match outer.next_tag()? {
                tag::SEQUENCE => with_version(first, outer),
                tag::INTEGER => Some(with_integers(outer)),
                tag::OCTET_STRING => Some(Contents::Foreign(Foreign::KeyOf("EC"))),
                _ => None,
            }
        }
        tag::SEQUENCE => {
            let mut first = outer.sequence()?;
            match outer.next_tag()? {
                tag::OCTET_STRING => Some(Contents::Key(KeyForm::EncryptedPkcs8)),
                tag::BIT_STRING => Some(Contents::Foreign(Foreign::PublicKey)),
                // A version, a subject and a key, signed: a certificate has a serial number and a validity.
                tag::SEQUENCE => {
                    first.read(tag::INTEGER)?;
                    first.sequence()?;
                    let mut key_info = first.sequence()?;
                    key_info.sequence()?;
                    key_info.read(tag::BIT_STRING)?;
                    Some(Contents::Foreign(Foreign::CertificateRequest))
                }
                _ => None,
            }
        }
        tag::OBJECT_IDENTIFIER => {
            let is_signed_data = outer.any()? == oid::SIGNED_DATA;
            is_signed_data.then_some(Contents::Foreign(Foreign::Pkcs7))
        }
        _ => None,
    }
}

/// A version, then a sequence that begins with an object identifier: PKCS#8 or PKCS#12.
fn with_version(version: Option<u64>, mut rest: Reader<'_>) -> Option<Contents> {
    let identifier = rest.sequence()?.read(tag::OBJECT_IDENTIFIER)?;
    if version == Some(3) && matches!(identifier, oid::DATA | oid::SIGNED_DATA) {
        return Some(Contents::Foreign(Foreign::Pkcs12));
    }
    rest.read(tag::OCTET_STRING)?;
    let algorithm = match identifier {
        oid::RSA => return Some(Contents::Key(KeyForm::Pkcs8)),
        oid::RSA_PSS => "RSA-PSS",
        oid::EC => "EC",
        oid::ED25519 => "Ed25519",
        oid::ED448 => "Ed448",
        oid::DSA => "DSA",
        _ => "unknown",
    };
    Some(Contents::Foreign(Foreign::KeyOf(algorithm)))
}

/// Integers only, the first one read: the old forms of RSA and DSA keys, which differ in their number.
fn with_integers(mut rest: Reader<'_>) -> Contents {
    let mut more = 0;
    while rest.read(tag::INTEGER).is_some() {
        more += 1;
    }
    match more {
        1 => Contents::Foreign(Foreign::PublicKey),
        5 => Contents::Foreign(Foreign::KeyOf("DSA")),
        // Beyond them, a key of more than two primes has a sequence.
        8 => Contents::Key(KeyForm::Pkcs1),
        _ => Contents::Unknown,
    }
}

/// Object identifiers, as DER has them.
pub(super) mod oid {
    pub(in super::super) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    pub(super) const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
    pub(super) const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    pub(super) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
    pub(super) const ED448: &[u8] = &[0x2b, 0x65, 0x71];
    pub(super) const DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1];
    /// PKCS#7 data, and signed data.
    pub(super) const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
    pub(super) const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixture;
    use super::*;

    #[test]
    fn each_form_is_recognised_by_its_bytes() {
        let foreign = Contents::Foreign;
        let ec = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let ed25519 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let request = rcgen::CertificateParams::default().serialize_request(&ec).unwrap();
        for (expected, der) in [
            (Contents::Certificate, fixture::certificate(2024, 2031)),
            (Contents::Key(KeyForm::Pkcs8), fixture::pkcs8()),
            (Contents::Key(KeyForm::Pkcs1), fixture::pkcs1()),
            (foreign(Foreign::KeyOf("EC")), ec.serialize_der()),
            (foreign(Foreign::KeyOf("Ed25519")), ed25519.serialize_der()),
            (foreign(Foreign::PublicKey), fixture::public_key().to_vec()),
            (foreign(Foreign::PublicKey), rcgen::PublicKeyData::subject_public_key_info(&ec)),
            (foreign(Foreign::CertificateRequest), request.der().to_vec()),
            (foreign(Foreign::JavaKeyStore), b"\xfe\xed\xfe\xed\0\0\0\x02".to_vec()),
            (foreign(Foreign::Pkcs12), b"\x30\x80\x02\x01\x03\x30\x80".to_vec()),
            (Contents::Unknown, b"\x30\x03\x02\x01\x03".to_vec()),
            (Contents::Unknown, b"certificate".to_vec()),
            (Contents::Unknown, vec![]),
        ] {
            assert_eq!(of(&der), expected);
        }
    }

    proptest! {
        #[test]
        fn no_damage_to_a_key_makes_it_panic(
            changes in prop::collection::vec((0usize..40, any::<u8>()), 1..6),
            cut in any::<prop::sample::Index>(),
        ) {
            for mut der in [fixture::pkcs8(), fixture::pkcs1()] {
                for (at, byte) in &changes {
                    der[*at] = *byte;
                }
                let _ = of(&der);
                let _ = of(&der[..cut.index(der.len())]);
            }
        }
    }
}
