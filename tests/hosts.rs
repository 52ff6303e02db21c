//! Which hosts the token may go to.
//!
//! A foreign host is watched through a proxy: whatever is sent to it would arrive there.

use xtask::fake::{FakeServer, MODEL, OBJECT, PROCESS, Service, TASK, TOKEN, WORKSPACE};

use crate::support::{Invocation, Scene, assert_same_bytes, three_chunks};

fn url(origin: &str) -> String {
    format!(
        "{origin}/2/0/workspaces/{WORKSPACE}/models/{MODEL}/processes/{PROCESS}/tasks/{TASK}/dumps/{OBJECT}"
    )
}

/// A command whose requests to other hosts go through the scene's server, tried once.
fn watched<'a>(scene: &'a Scene, arguments: &str) -> Invocation<'a> {
    let command = scene.command(arguments).env_remove("ANAPLAN_API_URL").env("ANAPLAN_RETRIES", "0");
    command.env("HTTPS_PROXY", scene.server.origin())
}

/// The command asks for a connection to this host and nothing else, and without the token.
#[track_caller]
fn goes_to(scene: &Scene, invocation: Invocation<'_>, host: &str) {
    let before = scene.server.requests().len();
    let outcome = invocation.run().exits_with(5).complains("the proxy refused the connection");
    let requests = scene.server.requests().split_off(before);
    let seen: Vec<_> = requests.iter().map(|r| format!("{} {}", r.method, r.target)).collect();
    assert_eq!(seen, [format!("CONNECT {host}:443")], "{}", outcome.describe());
    assert!(requests[0].headers.iter().all(|(_, value)| !value.contains(TOKEN)), "{:?}", requests[0]);
}

#[test]
fn a_pasted_url_of_a_foreign_host_is_refused_before_anything_is_sent() {
    let scene = Scene::with_dump(three_chunks());
    for host in [
        "https://evil.example",
        "https://api.anaplan.com.evil.example",
        "https://evilanaplan.com",
        "https://localhost.evil.example",
        "https://192.0.2.1",
        "https://anaplan.com.",
    ] {
        for command in ["chunks", "get", "get --whole"] {
            let outcome = watched(&scene, command).arg(url(host)).run().exits_with(2).without_a_connection();
            outcome
                .complains(&format!("the token is not sent to {host}: "))
                .complains("--api-url")
                .never_mentions(TOKEN);
        }
    }
    scene.holds(&[]);
}

#[test]
fn a_pasted_url_of_a_region_goes_to_that_region() {
    let scene = Scene::with_dump(three_chunks());
    for host in ["eu3.api.anaplan.com", "api.anaplan.com", "au1a.api2.anaplan.com"] {
        goes_to(&scene, watched(&scene, "chunks").arg(url(&format!("https://{host}"))), host);
    }
}

#[test]
fn a_short_locator_goes_to_the_unprefixed_host() {
    let scene = Scene::with_dump(three_chunks());
    goes_to(&scene, watched(&scene, "chunks DUMP"), "api.anaplan.com");
}

#[test]
fn a_region_chooses_its_host() {
    let scene = Scene::with_dump(three_chunks());
    goes_to(&scene, watched(&scene, "chunks DUMP --region eu3"), "eu3.api.anaplan.com");
    goes_to(&scene, watched(&scene, "chunks DUMP").env("ANAPLAN_REGION", "au1a"), "au1a.api2.anaplan.com");
}

#[test]
fn a_host_that_is_named_as_the_api_url_is_trusted() {
    let scene = Scene::with_dump(three_chunks());
    let gateway = "https://gateway.example";
    let pasted = watched(&scene, "chunks").arg(url(gateway)).arg("--api-url").arg(gateway);
    goes_to(&scene, pasted, "gateway.example");
    let short = watched(&scene, "chunks DUMP").env("ANAPLAN_API_URL", "https://gateway.example/2/0/");
    goes_to(&scene, short, "gateway.example");
}

#[test]
fn another_port_of_a_trusted_host_is_foreign() {
    let scene = Scene::with_dump(three_chunks());
    let command = watched(&scene, "chunks").arg(url("https://gateway.example:8443"));
    let outcome = command.env("ANAPLAN_API_URL", "https://gateway.example").run().exits_with(2);
    outcome.without_a_connection().complains("the token is not sent to https://gateway.example:8443");
}

#[test]
fn plain_http_is_for_this_machine_only() {
    let scene = Scene::with_dump(three_chunks());
    for host in ["http://api.anaplan.com", "http://192.0.2.1:8080", "http://127.0.0.1.evil.example"] {
        let command = || watched(&scene, "chunks").env("HTTP_PROXY", scene.server.origin());
        let complaint = format!("the token is not sent to {host}: ");
        let pasted = command().arg(url(host)).run().exits_with(2).without_a_connection();
        pasted.complains(&complaint).never_mentions(TOKEN);
        let named = command().arg(scene.server.locator()).env("ANAPLAN_API_URL", host).run().exits_with(2);
        named.without_a_connection().complains(&complaint).never_mentions(TOKEN);
        let both = command().arg(url(host)).arg("--api-url").arg(host).run().exits_with(2);
        both.without_a_connection().complains(&complaint).never_mentions(TOKEN);
    }
}

#[test]
fn a_pasted_url_wins_over_the_api_url() {
    let other = FakeServer::start(Service::with_dump(three_chunks()));
    let scene = Scene::with_dump(three_chunks());
    scene.command("get -o dump.csv").arg(url(&other.origin())).run().exits_with(0).without_a_connection();
    assert_same_bytes(&scene.read("dump.csv"), &three_chunks().bytes());
    assert!(!other.requests().is_empty());
}

#[test]
fn the_option_wins_over_the_variable() {
    let other = FakeServer::start(Service::new());
    let scene = Scene::with_dump(three_chunks());
    let command = scene.command("chunks DUMP --api-url").arg(scene.server.origin());
    command.env("ANAPLAN_API_URL", other.origin()).run().exits_with(0);
    assert_eq!(other.connections(), 0);
}

#[test]
fn localhost_by_name_is_this_machine() {
    let scene = Scene::with_dump(three_chunks());
    let origin = format!("http://localhost:{}", scene.server.address().port());
    scene.command("chunks").arg(url(&origin)).run().exits_with(0).says("Chunk 2");
}

#[test]
fn an_unknown_region_is_refused_with_those_that_are_known() {
    let scene = Scene::with_dump(three_chunks());
    let outcome = watched(&scene, "chunks DUMP --region moon").run().exits_with(2).without_a_connection();
    outcome.complains("\"moon\" is not known; known are ae1, au1a, ca1a, eu3");
}

#[test]
fn a_region_and_an_api_url_at_once_are_refused() {
    let scene = Scene::with_dump(three_chunks());
    let command = watched(&scene, "chunks DUMP --region eu3 --api-url https://api.anaplan.com");
    command.run().exits_with(2).without_a_connection().complains("give one of them");
}

#[test]
fn an_api_url_that_is_none_is_refused_with_its_place() {
    let scene = Scene::with_dump(three_chunks());
    for (text, complaint) in [
        ("api.anaplan.com", "an origin such as https://eu3.api.anaplan.com"),
        ("https://api.anaplan.com/1/3", "nothing after the host"),
        ("https://api.anaplan.com:99999", "a port from 1 to 65535"),
        ("ftp://api.anaplan.com", "a URL that begins with https://"),
        ("https://us1a.app.anaplan.com", "was retired"),
    ] {
        let outcome = watched(&scene, "chunks DUMP").env("ANAPLAN_API_URL", text).run().exits_with(2);
        outcome.without_a_connection().complains(complaint);
    }
}

#[test]
fn a_password_in_a_url_is_refused_and_not_repeated() {
    let scene = Scene::with_dump(three_chunks());
    let command = watched(&scene, "chunks").arg(url("https://me:s3cret@api.anaplan.com"));
    let outcome = command.run().exits_with(2).without_a_connection();
    outcome.complains("a URL without user name or password").never_mentions("s3cret");
}
