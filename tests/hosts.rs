//! Which hosts the token may go to. A foreign host is watched through a proxy, where what is sent to it arrives.

use xtask::fake::{MODEL, OBJECT, PROCESS, TASK, TOKEN, WORKSPACE};

use crate::support::texts::PROXY_REFUSED;
use crate::support::{Invocation, Scene, dump_of};

fn url(origin: &str) -> String {
    format!("{origin}/2/0/workspaces/{WORKSPACE}/models/{MODEL}/processes/{PROCESS}/tasks/{TASK}/dumps/{OBJECT}")
}

/// A command whose requests to other hosts go through the scene's server, tried once.
fn watched<'a>(scene: &'a Scene, arguments: &str) -> Invocation<'a> {
    let origin = scene.server.origin();
    scene.command(arguments).through_proxy(&origin).env("HTTP_PROXY", origin)
}

#[test]
fn the_token_goes_to_the_host_of_the_url_the_region_or_the_api_url_and_not_to_the_proxy() {
    const GATEWAY: &str = "https://gateway.example";
    const AUSTRALIA: &str = "api.au1a.app2.anaplan.com";
    // An address at another host than that of the API URL is named whole.
    let eu3 = url("https://eu3.api.anaplan.com");
    for (host, dump, arguments, locator, variable) in [
        ("api.anaplan.com", "<DUMP>", "DUMP", None, None),
        ("api.anaplan.com", "<DUMP>", "", Some(url("https://api.anaplan.com")), None),
        ("eu3.api.anaplan.com", &*eu3, "", Some(eu3.clone()), None),
        ("eu3.api.anaplan.com", "<DUMP>", "DUMP --region eu3", None, None),
        (AUSTRALIA, "<DUMP>", "DUMP", None, Some(("ANAPLAN_REGION", "au1a"))),
        ("gateway.example", "<DUMP>", "--api-url https://gateway.example", Some(url(GATEWAY)), None),
        ("gateway.example", "<DUMP>", "DUMP", None, Some(("ANAPLAN_API_URL", "https://gateway.example/2/0/"))),
        // A pasted URL wins over the variable, and so does the option.
        ("eu3.api.anaplan.com", &*eu3, "", Some(eu3.clone()), Some(("ANAPLAN_API_URL", "https://api.anaplan.com"))),
        (
            "gateway.example",
            "<DUMP>",
            "DUMP --api-url https://gateway.example",
            None,
            Some(("ANAPLAN_API_URL", "http://a")),
        ),
    ] {
        let scene = Scene::with_chunks(3);
        let command = watched(&scene, &format!("chunks {arguments}"));
        let command = locator.into_iter().fold(command, Invocation::arg);
        let command = variable.into_iter().fold(command, |command, (name, value)| command.env(name, value));
        command.run().fails(5, format!("the chunk list of dump {dump}: {PROXY_REFUSED}"));
        scene.assert_requests(&[format!("CONNECT {host}:443")]);
        let headers = &scene.server.requests()[0].headers;
        assert!(headers.iter().all(|(_, value)| !value.contains(TOKEN)), "{headers:?}");
    }
}

#[test]
fn a_pasted_url_of_a_foreign_host_is_refused_before_anything_is_sent() {
    let scene = Scene::with_chunks(3);
    let advice = "if you trust this host, name it as the API URL (--api-url, ANAPLAN_API_URL)";
    for (origin, api) in [
        ("https://evil.example", "https://api.anaplan.com"),
        ("https://api.anaplan.com.evil.example", "https://api.anaplan.com"),
        ("https://gateway.example:8443", "https://gateway.example"),
    ] {
        for command in ["chunks", "get", "get --whole", "task"] {
            let error = format!("the token is not sent to {origin}: <ANY>\n  {advice}");
            let command = watched(&scene, command).arg(url(origin)).env("ANAPLAN_API_URL", api);
            command.run().refuses(error);
        }
    }
}

#[test]
fn plain_http_is_for_this_machine_only() {
    let scene = Scene::with_chunks(3);
    for host in ["http://api.anaplan.com", "http://127.0.0.1.evil.example"] {
        // To name it as the API URL would not help.
        let error = format!("the token is not sent to {host}: <ANY>https<ANY>");
        watched(&scene, "chunks").arg(url(host)).run().refuses(&error);
        watched(&scene, "chunks --api-url").arg(host).arg(url(host)).run().refuses(&error);
    }
    let origin = format!("http://localhost:{}", scene.server.address().port());
    scene.command("get -o dump.csv").arg(url(&origin)).run().saves(&dump_of(3, 1));
}

#[test]
fn what_names_no_api_is_refused() {
    let scene = Scene::with_chunks(3);
    let region = "--region cannot be used: cannot read \"moon\": expected a region (us1, <ANY>, us9); name any other \
                  host by its URL";
    watched(&scene, "chunks DUMP --region moon").run().refuses(region);
    let origin = "--api-url cannot be used: cannot read \"api.anaplan.com\"<ANY>: expected <ANY>https://<ANY>";
    watched(&scene, "chunks DUMP --api-url api.anaplan.com").run().refuses(origin);
    let command = watched(&scene, "chunks DUMP --region eu3 --api-url https://api.anaplan.com");
    command.run().is_wrong_usage("<ANY>give one of them");
    let browsers = "https://us1a.app.anaplan.com is for browsers and serves no API: the API of its region is <ANY>";
    watched(&scene, "chunks").arg(url("https://us1a.app.anaplan.com")).run().refuses(browsers);
    let outcome = watched(&scene, "chunks").arg(url("https://me:s3cret@api.anaplan.com")).run();
    outcome.refuses("<ANY>a URL without user name or password<ANY>").hides("s3cret");
    for command in
        ["chunks https://api.anaplan.com/2/0/users?token=s3cret", "chunks DUMP --api-url https://a/?x=s3cret"]
    {
        watched(&scene, command).run().refuses("<ANY>?...\"<ANY>: expected <ANY>").hides("s3cret");
    }
}
