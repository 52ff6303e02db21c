//! When a token is renewed: against the fake server, with the token's times set by hand.

use xtask::fake::{Answer, Dump, FakeServer, Fault, Service, USER, When};

use super::*;
use crate::client::Client;
use crate::client::event::Event;
use crate::client::session::refresh_token_file::LockedTokenFile;
use crate::client::session::secret::Secret;
use crate::files::Unfinished;

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
    let mut state = client.requests.session.state();
    let (token, now) = (state.held.as_ref().unwrap().token.clone(), Instant::now());
    let times = Times { renewal: now, end: now + left, end_date: SystemTime::now() + left };
    state.held = Some(Arc::new(Held { token, times: Some(times) }));
}

fn sign_ins(server: &FakeServer) -> usize {
    server.requests().iter().filter(|request| request.target == anaplan::AUTHENTICATE).count()
}

/// Whatever is sent to sign in is refused from now on.
fn refuse(server: &FakeServer) {
    let refusal = Answer::new(401, "text/plain", r#"{"status": "FAILURE_BAD_CREDENTIAL"}"#);
    server.fault(Fault::Answer(refusal), When::path("authenticate"));
}

#[test]
fn a_token_is_renewed_before_it_ends_and_then_used() {
    let (server, client) = scene();
    let first = token(&client);
    make_due(&client, HOUR);
    server.service().sign_in.tokens.lifetime = Duration::from_secs(600);
    let second = token(&client);
    assert_ne!(first, second);
    assert_eq!((token(&client), sign_ins(&server)), (second, 2));
    let renewal = client.requests.session.state().held.as_ref().unwrap().times.as_ref().unwrap().renewal;
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
fn a_refused_renewal_is_never_repeated_and_the_old_token_serves_to_its_end() {
    let (server, client) = scene();
    let first = token(&client);
    refuse(&server);
    for _ in 0..3 {
        make_due(&client, HOUR);
        assert_eq!(token(&client), first);
    }
    make_due(&client, Duration::ZERO);
    for _ in 0..3 {
        let error = client.requests.session.token(&client.requests.wire).err().unwrap();
        assert!(error.to_string().contains("FAILURE_BAD_CREDENTIAL"), "{error}");
    }
    assert_eq!(sign_ins(&server), 2);
}

#[test]
fn a_refused_sign_in_ends_the_sign_ins_of_all_threads() {
    let (server, client) = scene();
    let session = &client.requests.session;
    let held = session.token(&client.requests.wire).unwrap();
    refuse(&server);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let error = session.replace(&held, &client.requests.wire).err().unwrap();
                assert_eq!(error.kind(), ErrorKind::NotPermitted, "{error}");
            });
        }
    });
    assert_eq!(sign_ins(&server), 2);
}

#[test]
fn an_outage_is_waited_out_once_for_all_who_wait_and_again_for_those_who_come_later() {
    let (server, client) = scene();
    server.fault(Fault::status(503), When::path("authenticate"));
    let (session, wire) = (&client.requests.session, &client.requests.wire);
    let sign_in = |asked| session.sign_in_once(&mut session.state(), asked, wire).err().unwrap().to_string();
    let asked = Instant::now();
    let error = sign_in(asked);
    let tries = sign_ins(&server);
    assert!(tries > 2 && error.contains("503"), "{error}");
    assert_eq!((sign_in(asked), sign_ins(&server)), (error, tries));
    sign_in(Instant::now());
    assert_eq!(sign_ins(&server), 2 * tries - 1);
}

#[test]
fn a_lifetime_is_believed_within_bounds_and_half_of_a_short_one_is_used() {
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    for (lifetime, expected) in [
        (None, USUAL_LIFETIME),
        (Some(Duration::ZERO), USUAL_LIFETIME),
        (Some(minutes(5)), minutes(5)),
        (Some(minutes(1_000_000)), MAX_LIFETIME),
    ] {
        assert_eq!(believed(lifetime), expected, "{lifetime:?}");
    }
    for (lifetime, expected) in [(35, 30), (8, 4), (0, 0)] {
        assert_eq!(renewal_after(minutes(lifetime)), minutes(expected), "{lifetime}");
    }
}

#[test]
fn a_wait_for_another_program_that_has_locked_the_token_is_told_and_names_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let told = Arc::new(Mutex::new(Vec::new()));
    let events = Arc::clone(&told);
    let client = Client::builder(Token::anaplan("token").unwrap()).on_event(move |event| {
        if let Event::Locked { path, .. } = event {
            events.lock().unwrap().push(path.to_path_buf());
        }
    });
    let client = client.build().unwrap();
    let _other = LockedTokenFile::try_lock(&path, &Unfinished::default()).unwrap().unwrap();
    let error = oauth::lock_file(&client.requests.wire, &path, Duration::ZERO).unwrap_err();
    assert_eq!(*told.lock().unwrap(), [folder.path().join("token.lock")]);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(error.to_string().ends_with("token.lock"), "{error}");
    assert!(source.starts_with("another program has held the lock for "), "{source}");
}
