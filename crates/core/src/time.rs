//! Dates as HTTP writes them (RFC 9110 section 5.6.7), for `Retry-After` and `Date`. The two obsolete forms
//! are not read: no server in use sends them.

use std::time::{Duration, SystemTime};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Reads an HTTP date such as `Sun, 06 Nov 1994 08:49:37 GMT`. `None` for anything else, and for dates
/// before 1970.
pub(crate) fn http_date(text: &str) -> Option<SystemTime> {
    let words: Vec<&str> = text.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let [_weekday, day, month, year, time, "GMT"] = words[..] else { return None };
    let day = number(day, 2)?;
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let year = if year.len() == 4 { number(year, 4)? } else { return None };
    let mut clock = time.split(':').map(|part| if part.len() == 2 { number(part, 2) } else { None });
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    // 60 is a leap second.
    let valid = clock.next().is_none() && hour < 24 && minute < 60 && second <= 60;
    if !valid || year < 1970 || day == 0 || day > days_in_month(year, month) {
        return None;
    }
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

fn number(text: &str, max_digits: usize) -> Option<u64> {
    let digits = text.len() <= max_digits && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in_month(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_since_1970(year: u64, month: u64, day: u64) -> u64 {
    let years: u64 = (1970..year).map(|y| if is_leap(y) { 366 } else { 365 }).sum();
    let months: u64 = (1..month).map(|m| days_in_month(year, m)).sum();
    years + months + day - 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(text: &str) -> Option<u64> {
        http_date(text).map(|t| t.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs())
    }

    #[test]
    fn a_date_is_its_instant() {
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(seconds("Thu, 29 Feb 2024 00:00:00 GMT"), Some(1_709_164_800));
        assert_eq!(seconds("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
    }

    #[test]
    fn dates_that_make_no_sense_are_none() {
        for text in [
            "",
            "soon",
            "Sun, 06 Nov 1994 08:49:37",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 31 Nov 1994 08:49:37 GMT",
            "Sun, 29 Feb 2023 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1969 08:49:37 GMT",
            "Sun, 06 Nov 99999 08:49:37 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(http_date(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_damage_to_a_date_makes_it_panic(at in 0usize..29, character in any::<char>()) {
            let mut text: Vec<char> = "Sun, 06 Nov 1994 08:49:37 GMT".chars().collect();
            text[at] = character;
            let _ = http_date(&text.into_iter().collect::<String>());
        }
    }
}
