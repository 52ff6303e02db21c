use std::collections::HashSet;

use super::*;
use crate::address::Locator;
use crate::service::{BodyProblem, ConnectionProblem};

fn dump() -> DumpAddress {
    "WORKSPACE/MODEL/118000000001/TASK/112000000015".parse::<Locator>().unwrap().dump().unwrap()
}

fn faults() -> Vec<Fault> {
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    vec![
        Fault::Connection { problem: ConnectionProblem::Connect, source: Some(std::sync::Arc::new(refused)) },
        Fault::Status { status: 503, message: Some("Service Unavailable".into()), retry_after: None },
        Fault::ErrorMessage("FAILURE_BAD_TOKEN".into()),
        Fault::Malformed { problem: "expected value at line 1".into(), near: "<".into(), cut_short: false },
        Fault::Body(BodyProblem::Empty),
    ]
}

/// Every error that a request can end in, alone and inside the errors that carry it.
fn errors() -> Vec<Error> {
    let second_chunk = Subject::Chunk { dump: dump(), id: "1".parse().unwrap(), index: 1, chunks: 3 };
    let alone: fn(Box<Error>) -> Error = |error| *error;
    let incomplete: fn(Box<Error>) -> Error =
        |source| Error::Incomplete { dump: dump().into(), whole_chunks: 1, chunks: 3, kept: None, source };
    let unconfirmed: fn(Box<Error>) -> Error =
        |source| Error::Unconfirmed { dump: dump().into(), chunks: 3, kept: None, source };
    let unclear: fn(Box<Error>) -> Error = |source| Error::StartUnclear { action: dump().task.action.into(), source };
    let mut errors = Vec::new();
    for (subject, wrap) in [
        (Subject::List("processes", Some(dump().model().clone())), alone),
        (Subject::Tasks(dump().task.action), alone),
        (Subject::Task(dump().task), alone),
        (Subject::Cancel(dump().task), alone),
        (Subject::List("models", None), alone),
        (Subject::Start(dump().task.action), alone),
        (Subject::Start(dump().task.action), unclear),
        (Subject::ChunkList(dump()), alone),
        (Subject::ChunkList(dump()), unconfirmed),
        (second_chunk, incomplete),
        (Subject::WholeDump(dump()), incomplete),
    ] {
        for fault in faults() {
            let (subject, elapsed) = (Box::new(subject.clone()), Duration::from_millis(1250));
            let request = |tries| Error::Request { subject: subject.clone(), fault: fault.clone(), tries, elapsed };
            errors.extend([1, 13].map(|tries| wrap(request(tries).into())));
        }
    }
    errors
}

fn line(error: &Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}

#[test]
fn an_error_says_no_phrase_and_no_identifier_twice() {
    for error in errors() {
        let line = line(&error);
        let words: Vec<&str> = line.split([' ', ',', ':', '(', ')']).filter(|word| !word.is_empty()).collect();
        let mut seen = HashSet::new();
        assert!(words.windows(4).all(|phrase| seen.insert(phrase)), "a phrase is there twice: {line}");
        for id in ["WORKSPACE", "118000000001", "TASK", "112000000015"] {
            assert!(line.matches(id).count() <= 1, "{id} in: {line}");
        }
    }
}

#[test]
fn what_the_sign_in_service_says_reaches_no_terminal_raw() {
    let refused = |word: &str, message: Option<&str>| {
        Fault::SignInRefused { word: word.into(), message: message.map(str::to_owned) }.to_string()
    };
    assert!(refused("x\u{1b}[2J", None).ends_with(": x\\u{1b}[2J"));
    let both = refused("x\u{1b}[2J", Some("a\nb"));
    assert!(both.contains("a\\nb") && both.contains("x\\u{1b}[2J"), "{both}");
}

#[test]
fn an_error_can_go_to_another_thread() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Error>();
    check::<Fault>();
}
