//! Where a fault is applied: to the data before a request is answered, and to the answer before it is sent.

use std::sync::Arc;

use super::kinds::Fault;
use crate::fake::http::{Answer, Body, Request};
use crate::fake::service::Service;
use crate::fake::wire::{Delivery, Ending, Framing, HEADER, Settings, compress, zeros};

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

/// What will happen to an answer under the service's settings and this fault.
pub(crate) fn deliver(answer: Answer, settings: Settings, request: &Request, fault: Option<&Fault>) -> Delivery {
    let mut delivery = Delivery::new(answer, settings);
    if let Some(fault) = fault {
        change_answer(fault, &mut delivery);
    }
    let answer = &mut delivery.answer;
    let is_encoded = answer.headers.iter().any(|(name, _)| name == "Content-Encoding");
    if settings.gzip && request.accepts_gzip() && answer.is_data && !is_encoded {
        gzip(answer, |_, _| {});
    }
    delivery
}

fn change_answer(fault: &Fault, delivery: &mut Delivery) {
    match fault {
        Fault::Cut(at) => delivery.break_at = Some((*at, Ending::Cut)),
        Fault::Reset(at) => delivery.break_at = Some((*at, Ending::Reset)),
        Fault::Stall(at) => delivery.break_at = Some((*at, Ending::Stall)),
        Fault::Latency(wait) => delivery.settings.latency += *wait,
        Fault::Answer(answer) => delivery.answer = answer.clone(),
        Fault::UnderStatus(code) => delivery.answer.status = *code,
        Fault::Header(name, value) => delivery.answer.headers.push(((*name).to_owned(), value.clone())),
        Fault::UnlabelledGzip => {
            gzip(&mut delivery.answer, |_, _| {});
            delivery.answer.headers.pop();
            delivery.answer.is_data = false;
        }
        Fault::GzipBadCrc => gzip(&mut delivery.answer, |stream, trailer| stream[trailer] ^= 0xff),
        Fault::GzipTruncated => gzip(&mut delivery.answer, |stream, _| stream.truncate(stream.len() / 2)),
        Fault::GzipNoTrailer => gzip(&mut delivery.answer, Vec::truncate),
        Fault::EndlessGzip { zeros: count } => {
            endless(delivery, HEADER.to_vec(), zeros(*count).repeat(1000));
            encoded(&mut delivery.answer);
        }
        Fault::EndlessBody => endless(delivery, Vec::new(), vec![b'x'; 16 * 1024]),
        Fault::CloseDelimited => delivery.settings.framing = Framing::CloseDelimited,
        Fault::WrongLength { delta } => {
            delivery.settings.framing = Framing::ContentLength;
            delivery.length_delta = *delta;
        }
        // These act before there is an answer.
        Fault::ResetInUpload { .. } | Fault::ExpireToken | Fault::ReplaceDump(_) | Fault::EraseDump => {}
    }
}

/// Compresses the body and lets `harm` at the stream; it also gets the index of the checksum.
fn gzip(answer: &mut Answer, harm: impl FnOnce(&mut Vec<u8>, usize)) {
    if let Body::Blocks(blocks) = &answer.body {
        let mut stream = compress(blocks);
        let trailer = stream.len().saturating_sub(8);
        harm(&mut stream, trailer);
        answer.body = Body::Blocks(vec![Arc::from(stream)]);
        encoded(answer);
    }
}

fn endless(delivery: &mut Delivery, start: Vec<u8>, block: Vec<u8>) {
    delivery.settings.framing = Framing::Chunked;
    delivery.answer.body = Body::Endless(start, block);
}

fn encoded(answer: &mut Answer) {
    answer.headers.push(("Content-Encoding".to_owned(), "gzip".to_owned()));
}
