//! Faults in one line of text, for the command line.

use super::argument::Argument;
use super::kinds::{Fault, KINDS, name_of};
use super::when::When;

/// Reads `kind[:argument][@path][#k][*n][~p]`: the k-th request to the path, at most n times, with probability p.
pub fn parse_fault(spec: &str) -> Result<(Fault, When), String> {
    // From the right, since an argument may be a URL with an `@` in it.
    let (fault, when) = match spec.rsplit_once('@') {
        Some((fault, when)) => (fault, parse_when(when)?),
        None => (spec, When::any()),
    };
    let (kind, text) = fault.split_once(':').map_or((fault, None), |(kind, text)| (kind, Some(text)));
    let Some((usage, _)) = KINDS.iter().find(|(usage, _)| name_of(usage) == kind) else {
        let names: Vec<&str> = KINDS.iter().map(|(usage, _)| name_of(usage)).collect();
        return Err(format!("no fault is called `{kind}`; there are {}", names.join(", ")));
    };
    let mut argument = Argument(text);
    let fault = Fault::read(usage, &mut argument).filter(|_| argument.0.is_none());
    let fault = fault.ok_or_else(|| match text {
        Some(text) => format!("`{text}` does not fit: it is `{usage}`"),
        None => format!("an argument is missing: it is `{usage}`"),
    })?;
    Ok((fault, when))
}

fn parse_when(text: &str) -> Result<When, String> {
    let mut path = text;
    let mut when = When::any();
    // A `*` in the path is followed by a slash or nothing, one that limits by a number.
    while let Some(mark) = path.rfind(['#', '*', '~']) {
        let value = &path[mark + 1..];
        if path[mark..].starts_with('*') && value.parse::<usize>().is_err() {
            break;
        }
        let wrong = || format!("`{}` in `@{text}` is no limit: #2, *2 or ~0.5", &path[mark..]);
        when = match &path[mark..=mark] {
            "#" => when.occurrence(value.parse().ok().filter(|k| *k > 0).ok_or_else(wrong)?),
            "*" => when.times(value.parse().map_err(|_| wrong())?),
            _ => {
                let chance = value.parse().ok().filter(|p| (0.0..=1.0).contains(p));
                when.chance(chance.ok_or_else(wrong)?, 1)
            }
        };
        path = &path[..mark];
    }
    Ok(if path.is_empty() { when } else { when.on_path(path) })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::kinds::ErrorBody;
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
        let page = Fault::Document { types: vec!["a/b".to_owned(), "c".to_owned()], text: "x,y".to_owned() };
        assert_eq!(shown("document:a/b|c,x,y"), expected(&page, &When::any()));
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
            let name = name_of(usage);
            let argument = match name {
                "dribble" => ":1,1ms",
                "latency" => ":1s",
                "document" => ":text/html|text/csv,a page",
                _ if usage.contains(':') => ":200",
                _ => "",
            };
            let (fault, _) = parse_fault(&format!("{name}{argument}")).unwrap();
            assert_eq!(fault.name(), name);
        }
    }
}
