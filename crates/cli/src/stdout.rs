//! Results on standard output: text and JSON.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anaplan_dump_core::{Error, Id, is_unprintable};
use serde_json::{Value, json};

use crate::failure::Failure;

/// Standard output without the line buffer of `std::io::stdout`: a dump is bytes.
pub(crate) fn raw_stdout() -> Result<File, Failure> {
    check_open()?;
    #[cfg(unix)]
    let duplicate = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned();
    #[cfg(windows)]
    let duplicate = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned();
    duplicate.map(File::from).map_err(failed)
}

/// Refuses a standard output that was closed when the program began, as by `>&-`, where nothing but what is printed
/// counts. Then std has put the device that drops what is written in its place, opened for reading too. Programs that
/// want an exit code alone, as Python's `DEVNULL`, open it so as well: other commands do not ask.
pub(crate) fn check_open() -> Result<(), Failure> {
    const READ_AND_WRITE: u32 = 2;
    let is_null = std::fs::read_link("/proc/self/fd/1").is_ok_and(|path| path.as_os_str() == "/dev/null");
    let info = std::fs::read_to_string("/proc/self/fdinfo/1").unwrap_or_default();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
    match is_null && flags.is_some_and(|flags| flags & READ_AND_WRITE != 0) {
        true => Err(failed(io::Error::other("standard output is closed"))),
        false => Ok(()),
    }
}

fn failed(source: io::Error) -> Failure {
    Error::output("write to", None, source).into()
}

pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(failed)
}

/// Whether a JSON document is on standard output: there is to be one only.
static HAS_PRINTED_JSON: AtomicBool = AtomicBool::new(false);

pub(crate) fn has_printed_json() -> bool {
    HAS_PRINTED_JSON.load(Ordering::Relaxed)
}

pub(crate) fn print_json(document: &Value) -> Result<(), Failure> {
    HAS_PRINTED_JSON.store(true, Ordering::Relaxed);
    print(&(escape_unprintable(&format!("{document:#}")) + "\n"))
}

/// A thing of the service in a document: its id, and the locator that names it in any command.
pub(crate) fn named(id: &Id, address: &dyn Display) -> Value {
    json!({ "id": id.as_str(), "locator": address.to_string() })
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
