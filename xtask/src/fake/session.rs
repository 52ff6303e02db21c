//! Serving one connection: request by request until somebody ends it.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::Instant;

use super::connection::{Connection, Ending};
use super::fault::Fault;
use super::plan;
use super::request::{self, NoRequest, Request, RequestLog};
use super::respond::Answer;
use super::server::Shared;
use super::service::{Service, Settings};
use super::stop::lock;
use super::wire;

pub(crate) fn run(shared: &Shared, stream: &Arc<TcpStream>, number: usize) {
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

fn serve_one(
    shared: &Shared,
    connection: &mut Connection,
    buffer: &mut Vec<u8>,
    number: usize,
) -> Result<(), Ending> {
    let request = match request::read(connection, buffer) {
        Ok(request) => request,
        Err(NoRequest::Closed) => return Err(Ending::Agreed),
        Err(NoRequest::Malformed) => {
            let delivery = plan::plan(
                Answer::error(400, "Bad Request", ""),
                lock(&shared.service).settings,
                &Request::new("", ""),
                &[],
                &shared.gzip,
            );
            return wire::send(&delivery, false, connection, &shared.stop);
        }
    };
    let entry = log(shared, &request, number);
    let (answer, settings, faults) = decide(shared, &request);
    let delivery = plan::plan(answer, settings, &request, &faults, &shared.gzip);
    {
        // Before the first byte, so that a client which has its answer finds it in the log.
        let mut requests = lock(&shared.requests);
        let names: Vec<&str> = faults.iter().map(Fault::name).collect();
        requests[entry].fault = (!names.is_empty()).then(|| names.join("+"));
        requests[entry].status = delivery.instead.is_none().then_some(delivery.answer.status);
    }
    wire::send(&delivery, request.keep_alive, connection, &shared.stop)
}

fn log(shared: &Shared, request: &Request, connection: usize) -> usize {
    let mut requests = lock(&shared.requests);
    requests.push(RequestLog {
        method: request.method.clone(),
        target: request.target.clone(),
        headers: request.headers.clone(),
        body: request.body.clone(),
        status: None,
        fault: None,
        connection,
    });
    requests.len() - 1
}

/// The answer, the settings of the moment, and the faults that strike. The data is locked only here.
fn decide(shared: &Shared, request: &Request) -> (Answer, Settings, Vec<Fault>) {
    let mut service = lock(&shared.service);
    let settings = service.settings;
    if let Some(bucket) = &mut service.bucket
        && let Err(wait) = bucket.take(Instant::now())
    {
        let wait = bucket.retry_after.then_some(wait);
        return (plan::too_many(&request.target, wait), settings, Vec::new());
    }
    let faults = lock(&shared.rules).strike(request);
    for fault in &faults {
        change_data(fault, &mut service, request);
    }
    let answer = service.answer(request, &shared.origin);
    (answer, settings, faults)
}

fn change_data(fault: &Fault, service: &mut Service, request: &Request) {
    match fault {
        Fault::ExpireToken => {
            let header = request.header("authorization").unwrap_or_default();
            if let Some((_, token)) = header.split_once(' ') {
                service.expire_token(token);
            }
        }
        Fault::ReplaceDump(other) => {
            if let Some(dump) = service.dump_at(&request.path) {
                dump.clone_from(other);
            }
        }
        Fault::EraseDump => {
            if let Some(dump) = service.dump_at(&request.path) {
                dump.erased = true;
            }
        }
        _ => {}
    }
}
