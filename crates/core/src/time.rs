//! The one calendar: dates as HTTP, X.509 and RFC 3339 write them, all in UTC.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A time as RFC 3339 writes it, in UTC and whole seconds: `2019-10-16T20:39:07Z`.
///
/// What is before 1970 or after 9999 is shown as the nearest of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Utc(pub SystemTime);

impl Utc {
    /// Reads `2026-11-24`, `2026-11-24T20:00` or `2026-11-24T20:00:00.5Z`, in UTC and not before 1970. A fraction of a
    /// second is dropped.
    pub fn parse(text: &str) -> Option<SystemTime> {
        let text = text.trim().trim_end_matches('Z');
        let (date, clock) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
        let mut date = date.split('-').map(number);
        let [year, month, day] = [date.next()??, date.next()??, date.next()??];
        let clock = clock_time(clock)?;
        if date.next().is_some() { None } else { instant([year, month, day], clock) }
    }

    /// The time for people, to the minute: `2026-01-27 23:59 UTC`.
    pub(crate) fn to_minute(self) -> String {
        format!("{} UTC", self.to_string().replace('T', " ").split_at(16).0)
    }
}

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [year, month, day, hour, minute, second] = calendar(self.0);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// Reads an HTTP date (RFC 9110 section 5.6.7) such as `Sun, 06 Nov 1994 08:49:37 GMT`. The two obsolete
/// forms are `None`: no server in use sends them.
pub(crate) fn http_date(text: &str) -> Option<SystemTime> {
    let words: Vec<&str> = text.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let [_weekday, day, month, year, clock, "GMT"] = words[..] else { return None };
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let [hour, minute, second] = clock_time(clock).filter(|_| clock.matches(':').count() == 2)?;
    instant([number(year)?, month, number(day)?], [hour, minute, second])
}

/// Reads the content of a UTCTime (two digits of the year) or a GeneralizedTime (four) of a certificate.
/// A time before 1970 is taken for 1970.
pub(crate) fn x509_time(text: &[u8]) -> Option<SystemTime> {
    let digits = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let century = match digits.len() {
        // RFC 5280: 50 to 99 are in the twentieth century.
        12 if digits >= "5" => "19",
        12 => "20",
        14 => "",
        _ => return None,
    };
    let digits = century.to_owned() + digits;
    let field = |range| number(digits.get(range)?);
    let year = field(0..4)?;
    // 1972 is a leap year, as any year before 1970 may be.
    let date = [if year < 1970 { 1972 } else { year }, field(4..6)?, field(6..8)?];
    let time = instant(date, [field(8..10)?, field(10..12)?, field(12..14)?])?;
    Some(if year < 1970 { UNIX_EPOCH } else { time })
}

/// Hours, minutes and seconds; the seconds may be left out.
fn clock_time(text: &str) -> Option<[u64; 3]> {
    let (text, _fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = text.split(':').map(number);
    let time = [parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?];
    if parts.next().is_some() { None } else { Some(time) }
}

fn number(text: &str) -> Option<u64> {
    let is_number = text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// Days from 1 March of the year 0 to 1 January 1970. Years are taken to begin in March, so that the leap
/// day is the last one.
const DAYS_BEFORE_1970: u64 = 719_468;

/// The time that has this date and clock time. `None` if there is none, or if it is before 1970.
fn instant([year, month, day]: [u64; 3], [hour, minute, second]: [u64; 3]) -> Option<SystemTime> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (year_from_march, month_from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year_from_march / 4 - year_from_march / 100 + year_from_march / 400;
    // From March, the lengths of months repeat every five months of 153 days.
    let days = 365 * year_from_march + leap_days + (153 * month_from_march + 2) / 5 + day;
    let days = days.checked_sub(DAYS_BEFORE_1970 + 1)?;
    // A leap second is the one before it.
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second.min(59);
    let time = UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?;
    // A day that its month does not have comes back as a day of the next month.
    (calendar(time)[..3] == [year, month, day]).then_some(time)
}

/// Year, month, day, hour, minute and second.
fn calendar(time: SystemTime) -> [u64; 6] {
    /// The last second of the year 9999.
    const MAX_SECONDS: u64 = 253_402_300_799;
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().min(MAX_SECONDS);
    let days = seconds / 86_400 + DAYS_BEFORE_1970;
    // The calendar repeats after 400 years, which have 146,097 days.
    let (cycle, of_cycle) = (days / 146_097, days % 146_097);
    let year_of_cycle = (of_cycle - of_cycle / 1460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
    let of_year = of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = cycle * 400 + year_of_cycle + u64::from(month <= 2);
    [year, month, day, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn each_way_to_write_a_time_is_read() {
        for (text, seconds) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Sun,6 Nov 1994  08:49:37 GMT", Some(784_111_777)),
            ("Thu, 29 Feb 2024 00:00:00 GMT", Some(1_709_164_800)),
            ("soon", None),
            ("Sun, 06 Nov 1994 08:49:37 CET", None),
            ("Sunday, 06-Nov-94 08:49:37 GMT", None),
            ("Sun, 31 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 24:00:00 GMT", None),
            ("Sun, 06 Nov 1994 08:49 GMT", None),
            ("Sun, 06 Nov 1969 08:49:37 GMT", None),
            ("Sun, +6 Nov 1994 08:49:37 GMT", None),
        ] {
            assert_eq!(http_date(text), seconds.map(at), "{text}");
        }
        for (text, seconds) in [
            ("1970-01-01", Some(0)),
            ("2019-10-16T20:39:07.5Z", Some(1_571_258_347)),
            ("2019-10-16 20:39", Some(1_571_258_340)),
            ("2016-12-31T23:59:60Z", Some(1_483_228_799)),
            ("2023-02-29", None),
            ("2019-13-01", None),
            ("2019-10-16T20:00:00:00", None),
            ("2019-10", None),
            ("2019-10-16-17", None),
            ("yesterday", None),
        ] {
            assert_eq!(Utc::parse(text), seconds.map(at), "{text}");
        }
        for (text, shown) in [
            ("260127235959Z", Some("2026-01-27 23:59 UTC")),
            ("20260127235959Z", Some("2026-01-27 23:59 UTC")),
            ("500101000000Z", Some("1970-01-01 00:00 UTC")),
            ("99991231235959Z", Some("9999-12-31 23:59 UTC")),
            ("", None),
            ("2601272359Z", None),
            ("260127235959+0100", None),
            ("261327235959Z", None),
            ("26012724595xZ", None),
        ] {
            let time = x509_time(text.as_bytes()).map(|time| Utc(time).to_minute());
            assert_eq!(time.as_deref(), shown, "{text}");
        }
    }

    #[test]
    fn each_day_follows_the_day_before_it() {
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for days in 0..300_000 {
            let time = at(days * 86_400);
            assert_eq!(Utc(time).to_string(), format!("{year}-{month:02}-{day:02}T00:00:00Z"));
            assert_eq!(instant([year, month, day], [0, 0, 0]), Some(time));
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let lengths = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            day += 1;
            if day > lengths[month as usize - 1] {
                (day, month) = (1, month + 1);
            }
            if month > 12 {
                (month, year) = (1, year + 1);
            }
        }
        assert_eq!(Utc(at(1_571_258_347)).to_string(), "2019-10-16T20:39:07Z");
        assert_eq!(Utc(at(300_000_000_000)).to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(Utc(UNIX_EPOCH - Duration::from_secs(1)).to_string(), "1970-01-01T00:00:00Z");
    }

    proptest! {
        #[test]
        fn no_damage_to_a_date_makes_it_panic(at in 0usize..29, character in any::<char>()) {
            for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "2019-10-16T20:39:07Z123456789"] {
                let mut text: Vec<char> = text.chars().collect();
                text[at] = character;
                let text: String = text.into_iter().collect();
                let _ = (http_date(&text), Utc::parse(&text), x509_time(text.as_bytes()));
            }
        }
    }
}
