//! The removal of secrets from the texts of the service that an error or a note shows: a service or a proxy
//! may repeat what it was sent. Ids and names are left as they are: the next request asks for them.

#[derive(Default)]
pub(super) struct Secrets {
    /// What the client was made with.
    pub(super) lasting: Vec<String>,
    /// The newest first: an answer may repeat one that was renewed a moment ago.
    pub(super) tokens: std::sync::Mutex<Vec<String>>,
}

impl Secrets {
    /// Removes this token or code too from now on.
    pub(super) fn add(&self, token: &str) {
        const MAX_TOKENS: usize = 8;
        let mut tokens = crate::sync::lock(&self.tokens);
        tokens.retain(|known| known != token);
        tokens.insert(0, token.to_owned());
        tokens.truncate(MAX_TOKENS);
    }

    pub(super) fn redact(&self, text: &str) -> String {
        /// Without a shorter secret, every other word would be spoilt.
        const MIN_BYTES: usize = 4;
        let tokens = crate::sync::lock(&self.tokens);
        let secrets: Vec<_> = self.lasting.iter().chain(&*tokens).filter(|secret| secret.len() >= MIN_BYTES).collect();
        let (mut shown, mut rest) = (Vec::new(), text.as_bytes());
        while let [next, others @ ..] = rest {
            // One may be a part of another.
            let after = secrets.iter().filter_map(|secret| after(secret, rest)).min_by_key(|after| after.len());
            shown.extend_from_slice(if after.is_some() { b"***" } else { std::slice::from_ref(next) });
            rest = after.unwrap_or(others);
        }
        String::from_utf8_lossy(&shown).into_owned()
    }
}

/// What follows a secret at the start of a text, as it is or with bytes escaped as in JSON, a URL or a form. Where the
/// secret itself holds what looks like an escape, it is found without that kind.
fn after<'a>(secret: &str, text: &'a [u8]) -> Option<&'a [u8]> {
    let is_hex = |digits: [u8; 2], byte: u8| format!("{byte:02x}").as_bytes().eq_ignore_ascii_case(&digits);
    let unescaped = |rest: &'a [u8], byte: u8, escapes: &str| match rest {
        [b'%', a, b, after @ ..] if escapes.contains('%') && is_hex([*a, *b], byte) => Some(after),
        [b'\\', next, after @ ..] if escapes.contains('\\') && *next == byte => Some(after),
        [next, after @ ..] if *next == byte || (*next == b'+' && byte == b' ') => Some(after),
        _ => None,
    };
    let found = |escapes: &str| secret.bytes().try_fold(text, |rest, byte| unescaped(rest, byte, escapes));
    ["%\\", "%", "\\", ""].into_iter().find_map(found)
}

#[test]
fn a_secret_is_removed_in_every_form_and_nothing_else_is() {
    let secrets = Secrets { lasting: ["a \"b", "1%é", r"x\\y%41"].map(str::to_owned).into(), ..Secrets::default() };
    let tokens = (0..9).map(|number| format!("key-{number}"));
    tokens.chain(["abc", r#"p"%25"#, "key-8-x"].map(str::to_owned)).for_each(|token| secrets.add(&token));
    let text = r#"é abcdef a b key-0 1% <a "b|a \"b|a%20%22b|a+"b|1%é|1%25%C3%A9|1%25%c3%a9|x\\y%41|key%2D8-x>"#;
    assert_eq!(secrets.redact(text), format!("é abcdef a b key-0 1% <{}>", ["***"; 9].join("|")));
    assert_eq!(secrets.redact(r#"p"%25|p\"%25|p%22%2525"#), "***|***|***");
}
