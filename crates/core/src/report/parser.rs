//! Takes text apart into fields, as it comes. A quote that should have been doubled is a character of its field.

use memchr::{memchr, memchr3};

use super::dialect::Dialect;

/// Longest row, in bytes of UTF-8, and most fields. Anything more is what follows a quote that is never closed: its
/// fields are not held.
pub(super) const MAX_ROW_BYTES: usize = 8 * 1024 * 1024;
const MAX_ROW_FIELDS: usize = 1024 * 1024;

/// The fields of a row, one after the other, and where each ends.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) text: Vec<u8>,
    pub(super) ends: Vec<usize>,
    /// There are too many to hold, and none is held.
    pub(super) is_too_long: bool,
    /// There is a quote that should have been doubled.
    pub(super) has_bare_quote: bool,
}

impl Fields {
    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Holds none of the fields if there are too many. Called once for each piece of text, which is faster than to look
    /// at each field.
    fn bound(&mut self) {
        if self.is_too_long || self.text.len() > MAX_ROW_BYTES || self.ends.len() > MAX_ROW_FIELDS {
            self.clear();
            self.is_too_long = true;
        }
    }

    #[inline]
    fn end_field(&mut self) {
        if self.ends.len() <= MAX_ROW_FIELDS {
            self.ends.push(self.text.len());
        }
    }

    #[cfg(test)]
    fn all(&self) -> Vec<&str> {
        let mut start = 0;
        let field =
            |end: &usize| std::str::from_utf8(&self.text[std::mem::replace(&mut start, *end)..*end]).unwrap();
        self.ends.iter().map(field).collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    RowStart,
    FieldStart,
    Plain,
    Quoted,
}

/// Where the parser is. The dialect is given with each call.
#[derive(Debug)]
pub(super) struct Parser {
    state: State,
}

impl Parser {
    pub(super) fn new() -> Self {
        Self { state: State::RowStart }
    }

    /// Whether a row has begun.
    pub(super) fn is_inside_row(&self) -> bool {
        self.state != State::RowStart
    }

    /// Whether a quote is open.
    pub(super) fn is_inside_quotes(&self) -> bool {
        self.state == State::Quoted
    }

    /// Reads up to the end of a row. Returns how much of `text` was read, and whether the row ended. The last few
    /// bytes wait for what follows them, unless they are the end of the file. Lines with nothing in them are no rows.
    #[inline]
    pub(super) fn read(
        &mut self,
        dialect: &Dialect,
        text: &[u8],
        is_end: bool,
        fields: &mut Fields,
    ) -> (usize, bool) {
        let separator = &*dialect.separator;
        // A separator by any name begins with this byte, and no line end does.
        let first = separator[0];
        let is_separator = |text: &[u8]| separator.len() == 1 || text.starts_with(separator);
        let quote = dialect.quote;
        let last = if is_end { text.len() } else { text.len().saturating_sub(separator.len()) };
        let mut at = 0;
        // A line feed waits for nothing.
        while at < last || text.get(at) == Some(&b'\n') && self.state != State::Quoted {
            let byte = text[at];
            if self.state == State::Quoted {
                let quote = quote.unwrap_or_default();
                let length = memchr(quote, &text[at..last]).unwrap_or(last - at);
                fields.text.extend_from_slice(&text[at..at + length]);
                at += length;
                if at == last {
                    break;
                }
                match &text[at + 1..] {
                    // What follows nearly every field, first.
                    [next, begin, ..] if *next == first && *begin == quote && separator.len() == 1 => {
                        fields.end_field();
                        at += 3;
                    }
                    [next, ..] if *next == quote => {
                        fields.text.push(quote);
                        at += 2;
                    }
                    [] | [b'\r' | b'\n', ..] => {
                        self.state = State::Plain;
                        at += 1;
                    }
                    rest if rest[0] == first && is_separator(rest) => {
                        self.state = State::FieldStart;
                        fields.end_field();
                        at += 1 + separator.len();
                    }
                    _ => {
                        fields.has_bare_quote = true;
                        fields.text.push(quote);
                        at += 1;
                    }
                }
            } else if byte == b'\r' || byte == b'\n' {
                at += 1 + usize::from(byte == b'\r' && text.get(at + 1) == Some(&b'\n'));
                if self.state != State::RowStart {
                    self.end(fields);
                    return (at, true);
                }
            } else {
                if self.state == State::RowStart {
                    fields.clear();
                    (fields.is_too_long, fields.has_bare_quote) = (false, false);
                    self.state = State::FieldStart;
                }
                if byte == first && is_separator(&text[at..]) {
                    fields.end_field();
                    self.state = State::FieldStart;
                    at += separator.len();
                } else if self.state == State::FieldStart && Some(byte) == quote {
                    self.state = State::Quoted;
                    at += 1;
                } else {
                    let rest = &text[at + 1..last];
                    let length = 1 + memchr3(first, b'\r', b'\n', rest).unwrap_or(rest.len());
                    fields.text.extend_from_slice(&text[at..at + length]);
                    self.state = State::Plain;
                    at += length;
                }
            }
        }
        fields.bound();
        (at, false)
    }

    /// Ends the row, at a line end or at the end of the file.
    pub(super) fn end(&mut self, fields: &mut Fields) {
        fields.end_field();
        fields.bound();
        self.state = State::RowStart;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, separator: &str, quote: Option<u8>, piece: usize) -> Vec<Vec<String>> {
        let dialect = Dialect {
            separator: separator.as_bytes().into(),
            quote,
            quotes_all: false,
            ..Dialect::default()
        };
        let (mut parser, mut fields, mut all) = (Parser::new(), Fields::default(), Vec::new());
        let (mut begin, mut end) = (0, 0);
        while begin < text.len() {
            end = (end + piece).min(text.len());
            loop {
                let (read, is_row) =
                    parser.read(&dialect, &text.as_bytes()[begin..end], end == text.len(), &mut fields);
                begin += read;
                if !is_row {
                    break;
                }
                all.push(fields.all().into_iter().map(str::to_owned).collect());
            }
        }
        if parser.is_inside_row() {
            parser.end(&mut fields);
            all.push(fields.all().into_iter().map(str::to_owned).collect());
        }
        all
    }

    #[test]
    fn fields_come_out_however_the_text_is_cut() {
        const DOUBLE: Option<u8> = Some(b'"');
        type Case = (&'static str, &'static str, Option<u8>, &'static [&'static [&'static str]]);
        let cases: &[Case] = &[
            ("a,b\n\r\n\nc,\r\n,\r", ",", DOUBLE, &[&["a", "b"], &["c", ""], &["", ""]]),
            ("\"a,\"\"b\"\",\",\"\n\",\"\"\n\"\"\nx", ",", DOUBLE, &[&["a,\"b\",", "\n", ""], &[""], &["x"]]),
            ("\"A2\"x\",\"5\" and 6\"\n", ",", DOUBLE, &[&["A2\"x", "5\" and 6"]]),
            ("a\"b,c\"\n", ",", DOUBLE, &[&["a\"b", "c\""]]),
            ("'it''s';'\"'\n", ";", Some(b'\''), &[&["it's", "\""]]),
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
