//! The messages of the service: what each means, whether a value follows, and what cures it. One table.

use super::model::Severity;
use super::row::Row;
use super::words::number;

/// How the value that a message complains of follows its words. After a colon it may always follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follows {
    /// After a colon, or after a blank where the row holds it.
    Value,
    /// The rest of the message, which differs from row to row: where it is in the source.
    Place,
}

/// A message that is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Known {
    words: &'static str,
    follows: Follows,
    /// It only says that another row, on which this one depends, was rejected.
    is_consequence: bool,
    cure: &'static str,
}

const fn error(words: &'static str, cure: &'static str) -> Known {
    Known { words, follows: Follows::Value, is_consequence: false, cure }
}

const fn place(words: &'static str, cure: &'static str) -> Known {
    Known { words, follows: Follows::Place, is_consequence: false, cure }
}

// Titles of kinds that the service has no message for.
pub(super) const TOO_FEW_FIELDS: &str = "Row with too few fields";
pub(super) const TOO_MANY_FIELDS: &str = "Row with too many fields";
pub(super) const CUT_OFF: &str = "Row cut off at the end of the file";
pub(super) const NO_MESSAGE: &str = "Row without a message";

const NAME: &str = "Invalid name";
const LINE_ITEM: &str = "Invalid line item identifier";
const DUPLICATE: &str = "Duplicate";
const CALENDAR: &str = "Item not found in calendar";

const FIELDS: &str = "Look for a quote or a separator in a field that the source does not quote.";
const BOOLEAN: &str = "Write yes, no, true or false.";
const PERIODS: &str = "Write periods as the model's calendar names them, or extend the calendar.";
const RIGHTS: &str =
    "Give the user who runs the import the right to change these items, or leave them out of the source.";
const KEY: &str = "Fill the columns that identify the item.";
const LIST: &str =
    "Load the missing items into this list first, or correct the names or codes in the source.";

/// The vendor's words. Those of a list, with its name in the place of `L`, are in [`IN_LIST`].
const KNOWN: &[Known] = &[
    error(
        "Invalid number",
        "Write plain numbers without units or words, with the decimal sign that the import expects.",
    ),
    error(
        "Invalid date",
        "Write the dates as the import's mapping expects them, within the model's calendar.",
    ),
    error(
        "Invalid date format",
        "Write the dates as the import's mapping expects them, or change the format there.",
    ),
    error(
        "Expected separator in date/period",
        "Write dates and periods with the separator of the import's format, such as 31/12/2026.",
    ),
    error(NAME, "Give the item a name that is neither empty nor reserved, or one that the list has."),
    error("Invalid code", "Correct the code in the source, or map the column that really holds codes."),
    error("Invalid parent", "Load the parent first, or correct its name or code in the source."),
    error("Invalid Boolean (yes/no/true/false)", BOOLEAN),
    error("Invalid Boolean", BOOLEAN),
    error("Invalid boolean", BOOLEAN),
    error(
        LINE_ITEM,
        "Map these columns to line items of the module, or ignore them: a line item may have a new name.",
    ),
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
    error(DUPLICATE, "Keep one row of each in the source."),
    error("Error parsing key - no values", KEY),
    error("Error parsing key for this row; no values", KEY),
    error("Not authorized to update entity", RIGHTS),
    error("Not authorized to move entity", RIGHTS),
    error("Invalid email address", "Write a valid e-mail address of a user."),
    error("Invalid role", "Give the user a role that the model has."),
    error("Conflicting roles for user", "Give the user one role."),
    place("Column separator expected", FIELDS),
    place(
        "Unmatched delimiter character",
        "Close every quote in the source, and double the quotes inside fields.",
    ),
    Known {
        words: "Has dependency on rejected row",
        follows: Follows::Value,
        is_consequence: true,
        cure: "Correct the rows that these depend on; these need no change, only to be uploaded again.",
    },
    error(NO_MESSAGE, "The dump does not say why: look at the row in the source."),
    error(TOO_FEW_FIELDS, FIELDS),
    error(TOO_MANY_FIELDS, FIELDS),
    error(CUT_OFF, "The file is not complete: download the dump again."),
];

/// What messages about an item and a list begin with. They end with the word, after the name of the list.
const IN_LIST: [&str; 2] = ["Item not located in", "Item not found in"];
const LIST_WORD: [u8; 5] = *b" list";

const UNKNOWN_CURE: &str = "A message that is not known here: compare these rows with rows that were loaded.";

/// Longest name of an item, in characters, as the service documents it.
const MAX_NAME_CHARS: usize = 60;

/// Ends of a title that are tried, so that a row of very many columns is not looked through for each. Names of lists
/// hold the word a few times at most, and messages a few colons.
const MAX_ENDS: usize = 100;

/// What a row's message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Message<'a> {
    /// The message without its value. Messages with the same title are of one kind.
    pub(super) title: &'a [u8],
    pub(super) value: Option<&'a [u8]>,
    /// The service did not say this: the row's shape did.
    pub(super) is_note: bool,
    pub(super) known: Option<&'static Known>,
}

impl<'a> Message<'a> {
    /// Takes a message apart. Of one that is not known, only a text that the row holds, as `is_in_row` says, is a
    /// value: any text can come, in any language.
    pub(super) fn new(text: &'a [u8], is_in_row: impl Fn(&[u8]) -> bool) -> Self {
        let (end, known) = match known_title(text, &is_in_row) {
            Some((end, known)) => (Some(end), Some(known)),
            None => (unknown_title(text, &is_in_row), None),
        };
        let (title, rest) = text.split_at(end.unwrap_or(text.len()));
        let value = match rest {
            [] => None,
            [b':', b' ', value @ ..] | [b':' | b' ', value @ ..] => Some(value),
            value => Some(value),
        };
        let is_place = known.is_some_and(|known| known.follows == Follows::Place);
        let value =
            value.map(|value| if is_place { value.strip_prefix(b"at ").unwrap_or(value) } else { value });
        Self { title, value, is_note: false, known }
    }

    /// What this library notes about a row.
    pub(super) fn note(title: &'static str, value: Option<&'a [u8]>) -> Self {
        Self { title: title.as_bytes(), value, is_note: true, known: None }
    }

    pub(super) fn is_consequence(&self) -> bool {
        self.known.is_some_and(|known| known.is_consequence)
    }

    /// The index of the column that it is about: the one that it names, or the only one that holds the value.
    pub(super) fn column(&self, row: &Row<'_>) -> Option<usize> {
        let named = self.quoted_column().and_then(|name| row.columns.own_index(name));
        named.or_else(|| if self.is_note { None } else { row.column_holding(self.value?, false) })
    }

    /// The name of the column that a message about a line item quotes: `Column 85717 ("02 Customer")`.
    fn quoted_column(&self) -> Option<&'a [u8]> {
        if self.known?.words != LINE_ITEM {
            return None;
        }
        let value = self.value?;
        let Some(start) = value.windows(2).position(|pair| pair == b"(\"") else { return Some(value) };
        Some(value[start + 2..].strip_suffix(b"\")").unwrap_or(value))
    }
}

/// Rows of a kind with something that its words do not say.
#[derive(Debug, Default)]
pub(super) struct Seen {
    long_names: u64,
    hash_names: u64,
    /// The row holds the names of the columns.
    headers: u64,
}

impl Seen {
    pub(super) fn add(&mut self, message: &Message<'_>, is_header: bool) {
        self.headers += u64::from(is_header);
        let name = message.value.filter(|_| message.known.is_some_and(|known| known.words == NAME));
        match name {
            Some([b'#', ..]) => self.hash_names += 1,
            Some(name) if String::from_utf8_lossy(name).chars().count() > MAX_NAME_CHARS => {
                self.long_names += 1
            }
            _ => {}
        }
    }
}

/// What usually cures a kind: by its title, and by what was seen of its rows.
pub(super) fn cure(title: &str, severity: Severity, seen: &Seen) -> String {
    let is_in_list = || IN_LIST.iter().any(|words| title.starts_with(words)) && title.ends_with(" list");
    let is_duplicate = || title.strip_prefix(DUPLICATE).is_some_and(|rest| rest.starts_with(' '));
    let mut cure = match known(title.as_bytes()) {
        Some(known) => known.cure,
        None if is_in_list() => LIST,
        None if is_duplicate() => known(DUPLICATE.as_bytes()).map_or("", |known| known.cure),
        None => UNKNOWN_CURE,
    }
    .to_owned();
    if severity == Severity::Warning && title == NO_MESSAGE {
        cure = "The dump does not say what the warning is: look at the row in the source.".to_owned();
    }
    for (rows, advice) in [
        (seen.long_names, "A name has at most 60 characters"),
        (seen.hash_names, "A name does not begin with #"),
        (seen.headers, "Remove repeated header rows from the source"),
    ] {
        if rows > 0 {
            cure.push_str(&format!(" {advice} ({}).", number(rows, "row")));
        }
    }
    cure
}

fn known(title: &[u8]) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.words.as_bytes() == title)
}

/// The length of the title of a known message, and what is known.
fn known_title(text: &[u8], is_in_row: impl Fn(&[u8]) -> bool) -> Option<(usize, &'static Known)> {
    let is_followed_by_value = |words: &str| match text.split_at_checked(words.len()) {
        Some((head, [b' ', value @ ..])) => head == words.as_bytes() && is_in_row(value),
        _ => false,
    };
    // First: the value may hold a colon.
    if is_followed_by_value(DUPLICATE) {
        return Some((DUPLICATE.len(), known(DUPLICATE.as_bytes())?));
    }
    // Before the colon is looked for: the name of a list may hold one. A calendar is no list.
    if let Some(words) = IN_LIST.iter().find(|words| text.starts_with(words.as_bytes()))
        && !text.starts_with(CALENDAR.as_bytes())
        && let Some(end) = list_title(words.len(), text, &is_in_row)
    {
        let is_time = text[..end].ends_with(b" Time list");
        let known = if is_time { known(&text[..end]) } else { None };
        return Some((end, known.unwrap_or(&IN_A_LIST)));
    }
    if let Some(colon) = memchr::memchr(b':', text) {
        let head = &text[..colon];
        if let Some(known) = known(head) {
            return Some((colon, known));
        }
        if is_duplicate(head) {
            return Some((colon, known(DUPLICATE.as_bytes())?));
        }
    }
    let is_known = |known: &&Known| match known.follows {
        Follows::Value => known.words.as_bytes() == text || is_followed_by_value(known.words),
        Follows::Place => {
            let rest = text.strip_prefix(known.words.as_bytes());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b" "))
        }
    };
    KNOWN.iter().find(is_known).map(|known| (known.words.len(), known))
}

static IN_A_LIST: Known = error("", LIST);

/// The length of the title of a message about an item and a list. Its value may hold the word again, so the
/// first end that fits counts.
fn list_title(start: usize, text: &[u8], is_in_row: impl Fn(&[u8]) -> bool) -> Option<usize> {
    let ends = (start..text.len())
        .filter(|at| text[*at..].first_chunk() == Some(&LIST_WORD))
        .map(|at| at + LIST_WORD.len());
    ends.take(MAX_ENDS).find(|end| match &text[*end..] {
        [] | [b':', ..] => true,
        [b' ', value @ ..] => is_in_row(value),
        _ => false,
    })
}

/// The length of the title of a message that is not known: it ends at a colon in front of a text that the row holds.
fn unknown_title(text: &[u8], is_in_row: impl Fn(&[u8]) -> bool) -> Option<usize> {
    let ends = (1..text.len()).filter(|at| text[*at..].first_chunk() == Some(b": "));
    ends.take(MAX_ENDS).find(|end| is_in_row(&text[end + 2..]))
}

/// Whether this is `Duplicate`, alone or with plain words: a value would be part of it otherwise.
fn is_duplicate(head: &[u8]) -> bool {
    let words = head.strip_prefix(DUPLICATE.as_bytes());
    words.is_some_and(|words| {
        words.starts_with(b" ")
            && words.iter().all(|byte| byte.is_ascii_alphabetic() || b" /-".contains(byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Title and value of a message in a row that holds `field`.
    fn parts<'a>(text: &'a str, field: &str) -> (&'a str, Option<&'a str>) {
        let message = Message::new(text.as_bytes(), |value| value == field.as_bytes());
        let text = |bytes| std::str::from_utf8(bytes).unwrap();
        (text(message.title), message.value.map(text))
    }

    #[test]
    fn each_known_message_is_one_kind_with_any_value_and_has_a_cure() {
        let lists =
            ["Item not located in Products list", "Item not found in list", "Item not found in P list"];
        for words in KNOWN.iter().map(|known| known.words).chain(lists) {
            for value in ["", "a: b", "\"quoted\"", "two list: x", " leading and trailing "] {
                let text = format!("{words}: {value}");
                assert_eq!(parts(&text, ""), (words, Some(value)), "{text}");
            }
            assert_eq!(parts(words, ""), (words, None));
            let text = format!("{words} K: 1");
            let message = parts(&text, "K: 1");
            assert_eq!(message, (words, Some("K: 1")));
            assert_ne!(cure(words, Severity::Error, &Seen::default()), UNKNOWN_CURE, "{words}");
        }
    }

    #[test]
    fn words_and_values_are_told_apart() {
        for (text, field, title, value) in [
            ("Invalid number:7", "", "Invalid number", Some("7")),
            ("Invalid parent North", "South", "Invalid parent North", None),
            (
                "Item not located in Price list list: a list: b",
                "",
                "Item not located in Price list list",
                Some("a list: b"),
            ),
            (
                "Item not located in A list B list K 1",
                "K 1",
                "Item not located in A list B list",
                Some("K 1"),
            ),
            ("Item not located in A list B list K 1", "", "Item not located in A list B list K 1", None),
            (
                "Column separator expected at line 2, position 3",
                "",
                "Column separator expected",
                Some("line 2, position 3"),
            ),
            ("Column separator expected: x", "", "Column separator expected", Some("x")),
            ("Duplicate key: A: B", "", "Duplicate key", Some("A: B")),
            ("Duplicate key: A: B", "key: A: B", "Duplicate", Some("key: A: B")),
            ("Duplicate _Item_", "", "Duplicate _Item_", None),
            ("Duplicated: A", "", "Duplicated: A", None),
            ("Número no válido: n/a", "n/a", "Número no válido", Some("n/a")),
            ("Número no válido: n/a", "", "Número no válido: n/a", None),
            ("Fila 3: valor: 1: 2", "1: 2", "Fila 3: valor", Some("1: 2")),
            ("Depends on rejected row 2", "", "Depends on rejected row 2", None),
        ] {
            assert_eq!(parts(text, field), (title, value), "{text}");
        }
    }

    #[test]
    fn the_ends_that_are_tried_have_a_maximum() {
        let tried = std::cell::Cell::new(0);
        for text in ["Item not located in ".to_owned() + &" list x".repeat(1_000), "x: ".repeat(1_000)] {
            Message::new(text.as_bytes(), |_| {
                tried.set(tried.get() + 1);
                false
            });
            assert!(tried.take() < 2 * MAX_ENDS + KNOWN.len());
        }
    }

    #[test]
    fn only_a_row_that_depends_on_another_is_a_consequence() {
        let is_consequence = |text: &str| Message::new(text.as_bytes(), |_| false).is_consequence();
        assert!(is_consequence("Has dependency on rejected row"));
        assert!(is_consequence("Has dependency on rejected row: 7"));
        assert!(!is_consequence("Item not located in Rejected dependents list: A"));
        assert!(!is_consequence("Invalid name: Has dependency on rejected row"));
    }

    #[test]
    fn a_line_item_identifier_names_its_column() {
        let quoted = |text: &str| {
            let message = Message::new(text.as_bytes(), |_| false);
            message.quoted_column().map(|name| String::from_utf8(name.to_vec()).unwrap())
        };
        let column = "Invalid line item identifier: Column 85717 (\"02 (new) \"Customer\"\")";
        assert_eq!(quoted(column).unwrap(), "02 (new) \"Customer\"");
        assert_eq!(quoted("Invalid line item identifier: 00A Partner").unwrap(), "00A Partner");
        assert_eq!(quoted("Invalid name: Column 1 (\"x\")"), None);
    }

    #[test]
    fn what_was_seen_of_the_rows_is_part_of_the_cure() {
        let mut seen = Seen::default();
        let (usual, long) = ("é".repeat(60), "é".repeat(61));
        for name in [&*usual, &*long, &*long, "#1", ""] {
            let text = format!("Invalid name: {name}");
            seen.add(&Message::new(text.as_bytes(), |_| false), name.is_empty());
        }
        let cure = cure(NAME, Severity::Error, &seen);
        let (_, seen) = cure.split_once(". ").unwrap();
        assert_eq!(
            seen,
            "A name has at most 60 characters (2 rows). A name does not begin with # (1 row). \
             Remove repeated header rows from the source (1 row)."
        );
    }
}
