//! The answer in one sentence: how many rows were rejected, and which kinds to cure first.

use super::model::{Kind, Report, Severity};
use super::shown::cut;
use super::tally::Found;
use super::words::{number, thousands};

/// Part of the rows to cure that the kinds to cure first cover, where a few do.
const ENOUGH: f64 = 0.7;

/// Longest title in the sentence, in columns.
const MAX_TITLE: usize = 60;

/// Most kinds that are the first to cure.
const MAX_FIRST: usize = 3;

impl Report {
    /// Chooses the kinds to cure first.
    pub(super) fn cover(&mut self, rejected: &Found) {
        let is_error = |found: &&(Kind, _)| found.0.severity == Severity::Error;
        let most = rejected.kinds.iter().filter(is_error).count().min(MAX_FIRST);
        let is_enough = |kinds: &usize| rejected.cover(*kinds).0 as f64 >= ENOUGH * self.rows_to_cure() as f64;
        self.first_kinds = (1..most).find(is_enough).unwrap_or(most);
        (self.first_rows, self.first_rows_alone) = rejected.cover(self.first_kinds);
        self.first_at_least = rejected.is_lower_bound;
    }

    /// The rejected rows that do not only depend on others.
    fn rows_to_cure(&self) -> u64 {
        self.totals.rejected - self.totals.consequences
    }

    /// Says what to do first.
    pub(super) fn sentence(&self) -> String {
        let is_part = self.totals.rows_cut_off > 0;
        let part = if is_part { "This is only a part, because a file is cut off: " } else { "" };
        part.to_owned() + &self.whole_sentence()
    }

    fn whole_sentence(&self) -> String {
        let errors = self.kinds.iter().filter(|kind| kind.severity == Severity::Error).count();
        let (all, first) = (self.totals.rejected, self.first_kinds);
        let were = |rows| if rows == 1 { "was" } else { "were" };
        let rejected = format!("{} {} rejected", number(all, "row"), were(all));
        match (self.totals.rows, all, errors) {
            (0, ..) if self.inputs.iter().any(|input| input.is_empty) => {
                return "The dump is empty: not even a header.".to_owned();
            }
            (0, ..) => return "The dump has a header and no rows.".to_owned(),
            (loaded, 0, _) => {
                let were_loaded = format!("{} {} loaded", number(loaded, "row"), were(loaded));
                return format!("No row was rejected; {were_loaded} with a warning.");
            }
            (.., 0) => {
                let depend = if all == 1 { "it depends" } else { "they depend" };
                return format!("{rejected}, only because of rows that {depend} on.");
            }
            _ => {}
        }
        let title = self.kinds.first().map(|kind| cut(&kind.title, MAX_TITLE)).unwrap_or_default();
        let to_cure = self.rows_to_cure();
        let depend = |on: &str| format!("{} of them only because of {on}", thousands(self.totals.consequences));
        if to_cure == 1 {
            let what = if errors == 1 { format!(" ({title})") } else { format!(", with {errors} kinds of errors") };
            return match all {
                1 => format!("{rejected}{what}."),
                _ => format!("{rejected}, {}{what}: cure that one. Then all can load.", depend("the other one")),
            };
        }
        let at_least = if self.unlisted_messages > 0 { "at least " } else { "" };
        let of = format!("of {at_least}{}", thousands(errors as u64));
        let have = match (first, errors == first) {
            (1, true) => format!("the same kind of error ({title})"),
            (1, false) => format!("the same kind of error ({title}, the first {of})"),
            (_, true) => format!("at least one of {first} kinds of errors"),
            (_, false) => format!("at least one of the first {first} kinds of errors ({of})"),
        };
        let bound = if self.first_at_least { "at least " } else { "" };
        let share = match (self.first_rows * 100).checked_div(to_cure) {
            _ if self.first_rows == to_cure => "all".to_owned(),
            Some(0) if self.first_at_least => "some".to_owned(),
            Some(0) => "less than 1 %".to_owned(),
            share => format!("{bound}{} %", share.unwrap_or_default()),
        };
        let (but, them, too) = match self.totals.consequences {
            0 => (String::new(), "them", ""),
            _ => (format!(", {}", depend("other rejected rows")), "the rest", ", and rows that depend on these alone"),
        };
        let (it, order) = (if first == 1 { "it" } else { "these" }, if errors == first { "" } else { " first" });
        let load = match self.first_rows_alone {
            _ if errors == first => ". Then all can load".to_owned(),
            0 => String::new(),
            rows => format!(". Then {bound}{} can load{too}", number(rows, "row")),
        };
        format!("{rejected}{but}; {share} of {them} have {have}: cure {it}{order}{load}.")
    }
}
