//! The chunks of a dump in the order in which they make the file.

use std::collections::HashSet;

use crate::error::{Error, ListProblem, Result, Subject};
use crate::identifier::Id;
use crate::response::ListedChunk;

/// One chunk of a dump: 10 MB or less, as the service's reference says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Its place in the dump, from 0.
    pub index: usize,
    /// Its identifier.
    pub id: Id,
    /// Its name for people, where the service gives one.
    pub name: Option<String>,
}

/// The chunks of one dump, each once, in the order in which they make the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChunkList {
    chunks: Vec<Chunk>,
}

impl ChunkList {
    /// Puts listed chunks in order.
    ///
    /// Chunks whose identifiers are numbers are put in numeric order and must be numbered from 0
    /// without a gap, as the service's reference numbers them. Identifiers that are no numbers at all
    /// keep the order of the list.
    ///
    /// # Errors
    ///
    /// [`Error::List`] for an identifier that stands twice, for a gap, for a mixture of numbers and
    /// other identifiers (their order cannot be known), and for one that no URL can hold.
    pub fn new(listed: Vec<ListedChunk>, subject: &Subject) -> Result<ChunkList> {
        let fail = |problem| Error::List { subject: subject.clone(), problem };
        let mut chunks = Vec::with_capacity(listed.len());
        for ListedChunk { id, name } in listed {
            let number = number(&id);
            let id = Id::new(id).map_err(|why| fail(ListProblem::BadId(why.into())))?;
            chunks.push((number, Chunk { index: 0, id, name }));
        }
        let without_number = chunks.iter().find(|(number, _)| number.is_none());
        match without_number {
            Some((_, odd)) if chunks.iter().any(|(number, _)| number.is_some()) => {
                return Err(fail(ListProblem::MixedIds(odd.id.as_str().to_owned())));
            }
            _ => {}
        }
        chunks.sort_by_key(|(number, _)| *number);
        check_numbers(&chunks).map_err(fail)?;
        check_names(&chunks).map_err(fail)?;
        let chunks = chunks.into_iter().enumerate();
        Ok(ChunkList { chunks: chunks.map(|(index, (_, chunk))| Chunk { index, ..chunk }).collect() })
    }

    /// A list of this chunk alone.
    #[cfg(feature = "http")]
    pub(crate) fn of_one(chunk: Chunk) -> ChunkList {
        ChunkList { chunks: vec![chunk] }
    }

    /// The chunks, in order.
    pub fn as_slice(&self) -> &[Chunk] {
        &self.chunks
    }

    /// How many chunks there are.
    pub fn len(&self) -> usize {
        self.chunks.len()
    }

    /// Whether the dump has no chunk: the service keeps no rows.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }
}

/// The number that an identifier says: digits only, no sign.
fn number(id: &str) -> Option<u64> {
    if id.bytes().all(|b| b.is_ascii_digit()) { id.parse().ok() } else { None }
}

fn check_numbers(sorted: &[(Option<u64>, Chunk)]) -> std::result::Result<(), ListProblem> {
    let mut expected = 0;
    for (number, chunk) in sorted {
        match number {
            Some(number) if *number < expected => {
                return Err(ListProblem::Duplicate(chunk.id.as_str().to_owned()));
            }
            Some(number) if *number > expected => return Err(ListProblem::Gap(expected)),
            _ => expected += 1,
        }
    }
    Ok(())
}

fn check_names(chunks: &[(Option<u64>, Chunk)]) -> std::result::Result<(), ListProblem> {
    let mut seen = HashSet::with_capacity(chunks.len());
    match chunks.iter().find(|(_, chunk)| !seen.insert(&chunk.id)) {
        Some((_, twice)) => Err(ListProblem::Duplicate(twice.id.as_str().to_owned())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::SubjectKind;

    fn list<S: ToString>(ids: impl IntoIterator<Item = S>) -> Result<Vec<String>> {
        let listed = ids.into_iter().map(|id| ListedChunk { id: id.to_string(), name: None }).collect();
        let list = ChunkList::new(listed, &Subject::new(SubjectKind::ChunkList, "D"))?;
        Ok(list.as_slice().iter().map(|chunk| chunk.id.as_str().to_owned()).collect())
    }

    fn problem(ids: &[&str]) -> ListProblem {
        match list(ids) {
            Err(Error::List { problem, .. }) => problem,
            other => panic!("{ids:?}: {other:?}"),
        }
    }

    #[test]
    fn numbers_are_sorted_as_numbers() {
        let expected: Vec<String> = (0..12).map(|n| n.to_string()).collect();
        assert_eq!(list((0..12).rev()).unwrap(), expected);
    }

    #[test]
    fn identifiers_that_are_no_numbers_keep_their_order() {
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
        assert!(matches!(problem(&[".."]), ListProblem::BadId(_)));
        assert!(matches!(problem(&[""]), ListProblem::BadId(_)));
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
