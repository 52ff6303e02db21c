//! Proxies and root certificates: what the environment asks for is done or refused, never ignored.

use std::fs;

use xtask::fake::{FakeServer, Service};

use crate::support::{Scene, assert_same_bytes, three_chunks};

const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

#[test]
fn a_proxy_that_cannot_be_used_is_refused_and_its_password_not_shown() {
    let scene = Scene::with_dump(three_chunks());
    for (proxy, complaint) in [
        ("socks5://me:s3cret@127.0.0.1:1080", "only http:// and https:// proxies are supported, not SOCKS"),
        ("socks4://127.0.0.1:1080", "not SOCKS"),
        ("http://me:s3cret@127.0.0.1:99999", "its port is not a number from 1 to 65535"),
        ("http://127.0.0.1:0", "its port is not a number from 1 to 65535"),
        ("http://me:s3cret@127.0.0.1:port", "its port is not a number from 1 to 65535"),
        ("http://DOMAIN\\me:s3cret@127.0.0.1:3128", "must be percent-encoded"),
        ("ftp://127.0.0.1:3128", "it is not a URL such as http://user:password@proxy.example:3128"),
    ] {
        for variable in VARIABLES {
            let outcome = scene.command("get DUMP").env(variable, proxy).run().exits_with(2);
            outcome
                .without_a_connection()
                .complains(&format!("{variable} cannot be used: "))
                .complains(complaint)
                .never_mentions("s3cret");
        }
    }
}

#[test]
fn a_proxy_is_asked_for_every_variable_that_names_one() {
    for variable in VARIABLES {
        let scene = Scene::with_dump(three_chunks());
        let command = scene.command("chunks DUMP --retries 0").env_remove("ANAPLAN_API_URL");
        let outcome = command.env(variable, scene.server.origin()).run().exits_with(5);
        outcome.complains("the proxy refused the connection").complains("HTTPS_PROXY");
        assert_eq!(scene.server.requests()[0].target, "api.anaplan.com:443", "{}", scene.describe());
    }
}

#[test]
fn the_password_of_a_proxy_goes_to_the_proxy_and_is_not_shown() {
    let scene = Scene::with_dump(three_chunks());
    let proxy = format!("http://me:s3cr%40t@{}", scene.server.address());
    let command = scene.command("chunks DUMP -v --retries 0").env_remove("ANAPLAN_API_URL");
    let outcome = command.env("HTTPS_PROXY", proxy).run().exits_with(5).never_mentions("s3cr");
    let requests = scene.server.requests();
    let seen = requests[0].header("proxy-authorization");
    assert!(
        seen.is_some_and(|text| text.eq_ignore_ascii_case("basic bWU6czNjckB0")),
        "{seen:?}\n{}",
        outcome.describe()
    );
}

#[test]
fn a_proxy_is_not_asked_for_this_machine() {
    let proxy = FakeServer::start(Service::new());
    let scene = Scene::with_tls(Service::with_dump(three_chunks()));
    scene.command("get DUMP -o dump.csv").env("HTTPS_PROXY", proxy.origin()).run().exits_with(0);
    assert_same_bytes(&scene.read("dump.csv"), &three_chunks().bytes());
    assert_eq!(proxy.connections(), 0);
}

#[test]
fn root_certificates_that_cannot_be_used_are_refused() {
    let scene = Scene::with_dump(three_chunks());
    fs::write(scene.path("empty.pem"), "").expect("a file");
    fs::write(scene.path("text.pem"), "no certificate").expect("a file");
    fs::write(scene.path("broken.pem"), "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n")
        .expect("a file");
    for file in ["empty.pem", "text.pem", "broken.pem", "nowhere.pem"] {
        let option = scene.command("chunks DUMP --ca-file").arg(file).run().exits_with(2);
        option.without_a_connection().complains("the file of root certificates cannot be used: ");
        let variable = scene.command("chunks DUMP").env("ANAPLAN_CA_FILE", file).run().exits_with(2);
        variable.without_a_connection().complains("the file of root certificates cannot be used: ");
    }
}

#[test]
fn the_root_certificates_of_another_authority_are_not_trusted() {
    let other = Scene::with_tls(Service::new());
    let scene = Scene::with_tls(Service::with_dump(three_chunks()));
    let command = scene.command("get DUMP -o dump.csv").env("ANAPLAN_CA_FILE", other.path("ca.pem"));
    command.run().exits_with(5).complains("TLS failed");
    assert!(scene.server.requests().is_empty(), "{}", scene.describe());
    scene.holds(&[]);
}
