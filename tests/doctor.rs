//! `doctor`: each check passes with what it found, or fails with the reason and what to do.

use std::net::TcpListener;

use serde_json::json;
use xtask::fake::{Fault, Service, TOKEN, USER, When};

use crate::support::{Invocation, Scene, dump_of};

const PASSWORD: &str = "the password";

fn service() -> Service {
    let mut service = Service::with_dump(dump_of(3, 1));
    service.add_password(USER, PASSWORD);
    service
}

fn doctor<'a>(scene: &'a Scene, arguments: &str) -> Invocation<'a> {
    let command = scene.command(&format!("doctor {arguments}")).without("ANAPLAN_TOKEN");
    let command = command.env("ANAPLAN_AUTH_URL", scene.server.origin());
    command.env("ANAPLAN_USER", USER).env("ANAPLAN_PASSWORD", PASSWORD).env("ANAPLAN_RETRIES", "0")
}

#[test]
fn where_everything_is_right_each_check_says_what_it_found() {
    let scene = Scene::with_tls(service());
    let outcome = doctor(&scene, "MODEL -o to/be/made").run();
    outcome.stdout(format!(
        "ok      API <ORIGIN>: connection: directly\n\
         ok      API <ORIGIN>: TLS: certificate issued by \"Fake Anaplan root\"\n\
         ok      API <ORIGIN>: clock: right\n\
         ok      sign-in <ORIGIN>: connection: directly\n\
         ok      sign-in <ORIGIN>: TLS: certificate issued by \"Fake Anaplan root\"\n\
         ok      sign-in <ORIGIN>: clock: right\n\
         ok      sign-in: {USER}, by user and password, token until <ANY>\n\
         ok      model: <MODEL> has 1 process\n\
         ok      output folder: to/be/made is not there and will be made; <ANY> can be written to and locked\n"
    ));
    outcome.hides(PASSWORD);
    outcome.hides("fake-issued-token");
    assert!(scene.files().is_empty(), "it leaves nothing behind");
}

#[test]
fn a_ready_token_needs_no_sign_in_host_and_is_tried_on_the_api() {
    let scene = Scene::with_service(service());
    let command = |arguments: &str| scene.command(&format!("doctor {arguments}"));
    for arguments in ["", "MODEL"] {
        let text = command(arguments).run().stdout_text();
        assert!(text.contains("ok      sign-in: a ready token, which the API takes\n"), "{text}");
        assert!(!text.contains("sign-in http"), "{text}");
    }
    let outcome = command("MODEL").env("ANAPLAN_TOKEN", "another-token").run();
    outcome
        .exits_with(3)
        .stdout_has("FAILED  sign-in: the processes of model <MODEL>: the service answered 401");
    assert_eq!(scene.count_of("GET /token/validate"), 0, "{}", scene.describe());
}

#[test]
fn without_a_way_to_sign_in_everything_else_is_checked() {
    let scene = Scene::with_service(service());
    let outcome = scene.command("doctor MODEL").without("ANAPLAN_TOKEN").run();
    outcome.exits_with(3).stdout_has("ok      API <ORIGIN>: connection: directly\n");
    outcome.stdout_has("FAILED  sign-in: there is no token: set ANAPLAN_TOKEN");
    outcome.stdout_has("ok      output folder: ");
}

#[test]
fn the_hosts_of_a_url_are_checked_and_no_others() {
    let scene = Scene::with_service(service());
    let command = scene.command("doctor https://eu3.api.anaplan.com/2/0/workspaces/W/models/M");
    let command = command.without("ANAPLAN_TOKEN").without("ANAPLAN_API_URL").env("ANAPLAN_RETRIES", "0");
    let command = command.env("ANAPLAN_USER", USER).env("ANAPLAN_PASSWORD", PASSWORD);
    // Whatever is sent to another host arrives at the proxy, which leads nowhere.
    let outcome = command.env("HTTPS_PROXY", scene.server.origin()).run();
    outcome.exits_with(5).stdout_has("FAILED  API https://eu3.api.anaplan.com: connection: ");
    let requests = scene.requests();
    let is_known = |host: &str| requests.iter().all(|request| request.contains(host));
    assert!(is_known("CONNECT eu3."), "{requests:?}");
}

#[test]
fn the_first_check_that_fails_decides_the_exit_code_and_the_others_run_all_the_same() {
    let scene = Scene::with_service(service());
    let outcome = doctor(&scene, "MODEL -o /proc --json").env("ANAPLAN_PASSWORD", "wr0ng-one").run();
    outcome.exits_with(3);
    let document = outcome.document();
    let oks: Vec<_> =
        document["checks"].as_array().expect("checks").iter().map(|check| &check["ok"]).collect();
    assert_eq!(json!(oks), json!([true, true, true, true, false, false]));
    let sign_in = document["checks"][4]["detail"].as_str().expect("a text");
    assert!(
        sign_in.contains("FAILURE_BAD_CREDENTIAL") && sign_in.contains("check what you sign in with"),
        "{sign_in}"
    );
    outcome.json_has("/ok", false);
    outcome.hides("wr0ng-one");
}

#[test]
fn a_wrong_clock_is_reported() {
    let scene = Scene::with_service(service());
    scene.server.service().set_clock_ahead(7200);
    let outcome = doctor(&scene, "").run();
    let text = outcome.exits_with(1).stdout_text();
    assert!(text.contains("clock is 7200 s behind") || text.contains("clock is 7199 s behind"), "{text}");
}

#[test]
fn an_untrusted_certificate_is_reported_with_what_to_do() {
    let scene = Scene::with_tls(service());
    let outcome = doctor(&scene, "").without("ANAPLAN_CA_FILE").run();
    let text = outcome.exits_with(5).stdout_text();
    assert!(
        text.contains(": TLS: ") && text.contains("\"Fake Anaplan root\"") && text.contains("--ca-add"),
        "{text}"
    );
}

#[test]
fn an_unreadable_model_is_reported() {
    let scene = Scene::with_service(service());
    scene.server.fault(Fault::status(403), When::path("processes"));
    let outcome = doctor(&scene, "MODEL").run();
    outcome.exits_with(3).stdout_has("FAILED  model: ");
    outcome.hides(TOKEN);
}

#[test]
fn a_process_that_the_model_lacks_is_reported() {
    let scene = Scene::with_service(service());
    let locator = scene.server.locator();
    let process = locator.split('/').take(3).collect::<Vec<_>>().join("/");
    doctor(&scene, &process).run().exits_with(0).stdout_has("is there\n");
    for unknown in ["118000009999", "Nosuch"] {
        let outcome = doctor(&scene, &format!("MODEL/{unknown}")).run();
        outcome.exits_with(4).stdout_has("FAILED  process: ").stdout_has(unknown);
    }
}

#[test]
fn an_api_that_cannot_be_reached_is_not_waited_for_although_the_sign_in_host_answers() {
    let scene = Scene::with_service(service());
    // A port that was free a moment ago.
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let command = doctor(&scene, "MODEL").env("ANAPLAN_API_URL", format!("http://{nobody}"));
    let outcome = command.without("ANAPLAN_RETRIES").run();
    let text = outcome.exits_with(5).stdout_has("FAILED  API").stdout_has("FAILED  model").stderr_text();
    assert!(text.contains("retry 3 of 3") && !text.contains("of 12"), "{text}");
}

#[test]
fn a_file_in_place_of_the_folder_is_reported() {
    let scene = Scene::with_service(service());
    scene.write("file", "mine");
    for output in ["file", "file/below"] {
        let outcome = doctor(&scene, &format!("-o {output}")).run();
        outcome.exits_with(2).stdout_has("FAILED  output folder: file is no folder: name one with -o");
    }
}

#[cfg(unix)]
#[test]
fn an_unwritable_folder_is_reported() {
    let scene = Scene::with_service(service());
    let outcome = doctor(&scene, "-o /proc").run();
    outcome.exits_with(7).stdout_has("FAILED  output folder: cannot write to /proc");
}
