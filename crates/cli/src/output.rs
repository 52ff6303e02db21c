//! Results on standard output: text, tables and JSON.

use std::fs::File;
use std::io::{self, Write};

use anaplan_dump_core::{Error, Printable, is_unprintable};
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

/// The widths of columns, in characters: each that of its widest cell.
pub(crate) fn widths(header: &[&str], rows: &[Vec<String>]) -> Vec<usize> {
    let width = |(column, name): (usize, &&str)| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([name.chars().count()]).max().unwrap_or(0)
    };
    header.iter().enumerate().map(width).collect()
}

/// Moves the cells of a column to its right end.
pub(crate) fn align_right(name: &str, column: usize, rows: &mut [Vec<String>]) {
    let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
    let width = cells.chain([name.chars().count()]).max().unwrap_or(0);
    for cell in rows.iter_mut().filter_map(|row| row.get_mut(column)) {
        *cell = format!("{cell:>width$}");
    }
}

/// Aligned columns, two spaces apart; the last one is not padded. Numbers are for the caller to align.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let widths = widths(header, rows);
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

/// A text from the service on one line of at most so many characters.
pub(crate) fn cut(text: &str, max_chars: usize) -> String {
    const ELLIPSIS: &str = "...";
    let text = Printable(text).to_string();
    if text.chars().count() <= max_chars {
        return text;
    }
    text.chars().take(max_chars - ELLIPSIS.len()).collect::<String>() + ELLIPSIS
}

/// A text from the service in lines of at most `width` characters, broken between words where there
/// are any; what is beyond `max_lines` is left out.
pub(crate) fn wrapped(text: &str, width: usize, max_lines: usize) -> Vec<String> {
    let text = Printable(text).to_string();
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line_chars = lines.last().map_or(0, |line| line.chars().count());
        let fits = line_chars + 1 + word.chars().count() <= width;
        match lines.last_mut() {
            Some(line) if line.is_empty() => *line = cut(word, width),
            Some(line) if fits => *line = format!("{line} {word}"),
            _ => lines.push(cut(word, width)),
        }
    }
    lines.truncate(max_lines);
    lines.retain(|line| !line.is_empty());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["1".to_owned(), "é".to_owned()], vec!["100".to_owned(), String::new()]];
        assert_eq!(table(&["A", "NAME"], &rows), "A    NAME\n1    é\n100\n");
    }

    #[test]
    fn long_text_is_cut_or_wrapped_and_made_harmless() {
        assert_eq!(cut("a\u{1b}b", 20), "a\\u{1b}b");
        assert_eq!(cut("abcdefgh", 6), "abc...");
        assert_eq!(wrapped("one two three four", 9, 9), ["one two", "three", "four"]);
        assert_eq!(wrapped("one two three four", 9, 2), ["one two", "three"]);
        assert_eq!(wrapped(&"x".repeat(30), 9, 9), ["xxxxxx..."]);
        assert_eq!(wrapped(" ", 9, 9), Vec::<String>::new());
    }

    #[test]
    fn what_steers_a_terminal_is_escaped_in_json_and_reads_back() {
        let name = "a\u{9b}b\u{202e}c\u{e0001}\n";
        let json = escape_unprintable(&serde_json::to_string(name).unwrap());
        assert!(json.is_ascii(), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), name);
    }
}
