//! Text of a dump as people see it: bytes that are not UTF-8, and characters that cannot be seen.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::RangeInclusive;

use crate::text::{checksum, is_unprintable};

/// Longest text of a dump that is kept, in bytes: more is not shown of it, and tens of thousands of them must
/// fit in memory.
pub(super) const MAX_KEPT_BYTES: usize = 300;

/// What a text that is cut has at its end, at most.
const MAX_MARK_BYTES: usize = 60;

/// What Windows-1252 has in the place of the control characters from 0x80 to 0x9F of ISO-8859-1.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of these bytes. Whatever is not UTF-8 is taken for Windows-1252, text by text.
pub(super) fn text_of(bytes: &[u8]) -> String {
    let character = |byte: &u8| match byte {
        0x80..0xa0 => WINDOWS_1252[usize::from(byte - 0x80)],
        byte => char::from(*byte),
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(character).collect(),
    }
}

/// What is kept of a text, in UTF-8: its beginning if it is long, with its length and checksum, so that two that differ
/// stay two.
pub(super) fn kept(bytes: &[u8]) -> Cow<'_, [u8]> {
    // What was cut once is short enough.
    let is_long = bytes.len() > MAX_KEPT_BYTES + MAX_MARK_BYTES;
    if !is_long && std::str::from_utf8(bytes).is_ok() {
        return Cow::Borrowed(bytes);
    }
    let mut text = text_of(if is_long { &bytes[..MAX_KEPT_BYTES] } else { bytes });
    if is_long {
        if let Err(error) = std::str::from_utf8(&bytes[..MAX_KEPT_BYTES])
            && error.error_len().is_none()
        {
            // Cut between characters.
            text = text_of(&bytes[..error.valid_up_to()]);
        }
        let _ = write!(text, "... ({} bytes, {:08x})", bytes.len(), checksum(bytes) as u32);
    }
    Cow::Owned(text.into_bytes())
}

/// Characters that look like a blank or like nothing, or that combine with the letter in front to one that looks
/// composed, and what they are.
const HIDDEN: [(RangeInclusive<char>, &str); 11] = [
    ('\u{a0}'..='\u{a0}', "a no-break space"),
    ('\u{ad}'..='\u{ad}', "a soft hyphen"),
    ('\u{300}'..='\u{36f}', "a combining accent"),
    ('\u{2000}'..='\u{200a}', "a space of another width"),
    ('\u{200b}'..='\u{200d}', "a character without width"),
    ('\u{200e}'..='\u{200f}', "a mark of direction"),
    ('\u{202f}'..='\u{202f}', "a narrow no-break space"),
    ('\u{205f}'..='\u{2060}', "a space of another width"),
    ('\u{3000}'..='\u{3000}', "an ideographic space"),
    ('\u{fe00}'..='\u{fe0f}', "a variation selector"),
    ('\u{feff}'..='\u{feff}', "a byte order mark"),
];

/// A text in which everything can be seen: `1[U+00A0]250`, `a\nb`.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if is_unprintable(c) || HIDDEN.iter().any(|(range, _)| range.contains(&c)) => {
                let _ = write!(shown, "[U+{:04X}]", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown
}

/// What the characters in these texts that cannot be seen are: `[U+00A0] is a no-break space`.
pub(super) fn hidden_names<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let characters: BTreeSet<char> = texts.flat_map(str::chars).collect();
    let named = |character: char| {
        let (_, what) = HIDDEN.iter().find(|(range, _)| range.contains(&character))?;
        Some(format!("[U+{:04X}] is {what}", u32::from(character)))
    };
    characters.into_iter().filter_map(named).collect::<Vec<_>>().join(", ")
}

/// The columns of a terminal that a text takes: two for a character of East Asia.
pub(super) fn width(text: &str) -> usize {
    let columns = |character| match character {
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    };
    text.chars().map(columns).sum()
}

/// A text in which everything can be seen, cut to a number of columns.
pub(super) fn cut(text: &str, max: usize) -> String {
    let mut text = visible(text);
    if width(&text) > max {
        while width(&text) + 3 > max && text.pop().is_some() {}
        text.push_str("...");
    }
    text
}

/// A text and the blanks that fill it up to a number of columns.
pub(super) fn padded(text: &str, columns: usize) -> String {
    format!("{text}{:blanks$}", "", blanks = columns.saturating_sub(width(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters_and_stay_different() {
        for start in 0..4 {
            let text = "x".repeat(start) + &"é𝄞".repeat(200);
            let [short, other] = [text.clone(), text.clone() + "!"].map(|text| kept(text.as_bytes()).into_owned());
            assert_ne!(short, other);
            let short = String::from_utf8(short).unwrap();
            let (beginning, length) = short.split_once("... (").unwrap();
            assert!(text.starts_with(beginning) && length.starts_with("120"), "{short}");
        }
        assert_eq!(&*kept(b"short"), b"short");
    }

    #[test]
    fn what_cannot_be_seen_is_shown_and_named() {
        let texts = ["1\u{a0}250", "1\u{202f}250", "K\u{f6}ln", "Ko\u{308}ln", "a\n\u{1b}\u{3000}"];
        let shown = ["1[U+00A0]250", "1[U+202F]250", "Köln", "Ko[U+0308]ln", "a\\n[U+001B][U+3000]"];
        assert_eq!(texts.map(visible), shown);
        let names = "[U+00A0] is a no-break space, [U+0308] is a combining accent, \
            [U+202F] is a narrow no-break space, [U+3000] is an ideographic space";
        assert_eq!(hidden_names(texts.into_iter()), names);
    }
}
