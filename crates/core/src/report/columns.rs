//! The columns of a dump: which are the service's own and which are the import's.

use std::collections::HashMap;

/// What the service's columns are called; the last name is followed by a number and `_`.
pub(super) const SERVICE_NAMES: [&[u8]; 3] = [b"_Status_", b"_Line_", b"_Error_"];

/// The header of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    /// All names, in the order of the file.
    pub(super) names: Vec<Box<[u8]>>,
    /// Index of `_Status_`.
    pub(super) status: Option<usize>,
    /// Index of `_Line_`.
    pub(super) line: Option<usize>,
    /// Indexes of `_Error_1_`, `_Error_2_`, ...
    pub(super) errors: Vec<usize>,
    /// Indexes of the import's columns: all others.
    pub(super) own: Vec<usize>,
    /// Index of the first of the import's columns with this name.
    pub(super) by_name: HashMap<Box<[u8]>, usize>,
}

impl Columns {
    /// Finds the service's columns among the names. A dump that was itself imported has some of them twice;
    /// then those that the service added last count: `_Status_` in front, `_Line_` and the errors at the end.
    pub(super) fn find(names: Vec<Box<[u8]>>) -> Self {
        let status = names.iter().position(|name| **name == *b"_Status_");
        let line = names.iter().rposition(|name| **name == *b"_Line_");
        let errors: Vec<_> = (0..names.len()).filter(|index| is_error(&names[*index])).collect();
        let last: Vec<_> = errors.iter().copied().filter(|index| Some(*index) > line).collect();
        let errors = if last.is_empty() { errors } else { last };
        let is_own =
            |index: &usize| Some(*index) != status && Some(*index) != line && errors.binary_search(index).is_err();
        let own: Vec<_> = (0..names.len()).filter(is_own).collect();
        let by_name = own.iter().rev().map(|index| (names[*index].clone(), *index)).collect();
        Self { names, status, line, errors, own, by_name }
    }

    /// How many columns the service added; none in a file that is no dump.
    pub(super) fn service_columns(&self) -> usize {
        self.names.len() - self.own.len()
    }
}

fn is_error(name: &[u8]) -> bool {
    name.strip_prefix(b"_Error_")
        .and_then(|rest| rest.strip_suffix(b"_"))
        .is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
}
