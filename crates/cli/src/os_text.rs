//! Paths that are not UTF-8, carried through a command line and variables that are text: each byte that is
//! none in a character that no text has.

use std::ffi::OsString;
use std::path::PathBuf;

/// The first of the 256 characters that carry a byte each: the last ones of a plane for private use.
const FIRST: u32 = 0x0010_ff00;

/// An argument or a variable as text.
pub(crate) fn carried(text: OsString) -> String {
    let bytes = text.into_encoded_bytes();
    let carrier = |byte: &u8| char::from_u32(FIRST + u32::from(*byte)).unwrap_or_default();
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            // One that a text has all the same is carried byte for byte, so that every text comes back as it was.
            match is_carrier(c) {
                true => text.extend(c.encode_utf8(&mut [0; 4]).as_bytes().iter().map(carrier)),
                false => text.push(c),
            }
        }
        text.extend(chunk.invalid().iter().map(carrier));
    }
    text
}

/// Whether a text carries bytes that are none.
pub(crate) fn is_carried(text: &str) -> bool {
    text.chars().any(is_carrier)
}

fn is_carrier(c: char) -> bool {
    u32::from(c) >= FIRST
}

/// The path that a carried text is. Other systems than Unix have no path of bytes: there it is not found.
pub(crate) fn path(text: &str) -> PathBuf {
    #[cfg(unix)]
    if is_carried(text) {
        use std::os::unix::ffi::OsStringExt;
        let mut bytes = Vec::new();
        for c in text.chars() {
            match u8::try_from(u32::from(c).wrapping_sub(FIRST)) {
                Ok(byte) => bytes.push(byte),
                Err(_) => bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        return OsString::from_vec(bytes).into();
    }
    PathBuf::from(text)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn every_path_comes_back_as_it_was() {
        let last_carrier = &b"\xf4\x8f\xbf\xbf\xff"[..];
        for bytes in [&b"plain"[..], b"\xff", b"a\xe9b/\xc3\xa9", b"\xf4\x8f\xbc\x80", last_carrier, b""] {
            let given = OsString::from_vec(bytes.to_vec());
            assert_eq!(path(&carried(given.clone())).into_os_string(), given, "{bytes:?}");
        }
    }
}
