//! One row of a dump: its fields, and what is wrong with it.

use super::columns::Columns;
use super::message::Message;
use super::shown::MAX_KEPT_BYTES;

// Titles of kinds that the service has no message for.
pub(super) const TOO_FEW_FIELDS: &str = "Row with too few fields";
pub(super) const TOO_MANY_FIELDS: &str = "Row with too many fields";
pub(super) const CUT_OFF: &str = "Row cut off at the end of the file";
pub(super) const NO_MESSAGE: &str = "Row without a message";

/// Maximum digits of a line: this many always fit into 64 bits.
const MAX_LINE_DIGITS: usize = 19;

/// How a row does not fit the header of its dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    TooFewFields,
    TooManyFields,
    /// The file ends inside the row.
    CutOff,
}

impl Damage {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::TooFewFields => TOO_FEW_FIELDS,
            Self::TooManyFields => TOO_MANY_FIELDS,
            Self::CutOff => CUT_OFF,
        }
    }
}

/// One row of a dump, whose fields are bytes: a dump may be in any encoding. Fields of a dump in UTF-16 are
/// in UTF-8.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    /// The fields, one after the other.
    pub(super) text: &'a [u8],
    /// Where each field ends in `text`.
    pub(super) ends: &'a [usize],
    pub(super) columns: &'a Columns,
    /// The number of the row in the dump. The header is row 1, as in a spreadsheet.
    pub(super) number: u64,
    pub(super) damage: Option<Damage>,
}

impl<'a> Row<'a> {
    /// All fields, in the order of the file.
    fn fields(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        (0..self.ends.len()).filter_map(|index| self.field(index))
    }

    /// Fields of the import's own columns; `None` if it is not certain that each is in its column.
    pub(super) fn own_fields(&self) -> Option<impl Iterator<Item = &'a [u8]> + '_> {
        let has_own = !self.columns.own.is_empty();
        (has_own && self.is_aligned()).then(|| self.columns.own.iter().filter_map(|index| self.field(*index)))
    }

    /// Whether each field that is there is in its column, and only errors at the end may be missing. A field that
    /// is missing further ahead shifts all behind it, and then a message is where the line should be.
    fn is_aligned(&self) -> bool {
        let has = |index: Option<&usize>| index.is_some_and(|index| *index < self.ends.len());
        let is_long_enough = match self.damage {
            None => true,
            Some(Damage::TooFewFields) => {
                has(self.columns.own.last())
                    && has(self.columns.line.as_ref().or(self.columns.errors.first()))
            }
            Some(Damage::TooManyFields | Damage::CutOff) => false,
        };
        is_long_enough && (self.columns.line.is_none() || self.source_line().is_some())
    }

    /// The line of the import's source that the row comes from, if the dump says it.
    pub(super) fn source_line(&self) -> Option<u64> {
        if matches!(self.damage, Some(Damage::TooManyFields | Damage::CutOff)) {
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

    /// Whether the row was loaded, with a warning. The service says so by a `W`; all other rows count as
    /// rejected.
    pub(super) fn is_warning(&self) -> bool {
        self.columns.status.and_then(|index| self.field(index)).is_some_and(|status| status == b"W")
    }

    #[inline]
    pub(super) fn field(&self, index: usize) -> Option<&'a [u8]> {
        let end = *self.ends.get(index)?;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        self.text.get(start..end)
    }

    /// Calls `visit` with what the service says about the row, and with what this library notes about its
    /// shape. A row has at least one message.
    pub(super) fn for_each_message(&self, mut visit: impl FnMut(Message<'_>)) {
        if let Some(damage) = self.damage {
            visit(Message::note(damage.title(), Some(&self.as_line())));
            // Where fields are shifted or cut, no field is known to be a message.
            if damage != Damage::TooFewFields {
                return;
            }
        }
        let mut has_message = self.damage.is_some();
        for index in &self.columns.errors {
            let Some(text) = self.field(*index) else { continue };
            if !text.iter().all(u8::is_ascii_whitespace) {
                has_message = true;
                visit(Message::new(text, |value| self.holds(value)));
            }
        }
        if !has_message {
            visit(Message::note(NO_MESSAGE, None));
        }
    }

    /// The index of the only one of the import's columns that holds this value.
    pub(super) fn only_column_holding(&self, value: &[u8]) -> Option<usize> {
        let mut found = None;
        for index in &self.columns.own {
            if self.field(*index) == Some(value) {
                if found.is_some() {
                    return None;
                }
                found = Some(*index);
            }
        }
        found
    }

    fn holds(&self, value: &[u8]) -> bool {
        self.columns.own.iter().any(|index| self.field(*index) == Some(value))
    }

    /// The beginning of the row as one text, for showing a row that does not fit the header.
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
