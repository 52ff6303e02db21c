//! Where a fault is applied: to the data before a request is answered, and to the answer before it is sent.

use std::sync::Arc;

use super::kinds::{ErrorBody, Fault};
use crate::fake::http::{Answer, Body, Request, reason};
use crate::fake::service::Service;
use crate::fake::wire::{Break, Delivery, Framing, HEADER, Position, Settings, compress, zeros};

const CAPTIVE_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head>\n\
     <body><form method=\"post\" action=\"/login\">Guest access</form></body></html>\n";

/// Changes the data before the request is answered.
pub(crate) fn change_data(fault: &Fault, service: &mut Service, request: &Request) {
    match fault {
        Fault::ExpireToken => {
            let header = request.header("authorization").unwrap_or_default();
            if let Some((_, token)) = header.split_once(' ') {
                service.expire_token(token);
            }
        }
        Fault::ReplaceDump(other) => {
            if let Some(dump) = service.dump_at(request) {
                dump.clone_from(other);
            }
        }
        Fault::EraseDump => {
            if let Some(dump) = service.dump_at(request) {
                dump.erased = true;
            }
        }
        _ => {}
    }
}

/// What will happen to an answer under the service's settings and these faults.
pub(crate) fn deliver(answer: Answer, settings: Settings, request: &Request, faults: &[Fault]) -> Delivery {
    let mut delivery = Delivery::new(answer, settings);
    faults.iter().for_each(|fault| change_answer(fault, &mut delivery, request));
    let answer = &mut delivery.answer;
    let is_encoded = answer.headers.iter().any(|(name, _)| name == "Content-Encoding");
    if settings.gzip && request.accepts_gzip() && answer.is_data && !is_encoded {
        gzip(answer, |_, _| {});
    }
    delivery
}

fn change_answer(fault: &Fault, delivery: &mut Delivery, request: &Request) {
    let after = |bytes: usize, how| Some((Position::After(bytes as u64), how));
    match fault {
        Fault::CloseBeforeAnswer => delivery.break_at = Some((Position::Start, Break::Cut)),
        Fault::ResetBeforeAnswer => delivery.break_at = Some((Position::Start, Break::Reset)),
        Fault::StallBeforeAnswer => delivery.break_at = Some((Position::Start, Break::Stall)),
        Fault::CutHeaders => delivery.break_at = Some((Position::Head, Break::Cut)),
        Fault::ResetInHeaders => delivery.break_at = Some((Position::Head, Break::Reset)),
        Fault::HugeHeaders { bytes } => {
            let line = ("X-Filler".to_owned(), "x".repeat(988));
            delivery.answer.headers.extend(vec![line; bytes.div_ceil(1000)]);
        }
        Fault::ResetInBody { after_bytes } => delivery.break_at = after(*after_bytes, Break::Reset),
        Fault::CutBody { after_bytes } => delivery.break_at = after(*after_bytes, Break::Cut),
        Fault::Stall { after_bytes } => delivery.break_at = after(*after_bytes, Break::Stall),
        Fault::CutBeforeEnd { missing_bytes } => {
            delivery.break_at = Some((Position::BeforeEnd(*missing_bytes as u64), Break::Cut));
        }
        Fault::Slow { bytes_per_second } => delivery.settings.bytes_per_second = Some(*bytes_per_second),
        Fault::Latency(wait) => delivery.settings.latency += *wait,
        Fault::Status { code, retry_after, body } => {
            delivery.answer = status(*code, body, request);
            if let Some(value) = retry_after {
                delivery.answer.headers.push(("Retry-After".to_owned(), value.clone()));
            }
        }
        Fault::HtmlOk => delivery.answer = Answer::new(200, "text/html", CAPTIVE_PAGE),
        Fault::WrongJson(text) => delivery.answer = Answer::new(200, "application/json", text.clone()),
        Fault::Document { types, text } => {
            let mut answer = Answer::empty(200);
            answer.headers = types.iter().map(|kind| ("Content-Type".to_owned(), kind.clone())).collect();
            answer.body = Body::Blocks(vec![Arc::from(text.as_bytes())]);
            delivery.answer = answer;
        }
        Fault::UnderStatus(code) => delivery.answer.status = *code,
        Fault::ContentRange(range) => {
            delivery.answer.headers.push(("Content-Range".to_owned(), range.clone()));
        }
        Fault::EmptyBody => delivery.answer.body = Body::Blocks(Vec::new()),
        Fault::UnlabelledGzip => {
            gzip(&mut delivery.answer, |_, _| {});
            delivery.answer.headers.pop();
            delivery.answer.is_data = false;
        }
        Fault::TruncatedJson => {
            let mut half = delivery.answer.bytes();
            half.truncate(half.len() / 2);
            delivery.answer.body = Body::Blocks(vec![Arc::from(half)]);
        }
        Fault::Redirect { location } => {
            delivery.answer = Answer::empty(302).with_header("Location", location.clone());
        }
        Fault::GzipBadCrc => gzip(&mut delivery.answer, |stream, trailer| stream[trailer] ^= 0xff),
        Fault::GzipTruncated => gzip(&mut delivery.answer, |stream, _| stream.truncate(stream.len() / 2)),
        Fault::GzipNoTrailer => gzip(&mut delivery.answer, Vec::truncate),
        Fault::GzipBomb => {
            endless(delivery, HEADER.to_vec(), zeros(1 << 20));
            encoded(&mut delivery.answer, "gzip");
        }
        Fault::GzipEmptyBlocks => {
            endless(delivery, HEADER.to_vec(), zeros(0).repeat(1000));
            encoded(&mut delivery.answer, "gzip");
        }
        Fault::EndlessBody => endless(delivery, Vec::new(), vec![b'x'; 16 * 1024]),
        Fault::LeftoverEncoding(name) => encoded(&mut delivery.answer, name),
        Fault::CloseDelimited => delivery.settings.framing = Framing::CloseDelimited,
        Fault::WrongLength { delta } => {
            delivery.settings.framing = Framing::ContentLength;
            delivery.length_delta = *delta;
        }
        // These act at the door, or on the data before there is an answer.
        Fault::RefuseConnections { .. }
        | Fault::ResetInUpload { .. }
        | Fault::ExpireToken
        | Fault::ReplaceDump(_)
        | Fault::EraseDump => {}
    }
}

/// Compresses the body and lets `harm` at the stream; it also gets the index of the checksum.
fn gzip(answer: &mut Answer, harm: impl FnOnce(&mut Vec<u8>, usize)) {
    if let Body::Blocks(blocks) = &answer.body {
        let mut stream = compress(blocks);
        let trailer = stream.len().saturating_sub(8);
        harm(&mut stream, trailer);
        answer.body = Body::Blocks(vec![Arc::from(stream)]);
        encoded(answer, "gzip");
    }
}

fn endless(delivery: &mut Delivery, start: Vec<u8>, block: Vec<u8>) {
    delivery.settings.framing = Framing::Chunked;
    delivery.answer.body = Body::Endless(start, block);
}

fn encoded(answer: &mut Answer, name: &str) {
    answer.headers.push(("Content-Encoding".to_owned(), name.to_owned()));
}

fn status(code: u16, body: &ErrorBody, request: &Request) -> Answer {
    let phrase = reason(code);
    match body {
        ErrorBody::Json(message) if message.is_empty() => Answer::error(code, phrase, request),
        ErrorBody::Json(message) => Answer::error(code, message, request),
        ErrorBody::Html => {
            let head = format!("<head><title>{code} {phrase}</title></head>");
            let text = format!("<center><h1>{code} {phrase}</h1></center>");
            Answer::new(code, "text/html", format!("<html>\r\n{head}\r\n<body>\r\n{text}\r\n</body>\r\n</html>\r\n"))
        }
        ErrorBody::Empty => Answer::empty(code),
        ErrorBody::Raw(text) => Answer::new(code, "text/plain", text.clone()),
    }
}
