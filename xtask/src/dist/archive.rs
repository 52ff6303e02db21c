//! Archives whose bytes depend on their content alone: no clock, no user, entries in order.

use std::io::{self, Write};

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};

/// A file of an archive.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    content: Vec<u8>,
    is_program: bool,
}

impl Entry {
    pub(super) fn file(name: &str, content: impl Into<Vec<u8>>) -> Entry {
        Entry { name: name.to_owned(), content: content.into(), is_program: false }
    }

    pub(super) fn program(name: &str, content: Vec<u8>) -> Entry {
        Entry { name: name.to_owned(), content, is_program: true }
    }

    fn mode(&self) -> u32 {
        if self.is_program { 0o755 } else { 0o644 }
    }
}

/// A `.tar.gz` in the format of POSIX (ustar), which every tar reads.
pub(super) fn tar_gz(folder: &str, entries: &[Entry]) -> io::Result<Vec<u8>> {
    const BLOCK: usize = 512;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    for entry in entries {
        let mut header = [0; BLOCK];
        let mut put =
            |offset: usize, text: &str| header[offset..][..text.len()].copy_from_slice(text.as_bytes());
        let name = format!("{folder}/{}", entry.name);
        if name.len() > 100 {
            return Err(io::Error::other(format!("{name}: longer than 100 bytes")));
        }
        put(0, &name);
        put(100, &format!("{:07o}", entry.mode()));
        put(108, "0000000");
        put(116, "0000000");
        put(124, &format!("{:011o}", entry.content.len()));
        put(136, &format!("{:011o}", 0));
        // The sum of the header counts its own field as blanks.
        put(148, "        ");
        put(156, "0");
        put(257, "ustar\0");
        put(263, "00");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        gzip.write_all(&header)?;
        gzip.write_all(&entry.content)?;
        gzip.write_all(&vec![0; entry.content.len().next_multiple_of(BLOCK) - entry.content.len()])?;
    }
    gzip.write_all(&[0; 2 * BLOCK])?;
    gzip.finish()
}

/// A `.zip`, which Windows opens without any program.
pub(super) fn zip(folder: &str, entries: &[Entry]) -> io::Result<Vec<u8>> {
    const VERSION: u16 = 20;
    const MADE_ON_UNIX: u16 = 3 << 8;
    const NAMES_IN_UTF8: u16 = 1 << 11;
    const DEFLATED: u16 = 8;
    /// 1 January 1980, the first day that the format knows.
    const DAY: u16 = 1 << 5 | 1;
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let offset = size(bytes.len())?;
        let name = format!("{folder}/{}", entry.name);
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
        deflate.write_all(&entry.content)?;
        let packed = deflate.finish()?;
        let mut checksum = Crc::new();
        checksum.update(&entry.content);
        let mut common = Vec::new();
        for half in [VERSION, NAMES_IN_UTF8, DEFLATED, 0, DAY] {
            common.extend(half.to_le_bytes());
        }
        for word in [checksum.sum(), size(packed.len())?, size(entry.content.len())?] {
            common.extend(word.to_le_bytes());
        }
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0; 2]);

        bytes.extend(b"PK\x03\x04");
        bytes.extend(&common);
        bytes.extend(name.as_bytes());
        bytes.extend(packed);

        directory.extend(b"PK\x01\x02");
        directory.extend((MADE_ON_UNIX | VERSION).to_le_bytes());
        directory.extend(&common);
        // No comment, the first disk, no inner attributes.
        directory.extend([0; 6]);
        directory.extend(((0o100_000 | entry.mode()) << 16).to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, count) = (size(bytes.len())?, entries.len() as u16);
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06");
    bytes.extend([0; 4]);
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend(size(directory.len())?.to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0; 2]);
    Ok(bytes)
}

fn size(length: usize) -> io::Result<u32> {
    u32::try_from(length).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

    fn entries() -> Vec<Entry> {
        vec![
            Entry::file("a/text.txt", "text\n".repeat(200)),
            Entry::program("program", b"#!/bin/sh\n".to_vec()),
        ]
    }

    /// What a program that reads such archives makes of one; `None` where it is not installed.
    fn unpacked(name: &str, bytes: &[u8], program: &str, arguments: &[&str]) -> Option<tempfile::TempDir> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), bytes).unwrap();
        let output = Command::new(program).args(arguments).current_dir(&folder).output().ok()?;
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(
            fs::read_to_string(folder.path().join("folder/a/text.txt")).unwrap(),
            "text\n".repeat(200)
        );
        Some(folder)
    }

    #[test]
    fn tar_reads_the_archive_and_the_same_content_gives_the_same_bytes() {
        let bytes = tar_gz("folder", &entries()).unwrap();
        assert_eq!(bytes, tar_gz("folder", &entries()).unwrap());
        let folder = unpacked("a.tar.gz", &bytes, "tar", &["-xzf", "a.tar.gz"]);
        #[cfg(unix)]
        if let Some(folder) = folder {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(folder.path().join("folder/program")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o755);
        }
    }

    #[test]
    fn python_reads_the_zip_and_finds_no_damage() {
        let bytes = zip("folder", &entries()).unwrap();
        assert_eq!(bytes, zip("folder", &entries()).unwrap());
        unpacked("a.zip", &bytes, "python3", &["-m", "zipfile", "-e", "a.zip", "."]);
    }
}
