//! Proxies and root certificates: what the environment asks for is done or refused, never ignored.

use xtask::fake::{FakeServer, Service};

use crate::support::texts::{PROXY_REFUSED, THE_LIST};
use crate::support::{Scene, dump_of};

const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

#[test]
fn a_proxy_that_cannot_be_used_is_refused_and_its_password_not_shown() {
    let port = "its port is not a number from 1 to 65535";
    let no_url = "it is not a URL such as http://user:password@proxy.example:3128; special characters in the \
                  user name or password must be percent-encoded";
    for (proxy, why) in [
        ("socks5://me:s3cret@127.0.0.1:1080", "only http:// and https:// proxies are supported, not SOCKS"),
        ("socks4://127.0.0.1:1080", "only http:// and https:// proxies are supported, not SOCKS"),
        ("http://me:s3cret@127.0.0.1:99999", port),
        ("http://127.0.0.1:0", port),
        ("http://me:s3cret@127.0.0.1:port", port),
        ("http://DOMAIN\\me:s3cret@127.0.0.1:3128", no_url),
        ("ftp://127.0.0.1:3128", no_url),
    ] {
        let scene = Scene::with_chunks(3);
        for variable in VARIABLES {
            let outcome = scene.command("get DUMP").env(variable, proxy).run();
            outcome.refuses(format!("{variable} cannot be used: {why}"));
            outcome.hides("s3cret");
        }
    }
}

#[test]
fn the_proxy_of_each_variable_is_asked() {
    for variable in VARIABLES {
        let scene = Scene::with_chunks(3);
        let command = scene.command("chunks DUMP").without("ANAPLAN_API_URL");
        let outcome = command.env(variable, scene.server.origin()).run();
        outcome.fails(5, format!("{THE_LIST}: {PROXY_REFUSED}"));
        scene.assert_requests(&["CONNECT api.anaplan.com:443"]);
    }
}

#[test]
fn the_password_of_a_proxy_goes_to_the_proxy_and_is_not_shown() {
    let scene = Scene::with_chunks(3);
    let proxy = format!("http://me:s3cr%40t@{}", scene.server.address());
    let command = scene.command("chunks DUMP -v").without("ANAPLAN_API_URL").env("HTTPS_PROXY", proxy);
    let outcome = command.run();
    let note = scene.fill("<URL>").replace(&scene.server.origin(), "https://api.anaplan.com");
    outcome.notes(format!("GET {note}/chunks  no answer  <TIME>\n"));
    outcome.fails(5, format!("{THE_LIST}: {PROXY_REFUSED}"));
    outcome.hides("s3cr");
    let requests = scene.server.requests();
    let credentials = requests[0].header("proxy-authorization").and_then(|header| header.split_once(' '));
    assert_eq!(credentials.map(|(_, credentials)| credentials), Some("bWU6czNjckB0"), "{}", scene.describe());
}

#[test]
fn a_proxy_is_not_asked_for_this_machine() {
    let proxy = FakeServer::start(Service::new());
    let scene = Scene::with_tls(Service::with_dump(dump_of(3, 1)));
    let command = scene.command("get DUMP -o dump.csv").env("HTTPS_PROXY", proxy.origin());
    command.run().saves(&dump_of(3, 1));
    assert_eq!(proxy.connections(), 0);
}

#[test]
fn root_certificates_that_cannot_be_used_are_refused() {
    let scene = Scene::with_chunks(3);
    scene.write("empty.pem", "");
    scene.write("text.pem", "no certificate");
    scene.write("broken.pem", "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n");
    let none = "it holds no certificate, in PEM or in DER";
    let not_there = "it cannot be read: No such file <ANY>";
    for (file, why) in [
        ("empty.pem", none),
        ("text.pem", none),
        ("broken.pem", "it is damaged: between BEGIN and END is more than base64"),
        ("nowhere.pem", not_there),
    ] {
        let error = |name: &str| format!("{name} cannot be used: {why}");
        scene.command("chunks DUMP --ca-file").arg(file).run().refuses(error("--ca-file"));
        for name in ["ANAPLAN_CA_FILE", "SSL_CERT_FILE", "ANAPLAN_CA_ADD"] {
            scene.command("chunks DUMP").env(name, file).run().refuses(error(name));
        }
    }
}

#[test]
fn the_root_certificates_of_another_authority_are_not_trusted() {
    let other = Scene::with_tls(Service::new());
    let scene = Scene::with_tls(Service::with_dump(dump_of(3, 1)));
    let command = scene.command("get DUMP -o dump.csv").env("ANAPLAN_CA_FILE", other.ca_file());
    command.run().fails(
        5,
        format!(
            "{THE_LIST}: TLS failed: <ANY> than that of the trusted root \"Fake Anaplan root\", which <ANY>"
        ),
    );
    scene.assert_requests(&[""; 0]);
}
