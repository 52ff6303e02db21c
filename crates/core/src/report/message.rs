//! Takes a message of the service apart: the words that all messages of a kind have, and the value.

use super::cures::{CALENDAR, Follows, IN_A_LIST, IN_LIST, KNOWN, Known};
use super::parser::{is_same, length_without};
use super::row::Row;

/// Ends of a title that are tried, so that a row of very many columns is not looked through for each. Names of lists
/// hold the word a few times at most, and messages a few colons.
const MAX_ENDS: usize = 100;

/// What a row's message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Message<'a> {
    /// The message without its value. Messages with the same title are of one kind.
    pub(super) title: &'a [u8],
    pub(super) value: Option<&'a [u8]>,
    pub(super) known: Option<&'static Known>,
}

impl<'a> Message<'a> {
    /// Takes a message apart. Of one that is not known, only a text that the row holds, as `is_in_row` says, is a
    /// value: any text can come, in any language.
    pub(super) fn new(text: &'a [u8], is_in_row: &dyn Fn(&[u8]) -> bool) -> Self {
        let (end, known) = match known_title(text, is_in_row) {
            Some((end, known)) => (end, Some(known)),
            None => {
                // `Duplicate` is known whatever words follow it.
                let first_word = text.split(|byte| *byte == b' ').next().unwrap_or_default();
                (unknown_title(text, is_in_row), known(first_word))
            }
        };
        let (title, rest) = text.split_at(end);
        let value = match rest {
            [] => None,
            [b':', b' ', value @ ..] | [b':' | b' ', value @ ..] => Some(value),
            value => Some(value),
        };
        let is_place = known.is_some_and(|known| known.follows == Follows::Place);
        let place = value.filter(|_| is_place).and_then(|value| value.strip_prefix(b"at "));
        Self { title, value: place.or(value), known }
    }

    /// What this library notes about a row.
    pub(super) fn note(note: &'static Known, value: Option<&'a [u8]>) -> Self {
        Self { title: note.words.as_bytes(), value, known: Some(note) }
    }

    pub(super) fn follows(&self) -> Follows {
        self.known.map_or(Follows::Value, |known| known.follows)
    }

    /// The index of the column that it is about: the one that it names, or the only one that holds the value.
    pub(super) fn column(&self, row: &Row<'_>) -> Option<usize> {
        let value = self.value?;
        let named = || row.columns.by_name.get(quoted_column(value)).copied();
        match self.follows() {
            Follows::Note => None,
            Follows::ColumnName => named().or_else(|| row.column_holding(value, false)),
            _ => row.column_holding(value, false),
        }
    }
}

/// The name of the column that a message about a line item quotes: `Column 85717 ("02 Customer")`.
fn quoted_column(value: &[u8]) -> &[u8] {
    let Some(start) = value.windows(2).position(|pair| pair == b"(\"") else { return value };
    value[start + 2..].strip_suffix(b"\")").unwrap_or(value)
}

fn known(title: &[u8]) -> Option<&'static Known> {
    KNOWN.iter().find(|known| is_same(known.words.as_bytes(), title))
}

/// The length of the title of a known message, and what is known.
fn known_title(text: &[u8], is_in_row: &dyn Fn(&[u8]) -> bool) -> Option<(usize, &'static Known)> {
    let value_after = |words: &str| match text.split_at_checked(words.len()) {
        Some((head, [b' ', value @ ..])) if head == words.as_bytes() => Some(value),
        _ => None,
    };
    // Before the colon is looked for: the name of a list may hold one.
    if text.starts_with(b"It")
        && let Some(words) = IN_LIST.iter().find(|words| text.starts_with(words.as_bytes()))
        && !text.starts_with(CALENDAR.as_bytes())
        && let Some(end) = list_title(words.len(), text, is_in_row)
    {
        let is_time = text[..end].ends_with(b" Time list");
        let known = if is_time { known(&text[..end]) } else { None };
        return Some((end, known.unwrap_or(&IN_A_LIST)));
    }
    let colon = length_without(b':', text);
    if colon < text.len()
        && let Some(known) = known(&text[..colon])
    {
        return Some((colon, known));
    }
    let is_known = |known: &&Known| match known.follows {
        Follows::Place => {
            let rest = text.strip_prefix(known.words.as_bytes());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b" "))
        }
        _ => known.words.as_bytes() == text || value_after(known.words).is_some_and(is_in_row),
    };
    KNOWN.iter().find(is_known).map(|known| (known.words.len(), known))
}

/// The length of the title of a message about an item and a list. Its value may hold the word again, so the
/// first end that fits counts.
fn list_title(start: usize, text: &[u8], is_in_row: &dyn Fn(&[u8]) -> bool) -> Option<usize> {
    const WORD: [u8; 5] = *b" list";
    let ends = (start..text.len()).filter(|at| text[*at..].first_chunk() == Some(&WORD)).map(|at| at + WORD.len());
    ends.take(MAX_ENDS).find(|end| match &text[*end..] {
        [] | [b':', ..] => true,
        [b' ', value @ ..] => is_in_row(value),
        _ => false,
    })
}

/// The length of the title of a message that is not known: it ends at a colon in front of a text that the row holds.
fn unknown_title(text: &[u8], is_in_row: &dyn Fn(&[u8]) -> bool) -> usize {
    let ends = (1..text.len()).filter(|at| text[*at..].first_chunk() == Some(b": "));
    ends.take(MAX_ENDS).find(|end| is_in_row(&text[end + 2..])).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Title and value of a message in a row that holds `field`.
    fn parts<'a>(text: &'a str, field: &str) -> (&'a str, Option<&'a str>) {
        let message = Message::new(text.as_bytes(), &|value| value == field.as_bytes());
        let text = |bytes| std::str::from_utf8(bytes).unwrap();
        (text(message.title), message.value.map(text))
    }

    #[test]
    fn each_known_message_is_one_kind_with_any_value() {
        let lists = ["Item not located in Products list", "Item not found in list"];
        for words in KNOWN.iter().map(|known| known.words).chain(lists) {
            for value in ["", "a: b", "\"quoted\"", "two list: x", " leading and trailing "] {
                let text = format!("{words}: {value}");
                assert_eq!(parts(&text, ""), (words, Some(value)), "{text}");
            }
            assert_eq!(parts(words, ""), (words, None));
            let text = format!("{words} K: 1");
            let message = parts(&text, "K: 1");
            assert_eq!(message, (words, Some("K: 1")));
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
            ("Item not located in A list B list K 1", "K 1", "Item not located in A list B list", Some("K 1")),
            ("Item not located in A list B list K 1", "", "Item not located in A list B list K 1", None),
            (
                "Column separator expected at line 2, position 3",
                "",
                "Column separator expected",
                Some("line 2, position 3"),
            ),
            ("Column separator expected: x", "", "Column separator expected", Some("x")),
            ("Duplicate key: A: B", "A: B", "Duplicate key", Some("A: B")),
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
            Message::new(text.as_bytes(), &|_| {
                tried.set(tried.get() + 1);
                false
            });
            assert!(tried.take() < 2 * MAX_ENDS + KNOWN.len());
        }
    }
}
