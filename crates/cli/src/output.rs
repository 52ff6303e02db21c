//! Results on standard output: text, tables and JSON.

use std::fs::File;
use std::io::{self, Write};

use anaplan_dump_core::{Error, is_unprintable};
use serde::Serialize;

use crate::failure::Failure;

/// Standard output without the line buffer that `std::io::stdout` puts before it: a dump is bytes.
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
    Error::Output { action: "write to", path: None, source }.into()
}

/// Prints text.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(stdout_failed)
}

/// Prints one JSON document.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    match serde_json::to_string_pretty(value) {
        Ok(text) => print(&(escape_unprintable(&text) + "\n")),
        Err(source) => Err(stdout_failed(source.into())),
    }
}

/// Escapes what steers a terminal. In a JSON document such characters stand within strings only, where
/// an escape means the same; the line breaks between values stay.
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

/// Aligned columns, two spaces apart; the last one is not padded. Numbers are for the caller to align.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([header[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let mut text = String::new();
    let header_row: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
    for row in std::iter::once(&header_row).chain(rows) {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}
