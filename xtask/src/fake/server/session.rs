//! Serving one connection: request by request until one side ends it.

use std::net::TcpStream;
use std::sync::Arc;

use super::{Shared, lock};
use crate::fake::fault::{Fault, change_data, deliver, strike};
use crate::fake::http::{Answer, RequestLog};
use crate::fake::wire::{At, Connection, Delivery, Ending, NoRequest, receive_body, receive_head, send};

/// Bodies of requests up to this size are in the log: an upload must not be kept a second time.
const MAX_LOGGED: usize = 64 * 1024;

pub(super) fn run(shared: &Shared, stream: &Arc<TcpStream>, number: usize) {
    let Ok(mut connection) = Connection::new(Arc::clone(stream), shared.tls.as_ref()) else {
        return;
    };
    let mut buffer = Vec::new();
    let ending = loop {
        if let Err(ending) = serve_one(shared, &mut connection, &mut buffer, number) {
            break ending;
        }
    };
    connection.end(ending);
}

fn serve_one(shared: &Shared, connection: &mut Connection, buffer: &mut Vec<u8>, number: usize) -> Result<(), Ending> {
    let (mut fault, mut reset_after) = (None, None);
    let received = receive_head(connection, buffer).and_then(|mut request| {
        fault = strike(&mut lock(&shared.rules), &request);
        reset_after = fault.as_ref().and_then(Fault::reset_in_upload);
        receive_body(connection, buffer, &mut request, reset_after.unwrap_or(usize::MAX)).map(|()| request)
    });
    let request = match received {
        Ok(request) => request,
        Err(NoRequest::Closed) => return Err(Ending::Agreed),
        Err(NoRequest::Malformed) => {
            let answer = Answer::error(400, "Bad Request");
            let delivery = Delivery::new(answer, lock(&shared.service).settings);
            return send(&delivery, false, connection);
        }
    };
    let entry = {
        let mut requests = lock(&shared.requests);
        let name = fault.as_ref().map(Fault::name);
        let mut sent = RequestLog { connection: number, fault: name, ..request.sent.clone() };
        if sent.body.len() > MAX_LOGGED {
            sent.body = Vec::new();
        }
        requests.push(sent);
        requests.len() - 1
    };
    if reset_after.is_some() {
        return Err(Ending::Reset);
    }
    let tunnel = lock(&shared.service).tunnel.filter(|_| request.sent.method == "CONNECT" && fault.is_none());
    if let Some(tunnel) = tunnel {
        connection.lead_to(tunnel)?;
        return Err(Ending::Agreed);
    }
    let (answer, settings) = {
        let mut service = lock(&shared.service);
        if let Some(fault) = &fault {
            change_data(fault, &mut service, &request);
        }
        // What is refused is not done.
        let is_refused = matches!(&fault, Some(Fault::Answer(answer)) if answer.status / 100 == 4);
        let answer = if is_refused { Answer::empty(200) } else { service.answer(&request) };
        (answer, service.settings)
    };
    let delivery = deliver(answer, settings, &request, fault.as_ref());
    let is_silent = matches!(delivery.break_at, Some((At::Start, _)));
    // Before the first byte, so that a client which has its answer finds it in the log.
    lock(&shared.requests)[entry].status = (!is_silent).then_some(delivery.answer.status);
    send(&delivery, request.keep_alive, connection)
}
