//! What signing in needs to know of a certificate: its public key and from when until when it is valid.
//! Whether anybody should trust it is for the service to decide.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use super::der::{Reader, tag};

/// What is read of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts<'a> {
    /// The certificate itself, without what may follow it: OpenSSL appends its own notes on trust.
    pub(super) der: &'a [u8],
    /// The bytes of the subject's public key, in the form that its algorithm has: for RSA, an `RSAPublicKey`.
    pub(super) public_key: &'a [u8],
    pub(super) not_before: Moment,
    pub(super) not_after: Moment,
}

/// Reads a certificate; `None` if the bytes are none.
pub(super) fn read(der: &[u8]) -> Option<Facts<'_>> {
    let mut outer = Reader::new(der);
    let mut certificate = outer.sequence()?;
    let der = &der[..der.len() - outer.len()];
    let mut signed = certificate.sequence()?;
    if signed.next_tag()? == tag::CONTEXT_0 {
        signed.any()?; // version
    }
    signed.read(tag::INTEGER)?; // serial number
    signed.sequence()?; // signature algorithm
    signed.sequence()?; // issuer
    let mut validity = signed.sequence()?;
    let (not_before, not_after) = (moment(&mut validity)?, moment(&mut validity)?);
    signed.sequence()?; // subject
    let mut key_info = signed.sequence()?;
    key_info.sequence()?; // algorithm
    // The first byte counts unused bits; keys are whole bytes.
    let public_key = key_info.read(tag::BIT_STRING)?.strip_prefix(&[0])?;
    Some(Facts { der, public_key, not_before, not_after })
}

/// What people want to know of a certificate that a host shows.
pub(crate) struct Described {
    pub(crate) issuer: String,
    /// From when until when.
    pub(crate) validity: String,
}

/// Reads whose certificate it is and when it is valid; `None` if the bytes are none.
pub(crate) fn describe(der: &[u8]) -> Option<Described> {
    let facts = read(der)?;
    let validity = format!("it is valid from {} until {}", facts.not_before, facts.not_after);
    Some(Described { issuer: issuer(der)?, validity })
}

/// The names of the issuer, the most telling one first.
fn issuer(der: &[u8]) -> Option<String> {
    let mut signed = Reader::new(der).sequence()?.sequence()?;
    if signed.next_tag()? == tag::CONTEXT_0 {
        signed.any()?; // version
    }
    signed.read(tag::INTEGER)?;
    signed.sequence()?; // signature algorithm
    let mut names = signed.sequence()?;
    let (mut common, mut organization) = (None, None);
    while names.len() > 0 {
        let mut attribute = Reader::new(names.read(tag::SET)?).sequence()?;
        let kind = attribute.read(tag::OBJECT_IDENTIFIER)?;
        let text = String::from_utf8_lossy(attribute.any()?).into_owned();
        match kind {
            COMMON_NAME => common = Some(text),
            ORGANIZATION => organization = Some(text),
            _ => {}
        }
    }
    let names: Vec<String> =
        [common, organization].into_iter().flatten().map(|n| format!("\"{n}\"")).collect();
    Some(if names.is_empty() { "an issuer without a name".to_owned() } else { names.join(", ") })
}

/// Object identifiers of the parts of a name: 2.5.4.3 and 2.5.4.10.
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const ORGANIZATION: &[u8] = &[0x55, 4, 10];

/// A second of the calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
}

impl From<SystemTime> for Moment {
    /// The moment of a clock. What is before 1970, or after the year 9999, is the nearest of the two.
    fn from(time: SystemTime) -> Self {
        /// The last second of the year 9999, in seconds since 1970.
        const MAX_SECONDS: u64 = 253_402_300_799;
        let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().min(MAX_SECONDS);
        let (year, month, day) = date_of(seconds / 86_400);
        let of_day = (seconds % 86_400) as u32;
        let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
        Moment { year, month, day, hour: hour as u8, minute: minute as u8, second: second as u8 }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Moment { year, month, day, hour, minute, .. } = self;
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
    }
}

/// The day of the Gregorian calendar that is this many days after 1970-01-01. A year is taken to begin in
/// March, so that the leap day is its last one.
fn date_of(days_since_1970: u64) -> (u16, u8, u8) {
    /// Days of 400 years, after which the calendar repeats.
    const CYCLE: u64 = 146_097;
    let days = days_since_1970 + 719_468; // since the first of March of the year 0
    let (cycle, of_cycle) = (days / CYCLE, days % CYCLE);
    // Years that 4 divides have a leap day; of those that 100 divides, only those that 400 divides.
    let year_of_cycle = (of_cycle - of_cycle / 1_460 + of_cycle / 36_524 - of_cycle / (CYCLE - 1)) / 365;
    let of_year = of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let (month, next_year) =
        if month_from_march < 10 { (month_from_march + 3, 0) } else { (month_from_march - 9, 1) };
    ((cycle * 400 + year_of_cycle + next_year) as u16, month as u8, day as u8)
}

fn moment(reader: &mut Reader<'_>) -> Option<Moment> {
    let (century_digits, text) = match reader.next_tag()? {
        tag::UTC_TIME => (0, reader.any()?),
        tag::GENERALIZED_TIME => (2, reader.any()?),
        _ => return None,
    };
    let digits = text.strip_suffix(b"Z")?;
    if digits.len() != century_digits + 12 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let pairs: Vec<u8> = digits.chunks_exact(2).map(|pair| (pair[0] - b'0') * 10 + pair[1] - b'0').collect();
    let (year, rest) = match (century_digits, pairs.as_slice()) {
        (2, [century, year, rest @ ..]) => (u16::from(*century) * 100 + u16::from(*year), rest),
        // RFC 5280: 50 to 99 are in the twentieth century.
        (_, [year, rest @ ..]) => (u16::from(*year) + if *year >= 50 { 1900 } else { 2000 }, rest),
        _ => return None,
    };
    let &[month, day, hour, minute, second] = rest else { return None };
    let is_a_date = (1..=12).contains(&month) && (1..=31).contains(&day);
    // A leap second is allowed for.
    let is_a_time = hour <= 23 && minute <= 59 && second <= 60;
    (is_a_date && is_a_time).then_some(Moment { year, month, day, hour, minute, second })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixture;
    use super::*;

    fn parsed(tag: u8, text: &str) -> Option<Moment> {
        let der: Vec<u8> = [tag, text.len() as u8].into_iter().chain(text.bytes()).collect();
        moment(&mut Reader::new(&der))
    }

    #[test]
    fn both_forms_of_time_are_read() {
        let both = [
            parsed(tag::UTC_TIME, "260127235959Z").unwrap(),
            parsed(tag::GENERALIZED_TIME, "20260127235959Z").unwrap(),
        ];
        for moment in both {
            assert_eq!(moment.to_string(), "2026-01-27 23:59 UTC");
            assert_eq!(moment.second, 59);
        }
        assert_eq!(parsed(tag::UTC_TIME, "500101000000Z").unwrap().year, 1950);
        assert_eq!(parsed(tag::UTC_TIME, "491231000000Z").unwrap().year, 2049);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in
            ["", "Z", "2601272359Z", "260127235959+0100", "261327235959Z", "260100235959Z", "26012724595xZ"]
        {
            assert_eq!(parsed(tag::UTC_TIME, text), None, "{text}");
        }
        assert_eq!(parsed(tag::GENERALIZED_TIME, "20260127235959.5Z"), None);
        assert_eq!(parsed(tag::INTEGER, "260127235959Z"), None);
    }

    #[test]
    fn a_certificate_gives_its_key_and_its_validity() {
        let der = fixture::certificate(2024, 2031);
        let facts = read(&der).unwrap();
        assert_eq!(facts.not_before.to_string(), "2024-01-01 00:00 UTC");
        assert_eq!(facts.not_after.to_string(), "2031-01-01 00:00 UTC");
        assert_eq!(facts.public_key, fixture::public_key());
        let followed = [&der[..], b"\r\n"].concat();
        assert_eq!(read(&followed).unwrap(), facts, "what follows does not belong to it");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }

        #[test]
        fn no_damage_to_a_certificate_makes_it_panic(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut der = fixture::certificate(2024, 2031);
            for (at, byte) in changes {
                let at = at.index(der.len());
                der[at] = byte;
            }
            let _ = read(&der);
            let _ = read(&der[..cut.index(der.len())]);
        }

    }

    #[test]
    fn the_clock_is_read_as_the_calendar_has_it() {
        let shown = |seconds| Moment::from(UNIX_EPOCH + std::time::Duration::from_secs(seconds)).to_string();
        for (seconds, expected) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (951_868_800, "2000-03-01 00:00 UTC"),
            (1_769_558_399, "2026-01-27 23:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
            (253_402_300_799, "9999-12-31 23:59 UTC"),
            (300_000_000_000, "9999-12-31 23:59 UTC"),
        ] {
            assert_eq!(shown(seconds), expected);
        }
    }

    #[test]
    fn each_day_follows_the_day_before_it() {
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for days in 0..300_000 {
            assert_eq!(date_of(days), (year, month, day), "{days} days after 1970-01-01");
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let lengths = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            day += 1;
            if day > lengths[usize::from(month) - 1] {
                (day, month) = (1, month + 1);
            }
            if month > 12 {
                (month, year) = (1, year + 1);
            }
        }
    }
}
