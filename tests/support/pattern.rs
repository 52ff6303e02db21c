//! Expected texts: whole, but for the parts that differ from run to run.

/// A placeholder in an expected text, and what it fits.
const WILDCARDS: [(&str, &str); 3] = [
    // A duration, such as `0.35 s`, `3 min 05 s` or `2 h 04 min`.
    ("<TIME>", r"[0-9.]+ (s|min|h)( [0-9.]+ (s|min|h))*"),
    // A time of day, such as `12:03:04`.
    ("<CLOCK>", r"\d\d:\d\d:\d\d"),
    // Any text within a line. A test that uses it leaves this part open.
    ("<ANY>", ".*"),
];

/// Whether the whole text is as expected.
pub(super) fn matches(expected: &str, text: &str) -> bool {
    let fill = |pattern: String, (name, fits): (&str, &str)| pattern.replace(name, fits);
    let pattern = WILDCARDS.into_iter().fold(regex_lite::escape(expected), fill);
    regex_lite::Regex::new(&format!("^{pattern}$")).expect("a pattern").is_match(text)
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
