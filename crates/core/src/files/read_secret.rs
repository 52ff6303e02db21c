//! The door in: a file that the user names in a setting, and the secret or the certificates in it.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;

use crate::error::{Error, Result, Setting};
use crate::text::{debug_with, is_unprintable, is_utf16, shown_path, without_bom};

/// Maximum size of a file that is read, in bytes: the bundle of a system's root certificates has some 200 kB.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Maximum size of a secret in bytes: servers refuse longer headers.
const MAX_SECRET_BYTES: usize = 16 * 1024;

/// The content of a file that a setting names. `Debug` hides it.
pub struct NamedFile {
    setting: Setting,
    /// How errors name the file: empty where its path may be a secret.
    name: String,
    path: PathBuf,
    bytes: Vec<u8>,
    is_exposed: bool,
}

impl NamedFile {
    /// Reads a file, whole; it may be a pipe. `setting` says in errors what is wrong, as "the password file".
    /// An error repeats the path only where it leads to a file or into a folder: else it may be a secret that
    /// was given in its place.
    pub fn read(setting: Setting, path: impl AsRef<Path>) -> Result<NamedFile> {
        let path = path.as_ref();
        let name = shown(path);
        let failed = |error| unusable_path(setting, path, &error);
        let file = File::open(path).map_err(failed)?;
        let is_exposed = is_exposed(&file).map_err(failed)?;
        let read = NamedFile::read_from(setting, &name, file)?;
        Ok(NamedFile { path: path.to_owned(), is_exposed, ..read })
    }

    /// Reads a source that is no file, such as standard input, to its end. `name` is how errors call it.
    pub fn read_from(setting: Setting, name: &str, source: impl Read) -> Result<NamedFile> {
        let bytes = read_all(source).map_err(|error| match error.kind() {
            ErrorKind::TimedOut => Error::output("read", Some(name.as_ref()), error),
            _ => unusable(setting, name, &format!("cannot be read: {error}")),
        })?;
        NamedFile::from_bytes(setting, name, bytes)
    }

    /// The same from memory.
    pub fn from_bytes(setting: Setting, name: &str, bytes: Vec<u8>) -> Result<NamedFile> {
        if bytes.len() as u64 > MAX_BYTES {
            return Err(unusable(setting, name, "is larger than any file of a secret or of certificates"));
        }
        if is_utf16(&bytes) {
            return Err(unusable(setting, name, "is in UTF-16: save it as UTF-8 or ASCII"));
        }
        Ok(NamedFile { setting, name: name.to_owned(), path: PathBuf::new(), bytes, is_exposed: false })
    }

    /// The content, without a byte order mark.
    pub fn bytes(&self) -> &[u8] {
        without_bom(&self.bytes)
    }

    /// How errors name the file.
    pub(crate) fn name(&self) -> &str {
        if self.name.is_empty() { "the file" } else { &self.name }
    }

    /// The file, if users that it is not meant for can read it: worth a warning where it holds a secret.
    /// Never known but on Unix.
    pub fn exposed(&self) -> Option<&Path> {
        self.is_exposed.then_some(&self.path)
    }

    /// The secret in a file that holds nothing else: one line of UTF-8. Blanks and line ends around it do not
    /// belong to it.
    pub fn secret(&self) -> Result<&str> {
        let text = self.text()?;
        check_secret(self.setting, &self.name, text).map(|()| text)
    }

    /// The same for a token.
    pub fn token(&self) -> Result<&str> {
        let text = self.text()?;
        check_token(self.setting, &self.name, text).map(|()| text)
    }

    fn text(&self) -> Result<&str> {
        let text = std::str::from_utf8(self.bytes());
        let problem = "is not in UTF-8: save it as UTF-8 or ASCII";
        text.map(str::trim).map_err(|_| unusable(self.setting, &self.name, problem))
    }
}

/// All that a source holds, cut where that is more than any file may have that is read.
pub(crate) fn read_all(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes).map(|_| bytes)
}

/// Whether a text can be a token; errors show no part of it. `name` is how they call its file, empty without one.
pub(crate) fn check_token(setting: Setting, name: &str, text: &str) -> Result<()> {
    // As in a file of variables, or copied from a shell.
    let is_assignment = |line: &str| {
        let name = line.split_once('=').map_or("", |(name, _)| name).to_ascii_uppercase();
        let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let ends_so = ["TOKEN", "PASSWORD", "PASSPHRASE", "SECRET"].iter().any(|word| name.ends_with(word));
        name.starts_with("EXPORT ") || name.contains("ANAPLAN_") || (is_word && ends_so)
    };
    let is_json = || text.starts_with('{') && serde_json::from_str::<IgnoredAny>(text).is_ok();
    match () {
        () if is_json() => Err(unusable(setting, name, "is a JSON document: only the value belongs there")),
        () if text.lines().any(is_assignment) => {
            Err(unusable(setting, name, "holds a line NAME=VALUE: only the value belongs there"))
        }
        () => check_secret(setting, name, text),
    }
}

/// Whether a text can be any secret: a password may look like anything.
pub(crate) fn check_secret(setting: Setting, name: &str, text: &str) -> Result<()> {
    let problem = match text.chars().find(|c| is_unprintable(*c)) {
        _ if text.is_empty() => "is empty",
        _ if text.len() > MAX_SECRET_BYTES => "is larger than any secret: is it another file?",
        Some('\n' | '\r') => "holds more than one line",
        Some(c) => &format!("holds a character that cannot be seen, U+{:04X}", u32::from(c)),
        None => return Ok(()),
    };
    Err(unusable(setting, name, problem))
}

debug_with!(NamedFile, "name": name);

/// An error about a path that may be a secret.
pub(crate) fn unusable_path(setting: Setting, path: &Path, error: &io::Error) -> Error {
    let file = before_colon(path).filter(|file| file.is_file());
    if let (Setting::Certificate | Setting::PrivateKey, Some(file)) = (setting, file) {
        let problem = format!(
            "what follows the colon does not belong to the name of the file {}: a passphrase has its own setting",
            shown_path(&file)
        );
        return Error::Missing { setting: Setting::Passphrase, problem };
    }
    let problem = match path.to_string_lossy().contains("-----BEGIN") {
        true => "is the text of a key or a certificate: name a file that holds it",
        false => &format!("cannot be read: {error}"),
    };
    unusable(setting, &shown(path), problem)
}

fn unusable(setting: Setting, name: &str, problem: &str) -> Error {
    let name = if name.is_empty() { "it" } else { name };
    setting.unusable(format!("{name} {problem}"))
}

/// How an error names a path: whole if a file has it, and without what follows a colon if its folder exists,
/// as in `KEY:PASSPHRASE`. Otherwise not at all: it may be a secret.
fn shown(path: &Path) -> String {
    if path.symlink_metadata().is_ok() {
        return shown_path(path);
    }
    let path = before_colon(path).unwrap_or_else(|| path.to_owned());
    let folder = path.parent().filter(|folder| folder.file_name().is_some());
    match folder.is_some_and(Path::is_dir) {
        true => shown_path(&path),
        false => String::new(),
    }
}

/// What precedes the colon in a file name.
fn before_colon(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_string_lossy();
    name.split_once(':').map(|(file, _)| path.with_file_name(file))
}

/// Whether a file that exists can be read by users that it is not meant for.
pub(crate) fn is_exposed_at(path: &Path) -> bool {
    // To open a pipe would wait for its other end.
    path.is_file() && File::open(path).and_then(|file| is_exposed(&file)).unwrap_or(false)
}

/// Everybody may read it; or a group may, and it is not root who decided so: root shares secrets with
/// services that way.
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

    fn secret_of(bytes: &[u8]) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, bytes).unwrap();
        let file = NamedFile::read(Setting::Named("the file"), &path);
        file.and_then(|file| file.token().map(str::to_owned))
            .map_err(|error| error.to_string().replace(&*path.to_string_lossy(), "FILE"))
    }

    #[test]
    fn what_cannot_be_a_secret_is_refused_with_the_reason() {
        let utf16: Vec<u8> = "pw".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let with_mark = [&[0xff, 0xfe][..], &utf16].concat();
        for (bytes, reason) in [
            (&b""[..], "is empty"),
            (b" \r\n", "is empty"),
            (b"a\nb\n", "holds more than one line"),
            (b"a\tb", "holds a character that cannot be seen, U+0009"),
            ("a\u{200b}b".as_bytes(), "holds a character that cannot be seen, U+200B"),
            (b"ANAPLAN_TOKEN=s3cret\n", "holds a line NAME=VALUE: only the value belongs there"),
            (b"# mine\nexport TOKEN=s3cret\n", "holds a line NAME=VALUE: only the value belongs there"),
            (b"refresh_token=s3cret", "holds a line NAME=VALUE: only the value belongs there"),
            (b"{\"refresh_token\": \"s3cret\"}", "is a JSON document: only the value belongs there"),
            (b"{\n  \"refresh_token\": \"s3cret\"\n}\n", "is a JSON document: only the value belongs there"),
            (b"\xff\xff", "is not in UTF-8: save it as UTF-8 or ASCII"),
            (&utf16, "is in UTF-16: save it as UTF-8 or ASCII"),
            (&with_mark, "is in UTF-16: save it as UTF-8 or ASCII"),
            (&vec![b'a'; 5 << 20], "is larger than any secret: is it another file?"),
            (&vec![b'a'; 17 << 20], "is larger than any file of a secret or of certificates"),
        ] {
            assert_eq!(secret_of(bytes), Err(format!("the file cannot be used: FILE {reason}")));
        }
        for secret in ["c2VjcmV0==", "{s3cret", "my=token", "\n\np w"] {
            assert_eq!(secret_of(secret.as_bytes()).as_deref(), Ok(secret.trim()));
        }
    }

    #[test]
    fn a_password_may_look_like_a_variable_or_like_json() {
        for text in ["ANAPLAN_Anaplan_2026=x", "Token=abc", "mypassword=1", "export TOKEN=x", "{}"] {
            let file = NamedFile::from_bytes(Setting::Password, "", text.into()).unwrap();
            assert!(file.token().is_err(), "{text}");
            assert_eq!(file.secret().unwrap(), text);
        }
    }

    #[test]
    fn what_is_no_path_is_not_repeated_and_a_passphrase_in_it_is_neither() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key.pem");
        std::fs::write(&key, "a key").unwrap();
        let key = key.to_string_lossy().into_owned();
        let misspelled = folder.path().join("ky.pem").to_string_lossy().into_owned();
        let error = |path: &str| NamedFile::read(Setting::Named("the key"), path).unwrap_err().to_string();
        for secret in ["eyJ0.eyJs3cret", "s3cret/with/sl+ashes==", "/s3cret", &"s3cret".repeat(1000)] {
            let text = error(secret);
            assert!(text.starts_with("the key cannot be used: it cannot be read: "), "{text}");
            assert!(!text.contains("s3cret"), "{text}");
        }
        let text = error("-----BEGIN RSA PRIVATE KEY-----\ns3cret\n");
        assert!(text.ends_with("it is the text of a key or a certificate: name a file that holds it"), "{text}");
        for path in [&key, &misspelled] {
            let text = error(&format!("{path}:s3cret"));
            assert!(text.contains(path) && !text.contains("s3cret"), "{text}");
        }
        let error_of_key = NamedFile::read(Setting::Certificate, format!("{key}:s3cret")).unwrap_err();
        assert!(matches!(error_of_key, Error::Missing { setting: Setting::Passphrase, .. }));
        assert!(!error_of_key.to_string().contains("s3cret"), "{error_of_key}");
        assert!(error(&misspelled).contains(&misspelled));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_exposed() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "secret").unwrap();
        let is_roots = path.metadata().unwrap().uid() == 0;
        for (mode, expected) in [(0o600, false), (0o640, !is_roots), (0o644, true), (0o604, true), (0o400, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(NamedFile::read(Setting::Named("it"), &path).unwrap().exposed().is_some(), expected, "{mode:o}");
            assert_eq!(is_exposed_at(&path), expected, "{mode:o}");
        }
    }
}
