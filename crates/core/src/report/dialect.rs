//! How a dump separates fields and rows, detected from its header.

use serde::Serialize;

use super::columns::{Columns, SERVICE_NAMES};
use super::parser::Parser;
use crate::text::in_words;

in_words! {
    /// How rows end.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    #[serde(rename_all = "UPPERCASE")]
    LineEnd {
        Lf: "LF",
        CrLf: "CRLF",
        Cr: "CR",
    }
}

impl LineEnd {
    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
            Self::Cr => b"\r",
        }
    }
}

/// How fields and rows are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialect {
    /// One character, in the bytes of the dump.
    pub(super) separator: Box<[u8]>,
    /// What fields that hold a separator are put in, if anything.
    pub(super) quote: Option<u8>,
    /// Each field is quoted, whatever is in it.
    pub(super) quotes_all: bool,
    pub(super) line_end: LineEnd,
    /// A line `sep=;`, which tells Excel the separator, is in front of the header.
    pub(super) has_sep_line: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            separator: b",".as_slice().into(),
            quote: Some(b'"'),
            quotes_all: false,
            line_end: LineEnd::Lf,
            has_sep_line: false,
        }
    }
}

impl Dialect {
    /// Detects the dialect from the beginning of a file. Returns the header, without names if there is none of the
    /// service's, and its length; or `None` if the header may go on after `text`.
    pub(super) fn detect(text: &[u8], is_whole_file: bool) -> Option<(Self, Columns, usize)> {
        let start = sep_line(text, is_whole_file)?;
        let header = &text[start..];
        let length = header_length(header, is_whole_file)?;
        let mut best: Option<(Self, Columns, usize)> = None;
        for mut dialect in candidates(&header[..length]) {
            let (names, length) = dialect.first_row(header, is_whole_file)?;
            let columns = Columns::find(names);
            let rank = |columns: &Columns| (columns.service_columns(), columns.names.len());
            if best.as_ref().is_none_or(|(_, other, _)| rank(&columns) > rank(other)) {
                dialect.line_end = match header[..length].strip_suffix(b"\n") {
                    Some([.., b'\r']) => LineEnd::CrLf,
                    None if header[..length].ends_with(b"\r") => LineEnd::Cr,
                    _ => LineEnd::Lf,
                };
                best = Some((dialect, columns, length));
            }
        }
        let (mut dialect, columns, length) = best.unwrap_or_else(|| {
            let line = trim_line_ends(&header[..length]);
            let names = if line.is_empty() { Vec::new() } else { vec![line.into()] };
            (Self::default(), Columns::find(names), length)
        });
        let quoting = Self { quotes_all: true, line_end: dialect.line_end, ..dialect.clone() };
        // Only where each name is quoted: one alone may need it.
        let mut quoted = Vec::new();
        quoting.write_row(columns.names.iter().map(|name| &**name), &mut quoted);
        dialect.quotes_all = dialect.quote.is_some() && trim_line_ends(&header[..length]) == trim_line_ends(&quoted);
        if !dialect.quotes_all && !header[..length].contains(&b'"') {
            dialect.quote = dialect.better_quote(&header[length..], columns.names.len());
        }
        dialect.has_sep_line = start > 0;
        Some((dialect, columns, start + length))
    }

    /// No quote, where the rows that are there fit the header only so.
    fn better_quote(&self, rows: &[u8], expected: usize) -> Option<u8> {
        let fitting = |quote| {
            let dialect = Self { quote, ..self.clone() };
            let (mut parser, mut rows, mut at, mut count) = (Parser::default(), rows.to_vec(), 0, 0);
            while let Some(length) = parser.read(&dialect, &mut rows[at..], false) {
                at += length;
                count += usize::from(parser.fields.len() == expected);
            }
            count
        };
        if fitting(None) > fitting(self.quote) { None } else { self.quote }
    }

    /// The fields of the first row and the bytes up to its end. `None` if `text` may not hold all of it.
    fn first_row(&self, text: &[u8], is_whole_file: bool) -> Option<(Vec<Box<[u8]>>, usize)> {
        let (mut parser, mut text) = (Parser::default(), text.to_vec());
        let length = parser.read(self, &mut text, is_whole_file);
        if length.is_none() {
            if !is_whole_file {
                return None;
            }
            parser.end_row(&mut text);
        }
        let names = parser.fields.iter().map(|field| field.of(&text).into());
        Some((names.collect(), length.unwrap_or(text.len())))
    }

    pub(super) fn write_row<'a>(&self, fields: impl Iterator<Item = &'a [u8]>, text: &mut Vec<u8>) {
        let start = text.len();
        for (index, field) in fields.enumerate() {
            if index > 0 {
                text.extend_from_slice(&self.separator);
            }
            self.write_field(field, text);
        }
        // A line with nothing in it would be no row.
        if let (true, Some(quote)) = (text.len() == start, self.quote) {
            text.extend([quote, quote]);
        }
        text.extend_from_slice(self.line_end.bytes());
    }

    fn write_field(&self, field: &[u8], text: &mut Vec<u8>) {
        let is_separator = || field.windows(self.separator.len()).any(|part| part == &*self.separator);
        let quote = self.quote.filter(|quote| {
            self.quotes_all || field.iter().any(|byte| byte == quote || b"\r\n".contains(byte)) || is_separator()
        });
        let Some(quote) = quote else {
            text.extend_from_slice(field);
            return;
        };
        text.push(quote);
        for (index, part) in field.split(|byte| *byte == quote).enumerate() {
            if index > 0 {
                text.extend([quote, quote]);
            }
            text.extend_from_slice(part);
        }
        text.push(quote);
    }
}

/// The length of a line `sep=;` in front of the header, 0 if there is none.
fn sep_line(text: &[u8], is_whole_file: bool) -> Option<usize> {
    let line = text.strip_prefix(b"\"").unwrap_or(text);
    if !line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"sep=")) {
        return Some(0);
    }
    let end = text.iter().position(|byte| b"\r\n".contains(byte));
    if end.is_some() || is_whole_file { Some(end.unwrap_or(0)) } else { None }
}

/// The length of the header, by the quote that it begins with; or, where that is open at the end, of its first line.
fn header_length(text: &[u8], is_whole_file: bool) -> Option<usize> {
    let begin = text.iter().position(|byte| !b"\r\n".contains(byte)).unwrap_or(text.len());
    let quote = if text.get(begin) == Some(&b'\'') { b'\'' } else { b'"' };
    let mut is_quoted = false;
    for (at, byte) in text.iter().enumerate().skip(begin) {
        is_quoted ^= *byte == quote;
        if !is_quoted && b"\r\n".contains(byte) {
            return Some(at);
        }
    }
    if !is_whole_file {
        return None;
    }
    let line = text[begin..].iter().position(|byte| is_quoted && b"\r\n".contains(byte));
    Some(line.map_or(text.len(), |end| begin + end))
}

/// What may be the dialect: a column of the service has the separator and the quote beside it.
fn candidates(header: &[u8]) -> Vec<Dialect> {
    let mut found = Vec::new();
    for name in SERVICE_NAMES {
        for (at, _) in header.windows(name.len()).enumerate().filter(|(_, part)| *part == name) {
            let end =
                header[at + name.len()..].iter().position(|byte| *byte == b'_').filter(|_| name.ends_with(b"_Error_"));
            let mut after = &header[at + name.len() + end.map_or(0, |digits| digits + 1)..];
            let mut before = &header[..at];
            let quote = match (before.last(), after.first()) {
                (Some(a @ (b'"' | b'\'')), Some(b)) if a == b => Some(*a),
                _ => None,
            };
            if quote.is_some() {
                (before, after) = (&before[..before.len() - 1], &after[1..]);
            }
            let separator = first_character(after).or_else(|| last_character(before));
            let is_text = |byte: &u8| byte.is_ascii_alphanumeric() || b"_\"'".contains(byte);
            let separator = separator.unwrap_or(b",");
            let dialect = Dialect { separator: separator.into(), quote: quote.or(Some(b'"')), ..Dialect::default() };
            if !separator.iter().any(is_text) && !found.contains(&dialect) {
                found.push(dialect);
            }
        }
    }
    found
}

/// The bytes of the first character on this line, which is one byte where it is not UTF-8.
fn first_character(text: &[u8]) -> Option<&[u8]> {
    let chunk = text[..text.len().min(4)].utf8_chunks().next()?;
    let length = chunk.valid().chars().next().map_or(1, char::len_utf8);
    let character = &text[..length];
    if b"\r\n".contains(&character[0]) { None } else { Some(character) }
}

fn last_character(text: &[u8]) -> Option<&[u8]> {
    let chunk = text.utf8_chunks().last()?;
    let length = match chunk.invalid() {
        [] => chunk.valid().chars().next_back().map_or(1, char::len_utf8),
        _ => 1,
    };
    let character = &text[text.len() - length..];
    if b"\r\n".contains(&character[0]) { None } else { Some(character) }
}

fn trim_line_ends(text: &[u8]) -> &[u8] {
    let is_text = |byte: &u8| !b"\r\n".contains(byte);
    let start = text.iter().position(is_text).unwrap_or(text.len());
    let end = text.iter().rposition(is_text).map_or(start, |last| last + 1);
    &text[start..end]
}
