//! The removal of secrets from every text that is shown: a service or a proxy may repeat what it was sent.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

/// Characters in a row that are taken for a piece of a secret, wherever they occur. Fewer may occur by
/// chance.
const PIECE_CHARS: usize = 8;

/// Minimum length of a shorter secret that is masked where it occurs whole, in characters: the removal of a
/// shorter one would spoil every other word.
const MIN_CHARS: usize = 4;

/// Tokens that are remembered: an answer may repeat one that was renewed a moment ago.
const MAX_TOKENS: usize = 4;

/// What stands for a piece of a secret in a text.
const MASK: &str = "***";

/// The secrets of a client, for their removal. Holds no secret in one piece.
#[derive(Default)]
pub(super) struct Mask {
    /// What the client was made with.
    lasting: Vec<Pieces>,
    /// The newest one is the last.
    tokens: RwLock<Vec<Pieces>>,
}

/// The runs of characters of a secret, in lower case, all of one length.
#[derive(PartialEq)]
struct Pieces {
    /// Length of the whole secret.
    whole: usize,
    chars: usize,
    runs: HashSet<Box<[u8]>>,
}

impl Pieces {
    fn of(secret: &str) -> Option<Pieces> {
        let chars = secret.len().min(PIECE_CHARS);
        let runs = || secret.to_ascii_lowercase().as_bytes().windows(chars).map(Box::from).collect();
        (chars >= MIN_CHARS).then(|| Pieces { whole: secret.len(), chars, runs: runs() })
    }
}

impl Mask {
    /// Removes these secrets.
    pub(super) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Mask {
        Mask { lasting: secrets.into_iter().filter_map(Pieces::of).collect(), tokens: RwLock::default() }
    }

    /// Removes this token too from now on, and the oldest no longer.
    pub(super) fn add_token(&self, token: &str) {
        let Some(pieces) = Pieces::of(token) else { return };
        let mut tokens = self.tokens.write().unwrap_or_else(PoisonError::into_inner);
        if tokens.contains(&pieces) {
            return;
        }
        if tokens.len() == MAX_TOKENS {
            tokens.remove(0);
        }
        tokens.push(pieces);
    }

    /// Replaces every piece of a secret in `text`, which is for people.
    pub(super) fn apply(&self, text: &mut String) {
        self.replace(text, |pieces| pieces.chars);
    }

    /// Replaces whole secrets in a name or an id. A piece of one is left: a process may be named with a word of
    /// the password, and could not be found without it.
    pub(super) fn apply_to_data(&self, text: &mut String) {
        self.replace(text, |pieces| pieces.whole);
    }

    /// Replaces what is in a secret and at least as long as `min_chars` says.
    fn replace(&self, text: &mut String, min_chars: fn(&Pieces) -> usize) {
        let mut is_secret = vec![false; text.len()];
        let lower = text.to_ascii_lowercase();
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
        for pieces in self.lasting.iter().chain(&*tokens) {
            // Windows that follow each other without a gap are one stretch of the secret.
            let mut stretch = 0..0;
            for (start, piece) in lower.as_bytes().windows(pieces.chars).enumerate() {
                if !pieces.runs.contains(piece) {
                    continue;
                }
                let end = start + pieces.chars;
                stretch =
                    if start <= stretch.end && !stretch.is_empty() { stretch.start..end } else { start..end };
                if stretch.len() >= min_chars(pieces) {
                    is_secret[stretch.clone()].fill(true);
                }
            }
        }
        if !is_secret.contains(&true) {
            return;
        }
        let mut masked = String::with_capacity(text.len());
        for (at, character) in text.char_indices() {
            if !is_secret[at] {
                masked.push(character);
            } else if !masked.ends_with(MASK) || !at.checked_sub(1).is_some_and(|before| is_secret[before]) {
                masked.push_str(MASK);
            }
        }
        *text = masked;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(secrets: &[&str], text: &str) -> String {
        let mask = Mask::new(secrets.iter().copied());
        let mut shown = text.to_owned();
        mask.apply(&mut shown);
        shown
    }

    #[test]
    fn every_piece_of_a_secret_is_masked_and_nothing_else() {
        for (text, shown) in [
            ("you sent 0123456789abcdefGHIJ==, é", "you sent ***, é"),
            ("you sent 0123456789ABCDEFGHIJ==", "you sent ***"),
            ("...6789abcdefG, cut", "...***, cut"),
            ("0123456789abcdefGHIJ==0123456789abcdefGHIJ==", "***"),
            ("01234567 and abcdefGH", "*** and ***"),
            ("0123456 is too short", "0123456 is too short"),
            ("", ""),
        ] {
            assert_eq!(masked(&["0123456789abcdefGHIJ=="], text), shown);
        }
    }

    #[test]
    fn of_a_name_only_a_whole_secret_is_masked() {
        let mask = Mask::new(["Forecast-2026!"]);
        for (name, shown) in [
            ("Forecast load", "Forecast load"),
            ("load forecast-2026! again", "load *** again"),
            ("Forecast-2026", "Forecast-2026"),
        ] {
            let mut text = name.to_owned();
            mask.apply_to_data(&mut text);
            assert_eq!(text, shown);
        }
    }

    #[test]
    fn a_short_secret_is_masked_where_it_occurs_whole() {
        assert_eq!(masked(&["pa\u{df}wd", "abcdefghijk"], "Pa\u{df}wd, pwd, cdefghij"), "***, pwd, ***");
        assert_eq!(masked(&["abc"], "abcdef"), "abcdef", "or every other word would be spoilt");
    }

    #[test]
    fn the_newest_tokens_and_the_first_secrets_are_masked() {
        let mask = Mask::new(["the password"]);
        (0..20).for_each(|number| mask.add_token(&format!("{number:0>12}")));
        let mut shown = "the password, 000000000019, 000000000018".to_owned();
        mask.apply(&mut shown);
        assert_eq!(shown, "***, ***, ***");
    }
}
