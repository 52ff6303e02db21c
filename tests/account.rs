//! The commands `login`, `logout`, `whoami` and `token`.

use serde_json::json;
use xtask::fake::{Answer, Fault, TOKEN, USER, When};

use crate::support::bytes_of;
use crate::support::users::{CLIENT, bare, scene, signed_in, with_oauth};

#[test]
fn a_user_signs_in_once_by_approving_it_and_every_command_works_from_then_on() {
    let scene = scene();
    let command = |arguments: &str| {
        let command = bare(&scene, arguments).env("ANAPLAN_OAUTH_CLIENT_ID", CLIENT);
        command.env("ANAPLAN_OAUTH_REFRESH_TOKEN_FILE", "tokens")
    };
    command("chunks DUMP").run().refuses(
        "the file of the refresh token cannot be used: it cannot be read: No such file or directory (os error 2)\n  \
         sign in once with: login",
    );
    let outcome = command("login").run();
    outcome.notes("Open <ORIGIN>/activate?user_code=FAKE-CODE and approve the code FAKE-CODE within <ANY>.\n");
    outcome.stdout("Signed in: the refresh token is stored.\n");
    scene.read("tokens");
    scene.read("tokens.lock");
    command("whoami").run().stdout(format!("{USER}, by OAuth refresh token, token until <ANY>\n"));
    command("get DUMP -o -").run().prints(&bytes_of(3, 1));
    command("logout").run().stdout("Signed out.\n");
    scene.holds(&[] as &[&str]);
    command("logout").run().stdout("There is nothing to sign out of.\n");
}

#[test]
fn a_grant_without_a_refresh_token_that_can_be_used_ends_a_sign_in_and_a_renewal_and_stores_nothing() {
    let odd = "it was granted, but the refresh token that came with it cannot be used: ";
    for (command, refresh_token, why) in [
        ("login", json!(null), "it was approved, but no refresh token came with it\n  ask "),
        ("login", json!("s3cret s3cret"), odd),
        ("chunks DUMP", json!("s3cret s3cret"), odd),
    ] {
        let scene = scene();
        scene.answers(When::path("oauth/token"), json!({"access_token": "a", "refresh_token": refresh_token}));
        let outcome = with_oauth(&scene, bare(&scene, command)).run();
        outcome.exits_with(3).stderr_has(format!("the sign-in at <ORIGIN>: {why}")).hides("s3cret");
        assert_eq!(scene.count_of("POST /oauth/token"), 1, "{command}");
        assert_eq!(scene.read("refresh-token"), b"first-refresh-token");
        scene.any_files();
    }
}

#[test]
fn login_without_its_variables_names_them() {
    let error = "login needs more to sign in: set ANAPLAN_OAUTH_CLIENT_ID and ANAPLAN_OAUTH_REFRESH_TOKEN_FILE";
    bare(&scene(), "login").run().refuses(format!("{error}\nTry anaplan-dump login --help."));
}

#[test]
fn a_user_who_refuses_or_takes_too_long_ends_the_sign_in() {
    for (word, advice) in [
        ("access_denied", "the user has refused it, or may not approve it"),
        ("expired_token", "it was not approved in time: start it again"),
    ] {
        let scene = scene();
        let refusal = Answer::new(403, "text/plain", json!({ "error": word }).to_string());
        scene.server.fault(Fault::Answer(refusal), When::path("oauth/token"));
        let outcome = with_oauth(&scene, bare(&scene, "login")).run();
        outcome.notes("Open <ANY>\n");
        outcome.fails(3, format!("the sign-in at <ORIGIN>: it was refused: {word}\n  {advice}"));
        scene.any_files();
    }
}

#[test]
fn whoami_names_the_user_and_token_prints_a_token_for_other_programs_for_each_way_to_sign_in() {
    for (way, name, scheme) in [
        ("password", "user and password", "AnaplanAuthToken"),
        ("certificate", "certificate, valid until 2120-01-01 00:00 UTC", "AnaplanAuthToken"),
        ("oauth", "OAuth refresh token", "Bearer"),
    ] {
        let scene = scene();
        signed_in(&scene, way, "whoami --json").run().json_has("/way", name).json_has("/user", USER);
        let printed = signed_in(&scene, way, "token").run().stdout_text();
        let variable = if scheme == "Bearer" { "ANAPLAN_BEARER_TOKEN" } else { "ANAPLAN_TOKEN" };
        bare(&scene, "get DUMP -o -").env(variable, printed.trim_end()).run().prints(&bytes_of(3, 1));
        assert_eq!(printed.lines().count(), 1);
        let outcome = signed_in(&scene, way, "token --json").run();
        outcome.json_has("/scheme", scheme);
        assert!(!outcome.stdout_text().contains("null"), "its end is known");
        scene.any_files();
    }
    let scene = scene();
    let ready = |arguments: &str| bare(&scene, arguments).env("ANAPLAN_TOKEN", "a-ready-token").run();
    let document = json!({ "token": "a-ready-token", "scheme": "AnaplanAuthToken", "until": null });
    ready("token --json").without_a_connection().json(document);
    scene.server.service().add_token(USER, "a-ready-token");
    ready("whoami").stdout(format!("{USER}, by a ready token, token until <ANY>\n"));
}

#[test]
fn a_ready_token_is_ended_by_logout() {
    let scene = scene();
    let command = |arguments: &str| bare(&scene, arguments).env("ANAPLAN_TOKEN", TOKEN);
    command("logout").run().stdout("Signed out.\n");
    command("chunks DUMP").run().exits_with(3).stderr_text();
    signed_in(&scene, "password", "logout").run().stdout("There is nothing to sign out of.\n");
}
