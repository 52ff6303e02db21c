//! Where the token comes from, how it is presented, and that it stays where it is.

use std::ffi::OsStr;
use std::fs;

use xtask::fake::{ErrorBody, Fault, TOKEN, USER, When};

use crate::support::{Invocation, Scene, three_chunks};

const OAUTH: &str = "oauth-access-token";

fn scene() -> Scene {
    let scene = Scene::with_dump(three_chunks());
    scene.server.service().add_bearer_token(USER, OAUTH);
    scene
}

/// `chunks DUMP` without a token.
fn without_token(scene: &Scene) -> Invocation<'_> {
    scene.command("chunks DUMP").env_remove("ANAPLAN_TOKEN")
}

/// The run succeeds, and the server saw this header.
#[track_caller]
fn presents(invocation: Invocation<'_>, scene: &Scene, expected: &str) {
    let outcome = invocation.run().exits_with(0).never_mentions(TOKEN).never_mentions(OAUTH);
    let requests = scene.server.requests();
    let seen = requests.last().and_then(|request| request.header("authorization"));
    assert_eq!(seen, Some(expected), "{}", outcome.describe());
}

/// The run is refused as wrong usage before anything is sent.
#[track_caller]
fn is_refused(invocation: Invocation<'_>, complaint: &str) {
    let outcome = invocation.run().exits_with(2).without_a_connection();
    outcome.complains(complaint).never_mentions(TOKEN).never_mentions(OAUTH).says_exactly("");
}

fn anaplan_header() -> String {
    format!("AnaplanAuthToken {TOKEN}")
}

fn bearer_header() -> String {
    format!("Bearer {OAUTH}")
}

#[test]
fn a_token_is_presented_as_anaplans_own() {
    let scene = scene();
    presents(scene.command("chunks DUMP"), &scene, &anaplan_header());
}

#[test]
fn a_bearer_token_is_presented_as_one() {
    let scene = scene();
    presents(without_token(&scene).env("ANAPLAN_BEARER_TOKEN", OAUTH), &scene, &bearer_header());
}

#[test]
fn every_request_of_a_download_carries_the_token() {
    let scene = scene();
    scene.run("get DUMP").exits_with(0);
    for request in scene.server.requests() {
        assert_eq!(request.header("authorization"), Some(anaplan_header().as_str()), "{}", request.target);
    }
}

#[test]
fn a_token_file_may_end_with_a_line_break() {
    let scene = scene();
    for text in [TOKEN.to_owned(), format!("{TOKEN}\n"), format!("{TOKEN}\r\n"), format!("  {TOKEN}\n\n")] {
        fs::write(scene.path("token"), text).expect("a file");
        presents(without_token(&scene).arg("--token-file").arg("token"), &scene, &anaplan_header());
    }
}

#[test]
fn a_token_file_may_be_named_by_its_variable() {
    let scene = scene();
    fs::write(scene.path("token"), TOKEN).expect("a file");
    presents(without_token(&scene).env("ANAPLAN_TOKEN_FILE", "token"), &scene, &anaplan_header());
}

#[test]
fn a_copied_header_in_a_token_file_decides_the_kind() {
    let scene = scene();
    fs::write(scene.path("token"), format!("Bearer {OAUTH}\n")).expect("a file");
    presents(without_token(&scene).arg("--token-file=token"), &scene, &bearer_header());
}

#[test]
fn a_token_may_come_from_standard_input() {
    let scene = scene();
    let invocation = without_token(&scene).arg("--token-file").arg("-").stdin(&format!("{TOKEN}\n"));
    presents(invocation, &scene, &anaplan_header());
}

#[test]
fn the_option_wins_over_the_variable() {
    let scene = scene();
    fs::write(scene.path("token"), TOKEN).expect("a file");
    let invocation = scene.command("chunks DUMP --token-file token").env("ANAPLAN_TOKEN", "another");
    presents(invocation, &scene, &anaplan_header());
}

#[test]
fn without_a_token_it_is_told_how_to_give_one() {
    let scene = scene();
    is_refused(without_token(&scene), "there is no token: set ANAPLAN_TOKEN or ANAPLAN_BEARER_TOKEN");
    is_refused(without_token(&scene).env("ANAPLAN_TOKEN", " "), "or name a file with --token-file");
}

#[test]
fn two_tokens_at_once_are_refused() {
    let scene = scene();
    let invocation = scene.command("chunks DUMP").env("ANAPLAN_BEARER_TOKEN", OAUTH);
    is_refused(invocation, "ANAPLAN_TOKEN and ANAPLAN_BEARER_TOKEN are both set: unset one of them");
}

#[test]
fn a_token_with_a_line_break_inside_is_refused_and_not_shown() {
    let scene = scene();
    for text in [format!("{TOKEN}\nX-Injected: 1"), format!("{TOKEN}\r\n{TOKEN}"), format!("{TOKEN} more")] {
        is_refused(
            scene.command("chunks DUMP").env("ANAPLAN_TOKEN", &text),
            "a line break or another character",
        );
        let invocation = without_token(&scene).arg("--token-file").arg("-").stdin(&text);
        is_refused(invocation, "a line break or another character");
    }
}

#[test]
fn an_empty_token_file_is_refused() {
    let scene = scene();
    fs::write(scene.path("token"), "\n").expect("a file");
    is_refused(without_token(&scene).arg("--token-file=token"), "the token cannot be used: it is empty");
    is_refused(without_token(&scene).arg("--token-file=-"), "the token cannot be used: it is empty");
}

#[test]
fn a_token_file_that_cannot_be_read_is_told_with_its_name() {
    let scene = scene();
    is_refused(without_token(&scene).arg("--token-file=nowhere"), "nowhere cannot be read: No such file");
    fs::write(scene.path("binary"), b"\xff\xfe\x00").expect("a file");
    is_refused(without_token(&scene).arg("--token-file=binary"), "binary cannot be read");
}

#[cfg(unix)]
#[test]
fn a_token_variable_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let scene = scene();
    let invocation = scene.command("chunks DUMP").env("ANAPLAN_TOKEN", OsStr::from_bytes(b"abc\xff"));
    is_refused(invocation, "ANAPLAN_TOKEN is not UTF-8");
}

#[test]
fn a_token_is_not_taken_as_an_argument() {
    let scene = scene();
    for option in ["--token", "--bearer-token"] {
        is_refused(without_token(&scene).arg(option).arg("abc"), "Unrecognized argument");
    }
}

#[test]
fn verbose_tells_each_request_and_not_the_token() {
    let scene = scene();
    let outcome = scene.run("get DUMP -v -o dump.csv").exits_with(0).never_mentions(TOKEN);
    let url = scene.server.dump_url();
    outcome
        .complains(&format!("GET {url}/chunks  200  "))
        .complains(&format!("GET {url}/chunks/0  200  "))
        .complains(&format!("GET {url}/chunks/2  200  "))
        .never_mentions("AnaplanAuthToken");
}

#[test]
fn no_error_shows_the_token() {
    let scene = scene();
    let faults = [
        Fault::status(401),
        Fault::status(403),
        Fault::status(500),
        Fault::CloseBeforeAnswer,
        Fault::HtmlOk,
        Fault::WrongJson("[".to_owned()),
        Fault::Redirect { location: "https://evil.example/".to_owned() },
    ];
    for fault in faults {
        scene.server.clear_faults();
        scene.server.fault(fault, When::any());
        let outcome = scene.command("get DUMP -v").env("ANAPLAN_RETRIES", "1").run();
        assert_ne!(outcome.output.status.code(), Some(0), "{}", outcome.describe());
        outcome.complains("anaplan-dump: ").never_mentions(TOKEN);
    }
}

#[test]
fn a_service_that_repeats_the_token_in_its_message_does_not_make_it_shown() {
    let scene = scene();
    let body = ErrorBody::Json(format!("unknown token: AnaplanAuthToken {TOKEN}"));
    scene.server.fault(Fault::Status { code: 401, retry_after: None, body }, When::any());
    scene.run("get DUMP -v").exits_with(3).complains("unknown token").never_mentions(TOKEN);
}
