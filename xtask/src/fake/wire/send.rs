//! Putting an answer on the wire: head, framing and body, with the faults that belong there.

use super::delivery::{Delivery, Framing, HeadFault, Position};
use super::gzip;
use super::writer::Writer;
use super::{Connection, Ending};
use crate::fake::http::{Body, reason};
use crate::fake::stop::StopFlag;

/// The size of the pieces of a chunked body.
const PIECE: usize = 16 * 1024;

/// Sends an answer. Ok when the connection may serve another request.
pub(crate) fn send(
    delivery: &Delivery,
    keep_alive: bool,
    connection: &mut Connection,
    stop: &StopFlag,
) -> Result<(), Ending> {
    if stop.sleep(delivery.latency) {
        return Err(Ending::Cut);
    }
    let keep_alive = keep_alive && delivery.framing != Framing::CloseDelimited && delivery.length_delta <= 0;
    let break_at = delivery.break_at.map(|(position, how)| match position {
        Position::After(bytes) => (bytes, how),
        Position::BeforeEnd(missing) => (wire_length(delivery).saturating_sub(missing), how),
    });
    let mut writer = Writer::new(connection, stop, delivery.pace, break_at);
    if let Some(how) = delivery.instead {
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
        match delivery.framing {
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
    match delivery.head_fault {
        Some(HeadFault::Half(how)) => {
            writer.head(&head.as_bytes()[..head.len() / 2])?;
            return Err(writer.break_off(how));
        }
        Some(HeadFault::Endless) => {
            writer.head(head.as_bytes())?;
            let line = format!("X-Filler: {}\r\n", "x".repeat(1000));
            loop {
                writer.head(line.as_bytes())?;
            }
        }
        Some(HeadFault::Huge(bytes)) => {
            let mut left = bytes;
            while left > 0 {
                // Lines of a kilobyte, the last one shorter; 14 bytes are the least a line needs.
                let size = if left < 1100 { left.max(14) } else { 1000 };
                head.push_str(&format!("X-Filler: {}\r\n", "x".repeat(size - 12)));
                left = left.saturating_sub(size);
            }
        }
        None => {}
    }
    head.push_str("\r\n");
    writer.head(head.as_bytes())
}

fn send_body(delivery: &Delivery, writer: &mut Writer) -> Result<(), Ending> {
    let answer = &delivery.answer;
    if !has_body(answer.status) {
        return Ok(());
    }
    let chunked = delivery.framing == Framing::Chunked;
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
        Body::Bomb(inflated) => gzip::bomb(*inflated, put)?,
        Body::EmptyBlocks => {
            put(&gzip::HEADER)?;
            let blocks = gzip::EMPTY_BLOCK.repeat(1000);
            loop {
                put(&blocks)?;
            }
        }
        Body::Endless => {
            let block = [b'x'; PIECE];
            loop {
                put(&block)?;
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
        _ => 0,
    }
}

/// The bytes after the head, framing included.
fn wire_length(delivery: &Delivery) -> u64 {
    let Body::Blocks(blocks) = &delivery.answer.body else {
        return u64::MAX;
    };
    if delivery.framing != Framing::Chunked {
        return body_length(&delivery.answer.body);
    }
    let pieces = blocks.iter().flat_map(|block| block.chunks(PIECE));
    let framed = pieces.map(|piece| format!("{:x}", piece.len()).len() + piece.len() + 4);
    framed.sum::<usize>() as u64 + 5
}
