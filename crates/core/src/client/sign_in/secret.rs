//! A text that must not be shown.

use std::fmt;
use std::path::{Path, PathBuf};

use super::secret_file;
use crate::error::{Error, Result};

/// A password, a token or a passphrase. `Debug` hides it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    text: String,
    exposed_file: Option<PathBuf>,
}

impl Secret {
    /// A secret from this text, as it is.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret { text: text.into(), exposed_file: None }
    }

    /// The secret in a file that holds nothing else: one line of UTF-8, with or without a byte order mark.
    /// A line break at the end does not belong to it. `what` is the name of the file in errors, as "the
    /// password file".
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for a file that cannot be read, is empty, is in UTF-16, or holds more than a line.
    pub fn from_file(what: &'static str, path: impl AsRef<Path>) -> Result<Secret> {
        let path = path.as_ref();
        let unusable = |error: secret_file::SecretFileError| Error::Setting {
            setting: what,
            problem: error.to_string(),
        };
        let file = secret_file::read(path).map_err(unusable)?;
        let exposed_file = file.is_exposed.then(|| path.to_owned());
        let secret = secret_file::text(file, path).map_err(unusable)?;
        Ok(Secret { exposed_file, ..secret })
    }

    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The file that it is from, if other users of this machine can read that file: worth a warning.
    pub fn exposed_file(&self) -> Option<&Path> {
        self.exposed_file.as_deref()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}
