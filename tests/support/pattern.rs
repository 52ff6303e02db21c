//! Expected texts: whole, but for the parts that differ from run to run.

/// A placeholder in an expected text, and what it fits within a line.
type Wildcard = (&'static str, fn(&str) -> bool);

const WILDCARDS: [Wildcard; 3] = [
    // A duration, such as `0.35 s`, `3 min 05 s` or `2 h 04 min`.
    ("<TIME>", is_duration),
    // A time of day, such as `12:03:04`.
    ("<CLOCK>", is_clock),
    // Any text. A test that uses it leaves this part open.
    ("<ANY>", |_| true),
];

fn is_clock(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    parts.len() == 3 && parts.iter().all(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether the whole text is as expected.
pub(super) fn matches(expected: &str, text: &str) -> bool {
    let found = WILDCARDS.iter().filter_map(|(name, fits)| Some((expected.find(name)?, name, fits)));
    let Some((at, name, fits)) = found.min_by_key(|(at, ..)| *at) else {
        return expected == text;
    };
    let (before, after) = (&expected[..at], &expected[at + name.len()..]);
    let Some(rest) = text.strip_prefix(before) else {
        return false;
    };
    let longest = rest.find('\n').unwrap_or(rest.len());
    let ends = (0..=longest).filter(|end| rest.is_char_boundary(*end));
    ends.into_iter().any(|end| fits(&rest[..end]) && matches(after, &rest[end..]))
}

fn is_duration(text: &str) -> bool {
    let units = ["s", "min", "h"];
    let words: Vec<&str> = text.split(' ').collect();
    words.len().is_multiple_of(2)
        && words.chunks(2).all(|pair| pair[0].parse::<f64>().is_ok() && units.contains(&pair[1]))
}

#[test]
fn an_expected_text_matches_the_whole_text_only() {
    assert!(matches("a <ANY> in <TIME>\n", "a b c in 0.35 s\n"));
    assert!(matches("<TIME>, <TIME>", "3 min 05 s, 2 h 04 min"));
    assert!(matches("<CLOCK> a", "23:59:00 a") && !matches("<CLOCK> a", "3 s a"));
    for other in ["a b in 0.35 s", "a b in 0.35 s\n\n", "a b\nc in 0.35 s\n", "a b in soon\n", "a b in \n"] {
        assert!(!matches("a <ANY> in <TIME>\n", other), "{other:?}");
    }
}
