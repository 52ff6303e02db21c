//! The line that is redrawn in place.

use std::io::Write;
use std::sync::PoisonError;
use std::time::Duration;

use super::Reporter;
use crate::text::cut;

/// Time between two redraws of the line: often enough to look alive.
pub(super) const REDRAW: Duration = Duration::from_millis(200);

/// Maximum length of a line that is redrawn, in characters, where nothing says how wide the terminal is. Other
/// than on Windows, the terminal itself cuts what does not fit.
pub(super) const MAX_LINE_CHARS: usize = if cfg!(windows) { 78 } else { 200 };

impl Reporter {
    pub(super) fn redraw(&self, text: &str) {
        let text = cut(text, self.max_chars);
        let mut drawn = self.drawn_chars.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *drawn, text.chars().count());
        let mut stderr = std::io::stderr();
        let line = if cfg!(windows) {
            // A console of Windows may not know the sequences of a terminal.
            format!("\r{text:before$}")
        } else {
            // Without line wrap (mode 7), the terminal cuts at its width, which may change at any time.
            format!("\u{1b}[?7l\r{text}\u{1b}[K\u{1b}[?7h")
        };
        let _ = stderr.write_all(line.as_bytes()).and_then(|()| stderr.flush());
    }

    /// Clears a redrawn line.
    pub(super) fn clear(&self) {
        let mut drawn = self.drawn_chars.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = write!(std::io::stderr(), "{}", clearing(std::mem::take(&mut *drawn)));
    }
}

/// What clears a redrawn line of this length.
pub(super) fn clearing(chars: usize) -> String {
    match chars {
        0 => String::new(),
        _ if cfg!(windows) => format!("\r{:chars$}\r", ""),
        _ => "\r\u{1b}[K".to_owned(),
    }
}
