//! Turning an answer and its faults into what will happen on the wire.

use std::sync::Arc;
use std::time::Duration;

use super::fault::{ErrorBody, Fault};
use super::gzip::{self, Damage, GzipCache, GzipMode};
use super::request::Request;
use super::respond::{Answer, Body, reason};
use super::service::Settings;
use super::wire::{Delivery, Framing, HeadFault, Position};
use super::writer::{Break, Pace};

const CAPTIVE_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head>\n\
     <body><form method=\"post\" action=\"/login\">Guest access</form></body></html>\n";

/// What will happen to an answer under the service's settings and these faults.
pub(crate) fn plan(
    mut answer: Answer,
    settings: Settings,
    request: &Request,
    faults: &[Fault],
    cache: &GzipCache,
) -> Delivery {
    let plain_body = faults.iter().any(needs_plain_body);
    if settings.gzip == GzipMode::On
        && request.accepts_gzip()
        && answer.is_data
        && !plain_body
        && let Body::Blocks(blocks) = &answer.body
    {
        let compressed = cache.compress(blocks);
        answer = with_encoding(answer, "gzip", Body::Blocks(vec![compressed]));
    }
    let mut delivery = Delivery {
        answer,
        framing: settings.framing,
        length_delta: 0,
        latency: settings.latency,
        pace: Pace { bytes_per_second: settings.bytes_per_second, dribble: None },
        head_fault: None,
        break_at: None,
        instead: None,
    };
    for fault in faults {
        apply(fault, &mut delivery, &request.target);
    }
    delivery
}

/// Faults that compress by themselves, or must not be compressed.
fn needs_plain_body(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::GzipBadCrc
            | Fault::GzipBadLength
            | Fault::GzipTruncated
            | Fault::GzipNoTrailer
            | Fault::GzipBomb { .. }
            | Fault::GzipEmptyBlocks
            | Fault::EndlessBody
            | Fault::LeftoverEncoding(_)
    )
}

fn apply(fault: &Fault, delivery: &mut Delivery, target: &str) {
    match fault {
        Fault::CloseBeforeAnswer => delivery.instead = Some(Break::Cut),
        Fault::ResetBeforeAnswer => delivery.instead = Some(Break::Reset),
        Fault::StallBeforeAnswer => delivery.instead = Some(Break::Stall),
        Fault::CutHeaders => delivery.head_fault = Some(HeadFault::Half(Break::Cut)),
        Fault::ResetInHeaders => delivery.head_fault = Some(HeadFault::Half(Break::Reset)),
        Fault::EndlessHeaders => delivery.head_fault = Some(HeadFault::Endless),
        Fault::HugeHeaders { bytes } => delivery.head_fault = Some(HeadFault::Huge(*bytes)),
        Fault::ResetInBody { after_bytes } => break_after(delivery, *after_bytes, Break::Reset),
        Fault::CutBody { after_bytes } => break_after(delivery, *after_bytes, Break::Cut),
        Fault::Stall { after_bytes } => break_after(delivery, *after_bytes, Break::Stall),
        Fault::CutBeforeEnd { missing_bytes } => {
            delivery.break_at = Some((Position::BeforeEnd(*missing_bytes as u64), Break::Cut));
        }
        Fault::Dribble { bytes, pause } => delivery.pace.dribble = Some((*bytes, *pause)),
        Fault::Bandwidth { bytes_per_second } => {
            delivery.pace.bytes_per_second = Some(*bytes_per_second);
        }
        Fault::Latency(wait) => delivery.latency += *wait,
        Fault::Status { code, retry_after, body } => {
            delivery.answer = status(*code, retry_after.as_deref(), body, target);
        }
        Fault::HtmlOk => delivery.answer = Answer::new(200, "text/html", CAPTIVE_PAGE),
        Fault::WrongJson(text) => {
            delivery.answer = Answer::new(200, "application/json", text.clone());
        }
        Fault::TruncatedJson => {
            let mut half = delivery.answer.bytes();
            half.truncate(half.len() / 2);
            delivery.answer.body = Body::Blocks(vec![Arc::from(half)]);
        }
        Fault::Redirect { location } => {
            delivery.answer = Answer::empty(302).with_header("Location", location.clone());
        }
        Fault::GzipBadCrc => damage(delivery, Damage::Checksum),
        Fault::GzipBadLength => damage(delivery, Damage::Length),
        Fault::GzipTruncated => damage(delivery, Damage::Half),
        Fault::GzipNoTrailer => damage(delivery, Damage::NoTrailer),
        Fault::GzipBomb { inflated } => endless(delivery, Body::Bomb(*inflated), true),
        Fault::GzipEmptyBlocks => endless(delivery, Body::EmptyBlocks, true),
        Fault::EndlessBody => endless(delivery, Body::Endless, false),
        Fault::LeftoverEncoding(name) => {
            delivery.answer.headers.push(("Content-Encoding".to_owned(), name.clone()));
        }
        Fault::CloseDelimited => delivery.framing = Framing::CloseDelimited,
        Fault::WrongLength { delta } => {
            delivery.framing = Framing::ContentLength;
            delivery.length_delta = *delta;
        }
        // These act on the data or at the door, before there is an answer.
        Fault::RefuseConnections { .. } | Fault::ExpireToken | Fault::ReplaceDump(_) | Fault::EraseDump => {}
    }
}

fn break_after(delivery: &mut Delivery, bytes: usize, how: Break) {
    delivery.break_at = Some((Position::After(bytes as u64), how));
}

fn damage(delivery: &mut Delivery, kind: Damage) {
    if let Body::Blocks(blocks) = &delivery.answer.body {
        let stream = gzip::damage(gzip::compress(blocks), kind);
        let body = Body::Blocks(vec![Arc::from(stream)]);
        delivery.answer = with_encoding(delivery.answer.clone(), "gzip", body);
    }
}

fn endless(delivery: &mut Delivery, body: Body, gzip: bool) {
    delivery.framing = Framing::Chunked;
    delivery.answer.body = body;
    if gzip {
        delivery.answer.headers.push(("Content-Encoding".to_owned(), "gzip".to_owned()));
    }
}

fn with_encoding(mut answer: Answer, name: &str, body: Body) -> Answer {
    answer.headers.push(("Content-Encoding".to_owned(), name.to_owned()));
    answer.body = body;
    answer
}

fn status(code: u16, retry_after: Option<&str>, body: &ErrorBody, target: &str) -> Answer {
    let answer = match body {
        ErrorBody::Json(message) => Answer::error(code, message, target),
        ErrorBody::Html => Answer::new(
            code,
            "text/html",
            format!(
                "<html>\r\n<head><title>{code} {0}</title></head>\r\n<body>\r\n<center><h1>{code} {0}</h1></center>\r\n</body>\r\n</html>\r\n",
                reason(code)
            ),
        ),
        ErrorBody::Empty => Answer::empty(code),
        ErrorBody::Raw(text) => Answer::new(code, "text/plain", text.clone()),
    };
    match retry_after {
        Some(value) => answer.with_header("Retry-After", value),
        None => answer,
    }
}

/// The refusal of the rate limit.
pub(crate) fn too_many(target: &str, wait: Option<Duration>) -> Answer {
    let answer = Answer::error(429, "Too Many Requests", target);
    match wait {
        Some(wait) => answer.with_header("Retry-After", wait.as_secs_f64().ceil().to_string()),
        None => answer,
    }
}
