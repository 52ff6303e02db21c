//! One row of a dump: its fields, and what is wrong with it.

use std::borrow::Cow;

use super::columns::{Columns, SERVICE_NAMES};
use super::cures::{CUT_OFF, Known, NO_MESSAGE, TOO_FEW_FIELDS, TOO_MANY_FIELDS, ZERO_BYTES};
use super::message::Message;
use super::parser::{Field, is_same};
use super::shown::{MAX_KEPT_BYTES, kept};
use crate::text::without_bom;

/// Maximum digits of a line: this many always fit into 64 bits.
const MAX_LINE_DIGITS: usize = 19;

/// How a row does not fit the header of its dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    TooFewFields,
    TooManyFields,
    /// A block of the file may be lost.
    ZeroBytes,
    /// The file ends inside the row.
    CutOff,
}

impl Damage {
    fn note(self) -> &'static Known {
        match self {
            Self::TooFewFields => &TOO_FEW_FIELDS,
            Self::TooManyFields => &TOO_MANY_FIELDS,
            Self::ZeroBytes => &ZERO_BYTES,
            Self::CutOff => &CUT_OFF,
        }
    }
}

/// One row of a dump, whose fields are bytes: a dump may be in any encoding. Fields of a dump in UTF-16 are in UTF-8.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    /// The text of the row, with its separators and quotes.
    pub(super) text: &'a [u8],
    /// Where each field is in `text`.
    pub(super) fields: &'a [Field],
    /// All its text is Unicode.
    pub(super) is_unicode: bool,
    pub(super) columns: &'a Columns,
    /// The number of the row in the dump. The header is row 1, as in a spreadsheet.
    pub(super) number: u64,
    pub(super) damage: Option<Damage>,
    /// There is a quote that should have been doubled.
    pub(super) has_bare_quote: bool,
}

impl<'a> Row<'a> {
    /// All fields, in the order of the file.
    fn fields(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let text = self.text;
        self.fields.iter().map(|field| field.of(text))
    }

    /// Fields of the import's own columns; `None` if it is not certain that each is in its column.
    pub(super) fn own_fields(&self) -> Option<impl Iterator<Item = &'a [u8]> + '_> {
        let has_own = !self.columns.own.is_empty();
        (has_own && self.is_aligned()).then(|| self.columns.own.iter().filter_map(|index| self.field(*index)))
    }

    /// Whether each field that is there is in its column, and only errors at the end may be missing. A field that
    /// is missing further ahead shifts all after it, and then a message is where the line should be.
    fn is_aligned(&self) -> bool {
        let has = |index: Option<&usize>| index.is_some_and(|index| *index < self.fields.len());
        match self.damage {
            None => true,
            Some(Damage::TooFewFields) => {
                has(self.columns.own.last())
                    && has(self.columns.line.as_ref().or(self.columns.errors.first()))
                    && (self.columns.line.is_none() || self.source_line().is_some())
            }
            Some(_) => false,
        }
    }

    /// Whether fields may be in their columns.
    #[inline]
    fn may_have_places(&self) -> bool {
        matches!(self.damage, None | Some(Damage::TooFewFields))
    }

    /// Whether this is a header once more, of this dump or of one that was joined to it.
    pub(super) fn is_header(&self) -> bool {
        let is_own_name = |index: usize| {
            let name = &*self.columns.names[index];
            self.field(index).is_some_and(|field| is_name(field, name))
        };
        let index = self.columns.line.or(self.columns.status).or(self.columns.errors.first().copied());
        match self.damage {
            None => index.is_some_and(|index| is_own_name(index) && (0..self.fields.len()).all(is_own_name)),
            Some(_) => {
                let is_service = |field: &[u8]| SERVICE_NAMES.iter().filter(|name| field.starts_with(name)).count();
                self.fields().map(is_service).sum::<usize>() > 1
            }
        }
    }

    /// Whether the import's columns hold their own names: a header in the middle of the source.
    pub(super) fn is_header_of_source(&self) -> bool {
        let own = &self.columns.own;
        own.len() > 1
            && self.damage.is_none()
            && own.iter().all(|index| self.field(*index) == Some(&*self.columns.names[*index]))
    }

    /// The line of the import's source that the row comes from, if the dump says it.
    pub(super) fn source_line(&self) -> Option<u64> {
        if !self.may_have_places() {
            return None;
        }
        let digits = self.field(self.columns.line?)?;
        if !(1..=MAX_LINE_DIGITS).contains(&digits.len()) {
            return None;
        }
        digits.iter().try_fold(0, |number, byte| {
            let digit = byte.wrapping_sub(b'0');
            (digit < 10).then(|| number * 10 + u64::from(digit))
        })
    }

    /// Whether the row was loaded, with a warning. The service says so by a `W`; all others count as rejected.
    pub(super) fn is_warning(&self) -> bool {
        self.columns.status.and_then(|index| self.field(index)).is_some_and(|status| status == b"W")
    }

    #[inline]
    pub(super) fn field(&self, index: usize) -> Option<&'a [u8]> {
        Some(self.fields.get(index)?.of(self.text))
    }

    /// What the service says about the row, or what this library notes about its shape. A row has at least one
    /// message. Where fields are shifted or cut, no field is known to be a message.
    pub(super) fn messages<'b>(&'b self, line: &'b [u8]) -> impl Iterator<Item = Message<'b>> + use<'b> {
        let mut columns = if self.may_have_places() { self.columns.errors.iter() } else { [].iter() };
        let mut note = self.damage.map(|damage| Message::note(damage.note(), Some(line)));
        let mut is_silent = note.is_none();
        std::iter::from_fn(move || {
            if note.is_some() {
                return note.take();
            }
            for text in columns.by_ref().filter_map(|index| self.field(*index)) {
                if !text.trim_ascii_start().is_empty() {
                    is_silent = false;
                    return Some(Message::new(text, &|value| self.column_holding(value, true).is_some()));
                }
            }
            std::mem::take(&mut is_silent).then(|| Message::note(&NO_MESSAGE, None))
        })
    }

    /// The index of the one of the import's columns that holds this value, whatever blanks are around it; the first
    /// one, or only where no other does.
    pub(super) fn column_holding(&self, value: &[u8], is_first: bool) -> Option<usize> {
        let value = value.trim_ascii();
        let mut found = None;
        for index in &self.columns.own {
            let Some(field) = self.field(*index) else { break };
            if field.len() >= value.len() && is_same(field.trim_ascii(), value) {
                if is_first || found.is_some() {
                    return Some(*index).filter(|_| is_first);
                }
                found = Some(*index);
            }
        }
        found
    }

    #[inline]
    pub(super) fn kept<'b>(&self, text: &'b [u8]) -> Cow<'b, [u8]> {
        // Most need no look at their bytes.
        if self.is_unicode && text.len() < MAX_KEPT_BYTES { Cow::Borrowed(text) } else { kept(text) }
    }

    /// The beginning of a row that does not fit the header as one text. Of others nothing.
    #[inline]
    pub(super) fn damaged_line(&self) -> Vec<u8> {
        self.damage.map(|_| self.as_line()).unwrap_or_default()
    }

    fn as_line(&self) -> Vec<u8> {
        let mut line = Vec::new();
        for (index, field) in self.fields().enumerate() {
            if index > 0 {
                line.extend_from_slice(b" | ");
            }
            line.extend_from_slice(&field[..field.len().min(MAX_KEPT_BYTES)]);
            if line.len() > MAX_KEPT_BYTES {
                break;
            }
        }
        line
    }
}

/// Whether a field is this name, maybe with a byte order mark and quotes: they are text where a file was joined to
/// another.
fn is_name(field: &[u8], name: &[u8]) -> bool {
    // Each row is asked.
    if field.last() != name.last() && field.last() != Some(&b'"') {
        return false;
    }
    let text = without_bom(field);
    let text = text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(text);
    field == name || text == name
}
