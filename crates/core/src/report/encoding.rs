//! The bytes of a dump as text, and back. Dumps in UTF-16 become UTF-8; all others pass as they are, so that
//! a row of a legacy encoding keeps its bytes. What is not Unicode survives the way there and back; lone
//! surrogates are kept as three bytes each (WTF-8).

use std::io::{self, ErrorKind, Read};

use crate::report::ReportError;

/// Bytes requested from the source at a time: large enough that the cost of a system call disappears.
const READ_BYTES: usize = 128 * 1024;

/// Bytes at the start that the encoding is detected from. A pipe may bring a byte at a time, so they are
/// waited for.
const DETECT_BYTES: usize = 512;

/// What a file of gzip begins with: two bytes of its own, and the only method there is.
const GZIP: &[u8] = b"\x1f\x8b\x08";

const UTF8_BOM: &[u8] = b"\xef\xbb\xbf";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// One byte: UTF-8, or anything else that agrees with ASCII.
    Byte,
    LittleEndian,
    BigEndian,
}

/// How the text of a dump is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Encoding {
    unit: Unit,
    has_bom: bool,
}

impl Encoding {
    /// Detects the encoding from the first bytes of a file. Without a byte order mark, zero bytes give UTF-16
    /// away: no other text has them, and each ASCII character of UTF-16 has one.
    fn detect(start: &[u8]) -> Self {
        let with_bom = |unit| Self { unit, has_bom: true };
        match start {
            [0xff, 0xfe, ..] => with_bom(Unit::LittleEndian),
            [0xfe, 0xff, ..] => with_bom(Unit::BigEndian),
            [0xef, 0xbb, 0xbf, ..] => with_bom(Unit::Byte),
            _ => {
                Self { unit: Self::unit_without_bom(&start[..start.len().min(DETECT_BYTES)]), has_bom: false }
            }
        }
    }

    fn unit_without_bom(start: &[u8]) -> Unit {
        let zeros = |offset: usize| start.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
        let (even, odd) = (zeros(0), zeros(1));
        // The quotes and separators of a header alone make more than an eighth; a stray zero byte does not.
        if (even + odd) * 16 < start.len() || even == odd {
            Unit::Byte
        } else if even < odd {
            Unit::LittleEndian
        } else {
            Unit::BigEndian
        }
    }

    pub(super) fn name(self) -> &'static str {
        match (self.unit, self.has_bom) {
            (Unit::Byte, false) => "UTF-8",
            (Unit::Byte, true) => "UTF-8 with BOM",
            (Unit::LittleEndian, false) => "UTF-16LE",
            (Unit::LittleEndian, true) => "UTF-16LE with BOM",
            (Unit::BigEndian, false) => "UTF-16BE",
            (Unit::BigEndian, true) => "UTF-16BE with BOM",
        }
    }

    /// Whether the name is proved by a byte order mark or by the shape of UTF-16, rather than assumed.
    pub(super) fn is_proved(self) -> bool {
        self.has_bom || self.unit != Unit::Byte
    }

    /// The byte order mark of the file, empty if it has none.
    pub(super) fn bom(self) -> &'static [u8] {
        match (self.unit, self.has_bom) {
            (_, false) => b"",
            (Unit::Byte, true) => UTF8_BOM,
            (Unit::LittleEndian, true) => b"\xff\xfe",
            (Unit::BigEndian, true) => b"\xfe\xff",
        }
    }

    /// Appends to `file` the bytes that stand for `text` in this encoding.
    pub(super) fn encode(self, mut text: &[u8], file: &mut Vec<u8>) {
        if self.unit == Unit::Byte {
            file.extend_from_slice(text);
            return;
        }
        while let Some((code, length)) = first_code_point(text) {
            text = &text[length..];
            let mut put = |unit: u16| match self.unit {
                Unit::BigEndian => file.extend_from_slice(&unit.to_be_bytes()),
                _ => file.extend_from_slice(&unit.to_le_bytes()),
            };
            match u16::try_from(code) {
                Ok(unit) => put(unit),
                Err(_) => {
                    let offset = code - 0x1_0000;
                    put(0xd800 | (offset >> 10) as u16);
                    put(0xdc00 | (offset & 0x3ff) as u16);
                }
            }
        }
    }
}

/// The first code point of generalized UTF-8, surrogates included, and its length in bytes.
fn first_code_point(text: &[u8]) -> Option<(u32, usize)> {
    let tail = |at: usize| text.get(at).map_or(0, |byte| u32::from(byte & 0x3f));
    let first = u32::from(*text.first()?);
    let (code, length) = match first {
        0..=0x7f => (first, 1),
        0x80..=0xdf => (((first & 0x1f) << 6) | tail(1), 2),
        0xe0..=0xef => (((first & 0x0f) << 12) | (tail(1) << 6) | tail(2), 3),
        _ => (((first & 0x07) << 18) | (tail(1) << 12) | (tail(2) << 6) | tail(3), 4),
    };
    Some((code, length.min(text.len())))
}

/// Appends a code point, surrogates included, as generalized UTF-8.
fn push_code_point(code: u32, text: &mut Vec<u8>) {
    let tail = |shift: u32| 0x80 | ((code >> shift) & 0x3f) as u8;
    match code {
        0..=0x7f => text.push(code as u8),
        0x80..=0x7ff => text.extend_from_slice(&[0xc0 | (code >> 6) as u8, tail(0)]),
        0x800..=0xffff => text.extend_from_slice(&[0xe0 | (code >> 12) as u8, tail(6), tail(0)]),
        _ => text.extend_from_slice(&[0xf0 | (code >> 18) as u8, tail(12), tail(6), tail(0)]),
    }
}

/// Reads a dump as text. Not generic, so that it is compiled with this crate, for speed, and not with the
/// program that calls it.
pub(super) struct Decoder<'a> {
    source: &'a mut dyn Read,
    /// Room for one read: to make new room each time takes longer than to copy.
    buffer: Vec<u8>,
    encoding: Encoding,
    /// Bytes that were read and not yet decoded: at most one unit or one half of a surrogate pair after each
    /// call.
    raw: Vec<u8>,
    at_end: bool,
}

impl<'a> Decoder<'a> {
    /// Reads the beginning and detects the encoding.
    pub(super) fn new(source: &'a mut dyn Read) -> Result<Self, ReportError> {
        let encoding = Encoding { unit: Unit::Byte, has_bom: false };
        let mut decoder =
            Self { source, buffer: vec![0; READ_BYTES], encoding, raw: Vec::new(), at_end: false };
        while decoder.raw.len() < DETECT_BYTES && !decoder.at_end {
            let mut raw = std::mem::take(&mut decoder.raw);
            decoder.read(&mut raw)?;
            decoder.raw = raw;
        }
        if decoder.raw.starts_with(GZIP) {
            let compressed = io::Error::new(ErrorKind::InvalidData, "it is compressed: unpack it first");
            return Err(ReportError::Read(compressed));
        }
        decoder.encoding = Encoding::detect(&decoder.raw);
        decoder.raw.drain(..decoder.encoding.bom().len());
        Ok(decoder)
    }

    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Whether the file ends in the middle of a UTF-16 unit. Known once [`Decoder::fill`] has found the end.
    pub(super) fn ends_inside_unit(&self) -> bool {
        self.at_end && !self.raw.is_empty()
    }

    /// Appends the next text to `text`; appends nothing only at the end.
    pub(super) fn fill(&mut self, text: &mut Vec<u8>) -> Result<(), ReportError> {
        if self.encoding.unit == Unit::Byte {
            return if self.raw.is_empty() {
                self.read(text)
            } else {
                text.append(&mut self.raw);
                Ok(())
            };
        }
        let before = text.len();
        while text.len() == before {
            self.decode(text);
            if self.at_end {
                break;
            }
            if text.len() == before {
                let mut raw = std::mem::take(&mut self.raw);
                self.read(&mut raw)?;
                self.raw = raw;
            }
        }
        Ok(())
    }

    /// Appends one read of the source to `bytes`.
    fn read(&mut self, bytes: &mut Vec<u8>) -> Result<(), ReportError> {
        loop {
            match self.source.read(&mut self.buffer) {
                Ok(count) => {
                    bytes.extend_from_slice(&self.buffer[..count]);
                    self.at_end = count == 0;
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(ReportError::Read(error)),
            }
        }
    }

    /// Decodes the units that are there; a surrogate whose partner may still come is left for the next call.
    fn decode(&mut self, text: &mut Vec<u8>) {
        let unit = |pair: &[u8]| match (self.encoding.unit, pair) {
            (Unit::BigEndian, &[high, low]) | (_, &[low, high]) => u16::from_be_bytes([high, low]),
            _ => 0,
        };
        let mut units = self.raw.chunks_exact(2).map(unit).peekable();
        let mut used = 0;
        text.reserve(self.raw.len());
        while let Some(first) = units.next() {
            let mut code = u32::from(first);
            let mut length = 2;
            if (0xd800..0xdc00).contains(&first) {
                match units.peek() {
                    Some(&second) if (0xdc00..0xe000).contains(&second) => {
                        units.next();
                        code = 0x1_0000 + ((code & 0x3ff) << 10) + u32::from(second & 0x3ff);
                        length = 4;
                    }
                    None if !self.at_end => break,
                    _ => {}
                }
            }
            push_code_point(code, text);
            used += length;
        }
        self.raw.drain(..used);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::tests::Pieces;

    fn decoded(file: &[u8], piece: usize) -> (Vec<u8>, Encoding) {
        let mut source = Pieces(file, piece);
        let mut decoder = Decoder::new(&mut source).unwrap();
        let mut text = Vec::new();
        loop {
            let before = text.len();
            decoder.fill(&mut text).unwrap();
            if text.len() == before {
                return (text, decoder.encoding());
            }
        }
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn each_encoding_is_found_by_its_mark_or_its_zero_bytes() {
        let text = "\"Größe\",\"_Line_\"\n\"𝄞\",\"2\"\n";
        let with = |mark: &[u8], text: Vec<u8>| [mark, &text].concat();
        for (name, file) in [
            ("UTF-8", text.as_bytes().to_vec()),
            ("UTF-8 with BOM", with(b"\xef\xbb\xbf", text.as_bytes().to_vec())),
            ("UTF-16LE", utf16(text, u16::to_le_bytes)),
            ("UTF-16LE with BOM", with(b"\xff\xfe", utf16(text, u16::to_le_bytes))),
            ("UTF-16BE", utf16(text, u16::to_be_bytes)),
            ("UTF-16BE with BOM", with(b"\xfe\xff", utf16(text, u16::to_be_bytes))),
        ] {
            for piece in [1, 3, 1000] {
                let (got, encoding) = decoded(&file, piece);
                assert_eq!(encoding.name(), name);
                assert_eq!(String::from_utf8(got).unwrap(), text, "{name} in pieces of {piece}");
            }
        }
    }

    proptest! {
        #[test]
        fn utf16_comes_out_byte_for_byte_even_with_lone_surrogates(
            units in proptest::collection::vec(prop_oneof![any::<u16>(), 0xd7f0..0xe010u16], 0..2000),
            piece in 1..700usize,
            is_big in any::<bool>(),
        ) {
            let bytes = if is_big { u16::to_be_bytes } else { u16::to_le_bytes };
            let mark: &[u8] = if is_big { b"\xfe\xff" } else { b"\xff\xfe" };
            let file = [mark, &units.into_iter().flat_map(bytes).collect::<Vec<_>>()].concat();
            let (text, encoding) = decoded(&file, piece);
            let mut again = encoding.bom().to_vec();
            encoding.encode(&text, &mut again);
            prop_assert_eq!(again, file);
        }
    }
}
