//! A message of the service, taken apart: what it is about, and the value that it complains of.

/// What messages that end in a value begin with. Each was seen, or is named in the vendor's table of codes. Of any
/// other message, one in another language perhaps, only what the row itself holds is a value.
const WITH_VALUE: [&str; 12] = [
    "Invalid name",
    "Invalid number",
    "Invalid date",
    "Invalid date format",
    "Invalid parent",
    "Invalid code",
    "Invalid boolean",
    "Invalid Boolean",
    LINE_ITEM,
    "Expected separator in date/period",
    "Name or code already exists",
    "Cannot be directly updated as it is a calculated line item",
];

const LINE_ITEM: &str = "Invalid line item identifier";
pub(super) const NOT_IN_LIST: &str = "Item not located in ";
const LIST: [u8; 5] = *b" list";
pub(super) const DUPLICATE: &str = "Duplicate";

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
    /// It only says that another row, on which this one depends, was rejected.
    pub(super) is_consequence: bool,
}

impl<'a> Message<'a> {
    /// Takes a message apart. The colon before a value may be missing; then only a text that the row holds,
    /// as `is_in_row` says, is a value.
    pub(super) fn new(text: &'a [u8], is_in_row: impl Fn(&[u8]) -> bool) -> Self {
        let is_about_list = text.get(..NOT_IN_LIST.len()) == Some(NOT_IN_LIST.as_bytes());
        let known = if is_about_list { list_title(text, &is_in_row) } else { title(text, &is_in_row) };
        let consequence = if known.is_some() || is_about_list { None } else { consequence_title(text) };
        let title = known.or(consequence).or_else(|| unknown_title(text, &is_in_row));
        let (title, rest) = text.split_at(title.unwrap_or(text.len()));
        let value = match rest {
            [] => None,
            [b':', b' ', value @ ..] | [b':' | b' ', value @ ..] => Some(value),
            value => Some(value),
        };
        Self { title, value, is_note: false, is_consequence: consequence.is_some() }
    }

    /// What this library notes about a row.
    pub(super) fn note(title: &'static str, value: Option<&'a [u8]>) -> Self {
        Self { title: title.as_bytes(), value, is_note: true, is_consequence: false }
    }

    /// The name of the column that a message about a line item quotes: `Column 85717 ("02 Customer")`.
    pub(super) fn quoted_column(&self) -> Option<&'a [u8]> {
        if self.title != LINE_ITEM.as_bytes() {
            return None;
        }
        let value = self.value?;
        let Some(start) = value.windows(2).position(|pair| pair == b"(\"") else { return Some(value) };
        Some(value[start + 2..].strip_suffix(b"\")").unwrap_or(value))
    }
}

/// Whether a text only says that another row, on which this one depends, was rejected.
fn is_consequence(title: &[u8]) -> bool {
    holds(title, b"epend") && (holds(title, b"eject") || holds(title, b"fail"))
}

/// Generic over the length, because comparing with a word of a known length is faster.
fn holds<const LENGTH: usize>(text: &[u8], word: &[u8; LENGTH]) -> bool {
    text.windows(LENGTH).any(|part| part == word)
}

/// The length of the title of a message about an item and a list. Its value may hold the word again, so the
/// first end that fits counts.
fn list_title(text: &[u8], is_in_row: impl Fn(&[u8]) -> bool) -> Option<usize> {
    let ends = (NOT_IN_LIST.len()..text.len())
        .filter(|at| text[*at..].first_chunk() == Some(&LIST))
        .map(|at| at + LIST.len());
    ends.take(MAX_ENDS).find(|end| match &text[*end..] {
        [] | [b':', ..] => true,
        [b' ', value @ ..] => is_in_row(value),
        _ => false,
    })
}

fn title(text: &[u8], is_in_row: impl Fn(&[u8]) -> bool) -> Option<usize> {
    let is_followed_by_value = |known: &str| match text.split_at_checked(known.len()) {
        Some((head, [b' ', value @ ..])) => head == known.as_bytes() && is_in_row(value),
        _ => false,
    };
    // First: the value may hold a colon.
    if is_followed_by_value(DUPLICATE) {
        return Some(DUPLICATE.len());
    }
    if let Some(colon) = text.iter().position(|byte| *byte == b':') {
        let head = &text[..colon];
        if WITH_VALUE.iter().any(|known| known.as_bytes() == head) || is_duplicate(head) {
            return Some(colon);
        }
    }
    let known = WITH_VALUE.iter().find(|known| known.as_bytes() == text || is_followed_by_value(known));
    known.map(|known| known.len())
}

/// The length of the title of a message about another rejected row. The vendor's wording is not known: what names the
/// other row begins at a colon, a digit or a quote, unless that is what says so.
fn consequence_title(text: &[u8]) -> Option<usize> {
    if !is_consequence(text) {
        return None;
    }
    let end =
        text.iter().position(|byte| b":'\"".contains(byte) || byte.is_ascii_digit()).unwrap_or(text.len());
    let title = text[..end].trim_ascii_end();
    Some(if is_consequence(title) { title.len() } else { text.len() })
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
        (words.is_empty() || words.starts_with(b" "))
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
    fn messages_that_were_seen_are_taken_apart() {
        for (text, title, value) in [
            ("Invalid name: _Item_", "Invalid name", Some("_Item_")),
            ("Invalid number: a", "Invalid number", Some("a")),
            ("Invalid date: ,,,", "Invalid date", Some(",,,")),
            ("Invalid parent", "Invalid parent", None),
            ("Invalid code: 4711", "Invalid code", Some("4711")),
            (
                "Invalid line item identifier: Column 85717 (\"02 Customer\")",
                "Invalid line item identifier",
                Some("Column 85717 (\"02 Customer\")"),
            ),
            ("Item not located in Products list", "Item not located in Products list", None),
            ("Item not located in Products list: X 1", "Item not located in Products list", Some("X 1")),
            (
                "Item not located in Price list list: a list: b",
                "Item not located in Price list list",
                Some("a list: b"),
            ),
            ("Expected separator in date/period", "Expected separator in date/period", None),
            ("Name or code already exists: N", "Name or code already exists", Some("N")),
            (
                "Cannot be directly updated as it is a calculated line item",
                "Cannot be directly updated as it is a calculated line item",
                None,
            ),
            ("Duplicate key: A: B", "Duplicate key", Some("A: B")),
        ] {
            assert_eq!(parts(text, ""), (title, value));
        }
    }

    #[test]
    fn a_value_may_hold_anything() {
        for value in [
            "",
            " ",
            "a: b",
            "\"quoted\"",
            "(x) [y]",
            ";|\t,",
            "line\nbreak",
            "Größe",
            " leading and trailing ",
        ] {
            assert_eq!(parts(&format!("Invalid number: {value}"), ""), ("Invalid number", Some(value)));
        }
        assert_eq!(parts("Invalid number:7", ""), ("Invalid number", Some("7")));
    }

    #[test]
    fn without_a_colon_only_a_text_of_the_row_is_a_value() {
        assert_eq!(
            parts("Invalid parent North: East", "North: East"),
            ("Invalid parent", Some("North: East"))
        );
        assert_eq!(parts("Invalid parent North", "South"), ("Invalid parent North", None));
        let text = "Item not located in Cost list centres list K 1";
        assert_eq!(parts(text, "K 1"), ("Item not located in Cost list centres list", Some("K 1")));
        assert_eq!(parts(text, ""), (text, None));
    }

    #[test]
    fn duplicates_of_a_value_of_the_row_are_one_kind() {
        for item in ["_Item_", "A", "A: B", "key: A: B", "'x' 1"] {
            assert_eq!(parts(&format!("Duplicate {item}"), item), ("Duplicate", Some(item)));
        }
        assert_eq!(parts("Duplicate: A", ""), ("Duplicate", Some("A")));
        assert_eq!(parts("Duplicate key: A: B", "A: B"), ("Duplicate key", Some("A: B")));
        assert_eq!(parts("Duplicate _Item_", ""), ("Duplicate _Item_", None));
        assert_eq!(parts("Duplicated: A", ""), ("Duplicated: A", None));
    }

    #[test]
    fn the_ends_of_a_list_that_are_tried_have_a_maximum() {
        let tried = std::cell::Cell::new(0);
        let text = format!("Item not located in X{}", " list".repeat(400_000));
        let message = Message::new(text.as_bytes(), |_| {
            tried.set(tried.get() + 1);
            false
        });
        assert_eq!((message.title.len(), message.value, tried.get()), (text.len(), None, MAX_ENDS));
    }

    #[test]
    fn an_unknown_message_has_a_value_only_if_its_row_holds_what_follows_a_colon() {
        for text in
            ["Something odd: 12", "Duplicate item 'A: B'", "invalid number: a", "Row 12 broke rule 7", ": 7"]
        {
            assert_eq!(parts(text, "7"), (text, None));
        }
        for (text, field, title) in [
            ("Something odd: 12", "12", "Something odd"),
            ("Ung\u{fc}ltige Zahl: a: b", "a: b", "Ung\u{fc}ltige Zahl"),
            ("Item not located in Regions: R1", "R1", "Item not located in Regions"),
            ("Rule 7: no such code: ", "", "Rule 7: no such code"),
        ] {
            assert_eq!(parts(text, field), (title, Some(field)));
        }
    }

    #[test]
    fn messages_that_name_another_rejected_row_are_consequences() {
        for (text, title) in [
            ("Depends on rejected row 12", "Depends on rejected row"),
            ("Dependency on a rejected row: 12", "Dependency on a rejected row"),
            ("Dependent row failed", "Dependent row failed"),
            ("Row 7 depends on rejected row 5", "Row 7 depends on rejected row 5"),
        ] {
            let message = Message::new(text.as_bytes(), |_| false);
            assert_eq!((message.title, message.is_consequence), (title.as_bytes(), true));
        }
        for text in [
            "Rejected",
            "Independent of the calendar",
            "Item not located in Rejected dependents list: A",
            "Invalid name: Depends on rejected row",
        ] {
            assert!(!Message::new(text.as_bytes(), |_| false).is_consequence, "{text}");
        }
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
}
