//! Faults in one line of text, for the command line.

use std::time::Duration;

use super::dump::Dump;
use super::dump_file;
use super::fault::{ErrorBody, Fault};
use super::rule::When;

/// The kinds of faults: the name with its argument, and what it does.
pub const KINDS: &[(&str, &str)] = &[
    ("close-before-answer", "close the connection instead of answering"),
    ("reset-before-answer", "reset the connection instead of answering"),
    ("stall-before-answer", "never answer"),
    ("cut-headers", "close in the middle of the head"),
    ("reset-in-headers", "reset in the middle of the head"),
    ("cut-body:BYTES", "close after so many bytes of the body"),
    ("reset-in-body:BYTES", "reset after so many bytes of the body"),
    ("stall:BYTES", "fall silent after so many bytes of the body"),
    ("cut-before-end:BYTES", "close when so many bytes of the body are missing"),
    ("dribble:BYTES,PAUSE", "send the body in pieces with a pause (50ms, 2s) after each"),
    ("refuse-connections:N", "close the next N connections at once"),
    ("status:CODE[,html|empty][,retry-after=SECONDS]", "answer with this status"),
    ("html-ok", "answer 200 with the page of a captive proxy"),
    ("wrong-json:TEXT", "answer 200 with this text as JSON"),
    ("truncated-json", "send the first half of the answer, properly framed"),
    ("gzip-bad-crc", "compress with a wrong checksum"),
    ("gzip-bad-length", "compress with a wrong length"),
    ("gzip-truncated", "send the first half of the compressed body"),
    ("gzip-no-trailer", "compress and leave out checksum and length"),
    ("gzip-bomb:BYTES", "a small body that inflates to so many zeros"),
    ("gzip-empty-blocks", "endless gzip that yields nothing"),
    ("endless-body", "a body without end"),
    ("leftover-encoding:NAME", "the plain body under this Content-Encoding"),
    ("close-delimited", "no length, only the close ends the body"),
    ("wrong-length:DELTA", "a Content-Length that is wrong by this much"),
    ("endless-headers", "header lines without end"),
    ("huge-headers:BYTES", "so many bytes of needless headers"),
    ("latency:TIME", "wait before the answer (50ms, 2s)"),
    ("bandwidth:BYTES", "at most so many bytes of the body a second"),
    ("redirect:URL", "answer 302 to this address"),
    ("expire-token", "the token of the request is no longer good"),
    ("replace-dump[:BYTES]", "put another dump of this size in place of the one asked for"),
    ("erase-dump", "remove the dump asked for"),
];

/// Reads `kind[:argument][@path][#k][*n][~p]`: the k-th request to the path, at most n times, with probability p.
pub fn parse_fault(spec: &str) -> Result<(Fault, When), String> {
    // From the right, since an argument may be a URL with an `@` in it.
    let (fault, when) = match spec.rsplit_once('@') {
        Some((fault, when)) => (fault, parse_when(when)?),
        None => (spec, When::any()),
    };
    let (kind, argument) = match fault.split_once(':') {
        Some((kind, argument)) => (kind, Some(argument)),
        None => (fault, None),
    };
    let argument = Argument { kind, text: argument };
    Ok((parse_kind(kind, &argument)?, when))
}

fn parse_when(text: &str) -> Result<When, String> {
    let mut path = text;
    let (mut occurrence, mut times, mut chance) = (None, None, None);
    // A `*` in the path is followed by a slash or nothing, one that limits by a number.
    while let Some(mark) = path.rfind(['#', '*', '~']) {
        let value = &path[mark + 1..];
        if path[mark..].starts_with('*') && value.parse::<usize>().is_err() {
            break;
        }
        let wrong = || format!("`{}` in `@{text}` is no limit: #2, *2 or ~0.5", &path[mark..]);
        match &path[mark..=mark] {
            "#" => occurrence = Some(value.parse().ok().filter(|k| *k > 0).ok_or_else(wrong)?),
            "*" => times = Some(value.parse().map_err(|_| wrong())?),
            _ => {
                let chance_of = value.parse().ok().filter(|p| (0.0..=1.0).contains(p));
                chance = Some(chance_of.ok_or_else(wrong)?);
            }
        }
        path = &path[..mark];
    }
    let mut when = if path.is_empty() { When::any() } else { When::path(path) };
    if let Some(k) = occurrence {
        when = when.occurrence(k);
    }
    if let Some(n) = times {
        when = when.times(n);
    }
    if let Some(p) = chance {
        when = when.chance(p, 1);
    }
    Ok(when)
}

/// What stands behind the colon.
struct Argument<'a> {
    kind: &'a str,
    text: Option<&'a str>,
}

impl Argument<'_> {
    fn usage(&self) -> String {
        let name = |entry: &str| entry.split([':', '[']).next() == Some(self.kind);
        let usage = KINDS.iter().find(|(entry, _)| name(entry)).map(|(entry, _)| *entry);
        match self.text {
            Some(text) => {
                format!("`{text}` does not fit: it is `{}`", usage.unwrap_or(self.kind))
            }
            None => format!("an argument is missing: it is `{}`", usage.unwrap_or(self.kind)),
        }
    }

    fn required(&self) -> Result<&str, String> {
        self.text.filter(|text| !text.is_empty()).ok_or_else(|| self.usage())
    }

    fn number<T: std::str::FromStr>(&self) -> Result<T, String> {
        self.required()?.replace('_', "").parse().map_err(|_| self.usage())
    }

    fn none(&self, fault: Fault) -> Result<Fault, String> {
        match self.text {
            None => Ok(fault),
            Some(_) => Err(self.usage()),
        }
    }

    fn status(&self) -> Result<Fault, String> {
        let mut parts = self.required()?.split(',');
        let code = parts.next().and_then(|code| code.parse().ok());
        let code = code.filter(|code| (100..=999).contains(code)).ok_or_else(|| self.usage())?;
        let mut answer = Fault::status(code);
        let Fault::Status { body, retry_after, .. } = &mut answer else {
            return Ok(answer);
        };
        for part in parts {
            match part.split_once('=') {
                None if part == "html" => *body = ErrorBody::Html,
                None if part == "empty" => *body = ErrorBody::Empty,
                Some(("retry-after", wait)) => *retry_after = Some(wait.to_owned()),
                _ => return Err(self.usage()),
            }
        }
        Ok(answer)
    }

    fn dribble(&self) -> Result<Fault, String> {
        let parts = self.required()?.split_once(',');
        let bytes = parts.and_then(|(bytes, _)| bytes.parse().ok());
        let pause = parts.and_then(|(_, pause)| parse_time(pause));
        match (bytes, pause) {
            (Some(bytes), Some(pause)) => Ok(Fault::Dribble { bytes, pause }),
            _ => Err(self.usage()),
        }
    }
}

fn parse_kind(kind: &str, argument: &Argument) -> Result<Fault, String> {
    match kind {
        "close-before-answer" => argument.none(Fault::CloseBeforeAnswer),
        "reset-before-answer" => argument.none(Fault::ResetBeforeAnswer),
        "stall-before-answer" => argument.none(Fault::StallBeforeAnswer),
        "cut-headers" => argument.none(Fault::CutHeaders),
        "reset-in-headers" => argument.none(Fault::ResetInHeaders),
        "cut-body" => Ok(Fault::CutBody { after_bytes: argument.number()? }),
        "reset-in-body" => Ok(Fault::ResetInBody { after_bytes: argument.number()? }),
        "stall" => Ok(Fault::Stall { after_bytes: argument.number()? }),
        "cut-before-end" => Ok(Fault::CutBeforeEnd { missing_bytes: argument.number()? }),
        "dribble" => argument.dribble(),
        "refuse-connections" => Ok(Fault::RefuseConnections { connections: argument.number()? }),
        "status" => argument.status(),
        "html-ok" => argument.none(Fault::HtmlOk),
        "wrong-json" => Ok(Fault::WrongJson(argument.required()?.to_owned())),
        "truncated-json" => argument.none(Fault::TruncatedJson),
        "gzip-bad-crc" => argument.none(Fault::GzipBadCrc),
        "gzip-bad-length" => argument.none(Fault::GzipBadLength),
        "gzip-truncated" => argument.none(Fault::GzipTruncated),
        "gzip-no-trailer" => argument.none(Fault::GzipNoTrailer),
        "gzip-bomb" => Ok(Fault::GzipBomb { inflated: argument.number()? }),
        "gzip-empty-blocks" => argument.none(Fault::GzipEmptyBlocks),
        "endless-body" => argument.none(Fault::EndlessBody),
        "leftover-encoding" => Ok(Fault::LeftoverEncoding(argument.required()?.to_owned())),
        "close-delimited" => argument.none(Fault::CloseDelimited),
        "wrong-length" => Ok(Fault::WrongLength { delta: argument.number()? }),
        "endless-headers" => argument.none(Fault::EndlessHeaders),
        "huge-headers" => Ok(Fault::HugeHeaders { bytes: argument.number()? }),
        "latency" => {
            let time = parse_time(argument.required()?).ok_or_else(|| argument.usage())?;
            Ok(Fault::Latency(time))
        }
        "bandwidth" => Ok(Fault::Bandwidth { bytes_per_second: argument.number()? }),
        "redirect" => Ok(Fault::Redirect { location: argument.required()?.to_owned() }),
        "expire-token" => argument.none(Fault::ExpireToken),
        "replace-dump" => {
            let size = argument.text.map_or(Ok(25_000), |_| argument.number())?;
            let file = dump_file::generate(size as u64, size);
            Ok(Fault::ReplaceDump(Box::new(Dump::from_bytes(file, size.div_ceil(3)))))
        }
        "erase-dump" => argument.none(Fault::EraseDump),
        _ => {
            let names: Vec<&str> =
                KINDS.iter().filter_map(|(name, _)| name.split([':', '[']).next()).collect();
            Err(format!("no fault is called `{kind}`; there are {}", names.join(", ")))
        }
    }
}

fn parse_time(text: &str) -> Option<Duration> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (text.strip_suffix('s').unwrap_or(text), 1.0),
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * unit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(spec: &str) -> String {
        match parse_fault(spec) {
            Ok((fault, when)) => format!("{fault:?} {when:?}"),
            Err(message) => message,
        }
    }

    fn expected(fault: &Fault, when: &When) -> String {
        format!("{fault:?} {when:?}")
    }

    #[test]
    fn specifications_name_fault_place_and_limits() {
        let reset = Fault::ResetInBody { after_bytes: 50_000 };
        let path = || When::path("chunks/1");
        let any = When::path("chunks/*");
        assert_eq!(shown("reset-in-body:50000@chunks/1#2"), expected(&reset, &path().occurrence(2)));
        assert_eq!(shown("reset-in-body:50_000@chunks/1*3"), expected(&reset, &path().times(3)));
        assert_eq!(shown("reset-in-body:50000@chunks/1~0.5"), expected(&reset, &path().chance(0.5, 1)));
        assert_eq!(shown("reset-in-body:50000@chunks/*"), expected(&reset, &any));
        assert_eq!(shown("reset-in-body:50000@chunks/**2"), expected(&reset, &any.times(2)));
        assert_eq!(shown("html-ok"), expected(&Fault::HtmlOk, &When::any()));
        assert_eq!(shown("html-ok@*1"), expected(&Fault::HtmlOk, &When::any().times(1)));
    }

    #[test]
    fn arguments_of_all_shapes_are_read() {
        let location = "http://a@b/".to_owned();
        assert_eq!(
            shown("redirect:http://a@b/@chunks"),
            expected(&Fault::Redirect { location }, &When::path("chunks"))
        );
        let dribble = Fault::Dribble { bytes: 10, pause: Duration::from_millis(50) };
        assert_eq!(shown("dribble:10,50ms"), expected(&dribble, &When::any()));
        let status = Fault::Status { code: 503, retry_after: Some("7".to_owned()), body: ErrorBody::Html };
        assert_eq!(shown("status:503,html,retry-after=7"), expected(&status, &When::any()));
        let length = Fault::WrongLength { delta: -3 };
        assert_eq!(shown("wrong-length:-3"), expected(&length, &When::any()));
    }

    #[test]
    fn mistakes_are_explained() {
        assert!(
            shown("explode@chunks")
                .starts_with("no fault is called `explode`; there are close-before-answer, ")
        );
        assert_eq!(shown("stall"), "an argument is missing: it is `stall:BYTES`");
        assert_eq!(shown("stall:x"), "`x` does not fit: it is `stall:BYTES`");
        assert_eq!(shown("html-ok:1"), "`1` does not fit: it is `html-ok`");
        assert_eq!(shown("html-ok@chunks#0"), "`#0` in `@chunks#0` is no limit: #2, *2 or ~0.5");
    }

    #[test]
    fn every_listed_kind_can_be_read() {
        for (usage, _) in KINDS {
            let name = usage.split([':', '[']).next().unwrap();
            let argument = match name {
                "dribble" => ":1,1ms",
                "latency" => ":1s",
                _ if usage.contains(':') => ":200",
                _ => "",
            };
            let (fault, _) = parse_fault(&format!("{name}{argument}")).unwrap();
            assert_eq!(fault.name(), name);
        }
    }
}
