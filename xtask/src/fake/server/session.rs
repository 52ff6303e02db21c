//! Serving one connection: request by request until one side ends it.

use std::net::TcpStream;
use std::sync::Arc;

use super::shared::Shared;
use crate::fake::fault::{Fault, change_data, deliver};
use crate::fake::http::{Answer, Request, RequestLog};
use crate::fake::stop::lock;
use crate::fake::wire::{
    Connection, Delivery, Ending, NoRequest, Position, Settings, receive_body, receive_head, send,
};

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
    let mut reset_after = None;
    let received = receive_head(connection, buffer).and_then(|mut request| {
        reset_after = lock(&shared.rules).reset_in_upload(&request);
        receive_body(connection, buffer, &mut request, reset_after.unwrap_or(usize::MAX)).map(|()| request)
    });
    let request = match received {
        Ok(request) => request,
        Err(NoRequest::Closed) => return Err(Ending::Agreed),
        Err(NoRequest::Malformed) => {
            let answer = Answer::error(400, "Bad Request", &Request::new("", ""));
            let delivery = Delivery::new(answer, lock(&shared.service).settings);
            return send(&delivery, false, connection, &shared.stop);
        }
    };
    let entry = {
        let mut requests = lock(&shared.requests);
        let mut sent = RequestLog { connection: number, ..request.sent.clone() };
        if sent.body.len() > MAX_LOGGED {
            sent.body = Vec::new();
        }
        sent.fault = reset_after.map(|after_bytes| Fault::ResetInUpload { after_bytes }.name());
        requests.push(sent);
        requests.len() - 1
    };
    if reset_after.is_some() {
        return Err(Ending::Reset);
    }
    let (answer, settings, faults) = decide(shared, &request);
    let delivery = deliver(answer, settings, &request, &faults);
    let is_silent = matches!(delivery.break_at, Some((Position::Start, _)));
    {
        // Before the first byte, so that a client which has its answer finds it in the log.
        let mut requests = lock(&shared.requests);
        let names: Vec<String> = faults.iter().map(Fault::name).collect();
        requests[entry].fault = (!names.is_empty()).then(|| names.join("+"));
        requests[entry].status = (!is_silent).then_some(delivery.answer.status);
    }
    send(&delivery, request.keep_alive, connection, &shared.stop)
}

/// The answer, the settings of the moment, and the faults that strike. The data is locked only here.
fn decide(shared: &Shared, request: &Request) -> (Answer, Settings, Vec<Fault>) {
    let mut service = lock(&shared.service);
    let settings = service.settings;
    if let Some(refusal) = service.throttle(request) {
        return (refusal, settings, Vec::new());
    }
    let faults = lock(&shared.rules).strike(request);
    faults.iter().for_each(|fault| change_data(fault, &mut service, request));
    // What is refused is not done.
    let is_refused = faults.iter().any(|fault| matches!(fault, Fault::Status { code: 400..=499, .. }));
    let answer = if is_refused { Answer::empty(200) } else { service.answer(request) };
    (answer, settings, faults)
}
