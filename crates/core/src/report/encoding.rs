//! The bytes of a dump as text, and back. Dumps in UTF-16 become UTF-8, with U+FFFD for half a surrogate pair; all
//! others pass as they are, so that a row of a legacy encoding keeps its bytes.

use std::io::{ErrorKind, Read};

use serde::{Serialize, Serializer};

use crate::report::ReportError;
use crate::text::in_words;
use crate::text::not_text;

/// Bytes requested from the source at a time: large enough that the cost of a system call disappears.
const READ_BYTES: usize = 128 * 1024;

/// Bytes at the start that the encoding is detected from. A pipe may bring a byte at a time, so they are waited for.
const DETECT_BYTES: usize = 512;

in_words! {
    /// How the text of a dump is stored; ASCII is UTF-8. Windows-1252 is where there is text that is not UTF-8 and no
    /// byte order mark: each such text is shown so, and ISO-8859-1, the default of imports, is a part of it.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    #[non_exhaustive]
    Encoding {
        Utf8: "UTF-8",
        Utf8Bom: "UTF-8 with BOM",
        Utf16Le: "UTF-16LE",
        Utf16LeBom: "UTF-16LE with BOM",
        Utf16Be: "UTF-16BE",
        Utf16BeBom: "UTF-16BE with BOM",
        Windows1252: "Windows-1252",
    }
}

impl Serialize for Encoding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Encoding {
    /// Detects the encoding from the first bytes of a file. Without a byte order mark, zero bytes give UTF-16
    /// away: no other text has them, and each ASCII character of UTF-16 has one.
    fn detect(start: &[u8]) -> Self {
        match start {
            [0xff, 0xfe, ..] => Self::Utf16LeBom,
            [0xfe, 0xff, ..] => Self::Utf16BeBom,
            [0xef, 0xbb, 0xbf, ..] => Self::Utf8Bom,
            _ => Self::without_bom(&start[..start.len().min(DETECT_BYTES)]),
        }
    }

    fn without_bom(start: &[u8]) -> Self {
        let zeros = |offset: usize| start.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
        let (even, odd) = (zeros(0), zeros(1));
        // The quotes and separators of a header alone make more than an eighth, nearly all of them in one place of two;
        // a stray zero byte or a block of them does not.
        if (even + odd) * 16 < start.len() || even.min(odd) * 4 > even.max(odd) {
            Self::Utf8
        } else if even < odd {
            Self::Utf16Le
        } else {
            Self::Utf16Be
        }
    }

    fn is_big_endian(self) -> bool {
        matches!(self, Self::Utf16Be | Self::Utf16BeBom)
    }

    fn is_utf16(self) -> bool {
        !matches!(self, Self::Utf8 | Self::Utf8Bom | Self::Windows1252)
    }

    /// The byte order mark of the file, empty if it has none.
    pub(super) fn bom(self) -> &'static [u8] {
        match self {
            Self::Utf8Bom => b"\xef\xbb\xbf",
            Self::Utf16LeBom => b"\xff\xfe",
            Self::Utf16BeBom => b"\xfe\xff",
            _ => b"",
        }
    }

    /// Appends to `file` the bytes of `text` in this encoding.
    pub(super) fn encode(self, text: &[u8], file: &mut Vec<u8>) {
        if !self.is_utf16() {
            file.extend_from_slice(text);
            return;
        }
        for unit in String::from_utf8_lossy(text).encode_utf16() {
            file.extend(if self.is_big_endian() { unit.to_be_bytes() } else { unit.to_le_bytes() });
        }
    }
}

/// The text of a dump, as it comes. Not generic, so that it is compiled with this crate, for speed, and not with the
/// program that calls it.
pub(super) struct Text<'a> {
    source: &'a mut dyn Read,
    pub(super) encoding: Encoding,
    /// Bytes that were read and not yet decoded: of UTF-16 at most one unit or one half of a surrogate pair.
    raw: Vec<u8>,
    /// Text from `start` to `end`, and room for more. Fields are read where they are: to copy them takes longer.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// All text of the dump was decoded.
    pub(super) is_at_end: bool,
    /// Up to where the text was looked at, and whether all of that is Unicode.
    seen: usize,
    is_unicode: bool,
    /// There are zero bytes in what was looked at.
    has_zeros: bool,
    /// The file ends inside a character. Known at the end.
    pub(super) ends_inside_character: bool,
}

impl<'a> Text<'a> {
    /// Reads the beginning and detects the encoding.
    pub(super) fn open(source: &'a mut dyn Read) -> Result<Self, ReportError> {
        let mut raw = Vec::new();
        let (mut end, mut is_at_end) = (0, false);
        while end < DETECT_BYTES && !is_at_end {
            let count = read(source, &mut raw, end)?;
            end += count;
            is_at_end = count == 0;
        }
        raw.truncate(end);
        if let Some(what) = not_text(&raw) {
            return Err(ReportError::NotText { what });
        }
        let encoding = Encoding::detect(&raw);
        let bom = encoding.bom();
        // Joined files, or a tool that adds one to each file, leave several.
        while !bom.is_empty() && raw.starts_with(bom) {
            raw.drain(..bom.len());
        }
        let mut text = Self {
            source,
            encoding,
            raw,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            is_at_end,
            seen: 0,
            is_unicode: true,
            has_zeros: false,
            ends_inside_character: false,
        };
        if encoding.is_utf16() {
            text.decode();
        } else {
            text.end = text.raw.len();
            text.buffer = std::mem::take(&mut text.raw);
            text.look();
        }
        Ok(text)
    }

    /// The text that was decoded and not yet used.
    #[inline]
    pub(super) fn rest(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    #[inline]
    pub(super) fn rest_mut(&mut self) -> &mut [u8] {
        &mut self.buffer[self.start..self.end]
    }

    /// Drops what the rest begins with.
    #[inline]
    pub(super) fn drop(&mut self, length: usize) {
        self.start += length;
    }

    /// Decodes more text; none is left where it is at the end afterwards.
    pub(super) fn fill(&mut self) -> Result<(), ReportError> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.seen = self.seen.saturating_sub(self.start);
        (self.start, self.end) = (0, self.end - self.start);
        if !self.encoding.is_utf16() {
            let count = read(self.source, &mut self.buffer, self.end)?;
            self.end += count;
            self.is_at_end = count == 0;
            self.look();
            return Ok(());
        }
        let before = self.end;
        while self.end == before && !self.is_at_end {
            let length = self.raw.len();
            let count = read(self.source, &mut self.raw, length)?;
            self.raw.truncate(length + count);
            self.is_at_end = count == 0;
            self.decode();
        }
        Ok(())
    }

    /// Finds out whether new text is UTF-8 and has zero bytes, all at once, which is faster than row by row.
    fn look(&mut self) {
        let new = &self.buffer[self.seen..self.end];
        self.has_zeros |= new.contains(&0);
        match if self.is_unicode { std::str::from_utf8(new) } else { Ok("") } {
            Ok(_) => self.seen = self.end,
            Err(error) => {
                self.seen += error.valid_up_to();
                // The end of this text may cut a character in two.
                let is_cut = error.error_len().is_none();
                self.is_unicode = is_cut && !self.is_at_end;
                self.ends_inside_character = is_cut && self.is_at_end;
            }
        }
    }

    /// Whether this much of the rest has zero bytes, as hardly any dump has.
    #[inline]
    pub(super) fn has_zeros(&self, length: usize) -> bool {
        self.has_zeros && self.rest()[..length].contains(&0)
    }

    /// Whether a part of the rest is Unicode, as nearly all dumps are.
    #[inline]
    pub(super) fn is_unicode(&self, text: &[u8]) -> bool {
        self.is_unicode || std::str::from_utf8(text).is_ok()
    }

    /// Decodes the units that are there; a surrogate whose partner may still come is left for the next call.
    fn decode(&mut self) {
        // Comes out as the replacement character.
        const HALF_A_PAIR: u16 = 0xd800;
        let is_big_endian = self.encoding.is_big_endian();
        let unit = |pair: &[u8]| match *pair {
            [high, low] if is_big_endian => u16::from_be_bytes([high, low]),
            [low, high] => u16::from_le_bytes([low, high]),
            _ => HALF_A_PAIR,
        };
        let last = self.raw.chunks_exact(2).next_back().map(unit);
        let left = self.raw.len() % 2 + if let Some(0xd800..0xdc00) = last { 2 } else { 0 };
        self.ends_inside_character = self.is_at_end && left > 0;
        let used = self.raw.len() - if self.is_at_end { 0 } else { left };
        let text = &mut self.buffer;
        text.truncate(self.end);
        text.reserve(used);
        // Half a unit is a character too, so that a row begins with it.
        for character in char::decode_utf16(self.raw[..used].chunks(2).map(unit)) {
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        self.has_zeros |= text[self.end..].contains(&0);
        self.end = text.len();
        self.raw.drain(..used);
    }
}

/// Reads once into `bytes` from this length on, and returns how many came. Room for them is made once.
fn read(source: &mut dyn Read, bytes: &mut Vec<u8>, length: usize) -> Result<usize, ReportError> {
    if bytes.len() < length + READ_BYTES / 2 {
        bytes.resize(length + READ_BYTES, 0);
    }
    loop {
        match source.read(&mut bytes[length..]) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read.map_err(ReportError::Read),
        }
    }
}
