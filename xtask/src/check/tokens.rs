//! Rust source as tokens, without comments, quoted text and test code.

/// A word, `::`, or any other single character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) line: usize,
}

/// The tokens of a source that are not under `#[cfg(test)]`.
pub(super) fn product_tokens(source: &str) -> Vec<Token<'_>> {
    let all = tokens(source);
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < all.len() {
        if is_test_attribute(&all[at..]) {
            at = end_of_item(&all, at);
        } else {
            kept.push(all[at]);
            at += 1;
        }
    }
    kept
}

fn is_test_attribute(tokens: &[Token<'_>]) -> bool {
    let begins_with = |words: &[&str]| {
        tokens.len() >= words.len() && tokens.iter().zip(words).all(|(token, word)| token.text == *word)
    };
    begins_with(&["#", "[", "cfg", "(", "test", ")"])
        || begins_with(&["#", "[", "cfg", "(", "all", "(", "test", ","])
}

/// The index behind the item whose attributes begin at `at`.
fn end_of_item(tokens: &[Token<'_>], mut at: usize) -> usize {
    let mut depth = 0;
    while let Some(token) = tokens.get(at) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            // The end of what the item stands in.
            ")" | "]" | "}" if depth == 0 => return at,
            "}" if depth == 1 => return at + 1,
            ")" | "]" | "}" => depth -= 1,
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
        at += 1;
    }
    at
}

fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut rest, mut line) = (source, 1);
    while let Some(first) = rest.chars().next() {
        let no_token = first_blank(rest).or_else(|| first_comment(rest)).or_else(|| first_quoted(rest));
        let length = no_token.unwrap_or_else(|| {
            let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let other = if rest.starts_with("::") { 2 } else { first.len_utf8() };
            word.max(other)
        });
        let (text, behind) = rest.split_at(length);
        if no_token.is_none() {
            tokens.push(Token { text, line });
        }
        line += text.matches('\n').count();
        rest = behind;
    }
    tokens
}

/// The length of the blanks at the beginning.
fn first_blank(rest: &str) -> Option<usize> {
    Some(rest.len() - rest.trim_start().len()).filter(|length| *length > 0)
}

/// The length of the comment at the beginning.
fn first_comment(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    let mut inside = rest.strip_prefix("/*")?;
    // Comments of this kind nest.
    let mut depth = 1;
    while depth > 0 {
        let Some(mark) = inside.find("*/").into_iter().chain(inside.find("/*")).min() else {
            return Some(rest.len());
        };
        if inside[mark..].starts_with("/*") {
            depth += 1
        } else {
            depth -= 1
        }
        inside = &inside[mark + 2..];
    }
    Some(rest.len() - inside.len())
}

/// The length of the string or character at the beginning.
fn first_quoted(rest: &str) -> Option<usize> {
    let body = rest.trim_start_matches(['b', 'c', 'r']);
    let prefix = rest.len() - body.len();
    if rest[..prefix].contains('r') {
        let quote = body.trim_start_matches('#').strip_prefix('"')?;
        let hashes = body.len() - quote.len() - 1;
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(quote.find(&end).map_or(rest.len(), |at| rest.len() - quote.len() + at + end.len()));
    }
    let quote = body.chars().next().filter(|c| ['"', '\''].contains(c))?;
    // Neither escaped nor closed behind one character: a lifetime.
    let mut inside = body[1..].char_indices();
    if quote == '\'' && !body.starts_with("'\\") && inside.clone().nth(1).is_none_or(|(_, c)| c != '\'') {
        return None;
    }
    while let Some((at, c)) = inside.next() {
        match c {
            '\\' => drop(inside.next()),
            c if c == quote => return Some(prefix + at + 2),
            _ => {}
        }
    }
    Some(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        product_tokens(source).iter().map(|token| token.text).collect()
    }

    #[test]
    fn comments_and_quoted_text_are_no_tokens() {
        let source = r####"
            /// use crate::a;
            /* x /* y */ z */ let a = "use \" b"; // c
            let d = (r#"e"f"#, b"g", '"', '\'', b'h', '\u{1f}'); let i: &'j str = "";
        "####;
        assert_eq!(texts(source).join(" "), "let a = ; let d = ( , , , , , ) ; let i : & ' j str = ;");
    }

    #[test]
    fn tokens_know_their_line() {
        let lines: Vec<_> = product_tokens("a\n/*\n*/ b \"\n\" c").iter().map(|token| token.line).collect();
        assert_eq!(lines, [1, 3, 4]);
    }

    #[test]
    fn test_code_is_left_out_and_nothing_else() {
        let source =
            "#[cfg(test)] use a::{b}; x #[cfg(test)] #[rustfmt::skip] mod tests { fn c() { d(); } } y
            struct S { #[cfg(all(test, unix))] e: u8 } #[cfg(test)] mod tests; #[cfg(not(test))] z";
        assert_eq!(texts(source).join(" "), "; x y struct S { } # [ cfg ( not ( test ) ) ] z");
    }
}
