//! Which hosts the token may go to. A foreign host is watched through a proxy: whatever is sent to it
//! arrives there.

use xtask::fake::{FakeServer, MODEL, OBJECT, PROCESS, Service, TASK, TOKEN, WORKSPACE};

use crate::support::texts::PROXY_REFUSED;
use crate::support::{Invocation, Scene, three_chunks};

fn url(origin: &str) -> String {
    format!(
        "{origin}/2/0/workspaces/{WORKSPACE}/models/{MODEL}/processes/{PROCESS}/tasks/{TASK}/dumps/{OBJECT}"
    )
}

#[track_caller]
fn scene() -> Scene {
    Scene::with_dump(three_chunks())
}

/// A command whose requests to other hosts go through the scene's server, tried once.
fn watched<'a>(scene: &'a Scene, arguments: &str) -> Invocation<'a> {
    let command = scene.command(arguments).env_remove("ANAPLAN_API_URL").env("ANAPLAN_RETRIES", "0");
    command.env("HTTPS_PROXY", scene.server.origin()).env("HTTP_PROXY", scene.server.origin())
}

/// The dump, where the origin of its address is that of the API URL.
const DUMP: &str = "<DUMP>";

/// The command asks for a connection to this host and nothing else, and without the token.
#[track_caller]
fn goes_to(host: &str, dump: &str, command: impl FnOnce(&Scene) -> Invocation<'_>) {
    let scene = scene();
    command(&scene).run().fails(5, format!("the chunk list of dump {dump}: {PROXY_REFUSED}"));
    scene.assert_requests(&[format!("CONNECT {host}:443")]);
    let headers = &scene.server.requests()[0].headers;
    assert!(headers.iter().all(|(_, value)| !value.contains(TOKEN)), "{headers:?}");
}

/// The command is refused, because the token may not go to this origin.
#[track_caller]
fn is_not_trusted(origin: &str, command: impl FnOnce(&Scene) -> Invocation<'_>) {
    let advice = "if you trust this host, name it as the API URL (--api-url, ANAPLAN_API_URL)";
    let error = format!("the token is not sent to {origin}: <ANY>\n  {advice}");
    command(&scene()).run().refuses(error);
}

#[test]
fn a_pasted_url_of_a_foreign_host_is_refused_before_anything_is_sent() {
    for host in [
        "https://evil.example",
        "https://api.anaplan.com.evil.example",
        "https://evilanaplan.com",
        "https://localhost.evil.example",
        "https://192.0.2.1",
        "https://anaplan.com.",
    ] {
        for command in ["chunks", "get", "get --whole", "task"] {
            is_not_trusted(host, |scene| watched(scene, command).arg(url(host)));
        }
    }
}

#[test]
fn a_pasted_url_of_a_region_goes_to_that_region() {
    for host in ["eu3.api.anaplan.com", "api.anaplan.com", "api.au1a.app2.anaplan.com"] {
        let url = url(&format!("https://{host}"));
        // An address at another host than the API URL's is named whole.
        let dump = if host == "api.anaplan.com" { DUMP } else { url.as_str() };
        goes_to(host, dump, |scene| watched(scene, "chunks").arg(&url));
    }
}

#[test]
fn a_browsers_host_is_refused_with_the_api_of_its_region() {
    for (host, api) in
        [("us1a.app.anaplan.com", "api.anaplan.com"), ("gb1.app.anaplan.com", "gb1.api.anaplan.com")]
    {
        let error = format!(
            "https://{host} is for browsers and serves no API: the API of its region is https://{api}"
        );
        let scene = scene();
        watched(&scene, "chunks").arg(url(&format!("https://{host}"))).run().refuses(&error);
        watched(&scene, "chunks DUMP --api-url").arg(format!("https://{host}")).run().refuses(&error);
    }
}

#[test]
fn a_short_locator_goes_to_the_host_of_the_region_or_the_unprefixed_one() {
    goes_to("api.anaplan.com", DUMP, |scene| watched(scene, "chunks DUMP"));
    goes_to("eu3.api.anaplan.com", DUMP, |scene| watched(scene, "chunks DUMP --region eu3"));
    goes_to("api.au1a.app2.anaplan.com", DUMP, |scene| {
        watched(scene, "chunks DUMP").env("ANAPLAN_REGION", "au1a")
    });
}

#[test]
fn a_host_that_is_named_as_the_api_url_is_trusted() {
    let gateway = "https://gateway.example";
    goes_to("gateway.example", DUMP, |scene| {
        watched(scene, "chunks --api-url").arg(gateway).arg(url(gateway))
    });
    goes_to("gateway.example", DUMP, |scene| {
        watched(scene, "chunks DUMP").env("ANAPLAN_API_URL", "https://gateway.example/2/0/")
    });
}

#[test]
fn another_port_of_a_trusted_host_is_foreign() {
    let port = "https://gateway.example:8443";
    is_not_trusted(port, |scene| {
        watched(scene, "chunks").arg(url(port)).env("ANAPLAN_API_URL", "https://gateway.example")
    });
}

#[test]
fn plain_http_is_for_this_machine_only() {
    for host in ["http://api.anaplan.com", "http://192.0.2.1:8080", "http://127.0.0.1.evil.example"] {
        // To name it as the API URL would not help.
        let error = format!("the token is not sent to {host}: <ANY>https<ANY>");
        let scene = scene();
        watched(&scene, "chunks").arg(url(host)).run().refuses(&error);
        watched(&scene, "chunks DUMP").env("ANAPLAN_API_URL", host).run().refuses(&error);
        watched(&scene, "chunks --api-url").arg(host).arg(url(host)).run().refuses(&error);
    }
}

#[test]
fn a_pasted_url_wins_over_the_api_url() {
    let other = FakeServer::start(Service::with_dump(three_chunks()));
    let scene = scene();
    let outcome = scene.command("get -o dump.csv").arg(url(&other.origin())).run();
    outcome.without_a_connection().saves(&three_chunks());
}

#[test]
fn the_option_wins_over_the_variable() {
    let other = FakeServer::start(Service::new());
    let scene = scene();
    let command = scene.command("get DUMP -o dump.csv --api-url").arg(scene.server.origin());
    command.env("ANAPLAN_API_URL", other.origin()).run().saves(&three_chunks());
    assert_eq!(other.connections(), 0);
}

#[test]
fn localhost_by_name_is_this_machine() {
    let scene = scene();
    let origin = format!("http://localhost:{}", scene.server.address().port());
    scene.command("get -o dump.csv").arg(url(&origin)).run().saves(&three_chunks());
}

#[test]
fn an_unknown_region_is_refused_with_those_that_are_known() {
    let scene = scene();
    let error = "cannot read \"moon\": expected a region (us1, <ANY>, us9); name any other host by its URL";
    watched(&scene, "chunks DUMP --region moon").run().refuses(error);
}

#[test]
fn a_region_and_an_api_url_at_once_are_refused() {
    let scene = scene();
    let command = watched(&scene, "chunks DUMP --region eu3 --api-url https://api.anaplan.com");
    command.run().refuses("<ANY>give one of them\nTry anaplan-dump <ANY>--help.");
}

#[test]
fn an_api_url_that_is_none_is_refused_with_the_position() {
    let scene = scene();
    for (text, error) in [
        ("api.anaplan.com", "<ANY>https://eu3.api.anaplan.com<ANY>"),
        ("https://api.anaplan.com/1/3", "nothing after the host: /2/0 is added"),
        ("https://api.anaplan.com:99999", "<ANY>a port from 1 to 65535<ANY>"),
        ("ftp://api.anaplan.com", "<ANY>a URL that begins with https://<ANY>"),
    ] {
        let command = watched(&scene, "chunks DUMP").env("ANAPLAN_API_URL", text);
        command.run().refuses(format!("cannot read \"{text}\"<ANY>: expected {error}"));
    }
}

#[test]
fn a_password_in_a_url_is_refused_and_not_repeated() {
    let scene = scene();
    let outcome = watched(&scene, "chunks").arg(url("https://me:s3cret@api.anaplan.com")).run();
    outcome.refuses("<ANY>a URL without user name or password<ANY>");
    outcome.hides("s3cret");
}
