//! Counts how often each text occurs, in bounded memory.
//!
//! Up to a limit every text is counted exactly. Beyond it the rarer half is forgotten (lossy counting): a
//! text that stays is counted from its last arrival on, so its count is a lower bound, and one that makes up
//! more than a few parts in `limit` of all is missing only by a rare accident.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use super::shown::kept;

/// The number of the last row that a text was counted in: a row counts once.
pub(super) type LastRow = u64;

/// Hashes a text by a multiplication for each eight bytes, which takes a fraction of the time of the standard library's
/// way. A random key keeps a file from being made to slow this down.
#[derive(Debug, Clone)]
pub(super) struct TextHash(u64);

impl Default for TextHash {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0))
    }
}

impl BuildHasher for TextHash {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        self.clone()
    }
}

impl Hasher for TextHash {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        words.iter().for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        // The last eight bytes, some of them once more: faster than one byte after the other.
        self.write_u64(match bytes.last_chunk() {
            Some(last) => u64::from_le_bytes(*last),
            None => rest.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte)),
        });
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }

    fn write_usize(&mut self, length: usize) {
        self.write_u64(length as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[derive(Debug)]
pub(super) struct Counter<T> {
    entries: HashMap<Box<[u8]>, Entry<T>, TextHash>,
    /// The maximum count of a text that is not among the entries.
    missed: u64,
    /// The sum of the counts that were forgotten.
    forgotten: u64,
    /// Decides which new texts get an entry once texts were forgotten.
    random: u64,
}

#[derive(Debug, Default)]
pub(super) struct Entry<T> {
    pub(super) count: u64,
    /// The maximum that is missing from `count`.
    missed: u64,
    pub(super) rest: T,
}

impl<T> Entry<T> {
    pub(super) fn is_exact(&self) -> bool {
        self.missed == 0
    }
}

impl<T> Default for Counter<T> {
    fn default() -> Self {
        Self { entries: HashMap::default(), missed: 0, forgotten: 0, random: 0 }
    }
}

impl<T: Default> Counter<T> {
    /// Calls `update` with the entry of a text, a new one where there is none; makes room first where there
    /// are `limit`.
    pub(super) fn update<U>(
        &mut self,
        text: &[u8],
        limit: usize,
        update: impl FnOnce(&mut Entry<T>) -> U,
    ) -> U {
        // What has an entry is in UTF-8 and short, so most texts need no look at their bytes.
        if let Some(entry) = self.entries.get_mut(text) {
            return update(entry);
        }
        let text = kept(text);
        if let Cow::Owned(text) = &text
            && let Some(entry) = self.entries.get_mut(&**text)
        {
            return update(entry);
        }
        if self.entries.len() >= limit {
            self.forget_rarer_half();
        }
        let mut entry = Entry { count: 0, missed: self.missed, rest: T::default() };
        let result = update(&mut entry);
        self.entries.insert(text.into(), entry);
        result
    }

    /// Forgets half of the entries, those with the lowest counts; of the same count those that come last in order, so
    /// that the same dump always gives the same report.
    pub(super) fn forget_rarer_half(&mut self) {
        let score = |entry: &Entry<T>| entry.count + entry.missed;
        let mut ranks: Vec<_> =
            self.entries.iter().map(|(text, entry)| (score(entry), Reverse(text))).collect();
        let middle = ranks.len() / 2;
        if ranks.is_empty() {
            return;
        }
        let (_, &mut (median, Reverse(text)), _) = ranks.select_nth_unstable(middle);
        let last = text.clone();
        self.missed = self.missed.max(median);
        let forgotten = &mut self.forgotten;
        self.entries.retain(|text, entry| {
            let stays = (score(entry), Reverse(text)) > (median, Reverse(&last));
            if !stays {
                *forgotten += entry.count;
            }
            stays
        });
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether every text is counted exactly.
    pub(super) fn is_exact(&self) -> bool {
        self.missed == 0
    }

    /// The sum of the counts that were forgotten.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &Entry<T>)> {
        self.entries.iter().map(|(text, entry)| (&**text, entry))
    }

    /// The texts and their entries, the highest counts first.
    pub(super) fn into_sorted(self) -> Vec<(Box<[u8]>, Entry<T>)> {
        let mut all: Vec<_> = self.entries.into_iter().collect();
        all.sort_unstable_by(|(a, a_entry), (b, b_entry)| (b_entry.count, a).cmp(&(a_entry.count, b)));
        all
    }

    pub(super) fn entries_mut(&mut self) -> impl Iterator<Item = &mut Entry<T>> {
        self.entries.values_mut()
    }
}

/// Counts in how many rows a text occurs.
impl Counter<LastRow> {
    /// Counts a text of the row with this number, and returns whether it has an entry now that it had not before.
    pub(super) fn count(&mut self, text: &[u8], row: u64, limit: usize) -> bool {
        let add = |entry: &mut Entry<LastRow>| {
            entry.count += u64::from(entry.rest != row);
            entry.rest = row;
            false
        };
        if let Some(entry) = self.entries.get_mut(text) {
            return add(entry);
        }
        let text = kept(text);
        if let Cow::Owned(text) = &text
            && let Some(entry) = self.entries.get_mut(&**text)
        {
            return add(entry);
        }
        // Where every row has a value of its own, an entry for each would take more time than the rest of the report. A
        // common text gets one soon all the same.
        if self.missed > 0 && self.is_passed_over() {
            self.forgotten += 1;
            return false;
        }
        if self.entries.len() >= limit {
            self.forget_rarer_half();
        }
        self.entries.insert(text.into(), Entry { count: 1, missed: self.missed, rest: row });
        true
    }

    /// Seven times of eight, without a pattern and the same for each run (the generator of Knuth's MMIX).
    fn is_passed_over(&mut self) -> bool {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.random >> 61 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(texts: impl IntoIterator<Item = u64>, limit: usize) -> Counter<LastRow> {
        let mut counter = Counter::default();
        for (row, text) in (1..).zip(texts) {
            counter.count(&text.to_le_bytes(), row, limit);
        }
        counter
    }

    #[test]
    fn counts_are_exact_up_to_the_limit() {
        let counter = count((0..1000).map(|n| n % 10), 10);
        assert!(
            counter.is_exact() && counter.iter().all(|(_, entry)| entry.count == 100 && entry.is_exact())
        );
        assert_eq!((counter.len(), counter.forgotten()), (10, 0));
    }

    #[test]
    fn a_common_text_is_found_among_very_many_wherever_it_begins() {
        // Every tenth text is 7, in the second half only; all others are different.
        let texts = (0..200_000).map(|n| if n > 100_000 && n % 10 == 0 { 7 } else { 1_000 + n });
        let counter = count(texts, 100);
        assert!(counter.len() <= 100 && !counter.is_exact());
        let (text, entry) = counter.iter().max_by_key(|(_, entry)| entry.count).unwrap();
        assert_eq!(text, 7u64.to_le_bytes());
        assert!((9_000..=9_999).contains(&entry.count), "{entry:?}");
        let held: u64 = counter.iter().map(|(_, entry)| entry.count).sum();
        assert_eq!(held + counter.forgotten(), 200_000);
    }
}
