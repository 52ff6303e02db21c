//! `doctor`: each check passes with what it found, or fails with the reason and what to do.

use xtask::fake::{Fault, Process, USER, When};

use crate::support::users::{self, PASSWORD, bare, service, with_password};
use crate::support::{Invocation, Scene, free_address};

fn doctor<'a>(scene: &'a Scene, arguments: &str) -> Invocation<'a> {
    with_password(bare(scene, &format!("doctor {arguments}"))).env("ANAPLAN_RETRIES", "0")
}

#[test]
fn where_everything_is_right_each_check_says_what_it_found() {
    let scene = Scene::with_tls(service());
    // That of another run.
    scene.write(".anaplan-dump-probe", "a line\n");
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
    scene.holds(&[".anaplan-dump-probe"]);
}

#[test]
fn a_ready_token_needs_no_sign_in_host_and_is_tried_on_the_api() {
    let scene = users::scene();
    for arguments in ["doctor", "doctor MODEL"] {
        let text = scene.run(arguments).stdout_text();
        assert!(text.contains("ok      sign-in: a ready token, which the API takes\n"), "{text}");
        assert!(!text.contains("sign-in http"), "{text}");
    }
    let outcome = scene.command("doctor MODEL").env("ANAPLAN_TOKEN", "another-token").run();
    let refused = "FAILED  sign-in: the workspaces: the service answered 401";
    outcome.exits_with(3).stdout_has(refused);
    assert_eq!(scene.count_of("GET /token/validate"), 0, "{}", scene.describe());
    scene.server.fault(Fault::status(404), When::path("workspaces").times(1));
    scene.run("doctor").exits_with(4).stdout_has("FAILED  sign-in: the workspaces: the service answered 404");
    // Without a way to sign in everything else is checked.
    let outcome = scene.command("doctor MODEL").without("ANAPLAN_TOKEN").run();
    outcome.exits_with(3).stdout_has("ok      API <ORIGIN>: connection: directly\n");
    outcome.stdout_has("FAILED  sign-in: there is no token: set ANAPLAN_TOKEN");
    outcome.stdout_has("ok      output folder: ");
}

#[test]
fn the_hosts_of_a_url_are_checked_and_no_others() {
    let scene = users::scene();
    // What is sent to another host arrives at the proxy, which leads nowhere.
    let command = scene.command("doctor https://eu3.api.anaplan.com/2/0/workspaces/W/models/M");
    let command = command.without("ANAPLAN_TOKEN").through_proxy(scene.server.origin());
    let outcome = with_password(command).run();
    outcome.exits_with(5).stdout_has("FAILED  API https://eu3.api.anaplan.com: connection: ");
    let requests = scene.requests();
    assert!(requests.iter().all(|request| request.contains("CONNECT eu3.")), "{requests:?}");
}

#[test]
fn the_first_check_that_fails_decides_the_exit_code_and_the_others_run_all_the_same() {
    let scene = users::scene();
    let outcome = doctor(&scene, "MODEL -o /proc --json").env("ANAPLAN_PASSWORD", "wr0ng-one").run();
    outcome.exits_with(3).json_has("/ok", false);
    for (check, ok) in [true, true, true, true, false, false].into_iter().enumerate() {
        outcome.json_has(&format!("/checks/{check}/ok"), ok);
    }
    outcome.stdout_has("FAILURE_BAD_CREDENTIAL").stdout_has("check what you sign in with").hides("wr0ng-one");
}

#[test]
fn a_wrong_clock_an_untrusted_certificate_and_a_model_that_cannot_be_read_are_reported() {
    let scene = users::scene();
    scene.server.service().sign_in.tokens.clock_ahead = 7200;
    let text = doctor(&scene, "").run().exits_with(1).stdout_text();
    assert!(text.contains("clock is 7200 s slow") || text.contains("clock is 7199 s slow"), "{text}");
    let scene = Scene::with_tls(service());
    let outcome = doctor(&scene, "").without("ANAPLAN_CA_FILE").run();
    outcome.exits_with(5).stdout_has(": TLS: ").stdout_has("\"Fake Anaplan root\"").stdout_has("--ca-add");
    let scene = users::scene();
    scene.server.fault(Fault::status(403), When::path("processes"));
    doctor(&scene, "MODEL").run().exits_with(3).stdout_has("FAILED  model: ");
}

#[test]
fn a_process_or_an_import_is_looked_for_and_one_that_the_model_lacks_is_reported() {
    let scene = users::scene();
    scene.server.service().imports.push(Process::new("112000000041", "Load"));
    for (locator, found) in [("NIGHTLY", "process: 118000000001"), ("MODEL/load", "import: 112000000041")] {
        doctor(&scene, locator).run().stdout_has(format!("{found} is there\n"));
    }
    doctor(&scene, "load").in_the_model().run().stdout_has("import: 112000000041 is there\n");
    for unknown in ["118000009999", "Nosuch"] {
        let outcome = doctor(&scene, &format!("MODEL/{unknown}")).run();
        outcome.exits_with(4).stdout_has("FAILED  process: ").stdout_has(unknown);
    }
}

#[test]
fn an_api_that_cannot_be_reached_is_not_waited_for_although_the_sign_in_host_answers() {
    let scene = users::scene();
    let command = doctor(&scene, "MODEL").env("ANAPLAN_API_URL", format!("http://{}", free_address()));
    let outcome = command.without("ANAPLAN_RETRIES").run();
    let text = outcome.exits_with(5).stdout_has("FAILED  API").stdout_has("FAILED  model").stderr_text();
    assert!(text.contains("retry 3 of 3") && !text.contains("of 12"), "{text}");
}

#[test]
fn an_output_folder_that_cannot_be_written_is_reported() {
    let scene = users::scene();
    scene.write("file", "mine");
    for (output, code, error) in [
        ("file", 2, "-o file is a file"),
        ("file/below", 7, "cannot make the folder file/below: "),
        #[cfg(unix)]
        ("/proc", 7, "cannot write into the folder /proc"),
    ] {
        let outcome = doctor(&scene, &format!("-o {output}")).run();
        outcome.exits_with(code).stdout_has(format!("FAILED  output folder: {error}"));
    }
}
