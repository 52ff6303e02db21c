//! Putting an answer on the wire: head, framing and body, with the faults that belong there.

use std::thread;

use super::delivery::{At, Delivery, Framing};
use super::writer::Writer;
use super::{Connection, Ending};
use crate::fake::http::{Body, reason};

/// The size of the pieces of a chunked body.
const PIECE: usize = 16 * 1024;

/// Sends an answer. Ok when the connection may serve another request.
pub(crate) fn send(delivery: &Delivery, keep_alive: bool, connection: &mut Connection) -> Result<(), Ending> {
    let settings = &delivery.settings;
    // Where the server is stopped meanwhile, the first write fails.
    thread::sleep(settings.latency);
    let keep_alive = keep_alive && settings.framing != Framing::CloseDelimited && delivery.length_delta <= 0;
    let break_at = delivery.break_at.and_then(|(position, how)| match position {
        At::Start | At::Head => None,
        At::Body(bytes) => Some((bytes as u64, how)),
        At::BeforeEnd(missing) => Some((wire_length(delivery).saturating_sub(missing as u64), how)),
    });
    let mut writer = Writer::new(connection, settings.bytes_per_second, break_at);
    if let Some((At::Start, how)) = delivery.break_at {
        return Err(writer.break_off(how));
    }
    send_head(delivery, keep_alive, &mut writer)?;
    send_body(delivery, &mut writer)?;
    writer.finish()?;
    if keep_alive { Ok(()) } else { Err(Ending::Agreed) }
}

fn send_head(delivery: &Delivery, keep_alive: bool, writer: &mut Writer) -> Result<(), Ending> {
    let answer = &delivery.answer;
    let mut head = format!("HTTP/1.1 {} {}\r\n", answer.status, reason(answer.status));
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if has_body(answer.status) {
        match delivery.settings.framing {
            Framing::ContentLength => {
                let length = body_length(&answer.body).saturating_add_signed(delivery.length_delta);
                head.push_str(&format!("Content-Length: {length}\r\n"));
            }
            Framing::Chunked => head.push_str("Transfer-Encoding: chunked\r\n"),
            Framing::CloseDelimited => {}
        }
    }
    if !keep_alive {
        head.push_str("Connection: close\r\n");
    }
    if let Some((At::Head, how)) = delivery.break_at {
        writer.head(&head.as_bytes()[..head.len() / 2])?;
        return Err(writer.break_off(how));
    }
    head.push_str("\r\n");
    writer.head(head.as_bytes())
}

fn send_body(delivery: &Delivery, writer: &mut Writer) -> Result<(), Ending> {
    let answer = &delivery.answer;
    if !has_body(answer.status) {
        return Ok(());
    }
    let chunked = delivery.settings.framing == Framing::Chunked;
    let mut put = |bytes: &[u8]| -> Result<(), Ending> {
        if !chunked {
            return writer.body(bytes);
        }
        for piece in bytes.chunks(PIECE) {
            let mut framed = format!("{:x}\r\n", piece.len()).into_bytes();
            framed.extend_from_slice(piece);
            framed.extend_from_slice(b"\r\n");
            writer.body(&framed)?;
        }
        Ok(())
    };
    match &answer.body {
        Body::Blocks(blocks) => blocks.iter().try_for_each(|block| put(block))?,
        Body::Endless(start, block) => {
            put(start)?;
            loop {
                put(block)?;
            }
        }
    }
    if chunked { writer.body(b"0\r\n\r\n") } else { Ok(()) }
}

/// These statuses have no body by definition.
fn has_body(status: u16) -> bool {
    !matches!(status, 100..=199 | 204 | 304)
}

fn body_length(body: &Body) -> u64 {
    match body {
        Body::Blocks(blocks) => blocks.iter().map(|block| block.len() as u64).sum(),
        Body::Endless(..) => 0,
    }
}

/// The bytes after the head, framing included.
fn wire_length(delivery: &Delivery) -> u64 {
    let Body::Blocks(blocks) = &delivery.answer.body else {
        return u64::MAX;
    };
    if delivery.settings.framing != Framing::Chunked {
        return body_length(&delivery.answer.body);
    }
    let pieces = blocks.iter().flat_map(|block| block.chunks(PIECE));
    let framed = pieces.map(|piece| format!("{:x}", piece.len()).len() + piece.len() + 4);
    framed.sum::<usize>() as u64 + 5
}
