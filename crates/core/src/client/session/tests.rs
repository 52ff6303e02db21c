//! When a token is renewed: against the fake server, with the token's times set by hand.

use xtask::fake::{Dump, FakeServer, Fault, Service, USER, When};

use super::*;
use crate::client::Client;
use crate::client::session::secret::Secret;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// A client that has signed in once.
fn scene() -> (FakeServer, Client) {
    let mut service = Service::with_dump(Dump::from_bytes(b"rows".to_vec(), 10));
    service.add_password(USER, "password");
    let server = FakeServer::start(service);
    let origin: Origin = server.origin().parse().unwrap();
    let credentials = Credentials::password(USER, Secret::new("password".to_owned())).unwrap();
    let builder = Client::builder(credentials).api(origin.clone()).auth(origin);
    let client = builder.max_wait(Duration::from_millis(2)).build().unwrap();
    token(&client);
    (server, client)
}

/// The token that a request would be sent with now.
fn token(client: &Client) -> String {
    let held = client.requests.session.token(&client.requests.wire).unwrap();
    held.token.value().to_owned()
}

/// Renewal is due, and the token ends after `left`.
fn make_due(client: &Client, left: Duration) {
    let mut held = client.requests.session.held.lock().unwrap();
    let (token, now) = (held.as_ref().unwrap().token.clone(), Instant::now());
    let times = Times { renewal: now, end: now + left, end_date: SystemTime::now() + left };
    *held = Some(Arc::new(Held { token, times: Some(times) }));
}

fn sign_ins(server: &FakeServer) -> usize {
    server.requests().iter().filter(|request| request.target == AUTHENTICATE).count()
}

#[test]
fn a_token_is_renewed_before_it_ends_and_then_used() {
    let (server, client) = scene();
    let first = token(&client);
    make_due(&client, HOUR);
    server.service().set_token_lifetime(Duration::from_secs(600));
    let second = token(&client);
    assert_ne!(first, second);
    assert_eq!((token(&client), sign_ins(&server)), (second, 2));
    let held = client.requests.session.held.lock().unwrap();
    let renewal = held.as_ref().unwrap().times.as_ref().unwrap().renewal;
    // The service's clock shows whole seconds.
    assert!(renewal <= Instant::now() + Duration::from_secs(301), "half of ten minutes");
}

#[test]
fn while_a_token_is_good_a_sign_in_service_that_is_down_is_asked_once_and_not_at_each_request() {
    let (server, client) = scene();
    let first = token(&client);
    make_due(&client, HOUR);
    server.fault(Fault::status(503), When::path("authenticate"));
    for _ in 0..3 {
        assert_eq!(token(&client), first);
    }
    assert_eq!(sign_ins(&server), 2);
}

#[test]
fn once_a_token_has_ended_signing_in_is_retried() {
    let (server, client) = scene();
    let first = token(&client);
    make_due(&client, Duration::ZERO);
    server.fault(Fault::status(503), When::path("authenticate").times(2));
    assert_ne!(token(&client), first);
    assert_eq!(sign_ins(&server), 4);
}
