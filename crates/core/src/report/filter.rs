//! The rows of one kind: a text picks the kind by a part of its title.

use std::collections::HashMap;

use super::message::is_known_title;
use super::shown::{kept, text_of};
use crate::report::ReportError;

/// Titles that an error lists.
const MAX_LISTED: usize = 20;

/// Decisions that are kept, so that a title which comes again costs one look. Many more titles are made for
/// one row each.
const MAX_DECISIONS: usize = 1_000;

/// Picks the one kind whose title has a text in it, in upper or lower case. A title that *is* the text goes
/// before titles that have more.
#[derive(Debug, Clone)]
pub(super) struct KindFilter {
    text: String,
    lowercase: String,
    /// The text is the whole title of a kind.
    is_exact: bool,
    /// What was accepted before the whole title came is of other kinds.
    has_withdrawn: bool,
    decisions: HashMap<Box<[u8]>, bool>,
    accepted: Vec<String>,
    refused: Vec<String>,
}

impl KindFilter {
    pub(super) fn new(text: &str) -> Self {
        let lowercase = text.to_lowercase();
        Self {
            text: text.to_owned(),
            is_exact: is_known_title(&lowercase),
            lowercase,
            has_withdrawn: false,
            decisions: HashMap::new(),
            accepted: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// Whether a message of this title is of the kind. Ask [`KindFilter::withdraws`] then.
    pub(super) fn accepts(&mut self, title: &[u8]) -> bool {
        // As the report has it: that is what the text was taken from.
        let title = &*kept(title);
        if let Some(decision) = self.decisions.get(title) {
            return *decision;
        }
        let shown = text_of(title);
        let lowercase = shown.to_lowercase();
        if !self.is_exact && lowercase == self.lowercase {
            self.is_exact = true;
            self.has_withdrawn = !self.accepted.is_empty();
            // First what the text fits, so that the error names it.
            self.accepted.append(&mut self.refused);
            self.refused = std::mem::take(&mut self.accepted);
            self.refused.truncate(MAX_LISTED);
            self.decisions.clear();
        }
        let accepts =
            if self.is_exact { lowercase == self.lowercase } else { lowercase.contains(&self.lowercase) };
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

    /// Whether messages that were accepted before the last one are of other kinds after all, because the last one has
    /// the text as its whole title. Says so once.
    pub(super) fn withdraws(&mut self) -> bool {
        std::mem::take(&mut self.has_withdrawn)
    }

    /// The error where rows of a longer title were written before the whole title came.
    pub(super) fn ambiguous(&self) -> ReportError {
        let fits = |title: &&String| title.to_lowercase().contains(&self.lowercase);
        let kinds = self.refused.iter().filter(fits).chain(&self.accepted).cloned().collect();
        ReportError::AmbiguousKind { text: self.text.clone(), kinds }
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
    fn a_whole_title_goes_before_longer_ones() {
        let titles = ["Invalid date format", "Invalid date"];
        assert_eq!(picked("invalid date", &titles).unwrap(), "Invalid date");
        for titles in [["Strange", "Strange thing"], ["Strange thing", "Strange"]] {
            assert_eq!(picked("strange", &titles).unwrap(), "Strange");
        }
        let mut filter = KindFilter::new("strange");
        let mut accepts = |title: &str| (filter.accepts(title.as_bytes()), filter.withdraws());
        assert_eq!(accepts("Strange thing"), (true, false));
        assert_eq!(accepts("Strange"), (true, true));
        assert_eq!(accepts("Strange thing"), (false, false));
        assert_eq!(accepts("Strange"), (true, false));
    }

    #[test]
    fn no_more_of_a_title_is_kept_than_the_report_shows() {
        let mut filter = KindFilter::new("odd");
        for number in 0..10 {
            assert!(filter.accepts(format!("Odd {number} {}", "x".repeat(100_000)).as_bytes()));
        }
        let longest = filter.decisions.keys().map(|title| title.len()).max();
        assert!(longest <= Some(kept(&[b'x'; 1_000]).len()), "{longest:?}");
        assert!(filter.accepted.iter().all(|title| title.ends_with("x...")), "{:?}", filter.accepted);
    }

    #[test]
    fn a_text_that_fits_several_kinds_or_none_lists_them() {
        let titles = ["Invalid number", "Invalid date", "Duplicate key"];
        assert_eq!(
            picked("invalid", &titles).unwrap_err(),
            "\"invalid\" fits several kinds, give more of the title: Invalid number; Invalid date"
        );
        assert_eq!(
            picked("parent", &titles).unwrap_err(),
            "no error in the dump is of the kind \"parent\"; \
             there are: Invalid number; Invalid date; Duplicate key"
        );
    }
}
