//! Archives whose bytes depend on their content alone: no clock, no user, entries in order.

use std::io::{Cursor, Result, Write};

use flate2::{Compression, write::GzEncoder};
use zip::{DateTime, ZipWriter, write::SimpleFileOptions};

/// A file of an archive.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) content: Vec<u8>,
    /// As `chmod` takes it.
    pub(super) mode: u32,
}

impl Entry {
    pub(super) fn text(name: &str, content: String) -> Self {
        Self { name: name.to_owned(), content: content.into(), mode: 0o644 }
    }
}

/// A `.tar.gz`.
pub(super) fn tar_gz(folder: &str, entries: &[Entry]) -> Result<Vec<u8>> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    for entry in entries {
        // Its time and its owner are zero.
        let mut header = tar::Header::new_ustar();
        header.set_mode(entry.mode);
        header.set_size(entry.content.len() as u64);
        tar.append_data(&mut header, format!("{folder}/{}", entry.name), &entry.content[..])?;
    }
    tar.into_inner()?.finish()
}

/// A `.zip`, which Windows opens without any program.
pub(super) fn zip(folder: &str, entries: &[Entry]) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        let options = SimpleFileOptions::default().last_modified_time(DateTime::default());
        zip.start_file(format!("{folder}/{}", entry.name), options.unix_permissions(entry.mode))?;
        zip.write_all(&entry.content)?;
    }
    Ok(zip.finish()?.into_inner())
}

#[test]
fn the_same_content_gives_the_same_bytes() {
    let entries = [Entry::text("program", "#!/bin/sh\n".to_owned())];
    for pack in [tar_gz, zip] {
        assert_eq!(pack("folder", &entries).unwrap(), pack("folder", &entries).unwrap());
    }
}
