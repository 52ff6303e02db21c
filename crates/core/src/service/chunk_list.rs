//! The chunks of a dump in the order in which they make the file.

use std::collections::HashSet;

use super::fault::Fault;
use super::listing::NamedId;
use crate::address::{DumpAddress, Id};

/// One chunk of a dump: 10 MB or less, as the service's reference says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Its index in the dump, from 0.
    pub index: usize,
    /// Its identifier.
    pub id: Id,
    /// Its name for people, if the service gives one.
    pub name: Option<String>,
}

/// The chunks of one dump, each once, in the order in which they make the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkList {
    dump: DumpAddress,
    chunks: Vec<Chunk>,
}

impl ChunkList {
    /// Puts the entries of a chunk list in order.
    ///
    /// Chunks whose identifiers are numbers are put in numeric order and must be numbered from 0 without
    /// a gap, as the service's reference numbers them. Identifiers that are all something else keep the
    /// order of the list.
    ///
    /// # Errors
    ///
    /// [`Fault::List`] for an identifier that occurs twice, for a gap, and for a mixture of numbers and
    /// other identifiers, whose order cannot be known.
    pub fn new(dump: &DumpAddress, entries: Vec<NamedId>) -> Result<ChunkList, Fault> {
        let mut numbered: Vec<(Option<u64>, NamedId)> =
            entries.into_iter().map(|entry| (number(entry.id.as_str()), entry)).collect();
        numbered.sort_by_key(|(number, _)| *number);
        check_order(&numbered).map_err(Fault::List)?;
        let chunks = numbered.into_iter().enumerate();
        let chunks = chunks.map(|(index, (_, NamedId { id, name }))| Chunk { index, id, name }).collect();
        Ok(ChunkList { dump: dump.clone(), chunks })
    }

    /// A list of one chunk, for a whole dump that comes in one answer.
    pub(crate) fn of_whole(dump: &DumpAddress) -> ChunkList {
        let chunk = Chunk { index: 0, id: dump.object().clone(), name: None };
        ChunkList { dump: dump.clone(), chunks: vec![chunk] }
    }

    /// The dump that the chunks make.
    pub fn dump(&self) -> &DumpAddress {
        &self.dump
    }

    /// The chunks, in order.
    pub fn as_slice(&self) -> &[Chunk] {
        &self.chunks
    }

    /// The number of chunks.
    pub fn len(&self) -> usize {
        self.chunks.len()
    }

    /// Whether the dump has no chunk.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }
}

/// The number that an identifier says: digits only, no sign.
fn number(id: &str) -> Option<u64> {
    if id.bytes().all(|b| b.is_ascii_digit()) { id.parse().ok() } else { None }
}

/// What is without a number is sorted before what has one.
fn check_order(sorted: &[(Option<u64>, NamedId)]) -> Result<(), String> {
    if let ([(None, odd), ..], [.., (Some(_), _)]) = (sorted, sorted) {
        return Err(format!(
            "the chunk id \"{}\" is not a number while others are, so the order of the chunks is unknown",
            odd.id
        ));
    }
    let mut seen = HashSet::with_capacity(sorted.len());
    for (expected, (number, entry)) in (0..).zip(sorted) {
        let is_repeated_number = number.is_some_and(|number| number < expected);
        if is_repeated_number || !seen.insert(&entry.id) {
            return Err(format!("it has the chunk id \"{}\" twice", entry.id));
        }
        if number.is_some_and(|number| number > expected) {
            return Err(format!("it lacks the chunk with the id {expected}"));
        }
    }
    Ok(())
}

/// A chunk list as the service's reference numbers it, for tests.
#[cfg(test)]
pub(crate) fn numbered_chunks(count: usize) -> ChunkList {
    let dump = "W/M/P/T/O".parse::<crate::address::Locator>().unwrap().dump().unwrap();
    ChunkList::new(&dump, named(0..count)).unwrap()
}

#[cfg(test)]
fn named<S: ToString>(ids: impl IntoIterator<Item = S>) -> Vec<NamedId> {
    let entry = |id: S| NamedId { id: id.to_string().parse().unwrap(), name: None };
    ids.into_iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list<S: ToString>(ids: impl IntoIterator<Item = S>) -> Result<Vec<String>, Fault> {
        let list = ChunkList::new(numbered_chunks(0).dump(), named(ids))?;
        Ok(list.as_slice().iter().map(|chunk| chunk.id.as_str().to_owned()).collect())
    }

    #[test]
    fn lists_whose_order_or_completeness_is_unknown_are_refused() {
        for (ids, why) in [
            (&["0", "1", "1"][..], "it has the chunk id \"1\" twice"),
            (&["0", "00"], "it has the chunk id \"00\" twice"),
            (&["a", "a"], "it has the chunk id \"a\" twice"),
            (&["0", "2"], "it lacks the chunk with the id 1"),
            (&["1", "2"], "it lacks the chunk with the id 0"),
            (&["b", "0"], "the chunk id \"b\" is not a number while others are"),
            (&["0", "+1"], "the chunk id \"+1\" is not a number while others are"),
        ] {
            let fault = list(ids).unwrap_err().to_string();
            assert!(fault.starts_with(why), "{ids:?}: {fault}");
        }
    }

    proptest! {
        #[test]
        fn one_id_lost_or_doubled_is_always_noticed(
            ids in (2usize..60).prop_flat_map(|n| Just((0..n).collect::<Vec<_>>()).prop_shuffle()),
            at in any::<prop::sample::Index>(), lost in any::<bool>(),
        ) {
            let at = at.index(ids.len());
            let mut ids = ids;
            // A list that lost its last number is a shorter list: only `totalSize` can tell.
            prop_assume!(!lost || ids[at] + 1 != ids.len());
            if lost { ids.remove(at); } else { ids.push(ids[at]); }
            prop_assert!(list(ids).is_err());
        }
    }
}
