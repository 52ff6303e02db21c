//! Counts how often each text occurs, in bounded memory.
//!
//! Up to a limit every text is counted exactly. Beyond it the rarer half is forgotten (lossy counting): a
//! text that stays is counted from its last arrival on, so its count is a lower bound, and one that makes up
//! more than a few parts in `limit` of all is missing only by a rare accident.

use std::cmp::Reverse;
use std::hash::{BuildHasher, RandomState};

use super::parser::is_same;

/// Texts that are counted, each with a value beside its count.
#[derive(Debug)]
pub(super) struct Counter<T> {
    entries: Vec<Entry<T>>,
    /// A hash table: a part of a text's hash, at the place that another part gives or after it, and beside it the index
    /// of the entry. Half of the places at most are taken; a free one has 0.
    tags: Vec<u8>,
    indexes: Vec<u32>,
    /// A random key keeps a file from being made to slow this down.
    key: u64,
    /// The maximum count of a text that is not among the entries: 0 while all are counted exactly.
    pub(super) missed: u64,
    /// The sum of the counts that were forgotten.
    pub(super) forgotten: u64,
    /// Decides which new texts get an entry once texts were forgotten.
    random: u64,
}

#[derive(Debug)]
pub(super) struct Entry<T> {
    pub(super) text: Box<[u8]>,
    pub(super) count: u64,
    /// The maximum that is missing from `count`.
    missed: u64,
    /// The number of the last row that was counted: a row counts once.
    last_row: u64,
    pub(super) rest: T,
}

impl<T> Entry<T> {
    pub(super) fn is_exact(&self) -> bool {
        self.missed == 0
    }

    /// Counts a row, given its number, which is not 0. Returns false if it was counted already.
    #[inline]
    pub(super) fn count_row(&mut self, row: u64) -> bool {
        let is_new = self.last_row != row;
        self.count += u64::from(is_new);
        self.last_row = row;
        is_new
    }
}

impl<T> Default for Counter<T> {
    fn default() -> Self {
        let key = RandomState::new().hash_one(0);
        let (tags, indexes) = (vec![0; 4], vec![0; 4]);
        Self { entries: Vec::new(), tags, indexes, key, missed: 0, forgotten: 0, random: 0 }
    }
}

impl<T: Default> Counter<T> {
    /// The index of a text's entry, a new one where there is none. Room is made first where there are `limit`, and then
    /// the others have another index.
    #[inline]
    pub(super) fn index(&mut self, text: &[u8], limit: usize) -> usize {
        self.find(text).unwrap_or_else(|| self.insert(text, limit))
    }

    /// Counts a text of the row with this number, and returns whether it has an entry now that it had not before.
    pub(super) fn count(&mut self, text: &[u8], row: u64, limit: usize) -> bool {
        let found = self.find(text);
        // Where every row has another value, an entry for each would take more time than the rest of the report. A
        // common text gets one soon all the same.
        if found.is_none() && self.missed > 0 && self.is_passed_over() {
            self.forgotten += 1;
            return false;
        }
        let index = found.unwrap_or_else(|| self.insert(text, limit));
        self.entries[index].count_row(row);
        found.is_none()
    }

    fn find(&self, text: &[u8]) -> Option<usize> {
        let (hash, tags) = (self.hash(text), &*self.tags);
        let mut place = hash as usize;
        loop {
            place &= tags.len() - 1;
            if tags[place] == tag(hash) {
                let index = self.indexes[place] as usize;
                if is_same(&self.entries[index].text, text) {
                    return Some(index);
                }
            } else if tags[place] == 0 {
                return None;
            }
            place += 1;
        }
    }

    fn insert(&mut self, text: &[u8], limit: usize) -> usize {
        if self.entries.len() >= limit {
            self.forget_rarer_half();
        }
        let index = self.entries.len();
        let entry = Entry { text: text.into(), count: 0, missed: self.missed, last_row: 0, rest: T::default() };
        self.entries.push(entry);
        if self.entries.len() * 2 > self.tags.len() {
            let places = self.tags.len() * 2;
            (self.tags, self.indexes) = (vec![0; places], vec![0; places]);
            (0..=index).for_each(|index| self.put(index));
        } else {
            self.put(index);
        }
        index
    }

    /// Puts the index of an entry into the first free place for it.
    fn put(&mut self, index: usize) {
        let hash = self.hash(&self.entries[index].text);
        let mask = self.tags.len() - 1;
        let mut place = hash as usize & mask;
        while self.tags[place] != 0 {
            place = (place + 1) & mask;
        }
        (self.tags[place], self.indexes[place]) = (tag(hash), index as u32);
    }

    /// A hash of a text, by a multiplication for each eight bytes, which takes a fraction of the time of the standard
    /// library's way.
    #[inline]
    fn hash(&self, text: &[u8]) -> u64 {
        let mut hash = self.key ^ text.len() as u64;
        let mut add = |word: u64| {
            let product = u128::from(hash ^ word) * 0x9e37_79b9_7f4a_7c15;
            hash = product as u64 ^ (product >> 64) as u64;
        };
        let (words, rest) = text.as_chunks();
        words.iter().for_each(|word| add(u64::from_le_bytes(*word)));
        // The last eight bytes, some of them once more: faster than one byte after the other.
        add(match text.last_chunk() {
            Some(last) => u64::from_le_bytes(*last),
            None => rest.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte)),
        });
        hash
    }

    /// 63 times of 64, without a pattern and the same for each run (the generator of Knuth's MMIX).
    fn is_passed_over(&mut self) -> bool {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.random >> 58 != 0
    }

    /// Forgets half of the entries, those with the lowest counts; of the same count those that come last in order, so
    /// that the same dump always gives the same report.
    pub(super) fn forget_rarer_half(&mut self) {
        let middle = self.entries.len() / 2;
        if middle == 0 {
            return;
        }
        let rank = |entry: &Entry<T>| Reverse(entry.count + entry.missed);
        self.entries.select_nth_unstable_by(middle, |a, b| (rank(a), &a.text).cmp(&(rank(b), &b.text)));
        for entry in self.entries.drain(middle..) {
            self.missed = self.missed.max(entry.count + entry.missed);
            self.forgotten += entry.count;
        }
        self.tags.fill(0);
        (0..self.entries.len()).for_each(|index| self.put(index));
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn entries_mut(&mut self) -> &mut [Entry<T>] {
        &mut self.entries
    }

    /// The entries, the highest counts first.
    pub(super) fn into_sorted(mut self) -> Vec<Entry<T>> {
        self.entries.sort_unstable_by(|a, b| (b.count, &a.text).cmp(&(a.count, &b.text)));
        self.entries
    }
}

/// The part of a hash that tells most texts apart.
fn tag(hash: u64) -> u8 {
    (hash >> 56) as u8 | 1
}
