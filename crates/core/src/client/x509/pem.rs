//! The blocks of a file in PEM, or the file itself, which is then DER. What the blocks hold is found out from
//! their bytes, not from their labels.
//!
//! The crate `rustls-pki-types` has such a reader too, but it passes over encrypted keys and all that it does
//! not know, and its errors print the private key.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::text::{is_utf16, without_bom};

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";

/// What a file holds once or several times.
pub(in crate::client) struct Block {
    /// What the BEGIN line says, such as `CERTIFICATE`. `None` in a file that is not PEM.
    pub(in crate::client) label: Option<String>,
    pub(in crate::client) content: Content,
}

#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(in crate::client) enum Content {
    Der(Vec<u8>),
    /// The block has a header line `DEK-Info`: its bytes are encrypted in the old way of OpenSSL.
    OldEncryption,
    /// Why it cannot be read: a clause about the file.
    Damaged(&'static str),
}

/// The blocks of a file. Other text around them, and the ends of lines, do not matter.
pub(in crate::client) fn blocks(file: &[u8]) -> Vec<Block> {
    let mut rest = without_bom(file);
    let Some(_) = find(rest, BEGIN) else {
        let content = match is_utf16(file) {
            true => Content::Damaged("is in UTF-16: save it as UTF-8 or ASCII"),
            false => Content::Der(rest.to_vec()),
        };
        return vec![Block { label: None, content }];
    };
    let mut blocks = Vec::new();
    while let Some(begin) = find(rest, BEGIN) {
        rest = &rest[begin.end..];
        let label_end = find(rest, DASHES).unwrap_or(rest.len()..rest.len());
        let label = &rest[..label_end.start];
        rest = &rest[label_end.end..];
        let end = [b"-----END ", label, DASHES].concat();
        // The next dashes are those of its END line.
        let end =
            find(rest, &end).filter(|end| find(rest, DASHES).is_some_and(|next| next.start == end.start));
        let content = match &end {
            Some(end) => decode(&rest[..end.start]),
            None => Content::Damaged("is damaged: a BEGIN line has no END line"),
        };
        blocks.push(Block { label: Some(String::from_utf8_lossy(label).into_owned()), content });
        rest = end.map_or(&[], |end| &rest[end.end..]);
    }
    blocks
}

fn decode(body: &[u8]) -> Content {
    if find(body, b"DEK-Info:").is_some() {
        return Content::OldEncryption;
    }
    let base64: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    // Not the decoder's own words: they show parts of what may be a private key.
    let der = STANDARD.decode(base64).ok();
    der.map_or(Content::Damaged("is damaged: between BEGIN and END is more than base64"), Content::Der)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<Range<usize>> {
    let at = bytes.windows(wanted.len()).position(|window| window == wanted)?;
    Some(at..at + wanted.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn contents(text: &str) -> Vec<Content> {
        blocks(text.as_bytes()).into_iter().map(|block| block.content).collect()
    }

    #[test]
    fn blocks_are_found_between_other_text_and_each_damage_is_named() {
        let text = "Bag Attributes\n friendlyName: -----x\n-----BEGIN A B-----\nAAEC\nAwQF\n-----END A B-----\n\
                    subject=me\n-----BEGIN C-----AAEC-----END C-----";
        for line_end in ["\n", "\r\n", "\r", " "] {
            let expected = [Content::Der(vec![0, 1, 2, 3, 4, 5]), Content::Der(vec![0, 1, 2])];
            assert_eq!(contents(&text.replace('\n', line_end)), expected, "{line_end:?}");
        }
        let [no_end, not_base64] = [
            Content::Damaged("is damaged: a BEGIN line has no END line"),
            Content::Damaged("is damaged: between BEGIN and END is more than base64"),
        ];
        for (text, expected) in [
            ("-----BEGIN A-----\nAAEC\n", &no_end),
            ("-----BEGIN A", &no_end),
            ("-----BEGIN A-----\nAAEC\n-----END B-----\n", &no_end),
            ("-----BEGIN A-----\nAAEC\n-----BEGIN A-----\nAAEC\n-----END A-----\n", &no_end),
            ("-----BEGIN A-----\nAAE*\n-----END A-----\n", &not_base64),
            ("-----BEGIN A-----\nAAE\n-----END A-----\n", &not_base64),
            ("-----BEGIN A-----\nDEK-Info: AES-256-CBC,00\n\nAA\n-----END A-----", &Content::OldEncryption),
            ("\u{feff}0", &Content::Der(b"0".to_vec())),
            ("-\0-\0", &Content::Damaged("is in UTF-16: save it as UTF-8 or ASCII")),
        ] {
            assert_eq!(contents(text).first(), Some(expected), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(
            text in "(-----BEGIN A-----|-----END A-----|-----|BEGIN |A|\n|=|\u{e9}){0,12}",
        ) {
            contents(&text);
        }
    }
}
