//! Text for people: sizes, times and durations, and texts of the service made safe, cut or wrapped.

use std::path::Path;
use std::time::{Duration, SystemTime};

use anaplan_dump_core::Printable;

/// A text of the service on one line, safe for a terminal.
pub(crate) fn safe(text: &str) -> String {
    Printable(text).to_string()
}

/// A path on one line, safe for a terminal.
pub(crate) fn safe_path(path: &Path) -> String {
    safe(&path.to_string_lossy())
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
    // Safe for a terminal, and never cut.
    quoted.split_inclusive(char::is_control).map(safe).collect()
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

/// A text of the service in at most `max_lines` lines of at most `width` characters, broken between words
/// where there are any.
pub(crate) fn wrapped(text: &str, width: usize, max_lines: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in safe(text).split_whitespace() {
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

/// A number of things: `1 task`, `2 tasks`.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    match count {
        1 => format!("1 {thing}"),
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

/// A wait, to a tenth of a second where that matters: `0.7 s`, `12 s`, `3 min 05 s`.
pub(crate) fn seconds(wait: Duration) -> String {
    match wait.as_secs_f64() {
        s if s < 9.95 => format!("{s:.1} s"),
        s if s < 59.5 => format!("{s:.0} s"),
        _ => duration(wait),
    }
}

/// A time in milliseconds since 1970, in UTC: `2019-10-16 20:39:07`.
pub(crate) fn time(milliseconds: u64) -> String {
    let (year, month, day, second) = civil(milliseconds);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// The same as RFC 3339 writes it: `2019-10-16T20:39:07Z`.
pub(crate) fn rfc3339(milliseconds: u64) -> String {
    time(milliseconds).replace(' ', "T") + "Z"
}

/// Year, month, day and second of the day, by the Gregorian calendar.
fn civil(milliseconds: u64) -> (u64, u64, u64, u64) {
    let seconds = milliseconds / 1000;
    // Days from 1 March of year 0: leap days then stand at the end of years, and 400 years have
    // 146,097 days.
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months from March, whose lengths repeat every five months of 153 days.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day, seconds % 86_400)
}

/// The maximum duration that is read. A time millions of years from now cannot be represented.
const LONGEST_DURATION: Duration = Duration::from_secs(365 * 86_400);

/// Reads `500ms`, `30s`, `5m`, `2h`, `1d` or plain seconds, of at most 365 days; fractions are allowed.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
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

/// Reads the time since when something is wanted, in milliseconds since 1970: a duration back from now, or a
/// date in UTC as `2026-11-24`, `2026-11-24T20:00` or `2026-11-24T20:00:00Z`.
pub(crate) fn parse_since(text: &str) -> Option<u64> {
    // 48 alone would be seconds, which nobody means.
    let has_unit = text.ends_with(|c: char| c.is_ascii_alphabetic());
    if let Some(duration) = parse_duration(text).filter(|_| has_unit) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        return u64::try_from(now.saturating_sub(duration).as_millis()).ok();
    }
    let text = text.trim().trim_end_matches('Z');
    let (date, clock) = text.split_once(['T', ' ']).unwrap_or((text, "00:00:00"));
    let number = |text: &str, digits: usize| {
        let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u64>().ok().filter(|_| is_number)
    };
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts[..] else { return None };
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    let parts: Vec<&str> = clock.split(':').collect();
    let (hour, minute, second) = match parts[..] {
        [hour, minute] => (number(hour, 2)?, number(minute, 2)?, 0),
        [hour, minute, second] => (number(hour, 2)?, number(minute, 2)?, number(second, 2)?),
        _ => return None,
    };
    if year < 1970 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Days from 1 March of year 0, as in `civil`.
    let (year_from_march, month_from_march) =
        if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year_from_march / 4 - year_from_march / 100 + year_from_march / 400;
    let days =
        (365 * year_from_march + leap_days + (153 * month_from_march + 2) / 5 + day).checked_sub(719_469)?;
    let milliseconds = (days * 86_400 + hour * 3600 + minute * 60 + second) * 1000;
    // A day that no month has comes back as another one.
    (civil(milliseconds) == (year, month, day, hour * 3600 + minute * 60 + second)).then_some(milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_or_wrapped_and_made_safe() {
        assert_eq!(cut("a\u{1b}b", 20), "a\\u{1b}b");
        assert_eq!(cut("abcdefgh", 6), "abc...");
        assert_eq!(wrapped("one two three four", 9, 9), ["one two", "three", "four"]);
        assert_eq!(wrapped("one two three four", 9, 2), ["one two", "three"]);
        assert_eq!(wrapped(&"x".repeat(30), 9, 9), ["xxxxxx..."]);
        assert_eq!(wrapped(" ", 9, 9), Vec::<String>::new());
    }

    #[test]
    fn sizes_read_well() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (999_949, "999.9 kB"),
            (999_951, "1.0 MB"),
            (10_000_000, "10.0 MB"),
            (4_000_000_000, "4.0 GB"),
            (u64::MAX, "18446.7 PB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn durations_read_well() {
        for (millis, text) in [
            (0, "0.00 s"),
            (346, "0.35 s"),
            (9_949, "9.95 s"),
            (12_400, "12.4 s"),
            (59_960, "1 min 00 s"),
            (185_000, "3 min 05 s"),
            (3_599_900, "1 h 00 min"),
            (7_440_000, "2 h 04 min"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), text, "{millis}");
        }
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        for (milliseconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_571_258_347_545, "2019-10-16T20:39:07Z"),
            (1_709_164_799_999, "2024-02-28T23:59:59Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(milliseconds), text);
        }
        assert!(!time(u64::MAX).is_empty());
    }

    #[test]
    fn a_duration_of_more_than_a_year_is_none() {
        assert_eq!(parse_duration("365d"), Some(LONGEST_DURATION));
        for text in ["366d", "8761h", "213503982334601d", "18446744073709551615"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_written_in_many_ways() {
        for (text, millis) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("30", 30_000),
            ("0.5", 500),
            ("5m", 300_000),
            ("2h", 7_200_000),
            (" 1.5 h ", 5_400_000),
            ("0", 0),
            ("1d", 86_400_000),
        ] {
            assert_eq!(parse_duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "-1", "1y", "1.2.3", "1e400", "NaN", "inf", "99999999999999999999999h", "1 2"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_since_when_is_a_duration_or_a_date() {
        for (text, expected) in [
            ("1970-01-01", Some(0)),
            ("2019-10-16T20:39:07Z", Some(1_571_258_347_000)),
            ("2019-10-16 20:39", Some(1_571_258_340_000)),
            ("2024-02-29", Some(1_709_164_800_000)),
            ("2023-02-29", None),
            ("2019-13-01", None),
            ("2019-10-16T24:00", None),
            ("2019-10", None),
            ("19-10-16", None),
            ("yesterday", None),
        ] {
            assert_eq!(parse_since(text), expected, "{text}");
        }
        assert!(parse_since("48h") < parse_since("1s"));
        assert_eq!(parse_since("48"), None, "of what?");
    }
}
