//! Text for people: sizes, times and durations, and texts of the service made safe, cut or wrapped.

use std::path::Path;
use std::time::{Duration, SystemTime};

use anaplan_dump_core::{ActionKind, Printable, Utc, shown_path};

use crate::os_text;

/// The width that `COLUMNS` gives to all output.
pub(crate) fn columns() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.trim().parse().ok()
}

/// A text of the service on one line, safe for a terminal.
pub(crate) fn safe(text: &str) -> String {
    Printable(&os_text::path(text).to_string_lossy()).to_string()
}

/// A text as one word of a command that can be pasted into a shell.
pub(crate) fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "._-/:+@,=%".contains(c) || (cfg!(windows) && c == '\\');
    let quoted = match text {
        _ if !text.is_empty() && text.chars().all(is_plain) => return text.to_owned(),
        // No file name of Windows has a quote in it.
        _ if cfg!(windows) => format!("\"{text}\""),
        _ => format!("'{}'", text.replace('\'', r"'\''")),
    };
    shown_path(Path::new(&quoted))
}

/// A text of the service on one line of at most `max_chars` characters.
pub(crate) fn cut(text: &str, max_chars: usize) -> String {
    const ELLIPSIS: &str = "...";
    let text = safe(text);
    if text.chars().count() <= max_chars {
        return text;
    }
    text.chars().take(max_chars - ELLIPSIS.len()).collect::<String>() + ELLIPSIS
}

/// A text that is safe for a terminal, in lines of at most `width` characters, broken between words.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => *line = format!("{line} {word}"),
            _ => lines.push(cut(word, width)),
        }
    }
    lines
}

/// A number of things: `1 task`, `2 tasks`.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    match (count, thing.strip_suffix('y')) {
        (1, _) => format!("1 {thing}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        _ if thing.ends_with('s') => format!("{count} {thing}es"),
        _ => format!("{count} {thing}s"),
    }
}

/// A size in decimal units, as the service counts its chunks: `25.0 MB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    // A value that would round to 1000.0 reads better in the next unit.
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A duration: `0.35 s`, `12.4 s`, `3 min 05 s`, `2 h 04 min`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let whole = seconds.round() as u64;
    match seconds {
        s if s < 9.95 => format!("{s:.2} s"),
        s if s < 59.95 => format!("{s:.1} s"),
        s if s < 3599.5 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// An age in its largest unit: `40 s`, `5 min`, `3 h`, `2 d`.
pub(crate) fn age(age: Duration) -> String {
    match age.as_secs() {
        s @ ..60 => format!("{s} s"),
        s @ ..3600 => format!("{} min", s / 60),
        s @ ..172_800 => format!("{} h", s / 3600),
        s => format!("{} d", s / 86_400),
    }
}

/// A progress from 0 to 1: `42 %`.
pub(crate) fn percent(progress: f64) -> String {
    format!("{:.0} %", progress.clamp(0.0, 1.0) * 100.0)
}

/// The rate at which bytes came, and how long the rest will take, if it is known: `2.5 MB/s  about 6 s left`.
pub(crate) fn rate(bytes: u64, elapsed: Duration, rest: Option<f64>) -> String {
    let rate = bytes as f64 / elapsed.as_secs_f64().max(0.001);
    let left = rest.filter(|_| bytes > 0).map(|rest| (rest / rate.max(1.0)).clamp(0.0, 1e9));
    let left = left.map(|seconds| format!("  about {} left", age(Duration::from_secs_f64(seconds))));
    format!("{}/s{}", size(rate as u64), left.unwrap_or_default())
}

/// A time in UTC: `2019-10-16 20:39:07`.
pub(crate) fn time(time: SystemTime) -> String {
    rfc3339(time).replace('T', " ").replace('Z', "")
}

/// The same as RFC 3339 writes it: `2019-10-16T20:39:07Z`.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    Utc(time).to_string()
}

/// How a duration is written.
pub(crate) const DURATIONS: &str = "a duration such as 500ms, 30s, 5m, 2h or plain seconds";

/// The maximum duration that is read. A time millions of years from now cannot be represented.
const LONGEST_DURATION: Duration = Duration::from_secs(365 * 86_400);

/// Reads `500ms`, `30s`, `5m`, `2h`, `1d` or plain seconds, of at most 365 days; fractions are allowed.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    duration_of(text.trim()).ok_or_else(|| format!("{DURATIONS} is needed"))
}

fn duration_of(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let seconds = match unit.trim_start() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    let duration = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?;
    (duration <= LONGEST_DURATION).then_some(duration)
}

/// Reads the time since when something is wanted: a duration back from now, or a date in UTC as `2026-11-24`,
/// `2026-11-24T20:00` or `2026-11-24T20:00:00Z`.
pub(crate) fn parse_since(text: &str) -> Result<SystemTime, String> {
    // 48 alone would be seconds, which no user means.
    let has_unit = text.ends_with(|c: char| c.is_ascii_alphabetic());
    let time = match parse_duration(text) {
        Ok(duration) if has_unit => SystemTime::now().checked_sub(duration),
        _ => Utc::parse(text),
    };
    time.ok_or_else(|| {
        "a duration such as 48h, or a date such as 2026-11-24 or 2026-11-24T20:00 (UTC), is needed".to_owned()
    })
}

/// What a locator names, in a sentence.
pub(crate) fn noun(kind: ActionKind) -> &'static str {
    match kind {
        ActionKind::Process => "process",
        ActionKind::Import => "import",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_or_wrapped_and_made_safe() {
        assert_eq!(cut("a\u{1b}b", 20), "a\\u{1b}b");
        assert_eq!(cut("abcdefgh", 6), "abc...");
        assert_eq!(wrapped("one two three four", 9), ["one two", "three", "four"]);
        assert_eq!(wrapped(&"x".repeat(30), 9), ["xxxxxx..."]);
        assert_eq!(wrapped(" ", 9), Vec::<String>::new());
    }

    #[test]
    fn a_word_of_a_command_is_safe_and_whole_however_long_it_is() {
        let long = format!("/{}\u{1b}", "a folder/".repeat(99));
        let shown = long.replace('\u{1b}', "\\u{1b}");
        let quote = if cfg!(windows) { '"' } else { '\'' };
        assert_eq!(shell_word(&long), format!("{quote}{shown}{quote}"));
    }

    #[test]
    fn sizes_durations_and_ages_read_well() {
        let sizes = [999, 1000, 999_949, 999_951, 4_000_000_000, u64::MAX].map(size);
        assert_eq!(sizes, ["999 B", "1.0 kB", "999.9 kB", "1.0 MB", "4.0 GB", "18446.7 PB"]);
        let durations = [0, 9_949, 12_400, 59_960, 185_000, 3_599_900, 7_440_000];
        let durations = durations.map(|millis| duration(Duration::from_millis(millis)));
        let expected = ["0.00 s", "9.95 s", "12.4 s", "1 min 00 s", "3 min 05 s", "1 h 00 min", "2 h 04 min"];
        assert_eq!(durations, expected);
        let ages = [59, 3599, 172_799, 172_800].map(|seconds| age(Duration::from_secs(seconds)));
        assert_eq!(ages, ["59 s", "59 min", "47 h", "2 d"]);
    }

    #[test]
    fn durations_are_written_in_many_ways() {
        let texts = ["500ms", "30s", "30", "0.5", "5m", "2h", " 1.5 h ", "0", "365d"];
        let seconds = texts.map(|text| parse_duration(text).map(|duration| duration.as_secs_f64()).ok());
        let expected = [0.5, 30.0, 30.0, 0.5, 300.0, 7200.0, 5400.0, 0.0, 31_536_000.0];
        assert_eq!(seconds, expected.map(Some));
        let wrong = ["", "s", "-1", "1y", "1.2.3", "1e400", "NaN", "inf", "366d", "99999999999999999999999h", "1 2"];
        assert_eq!(wrong.map(|text| parse_duration(text).ok()), [None; 11]);
    }

    #[test]
    fn a_time_since_when_is_a_duration_or_a_date() {
        assert_eq!(parse_since("2019-10-16T20:39:07Z").map(rfc3339).as_deref(), Ok("2019-10-16T20:39:07Z"));
        assert!(parse_since("2023-02-29").is_err());
        assert!(parse_since("48h").unwrap() < parse_since("1s").unwrap());
        assert!(parse_since("48").is_err(), "of what?");
    }
}
