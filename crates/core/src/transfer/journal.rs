//! The journal beside a part file: the dump, its chunk list, and each finished chunk with its length and
//! checksum. Append-only, one JSON document a line, so that a torn last line is the only damage that a kill can do.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::Mismatch;
use crate::service::ChunkList;

/// Version of the journal's format; no other version is read.
const FORMAT: u32 = 1;

/// Maximum size of a journal that is read, in bytes: far beyond that of a million chunks.
pub(super) const MAX_JOURNAL_BYTES: u64 = 512 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) chunk: String,
    pub(super) bytes: u64,
    pub(super) crc32: u32,
}

/// What a journal says about the download that is about to begin.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Nothing: there is no journal yet.
    Empty,
    /// It cannot be used, for this reason.
    Unusable(Mismatch),
    /// It is that of another dump, which it names so.
    OfAnother(String),
    /// The finished chunks, each with the offset in the journal at which its line ends.
    Records { header_end: u64, records: Vec<(Record, u64)> },
}

/// The first line: what the part file is a part of.
pub(super) fn header_line(dump: &str, list: &ChunkList) -> String {
    let chunks: Vec<&str> = list.as_slice().iter().map(|chunk| chunk.id.as_str()).collect();
    format!("{{\"format\":{FORMAT},\"dump\":{},\"chunks\":{}}}\n", Value::from(dump), Value::from(chunks))
}

pub(super) fn line(record: &Record) -> String {
    // Strings and numbers always serialize; an empty line would read as a damaged journal.
    serde_json::to_string(record).unwrap_or_default() + "\n"
}

/// Whether a file that begins like this is a journal, whole or torn: another program's file is not touched.
pub(super) fn is_ours(head: &[u8]) -> bool {
    const BEGINNING: &[u8] = b"{\"format\":";
    const NEXT: &[u8] = b",\"dump\":\"";
    let Some(version) = head.strip_prefix(BEGINNING) else { return BEGINNING.starts_with(head) };
    let digits = version.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = &version[digits..];
    rest.starts_with(NEXT) || NEXT.starts_with(rest)
}

/// Reads a journal up to the first line that is torn or does not continue it.
pub(super) fn read(journal: &[u8], dump: &str, list: &ChunkList) -> Reading {
    if journal.is_empty() {
        return Reading::Empty;
    }
    let mut lines = journal.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    let Some(first) = lines.next() else {
        return Reading::Unusable(Mismatch::Journal);
    };
    let header: Value = serde_json::from_slice(first).unwrap_or_default();
    let (Some(of), Some(chunks)) = (header["dump"].as_str(), header["chunks"].as_array()) else {
        return Reading::Unusable(Mismatch::Journal);
    };
    if header["format"] != FORMAT {
        return Reading::Unusable(Mismatch::Journal);
    }
    if of != dump {
        return Reading::OfAnother(of.to_owned());
    }
    let ids = list.as_slice().iter().map(|chunk| chunk.id.as_str());
    if !ids.clone().eq(chunks.iter().map(|id| id.as_str().unwrap_or_default())) {
        return Reading::Unusable(Mismatch::ChunkList);
    }
    let header_end = first.len() as u64;
    let mut end = header_end;
    let mut records = Vec::new();
    for (line, id) in lines.zip(ids) {
        let record = serde_json::from_slice(line).ok().filter(|record: &Record| record.chunk == id);
        let Some(record) = record else { break };
        end += line.len() as u64;
        records.push((record, end));
    }
    Reading::Records { header_end, records }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::service::numbered_chunks as list;

    fn journal(records: usize) -> (Vec<u8>, Vec<u64>) {
        let mut text = header_line("D", &list(4));
        let mut ends = vec![text.len() as u64];
        for n in 0..records {
            text += &line(&Record { chunk: n.to_string(), bytes: 10, crc32: 7 });
            ends.push(text.len() as u64);
        }
        (text.into_bytes(), ends)
    }

    #[test]
    fn another_dump_or_another_chunk_list_is_not_continued() {
        let (bytes, _) = journal(2);
        assert_eq!(read(&bytes, "E", &list(4)), Reading::OfAnother("D".to_owned()));
        assert_eq!(read(&bytes, "D", &list(5)), Reading::Unusable(Mismatch::ChunkList));
        assert_eq!(read(b"", "D", &list(4)), Reading::Empty);
        assert!(matches!(read(b"{}\n", "D", &list(4)), Reading::Unusable(_)));
    }

    #[test]
    fn only_what_begins_as_a_journal_does_is_taken_for_one() {
        let (bytes, _) = journal(1);
        assert!((0..bytes.len()).all(|end| is_ours(&bytes[..end])), "torn anywhere");
        for foreign in ["{\"format\":\"A4\"}", "{\"format\":1,\"pages\":[]}", "{\"forms\":1}", "rows"] {
            assert!(!is_ours(foreign.as_bytes()), "{foreign}");
        }
    }

    proptest! {
        #[test]
        fn damage_to_a_journal_never_adds_a_chunk(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let (mut bytes, _) = journal(3);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let (whole, _) = journal(3);
            let Reading::Records { records: originals, .. } = read(&whole, "D", &list(4)) else { panic!() };
            if let Reading::Records { records, .. } = read(&bytes, "D", &list(4)) {
                // Digits of a length or checksum can change unseen; the bytes of the chunk show it then.
                let ids = |records: &[(Record, u64)]| records.iter().map(|(r, _)| r.chunk.clone()).collect::<Vec<_>>();
                prop_assert!(ids(&originals).starts_with(&ids(&records)));
            }
        }
    }
}
