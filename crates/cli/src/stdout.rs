//! Results on standard output: text and JSON.

use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anaplan_dump_core::{Error, is_unprintable};
use serde::Serialize;

use crate::failure::Failure;

/// Standard output without the line buffer of `std::io::stdout`: a dump is bytes.
pub(crate) fn raw_stdout() -> Result<File, Failure> {
    duplicate_stdout().map_err(stdout_failed)
}

#[cfg(unix)]
fn duplicate_stdout() -> io::Result<File> {
    use std::os::fd::AsFd;
    io::stdout().as_fd().try_clone_to_owned().map(File::from)
}

#[cfg(windows)]
fn duplicate_stdout() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    io::stdout().as_handle().try_clone_to_owned().map(File::from)
}

fn stdout_failed(source: io::Error) -> Failure {
    Error::output("write to", None, source).into()
}

/// Prints text.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(stdout_failed)
}

/// Whether a JSON document is on standard output: there is to be one only.
static HAS_PRINTED_JSON: AtomicBool = AtomicBool::new(false);

pub(crate) fn has_printed_json() -> bool {
    HAS_PRINTED_JSON.load(Ordering::Relaxed)
}

/// Prints one JSON document.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    HAS_PRINTED_JSON.store(true, Ordering::Relaxed);
    match serde_json::to_string_pretty(value) {
        Ok(text) => print(&(escape_unprintable(&text) + "\n")),
        Err(source) => Err(stdout_failed(source.into())),
    }
}

/// Escapes characters that would control a terminal. In a JSON document they occur only in strings, where an
/// escape means the same; the line breaks between values stay.
fn escape_unprintable(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character == '\n' || !is_unprintable(character) {
            text.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            text.push_str(&format!("\\u{unit:04x}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_control_a_terminal_are_escaped_in_json_and_read_back() {
        let name = "a\u{9b}b\u{202e}c\u{e0001}\n";
        let json = escape_unprintable(&serde_json::to_string(name).unwrap());
        assert!(json.is_ascii(), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), name);
    }
}
