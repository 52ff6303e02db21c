//! Paths that are not UTF-8, carried through a command line and variables that are text: each byte that is
//! none in a character that no text has.

use std::ffi::OsString;
use std::path::PathBuf;

/// The first of the 256 characters that carry a byte each: the last ones of a plane for private use.
const FIRST: u32 = 0x0010_ff00;

/// An argument or a variable as text. `None` where the system's text cannot be carried.
pub(crate) fn carried(text: OsString) -> Option<String> {
    match text.into_string() {
        // A text that has such a character is carried byte for byte, too, so that every text comes back as it
        // was.
        Ok(text) if !text.chars().any(is_carrier) => Some(text),
        Ok(text) => Some(carry(text.as_bytes())),
        Err(text) => not_utf8(text),
    }
}

/// The path that a carried text is.
pub(crate) fn path(text: &str) -> PathBuf {
    match text.chars().any(is_carrier) {
        true => from_carried(text),
        false => PathBuf::from(text),
    }
}

fn is_carrier(c: char) -> bool {
    u32::from(c) >= FIRST
}

fn carry(bytes: &[u8]) -> String {
    let carrier = |byte: &u8| char::from_u32(FIRST + u32::from(*byte)).unwrap_or_default();
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match is_carrier(c) {
                true => text.extend(c.encode_utf8(&mut [0; 4]).as_bytes().iter().map(carrier)),
                false => text.push(c),
            }
        }
        text.extend(chunk.invalid().iter().map(carrier));
    }
    text
}

#[cfg(unix)]
fn not_utf8(text: OsString) -> Option<String> {
    use std::os::unix::ffi::OsStrExt;
    Some(carry(text.as_bytes()))
}

#[cfg(not(unix))]
fn not_utf8(_text: OsString) -> Option<String> {
    None
}

#[cfg(unix)]
fn from_carried(text: &str) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    let mut bytes = Vec::new();
    for c in text.chars() {
        match u8::try_from(u32::from(c).wrapping_sub(FIRST)) {
            Ok(byte) => bytes.push(byte),
            Err(_) => bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn from_carried(text: &str) -> PathBuf {
    PathBuf::from(text)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn every_path_comes_back_as_it_was() {
        for bytes in [
            &b"plain"[..],
            b"\xff",
            b"a\xe9b/\xc3\xa9",
            b"\xc3",
            b"\xf4\x8f\xbc\x80",
            b"\xf4\x8f\xbf\xbf\xff",
            b"",
        ] {
            let given = OsString::from_vec(bytes.to_vec());
            assert_eq!(path(&carried(given.clone()).unwrap()).into_os_string(), given, "{bytes:?}");
        }
    }
}
