//! How a dump separates fields and rows, detected from its header.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::columns::Columns;

/// The separators that an import can have. The first wins where a header of one column leaves it open.
const SEPARATORS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Maximum number of fields of a row. Anything longer is what follows a quote that is never closed.
pub(super) const MAX_ROW_FIELDS: usize = 64 * 1024;

/// How fields and rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) separator: u8,
    /// Each field is quoted, whatever is in it.
    pub(super) quotes_all: bool,
    pub(super) line_end: &'static [u8],
}

impl Dialect {
    /// Detects the dialect from the beginning of a file: the separator with which the header has the most
    /// columns of the service. Returns the header and its length, or `None` if the header may go on behind
    /// `text`.
    pub(super) fn detect(text: &[u8], is_whole_file: bool) -> Option<(Self, Columns, usize)> {
        let mut best: Option<(u8, Columns, usize)> = None;
        for separator in SEPARATORS {
            let (names, length) = first_record(text, separator, is_whole_file)?;
            let columns = Columns::find(names);
            let rank = |columns: &Columns| (columns.service_columns(), columns.names.len());
            if best.as_ref().is_none_or(|(_, other, _)| rank(&columns) > rank(other)) {
                best = Some((separator, columns, length));
            }
        }
        let (separator, columns, length) = best?;
        // The parser ends a record at the first byte of a CR LF.
        let (line_end, length): (&'static [u8], usize) = match (text[..length].last(), text.get(length)) {
            (Some(b'\r'), Some(b'\n')) => (b"\r\n", length + 1),
            (Some(b'\r'), None) if !is_whole_file => return None,
            (Some(b'\r'), _) => (b"\r", length),
            (Some(b'\n'), _) if text[..length].ends_with(b"\r\n") => (b"\r\n", length),
            _ => (b"\n", length),
        };
        // Only where each name is quoted: one alone may need it.
        let quoting = Self { separator, quotes_all: true, line_end: b"" };
        let mut quoted = Vec::new();
        quoting.write_row(columns.names.iter().map(|name| &**name), &mut quoted);
        let quotes_all = trim_line_ends(&text[..length]) == quoted;
        Some((Self { separator, quotes_all, line_end }, columns, length))
    }

    pub(super) fn parser(self) -> Reader {
        parser(self.separator)
    }

    /// What the line ends are called.
    pub(super) fn line_end_name(self) -> &'static str {
        match self.line_end {
            b"\r\n" => "CRLF",
            b"\r" => "CR",
            _ => "LF",
        }
    }

    /// Appends a row to `text`.
    pub(super) fn write_row<'a>(self, fields: impl Iterator<Item = &'a [u8]>, text: &mut Vec<u8>) {
        let start = text.len();
        for (index, field) in fields.enumerate() {
            if index > 0 {
                text.push(self.separator);
            }
            self.write_field(field, text);
        }
        // A line with nothing in it would be no row.
        if text.len() == start {
            text.extend_from_slice(b"\"\"");
        }
        text.extend_from_slice(self.line_end);
    }

    fn write_field(self, field: &[u8], text: &mut Vec<u8>) {
        let is_special = |byte: &u8| *byte == self.separator || b"\"\r\n".contains(byte);
        if !self.quotes_all && !field.iter().any(is_special) {
            text.extend_from_slice(field);
            return;
        }
        text.push(b'"');
        for (index, part) in field.split(|byte| *byte == b'"').enumerate() {
            if index > 0 {
                text.extend_from_slice(b"\"\"");
            }
            text.extend_from_slice(part);
        }
        text.push(b'"');
    }
}

fn trim_line_ends(text: &[u8]) -> &[u8] {
    let is_text = |byte: &u8| !b"\r\n".contains(byte);
    let start = text.iter().position(is_text).unwrap_or(text.len());
    let end = text.iter().rposition(is_text).map_or(start, |last| last + 1);
    &text[start..end]
}

/// A parser that takes nothing for a byte order mark: it takes what it reads first for one, and has read a line end.
fn parser(separator: u8) -> Reader {
    let mut parser = ReaderBuilder::new().delimiter(separator).build();
    parser.read_record(b"\n", &mut [0], &mut [0]);
    parser
}

/// The fields of the first record and the bytes up to its end. `None` if `text` may not hold all of it.
fn first_record(text: &[u8], separator: u8, is_whole_file: bool) -> Option<(Vec<Box<[u8]>>, usize)> {
    let mut parser = parser(separator);
    let mut fields = vec![0; text.len() + 1];
    let mut ends = vec![0; MAX_ROW_FIELDS];
    let (mut result, read, written, mut count) = parser.read_record(text, &mut fields, &mut ends);
    if is_whole_file && result == ReadRecordResult::InputEmpty {
        let (last, _, _, more) = parser.read_record(b"", &mut fields[written..], &mut ends[count..]);
        (result, count) = (last, count + more);
    }
    match result {
        ReadRecordResult::Record | ReadRecordResult::End => {}
        _ => return None,
    }
    let mut start = 0;
    let names = ends[..count].iter().map(|end| fields[std::mem::replace(&mut start, *end)..*end].into());
    Some((names.collect(), read))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(text: &str) -> (Dialect, Columns, usize) {
        Dialect::detect(text.as_bytes(), true).unwrap()
    }

    #[test]
    fn the_separator_is_the_one_that_makes_columns_of_the_service() {
        for separator in [',', '\t', ';', '|'] {
            let header = "\"Code, or; name|of\tit\",\"_Line_\",\"_Error_1_\""
                .replace("\",\"", &format!("\"{separator}\""));
            let (dialect, columns, length) = detect(&format!("{header}\r\n\"a\"\n"));
            assert_eq!(dialect.separator as char, separator);
            assert_eq!((dialect.quotes_all, dialect.line_end_name()), (true, "CRLF"));
            assert_eq!((columns.names.len(), length), (3, header.len() + 2));
        }
    }

    #[test]
    fn a_header_without_quotes_or_line_end_is_read_too() {
        let (dialect, columns, _) = detect("Code;_Line_;_Error_1_");
        assert_eq!((dialect.separator, dialect.quotes_all, columns.service_columns()), (b';', false, 2));
        assert_eq!(Dialect::detect(b"Code;_Line_;_Error_1_", false), None);
        assert_eq!(detect("Code;_Line_\ra;1\r").0.line_end_name(), "CR");
    }

    #[test]
    fn a_source_quotes_each_field_if_it_quotes_each_name() {
        for (header, quotes_all) in [
            ("\"Name, full\",Code,_Line_\n", false),
            ("Name,\"Code, old\",\"_Line_\"\n", false),
            ("\"Name, full\",\"say \"\"x\"\"\",\"\",\"_Line_\"", true),
            ("\r\n\"\nName\n\",\"_Line_\"\r\n", true),
        ] {
            assert_eq!(detect(header).0.quotes_all, quotes_all, "{header}");
        }
    }

    #[test]
    fn line_breaks_in_the_header_belong_to_names() {
        let (_, columns, length) = detect("\"a\nb\",\"_Line_\"\n\"x\",\"1\"\n");
        assert_eq!((&*columns.names[0], length), (&b"a\nb"[..], 15));
    }

    #[test]
    fn fields_are_quoted_where_the_source_does_or_must() {
        let row = |quotes_all| {
            let mut text = Vec::new();
            let dialect = Dialect { separator: b';', quotes_all, line_end: b"\n" };
            dialect.write_row([&b"a"[..], b"b;c", b"say \"x\"", b""].into_iter(), &mut text);
            String::from_utf8(text).unwrap()
        };
        assert_eq!(row(true), "\"a\";\"b;c\";\"say \"\"x\"\"\";\"\"\n");
        assert_eq!(row(false), "a;\"b;c\";\"say \"\"x\"\"\";\n");
    }
}
