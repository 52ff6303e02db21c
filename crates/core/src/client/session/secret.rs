//! A text that must not be shown.

use std::fmt;
use std::path::{Path, PathBuf};

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

    /// The same from this file, which other users of this machine can read.
    pub(super) fn exposed_in(self, path: &Path) -> Secret {
        Secret { exposed_file: Some(path.to_owned()), ..self }
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
