//! The ways to sign in as an embedder calls them, against the fake server over real sockets.

#![cfg(feature = "http")]
#![allow(clippy::expect_used, reason = "a test whose premises fail ends there")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anaplan_dump_core::{
    Client, ClientBuilder, Credentials, DumpAddress, Error, ErrorKind, Locator, Origin, Secret, Setting,
    Token,
};
use xtask::fake::random::Random;
use xtask::fake::{Dump, ErrorBody, FakeServer, Fault, Service, TOKEN, USER, When, dump_file};

const PASSWORD: &str = "p\u{e4}ss:w\"rd 1";

fn server() -> FakeServer {
    let mut service = Service::with_dump(Dump::from_bytes(dump_file::generate(7, 25_000), 10_000));
    service.add_password(USER, PASSWORD);
    FakeServer::start(service)
}

fn builder(server: &FakeServer, credentials: impl Into<Credentials>) -> ClientBuilder {
    let origin = server.origin().parse::<Origin>().expect("the server's origin");
    Client::builder(credentials)
        .api(origin.clone())
        .auth(origin.clone())
        .oauth(origin)
        .max_wait(Duration::from_millis(2))
}

fn client(server: &FakeServer, credentials: impl Into<Credentials>) -> Client {
    builder(server, credentials).build().expect("a client")
}

fn password() -> Credentials {
    Credentials::password(USER, Secret::new(PASSWORD)).expect("credentials")
}

fn dump(server: &FakeServer) -> DumpAddress {
    server.locator().parse::<Locator>().expect("a locator").dump().expect("a dump")
}

fn download(client: &Client, server: &FakeServer) -> Result<(), Error> {
    let mut written = Vec::new();
    client.download(dump(server)).write_to(&mut written)?;
    let all: Vec<u8> = server.service().dump_chunks().iter().flat_map(|chunk| chunk.to_vec()).collect();
    assert!(written == all);
    Ok(())
}

/// How many requests there were at this address.
fn asked(server: &FakeServer, target: &str) -> usize {
    server.requests().iter().filter(|request| request.target == target).count()
}

#[test]
fn a_refused_token_is_renewed_once_for_a_request() {
    let server = server();
    server.fault(Fault::status(401), When::path("chunks/1"));
    let error = download(&client(&server, password()), &server).expect_err("no download");
    assert_eq!(error.kind(), ErrorKind::NotPermitted, "{error}");
    assert_eq!(asked(&server, "/token/authenticate"), 2);
}

#[test]
fn clones_share_one_token_and_many_threads_renew_it_once() {
    let server = server();
    let client = client(&server, password());
    assert_eq!(server.requests().len(), 0, "nothing is sent before it is needed");
    for _ in 0..3 {
        download(&client.clone(), &server).expect("a download");
    }
    assert_eq!(asked(&server, "/token/authenticate"), 1);
    server.service().expire_token("fake-issued-token-1");
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| download(&client, &server).expect("a download"));
        }
    });
    assert_eq!(asked(&server, "/token/authenticate"), 2);
}

#[test]
fn signing_in_is_retried_as_everything_else() {
    let server = server();
    server.fault(Fault::status(503), When::path("authenticate").times(2));
    server.fault(Fault::CloseBeforeAnswer, When::path("authenticate").times(1));
    server.fault(Fault::HtmlOk, When::path("authenticate").times(1));
    download(&client(&server, password()), &server).expect("a download");
    assert_eq!(asked(&server, "/token/authenticate"), 5);
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
    for (access, why) in
        [("\"a b\"", "its access_token cannot be used"), ("\"\"", "it has no \"access_token\"")]
    {
        let server = server();
        server.service().add_refresh_token(USER, "client", "second", true);
        let answer = format!(r#"{{"access_token": {access}, "refresh_token": "second"}}"#);
        server.fault(Fault::WrongJson(answer), When::path("oauth/token").times(1));
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
fn a_device_is_never_asked_for_before_its_interval_is_over() {
    let server = server();
    server.service().approve_devices(USER, 1);
    server.service().set_device_interval(Duration::from_millis(300));
    let folder = tempfile::tempdir().expect("a folder");
    let credentials = Credentials::oauth("client", folder.path().join("refresh-token")).expect("credentials");
    client(&server, credentials).login(|_| {}).expect("a sign-in");
    assert_eq!(asked(&server, "/oauth/token"), 2, "no answer was slow_down");
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

    let sealed = Credentials::oauth_from("client", || Err("the vault is sealed"), |_| Ok(()));
    let error = download(&client(&server, sealed.expect("credentials")), &server).expect_err("no download");
    assert!(format!("{error:?}").contains("the vault is sealed"), "{error:?}");
}

type Ask = &'static dyn Fn(&FakeServer) -> Result<(), Error>;

/// Every request whose answer is JSON, by its path.
const SERVICES: [(&str, Ask); 11] = [
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
    ("token/logout", &|server| client(server, Token::anaplan(TOKEN).expect("a token")).logout().map(drop)),
];

/// Both requests of OAuth, by a user who approves.
const OAUTH: [(&str, Ask); 2] = [("oauth/device/code", &approve), ("oauth/token", &approve)];

fn approve(server: &FakeServer) -> Result<(), Error> {
    let read = || Ok::<_, String>(Secret::new("none"));
    let credentials = Credentials::oauth_from("client", read, |_| Ok(())).expect("credentials");
    client(server, credentials).login(|_| {})
}

#[test]
fn a_refusal_with_a_good_status_is_seen_by_every_service() {
    for refusal in [
        r#"{"status":{"code":401,"message":"No."}}"#,
        r#"{"status":{"code":"503"}}"#,
        r#"{"status":500,"error":"Oops","timestamp":"t"}"#,
        r#"{"status":{"message":"No."}}"#,
        r#"{"status":"FAILURE_BAD_TOKEN"}"#,
        r#"{"status":"FAILURE","statusMessage":"No."}"#,
        r#"{"error":"invalid_request","error_description":"No."}"#,
        r#"{"error":true}"#,
        r#"{"errors":[{"message":"No."}]}"#,
        r#"{"status":{"code":200},"error":{"message":"No."}}"#,
        r#"{"message":"No."}"#,
        r#"{"type":"about:blank","title":"No."}"#,
        r#"["No."]"#,
        "No.",
    ] {
        for (path, ask) in SERVICES.into_iter().chain(OAUTH) {
            let server = server();
            server.service().approve_devices(USER, 0);
            server.fault(Fault::WrongJson(refusal.to_owned()), When::path(path));
            assert!(ask(&server).is_err(), "{path} {refusal}");
        }
    }
}

#[test]
fn a_secret_is_removed_from_every_place_where_the_service_repeats_it() {
    let basic = "aW50ZWdyYXRpb25AZXhhbXBsZS5jb206cMOkc3M6dyJyZCAx";
    for (secret, path) in [
        (PASSWORD, "authenticate"),
        (basic, "authenticate"),
        (PASSWORD, "chunks"),
        ("fake-issued-token-1", "chunks"),
    ] {
        let json = serde_json::json!(secret).to_string();
        for fault in [
            Fault::Status {
                code: 403,
                retry_after: None,
                body: ErrorBody::Json(format!("you sent {secret}!")),
            },
            Fault::Status {
                code: 403,
                retry_after: None,
                body: ErrorBody::Raw(format!(r#"{{"error":{json}}}"#)),
            },
            Fault::WrongJson(format!(r#"{{"status":{{"message":{json}}}}}"#)),
            Fault::WrongJson(format!(r#"{{"status":"FAILURE","statusMessage":{json}}}"#)),
            Fault::WrongJson(format!(r#"{{"chunks":[{{"id":null,"name":{json}}}]}}"#)),
            Fault::WrongJson(format!(r#"{{"chunks":[{json} oops"#)),
            Fault::LeftoverEncoding(secret.replace(|c: char| !c.is_ascii_graphic(), "")),
            Fault::ContentRange(format!("bytes 0-1/{}", secret.replace(|c: char| !c.is_ascii_graphic(), ""))),
        ] {
            let server = server();
            server.fault(fault.clone(), When::path(path));
            let client = builder(&server, password()).retries(0).build().expect("a client");
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
    server.fault(Fault::WrongJson(list.to_owned()), When::path("dumps/*/chunks"));
    let chunks = client(&server, credentials).chunks(&dump(&server)).expect("a list");
    assert_eq!(chunks.as_slice()[0].id.as_str(), "chunk-0");
}

#[test]
fn secrets_go_to_the_sign_in_host_and_tokens_to_the_api() {
    let (api, auth) = (server(), server());
    let origin = |server: &FakeServer| server.origin().parse::<Origin>().expect("an origin");
    let builder = Client::builder(password()).api(origin(&api)).auth(origin(&auth));
    let client = builder.retries(0).build().expect("a client");
    // The other server knows nothing of this token.
    assert!(client.chunks(&dump(&api)).is_err());
    let sent = |server: &FakeServer| {
        let words = server.requests().into_iter().map(|request| {
            let header = request.header("authorization").unwrap_or_default().to_owned();
            header.split(' ').next().unwrap_or_default().to_owned()
        });
        words.collect::<Vec<_>>()
    };
    assert!(sent(&auth).iter().all(|word| word == "Basic"), "{:?}", sent(&auth));
    assert!(sent(&api).iter().all(|word| word == "AnaplanAuthToken"), "{:?}", sent(&api));
}

#[test]
fn a_redirect_of_the_sign_in_service_is_not_followed() {
    let (server, other) = (server(), server());
    server.fault(Fault::Redirect { location: format!("{}/token/authenticate", other.origin()) }, When::any());
    let error = download(&client(&server, password()), &server).expect_err("no download");
    assert_eq!(error.request().and_then(|(_, fault)| fault.status()), Some(302));
    assert_eq!(other.requests().len(), 0);
}

#[test]
fn plain_http_to_another_machine_and_an_unknown_sign_in_host_are_refused() {
    let plain: Origin = "http://auth.example.com".parse().expect("an origin");
    for builder in [Client::builder(password()).auth(plain.clone()), Client::builder(password()).oauth(plain)]
    {
        assert!(matches!(builder.build(), Err(Error::UntrustedOrigin { .. })));
    }
    let gateway: Origin = "https://gateway.example.com".parse().expect("an origin");
    let client = Client::builder(password()).api(gateway).build().expect("a client");
    let model = "W/M".parse::<Locator>().expect("a locator").model().clone();
    let error = client.processes(&model).expect_err("no sign-in");
    assert!(matches!(error, Error::Setting { setting: Setting::SignInHost, .. }), "{error}");
}

/// Tokens that end at random moments, among other faults, on 16 seeds a thread: each download is right, or
/// its error is one of those that the faults can end in and the writer holds whole chunks.
#[test]
fn downloads_survive_tokens_that_end_at_random_moments() {
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            scope.spawn(move || {
                for seed in thread * 16..(thread + 1) * 16 {
                    random_download(seed);
                }
            });
        }
    });
}

fn random_download(seed: u64) {
    let mut random = Random::new(seed);
    let server = server();
    for _ in 0..=random.below(4) {
        let fault = match random.below(5) {
            0 | 1 => Fault::ExpireToken,
            2 => Fault::status(503),
            3 => Fault::CloseBeforeAnswer,
            _ => Fault::CutBody { after_bytes: random.below(3_000) as usize },
        };
        let path = ["chunks", "chunks/0", "chunks/1", "chunks/2", "authenticate"][random.below(5) as usize];
        server.fault(fault, When::path(path).chance(0.7, seed).times(1 + random.below(2) as usize));
    }
    let all: Vec<u8> = server.service().dump_chunks().iter().flat_map(|chunk| chunk.to_vec()).collect();
    let mut written = Vec::new();
    let outcome = client(&server, password()).download(dump(&server)).write_to(&mut written);
    match outcome {
        Ok(_) => assert!(written == all, "seed {seed}: other bytes"),
        // A token that is refused twice in a row.
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::NotPermitted, "seed {seed}: {error:?}");
            assert!(written.len() % 10_000 == 0 && all.starts_with(&written), "seed {seed}: no whole chunks");
        }
    }
}
