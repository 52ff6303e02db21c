//! What imports read: which source file of the model, in what format, and whether a user's file can be it.

use std::fmt;

use serde_json::Value;

use super::answer;
#[cfg(feature = "http")]
use super::answer::Answer;
#[cfg(feature = "http")]
use super::fault::Fault;
use crate::address::Id;

/// Bytes at the start of a file in which the names of its columns are looked for.
const MAX_HEAD_BYTES: usize = 1024 * 1024;

/// The separators that the service offers.
const SEPARATORS: [char; 4] = [',', '\t', ';', '|'];

/// An import as the lists of the service show it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Import {
    /// Its identifier.
    pub id: Id,
    /// Its name for people.
    pub name: Option<String>,
    /// The source file that it reads; `None` if it reads from another model, or the service does not say.
    pub file: Option<Id>,
}

impl Import {
    pub(super) fn read(value: &Value) -> Option<Import> {
        let (id, name) = (answer::id(&value["id"])?, answer::text(&value["name"]));
        Some(Import { id, name, file: answer::id(&value["importDataSourceId"]) })
    }
}

/// The imports among the actions of a process, in the order in which they run, and the number of actions that cannot be
/// read and may be imports.
///
/// # Errors
///
/// As for every answer.
#[cfg(feature = "http")]
pub(crate) fn process_imports(bytes: &[u8]) -> Result<(Vec<Import>, usize), Fault> {
    let answer = Answer::to_request_for(bytes, "processMetadata")?;
    let actions = answer.get("processMetadata.actions");
    if !actions.is_array() {
        return Err(Fault::NoPayload("processMetadata"));
    }
    let may_be_import = |action: &&Value| {
        !action.is_object() || action["actionType"] == "IMPORT" || !action["importDataSourceId"].is_null()
    };
    let read: Vec<_> = answer::entries(actions).iter().filter(may_be_import).map(Import::read).collect();
    let unreadable = read.iter().filter(|import| import.is_none()).count();
    Ok((read.into_iter().flatten().collect(), unreadable))
}

/// The format of an import's source; `None` if it reads from another model.
///
/// # Errors
///
/// As for every answer.
#[cfg(feature = "http")]
pub(crate) fn source_format(bytes: &[u8]) -> Result<Option<SourceFormat>, Fault> {
    let answer = Answer::to_request_for(bytes, "importMetadata")?;
    let source = answer.get("importMetadata.source");
    match (source.is_object(), answer.text("importMetadata.type").as_deref()) {
        (true, _) => Ok(Some(SourceFormat::read(source))),
        (false, Some("MODEL")) => Ok(None),
        (false, _) => Err(Fault::NoPayload("importMetadata")),
    }
}

/// What a start says to an import that asks for a mapping at each run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mapping {
    /// The type of what is mapped, such as `Version`.
    pub kind: String,
    /// The name of the item, such as `Actual`.
    pub name: String,
}

impl Mapping {
    /// The item of this name for this type.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Mapping {
        Mapping { kind: kind.into(), name: name.into() }
    }
}

/// The format that an import expects of its source file, as far as the service says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SourceFormat {
    /// The service's name of the encoding, such as `UTF-8`.
    pub encoding: Option<String>,
    /// What separates the columns.
    pub separator: Option<char>,
    /// What encloses a field.
    pub delimiter: Option<char>,
    /// The row with the names of the columns, from 1.
    pub header_row: Option<usize>,
    /// The names of the columns.
    pub columns: Vec<String>,
}

impl SourceFormat {
    fn read(source: &Value) -> SourceFormat {
        let character = |field: &str| {
            let text = answer::text(&source[field])?;
            let mut characters = text.chars();
            characters.next().filter(|_| characters.next().is_none())
        };
        SourceFormat {
            encoding: answer::text(&source["textEncoding"]).filter(|name| !name.is_empty()),
            separator: character("columnSeparator"),
            delimiter: character("textDelimiter"),
            header_row: answer::count(&source["headerRow"]).and_then(|row| usize::try_from(row).ok()),
            columns: answer::entries(&source["headerNames"]).iter().filter_map(answer::text).collect(),
        }
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
    /// It has another encoding than the import expects.
    #[non_exhaustive]
    Encoding {
        /// The service's name of what the import expects.
        expected: String,
        /// What the file seems to have.
        found: String,
    },
    /// It has bytes that the encoding of the import does not have.
    #[non_exhaustive]
    NotText {
        /// The service's name of the encoding.
        expected: String,
        /// Where, in bytes from its start.
        at: u64,
    },
    /// Its columns are separated by another character.
    #[non_exhaustive]
    Separator {
        /// What the import expects.
        expected: char,
        /// What the file has.
        found: char,
    },
    /// It lacks columns that the import names.
    MissingColumns(Vec<String>),
}

impl SourceProblem {
    /// Whether the file differs from the format that the import expects, so far as that is known.
    pub fn is_mismatch(&self) -> bool {
        !matches!(self, SourceProblem::Empty | SourceProblem::Changed | SourceProblem::TooLarge(_))
    }
}

impl fmt::Display for SourceProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |separator: &char| match separator {
            ',' => "commas".to_owned(),
            '\t' => "tabs".to_owned(),
            ';' => "semicolons".to_owned(),
            '|' => "pipes".to_owned(),
            other => format!("{other:?}"),
        };
        match self {
            SourceProblem::Empty => f.write_str("it is empty"),
            SourceProblem::Changed => f.write_str("it changed while it was read"),
            SourceProblem::TooLarge(limit) => {
                write!(f, "it is larger than {limit} bytes, which is the limit")
            }
            SourceProblem::Encoding { expected, found } => {
                write!(f, "it is in {found}, and the import expects {expected:?}")
            }
            SourceProblem::NotText { expected, at } => {
                write!(
                    f,
                    "the import expects {expected:?}, which has no such bytes as those from byte {at} on"
                )
            }
            SourceProblem::Separator { expected, found } => {
                write!(
                    f,
                    "its columns are separated by {}, and the import expects {}",
                    name(found),
                    name(expected)
                )
            }
            SourceProblem::MissingColumns(columns) => {
                let list = columns.iter().map(|column| format!("{column:?}")).collect::<Vec<_>>().join(", ");
                write!(f, "it lacks columns that the import names: {list}")
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Ascii,
    /// Every byte is a character.
    Bytes,
    Utf16,
    /// This version does not know it, or the service does not name it.
    Unknown,
}

/// Compares a file, piece by piece, with the format that an import expects.
#[derive(Debug)]
pub(crate) struct SourceCheck {
    format: SourceFormat,
    encoding: Encoding,
    bytes: u64,
    /// The bytes of a character that the last piece did not complete.
    rest: Vec<u8>,
    /// Where the first byte is that UTF-8 does not have.
    not_utf8: Option<u64>,
    first_beyond_ascii: Option<u64>,
}

impl SourceCheck {
    pub(crate) fn new(format: SourceFormat) -> SourceCheck {
        let name = format.encoding.as_deref().unwrap_or_default().to_ascii_lowercase();
        let encoding = match name.as_str() {
            "utf-8" | "utf8" => Encoding::Utf8,
            "us-ascii" | "ascii" => Encoding::Ascii,
            "iso-8859-1" | "latin1" | "windows-1252" => Encoding::Bytes,
            name if name.starts_with("utf-16") => Encoding::Utf16,
            _ => Encoding::Unknown,
        };
        SourceCheck { format, encoding, bytes: 0, rest: Vec::new(), not_utf8: None, first_beyond_ascii: None }
    }

    /// Takes the next piece of the file. The first one has the names of the columns in it.
    ///
    /// # Errors
    ///
    /// What is wrong, as soon as it is seen.
    pub(crate) fn take(&mut self, piece: &[u8]) -> Result<(), SourceProblem> {
        if self.bytes == 0 && !piece.is_empty() {
            self.check_start(piece)?;
        }
        let beyond = piece.iter().position(|byte| !byte.is_ascii()).map(|at| self.bytes + at as u64);
        self.first_beyond_ascii = self.first_beyond_ascii.or(beyond);
        if self.not_utf8.is_none() && (beyond.is_some() || !self.rest.is_empty()) {
            self.look_for_utf8(piece);
        }
        self.bytes += piece.len() as u64;
        match self.encoding {
            Encoding::Utf8 => self.not_utf8.map_or(Ok(()), |at| Err(self.not_text(at))),
            Encoding::Ascii => self.first_beyond_ascii.map_or(Ok(()), |at| Err(self.not_text(at))),
            Encoding::Bytes | Encoding::Utf16 | Encoding::Unknown => Ok(()),
        }
    }

    /// What is wrong with the file as a whole.
    ///
    /// # Errors
    ///
    /// As [`SourceCheck::take`].
    pub(crate) fn end(&self) -> Result<(), SourceProblem> {
        let is_cut = !self.rest.is_empty() || self.not_utf8.is_some();
        match self.encoding {
            _ if self.bytes == 0 => Err(SourceProblem::Empty),
            Encoding::Utf8 if is_cut => Err(self.not_text(self.bytes - self.rest.len() as u64)),
            Encoding::Utf16 if !self.bytes.is_multiple_of(2) => Err(self.not_text(self.bytes - 1)),
            // Text in such an encoding is not by chance also good UTF-8.
            Encoding::Bytes if !is_cut && self.first_beyond_ascii.is_some() => Err(self.is_in("UTF-8")),
            _ => Ok(()),
        }
    }

    fn check_start(&self, piece: &[u8]) -> Result<(), SourceProblem> {
        let mark = match piece {
            [0xff, 0xfe, ..] => Some("UTF-16LE"),
            [0xfe, 0xff, ..] => Some("UTF-16BE"),
            _ => None,
        };
        let expects_utf16 = self.encoding == Encoding::Utf16;
        let name = self.format.encoding.as_deref().unwrap_or_default();
        let is_other = |mark: &str| match expects_utf16 {
            true => !mark.to_ascii_lowercase().starts_with(&name.to_ascii_lowercase()),
            false => self.encoding != Encoding::Unknown,
        };
        if let Some(mark) = mark.filter(|mark| is_other(mark)) {
            return Err(self.is_in(mark));
        }
        let head = &piece[..piece.len().min(MAX_HEAD_BYTES)];
        let is_big_endian = mark == Some("UTF-16BE") || name.eq_ignore_ascii_case("utf-16be");
        let text: String = match self.encoding {
            Encoding::Utf16 => {
                let unit = |pair: &[u8]| match is_big_endian {
                    true => u16::from_be_bytes([pair[0], pair[1]]),
                    false => u16::from_le_bytes([pair[0], pair[1]]),
                };
                char::decode_utf16(head.chunks_exact(2).map(unit))
                    .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect()
            }
            Encoding::Bytes if !head.starts_with(b"\xef\xbb\xbf") => {
                head.iter().map(|byte| char::from(*byte)).collect()
            }
            _ => String::from_utf8_lossy(head).into_owned(),
        };
        self.check_columns(text.trim_start_matches('\u{feff}'))
    }

    fn check_columns(&self, text: &str) -> Result<(), SourceProblem> {
        let (Some(separator), Some(row @ 1..)) = (self.format.separator, self.format.header_row) else {
            return Ok(());
        };
        let quote = self.format.delimiter.filter(|quote| text.starts_with(*quote)).unwrap_or('"');
        let missing = |separator: char| -> Vec<String> {
            let names = fields(text, row, separator, quote);
            let has = |column: &&String| names.iter().any(|name| is_same_name(name, column));
            self.format.columns.iter().filter(|column| !has(column)).cloned().collect()
        };
        let columns = missing(separator);
        if columns.is_empty() {
            return Ok(());
        }
        match SEPARATORS.into_iter().find(|other| *other != separator && missing(*other).is_empty()) {
            Some(found) => Err(SourceProblem::Separator { expected: separator, found }),
            None => Err(SourceProblem::MissingColumns(columns)),
        }
    }

    /// Notes the first bytes that UTF-8 does not have, and the character that this piece does not complete.
    fn look_for_utf8(&mut self, piece: &[u8]) {
        let mut start = 0;
        while !self.rest.is_empty() && start < piece.len() {
            self.rest.push(piece[start]);
            start += 1;
            match std::str::from_utf8(&self.rest) {
                Ok(_) => self.rest.clear(),
                Err(error) if error.error_len().is_none() => {}
                Err(_) => {
                    self.not_utf8 = Some(self.bytes + start as u64 - self.rest.len() as u64);
                    return;
                }
            }
        }
        if let Err(error) = std::str::from_utf8(&piece[start..]) {
            let at = start + error.valid_up_to();
            match error.error_len() {
                Some(_) => self.not_utf8 = Some(self.bytes + at as u64),
                None => self.rest = piece[at..].to_vec(),
            }
        }
    }

    fn is_in(&self, found: &str) -> SourceProblem {
        let expected = self.format.encoding.clone().unwrap_or_default();
        SourceProblem::Encoding { expected, found: found.to_owned() }
    }

    fn not_text(&self, at: u64) -> SourceProblem {
        SourceProblem::NotText { expected: self.format.encoding.clone().unwrap_or_default(), at }
    }
}

fn is_same_name(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
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
            encoding: Some(encoding.to_owned()),
            separator: Some(separator),
            delimiter: Some('"'),
            header_row: Some(header_row),
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
        for text in [
            "Größe,\"B, b\"\n1,2\n",
            "\u{feff}\"X\",\"B, b\",\"größe \"\r\n",
            "\"a \"\"b\"\" c\",Größe,\"B, b\"",
        ] {
            assert_eq!(check(format("UTF-8", ',', 1), &[text.as_bytes()]), Ok(()), "{text}");
            assert_eq!(check(format("UTF-16LE", ',', 1), &[&utf16(text)]), Ok(()), "{text}");
        }
        let latin = b"Gr\xf6\xdfe;\"B, b\"\n\xe4";
        assert_eq!(check(format("ISO-8859-1", ';', 1), &[latin]), Ok(()));
        assert_eq!(check(format("UTF-8", ',', 3), &["a\nb\nGröße,\"B, b\"\n".as_bytes()]), Ok(()));
        // Where the service does not say enough, nothing is refused.
        assert_eq!(check(SourceFormat::default(), &[b"\xff\xfe"]), Ok(()));
        assert_eq!(check(format("IBM-1047", ',', 0), &[b"\xc1\xc2"]), Ok(()));
    }

    #[test]
    fn what_differs_is_named() {
        let lacks = "it lacks columns that the import names: ";
        let utf8 = |text: &str| text.as_bytes().to_vec();
        let header = "Größe,\"B, b\"\n";
        for (encoding, separator, row, bytes, why) in [
            ("UTF-8", ',', 1, utf8(""), "it is empty".to_owned()),
            ("UTF-8", ',', 1, utf8("Größe\n1\n"), format!("{lacks}\"B, b\"")),
            ("UTF-8", ',', 2, utf8(header), format!("{lacks}\"Größe\", \"B, b\"")),
            (
                "UTF-8",
                '\t',
                1,
                utf8(header),
                "its columns are separated by commas, and the import expects tabs".to_owned(),
            ),
            (
                "UTF-8",
                ',',
                1,
                [b"\xff\xfe".to_vec(), utf16(header)].concat(),
                "it is in UTF-16LE, and the import expects \"UTF-8\"".to_owned(),
            ),
            ("ISO-8859-1", ',', 1, [b"Gr\xf6\xdfe,".to_vec(), utf8("\"B, b\"\n")].concat(), String::new()),
            (
                "UTF-8",
                ',',
                1,
                [utf8(header), b"a\xe4b".to_vec()].concat(),
                "the import expects \"UTF-8\", which has no such bytes as those from byte 16 on".to_owned(),
            ),
            (
                "US-ASCII",
                ',',
                0,
                utf8("a\nö"),
                "the import expects \"US-ASCII\", which has no such bytes as those from byte 2 on".to_owned(),
            ),
            (
                "ISO-8859-1",
                ',',
                0,
                utf8("a\nö"),
                "it is in UTF-8, and the import expects \"ISO-8859-1\"".to_owned(),
            ),
            (
                "UTF-16LE",
                ',',
                0,
                b"a\0b".to_vec(),
                "the import expects \"UTF-16LE\", which has no such bytes as those from byte 2 on".to_owned(),
            ),
        ] {
            let expected = if why.is_empty() { Ok(()) } else { Err(why) };
            assert_eq!(check(format(encoding, separator, row), &[&bytes]), expected, "{encoding} {bytes:?}");
        }
    }

    #[cfg(feature = "http")]
    #[test]
    fn metadata_and_actions_are_read_as_the_reference_has_them() {
        let metadata = br#"{"importMetadata": {"name": "A", "type": "FILE", "source": {"textEncoding": "UTF-8",
            "columnSeparator": ",", "textDelimiter": "\"", "headerRow": "1", "headerNames": ["a", null, "b"]}}}"#;
        let expected = SourceFormat { columns: vec!["a".into(), "b".into()], ..format("UTF-8", ',', 1) };
        assert_eq!(source_format(metadata).unwrap(), Some(expected));
        assert_eq!(source_format(br#"{"importMetadata": {"type": "MODEL"}}"#).unwrap(), None);
        assert!(source_format(br#"{"importMetadata": {}}"#).is_err());
        let actions = br#"{"processMetadata": {"actions": [{"id": "117", "actionType": "EXPORT"},
            {"id": "112", "name": "A", "actionType": "IMPORT", "importDataSourceId": "113"},
            {"id": 1121, "actionType": "IMPORT", "importDataSourceId": ""}, 7]}}"#;
        let (imports, unreadable) = process_imports(actions).unwrap();
        let files: Vec<_> = imports.iter().map(|import| import.file.as_ref().map(Id::as_str)).collect();
        assert_eq!((files, unreadable), (vec![Some("113"), None], 1));
    }

    proptest! {
        #[test]
        fn pieces_are_judged_like_the_whole(bytes: Vec<u8>, cuts in prop::collection::vec(0usize..40, 0..4)) {
            let format = || SourceFormat { header_row: None, ..format("UTF-8", ',', 1) };
            let mut pieces = Vec::new();
            let mut rest = &bytes[..];
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            pieces.push(rest);
            pieces.retain(|piece| !piece.is_empty());
            prop_assert_eq!(check(format(), &pieces), check(format(), &[&bytes]));
            prop_assert_eq!(check(format(), &pieces).is_ok(), std::str::from_utf8(&bytes).is_ok() && !bytes.is_empty());
        }
    }
}
