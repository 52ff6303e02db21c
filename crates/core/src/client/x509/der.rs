//! A reader of DER, as far as certificates and private keys need it: definite lengths, tags of one byte,
//! one level at a time. What it cannot read is `None`, never a panic.

pub(in crate::client) mod tag {
    pub(in crate::client) const INTEGER: u8 = 0x02;
    pub(in crate::client) const BIT_STRING: u8 = 0x03;
    pub(in crate::client) const OCTET_STRING: u8 = 0x04;
    pub(in crate::client) const OBJECT_IDENTIFIER: u8 = 0x06;
    pub(in crate::client) const UTC_TIME: u8 = 0x17;
    pub(in crate::client) const GENERALIZED_TIME: u8 = 0x18;
    pub(in crate::client) const SEQUENCE: u8 = 0x30;
    pub(in crate::client) const SET: u8 = 0x31;
    /// `[0]`, constructed.
    pub(in crate::client) const CONTEXT_0: u8 = 0xa0;
}

/// The elements that are still to be read of one level.
pub(in crate::client) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(in crate::client) fn next_tag(&self) -> Option<u8> {
        self.0.first().copied()
    }

    pub(in crate::client) fn any(&mut self) -> Option<&'a [u8]> {
        let (&tag, rest) = self.0.split_first()?;
        // Five low bits set: the tag goes on in the next bytes. Nothing that is read here has such tags.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            // 0x80 would be the indefinite length of BER.
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (usize::try_from(unsigned(bytes)?).ok()?, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }

    /// The content of the next element, which has this tag.
    pub(in crate::client) fn read(&mut self, tag: u8) -> Option<&'a [u8]> {
        if self.next_tag()? == tag { self.any() } else { None }
    }

    /// The elements inside the next element, which is a sequence.
    pub(in crate::client) fn sequence(&mut self) -> Option<Reader<'a>> {
        self.read(tag::SEQUENCE).map(Reader)
    }

    /// The value of the next element, which is an INTEGER that is not negative and fits.
    pub(in crate::client) fn number(&mut self) -> Option<u64> {
        self.read(tag::INTEGER).and_then(unsigned)
    }
}

fn unsigned(content: &[u8]) -> Option<u64> {
    let significant = &content[content.iter().take_while(|byte| **byte == 0).count()..];
    let fits = !content.is_empty() && significant.len() <= 8;
    fits.then(|| significant.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}
