//! A text that must not be shown.

use std::path::{Path, PathBuf};

use crate::error::{Result, Setting};
use crate::files::NamedFile;
use crate::text::debug_with;

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
    /// Blanks and line ends around it do not belong to it. `what` is the name of the file in errors, as "the
    /// password file".
    ///
    /// # Errors
    ///
    /// [`Error::Setting`](crate::Error::Setting) for a file that cannot be read, is empty, is in UTF-16, or
    /// holds more than a line.
    pub fn from_file(what: &'static str, path: impl AsRef<Path>) -> Result<Secret> {
        let file = NamedFile::read(Setting::Named(what), path)?;
        let exposed_file = file.exposed().map(Path::to_owned);
        Ok(Secret { text: file.secret()?.to_owned(), exposed_file })
    }

    /// The text itself.
    #[doc(hidden)]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The file that it is from, if other users of this machine can read that file: worth a warning.
    #[doc(hidden)]
    pub fn exposed_file(&self) -> Option<&Path> {
        self.exposed_file.as_deref()
    }
}

debug_with!(Secret);
