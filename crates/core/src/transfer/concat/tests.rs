use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

use proptest::prelude::*;

use super::*;
use crate::service::numbered_chunks as list;
use crate::transfer::sink::WriteSink;

/// Reads in pieces of the given sizes, interrupted now and then, and fails at an offset if told to.
struct Pieces<'a> {
    bytes: &'a [u8],
    sizes: &'a [usize],
    turn: usize,
    fail_after: Option<usize>,
    given: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.turn += 1;
        if self.turn.is_multiple_of(3) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let size = self.sizes.get(self.turn % self.sizes.len().max(1)).copied().unwrap_or(7).max(1);
        let mut count = size.min(self.bytes.len()).min(buffer.len());
        if let Some(limit) = self.fail_after {
            if self.given >= limit {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            count = count.min(limit - self.given);
        }
        buffer[..count].copy_from_slice(&self.bytes[..count]);
        self.bytes = &self.bytes[count..];
        self.given += count;
        Ok(count)
    }
}

/// Faults before success, per chunk: after how many bytes each failing try breaks. A chunk in
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
        let tries: Vec<Option<usize>> =
            self.faults[chunk.index].iter().map(|after| Some(after % (bytes.len() + 1))).collect();
        let last = if self.fatal == Some(chunk.index) { Some(bytes.len() / 2) } else { None };
        let mut outcome = Ok(());
        for fail_after in tries.into_iter().chain([last]) {
            into.restart()?;
            let mut reader = Pieces { bytes, sizes: &self.sizes, turn: 0, fail_after, given: 0 };
            outcome = into.copy_from(&mut reader);
        }
        outcome
    }
}

/// Takes a few bytes at a time, and fails for good after `room` bytes.
#[derive(Clone)]
struct ShortWriter {
    held: Rc<RefCell<Vec<u8>>>,
    step: usize,
    room: usize,
}

impl Write for ShortWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut held = self.held.borrow_mut();
        let count = bytes.len().min(self.step).min(self.room - held.len());
        if count == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        held.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn chunk_bytes() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..8)
}

proptest! {
    #[test]
    fn the_sink_holds_exactly_the_first_n_whole_chunks_whatever_happens(
        chunks in chunk_bytes(),
        sizes in prop::collection::vec(1usize..50, 1..5),
        faults in prop::collection::vec(prop::collection::vec(0usize..400, 0..3), 8),
        fatal in prop::option::of(0usize..8),
        step in 1usize..40,
    ) {
        let held = Rc::new(RefCell::new(Vec::new()));
        let writer = ShortWriter { held: Rc::clone(&held), step, room: usize::MAX };
        let count = chunks.len();
        let mut source = Source { chunks: chunks.clone(), sizes, faults, fatal };
        let mut finished = 0;
        let outcome = fill(
            &mut source, &list(count), &mut WriteSink::new(writer),
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
        prop_assert_eq!(&*held.borrow(), &chunks[..expected_chunks].concat());
    }

    #[test]
    fn a_writer_without_room_ends_the_download_and_the_error_counts_the_whole_chunks(
        chunks in chunk_bytes(), room in 0usize..1500,
    ) {
        let total = chunks.concat().len();
        prop_assume!(room < total);
        let held = Rc::new(RefCell::new(Vec::new()));
        let writer = ShortWriter { held: Rc::clone(&held), step: 64, room };
        let count = chunks.len();
        let mut source = Source { chunks: chunks.clone(), sizes: vec![9], faults: vec![vec![]; 8], fatal: None };
        let error = fill(
            &mut source, &list(count), &mut WriteSink::new(writer), &mut |_| {},
        ).unwrap_err();
        let Error::Incomplete { whole_chunks, ref source, .. } = error else { panic!("{error:?}") };
        prop_assert!(matches!(**source, Error::Output { .. }), "{:?}", source);
        prop_assert!(chunks[..whole_chunks].concat().len() <= room);
        prop_assert!(chunks[..=whole_chunks].concat().len() > room);
    }
}
