//! What the service says is wrong with a row, and what usually cures it. One table.

use super::model::Severity;
use super::words::number;

/// What follows the words of a message. After a colon a value may always follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follows {
    /// The value that it complains of, after a colon, or after a blank where the row holds it.
    Value,
    /// The same, and it is the name of an item.
    ItemName,
    /// The same, and it names the column that it is about.
    ColumnName,
    /// The row that this one depends on: it was rejected only because that one was.
    RejectedRow,
    /// The rest of the message, which differs from row to row: where it is in the source.
    Place,
    /// Nothing: the service did not say this, the row's shape did.
    Note,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) words: &'static str,
    pub(super) follows: Follows,
    pub(super) cure: &'static str,
}

const fn error(words: &'static str, cure: &'static str) -> Known {
    Known { words, follows: Follows::Value, cure }
}

const fn note(words: &'static str, cure: &'static str) -> Known {
    Known { words, follows: Follows::Note, cure }
}

const FIELDS: &str = "Look for a quote or a separator in a field that the source does not quote.";
const DAMAGED: &str = "The file is not complete: download the dump again.";
const KEY: &str = "Fill the columns that identify the item.";
const PERIODS: &str = "Write periods as the model's calendar names them, or extend the calendar.";
const RIGHTS: &str =
    "Give the user who runs the import the right to change these items, or leave them out of the source.";

/// The vendor's words. Those that have the name of a list among them are in [`IN_LIST`].
pub(super) static KNOWN: [Known; 25] = [
    error(
        "Invalid number",
        "Write plain numbers without units or words, with the decimal sign that the import expects.",
    ),
    error("Invalid date", "Write the dates as the import's mapping expects them, within the model's calendar."),
    error("Invalid date format", "Write the dates as the import's mapping expects them, or change the format there."),
    error(
        "Expected separator in date/period",
        "Write dates and periods with the separator of the import's format, such as 31/12/2026.",
    ),
    Known {
        words: "Invalid name",
        follows: Follows::ItemName,
        cure: "Give the item a name that is neither empty nor reserved, or one that the list has.",
    },
    error("Invalid code", "Correct the code in the source, or map the column that really holds codes."),
    error("Invalid parent", "Load the parent first, or correct its name or code in the source."),
    error("Invalid Boolean (yes/no/true/false)", "Write yes, no, true or false."),
    Known {
        words: "Invalid line item identifier",
        follows: Follows::ColumnName,
        cure: "Map these columns to line items of the module, or ignore them: a line item may have a new name.",
    },
    error("Item not located in Time list", PERIODS),
    error("Item not found in Time list", PERIODS),
    error(CALENDAR, PERIODS),
    error(
        "Name or code already exists",
        "Give each item its own name and code: another item of the list has this one.",
    ),
    error(
        "Cannot be directly updated as it is a calculated line item",
        "Leave the column out of the import, or map it to a line item without a formula.",
    ),
    error("Error parsing key - no values", KEY),
    error("Error parsing key for this row; no values", KEY),
    error("Not authorized to update entity", RIGHTS),
    error("Not authorized to move entity", RIGHTS),
    error("Duplicate", "Keep one row of each in the source."),
    error("Invalid email address", "Write a valid e-mail address of a user."),
    error("Invalid role", "Give the user a role that the model has."),
    error("Conflicting roles for user", "Give the user one role."),
    Known { words: "Column separator expected", follows: Follows::Place, cure: FIELDS },
    Known {
        words: "Unmatched delimiter character",
        follows: Follows::Place,
        cure: "Close every quote in the source, and double the quotes inside fields.",
    },
    Known {
        words: "Has dependency on rejected row",
        follows: Follows::RejectedRow,
        cure: "Correct the rows that these depend on; these need no change, only to be uploaded again.",
    },
];

/// What messages about an item and a list begin with. They end with the word `list`, after the name of the list.
pub(super) const IN_LIST: [&str; 2] = ["Item not located in", "Item not found in"];

/// What begins like them, and is about no list.
pub(super) const CALENDAR: &str = "Item not found in calendar";

/// Any message about an item and a list, but for the list of the periods.
pub(super) static IN_A_LIST: Known =
    error("", "Load the missing items into this list first, or correct the names or codes in the source.");

// What this library notes about a row.
pub(super) static TOO_FEW_FIELDS: Known = note("Row with too few fields", FIELDS);
pub(super) static TOO_MANY_FIELDS: Known = note("Row with too many fields", FIELDS);
pub(super) static ZERO_BYTES: Known = note("Row with zero bytes", DAMAGED);
pub(super) static CUT_OFF: Known = note("Row cut off at the end of the file", DAMAGED);
pub(super) static NO_MESSAGE: Known =
    note("Row without a message", "The dump does not say why: look at the row in the source.");

const UNKNOWN_CURE: &str = "A message that is not known here: compare these rows with rows that were loaded.";

/// Longest name of an item, in characters, as the service documents it.
const MAX_NAME_CHARS: usize = 60;

/// What is said of rows with something that the words of their kind do not say.
const ADVICE: [&str; 3] =
    ["A name has at most 60 characters", "A name does not begin with #", "Remove repeated header rows from the source"];

/// How many rows of a kind each of [`ADVICE`] is for.
#[derive(Debug, Default)]
pub(super) struct Seen([u64; 3]);

impl Seen {
    /// Adds a row: its message may complain of a name, and it may hold the names of the columns.
    pub(super) fn add(&mut self, name: Option<&[u8]>, is_header: bool) {
        // Most rows need no look.
        if name.is_none() && !is_header {
            return;
        }
        let is_long = |name: &[u8]| String::from_utf8_lossy(name).chars().count() > MAX_NAME_CHARS;
        let has_hash = name.is_some_and(|name| name.starts_with(b"#"));
        let has_long_name = !has_hash && name.is_some_and(is_long);
        for (rows, is_seen) in self.0.iter_mut().zip([has_long_name, has_hash, is_header]) {
            *rows += u64::from(is_seen);
        }
    }
}

/// What usually cures a kind: by its message, and by what was seen of its rows.
pub(super) fn cure(known: Option<&Known>, severity: Severity, seen: &Seen) -> String {
    let cure = match known {
        Some(known) if *known == NO_MESSAGE && severity == Severity::Warning => {
            "The dump does not say what the warning is: look at the row in the source."
        }
        known => known.map_or(UNKNOWN_CURE, |known| known.cure),
    };
    let seen = ADVICE.iter().zip(seen.0).filter(|(_, rows)| *rows > 0);
    let advice = seen.map(|(advice, rows)| format!(" {advice} ({}).", number(rows, "row")));
    cure.to_owned() + &advice.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_of_the_rows_is_part_of_the_cure() {
        let mut seen = Seen::default();
        let (usual, long) = ("é".repeat(60), "é".repeat(61));
        for name in [&*usual, &*long, &*long, "#1", ""] {
            seen.add(Some(name.as_bytes()), name.is_empty());
        }
        assert_eq!(
            cure(Some(&KNOWN[1]), Severity::Error, &seen),
            "Write the dates as the import's mapping expects them, within the model's calendar. \
             A name has at most 60 characters (2 rows). A name does not begin with # (1 row). \
             Remove repeated header rows from the source (1 row)."
        );
    }
}
