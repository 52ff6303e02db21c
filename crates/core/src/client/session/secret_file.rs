//! Files that hold a secret: how one is read, and the text in it.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::secret::Secret;
use crate::error::{Error, Setting};
use crate::text::{Printable, is_unprintable, is_utf16, without_bom};

/// Longest file of a secret that is read, in bytes: a certificate with its whole chain needs a tenth of it.
const MAX_FILE_BYTES: u64 = 256 * 1024;

/// Why a file of a secret cannot be used.
#[derive(Debug)]
pub(crate) struct SecretFileError {
    pub(crate) path: PathBuf,
    pub(crate) problem: SecretFileProblem,
}

#[derive(Debug)]
pub(crate) enum SecretFileProblem {
    /// It cannot be read, or written, or locked: what failed, and why.
    Io(&'static str, io::Error),
    TooLong,
    Empty,
    Utf16,
    NotUtf8,
    /// A control character is in the middle of it.
    ControlCharacter,
}

impl SecretFileProblem {
    pub(super) fn of(self, path: &Path) -> SecretFileError {
        SecretFileError { path: path.to_owned(), problem: self }
    }
}

impl fmt::Display for SecretFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.to_string_lossy();
        let path = Printable(&path);
        match &self.problem {
            SecretFileProblem::Io("read", error) => write!(f, "{path} cannot be read: {error}"),
            SecretFileProblem::Io(action, error) => write!(f, "cannot {action} {path}: {error}"),
            SecretFileProblem::TooLong => {
                write!(f, "{path} is no file of a secret: it is longer than {} KiB", MAX_FILE_BYTES / 1024)
            }
            SecretFileProblem::Empty => write!(f, "{path} is empty"),
            SecretFileProblem::Utf16 => write!(f, "{path} is in UTF-16: save it as UTF-8 or ASCII"),
            SecretFileProblem::NotUtf8 => write!(f, "{path} is not in UTF-8: save it as UTF-8 or ASCII"),
            SecretFileProblem::ControlCharacter => {
                write!(f, "{path} holds a control character, such as a line break, inside its text")
            }
        }
    }
}

impl std::error::Error for SecretFileError {}

/// The bytes of a file, and whether too many may read it.
pub(crate) struct SecretFile {
    pub(crate) bytes: Vec<u8>,
    /// Whether users that the file is not meant for can read it. Never known but on Unix.
    pub(crate) is_exposed: bool,
}

impl Secret {
    /// The secret in a file that holds nothing else: one line of UTF-8, with or without a byte order mark.
    /// A line break at the end does not belong to it. `what` is the name of the file in errors, as "the
    /// password file".
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for a file that cannot be read, is empty, is in UTF-16, or holds more than a line.
    pub fn from_file(what: &'static str, path: impl AsRef<Path>) -> Result<Secret, Error> {
        let path = path.as_ref();
        let unusable = |error: SecretFileError| Error::Setting {
            setting: Setting::Named(what),
            problem: error.to_string(),
        };
        let file = read(path).map_err(unusable)?;
        let is_exposed = file.is_exposed;
        let secret = text(file, path).map_err(unusable)?;
        Ok(if is_exposed { secret.exposed_in(path) } else { secret })
    }
}

/// Reads a file of a secret, whole. It may be a pipe.
pub(crate) fn read(path: &Path) -> Result<SecretFile, SecretFileError> {
    let failed = |error| SecretFileProblem::Io("read", error).of(path);
    let mut file = File::open(path).map_err(failed)?;
    let is_exposed = is_exposed(&file).map_err(failed)?;
    // Never grown, so that no copy of the secret is left behind in memory.
    let mut bytes = Vec::with_capacity(MAX_FILE_BYTES as usize + 1);
    Read::by_ref(&mut file).take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(SecretFileProblem::TooLong.of(path));
    }
    Ok(SecretFile { bytes, is_exposed })
}

/// The secret in a file that holds nothing else: one line of text, whose line break does not belong to it.
pub(crate) fn text(file: SecretFile, path: &Path) -> Result<Secret, SecretFileError> {
    let failed = |problem: SecretFileProblem| problem.of(path);
    if is_utf16(&file.bytes) {
        return Err(failed(SecretFileProblem::Utf16));
    }
    let text =
        std::str::from_utf8(without_bom(&file.bytes)).map_err(|_| failed(SecretFileProblem::NotUtf8))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(failed(SecretFileProblem::Empty));
    }
    if text.contains(is_unprintable) {
        return Err(failed(SecretFileProblem::ControlCharacter));
    }
    Ok(Secret::new(text.to_owned()))
}

/// Whether a file that is there can be read by users that it is not meant for.
pub(super) fn is_exposed_at(path: &Path) -> bool {
    File::open(path).and_then(|file| is_exposed(&file)).unwrap_or(false)
}

/// Everybody may read it; or a group may, and it is not root who decided so: root shares secrets with services
/// that way.
#[cfg(unix)]
fn is_exposed(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let metadata = file.metadata()?;
    let (mode, is_roots) = (metadata.mode(), metadata.uid() == 0);
    Ok(metadata.is_file() && (mode & 0o004 != 0 || (mode & 0o040 != 0 && !is_roots)))
}

#[cfg(not(unix))]
fn is_exposed(_file: &File) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(bytes: &[u8]) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, bytes).unwrap();
        let text = read(&path).and_then(|file| text(file, &path));
        let shown = |error: SecretFileError| error.to_string().replace(&*path.to_string_lossy(), "FILE");
        text.map(|secret| secret.reveal().to_owned()).map_err(shown)
    }

    #[test]
    fn the_line_break_at_the_end_and_a_byte_order_mark_do_not_belong_to_the_secret() {
        for bytes in [&b"p w"[..], b"p w\n", b"p w\r\n", b"\xef\xbb\xbfp w\n", b"p w\n\n"] {
            assert_eq!(text_of(bytes).as_deref(), Ok("p w"), "{bytes:?}");
        }
        assert_eq!(text_of(b" \xc3\xa9 ").as_deref(), Ok(" \u{e9} "), "blanks belong to a password");
    }

    #[test]
    fn what_cannot_be_a_secret_is_refused_with_the_reason() {
        let utf16: Vec<u8> = "pw".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let with_mark = [&[0xff, 0xfe][..], &utf16].concat();
        for (bytes, reason) in [
            (&b""[..], "FILE is empty"),
            (b"\n", "FILE is empty"),
            (b"a\nb\n", "FILE holds a control character, such as a line break, inside its text"),
            (b"a\tb", "FILE holds a control character, such as a line break, inside its text"),
            (b"\xff\xff", "FILE is not in UTF-8: save it as UTF-8 or ASCII"),
            (&utf16, "FILE is in UTF-16: save it as UTF-8 or ASCII"),
            (&with_mark, "FILE is in UTF-16: save it as UTF-8 or ASCII"),
            (&[b'a'; 300_000], "FILE is no file of a secret: it is longer than 256 KiB"),
        ] {
            assert_eq!(text_of(bytes), Err(reason.to_owned()));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_exposed() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "secret").unwrap();
        let is_roots = path.metadata().unwrap().uid() == 0;
        for (mode, expected) in
            [(0o600, false), (0o640, !is_roots), (0o644, true), (0o604, true), (0o400, false)]
        {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read(&path).unwrap().is_exposed, expected, "{mode:o}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = read(Path::new("no/such/file")).err().unwrap().to_string();
        assert!(error.starts_with("no/such/file cannot be read: "), "{error}");
    }
}
