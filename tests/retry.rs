//! How often and when a fault is retried, and what is refused for good: reported at once, with its exit
//! code and what to do about it.

use xtask::fake::{Answer, FakeServer, Fault, Service, USER, When};

use crate::support::texts::{
    DUMP_NOT_FOUND, DUMP_VANISHED, KEPT, KEPT_IN_VAIN, THE_LIST, answered, gave_up, goes_on, incomplete, the_chunk,
    wait,
};
use crate::support::{CHUNK, Scene, bytes_of, chunk, chunk_list, dump_of, free_address};

fn refusal(status: u16, message: &str) -> Fault {
    Fault::Answer(Answer::error(status, message))
}

#[test]
fn each_refusal_has_its_exit_code_and_its_advice_and_is_not_repeated() {
    let no_dump = "\n  this task may have left no dump: look at the task's results";
    let token = "\n  the token is expired (it lives 35 minutes), revoked, or of the other kind: ANAPLAN_TOKEN \
     is sent as \
                 AnaplanAuthToken, ANAPLAN_BEARER_TOKEN (OAuth) as Bearer";
    let permission = "\n  this user is not permitted to do this: ask a workspace administrator";
    for (status, code, advice) in [
        ("400 Bad Request", 4, no_dump),
        ("401 Unauthorized", 3, token),
        ("403 Forbidden", 3, permission),
        ("404 Not Found", 4, DUMP_NOT_FOUND),
        ("418", 1, ""),
        ("422 Unprocessable Content", 1, "\n  the model is archived"),
        ("424 Failed Dependency", 1, "\n  the model is offline"),
        ("425 Too Early", 1, "\n  the model is in deployed mode"),
    ] {
        let why = answered(&format!("{status} (In its own words)"));
        let refusal = || refusal(status[..3].parse().expect("a status"), "In its own words");
        let scene = Scene::with_chunks(3);
        scene.server.fault(refusal(), chunk_list());
        scene.get("").fails(code, format!("{THE_LIST}: {why}{advice}"));
        scene.assert_requests(&["GET DUMP/chunks"]);

        let scene = Scene::with_chunks(3);
        scene.server.fault(refusal(), chunk(1));
        let advice = if status.starts_with("404") { DUMP_VANISHED } else { advice };
        let kept = if code == 4 { KEPT_IN_VAIN } else { KEPT };
        let error = incomplete(1, 3, &format!("{}: {why}", the_chunk(1, 3))) + advice + kept;
        scene.get("").fails(code, error).asks_for(&["0", "1"]);
        scene.keeps_part(&bytes_of(3, 1)[..CHUNK]);
    }
}

#[test]
fn what_has_moved_is_asked_for_once_more() {
    let moved = "\n  this address has moved: use https://api.anaplan.com or the host of your region";
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::status(410), chunk_list());
    let error = gave_up(2, THE_LIST, &answered("410 Gone")) + moved;
    scene.get("").notes(wait(THE_LIST, "410 Gone", 1, 1)).fails(4, error);
}

#[test]
fn a_redirect_is_not_followed_to_any_host() {
    let other = FakeServer::start(Service::with_dump(dump_of(3, 1)));
    let scene = Scene::with_chunks(3);
    let advice = "\n  redirects are not followed, so that the token stays here: check the API URL";
    for location in [other.dump_url(), scene.server.dump_url()] {
        scene.server.clear_faults();
        let redirect = Answer::empty(302).with_header("Location", location);
        scene.server.fault(Fault::Answer(redirect), When::any());
        for command in ["chunks DUMP", "get DUMP", "get DUMP --whole -o dump.csv", "get DUMP -o -"] {
            scene.run(command).fails(1, format!("<ANY>: the service answered 302 Found{advice}"));
        }
    }
    // `get DUMP` also asks for the task, which has the name of its file.
    assert_eq!(scene.requests().len(), 10, "{}", scene.describe());
    assert_eq!(other.connections(), 0, "{}", scene.describe());
}

#[test]
fn a_download_whose_token_expires_is_continued_with_a_new_token() {
    let scene = Scene::with_chunks(4);
    scene.server.fault(Fault::ExpireToken, chunk(2));
    let why = format!("{}: {}", the_chunk(2, 4), answered("401 Unauthorized (Authentication token has expired)"));
    scene.get("").fails(3, incomplete(2, 4, &why) + "\n  the token is expired (it lives 35 minutes)<ANY>" + KEPT);
    scene.keeps_part(&bytes_of(4, 1)[..2 * CHUNK]);
    scene.server.clear_faults();
    scene.server.service().add_token(USER, "a-new-token");
    let outcome = scene.command("get DUMP -o dump.csv").env("ANAPLAN_TOKEN", "a-new-token").run();
    outcome.notes(goes_on(2, 4)).asks_for(&["2", "3"]).saves(&dump_of(4, 1));
}

#[test]
fn a_rate_limit_is_survived_also_side_by_side() {
    for (options, has_hint) in [("", false), ("--parallel=4", true)] {
        let scene = Scene::with_chunks(12);
        scene.server.service().set_bucket(3, 200.0, has_hint);
        let outcome = scene.get(&format!("--max-wait=20ms {options}"));
        let waits = outcome.saves(&dump_of(12, 1)).stderr_text().matches("; retry ").count();
        assert!(waits > 0 && waits == scene.server.service().throttled(), "{waits}");
    }
}

#[test]
fn a_host_that_was_never_reached_is_given_up_after_four_tries_and_one_that_was_later() {
    let scene = Scene::with_chunks(3);
    let refusing = format!("http://{}", free_address());
    for command in ["processes MODEL", "tasks NIGHTLY", "get DUMP -o x.csv"] {
        let outcome = scene.command(&format!("{command} --api-url={refusing} -qq")).run();
        outcome.exits_with(5).stderr_has(", after 4 tries in ");
    }
    let outcome = scene.command(&format!("get DUMP -o x.csv --api-url={refusing} -qq --retries=5")).run();
    outcome.exits_with(5).stderr_has(", after 6 tries in ");
    // What was reached once is worth the long patience.
    scene.server.fault(Fault::status(503), chunk_list());
    scene.run("get DUMP -o x.csv -qq").exits_with(5).stderr_has(", after 13 tries in ");
}
