//! Sizes and durations as people write and read them.

use std::time::Duration;

/// A size in decimal units, as the service counts its chunks: `25.0 MB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    // A value that would round to 1000.0 is better said in the next unit.
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

/// Reads `500ms`, `30s`, `5m`, `2h`, `1d` or plain seconds; fractions are allowed.
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
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
