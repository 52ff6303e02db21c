//! Takes text apart into fields, as it comes. A quote that should have been doubled is a character of its field.

use super::dialect::Dialect;

/// Longest row, in bytes of UTF-8, and most fields. Anything more is what follows a quote that is never closed: its
/// fields are not held.
pub(super) const MAX_ROW_BYTES: usize = 8 * 1024 * 1024;
const MAX_ROW_FIELDS: usize = 1024 * 1024;

/// Where a field is in the text of its row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    start: u32,
    end: u32,
}

impl Field {
    #[inline]
    pub(super) fn of(self, row: &[u8]) -> &[u8] {
        row.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    RowStart,
    FieldStart,
    Plain,
    Quoted,
}

/// The row that is being read, up to where it is read. The text and the dialect are given with each call.
#[derive(Debug, Default)]
pub(super) struct Parser {
    state: State,
    /// How much of the row was read, and where its last field is so far.
    at: usize,
    start: usize,
    end: usize,
    /// What finds the end of a field, with quotes and without.
    quotes: Finder,
    ends: Finder,
    /// Where the fields of the row are; none if it is too long to hold them.
    pub(super) fields: Vec<Field>,
    pub(super) is_too_long: bool,
    /// There is a quote that should have been doubled.
    pub(super) has_bare_quote: bool,
}

impl Parser {
    pub(super) fn is_inside_row(&self) -> bool {
        self.state != State::RowStart
    }

    pub(super) fn is_inside_quotes(&self) -> bool {
        self.state == State::Quoted
    }

    /// Reads on in the row that `text` begins with, and returns its length if it ends. The last few bytes wait for what
    /// follows them, unless they are the end of the file. Lines with nothing in them are no rows. What quotes are
    /// doubled for is taken out of the text.
    pub(super) fn read(&mut self, dialect: &Dialect, text: &mut [u8], is_end: bool) -> Option<usize> {
        let separator = &*dialect.separator;
        // A separator by any name begins with this byte, and no line end does.
        let first = separator[0];
        let is_separator = |text: &[u8]| separator.len() == 1 || text.starts_with(separator);
        let last = if is_end { text.len() } else { text.len().saturating_sub(separator.len()) };
        let mut at = self.at;
        // A line feed waits for nothing.
        while at < last || text.get(at) == Some(&b'\n') && self.state != State::Quoted {
            let byte = text[at];
            if self.state == State::Quoted {
                let quote = dialect.quote.unwrap_or_default();
                let found = self.quotes.find([quote], &text[..last], at);
                if self.end < at {
                    text.copy_within(at..found, self.end);
                }
                self.end += found - at;
                at = found;
                if at == last {
                    break;
                }
                match &text[at + 1..] {
                    // What follows nearly every field, first.
                    [next, begin, ..] if *next == first && *begin == quote && separator.len() == 1 => {
                        self.end_field(text, at);
                        at += 3;
                        (self.start, self.end) = (at, at);
                    }
                    [next, ..] if *next == quote => {
                        text[self.end] = quote;
                        self.end += 1;
                        at += 2;
                    }
                    [] | [b'\r' | b'\n', ..] => {
                        self.state = State::Plain;
                        at += 1;
                    }
                    rest if rest[0] == first && is_separator(rest) => {
                        self.state = State::FieldStart;
                        self.end_field(text, at);
                        at += 1 + separator.len();
                    }
                    _ => {
                        self.has_bare_quote = true;
                        text[self.end] = quote;
                        self.end += 1;
                        at += 1;
                    }
                }
            } else if byte == b'\r' || byte == b'\n' {
                let length = at + 1 + usize::from(byte == b'\r' && text.get(at + 1) == Some(&b'\n'));
                if self.state != State::RowStart {
                    self.at = at;
                    self.end_row(text);
                    self.pass(length);
                    return Some(length);
                }
                at = length;
            } else {
                if self.state == State::RowStart {
                    self.fields.clear();
                    (self.is_too_long, self.has_bare_quote) = (false, false);
                    self.state = State::FieldStart;
                }
                if self.state == State::FieldStart {
                    (self.start, self.end) = (at, at);
                }
                if byte == first && is_separator(&text[at..]) {
                    self.state = State::FieldStart;
                    self.end_field(text, at);
                    at += separator.len();
                } else if self.state == State::FieldStart && Some(byte) == dialect.quote {
                    self.state = State::Quoted;
                    at += 1;
                    (self.start, self.end) = (at, at);
                } else {
                    at = self.ends.find([first, b'\r', b'\n'], &text[..last], at + 1);
                    self.end = at;
                    self.state = State::Plain;
                }
            }
        }
        self.at = at;
        None
    }

    /// Ends the row, at a line end or at the end of the file.
    pub(super) fn end_row(&mut self, text: &mut [u8]) {
        if self.state == State::FieldStart {
            (self.start, self.end) = (self.at, self.at);
        }
        self.end_field(text, self.at);
        self.state = State::RowStart;
        self.at = 0;
    }

    /// Ends a field, whose text may be shorter than what was read: the rest is overwritten, so that the whole row is in
    /// UTF-8 if its fields are.
    #[inline(always)]
    fn end_field(&mut self, text: &mut [u8], at: usize) {
        if self.end < at {
            text[self.end..at].fill(b' ');
        }
        if !self.is_too_long {
            self.fields.push(Field { start: self.start as u32, end: self.end as u32 });
        }
    }

    /// How much of the text need not be held: the lines before a row, and what was read of a row that is too long.
    pub(super) fn forget(&mut self) -> usize {
        if self.is_inside_row() {
            self.is_too_long |= self.at > MAX_ROW_BYTES || self.fields.len() > MAX_ROW_FIELDS;
            if !self.is_too_long {
                return 0;
            }
            self.fields.clear();
            (self.start, self.end) = (0, 0);
        }
        self.pass(self.at);
        std::mem::take(&mut self.at)
    }

    /// The text begins this much further on from now on.
    fn pass(&mut self, length: usize) {
        self.quotes.pass(length);
        self.ends.pass(length);
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;

/// Bytes that are looked at together.
const BLOCK: usize = 64;

/// Finds the next of some bytes. Fields are short, and a processor that has to guess where each ends guesses wrong: so
/// all of a block are found at once.
#[derive(Debug, Default)]
struct Finder {
    /// Where the block begins, and which of its bytes are some of those that are looked for.
    block: usize,
    found: u64,
    /// Where the next block begins.
    next: usize,
}

impl Finder {
    /// Where the first of these bytes is from `at` on, or the end of the text. Each call has the same bytes, and goes
    /// on in the text.
    #[inline]
    fn find<const N: usize>(&mut self, bytes: [u8; N], text: &[u8], at: usize) -> usize {
        if at > self.block {
            let passed = at - self.block;
            self.found = if passed < BLOCK { self.found & (u64::MAX << passed) } else { 0 };
        }
        while self.found == 0 {
            self.block = self.next.max(at);
            if self.block >= text.len() {
                return text.len();
            }
            let rest = &text[self.block..];
            self.found = match rest.first_chunk() {
                Some(block) => found_in(bytes, block),
                None => {
                    let mut block = [0; BLOCK];
                    block[..rest.len()].copy_from_slice(rest);
                    found_in(bytes, &block) & !(u64::MAX << rest.len())
                }
            };
            self.next = text.len().min(self.block + BLOCK);
        }
        self.block + self.found.trailing_zeros() as usize
    }

    /// The text begins this much further on from now on.
    fn pass(&mut self, length: usize) {
        let passed = length.saturating_sub(self.block);
        self.found = if passed < BLOCK { self.found >> passed } else { 0 };
        self.block = self.block.saturating_sub(length);
        self.next = self.next.saturating_sub(length);
    }
}

/// A bit for each byte of the block that is one of these bytes, the lowest for the first.
#[inline(always)]
fn found_in<const N: usize>(bytes: [u8; N], block: &[u8; BLOCK]) -> u64 {
    let (words, _) = block.as_chunks();
    let found = |at: usize| found_in_word(bytes, words[at]) << (8 * at);
    // One by one: a compiler that builds for size leaves a loop a loop.
    found(0) | found(1) | found(2) | found(3) | found(4) | found(5) | found(6) | found(7)
}

#[inline(always)]
fn found_in_word<const N: usize>(bytes: [u8; N], word: [u8; 8]) -> u64 {
    let mut high_bits = 0;
    for byte in bytes {
        let zero_where_it_is = u64::from_le_bytes(word) ^ (ONES * u64::from(byte));
        let low_bits = ONES * 0x7f;
        high_bits |= !(((zero_where_it_is & low_bits) + low_bits) | zero_where_it_is | low_bits);
    }
    // Brings the high bits of all eight bytes together.
    (high_bits >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// Whether two texts are the same. For short texts, for which a call of `memcmp` takes longer: that of a static program
/// compares byte by byte.
#[inline(always)]
pub(super) fn is_same(text: &[u8], other: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    text.len() == other.len()
        && match (text.last_chunk::<8>(), other.last_chunk()) {
            // The last eight bytes, some of them twice: faster than one byte after the other.
            (Some(last), Some(other_last)) => last == other_last && words.iter().eq(other.as_chunks().0),
            _ => rest.iter().eq(other),
        }
}

/// The length of the text in front of this byte. For short texts, for which a call of `memchr` takes longer.
#[inline]
pub(super) fn length_without(byte: u8, text: &[u8]) -> usize {
    let (words, rest) = text.as_chunks();
    for (index, word) in words.iter().enumerate() {
        // The lowest byte that is zero has the lowest bit that stays.
        let zero_where_it_is = u64::from_le_bytes(*word) ^ (ONES * u64::from(byte));
        let found = zero_where_it_is.wrapping_sub(ONES) & !zero_where_it_is & (ONES << 7);
        if found != 0 {
            return index * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    words.len() * 8 + rest.iter().position(|found| *found == byte).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, separator: &str, quote: Option<u8>, piece: usize) -> Vec<Vec<String>> {
        let dialect =
            Dialect { separator: separator.as_bytes().into(), quote, quotes_all: false, ..Dialect::default() };
        let (mut parser, mut all) = (Parser::default(), Vec::new());
        let mut text = text.as_bytes().to_vec();
        let (mut begin, mut end) = (0, 0);
        let fields = |parser: &Parser, row: &[u8]| {
            let fields = parser.fields.iter().map(|field| field.of(row).to_vec());
            fields.map(|field| String::from_utf8(field).unwrap()).collect()
        };
        while end < text.len() {
            end = (end + piece).min(text.len());
            let is_end = end == text.len();
            while let Some(length) = parser.read(&dialect, &mut text[begin..end], is_end) {
                all.push(fields(&parser, &text[begin..]));
                begin += length;
            }
        }
        if parser.is_inside_row() {
            parser.end_row(&mut text[begin..]);
            all.push(fields(&parser, &text[begin..]));
        }
        all
    }

    #[test]
    fn texts_with_one_other_byte_are_not_the_same() {
        for length in 0..20 {
            let text = vec![b'a'; length];
            assert!(is_same(&text, &text.clone()) && !is_same(&text, &[&*text, b"a"].concat()));
            for at in 0..length {
                let mut other = text.clone();
                other[at] = b'b';
                assert!(!is_same(&text, &other), "{length} bytes, byte {at}");
            }
        }
    }

    #[test]
    fn fields_come_out_however_the_text_is_cut() {
        const DOUBLE: Option<u8> = Some(b'"');
        const LONG: &str = "a text of more than one block, which has 64 bytes, with é and 東京 in it, and so on";
        type Case = (&'static str, &'static str, Option<u8>, &'static [&'static [&'static str]]);
        let cases: &[Case] = &[
            ("a,b\n\r\n\nc,\r\n,\r", ",", DOUBLE, &[&["a", "b"], &["c", ""], &["", ""]]),
            ("\"a,\"\"b\"\",\",\"\n\",\"\"\n\"\"\nx", ",", DOUBLE, &[&["a,\"b\",", "\n", ""], &[""], &["x"]]),
            ("\"A2\"x\",\"5\" and 6\"\n", ",", DOUBLE, &[&["A2\"x", "5\" and 6"]]),
            ("a\"b,c\"\n", ",", DOUBLE, &[&["a\"b", "c\""]]),
            ("'it''s';'\"'\n", ";", Some(b'\''), &[&["it's", "\""]]),
            (
                "\"a text of more than one block, which has 64 bytes, with é and 東京 in it, and so on\",\"\"\"\"\n",
                ",",
                DOUBLE,
                &[&[LONG, "\""]],
            ),
            ("a\u{80000}b", "\u{80000}", DOUBLE, &[&["a", "b"]]),
            ("\"a;5\" b;\n", ";", None, &[&["\"a", "5\" b", ""]]),
            ("\"a§\"§\"b\u{a8}\"§c\n", "§", DOUBLE, &[&["a§", "b\u{a8}", "c"]]),
        ];
        for (text, separator, quote, expected) in cases {
            for piece in 1..=text.len() {
                assert_eq!(rows(text, separator, *quote, piece), *expected, "{text} in pieces of {piece}");
            }
        }
    }
}
