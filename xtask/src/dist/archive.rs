//! Archives whose bytes depend on their content alone: no clock, no user, entries in order.

use std::collections::BTreeSet;
use std::io::{Cursor, Result, Write};
use std::path::Path;

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
    let mut folders = BTreeSet::new();
    let mut append = |name: &Path, kind, mode, content: &[u8]| {
        // Its time and its owner are zero.
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, content)
    };
    for entry in entries {
        let path = Path::new(folder).join(&entry.name);
        // dpkg makes no folder that is not in the archive.
        let parents = path.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty());
        for parent in parents.collect::<Vec<_>>().into_iter().rev() {
            if folders.insert(parent.to_owned()) {
                append(parent, tar::EntryType::Directory, 0o755, &[])?;
            }
        }
        append(&path, tar::EntryType::Regular, entry.mode, &entry.content)?;
    }
    tar.into_inner()?.finish()
}

/// A package of Debian: two archives in one, the first with the text that describes the second.
pub(super) fn deb(control: String, entries: &[Entry]) -> Result<Vec<u8>> {
    let mut deb = ar::Builder::new(Vec::new());
    let control = tar_gz(".", &[Entry::text("control", control)])?;
    let parts =
        [("debian-binary", b"2.0\n".to_vec()), ("control.tar.gz", control), ("data.tar.gz", tar_gz(".", entries)?)];
    for (name, content) in parts {
        let mut header = ar::Header::new(name.into(), content.len() as u64);
        header.set_mode(0o100_644);
        deb.append(&header, &content[..])?;
    }
    deb.into_inner()
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
