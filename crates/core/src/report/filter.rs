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
/// whose title it is.
#[derive(Debug, Clone)]
pub(super) struct KindFilter {
    text: String,
    lowercase: String,
    decisions: HashMap<Box<[u8]>, bool>,
    accepted: Vec<String>,
    refused: Vec<String>,
}

impl KindFilter {
    pub(super) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            lowercase: text.to_lowercase(),
            decisions: HashMap::new(),
            accepted: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// Whether a message of this title is of the kind.
    pub(super) fn accepts(&mut self, title: &[u8]) -> bool {
        // As the report has it: that is what the text was taken from.
        let title = &*kept(title);
        if let Some(decision) = self.decisions.get(title) {
            return *decision;
        }
        let shown = text_of(title);
        let accepts = match self.text.strip_prefix(WHOLE) {
            Some(whole) => shown == whole,
            None => begins_words(&shown.to_lowercase(), &self.lowercase),
        };
        let list = if accepts { &mut self.accepted } else { &mut self.refused };
        if list.len() < MAX_LISTED && !list.contains(&shown) {
            list.push(shown);
        }
        if self.decisions.len() == MAX_DECISIONS {
            self.decisions.clear();
        }
        self.decisions.insert(title.into(), accepts);
        accepts
    }

    /// Whether no title was of the kind.
    pub(super) fn fits_none(&self) -> bool {
        self.accepted.is_empty()
    }

    /// This filter, whose error also names the titles that another one refused.
    pub(super) fn with_refused(mut self, other: &Self) -> Self {
        let others = other.refused.iter().filter(|title| !self.refused.contains(title)).cloned();
        self.refused = self.refused.iter().cloned().chain(others).take(MAX_LISTED).collect();
        self
    }

    /// The title that was picked, once all rows were seen.
    pub(super) fn title(&self) -> Result<&str, ReportError> {
        let text = self.text.clone();
        match &*self.accepted {
            [title] => Ok(title),
            [] => Err(ReportError::NoSuchKind { text, kinds: self.refused.clone() }),
            kinds => Err(ReportError::AmbiguousKind { text, kinds: kinds.to_vec() }),
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
        let (mut rejected, mut loaded) = (KindFilter::new(text), KindFilter::new(text));
        let accepts = |kind: &&Kind| match kind.severity {
            Severity::Warning => loaded.accepts(kind.title.as_bytes()),
            _ => rejected.accepts(kind.title.as_bytes()),
        };
        // Errors come first.
        let first = self.kinds.iter().filter(accepts).collect::<Vec<_>>().into_iter().next();
        let filter =
            if rejected.fits_none() && !loaded.fits_none() { loaded } else { rejected.with_refused(&loaded) };
        filter.title()?;
        first.ok_or_else(|| ReportError::NoSuchKind { text: text.to_owned(), kinds: Vec::new() })
    }
}

/// Whether the text is in the title, from the beginning of a word on: "date" is in "Invalid date", and not in "updated".
/// A script without upper and lower case may not part words.
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

    fn picked(text: &str, titles: &[&str]) -> Result<String, String> {
        let mut filter = KindFilter::new(text);
        for title in titles {
            filter.accepts(title.as_bytes());
        }
        filter.title().map(str::to_owned).map_err(|error| error.to_string())
    }

    #[test]
    fn a_part_of_the_title_picks_the_kind_in_any_case() {
        let titles = ["Invalid number", "Invalid date", "Item not located in Größen list", "Invalid number"];
        assert_eq!(picked("NUMBER", &titles).unwrap(), "Invalid number");
        assert_eq!(picked("GRÖSSEN", &titles).unwrap_err().lines().count(), 1);
        assert_eq!(picked("größen", &titles).unwrap(), "Item not located in Größen list");
    }

    #[test]
    fn a_text_begins_a_word_where_words_are_parted() {
        let titles = ["Cannot be directly updated", "Invalid date", "無効な数値です"];
        assert_eq!(picked("date", &titles).unwrap(), "Invalid date");
        assert_eq!(picked("数値", &titles).unwrap(), "無効な数値です");
        assert!(picked("valid", &titles).is_err());
    }

    #[test]
    fn a_whole_title_picks_one_of_several_that_have_it() {
        let titles = ["Invalid date format", "Invalid date", "Invalid Date"];
        assert!(picked("invalid date", &titles).is_err());
        assert_eq!(picked("=Invalid date", &titles).unwrap(), "Invalid date");
        assert!(picked("=Invalid", &titles).unwrap_err().starts_with("no row in the dump"));
    }

    #[test]
    fn no_more_of_a_title_is_kept_than_the_report_shows() {
        let mut filter = KindFilter::new("odd");
        for number in 0..10 {
            assert!(filter.accepts(format!("Odd {number} {}", "x".repeat(100_000)).as_bytes()));
        }
        let longest = filter.decisions.keys().map(|title| title.len()).max();
        assert!(longest <= Some(340), "{longest:?}");
        assert!(filter.accepted.iter().all(|title| title.contains("xx... (1000")), "{:?}", filter.accepted);
    }

    #[test]
    fn a_text_that_fits_several_kinds_or_none_lists_them() {
        let titles = ["Invalid number", "Invalid date", "Duplicate key"];
        assert_eq!(
            picked("invalid", &titles).unwrap_err(),
            "\"invalid\" fits several kinds: give more of the title, or all of it as \"=Invalid number\"; there are: \
             Invalid number; Invalid date"
        );
        assert_eq!(
            picked("parent", &titles).unwrap_err(),
            "no row in the dump is of the kind \"parent\"; \
             there are: Invalid number; Invalid date; Duplicate key"
        );
    }
}
