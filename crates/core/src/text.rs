//! Text that is safe to show on a terminal or in a log line.

use std::fmt::{self, Write};
use std::path::Path;
use std::time::Duration;

/// Maximum length of a text of the service that is shown, in characters. An error is for people, and a
/// hostile service must not fill a log.
pub(crate) const MAX_SHOWN_CHARS: usize = 300;

/// Shows text with control characters, invisible formatting characters and line breaks replaced by
/// escapes, cut after 300 characters.
#[derive(Debug, Clone, Copy)]
pub struct Printable<'a>(pub &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = String::new();
        for (count, character) in self.0.chars().enumerate() {
            if count == MAX_SHOWN_CHARS {
                shown.push_str("...");
                break;
            }
            match character {
                '\n' => shown.push_str("\\n"),
                '\r' => shown.push_str("\\r"),
                '\t' => shown.push_str("\\t"),
                c if is_unprintable(c) => write!(shown, "\\u{{{:x}}}", u32::from(c))?,
                c => shown.push(c),
            }
        }
        f.pad(&shown)
    }
}

/// A path in the same way, but never cut: what its user gave must be found again.
pub fn shown_path(path: &Path) -> String {
    path.to_string_lossy().chars().map(|c| Printable(c.encode_utf8(&mut [0; 4])).to_string()).collect()
}

/// Whether a character steers a terminal, hides, or reorders the text around it.
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// An enum with the words that `Display` has for each variant, which document it too; and perhaps a variant that holds
/// its words.
macro_rules! in_words {
    (
        $(#[$about:meta])* $name:ident { $($variant:ident: $words:literal,)* }
        $($(#[$about_other:meta])* $other:ident)?
    ) => {
        $(#[$about])*
        pub enum $name {
            $(#[doc = $words] $variant,)*
            $($(#[$about_other])* $other(&'static str),)?
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self {
                    $($name::$variant => $words,)*
                    $($name::$other(words) => words,)?
                })
            }
        }
    };
}
pub(crate) use in_words;

/// `Debug` that shows one field or none: the others are secret, or cannot be shown.
macro_rules! debug_with {
    ($name:ident $(<$lifetime:lifetime>)? $(, $label:literal: $($field:tt)+)?) => {
        impl std::fmt::Debug for $name $(<$lifetime>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))$(.field($label, &self.$($field)+))?.finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use debug_with;

/// A duration in seconds with at most three decimals: `0.25 s`, `60 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_millis() as f64 / 1000.0)
}

/// A number with its thousands apart: `1,234,567`.
pub fn thousands(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", thousands(number / 1_000), number % 1_000),
    }
}

/// A checksum for file names: the 64-bit FNV-1a hash. It must not change from one version to the next, as
/// std's hashers may.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    bytes.iter().fold(OFFSET_BASIS, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

/// Whether a text is in UTF-16, with or without a byte order mark: tools of Windows write it unasked.
pub(crate) fn is_utf16(bytes: &[u8]) -> bool {
    let is_ascii_in_utf16 = |pair: &[u8]| matches!(pair, [0, 0x20..=0x7e] | [0x20..=0x7e, 0]);
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [a, b, c, d, ..] => is_ascii_in_utf16(&[*a, *b]) && is_ascii_in_utf16(&[*c, *d]),
        _ => false,
    }
}

/// What a file is, if it is no text, and what to do.
pub(crate) fn not_text(start: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 6] = [
        (b"PK\x03\x04", "a ZIP archive: unpack it first"),
        (b"\x1f\x8b", "compressed with gzip: unpack it first"),
        (b"\xfd7zXZ", "compressed with xz: unpack it first"),
        (b"BZh91AY&SY", "compressed with bzip2: unpack it first"),
        (b"\x28\xb5\x2f\xfd", "compressed with zstd: unpack it first"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
    ];
    // A workbook is a ZIP archive with this entry.
    const WORKBOOK: &[u8] = b"[Content_Types].xml";
    let (_, what) = KINDS.into_iter().find(|(magic, _)| start.starts_with(magic))?;
    let is_workbook = start.windows(WORKBOOK.len()).any(|name| name == WORKBOOK);
    Some(if is_workbook { "a workbook of Excel: a text file is needed, such as CSV" } else { what })
}

/// The text without the byte order mark of UTF-8.
pub(crate) fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_at_a_character_and_a_path_is_not() {
        let text = "é".repeat(MAX_SHOWN_CHARS + 1);
        assert_eq!(Printable(&text).to_string(), "é".repeat(MAX_SHOWN_CHARS) + "...");
        assert_eq!(shown_path(&Path::new(&text).join("\u{1b}")), text + std::path::MAIN_SEPARATOR_STR + "\\u{1b}");
    }

    #[test]
    fn durations_have_three_decimals_at_most() {
        let shown = |milliseconds| seconds(Duration::from_millis(milliseconds));
        assert_eq!([250, 1_261, 60_000].map(shown), ["0.25 s", "1.261 s", "60 s"]);
    }

    #[test]
    fn the_checksum_is_the_published_hash() {
        assert_eq!(checksum(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(checksum(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
