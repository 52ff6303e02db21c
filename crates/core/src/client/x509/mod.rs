//! Certificates as bytes: PEM blocks, DER, and what is read of a certificate. Whether one is to be trusted is
//! for others to decide.

pub(super) mod der;
pub(super) mod pem;

use std::time::SystemTime;

use self::der::{Reader, tag, without_zeros};
use crate::time::{Utc, x509_time};

/// What is read of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Certificate<'a> {
    /// The certificate itself, without what may follow it: OpenSSL appends its own notes on trust.
    pub(super) der: &'a [u8],
    /// The content of the issuer's name.
    pub(super) issuer: &'a [u8],
    /// The content of the subject's key, with its algorithm.
    key_info: &'a [u8],
    pub(super) not_before: SystemTime,
    pub(super) not_after: SystemTime,
}

/// Reads a certificate; `None` if the bytes are none.
pub(super) fn read(der: &[u8]) -> Option<Certificate<'_>> {
    let mut outer = Reader::new(der);
    let mut signed = outer.sequence()?.sequence()?;
    let der = &der[..der.len() - outer.len()];
    if signed.next_tag()? == tag::CONTEXT_0 {
        signed.any()?; // version
    }
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
    let key_info = signed.read(tag::SEQUENCE)?;
    let certificate = Certificate { der, issuer, key_info, not_before, not_after };
    certificate.public_key().map(|_| certificate)
}

impl<'a> Certificate<'a> {
    /// The bytes of the public key, in the form that its algorithm has: for RSA, an `RSAPublicKey`.
    pub(super) fn public_key(&self) -> Option<&'a [u8]> {
        public_key(self.key_info).map(|(_, key)| key)
    }

    /// The length of the public key in bits, if it is one of RSA.
    pub(super) fn rsa_bits(&self) -> Option<usize> {
        rsa_bits(self.key_info)
    }

    /// Until when it is valid, and from when.
    pub(super) fn validity(&self) -> String {
        let [begin, end] = [self.not_before, self.not_after].map(|time| Utc(time).to_minute());
        format!("it is valid from {begin} until {end}")
    }

    /// The names of the issuer, the most telling one first.
    pub(super) fn issuer_name(&self) -> String {
        let mut names: [Option<String>; 2] = Default::default();
        let mut rest = Reader::new(self.issuer);
        while let Some(set) = rest.read(tag::SET) {
            let Some(mut attribute) = Reader::new(set).sequence() else { break };
            let (kind, text) = (attribute.read(tag::OBJECT_IDENTIFIER), attribute.any().unwrap_or_default());
            if let Some(at) = [COMMON_NAME, ORGANIZATION].iter().position(|oid| kind == Some(oid)) {
                names[at] = Some(format!("\"{}\"", String::from_utf8_lossy(text)));
            }
        }
        let names: Vec<String> = names.into_iter().flatten().collect();
        if names.is_empty() { "an issuer without a name".to_owned() } else { names.join(", ") }
    }
}

/// The algorithm and the bytes of a public key, from the content of a `SubjectPublicKeyInfo`.
fn public_key(key_info: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut key_info = Reader::new(key_info);
    let algorithm = key_info.sequence()?.read(tag::OBJECT_IDENTIFIER)?;
    // The first byte counts unused bits; keys are whole bytes.
    Some((algorithm, key_info.read(tag::BIT_STRING)?.strip_prefix(&[0])?))
}

/// The length of an RSA key in bits, from the content of a `SubjectPublicKeyInfo`.
pub(super) fn rsa_bits(key_info: &[u8]) -> Option<usize> {
    let (algorithm, key) = public_key(key_info)?;
    let modulus = without_zeros(Reader::new(key).sequence()?.read(tag::INTEGER)?);
    let bits = modulus.len() * 8 - modulus.first()?.leading_zeros() as usize;
    (algorithm == RSA).then_some(bits)
}

/// Object identifiers, as DER has them: 2.5.4.3, 2.5.4.10 and rsaEncryption.
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const ORGANIZATION: &[u8] = &[0x55, 4, 10];
pub(super) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, date_time_ymd};

    use super::*;

    /// A certificate of an RSA key of 2,048 bits.
    fn certificate() -> Vec<u8> {
        let pem = include_str!("../../../tests/fixtures/sign_in/test-only.key.pem");
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "A root");
        params.distinguished_name.push(DnType::OrganizationName, "A company");
        params.not_before = date_time_ymd(2024, 1, 1);
        params.not_after = date_time_ymd(2051, 1, 1);
        let key = KeyPair::from_pkcs8_pem_and_sign_algo(pem, &PKCS_RSA_SHA256).unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn a_certificate_says_whose_it_is_and_until_when_it_is_valid() {
        let der = certificate();
        let read = read(&der).unwrap();
        assert_eq!(read.validity(), "it is valid from 2024-01-01 00:00 UTC until 2051-01-01 00:00 UTC");
        assert_eq!(read.issuer_name(), "\"A root\", \"A company\"");
        assert_eq!(read.rsa_bits(), Some(2048));
        let followed = [&der[..], b"\r\n"].concat();
        assert_eq!(super::read(&followed), Some(read), "what follows does not belong to it");
    }

    proptest! {
        #[test]
        fn no_damage_to_a_certificate_makes_it_panic(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut der = certificate();
            for (at, byte) in changes {
                let at = at.index(der.len());
                der[at] = byte;
            }
            for der in [&der[..], &der[..cut.index(der.len())]] {
                let _ = read(der).map(|read| (read.issuer_name(), read.validity(), read.rsa_bits()));
            }
        }
    }
}
