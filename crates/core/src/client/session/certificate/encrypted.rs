//! Encrypted PKCS#8 (RFC 5958) as today's programs write it: PBES2 (RFC 8018) with PBKDF2 over HMAC and AES
//! in CBC mode.

use std::num::NonZeroU32;

use libaes::Cipher;
use ring::pbkdf2;

use crate::client::x509::der::{Reader, tag};

/// Maximum iterations of PBKDF2: seconds on a slow machine, and eight times what careful programs set today
/// (600,000). More can only be meant to keep this program busy.
const MAX_ITERATIONS: u64 = 5_000_000;

const BLOCK_BYTES: usize = 16;

/// What the object identifiers begin with, as DER has them: those of RSA Security, and those of NIST for AES.
const RSA_SECURITY: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d];
const AES: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1];

/// A function from the passphrase to the decrypted key, in DER, if it is the right one. `None` for a key that is
/// encrypted in another way, or so that it would take too long.
pub(super) fn decryption(der: &[u8]) -> Option<impl Fn(&[u8]) -> Option<Vec<u8>>> {
    let mut outer = Reader(der).sequence()?;
    let (mut algorithm, encrypted) = (outer.sequence()?, outer.read(tag::OCTET_STRING)?);
    let (pbes2, mut parameters) = (rsa_security(&mut algorithm)?, algorithm.sequence()?);
    let (mut derivation, mut encryption) = (parameters.sequence()?, parameters.sequence()?);
    let (pbkdf2, mut derivation) = (rsa_security(&mut derivation)?, derivation.sequence()?);
    let salt = derivation.read(tag::OCTET_STRING)?;
    let iterations = derivation.number().filter(|count| *count <= MAX_ITERATIONS)?;
    let iterations = NonZeroU32::new(u32::try_from(iterations).ok()?)?;
    let stated_key_bytes = derivation.number();
    let hash = match derivation.sequence() {
        None => pbkdf2::PBKDF2_HMAC_SHA1, // the default
        Some(mut hash) => match rsa_security(&mut hash)? {
            [2, 7] => pbkdf2::PBKDF2_HMAC_SHA1,
            [2, 9] => pbkdf2::PBKDF2_HMAC_SHA256,
            [2, 10] => pbkdf2::PBKDF2_HMAC_SHA384,
            [2, 11] => pbkdf2::PBKDF2_HMAC_SHA512,
            _ => return None,
        },
    };
    let key_bytes = match encryption.read(tag::OBJECT_IDENTIFIER)?.strip_prefix(AES)? {
        [2] => 16,
        [22] => 24,
        [42] => 32,
        _ => return None,
    };
    let initial_vector = encryption.read(tag::OCTET_STRING)?;
    let is_read_here = pbes2 == [1, 5, 13]
        && pbkdf2 == [1, 5, 12]
        && stated_key_bytes.is_none_or(|stated| stated == key_bytes as u64)
        && initial_vector.len() == BLOCK_BYTES
        && encrypted.len().is_multiple_of(BLOCK_BYTES);
    is_read_here.then_some(move |passphrase: &[u8]| {
        let mut key = [0; 32];
        pbkdf2::derive(hash, iterations, salt, passphrase, &mut key[..key_bytes]);
        let mut cipher = match key_bytes {
            16 => Cipher::new_128(key.first_chunk()?),
            24 => Cipher::new_192(key.first_chunk()?),
            _ => Cipher::new_256(&key),
        };
        // Its own handling of the padding accepts what a wrong key makes.
        cipher.set_auto_padding(false);
        let mut plain = cipher.cbc_decrypt(initial_vector, encrypted);
        let mut rest = Reader(&plain);
        rest.sequence()?;
        let length = plain.len() - rest.0.len();
        plain.truncate(length);
        Some(plain)
    })
}

/// The last numbers of the next element, which is an identifier of RSA Security.
fn rsa_security<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    reader.read(tag::OBJECT_IDENTIFIER)?.strip_prefix(RSA_SECURITY)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ENCRYPTED_KEY, der_of};
    use super::*;

    #[test]
    fn a_key_that_would_keep_the_machine_busy_is_refused() {
        let mut encrypted = der_of(ENCRYPTED_KEY);
        // A salt of eight bytes and a count of two become a salt of six and a count of four.
        let at = encrypted.windows(4).position(|bytes| bytes == [2, 2, 8, 0]).unwrap();
        for (count, is_taken) in [(5_000_000u32, true), (5_000_001, false), (0, false)] {
            encrypted[at - 10..at].copy_from_slice(&[4, 6, 0, 0, 0, 0, 0, 0, 2, 4]);
            encrypted[at..at + 4].copy_from_slice(&count.to_be_bytes());
            assert_eq!(decryption(&encrypted).is_some(), is_taken, "{count}");
        }
    }
}
