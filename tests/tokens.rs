//! Where the token comes from, how it is presented, and that it stays secret.

use std::ffi::OsStr;

use xtask::fake::{ErrorBody, Fault, TOKEN, USER, When};

use crate::support::texts::THE_LIST;
use crate::support::{Invocation, Scene, bytes_of};

const OAUTH: &str = "oauth-access-token";
const AS_ANAPLANS: &str = "AnaplanAuthToken fake-token-of-integration";
const AS_BEARER: &str = "Bearer oauth-access-token";

#[track_caller]
fn scene() -> Scene {
    let scene = Scene::with_chunks(3);
    scene.server.service().add_bearer_token(USER, OAUTH);
    scene
}

/// A download without a token.
fn without_token<'a>(scene: &'a Scene, options: &str) -> Invocation<'a> {
    scene.command(&format!("get DUMP -o - {options}")).without("ANAPLAN_TOKEN")
}

/// The download succeeds, and every request has this header.
#[track_caller]
fn presents(header: &str, command: impl FnOnce(&Scene) -> Invocation<'_>) {
    let scene = scene();
    command(&scene).run().prints(&bytes_of(3, 1));
    scene.any_files();
    for request in scene.server.requests() {
        assert_eq!(request.header("authorization"), Some(header), "{}", request.target);
    }
}

/// The download is refused before anything is sent.
#[track_caller]
fn is_refused(error: &str, command: impl FnOnce(&Scene) -> Invocation<'_>) {
    let scene = scene();
    let outcome = command(&scene).run();
    outcome.refuses(error);
    outcome.hides(OAUTH);
}

#[test]
fn a_token_is_presented_as_anaplans_own_or_as_a_bearer_token() {
    presents(AS_ANAPLANS, |scene| scene.command("get DUMP -o -"));
    presents(AS_BEARER, |scene| without_token(scene, "").env("ANAPLAN_BEARER_TOKEN", OAUTH));
    // A copied header decides the kind.
    presents(AS_BEARER, |scene| {
        scene.write("token", format!("{AS_BEARER}\n"));
        without_token(scene, "--token-file=token")
    });
}

#[test]
fn a_token_comes_from_a_file_its_variable_or_standard_input_and_the_option_wins() {
    for text in [TOKEN.to_owned(), format!("  {TOKEN}\r\n\n")] {
        presents(AS_ANAPLANS, |scene| {
            scene.write("token", &text);
            scene.command("get DUMP -o - --token-file token").env("ANAPLAN_TOKEN", "another")
        });
    }
    presents(AS_ANAPLANS, |scene| {
        scene.write("token", TOKEN);
        without_token(scene, "").env("ANAPLAN_TOKEN_FILE", "token")
    });
    presents(AS_ANAPLANS, |scene| without_token(scene, "--token-file -").stdin(&format!("{TOKEN}\n")));
}

#[test]
fn without_a_token_the_ways_to_give_one_are_named() {
    let error = "there is no token: set ANAPLAN_TOKEN or ANAPLAN_BEARER_TOKEN, or name a file with --token-file\n  \
                 or sign in with ANAPLAN_USER and ANAPLAN_PASSWORD, <ANY>";
    for token in ["", " "] {
        let scene = scene();
        without_token(&scene, "").env("ANAPLAN_TOKEN", token).run().fails(3, error).without_a_connection();
    }
}

#[test]
fn a_token_with_a_line_break_inside_is_refused() {
    let error = "the token cannot be used: <ANY>a line break or another character<ANY>";
    for text in [format!("{TOKEN}\nX-Injected: 1"), format!("{TOKEN}\r\n{TOKEN}"), format!("{TOKEN} more")] {
        is_refused(error, |scene| scene.command("get DUMP").env("ANAPLAN_TOKEN", &text));
    }
    let error = "the token file cannot be used: standard input holds a control character, such as a line break, \
                 inside its text";
    is_refused(error, |scene| without_token(scene, "--token-file -").stdin(&format!("{TOKEN}\r\n{TOKEN}")));
}

#[test]
fn an_empty_token_file_is_refused() {
    for text in ["", "\n"] {
        let error = "the token file cannot be used: standard input is empty";
        is_refused(error, |scene| without_token(scene, "--token-file=-").stdin(text));
    }
}

#[test]
fn a_token_file_that_cannot_be_read_is_named() {
    let error = "the token file cannot be used: it cannot be read: No such file or directory (os error 2)";
    is_refused(error, |scene| without_token(scene, "--token-file=nowhere"));
    is_refused("the token file cannot be used: binary is in UTF-16: save it as UTF-8 or ASCII", |scene| {
        scene.write("binary", b"\xff\xfe\x00");
        without_token(scene, "--token-file=binary")
    });
}

#[cfg(unix)]
#[test]
fn a_token_variable_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let error = "ANAPLAN_TOKEN is not UTF-8\nTry anaplan-dump <ANY>--help.";
    is_refused(error, |scene| scene.command("get DUMP").env("ANAPLAN_TOKEN", OsStr::from_bytes(b"abc\xff")));
}

#[test]
fn a_token_is_not_taken_as_an_argument() {
    for option in ["--token", "--bearer-token"] {
        let error = format!("there is no option \"{option}\"\nTry anaplan-dump <ANY>--help.");
        is_refused(&error, |scene| without_token(scene, option).arg("abc"));
    }
}

#[test]
fn no_error_shows_the_token() {
    for (fault, code) in [
        (Fault::status(401), 3),
        (Fault::status(403), 3),
        (Fault::status(500), 5),
        (Fault::CloseBeforeAnswer, 5),
        (Fault::HtmlOk, 5),
        (Fault::WrongJson(format!("[\"{TOKEN}\"")), 5),
        (Fault::LeftoverEncoding(TOKEN.to_owned()), 5),
        (Fault::Redirect { location: "https://evil.example/".to_owned() }, 1),
    ] {
        let scene = scene();
        scene.server.fault(fault, When::any());
        // That the token is not in the output is compared for every command.
        scene.get("-v --retries=1").exits_with(code).stderr_has("anaplan-dump: ");
    }
}

#[test]
fn a_token_that_the_service_repeats_is_not_shown() {
    let scene = scene();
    let body = ErrorBody::Json(format!("unknown token: {AS_ANAPLANS}"));
    scene.server.fault(Fault::Status { code: 401, retry_after: None, body }, When::any());
    let error = "the service answered 401 Unauthorized (unknown token: AnaplanAuthToken ***)";
    scene.get("").fails(3, format!("{THE_LIST}: {error}\n  <ANY>"));
}
