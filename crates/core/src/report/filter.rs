//! The rows of one kind: a text picks the kind by words of its title.

use std::collections::HashMap;

use super::model::{Kind, Report, Severity};
use super::shown::{kept, text_of};
use crate::report::ReportError;

/// Titles that an error lists.
const MAX_LISTED: usize = 20;

/// Decisions that are kept, so that a title which comes again costs one look. Many more titles are made for
/// one row each.
const MAX_DECISIONS: usize = 1_000;

/// What a text begins with that is a whole title. No title of the service begins with it.
const WHOLE: char = '=';

/// Picks the one kind whose title has words that begin with a text, in upper or lower case; or with [`WHOLE`] in front,
/// whose title it is. A kind of warnings is picked where no rejected row is of the kind.
#[derive(Debug, Default)]
pub(super) struct KindFilter {
    text: String,
    lowercase: String,
    decisions: HashMap<Box<[u8]>, bool>,
    /// Titles of rejected rows, and of those that were loaded.
    accepted: [Vec<String>; 2],
    refused: Vec<String>,
}

impl KindFilter {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), lowercase: text.to_lowercase(), ..Self::default() }
    }

    /// Whether a message of this title is of the kind. `is_loaded` says that it is a warning.
    pub(super) fn accepts(&mut self, title: &[u8], is_loaded: bool) -> bool {
        // As the report has it: that is what the text was taken from.
        let title = &*kept(title);
        let shown = || text_of(title);
        let known = self.decisions.get(title).copied();
        let accepts = known.unwrap_or_else(|| match self.text.strip_prefix(WHOLE) {
            Some(whole) => shown() == whole,
            None => begins_words(&shown().to_lowercase(), &self.lowercase),
        });
        let list = if accepts { &mut self.accepted[usize::from(is_loaded)] } else { &mut self.refused };
        if list.len() < MAX_LISTED && !list.iter().any(|listed| listed.as_bytes() == title) {
            list.push(shown());
        }
        if known.is_none() {
            if self.decisions.len() == MAX_DECISIONS {
                self.decisions.clear();
            }
            self.decisions.insert(title.into(), accepts);
        }
        accepts
    }

    /// The title that was picked, and whether it is one of warnings, once all rows were seen.
    pub(super) fn end(self) -> Result<(String, bool), ReportError> {
        let Self { text, accepted: [rejected, loaded], refused, .. } = self;
        let is_loaded = rejected.is_empty() && !loaded.is_empty();
        let titles = if is_loaded { loaded } else { rejected };
        match &*titles {
            [title] => Ok((title.clone(), is_loaded)),
            [] => Err(ReportError::NoSuchKind { text, kinds: refused }),
            _ => Err(ReportError::AmbiguousKind { text, kinds: titles }),
        }
    }
}

impl Report {
    /// The kind whose title has words that begin with this text, in upper or lower case; or with `=` in front, whose
    /// title it is. Kinds of warnings count where no other is of the kind.
    ///
    /// # Errors
    ///
    /// [`ReportError::NoSuchKind`] and [`ReportError::AmbiguousKind`].
    pub fn kind(&self, text: &str) -> Result<&Kind, ReportError> {
        let mut filter = KindFilter::new(text);
        let is_of_kind = |kind: &&Kind| filter.accepts(kind.title.as_bytes(), kind.severity == Severity::Warning);
        // Errors come first.
        let first = self.kinds.iter().filter(is_of_kind).collect::<Vec<_>>().into_iter().next();
        let (title, _) = filter.end()?;
        first.ok_or_else(|| ReportError::NoSuchKind { text: title, kinds: Vec::new() })
    }
}

/// Whether the text is in the title, from the beginning of a word on: "date" is in "Invalid date", and not in
/// "updated". A script without upper and lower case may not part words.
fn begins_words(title: &str, text: &str) -> bool {
    let is_inside_word = |at: usize| {
        let is_letter = |c: char| c.is_lowercase() || c.is_numeric();
        title[..at].ends_with(is_letter) && title[at..].starts_with(is_letter)
    };
    title.match_indices(text).any(|(at, _)| !is_inside_word(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_picks_the_one_kind_that_it_fits() {
        let picked = |text: &str, titles: &[&str]| {
            let mut filter = KindFilter::new(text);
            for title in titles {
                filter.accepts(title.as_bytes(), false);
            }
            filter.end().map(|(title, _)| title).map_err(|error| error.to_string())
        };
        let titles = ["Invalid date format", "Invalid date", "Item not located in Größen list", "Invalid Date"];
        let (dates, updated) = (&titles[1..3], ["Cannot be directly updated", "Invalid date", "無効な数値です"]);
        for (text, titles, title) in [
            ("DATE", dates, "Invalid date"),
            ("größen", &titles, "Item not located in Größen list"),
            ("=Invalid date", &titles, "Invalid date"),
            // A text begins a word, where words are parted.
            ("date", &updated, "Invalid date"),
            ("数値", &updated, "無効な数値です"),
        ] {
            assert_eq!(picked(text, titles).unwrap(), title);
        }
        assert!(
            picked("invalid date", &titles[..3]).unwrap_err().contains(" or all of it as \"=Invalid date format\"; ")
        );
        for none in ["valid", "=Invalid"] {
            assert!(picked(none, dates).unwrap_err().starts_with("no row in the dump"));
        }
    }

    #[test]
    fn no_more_of_a_title_is_kept_than_the_report_shows() {
        let mut filter = KindFilter::new("odd");
        for number in 0..10 {
            assert!(filter.accepts(format!("Odd {number} {}", "x".repeat(100_000)).as_bytes(), false));
        }
        let longest = filter.decisions.keys().map(|title| title.len()).max();
        assert!(longest <= Some(340), "{longest:?}");
        assert!(filter.accepted[0].iter().all(|title| title.contains("xx... (1000")), "{:?}", filter.accepted);
    }
}
