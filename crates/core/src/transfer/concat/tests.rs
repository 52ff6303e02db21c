use proptest::prelude::*;

use super::*;
use crate::service::numbered_chunks as list;
use crate::transfer::sink::WriteSink;

/// All lengths are multiples of this, so that a chunk has several pieces, and often no more than whole ones.
const UNIT: usize = PIECE_BYTES / 128;

/// Reads as many units at a time as given, interrupted now and then, and fails at its end if told to.
struct Pieces<'a> {
    bytes: &'a [u8],
    sizes: &'a [usize],
    turn: usize,
    is_cut: bool,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.turn += 1;
        if self.turn.is_multiple_of(3) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        if self.bytes.is_empty() && self.is_cut {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let size = UNIT * self.sizes[self.turn % self.sizes.len()];
        (&mut self.bytes).take(size as u64).read(buffer)
    }
}

/// Faults before success, per chunk: after how many units each failing try breaks. A chunk in
/// `fatal` never succeeds.
struct Source {
    chunks: Vec<Vec<u8>>,
    sizes: Vec<usize>,
    faults: Vec<Vec<usize>>,
    fatal: Option<usize>,
}

impl ChunkSource for Source {
    fn fetch(&mut self, chunk: &Chunk, into: &mut ChunkWriter<'_>) -> Result<()> {
        let bytes = &self.chunks[chunk.index];
        let tries = self.faults[chunk.index].iter().map(|after| Some(after * UNIT % (bytes.len() + 1)));
        let last = (self.fatal == Some(chunk.index)).then_some(bytes.len() / 2);
        let mut outcome = Ok(());
        for cut_at in tries.chain([last]) {
            into.restart()?;
            let bytes = &bytes[..cut_at.unwrap_or(bytes.len())];
            outcome = into.copy_from(&mut Pieces { bytes, sizes: &self.sizes, turn: 0, is_cut: cut_at.is_some() });
        }
        outcome
    }
}

fn chunk_bytes() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let chunk = prop::collection::vec(any::<u8>(), 0..300).prop_map(|units| units.repeat(UNIT));
    prop::collection::vec(chunk, 0..8)
}

proptest! {
    #[test]
    fn the_sink_holds_exactly_the_first_n_whole_chunks_whatever_happens(
        chunks in chunk_bytes(),
        sizes in prop::collection::vec(1usize..50, 1..5),
        faults in prop::collection::vec(prop::collection::vec(0usize..400, 0..3), 8),
        fatal in prop::option::of(0usize..8),
    ) {
        let mut held = Vec::new();
        let count = chunks.len();
        let mut source = Source { chunks: chunks.clone(), sizes, faults, fatal };
        let mut finished = 0;
        let outcome = fill(
            &mut source, &list(count), &mut WriteSink::new(&mut held, true),
            &mut |progress| if let Progress::Finished { .. } = progress { finished += 1 },
        );
        let expected_chunks = match outcome {
            Ok(digests) => {
                prop_assert!(fatal.is_none_or(|index| index >= count));
                for (digest, bytes) in digests.iter().zip(&chunks) {
                    prop_assert_eq!(*digest, ChunkDigest::of(bytes));
                }
                count
            }
            Err(Error::Incomplete { whole_chunks, chunks, .. }) => {
                prop_assert_eq!(Some(whole_chunks), fatal);
                prop_assert_eq!(chunks, count);
                whole_chunks
            }
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        prop_assert_eq!(finished, expected_chunks);
        prop_assert_eq!(held, chunks[..expected_chunks].concat());
    }

    #[test]
    fn a_writer_without_room_ends_the_download_and_the_error_counts_the_whole_chunks(
        chunks in chunk_bytes(), room in (0usize..1500).prop_map(|units| units * UNIT),
    ) {
        let total = chunks.concat().len();
        prop_assume!(room < total);
        let mut held = vec![0; room];
        let count = chunks.len();
        let mut source = Source { chunks: chunks.clone(), sizes: vec![9], faults: vec![vec![]; 8], fatal: None };
        let error = list(count).concatenate(&mut source, &mut &mut *held, &mut |_| {}).unwrap_err();
        let Error::Incomplete { whole_chunks, ref source, .. } = error else { panic!("{error:?}") };
        prop_assert!(matches!(**source, Error::Output { .. }), "{:?}", source);
        prop_assert!(chunks[..whole_chunks].concat().len() <= room);
        prop_assert!(chunks[..=whole_chunks].concat().len() > room);
    }
}
