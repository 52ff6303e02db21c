//! The chunks of a dump in the order in which they make the file.

use std::collections::HashSet;

use super::fault::{Fault, ListProblem};
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
        let without_number = numbered.iter().find(|(number, _)| number.is_none());
        if let Some((_, odd)) = without_number
            && numbered.iter().any(|(number, _)| number.is_some())
        {
            return Err(Fault::List(ListProblem::MixedIds(odd.id.as_str().to_owned())));
        }
        numbered.sort_by_key(|(number, _)| *number);
        check_order(&numbered).map_err(Fault::List)?;
        let chunks = numbered.into_iter().enumerate();
        let chunks = chunks.map(|(index, (_, NamedId { id, name }))| Chunk { index, id, name }).collect();
        Ok(ChunkList { dump: dump.clone(), chunks })
    }

    /// A list of one chunk, for a whole dump that comes in one answer.
    #[cfg(feature = "http")]
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

fn check_order(sorted: &[(Option<u64>, NamedId)]) -> Result<(), ListProblem> {
    let mut seen = HashSet::with_capacity(sorted.len());
    for (expected, (number, entry)) in (0..).zip(sorted) {
        let is_repeated_number = number.is_some_and(|number| number < expected);
        if is_repeated_number || !seen.insert(&entry.id) {
            return Err(ListProblem::Duplicate(entry.id.as_str().to_owned()));
        }
        if number.is_some_and(|number| number > expected) {
            return Err(ListProblem::Gap(expected));
        }
    }
    Ok(())
}

/// A chunk list as the service's reference numbers it, for tests.
#[cfg(test)]
pub(crate) fn numbered_chunks(count: usize) -> ChunkList {
    let dump = "W/M/P/T/O".parse::<crate::address::Locator>().unwrap().dump().unwrap();
    let entry = |n: usize| NamedId { id: n.to_string().parse().unwrap(), name: None };
    ChunkList::new(&dump, (0..count).map(entry).collect()).unwrap()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::address::Locator;

    fn list<S: ToString>(ids: impl IntoIterator<Item = S>) -> Result<Vec<String>, Fault> {
        let dump = "W/M/P/T/O".parse::<Locator>().unwrap().dump().unwrap();
        let entry = |id: S| NamedId { id: id.to_string().parse().unwrap(), name: None };
        let list = ChunkList::new(&dump, ids.into_iter().map(entry).collect())?;
        Ok(list.as_slice().iter().map(|chunk| chunk.id.as_str().to_owned()).collect())
    }

    fn problem(ids: &[&str]) -> ListProblem {
        match list(ids) {
            Err(Fault::List(problem)) => problem,
            other => panic!("{ids:?}: {other:?}"),
        }
    }

    #[test]
    fn numbers_are_sorted_as_numbers() {
        let expected: Vec<String> = (0..12).map(|n| n.to_string()).collect();
        assert_eq!(list((0..12).rev()).unwrap(), expected);
    }

    #[test]
    fn identifiers_that_are_not_numbers_keep_their_order() {
        assert_eq!(list(["b", "a", "c"]).unwrap(), ["b", "a", "c"]);
    }

    #[test]
    fn lists_whose_order_or_completeness_is_unknown_are_refused() {
        assert_eq!(problem(&["0", "1", "1"]), ListProblem::Duplicate("1".into()));
        assert_eq!(problem(&["0", "00"]), ListProblem::Duplicate("00".into()));
        assert_eq!(problem(&["a", "a"]), ListProblem::Duplicate("a".into()));
        assert_eq!(problem(&["0", "2"]), ListProblem::Gap(1));
        assert_eq!(problem(&["1", "2"]), ListProblem::Gap(0));
        assert_eq!(problem(&["0", "b"]), ListProblem::MixedIds("b".into()));
        assert_eq!(problem(&["b", "0"]), ListProblem::MixedIds("b".into()));
        assert_eq!(problem(&["0", "+1"]), ListProblem::MixedIds("+1".into()));
    }

    proptest! {
        #[test]
        fn any_order_of_a_complete_list_gives_the_numeric_order(
            ids in (0usize..200).prop_flat_map(|n| Just((0..n).collect::<Vec<_>>()).prop_shuffle())
        ) {
            let sorted: Vec<String> = (0..ids.len()).map(|n| n.to_string()).collect();
            prop_assert_eq!(list(ids).unwrap(), sorted);
        }

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
