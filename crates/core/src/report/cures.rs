//! What usually cures each kind.

use super::message::{DUPLICATE, NOT_IN_LIST};
use super::model::Severity;
use super::row::{CUT_OFF, NO_MESSAGE, TOO_FEW_FIELDS, TOO_MANY_FIELDS};

const FIELDS: &str = "Look for a quote or a separator in a field that the source does not quote.";

/// By the beginning of the title. The first that fits counts.
const BY_TITLE: &[(&str, &str)] = &[
    (
        "Invalid number",
        "Write plain numbers without units or words, with the decimal sign that the import expects.",
    ),
    (
        "Invalid date format",
        "Write the dates as the import's mapping expects them, or change the format there.",
    ),
    ("Invalid date", "Write the dates as the import's mapping expects them, within the model's calendar."),
    ("Invalid name", "Give the item a name that is neither empty nor reserved, or one that the list has."),
    ("Invalid code", "Correct the code in the source, or map the column that really holds codes."),
    ("Invalid parent", "Load the parent first, or correct its name or code in the source."),
    ("Invalid boolean", "Write true or false."),
    ("Invalid Boolean", "Write true or false."),
    (
        "Invalid line item identifier",
        "Map these columns to line items of the module, or ignore them: a line item may have a new name.",
    ),
    (
        NOT_IN_LIST,
        "Load the missing items into this list first, or correct the names or codes in the source.",
    ),
    (
        "Expected separator in date/period",
        "Write dates and periods with the separator of the import's format, such as 31/12/2026.",
    ),
    (
        "Name or code already exists",
        "Give each item its own name and code: another item of the list has this one.",
    ),
    (
        "Cannot be directly updated",
        "Leave the column out of the import, or map it to a line item without a formula.",
    ),
    (DUPLICATE, "Keep one row of each in the source."),
    (NO_MESSAGE, "The dump does not say why: look at the row in the source."),
    (TOO_FEW_FIELDS, FIELDS),
    (TOO_MANY_FIELDS, FIELDS),
    (CUT_OFF, "The file is not complete: download the dump again."),
];

/// By a word of the title, in lower case: for messages whose wording is not known, but whose subject the
/// vendor names.
const BY_WORD: &[(&str, &str)] = &[
    ("calendar", "Use dates and periods within the model's calendar, or extend the calendar."),
    ("empty key", "Fill the columns that identify the item."),
    ("delimiter", "Close every quote in the source, and double the quotes inside fields."),
    ("role", "Give the user one role, and one that the model has."),
    ("email", "Write a valid e-mail address of a user."),
    ("e-mail", "Write a valid e-mail address of a user."),
    (
        "permission",
        "Give the user who runs the import the right to change this, or leave it out of the import.",
    ),
    (
        "right to",
        "Give the user who runs the import the right to change this, or leave it out of the import.",
    ),
];

pub(super) fn cure(title: &str, severity: Severity) -> &'static str {
    if severity == Severity::Consequence {
        return "Correct the rows that these depend on; these need no change, only to be uploaded again.";
    }
    let lowercase = title.to_lowercase();
    let known = BY_TITLE.iter().find(|(beginning, _)| title.starts_with(beginning));
    let known = known.or_else(|| BY_WORD.iter().find(|(word, _)| has_word(&lowercase, word)));
    known.map_or(
        "A message that is not known here: compare these rows with rows that were loaded.",
        |(_, cure)| cure,
    )
}

/// Whether a word begins with this: `role` is in `conflicting roles`, and not in `petroleum`.
fn has_word(text: &str, beginning: &str) -> bool {
    text.match_indices(beginning).any(|(at, _)| !text[..at].ends_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_where_one_begins() {
        assert!(has_word("conflicting roles", "role") && has_word("role missing", "role"));
        assert!(!has_word("cannot map petroleum", "role"));
    }
}
