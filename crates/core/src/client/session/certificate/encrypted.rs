//! Encrypted PKCS#8 (RFC 5958) as today's programs write it: PBES2 (RFC 8018) with PBKDF2 over HMAC and AES
//! in CBC mode.

use std::num::NonZeroU32;

use libaes::Cipher;
use ring::pbkdf2;

use crate::client::x509::der::{Reader, tag, unsigned};

/// Maximum iterations of PBKDF2: seconds on a slow machine, and eight times what careful programs set today
/// (600,000). More can only be meant to keep this program busy.
const MAX_ITERATIONS: u32 = 5_000_000;

/// Bytes of a block of AES.
const BLOCK_BYTES: usize = 16;

/// Bytes of the longest key of AES.
const MAX_KEY_BYTES: usize = 32;

/// Why a key cannot be decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is encrypted in another way, or so that it would take too long.
    OtherScheme,
    PassphraseNeeded,
    WrongPassphrase,
}

/// How a key is encrypted.
struct Scheme<'a> {
    hash: pbkdf2::Algorithm,
    salt: &'a [u8],
    iterations: NonZeroU32,
    key_bytes: usize,
    initial_vector: &'a [u8],
    encrypted: &'a [u8],
}

/// The PKCS#8 key inside an encrypted one. What no passphrase can open is refused first.
pub(super) fn decrypt(der: &[u8], passphrase: Option<&[u8]>) -> Result<Vec<u8>, Refusal> {
    let scheme = scheme(der).ok_or(Refusal::OtherScheme)?;
    let passphrase = passphrase.ok_or(Refusal::PassphraseNeeded)?;
    let mut key = [0; MAX_KEY_BYTES];
    let key = &mut key[..scheme.key_bytes];
    pbkdf2::derive(scheme.hash, scheme.iterations, scheme.salt, passphrase, key);
    let mut cipher = cipher(key).ok_or(Refusal::OtherScheme)?;
    // Its own handling of the padding accepts what a wrong key makes.
    cipher.set_auto_padding(false);
    let mut plain = cipher.cbc_decrypt(scheme.initial_vector, scheme.encrypted);
    let length = without_padding(&plain).ok_or(Refusal::WrongPassphrase)?;
    plain.truncate(length);
    Ok(plain)
}

fn scheme(der: &[u8]) -> Option<Scheme<'_>> {
    let mut outer = Reader::new(der).sequence()?;
    let mut algorithm = outer.sequence()?;
    let encrypted = outer.read(tag::OCTET_STRING)?;
    if algorithm.read(tag::OBJECT_IDENTIFIER)? != oid::PBES2 {
        return None;
    }
    let mut parameters = algorithm.sequence()?;
    let (mut derivation, mut encryption) = (parameters.sequence()?, parameters.sequence()?);
    if derivation.read(tag::OBJECT_IDENTIFIER)? != oid::PBKDF2 {
        return None;
    }
    let mut derivation = derivation.sequence()?;
    let salt = derivation.read(tag::OCTET_STRING)?;
    let iterations = u32::try_from(unsigned(derivation.read(tag::INTEGER)?)?).ok();
    let iterations = iterations.filter(|count| *count <= MAX_ITERATIONS).and_then(NonZeroU32::new)?;
    let stated_key_bytes = match derivation.read(tag::INTEGER) {
        Some(bytes) => Some(unsigned(bytes)?),
        None => None,
    };
    let hash = match derivation.sequence() {
        None => pbkdf2::PBKDF2_HMAC_SHA1, // the default
        Some(mut hash) => match hash.read(tag::OBJECT_IDENTIFIER)? {
            oid::HMAC_SHA1 => pbkdf2::PBKDF2_HMAC_SHA1,
            oid::HMAC_SHA256 => pbkdf2::PBKDF2_HMAC_SHA256,
            oid::HMAC_SHA384 => pbkdf2::PBKDF2_HMAC_SHA384,
            oid::HMAC_SHA512 => pbkdf2::PBKDF2_HMAC_SHA512,
            _ => return None,
        },
    };
    let key_bytes = match encryption.read(tag::OBJECT_IDENTIFIER)? {
        oid::AES_128_CBC => 16,
        oid::AES_192_CBC => 24,
        oid::AES_256_CBC => 32,
        _ => return None,
    };
    let initial_vector = encryption.read(tag::OCTET_STRING)?;
    let is_consistent = stated_key_bytes.is_none_or(|stated| stated == key_bytes as u64)
        && initial_vector.len() == BLOCK_BYTES
        && encrypted.len().is_multiple_of(BLOCK_BYTES);
    is_consistent.then_some(Scheme { hash, salt, iterations, key_bytes, initial_vector, encrypted })
}

fn cipher(key: &[u8]) -> Option<Cipher> {
    if let Ok(key) = key.try_into() {
        return Some(Cipher::new_128(key));
    }
    if let Ok(key) = key.try_into() {
        return Some(Cipher::new_192(key));
    }
    key.try_into().ok().map(Cipher::new_256)
}

/// The length without the padding of PKCS#7: n bytes of the value n.
fn without_padding(plain: &[u8]) -> Option<usize> {
    let padding = *plain.last()?;
    let length = plain.len().checked_sub(usize::from(padding))?;
    let is_padding = (1..=BLOCK_BYTES).contains(&usize::from(padding));
    (is_padding && plain[length..].iter().all(|byte| *byte == padding)).then_some(length)
}

/// Object identifiers, as DER has them.
mod oid {
    pub(super) const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13];
    pub(super) const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 12];
    pub(super) const HMAC_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 7];
    pub(super) const HMAC_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 9];
    pub(super) const HMAC_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 10];
    pub(super) const HMAC_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 11];
    pub(super) const AES_128_CBC: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 2];
    pub(super) const AES_192_CBC: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 22];
    pub(super) const AES_256_CBC: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42];
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{ENCRYPTED_KEY, PASSPHRASE, der_of};
    use super::*;

    #[test]
    fn the_passphrase_opens_the_key_and_no_other_does() {
        let encrypted = der_of(ENCRYPTED_KEY);
        assert!(decrypt(&encrypted, Some(PASSPHRASE)).is_ok());
        for wrong in [&b"wrong"[..], b""] {
            assert_eq!(decrypt(&encrypted, Some(wrong)), Err(Refusal::WrongPassphrase));
        }
        assert_eq!(decrypt(&encrypted, None), Err(Refusal::PassphraseNeeded));
    }

    #[test]
    fn a_key_that_would_keep_the_machine_busy_is_refused() {
        let mut encrypted = der_of(ENCRYPTED_KEY);
        // A salt of eight bytes and a count of two become a salt of six and a count of four.
        let at = encrypted.windows(4).position(|bytes| bytes == [2, 2, 8, 0]).unwrap();
        for (count, is_taken) in [(5_000_000u32, true), (5_000_001, false), (0, false)] {
            encrypted[at - 10..at].copy_from_slice(&[4, 6, 0, 0, 0, 0, 0, 0, 2, 4]);
            encrypted[at..at + 4].copy_from_slice(&count.to_be_bytes());
            assert_eq!(scheme(&encrypted).is_some(), is_taken, "{count}");
        }
    }

    #[test]
    fn padding_is_checked_whole() {
        assert_eq!(without_padding(&[9, 9, 2, 2]), Some(2));
        assert_eq!(without_padding(&[16; 16]), Some(0));
        for plain in [&[][..], &[9, 9, 1, 2], &[0, 0], &[3, 3], &[17; 32]] {
            assert_eq!(without_padding(plain), None, "{plain:?}");
        }
    }

    proptest! {
        #[test]
        fn no_damage_to_an_encrypted_key_makes_it_panic(
            changes in prop::collection::vec((0usize..110, any::<u8>()), 1..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut der = der_of(ENCRYPTED_KEY);
            for (at, byte) in changes {
                der[at] = byte;
            }
            // Not the decryption: its iterations may have become millions.
            let _ = (scheme(&der), scheme(&der[..cut.index(der.len())]));
        }
    }
}
