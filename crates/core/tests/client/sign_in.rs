use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anaplan_dump_core::{Client, Credentials, Error, ErrorKind, Event, Secret, Token};
use xtask::fake::{Answer, FakeServer, Fault, TOKEN, USER, When};

use crate::{PASSWORD, builder_of, bytes, dump, server, token};

fn client(server: &FakeServer, credentials: impl Into<Credentials>) -> Client {
    builder_of(&server.origin(), credentials).build().expect("a client")
}

fn password() -> Credentials {
    Credentials::password(USER, Secret::new(PASSWORD)).expect("credentials")
}

fn download(client: &Client, server: &FakeServer) -> Result<(), Error> {
    let mut written = Vec::new();
    client.download(dump(server)).write_to(&mut written)?;
    assert!(written == bytes(server));
    Ok(())
}

/// How many requests there were at this address.
fn asked(server: &FakeServer, target: &str) -> usize {
    server.requests().iter().filter(|request| request.target == target).count()
}

#[test]
fn a_closure_gives_tokens_and_is_asked_again_when_one_is_refused() {
    let server = server();
    server.service().add_token(USER, "the-second-token");
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let credentials = Credentials::provider(move || match count.fetch_add(1, Ordering::Relaxed) {
        0 => Token::anaplan("the-first-token"),
        _ => Token::anaplan("the-second-token"),
    });
    download(&client(&server, credentials), &server).expect("a download");
    assert_eq!(calls.load(Ordering::Relaxed), 2);

    let failing = Credentials::provider(|| Err::<Token, _>("the vault is sealed"));
    let error = download(&client(&server, failing), &server).expect_err("no download");
    assert_eq!(error.kind(), ErrorKind::NotPermitted);
    assert!(format!("{error:?}").contains("the vault is sealed"), "{error:?}");
}

#[test]
fn a_new_refresh_token_is_stored_even_if_no_usable_access_token_came_with_it() {
    for (access, why) in [("\"a b\"", "its access_token cannot be used"), ("\"\"", "it has no \"access_token\"")] {
        let server = server();
        server.service().add_refresh_token(USER, "client", "second", true);
        let answer = format!(r#"{{"access_token": {access}, "refresh_token": "second"}}"#);
        server.fault(Fault::json(answer), When::path("oauth/token").times(1));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("refresh-token");
        std::fs::write(&path, "first\n").expect("the file is written");
        let credentials = || Credentials::oauth("client", &path).expect("credentials");
        let error = download(&client(&server, credentials()), &server).expect_err("no download");
        assert!(error.to_string().contains(why), "{error}");
        assert_eq!(asked(&server, "/oauth/token"), 1, "the old token is used once");
        assert_eq!(std::fs::read_to_string(&path).expect("the file"), "second\n");
        download(&client(&server, credentials()), &server).expect("a download");
    }
}

#[test]
fn a_device_is_asked_for_at_its_interval_each_wait_is_told_and_a_time_limit_ends_it() {
    let server = server();
    server.service().approve_devices(USER, 1);
    server.service().sign_in.oauth.interval = Duration::from_millis(300);
    let folder = tempfile::tempdir().expect("a folder");
    let credentials = Credentials::oauth("client", folder.path().join("refresh-token")).expect("credentials");
    let waits = Arc::new(AtomicUsize::new(0));
    let told = Arc::clone(&waits);
    let client = builder_of(&server.origin(), credentials).on_event(move |event| {
        if let Event::Waiting { .. } = event {
            told.fetch_add(1, Ordering::Relaxed);
        }
    });
    let client = client.build().expect("a client");
    client.login(|_| {}).expect("a sign-in");
    assert_eq!(asked(&server, "/oauth/token"), 2, "no answer was slow_down");
    assert_eq!(waits.load(Ordering::Relaxed), 2, "each wait is reported");
    // Its wait ends with the time limit of the client.
    server.service().approve_devices(USER, 1_000);
    server.service().sign_in.oauth.interval = Duration::from_secs(60);
    let error = client.until(Instant::now()).login(|_| {}).expect_err("no sign-in");
    assert!(error.to_string().contains(": it was refused: "), "{error}");
}

#[test]
fn a_refresh_token_may_be_kept_by_the_program() {
    let server = server();
    server.service().add_refresh_token(USER, "client", "first", true);
    let vault = Arc::new(Mutex::new("first".to_owned()));
    let (from, to) = (Arc::clone(&vault), Arc::clone(&vault));
    let credentials = Credentials::oauth_from(
        "client",
        move || Ok::<_, String>(Secret::new(from.lock().expect("a vault").clone())),
        move |token| {
            *to.lock().expect("a vault") = token.reveal().to_owned();
            Ok(())
        },
    );
    let credentials = credentials.expect("credentials");
    for _ in 0..3 {
        download(&client(&server, credentials.clone()), &server).expect("a download");
    }
    assert_eq!(asked(&server, "/oauth/token"), 3);
    assert!(vault.lock().expect("a vault").starts_with("fake-refresh-token-"));
}

type Ask = &'static dyn Fn(&FakeServer) -> Result<(), Error>;

/// Every request whose answer is JSON, by its path.
const SERVICES: [(&str, Ask); 13] = [
    ("/workspaces", &|server| client(server, password()).workspaces().map(drop)),
    ("/models", &|server| client(server, password()).models(None).map(drop)),
    ("processes", &|server| client(server, password()).processes(dump(server).model()).map(drop)),
    ("tasks", &|server| client(server, password()).tasks(&dump(server).task.action).map(drop)),
    ("tasks/*", &|server| client(server, password()).task(&dump(server).task).map(drop)),
    ("tasks", &|server| client(server, password()).start(&dump(server).task.action, "en_US", &[]).map(drop)),
    ("tasks/*", &|server| client(server, password()).cancel(&dump(server).task)),
    ("dumps/*/chunks", &|server| client(server, password()).chunks(&dump(server)).map(drop)),
    ("token/authenticate", &|server| client(server, password()).chunks(&dump(server)).map(drop)),
    ("token/validate", &|server| client(server, password()).account().map(drop)),
    ("token/logout", &|server| client(server, token()).logout().map(drop)),
    ("oauth/device/code", &approve),
    ("oauth/token", &approve),
];

/// By a user who approves.
fn approve(server: &FakeServer) -> Result<(), Error> {
    let read = || Ok::<_, String>(Secret::new("none"));
    let credentials = Credentials::oauth_from("client", read, |_| Ok(())).expect("credentials");
    client(server, credentials).login(|_| {})
}

#[test]
fn a_refusal_with_a_good_status_is_seen_by_every_service() {
    for refusal in [
        r#"{"status":{"code":401,"message":"No."}}"#,
        r#"{"status":"FAILURE","statusMessage":"No."}"#,
        r#"{"error":"invalid_request","error_description":"No."}"#,
        "No.",
    ] {
        for (path, ask) in SERVICES {
            let server = server();
            server.service().approve_devices(USER, 0);
            server.fault(Fault::json(refusal), When::path(path));
            assert!(ask(&server).is_err(), "{path} {refusal}");
        }
    }
}

#[test]
fn a_secret_is_removed_from_every_place_where_the_service_repeats_it() {
    let basic = "aW50ZWdyYXRpb25AZXhhbXBsZS5jb206cMOkc3M6dyJyZCAx";
    let token = "fake-issued-token-1";
    let (auth, api) = ("authenticate", "chunks");
    for (secret, path) in [(PASSWORD, auth), (basic, auth), (PASSWORD, api), (token, api), (TOKEN, api)] {
        let json = serde_json::json!(secret).to_string();
        let in_header = secret.replace(|c: char| !c.is_ascii_graphic(), "");
        for fault in [
            Fault::Answer(Answer::error(403, &format!("you sent {secret}!"))),
            Fault::Answer(Answer::new(403, "text/plain", format!(r#"{{"error":{json}}}"#))),
            Fault::json(format!(r#"{{"status":"FAILURE","statusMessage":{json}}}"#)),
            Fault::json(format!(r#"{{"chunks":[{{"id":null,"name":{json}}}]}}"#)),
            Fault::json(format!(r#"{{"chunks":[{json} oops"#)),
            Fault::Header("Content-Encoding", in_header.clone()),
            Fault::Header("Content-Range", format!("bytes 0-1/{in_header}")),
        ] {
            let server = server();
            server.fault(fault.clone(), When::path(path));
            let credentials = if secret == TOKEN { crate::token().into() } else { password() };
            let client = builder_of(&server.origin(), credentials).retries(0).build().expect("a client");
            let error = client.chunks(&dump(&server)).expect_err("no list");
            let text = format!("{error} {error:?}");
            assert!(!text.contains(secret) && !text.contains(json.trim_matches('"')), "{fault:?}: {text}");
        }
    }
}

#[test]
fn a_secret_inside_an_id_or_a_name_changes_no_request() {
    let server = server();
    server.service().add_password(USER, "chunk");
    let credentials = Credentials::password(USER, Secret::new("chunk")).expect("credentials");
    let list = r#"{"chunks":[{"id":"chunk-0","name":"chunk"}]}"#;
    server.fault(Fault::json(list), When::path("dumps/*/chunks"));
    let chunks = client(&server, credentials).chunks(&dump(&server)).expect("a list");
    assert_eq!(chunks.as_slice()[0].id.as_str(), "chunk-0");
}
