//! Where a token comes from: given as one, or by each way to sign in; how it is presented and replaced, and that
//! no secret is shown.

use std::ffi::OsStr;
use std::fs;

use xtask::fake::{Fault, TOKEN, USER, When, client_certificate};

use crate::support::users::{PASSPHRASE, PASSWORD, REFRESH_TOKEN, bare, scene, signed_in, with_oauth, with_password};
use crate::support::{Invocation, Scene, bytes_of};

const OAUTH: &str = "oauth-access-token";

/// The ways to sign in that can get a token as often as they need one.
const WAYS: [&str; 6] = ["password", "password file", "certificate", "encrypted key", "one file", "oauth"];

/// How many requests for a token there were.
fn sign_ins(scene: &Scene) -> usize {
    scene.count_of("POST /token/authenticate") + scene.count_of("POST /oauth/token")
}

/// The download succeeds, and every request has this header.
#[track_caller]
fn presents(header: &str, command: impl FnOnce(&Scene) -> Invocation<'_>) {
    let scene = scene();
    scene.server.service().add_bearer_token(USER, OAUTH);
    command(&scene).run().prints(&bytes_of(3, 1));
    scene.any_files();
    for request in scene.server.requests() {
        assert_eq!(request.header("authorization"), Some(header), "{}", request.target);
    }
}

#[test]
fn a_token_is_given_by_its_variable_a_file_or_standard_input_as_anaplans_or_as_a_bearer_token() {
    const GET: &str = "get DUMP -o -";
    let own = format!("AnaplanAuthToken {TOKEN}");
    let bearer = format!("Bearer {OAUTH}");
    presents(&own, |scene| scene.command(GET));
    presents(&bearer, |scene| bare(scene, GET).env("ANAPLAN_BEARER_TOKEN", OAUTH));
    // The option wins, and a copied header decides the kind.
    presents(&bearer, |scene| {
        scene.write("token", format!("{bearer}\n"));
        scene.command("get DUMP -o - --token-file token").env("ANAPLAN_TOKEN", "another")
    });
    presents(&own, |scene| {
        scene.write("token", TOKEN);
        bare(scene, GET).env("ANAPLAN_TOKEN_FILE", "token")
    });
    presents(&own, |scene| bare(scene, "get DUMP -o - --token-file -").stdin(&format!("{TOKEN}\n")));
}

#[test]
fn without_a_token_the_ways_to_give_one_are_named() {
    let scene = scene();
    let error = "there is no token: set ANAPLAN_TOKEN or ANAPLAN_BEARER_TOKEN, or name a file with --token-file\n  \
                 or sign in with ANAPLAN_USER and ANAPLAN_PASSWORD, <ANY>";
    for token in ["", " "] {
        let outcome = bare(&scene, "chunks DUMP").env("ANAPLAN_TOKEN", token).run();
        outcome.fails(3, error).without_a_connection();
    }
    for option in ["--token", "--bearer-token"] {
        let outcome = bare(&scene, "get DUMP").arg(option).arg("abc").run();
        outcome.is_wrong_usage(format!("there is no option \"{option}\""));
    }
}

#[test]
fn an_unusable_secret_is_refused_before_anything_is_sent_and_not_shown() {
    let scene = scene();
    for (token, why) in [
        (&*format!("{TOKEN}\nX-Injected: 1"), "it holds more than one line"),
        ("\"abc\"", "it is in quotes: give it without them"),
        ("null", "it is the word for nothing: whatever fetched it found none"),
    ] {
        let outcome = bare(&scene, "chunks DUMP").env("ANAPLAN_TOKEN", token).run();
        outcome.refuses(format!("the token cannot be used: {why}"));
    }
    let outcome = bare(&scene, "chunks DUMP --token-file=-").stdin("\n").run();
    outcome.refuses("the token file cannot be used: standard input is empty");
    scene.write("password", b"\xff\xfep\0w\0");
    let command = bare(&scene, "chunks DUMP --password-file password").env("ANAPLAN_USER", USER);
    let utf16 = "password is in UTF-16: save it as UTF-8 or ASCII";
    command.run().refuses(format!("the password file cannot be used: {utf16}"));
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let token = OsStr::from_bytes(b"abc\xff");
        let outcome = bare(&scene, "chunks DUMP").env("ANAPLAN_TOKEN", token).run();
        outcome.is_wrong_usage("ANAPLAN_TOKEN is not UTF-8");
    }
}

#[test]
fn each_way_gets_one_token_for_a_command_and_another_when_it_ends_and_shows_no_secret() {
    for way in WAYS {
        let scene = scene();
        let outcome = signed_in(&scene, way, "get DUMP -o - -v").run();
        outcome.prints(&bytes_of(3, 1));
        outcome.stderr_has(if way == "oauth" { "/oauth/token  200  " } else { "/token/authenticate  201  " });
        for secret in [PASSWORD, PASSPHRASE, REFRESH_TOKEN, "fake-issued", "fake-refresh", "p%C3%A4ss", "pässw"] {
            outcome.hides(secret);
        }
        assert_eq!(sign_ins(&scene), 1, "{way}\n{}", scene.describe());
        scene.server.fault(Fault::ExpireToken, When::path("chunks/1").times(1));
        signed_in(&scene, way, "get DUMP -o - --parallel 3").run().prints(&bytes_of(3, 1));
        assert_eq!(sign_ins(&scene), 1 + 2, "{way}\n{}", scene.describe());
        scene.any_files();
    }
}

#[test]
fn a_new_token_that_the_api_refuses_is_not_called_expired() {
    let scene = scene();
    let why = "the service refused the token that it had just issued (Unauthorized)\n  check that the sign-in host \
               belongs to this API (--region, --auth-url), and that this user may use the API";
    for (command, path, what) in [
        ("chunks DUMP", "chunks", "the chunk list of dump <DUMP>"),
        ("whoami", "token/validate", "the sign-in at <ORIGIN>"),
    ] {
        scene.server.fault(Fault::status(401), When::path(path));
        signed_in(&scene, "password", command).run().fails(3, format!("{what}: {why}"));
    }
    assert_eq!(sign_ins(&scene), 2 + 1, "{}", scene.describe());
}

#[test]
fn a_dead_refresh_token_is_kept_and_the_user_sent_to_login() {
    let scene = scene();
    scene.write("refresh-token", "another-refresh-token");
    let outcome = with_oauth(&scene, bare(&scene, "chunks DUMP")).run();
    outcome.fails(
        3,
        "the sign-in at <ORIGIN>: it was refused: invalid grant (invalid_grant)\n  the refresh token is dead: it was \
         revoked, replaced or expired; sign in again with: login",
    );
    outcome.hides("another-refresh");
    scene.holds(&["refresh-token", "refresh-token.lock"]);
}

#[test]
fn a_clock_that_is_off_is_named_where_signing_in_fails() {
    let scene = scene();
    scene.server.service().sign_in.tokens.clock_ahead = -7200;
    let text = signed_in(&scene, "certificate", "chunks DUMP").run().exits_with(3).stderr_text();
    // A second may pass in between.
    assert!(["clock is 7200 s fast", "clock is 7201 s fast"].iter().any(|words| text.contains(words)), "{text}");
    scene.any_files();
}

#[test]
fn variables_come_from_a_file_unless_the_environment_has_them() {
    let scene = scene();
    let variables = format!("ANAPLAN_USER = {USER}\nANAPLAN_PASSWORD='{PASSWORD}'\n");
    scene.write("job.env", format!("# for tonight\n{variables}PATH=/nowhere\n"));
    bare(&scene, "get DUMP -o - --env-file job.env").run().prints(&bytes_of(3, 1));
    assert_eq!(sign_ins(&scene), 1);
    // A way to sign in that is set wins as a whole.
    let command = bare(&scene, "get DUMP -o -").env("ANAPLAN_ENV_FILE", "job.env");
    command.env("ANAPLAN_TOKEN", TOKEN).run().prints(&bytes_of(3, 1));
    assert_eq!(sign_ins(&scene), 1);
    // Half a way is completed by the file.
    let command = bare(&scene, "get DUMP -o - --env-file half.env").env("ANAPLAN_USER", USER);
    scene.write("half.env", format!("export ANAPLAN_PASSWORD='{PASSWORD}'\n"));
    command.run().prints(&bytes_of(3, 1));
    let command = bare(&scene, "chunks DUMP --env-file job.env").env("ANAPLAN_CERTIFICATE_FORMAT", "v1");
    command.run().is_wrong_usage("ANAPLAN_USER and ANAPLAN_CERTIFICATE_FORMAT are both set: unset one of them");
}

#[cfg(unix)]
#[test]
fn a_secret_file_that_others_can_read_is_warned_about() {
    for (way, file) in [("certificate", "user.key"), ("password file", "password"), ("oauth", "refresh-token")] {
        let scene = scene();
        signed_in(&scene, way, "chunks DUMP").run().any_stdout();
        fs::set_permissions(scene.path(file), std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .expect("permissions");
        let outcome = signed_in(&scene, way, "chunks DUMP").run();
        outcome.any_stdout();
        outcome.notes(format!("{file} holds a secret, and other users can read it: chmod 600 {file}\n"));
        scene.any_files();
    }
}

#[test]
fn a_certificate_that_cannot_be_used_is_refused_before_anything_is_sent() {
    let scene = scene();
    let encrypted = || signed_in(&scene, "encrypted key", "chunks DUMP");
    let set = "set ANAPLAN_PRIVATE_KEY_PASSPHRASE, or name its file with ANAPLAN_PRIVATE_KEY_PASSPHRASE_FILE";
    let outcome = encrypted().without("ANAPLAN_PRIVATE_KEY_PASSPHRASE").run();
    outcome.refuses(format!("the private key in user.key is encrypted, and there is no passphrase for it\n  {set}"));
    let outcome = encrypted().without("ANAPLAN_PRIVATE_KEY").run();
    outcome.refuses("there is no private key in user.crt\n  set ANAPLAN_PRIVATE_KEY to the file of the private key");
    scene.write("user.crt", client_certificate(2020, 2021).expect("a certificate"));
    let why = "the one in user.crt expired on 2021-01-01 00:00 UTC: ask for a new one";
    encrypted().run().refuses(format!("the certificate cannot be used: {why}"));
    scene.any_files();
}

#[test]
fn eight_runs_share_one_rotating_refresh_token() {
    let scene = scene();
    let runs: Vec<_> = (0..8).map(|_| with_oauth(&scene, bare(&scene, "get DUMP -o -")).start()).collect();
    for run in runs {
        let outcome = run.finish();
        // On a slow machine, the others are waited for with a word.
        outcome.stderr_text();
        outcome.prints(&bytes_of(3, 1));
    }
    with_oauth(&scene, bare(&scene, "get DUMP -o -")).run().prints(&bytes_of(3, 1));
    assert_eq!(scene.count_of("POST /oauth/token"), 9);
    scene.any_files();
}

#[test]
fn a_wrong_password_is_an_error_at_once() {
    let scene = scene();
    let command = bare(&scene, "chunks DUMP").env("ANAPLAN_USER", USER).env("ANAPLAN_PASSWORD", "s3cret");
    let refused = "it was refused: The credentials are not valid (FAILURE_BAD_CREDENTIAL)\n  check <ANY>";
    command.run().fails(3, format!("the sign-in at <ORIGIN>: {refused}")).hides("s3cret");
    scene.assert_requests(&["POST /token/authenticate"]);
}

#[test]
fn two_ways_to_sign_in_or_half_of_one_are_refused_and_the_variables_named() {
    let scene = scene();
    for (first, second) in [
        ("ANAPLAN_TOKEN", "ANAPLAN_USER"),
        ("ANAPLAN_USER", "ANAPLAN_CERTIFICATE"),
        ("ANAPLAN_USER", "ANAPLAN_OAUTH_CLIENT_ID"),
        ("ANAPLAN_PASSWORD", "ANAPLAN_PASSWORD_FILE"),
    ] {
        let command = bare(&scene, "chunks DUMP").env(first, "a").env(second, "b");
        let command = if first == "ANAPLAN_PASSWORD" { command.env("ANAPLAN_USER", USER) } else { command };
        let second = second.replace("ANAPLAN_PASSWORD_FILE", "the password file");
        command.run().is_wrong_usage(format!("{first} and {second} are both set: unset one of them"));
    }
    for (variable, missing) in [
        ("ANAPLAN_USER", "ANAPLAN_PASSWORD"),
        ("ANAPLAN_PASSWORD", "ANAPLAN_USER"),
        ("ANAPLAN_PRIVATE_KEY", "ANAPLAN_CERTIFICATE"),
        ("ANAPLAN_OAUTH_CLIENT_ID", "ANAPLAN_OAUTH_REFRESH_TOKEN_FILE"),
        ("ANAPLAN_OAUTH_REFRESH_TOKEN_FILE", "ANAPLAN_OAUTH_CLIENT_ID"),
    ] {
        let outcome = bare(&scene, "chunks DUMP").env(variable, "something").run();
        outcome.exits_with(2).without_a_connection().stderr_has(missing);
    }
}

#[test]
fn every_secret_may_have_blanks_line_ends_and_a_byte_order_mark_around_it() {
    let shaped = |secret: &str| format!("\u{feff} {secret}\t\r\n\n");
    let scene = scene();
    for (name, secret) in
        [("token", TOKEN), ("password", PASSWORD), ("passphrase", PASSPHRASE), ("refresh-token", REFRESH_TOKEN)]
    {
        scene.write(name, shaped(secret));
    }
    let encrypted = signed_in(&scene, "encrypted key", "chunks DUMP -qq");
    let encrypted = encrypted.without("ANAPLAN_PRIVATE_KEY_PASSPHRASE");
    for command in [
        bare(&scene, "chunks DUMP -qq --token-file token"),
        bare(&scene, "chunks DUMP -qq --password-file password").env("ANAPLAN_USER", USER),
        signed_in(&scene, "password", "chunks DUMP -qq").env("ANAPLAN_PASSWORD", format!(" {PASSWORD}\n")),
        encrypted.env("ANAPLAN_PRIVATE_KEY_PASSPHRASE_FILE", "passphrase"),
        signed_in(&scene, "oauth", "chunks DUMP -qq"),
    ] {
        command.run().any_stdout();
    }
    scene.any_files();
}

#[test]
fn a_secret_goes_to_the_sign_in_host_of_the_region_and_to_none_that_is_guessed() {
    for (arguments, host) in [
        ("chunks DUMP --region us7", "auth.anaplan.com"),
        ("processes https://api.au1a.app2.anaplan.com/2/0/workspaces/W/models/M", "au1a.app2.anaplan.com"),
        ("chunks DUMP --region ca1", "ca1a.app.anaplan.com"),
    ] {
        let scene = scene();
        // What is sent to another host arrives at the proxy, which leads nowhere.
        let command = scene.command(arguments).without("ANAPLAN_TOKEN").through_proxy(scene.server.origin());
        let is_oauth = host.contains(".app.");
        let command = if is_oauth { with_oauth(&scene, command) } else { with_password(command) };
        let error = format!("the sign-in at https://{host}: the proxy refused");
        command.run().exits_with(5).stderr_has(error);
        scene.assert_requests(&[format!("CONNECT {host}:443")]);
        scene.any_files();
    }
    let unknown = "the sign-in host cannot be used: it is not known for this API: give its URL\n  set --auth-url \
                   (ANAPLAN_AUTH_URL)";
    with_password(scene().command("chunks DUMP").without("ANAPLAN_TOKEN")).run().refuses(unknown);
}
