//! The format that an import expects of its source file, and whether a user's file has it.

use std::fmt;

use serde_json::Value;

use super::answer::{self, Answer};
use super::fault::Fault;
use crate::text::{is_utf16, not_text};

/// Bytes at the start of a file in which the names of its columns are looked for.
const MAX_HEAD_BYTES: usize = 1024 * 1024;

/// Bytes that are looked at as text at once.
const TEXT_BYTES: usize = 64 * 1024;

/// The separators that the service offers.
const SEPARATORS: [(char, &str); 4] = [(',', "commas"), ('\t', "tabs"), (';', "semicolons"), ('|', "pipes")];

/// How the encodings mark the start of a file.
const MARKS: [(&[u8], &str); 3] = [(b"\xff\xfe", UTF_16LE), (b"\xfe\xff", UTF_16BE), (b"\xef\xbb\xbf", UTF_8)];
const UTF_16LE: &str = "UTF-16LE";
const UTF_16BE: &str = "UTF-16BE";
const UTF_8: &str = "UTF-8";

/// The format that an import expects of its source file, as far as the service says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceFormat {
    /// The service's name of the encoding.
    encoding: String,
    separator: Option<char>,
    /// What encloses a field.
    delimiter: Option<char>,
    /// The row with the names of the columns, from 1.
    header_row: usize,
    columns: Vec<String>,
}

impl SourceFormat {
    fn read(source: &Value) -> SourceFormat {
        let character = |field: &str| {
            let text = answer::text(&source[field])?;
            let mut characters = text.chars();
            characters.next().filter(|_| characters.next().is_none())
        };
        let row = answer::count(&source["headerRow"]).and_then(|row| usize::try_from(row).ok());
        SourceFormat {
            encoding: answer::text(&source["textEncoding"]).unwrap_or_default(),
            separator: character("columnSeparator"),
            delimiter: character("textDelimiter"),
            header_row: row.unwrap_or_default(),
            columns: answer::entries(&source["headerNames"]).iter().filter_map(answer::text).collect(),
        }
    }
}

/// The format of an import's source; `None` if it reads from another model.
pub(crate) fn source_format(bytes: &[u8]) -> Result<Option<SourceFormat>, Fault> {
    let answer = Answer::to_request_for(bytes, "importMetadata")?;
    let source = answer.get("importMetadata.source");
    match (source.is_object(), answer.text("importMetadata.type").as_deref()) {
        (true, _) => Ok(Some(SourceFormat::read(source))),
        (false, Some("MODEL")) => Ok(None),
        (false, _) => Err(Fault::NoPayload("importMetadata")),
    }
}

/// Why a file cannot be uploaded as the source of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceProblem {
    /// It has no bytes.
    Empty,
    /// It was written to while it was read.
    Changed,
    /// It has more bytes than the service takes.
    TooLarge(u64),
    /// It differs from the format that the import expects: how, for people.
    Mismatch(String),
}

impl fmt::Display for SourceProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceProblem::Empty => f.write_str("it is empty"),
            SourceProblem::Changed => f.write_str("it changed while it was read"),
            SourceProblem::TooLarge(limit) => {
                write!(f, "it is larger than {limit} bytes, which is the limit")
            }
            SourceProblem::Mismatch(how) => f.write_str(how),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    /// Every byte is a character.
    Latin1,
    /// In this byte order, if the service names one.
    Utf16(Option<&'static str>),
    /// This version does not know it, or the service does not name it.
    Unknown,
}

impl Encoding {
    fn may_begin_with(self, mark: &str) -> bool {
        match self {
            Encoding::Utf8 => mark == UTF_8,
            Encoding::Utf16(order) => mark != UTF_8 && order.is_none_or(|order| order == mark),
            Encoding::Latin1 => false,
            Encoding::Unknown => true,
        }
    }
}

/// Compares a file, piece by piece, with the format that an import expects.
#[derive(Debug)]
pub(crate) struct SourceCheck {
    format: SourceFormat,
    encoding: Encoding,
    bytes: u64,
    is_ascii: bool,
    /// The bytes of a character that the last piece did not complete.
    rest: Vec<u8>,
    /// Where the first bytes are that UTF-8 does not have.
    not_utf8: Option<u64>,
}

impl SourceCheck {
    pub(crate) fn new(format: SourceFormat) -> SourceCheck {
        let encoding = match format.encoding.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Encoding::Utf8,
            "iso-8859-1" | "latin1" | "windows-1252" => Encoding::Latin1,
            "utf-16" => Encoding::Utf16(None),
            "utf-16le" => Encoding::Utf16(Some(UTF_16LE)),
            "utf-16be" => Encoding::Utf16(Some(UTF_16BE)),
            _ => Encoding::Unknown,
        };
        SourceCheck { format, encoding, bytes: 0, is_ascii: true, rest: Vec::new(), not_utf8: None }
    }

    /// Takes the next piece of the file. The first one has the names of the columns in it.
    pub(crate) fn take(&mut self, piece: &[u8]) -> Result<(), SourceProblem> {
        if self.bytes == 0 && !piece.is_empty() {
            self.check_start(piece)?;
        }
        self.is_ascii &= piece.is_ascii();
        if !self.is_ascii && self.not_utf8.is_none() {
            self.look_for_utf8(piece);
        }
        self.bytes += piece.len() as u64;
        match self.not_utf8 {
            Some(at) if self.encoding == Encoding::Utf8 => Err(self.not_text(at)),
            _ => Ok(()),
        }
    }

    /// What is wrong with the file as a whole.
    pub(crate) fn end(&self) -> Result<(), SourceProblem> {
        let is_utf8 = self.rest.is_empty() && self.not_utf8.is_none();
        match self.encoding {
            _ if self.bytes == 0 => Err(SourceProblem::Empty),
            Encoding::Utf16(_) if self.bytes % 2 == 1 => Err(self.not_text(self.bytes - 1)),
            Encoding::Utf8 if !is_utf8 => Err(self.not_text(self.bytes - self.rest.len() as u64)),
            // Text in such an encoding is not by chance also good UTF-8.
            Encoding::Latin1 if is_utf8 && !self.is_ascii => Err(self.is_in("UTF-8")),
            _ => Ok(()),
        }
    }

    fn check_start(&self, piece: &[u8]) -> Result<(), SourceProblem> {
        let head = &piece[..piece.len().min(MAX_HEAD_BYTES)];
        // Without a format, nothing is refused.
        if let Some(what) = not_text(head).filter(|_| self.format != SourceFormat::default()) {
            return Err(SourceProblem::Mismatch(format!("it is {what}")));
        }
        let mark = MARKS.iter().find(|(mark, _)| head.starts_with(mark)).map(|(_, name)| *name);
        // A file without a mark shows its byte order by its first letters.
        let mark = mark.or(is_utf16(head).then_some(if head[0] == 0 { UTF_16BE } else { UTF_16LE }));
        let is_other = || matches!(self.encoding, Encoding::Utf16(_)) && is_utf8(head);
        let mark = mark.or_else(|| is_other().then_some(UTF_8));
        if let Some(mark) = mark.filter(|mark| !self.encoding.may_begin_with(mark)) {
            return Err(self.is_in(mark));
        }
        let text: String = match self.encoding {
            Encoding::Unknown => return Ok(()),
            Encoding::Utf8 => String::from_utf8_lossy(head).into_owned(),
            Encoding::Latin1 => head.iter().map(|byte| char::from(*byte)).collect(),
            Encoding::Utf16(order) => {
                let unit = match mark.or(order) {
                    Some(UTF_16BE) => |pair: &[u8]| u16::from_be_bytes([pair[0], pair[1]]),
                    _ => |pair: &[u8]| u16::from_le_bytes([pair[0], pair[1]]),
                };
                String::from_utf16_lossy(&head.chunks_exact(2).map(unit).collect::<Vec<_>>())
            }
        };
        self.check_columns(text.trim_start_matches('\u{feff}'))
    }

    fn check_columns(&self, text: &str) -> Result<(), SourceProblem> {
        let (Some(separator), row @ 1..) = (self.format.separator, self.format.header_row) else {
            return Ok(());
        };
        let quote = self.format.delimiter.filter(|quote| text.starts_with(*quote)).unwrap_or('"');
        let missing = |separator: char| -> Vec<&String> {
            let names = fields(text, row, separator, quote);
            let plain = |name: &str| name.trim().to_lowercase();
            let has = |column: &&String| names.iter().any(|name| plain(name) == plain(column));
            self.format.columns.iter().filter(|column| !has(column)).collect()
        };
        let columns = missing(separator);
        if columns.is_empty() {
            return Ok(());
        }
        let mut others = SEPARATORS.iter().filter(|(other, _)| *other != separator);
        Err(SourceProblem::Mismatch(match others.find(|(other, _)| missing(*other).is_empty()) {
            Some((_, found)) => {
                let known = SEPARATORS.iter().find(|(known, _)| *known == separator);
                let expected = known.map_or(format!("{separator:?}"), |(_, name)| (*name).to_owned());
                format!("its columns are separated by {found}, and the import expects {expected}")
            }
            None => {
                let list: Vec<String> = columns.iter().map(|column| format!("{column:?}")).collect();
                format!("it lacks columns that the import names: {}", list.join(", "))
            }
        }))
    }

    /// Notes the first bytes that UTF-8 does not have, and the character that this piece does not complete.
    fn look_for_utf8(&mut self, piece: &[u8]) {
        let mut bytes = self.bytes;
        for part in piece.chunks(TEXT_BYTES) {
            let start = bytes - self.rest.len() as u64;
            bytes += part.len() as u64;
            self.rest.extend_from_slice(part);
            match std::str::from_utf8(&self.rest) {
                Ok(_) => self.rest.clear(),
                Err(error) if error.error_len().is_none() => {
                    self.rest.drain(..error.valid_up_to());
                }
                Err(error) => {
                    self.not_utf8 = Some(start + error.valid_up_to() as u64);
                    return;
                }
            }
        }
    }

    fn is_in(&self, found: &str) -> SourceProblem {
        SourceProblem::Mismatch(format!("it is in {found}, and the import expects {:?}", self.format.encoding))
    }

    fn not_text(&self, at: u64) -> SourceProblem {
        SourceProblem::Mismatch(format!(
            "the import expects {:?}, which has no such bytes as those from byte {at} on",
            self.format.encoding
        ))
    }
}

/// Whether the start of a file is in UTF-8 and not in UTF-16, where a separator and the end of a line have a zero byte.
fn is_utf8(head: &[u8]) -> bool {
    !head.contains(&0) && std::str::from_utf8(head).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// The fields of a row, from 1.
fn fields(text: &str, row: usize, separator: char, quote: char) -> Vec<String> {
    let (mut fields, mut field, mut is_quoted, mut line) = (Vec::new(), String::new(), false, 1);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character == quote && is_quoted && characters.peek() == Some(&quote) {
            field.extend(characters.next());
        } else if character == quote && (is_quoted || field.is_empty()) {
            is_quoted = !is_quoted;
        } else if character == separator && !is_quoted {
            fields.push(std::mem::take(&mut field));
        } else if character == '\n' && !is_quoted {
            if line == row {
                break;
            }
            fields.clear();
            field.clear();
            line += 1;
        } else {
            field.push(character);
        }
    }
    fields.push(field);
    fields
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn format(encoding: &str, separator: char, header_row: usize) -> SourceFormat {
        SourceFormat {
            encoding: encoding.to_owned(),
            separator: Some(separator),
            delimiter: Some('"'),
            header_row,
            columns: vec!["Größe".to_owned(), "B, b".to_owned()],
        }
    }

    fn check(format: SourceFormat, pieces: &[&[u8]]) -> Result<(), String> {
        let mut check = SourceCheck::new(format);
        let mut run = || pieces.iter().try_for_each(|piece| check.take(piece));
        run().and_then(|()| check.end()).map_err(|problem| problem.to_string())
    }

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn a_file_may_have_another_order_more_columns_a_mark_and_quotes() {
        for text in
            ["Größe,\"B, b\"\n1,2\n", "\u{feff}\"X\",\"B, b\",\"größe \"\r\n", "\"a \"\"b\"\" c\",Größe,\"B, b\""]
        {
            assert_eq!(check(format("UTF-8", ',', 1), &[text.as_bytes()]), Ok(()), "{text}");
            let little = utf16(text);
            let big: Vec<u8> = little.chunks(2).flat_map(|unit| [unit[1], unit[0]]).collect();
            for (encoding, bytes) in [("UTF-16LE", &little), ("UTF-16BE", &big), ("UTF-16", &little), ("UTF-16", &big)]
            {
                assert_eq!(check(format(encoding, ',', 1), &[bytes]), Ok(()), "{encoding} {text}");
            }
            let big_in_utf16 = check(format("UTF-16", ',', 1), &[&[&b"\xfe\xff"[..], &big].concat()]);
            assert_eq!(big_in_utf16, Ok(()), "the mark counts: {text}");
        }
        let latin = b"Gr\xf6\xdfe;\"B, b\"\n\xe4";
        assert_eq!(check(format("ISO-8859-1", ';', 1), &[latin]), Ok(()));
        assert_eq!(check(format("UTF-8", ',', 3), &["a\nb\nGröße,\"B, b\"\n".as_bytes()]), Ok(()));
        // Where the service does not say enough, nothing is refused.
        assert_eq!(check(SourceFormat::default(), &[b"\xff\xfe"]), Ok(()));
        assert_eq!(check(SourceFormat::default(), &[b"\x1f\x8b"]), Ok(()));
        assert_eq!(check(format("IBM-1047", ',', 1), &[b"\xc1\xc2"]), Ok(()));
    }

    #[test]
    fn what_differs_is_named() {
        let marked = [b"\xff\xfe".to_vec(), utf16("Größe,\"B, b\"\n")].concat();
        for (encoding, separator, row, bytes, why) in [
            ("UTF-8", ',', 1, &b""[..], "it is empty"),
            ("UTF-8", ',', 1, "Größe\n1\n".as_bytes(), "it lacks columns that the import names: \"B, b\""),
            ("UTF-8", ',', 2, b"a\n", "it lacks columns that the import names: \"Größe\", \"B, b\""),
            ("UTF-8", '\t', 1, "Größe,\"B, b\"".as_bytes(), "separated by commas, and the import expects tabs"),
            ("UTF-8", ',', 1, &marked, "it is in UTF-16LE, and the import expects \"UTF-8\""),
            ("UTF-8", ',', 1, &marked[2..], "it is in UTF-16LE, and the import expects \"UTF-8\""),
            ("UTF-16BE", ',', 1, &marked, "it is in UTF-16LE, and the import expects \"UTF-16BE\""),
            ("UTF-16BE", ',', 1, &marked[2..], "it is in UTF-16LE, and the import expects \"UTF-16BE\""),
            ("UTF-16LE", ',', 1, "Größe,\"B, b\"\n".as_bytes(), "it is in UTF-8, and the import expects \"UTF-16LE\""),
            ("UTF-16", ',', 0, b"a,b\n1,2,\xc3", "it is in UTF-8, and the import expects \"UTF-16\""),
            ("UTF-16LE", ',', 1, &marked[..marked.len() - 1], "which has no such bytes as those from byte 26 on"),
            ("UTF-8", ',', 0, b"\xc3\xb6\xe4b", "\"UTF-8\", which has no such bytes as those from byte 2 on"),
            ("UTF-8", ',', 0, b"ab\xc3", "which has no such bytes as those from byte 2 on"),
            ("ISO-8859-1", ',', 0, b"a\n\xc3\xb6", "it is in UTF-8, and the import expects \"ISO-8859-1\""),
            ("ISO-8859-1", ',', 0, b"\x1f\x8b\x08\0", "it is compressed with gzip: unpack it first"),
            ("IBM-1047", ',', 1, b"PK\x03\x04[Content_Types].xml", "it is a workbook of Excel: a text file is needed"),
            ("ISO-8859-1", ',', 1, b"\xef\xbb\xbfa", "it is in UTF-8, and the import expects \"ISO-8859-1\""),
        ] {
            let problem = check(format(encoding, separator, row), &[bytes]).unwrap_err();
            assert!(problem.contains(why), "{encoding} {bytes:?}: {problem}");
        }
    }

    #[test]
    fn the_metadata_of_an_import_are_read_as_the_reference_has_them() {
        let metadata = br#"{"importMetadata": {"name": "A", "type": "FILE", "source": {"textEncoding": "UTF-8",
            "columnSeparator": ",", "textDelimiter": "\"", "headerRow": "1", "headerNames": ["a", null, "b"]}}}"#;
        let expected = SourceFormat { columns: vec!["a".into(), "b".into()], ..format("UTF-8", ',', 1) };
        assert_eq!(source_format(metadata).unwrap(), Some(expected));
        assert_eq!(source_format(br#"{"importMetadata": {"type": "MODEL"}}"#).unwrap(), None);
        assert!(source_format(br#"{"importMetadata": {}}"#).is_err());
    }

    proptest! {
        #[test]
        fn pieces_are_judged_like_the_whole(bytes: Vec<u8>, size in 1usize..40) {
            // The first piece shows the encoding.
            let (start, rest) = bytes.split_at(bytes.len().min(4));
            let pieces: Vec<&[u8]> = [start].into_iter().chain(rest.chunks(size)).collect();
            let judged = check(format("UTF-8", ',', 0), &pieces);
            prop_assert_eq!(&judged, &check(format("UTF-8", ',', 0), &[&bytes]));
            let is_good = std::str::from_utf8(&bytes).is_ok() && !is_utf16(&bytes) && !bytes.is_empty();
            prop_assert_eq!(judged.is_ok(), is_good);
        }
    }
}
