//! Between this machine and the service: proxies that are used, and certificates that are refused, with the
//! reason and what to do.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use xtask::fake::{FakeServer, ServerCertificate, Service, USER};

use crate::support::texts::{NO_CONNECTION, THE_LIST};
use crate::support::{Invocation, Scene, bytes_of, dump_of};

/// How the proxy treats a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mood {
    /// Closes it without an answer.
    Drop,
    /// Answers `CONNECT` with this status.
    Status(u16),
}

/// A proxy that leads every `CONNECT` to one server, after it has had its moods.
pub(crate) struct Proxy {
    address: SocketAddr,
    /// The heads of the requests.
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub(crate) fn start(server: SocketAddr, moods: Vec<Mood>) -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        // It ends with the process: nothing waits for it.
        thread::spawn(move || {
            let mut moods = moods.into_iter();
            for client in listener.incoming().map_while(Result::ok) {
                let (mood, seen) = (moods.next(), Arc::clone(&seen));
                thread::spawn(move || serve(&client, server, mood, &seen));
            }
        });
        Proxy { address, heads }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn serve(
    client: &TcpStream,
    server: SocketAddr,
    mood: Option<Mood>,
    seen: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(head);
    let mut writer = client;
    match mood {
        Some(Mood::Drop) => return None,
        Some(Mood::Status(status)) => {
            write!(writer, "HTTP/1.1 {status} Mood\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .ok()?;
            return client.shutdown(Shutdown::Write).ok();
        }
        None => {}
    }
    let upstream = TcpStream::connect(server).ok()?;
    writer.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").ok()?;
    let (from, to) = (upstream.try_clone().ok()?, client.try_clone().ok()?);
    let back = thread::spawn(move || copy(&from, &to));
    copy(client, &upstream);
    let _ = back.join();
    Some(())
}

fn copy(mut from: &TcpStream, mut to: &TcpStream) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// A server that is Anaplan's main hosts for whoever comes through a proxy.
fn scene() -> Scene {
    let mut service = Service::with_dump(dump_of(3, 1));
    service.add_password(USER, "the password");
    Scene::with_tls(service)
}

/// A command that reaches Anaplan's main hosts through the proxy.
fn through<'a>(scene: &'a Scene, proxy: &Proxy, arguments: &str) -> Invocation<'a> {
    let command = scene.command(arguments).without("ANAPLAN_API_URL");
    command.env("HTTPS_PROXY", format!("http://me:s3cret@{}", proxy.address))
}

#[test]
fn everything_goes_through_the_proxy_and_only_it_gets_its_password() {
    let scene = scene();
    let proxy = Proxy::start(scene.server.address(), Vec::new());
    let command = through(&scene, &proxy, "get DUMP -o -").without("ANAPLAN_TOKEN");
    let outcome = command.env("ANAPLAN_USER", USER).env("ANAPLAN_PASSWORD", "the password").run();
    outcome.prints(&bytes_of(3, 1));
    let asked: Vec<String> =
        proxy.heads().iter().filter_map(|head| Some(head.lines().next()?.to_owned())).collect();
    assert_eq!(asked, ["CONNECT auth.anaplan.com:443 HTTP/1.1", "CONNECT api.anaplan.com:443 HTTP/1.1"]);
    assert!(proxy.heads().iter().all(|head| head.contains("Proxy-Authorization: Basic bWU6czNjcmV0")));
    for request in scene.server.requests() {
        assert_eq!(request.header("proxy-authorization"), None, "{}", request.target);
    }
}

#[test]
fn a_proxy_that_drops_or_puts_off_a_connection_is_tried_again() {
    for moods in [
        [Mood::Drop, Mood::Status(408), Mood::Status(429)],
        [Mood::Status(502), Mood::Status(503), Mood::Status(504)],
    ] {
        let scene = scene();
        let proxy = Proxy::start(scene.server.address(), moods.into());
        let outcome = through(&scene, &proxy, "get DUMP -o -").run();
        outcome.prints(&bytes_of(3, 1));
        let notes = outcome.stderr_text();
        let named = format!("the proxy http://{} ", proxy.address);
        assert_eq!(notes.matches(&named).count(), 3, "{notes}");
        outcome.hides("s3cret");
    }
}

#[test]
fn a_proxy_that_wants_other_credentials_is_named_with_what_is_spoken() {
    let scene = scene();
    let proxy = Proxy::start(scene.server.address(), vec![Mood::Status(407)]);
    let outcome = through(&scene, &proxy, "chunks DUMP").run();
    outcome.fails(
        5,
        format!(
            "{THE_LIST}: the proxy wants other credentials: the proxy http://{} answered 407\n  check the user and \
             the password in HTTPS_PROXY; only Basic is spoken: where the proxy asks for NTLM or Kerberos, put a relay \
             such as px or cntlm in front and name that in HTTPS_PROXY",
            proxy.address
        ),
    );
    outcome.hides("s3cret");
    assert_eq!(proxy.heads().len(), 1, "it is asked once");
}

#[test]
fn a_proxy_that_refuses_a_host_is_named_without_a_word_on_credentials() {
    let scene = scene();
    let proxy = Proxy::start(scene.server.address(), vec![Mood::Status(403)]);
    let outcome = through(&scene, &proxy, "chunks DUMP").run();
    outcome.fails(
        5,
        format!(
            "{THE_LIST}: the proxy refused the connection: the proxy http://{} answered 403\n  check the proxy's \
             address, and whether it allows this host (HTTPS_PROXY)",
            proxy.address
        ),
    );
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let scene = scene();
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port").local_addr().expect("an address");
    let command = scene.command("chunks DUMP --retries 0").without("ANAPLAN_API_URL");
    let outcome = command.env("HTTPS_PROXY", format!("http://{free}")).run();
    outcome.exits_with(5).stderr_has(format!("no connection could be made: at the proxy http://{free}: "));
    outcome.stderr_has("the environment names this proxy (HTTPS_PROXY or the like)");
}

#[test]
fn a_proxy_that_is_not_for_the_host_is_not_named() {
    let scene = scene();
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port").local_addr().expect("an address");
    let command = scene.command("chunks DUMP --retries 0").env("ANAPLAN_API_URL", format!("https://{free}"));
    let outcome = command.env("HTTPS_PROXY", "http://proxy.example:3128").run();
    let advice = "check the network, and whether a proxy is needed (HTTPS_PROXY)";
    outcome.fails(5, format!("{THE_LIST}: {NO_CONNECTION}\n  {advice}"));
}

#[test]
fn a_certificate_for_another_host_says_for_which() {
    let scene = scene();
    let proxy = Proxy::start(scene.server.address(), Vec::new());
    let outcome = through(&scene, &proxy, "chunks DUMP --region eu3").run();
    let error = outcome.exits_with(5).stderr_text();
    assert!(
        error.contains("TLS failed: the certificate is for another host: it is for localhost, "),
        "{error}"
    );
}

/// A command against a server with this certificate, which trusts what the server gives to be trusted.
fn with_certificate(certificate: ServerCertificate, check: impl FnOnce(&Scene, &FakeServer)) {
    let scene = Scene::with_chunks(3);
    let server = FakeServer::start_with_certificate(Service::with_dump(dump_of(3, 1)), certificate);
    scene.write("root.pem", server.ca_pem());
    check(&scene, &server);
}

fn against<'a>(scene: &'a Scene, server: &FakeServer, arguments: &str) -> Invocation<'a> {
    scene.command(arguments).env("ANAPLAN_API_URL", server.origin())
}

#[test]
fn an_unknown_issuer_is_named_and_what_to_do_behind_a_proxy_that_opens_tls() {
    with_certificate(ServerCertificate::Good, |scene, server| {
        against(scene, server, "chunks DUMP").run().fails(
            5,
            format!(
                "{THE_LIST}: TLS failed: the issuer of the certificate is not trusted: it was issued by \"Fake Anaplan \
                 root\"\n  if that issuer is your company's, a proxy opens TLS: add its root certificate (--ca-add, \
                 ANAPLAN_CA_ADD)"
            ),
        );
    });
}

#[test]
fn root_certificates_can_be_added_or_replace_the_built_in_ones() {
    with_certificate(ServerCertificate::Good, |scene, server| {
        for option in ["--ca-file", "--ca-add"] {
            against(scene, server, "get DUMP -o -").arg(option).arg("root.pem").run().prints(&bytes_of(3, 1));
        }
        for variable in ["ANAPLAN_CA_FILE", "ANAPLAN_CA_ADD", "SSL_CERT_FILE"] {
            let command = against(scene, server, "get DUMP -o -").env(variable, "root.pem");
            command.run().prints(&bytes_of(3, 1));
        }
        // The one of another authority beside it changes nothing.
        let other = FakeServer::start_tls(Service::new());
        scene.write("other.pem", other.ca_pem());
        let command = against(scene, server, "get DUMP -o - --ca-file other.pem --ca-add root.pem");
        command.run().prints(&bytes_of(3, 1));
        let command =
            against(scene, server, "chunks DUMP --ca-file other.pem").env("SSL_CERT_FILE", "root.pem");
        command.run().exits_with(5).stderr_has("than that of the trusted root");
    });
}

#[test]
fn an_expired_certificate_says_since_when() {
    with_certificate(ServerCertificate::Expired, |scene, server| {
        against(scene, server, "chunks DUMP --ca-file root.pem").run().fails(
            5,
            format!(
                "{THE_LIST}: TLS failed: the certificate is not valid now: it, or one above it, expired on 2021-01-01 \
                 00:00 UTC\n  check this machine's clock; if it is right, the host needs a new certificate"
            ),
        );
    });
}

#[test]
fn a_certificate_that_signed_itself_works_unless_it_is_marked_as_an_authority() {
    with_certificate(ServerCertificate::SelfSigned, |scene, server| {
        against(scene, server, "get DUMP -o - --ca-file root.pem").run().prints(&bytes_of(3, 1));
    });
    with_certificate(ServerCertificate::SelfSignedAuthority, |scene, server| {
        let outcome = against(scene, server, "chunks DUMP --ca-file root.pem").run();
        outcome.exits_with(5).stderr_has("marked as that of an authority (CA:TRUE)");
    });
}

#[test]
fn a_broken_certificate_beside_a_good_one_is_reported() {
    with_certificate(ServerCertificate::Good, |scene, server| {
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        scene.write("two.pem", format!("{}{broken}", server.ca_pem()));
        let outcome = against(scene, server, "chunks DUMP --ca-file two.pem").run();
        outcome.refuses(
            "--ca-file cannot be used: certificate 2 in it is damaged, or of a kind that cannot be used",
        );
    });
}

#[test]
fn a_file_of_roots_may_begin_with_a_byte_order_mark_and_utf_16_is_named() {
    with_certificate(ServerCertificate::Good, |scene, server| {
        scene.write("bom.pem", format!("\u{feff}{}", server.ca_pem()));
        against(scene, server, "get DUMP -o - --ca-file bom.pem").run().prints(&bytes_of(3, 1));
        let utf16: Vec<u8> = server.ca_pem().encode_utf16().flat_map(u16::to_le_bytes).collect();
        scene.write("utf16.pem", [&[0xff, 0xfe][..], &utf16].concat());
        let outcome = against(scene, server, "chunks DUMP --ca-file utf16.pem").run();
        outcome.refuses("--ca-file cannot be used: utf16.pem is in UTF-16: save it as UTF-8 or ASCII");
    });
}

#[test]
fn http_to_a_tls_port_and_tls_to_an_http_port_are_named() {
    let scene = scene();
    let plain = scene.server.origin().replace("https://localhost", "http://127.0.0.1");
    let outcome = scene.command("chunks DUMP --retries 0").env("ANAPLAN_API_URL", plain).run();
    outcome.exits_with(5).stderr_has("https://");

    let scene = Scene::with_chunks(3);
    let tls = scene.server.origin().replace("http://", "https://");
    let outcome = scene.command("chunks DUMP --retries 0").env("ANAPLAN_API_URL", tls).run();
    outcome.exits_with(5).stderr_has("something else than TLS");
}

#[cfg(unix)]
#[test]
fn a_file_of_root_certificates_that_never_ends_is_refused() {
    let scene = Scene::with_chunks(1);
    let outcome = scene.run("chunks DUMP --ca-file /dev/zero");
    outcome.refuses(
        "--ca-file cannot be used: /dev/zero is larger than any file of a secret or of certificates",
    );
}
