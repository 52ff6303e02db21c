//! The PEM blocks of a text. What the blocks hold is found out from their bytes, not from their labels.
//!
//! No error of this module, and none of the base64 decoder, is ever shown as it is: they would show parts
//! of a private key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";

/// Base64 characters on a line of PEM, as OpenSSL writes them and RFC 7468 demands.
const LINE_CHARS: usize = 64;

/// What stands between a BEGIN line and its END line.
#[derive(PartialEq, Eq)]
pub(super) enum Block {
    Der(Vec<u8>),
    /// The body has header lines (`DEK-Info`), so its bytes are encrypted the old way.
    TraditionalEncrypted,
}

/// Why a block cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PemDamage {
    /// A BEGIN line without its END line.
    NoEnd,
    /// Between the two stands something else than base64.
    NotBase64,
}

pub(super) fn is_pem(bytes: &[u8]) -> bool {
    find(bytes, BEGIN).is_some()
}

/// The blocks of a text, and what is around them left out.
pub(super) fn blocks(text: &[u8]) -> impl Iterator<Item = Result<Block, PemDamage>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, after) = split(rest, BEGIN)?;
        let block = next_block(after);
        rest = block.map_or(&[], |(_, rest)| rest);
        Some(block.map_or(Err(PemDamage::NoEnd), |(body, _)| decode(body)))
    })
}

/// The body of the block whose label comes next, and what follows it.
fn next_block(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (label, after) = split(text, DASHES)?;
    let (body, after) = split(after, DASHES)?;
    let end = after.strip_prefix(b"END ")?.strip_prefix(label)?.strip_prefix(DASHES)?;
    Some((body, end))
}

fn decode(body: &[u8]) -> Result<Block, PemDamage> {
    if find(body, b"DEK-Info:").is_some() {
        return Ok(Block::TraditionalEncrypted);
    }
    let base64: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(base64).map(Block::Der).map_err(|_| PemDamage::NotBase64)
}

/// The PEM text of a certificate.
pub(super) fn certificate_text(der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for (index, character) in base64.chars().enumerate() {
        if index > 0 && index % LINE_CHARS == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text.push_str("\n-----END CERTIFICATE-----\n");
    text
}

fn split<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = find(bytes, separator)?;
    Some((&bytes[..at], &bytes[at + separator.len()..]))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<Result<Vec<u8>, PemDamage>> {
        blocks(text.as_bytes())
            .map(|block| {
                block.map(|block| match block {
                    Block::Der(der) => der,
                    Block::TraditionalEncrypted => b"encrypted".to_vec(),
                })
            })
            .collect()
    }

    #[test]
    fn blocks_are_found_between_other_text_whatever_ends_the_lines() {
        let text = "Bag Attributes\n friendlyName: -----x\n-----BEGIN A B-----\nAAEC\nAwQF\n-----END A B-----\n\
                    subject=me\n-----BEGIN C-----AAEC-----END C-----";
        let expected = vec![Ok(vec![0, 1, 2, 3, 4, 5]), Ok(vec![0, 1, 2])];
        for line_end in ["\n", "\r\n", "\r", " "] {
            assert_eq!(read(&text.replace('\n', line_end)), expected, "{line_end:?}");
        }
        assert!(is_pem(text.as_bytes()));
    }

    #[test]
    fn a_block_that_is_damaged_is_an_error_and_not_skipped() {
        assert_eq!(read("-----BEGIN A-----\nAAEC\n"), [Err(PemDamage::NoEnd)]);
        assert_eq!(read("-----BEGIN A-----\nAAEC\n-----END B-----\n"), [Err(PemDamage::NoEnd)]);
        assert_eq!(
            read("-----BEGIN A-----\nAAEC\n-----BEGIN A-----\nAAEC\n-----END A-----\n"),
            [Err(PemDamage::NoEnd)]
        );
        assert_eq!(read("-----BEGIN A-----\nAAE*\n-----END A-----\n"), [Err(PemDamage::NotBase64)]);
        assert_eq!(read("-----BEGIN A-----\nAAE\n-----END A-----\n"), [Err(PemDamage::NotBase64)]);
    }

    #[test]
    fn the_old_encryption_is_known_by_its_header() {
        let text = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00FF\n\n\
                    AAEC\n-----END RSA PRIVATE KEY-----\n";
        assert_eq!(read(text), [Ok(b"encrypted".to_vec())]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(der in prop::collection::vec(any::<u8>(), 0..300)) {
            let text = certificate_text(&der);
            prop_assert_eq!(read(&text), [Ok(der)]);
            prop_assert!(text.lines().all(|line| line.len() <= LINE_CHARS));
        }

        #[test]
        fn no_text_makes_it_panic(
            text in "(-----BEGIN A-----|-----END A-----|-----|BEGIN |A|\n|=|\u{e9}){0,12}",
        ) {
            read(&text);
        }
    }
}
