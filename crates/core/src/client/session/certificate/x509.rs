//! What signing in needs to know of a certificate: its public key and from when until when it is valid.
//! Whether anybody should trust it is for the service to decide.

use std::time::SystemTime;

use super::der::{Reader, tag};
use crate::time::{Utc, x509_time};

/// What is read of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts<'a> {
    /// The certificate itself, without what may follow it: OpenSSL appends its own notes on trust.
    pub(super) der: &'a [u8],
    /// The bytes of the subject's public key, in the form that its algorithm has: for RSA, an `RSAPublicKey`.
    pub(super) public_key: &'a [u8],
    pub(super) not_before: SystemTime,
    pub(super) not_after: SystemTime,
}

/// Reads a certificate; `None` if the bytes are none.
pub(super) fn read(der: &[u8]) -> Option<Facts<'_>> {
    let mut outer = Reader::new(der);
    let mut certificate = outer.sequence()?;
    let der = &der[..der.len() - outer.len()];
    let mut signed = certificate.sequence()?;
    if signed.next_tag()? == tag::CONTEXT_0 {
        signed.any()?; // version
    }
    signed.read(tag::INTEGER)?; // serial number
    signed.sequence()?; // signature algorithm
    signed.sequence()?; // issuer
    let mut validity = signed.sequence()?;
    let (not_before, not_after) = (moment(&mut validity)?, moment(&mut validity)?);
    signed.sequence()?; // subject
    let mut key_info = signed.sequence()?;
    key_info.sequence()?; // algorithm
    // The first byte counts unused bits; keys are whole bytes.
    let public_key = key_info.read(tag::BIT_STRING)?.strip_prefix(&[0])?;
    Some(Facts { der, public_key, not_before, not_after })
}

/// What people want to know of a certificate that a host shows.
pub(crate) struct Described {
    pub(crate) issuer: String,
    /// From when until when.
    pub(crate) validity: String,
}

/// Reads whose certificate it is and when it is valid; `None` if the bytes are none.
pub(crate) fn describe(der: &[u8]) -> Option<Described> {
    let facts = read(der)?;
    let [begin, end] = [facts.not_before, facts.not_after].map(|time| Utc(time).to_minute());
    let validity = format!("it is valid from {begin} until {end}");
    Some(Described { issuer: issuer(der)?, validity })
}

/// The names of the issuer, the most telling one first.
fn issuer(der: &[u8]) -> Option<String> {
    let mut signed = Reader::new(der).sequence()?.sequence()?;
    if signed.next_tag()? == tag::CONTEXT_0 {
        signed.any()?; // version
    }
    signed.read(tag::INTEGER)?;
    signed.sequence()?; // signature algorithm
    let mut names = signed.sequence()?;
    let (mut common, mut organization) = (None, None);
    while names.len() > 0 {
        let mut attribute = Reader::new(names.read(tag::SET)?).sequence()?;
        let kind = attribute.read(tag::OBJECT_IDENTIFIER)?;
        let text = String::from_utf8_lossy(attribute.any()?).into_owned();
        match kind {
            COMMON_NAME => common = Some(text),
            ORGANIZATION => organization = Some(text),
            _ => {}
        }
    }
    let names: Vec<String> =
        [common, organization].into_iter().flatten().map(|n| format!("\"{n}\"")).collect();
    Some(if names.is_empty() { "an issuer without a name".to_owned() } else { names.join(", ") })
}

/// Object identifiers of the parts of a name: 2.5.4.3 and 2.5.4.10.
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const ORGANIZATION: &[u8] = &[0x55, 4, 10];

fn moment(reader: &mut Reader<'_>) -> Option<SystemTime> {
    match reader.next_tag()? {
        tag::UTC_TIME | tag::GENERALIZED_TIME => x509_time(reader.any()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixture;
    use super::*;

    #[test]
    fn a_certificate_gives_its_key_and_its_validity() {
        let der = fixture::certificate(2024, 2031);
        let facts = read(&der).unwrap();
        assert_eq!(Utc(facts.not_before).to_minute(), "2024-01-01 00:00 UTC");
        assert_eq!(Utc(facts.not_after).to_minute(), "2031-01-01 00:00 UTC");
        assert_eq!(facts.public_key, fixture::public_key());
        let followed = [&der[..], b"\r\n"].concat();
        assert_eq!(read(&followed).unwrap(), facts, "what follows does not belong to it");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }

        #[test]
        fn no_damage_to_a_certificate_makes_it_panic(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut der = fixture::certificate(2024, 2031);
            for (at, byte) in changes {
                let at = at.index(der.len());
                der[at] = byte;
            }
            let _ = read(&der);
            let _ = read(&der[..cut.index(der.len())]);
        }

    }
}
