//! Between this machine and the service: proxies and root certificates. What the environment asks for is done or
//! refused, never ignored, and a refusal says why and what to do.

use xtask::fake::{Answer, At, FakeServer, Fault, RequestLog, ServerCertificate, Service, When};

use crate::support::texts::{NO_CONNECTION, PROXY_REFUSED, THE_LIST};
use crate::support::users::{service, with_password};
use crate::support::{Invocation, Scene, bytes_of, dump_of, free_address};

/// A proxy that leads every `CONNECT` to this server.
pub(crate) fn proxy_to(server: &FakeServer) -> FakeServer {
    let mut service = Service::new();
    service.tunnel = Some(server.address());
    FakeServer::start(service)
}

/// A server that takes the place of Anaplan's main hosts for what comes through a proxy.
#[track_caller]
fn scene() -> Scene {
    Scene::with_tls(service())
}

/// A command that reaches Anaplan's main hosts through the proxy.
fn through<'a>(scene: &'a Scene, proxy: &FakeServer, arguments: &str) -> Invocation<'a> {
    let command = scene.command(arguments).without("ANAPLAN_API_URL");
    command.env("HTTPS_PROXY", format!("http://me:s3cr%40t@{}", proxy.address()))
}

#[test]
fn everything_goes_through_the_proxy_and_only_it_gets_its_password() {
    let scene = scene();
    let proxy = proxy_to(&scene.server);
    let command = through(&scene, &proxy, "get DUMP -o - -v").without("ANAPLAN_TOKEN");
    let outcome = with_password(command).run();
    outcome.prints(&bytes_of(3, 1)).stderr_has("https://api.anaplan.com/");
    outcome.hides("s3cr");
    let asked: Vec<String> = proxy.requests().into_iter().map(|request| request.target).collect();
    assert_eq!(asked, ["auth.anaplan.com:443", "api.anaplan.com:443"]);
    let has_password = |head: &RequestLog| head.header("proxy-authorization") == Some("Basic bWU6czNjckB0");
    assert!(proxy.requests().iter().all(has_password));
    for request in scene.server.requests() {
        assert_eq!(request.header("proxy-authorization"), None, "{}", request.target);
    }
    // Nor is it shown where an answer repeats it.
    let refusal = Answer::error(403, "you are me with s3cr@t, or bWU6czNjckB0");
    scene.server.fault(Fault::Answer(refusal), When::any());
    let outcome = through(&scene, &proxy, "chunks DUMP").run();
    outcome.exits_with(3).stderr_has("403 Forbidden (you are me with ***, or ***)");
}

#[test]
fn the_proxy_of_each_variable_is_asked_or_refused_and_none_for_this_machine() {
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let scene = Scene::with_chunks(3);
        let command = scene.command("chunks DUMP").without("ANAPLAN_API_URL");
        let outcome = command.env(variable, scene.server.origin()).run();
        outcome.fails(5, format!("{THE_LIST}: {PROXY_REFUSED}"));
        scene.assert_requests(&["CONNECT api.anaplan.com:443"]);
        let outcome = scene.command("get DUMP").env(variable, "socks5://me:s3cret@127.0.0.1:1080").run();
        let why = "only http:// and https:// proxies are supported, not SOCKS";
        outcome.refuses(format!("{variable} cannot be used: {why}")).hides("s3cret");
    }
    let proxy = FakeServer::start(Service::new());
    let scene = scene();
    let command = scene.command("get DUMP -o dump.csv").env("HTTPS_PROXY", proxy.origin());
    command.run().saves(&dump_of(3, 1));
    assert_eq!(proxy.connections(), 0);
}

#[test]
fn a_proxy_that_drops_or_puts_off_a_connection_is_tried_again() {
    let (statuses, dropped) = ([408, 429, 502, 503, 504].map(Fault::status), Fault::Cut(At::Start));
    for faults in [dropped].into_iter().chain(statuses).collect::<Vec<_>>().chunks(3) {
        let scene = scene();
        let proxy = proxy_to(&scene.server);
        faults.iter().for_each(|fault| proxy.fault(fault.clone(), When::any().times(1)));
        let outcome = through(&scene, &proxy, "get DUMP -o -").run();
        outcome.prints(&bytes_of(3, 1));
        let notes = outcome.stderr_text();
        let named = format!("the proxy {} ", proxy.origin());
        assert_eq!(notes.matches(&named).count(), 3, "{notes}");
        outcome.hides("s3cr");
    }
}

#[test]
fn a_proxy_that_refuses_is_named_with_its_reason_and_asked_once() {
    let credentials = "check the user and the password in HTTPS_PROXY; only Basic is spoken: where the proxy asks for \
                       NTLM or Kerberos, put a relay such as px or cntlm in front and name that in HTTPS_PROXY";
    let host = "check the proxy's address, and whether it allows this host (HTTPS_PROXY)";
    for (status, what, advice) in
        [(407, "the proxy wants other credentials", credentials), (403, "the proxy refused the connection", host)]
    {
        let scene = scene();
        let proxy = proxy_to(&scene.server);
        proxy.fault(Fault::status(status), When::any());
        let outcome = through(&scene, &proxy, "chunks DUMP").run();
        let answered = format!("the proxy {} answered {status}", proxy.origin());
        outcome.fails(5, format!("{THE_LIST}: {what}: {answered}\n  {advice}")).hides("s3cr");
        assert_eq!(proxy.requests().len(), 1);
    }
}

#[test]
fn a_proxy_that_is_not_there_is_named_and_one_that_is_not_for_the_host_is_not() {
    let scene = scene();
    let free = free_address();
    let outcome = scene.command("chunks DUMP").through_proxy(format!("http://{free}")).run();
    outcome.exits_with(5).stderr_has(format!("no connection could be made: at the proxy http://{free}: "));
    outcome.stderr_has("the environment names this proxy (HTTPS_PROXY or the like)");
    let command = scene.command("chunks DUMP").through_proxy("http://proxy.example:3128");
    let outcome = command.env("ANAPLAN_API_URL", format!("https://{free}")).run();
    let advice = "check the host's name, the network, and whether a proxy is needed (HTTPS_PROXY)";
    outcome.fails(5, format!("{THE_LIST}: {NO_CONNECTION}\n  {advice}"));
}

#[test]
fn a_certificate_for_another_host_says_for_which() {
    let scene = scene();
    let proxy = proxy_to(&scene.server);
    let outcome = through(&scene, &proxy, "chunks DUMP --region eu3").run();
    let another = "TLS failed: the certificate is for another host: it is for localhost, ";
    outcome.exits_with(5).stderr_has(another);
}

/// A folder, and a server with this certificate. What it gives to be trusted is in `root.pem`.
#[track_caller]
fn with_certificate(certificate: ServerCertificate) -> (Scene, FakeServer) {
    let scene = Scene::with_chunks(3);
    let server = FakeServer::start_on(Service::with_dump(dump_of(3, 1)), 0, Some(certificate)).expect("a server");
    scene.write("root.pem", server.ca_pem());
    (scene, server)
}

fn against<'a>(scene: &'a Scene, server: &FakeServer, arguments: &str) -> Invocation<'a> {
    scene.command(arguments).env("ANAPLAN_API_URL", server.origin())
}

#[test]
fn a_certificate_is_trusted_if_its_root_is_and_else_its_fault_is_named() {
    let unknown = "the issuer of the certificate is not trusted: it was issued by \"Fake Anaplan root\"\n  if that \
                   issuer is your company's, a proxy opens TLS: add its root certificate (--ca-add, ANAPLAN_CA_ADD)";
    let expired = "the certificate is not valid now: it, or one above it, expired on 2021-01-01 00:00 UTC\n  check \
                   this machine's clock; if it is right, the host needs a new certificate";
    let authority = "<ANY>marked as that of an authority (CA:TRUE)<ANY>";
    for (certificate, roots, error) in [
        (ServerCertificate::Good, "", unknown),
        (ServerCertificate::Expired, "--ca-file root.pem", expired),
        (ServerCertificate::SelfSigned, "--ca-file root.pem", ""),
        (ServerCertificate::SelfSignedAuthority, "--ca-file root.pem", authority),
    ] {
        let (scene, server) = with_certificate(certificate);
        let outcome = against(&scene, &server, &format!("get DUMP -o - {roots}")).run();
        match error {
            "" => outcome.prints(&bytes_of(3, 1)),
            error => outcome.fails(5, format!("{THE_LIST}: TLS failed: {error}")),
        };
    }
}

#[test]
fn root_certificates_can_be_added_or_replace_the_built_in_ones() {
    let (scene, server) = with_certificate(ServerCertificate::Good);
    // The one of another authority beside it changes nothing.
    let other = FakeServer::start_on(Service::new(), 0, Some(ServerCertificate::Good)).expect("a server");
    scene.write("other.pem", other.ca_pem());
    for options in ["--ca-file root.pem", "--ca-add root.pem", "--ca-file other.pem --ca-add root.pem"] {
        against(&scene, &server, &format!("get DUMP -o - {options}")).run().prints(&bytes_of(3, 1));
    }
    for variable in ["ANAPLAN_CA_FILE", "ANAPLAN_CA_ADD", "SSL_CERT_FILE"] {
        let command = against(&scene, &server, "get DUMP -o -").env(variable, "root.pem");
        command.run().prints(&bytes_of(3, 1));
    }
    let command = against(&scene, &server, "chunks DUMP --ca-file other.pem").env("SSL_CERT_FILE", "root.pem");
    command.run().exits_with(5).stderr_has("than that of the trusted root");
}

#[test]
fn root_certificates_that_cannot_be_used_are_refused() {
    let (scene, server) = with_certificate(ServerCertificate::Good);
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    scene.write("two.pem", format!("\u{feff}{}{broken}", server.ca_pem()));
    for (file, why) in [
        ("two.pem", "certificate 2 in it is damaged, or of a kind that cannot be used"),
        ("nowhere.pem", "it cannot be read: No such file <ANY>"),
    ] {
        let error = |name: &str| format!("{name} cannot be used: {why}");
        scene.command("chunks DUMP --ca-file").arg(file).run().refuses(error("--ca-file"));
        for name in ["ANAPLAN_CA_FILE", "SSL_CERT_FILE", "ANAPLAN_CA_ADD"] {
            scene.command("chunks DUMP").env(name, file).run().refuses(error(name));
        }
    }
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
