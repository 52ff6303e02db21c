//! The argument of a fault in text, read field by field from left to right.

use std::time::Duration;

use crate::fake::data::Dump;
use crate::fake::dump_file;

/// What stands behind the colon; none where there is no colon, or once all of it is read.
pub(super) struct Argument<'a>(pub(super) Option<&'a str>);

impl<'a> Argument<'a> {
    /// The text up to the next comma.
    fn part(&mut self) -> Option<&'a str> {
        let text = self.0.take()?;
        let (part, rest) = text.split_once(',').map_or((text, None), |(part, rest)| (part, Some(rest)));
        self.0 = rest;
        Some(part)
    }

    /// The text up to the next comma, where it is this word.
    pub(super) fn word(&mut self, word: &str) -> bool {
        let mut ahead = Argument(self.0);
        let found = ahead.part() == Some(word);
        if found {
            self.0 = ahead.0;
        }
        found
    }
}

/// A type of a fault's field.
pub(super) trait FromArgument: Sized {
    /// Reads the field; none where the text does not fit.
    fn read(argument: &mut Argument<'_>) -> Option<Self>;
}

macro_rules! numbers {
    ($($number:ty),*) => { $(
        impl FromArgument for $number {
            fn read(argument: &mut Argument<'_>) -> Option<Self> {
                argument.part()?.replace('_', "").parse().ok()
            }
        }
    )* };
}

numbers!(i64, u64, usize);

/// A status code.
impl FromArgument for u16 {
    fn read(argument: &mut Argument<'_>) -> Option<Self> {
        argument.part()?.parse().ok().filter(|code| (100..=999).contains(code))
    }
}

/// All that is left: a text may hold commas.
impl FromArgument for String {
    fn read(argument: &mut Argument<'_>) -> Option<Self> {
        argument.0.take().filter(|text| !text.is_empty()).map(str::to_owned)
    }
}

/// Texts up to the next comma, separated by `|`; none where there is nothing before the comma.
impl FromArgument for Vec<String> {
    fn read(argument: &mut Argument<'_>) -> Option<Self> {
        let texts = argument.part()?.split('|').filter(|text| !text.is_empty());
        Some(texts.map(str::to_owned).collect())
    }
}

/// The header `Retry-After`, which may be left out.
impl FromArgument for Option<String> {
    fn read(argument: &mut Argument<'_>) -> Option<Self> {
        match argument.0.and_then(|text| text.strip_prefix("retry-after=")) {
            Some(value) => {
                argument.0 = None;
                Some(Some(value.to_owned()))
            }
            None => Some(None),
        }
    }
}

impl FromArgument for Duration {
    fn read(argument: &mut Argument<'_>) -> Option<Self> {
        let text = argument.part()?;
        let (number, unit) = match text.strip_suffix("ms") {
            Some(number) => (number, 0.001),
            None => (text.strip_suffix('s').unwrap_or(text), 1.0),
        };
        Self::try_from_secs_f64(number.parse::<f64>().ok()? * unit).ok()
    }
}

/// A dump of this size, or of some size.
impl FromArgument for Box<Dump> {
    fn read(argument: &mut Argument<'_>) -> Option<Self> {
        let size = if argument.0.is_some() { usize::read(argument)? } else { 25_000 };
        let file = dump_file::generate(size as u64, size);
        Some(Self::new(Dump::from_bytes(file, size.div_ceil(3))))
    }
}
