//! A user whom the service knows by every way to sign in, and commands that sign in.

use xtask::fake::{CLIENT_KEY, Service, USER, client_certificate};

use super::{Invocation, Scene, dump_of};

pub(crate) const PASSWORD: &str = "p\u{e4}ss w\"rd:1/+";
pub(crate) const CLIENT: &str = "the-client-id";
pub(crate) const REFRESH_TOKEN: &str = "first-refresh-token";
const ENCRYPTED_KEY: &str = include_str!("../../crates/core/tests/fixtures/sign_in/test-only.encrypted.key.pem");
pub(crate) const PASSPHRASE: &str = "test-only";

fn good_certificate() -> String {
    client_certificate(2020, 2120).expect("a certificate")
}

/// A service that has one dump, and knows the user by every way.
pub(crate) fn service() -> Service {
    let mut service = Service::with_dump(dump_of(3, 1));
    service.add_password(USER, PASSWORD);
    service.add_certificate(USER, &good_certificate());
    service.add_refresh_token(USER, CLIENT, REFRESH_TOKEN, true);
    service.approve_devices(USER, 2);
    service
}

/// A server with that service.
#[track_caller]
pub(crate) fn scene() -> Scene {
    Scene::with_service(service())
}

/// A command that has no way to sign in yet.
pub(crate) fn bare<'a>(scene: &'a Scene, arguments: &str) -> Invocation<'a> {
    let command = scene.command(arguments).without("ANAPLAN_TOKEN");
    let origin = scene.server.origin();
    command.env("ANAPLAN_AUTH_URL", &origin).env("ANAPLAN_OAUTH_URL", &origin)
}

pub(crate) fn with_password(command: Invocation<'_>) -> Invocation<'_> {
    command.env("ANAPLAN_USER", USER).env("ANAPLAN_PASSWORD", PASSWORD)
}

/// A command that signs in this way.
pub(crate) fn signed_in<'a>(scene: &'a Scene, way: &str, arguments: &str) -> Invocation<'a> {
    let command = bare(scene, arguments);
    let file = |name: &str, text: &str| {
        if !scene.path(name).exists() {
            scene.write(name, text);
        }
    };
    match way {
        "password" => with_password(command),
        "password file" => {
            file("password", &format!("\u{feff}{PASSWORD}\r\n"));
            command.env("ANAPLAN_USER", USER).arg("--password-file").arg("password")
        }
        "certificate" | "encrypted key" => {
            file("user.crt", &good_certificate());
            file("user.key", if way == "certificate" { CLIENT_KEY } else { ENCRYPTED_KEY });
            let passphrase = if way == "certificate" { "" } else { PASSPHRASE };
            let command = command.env("ANAPLAN_PRIVATE_KEY_PASSPHRASE", passphrase);
            command.env("ANAPLAN_CERTIFICATE", "user.crt").env("ANAPLAN_PRIVATE_KEY", "user.key")
        }
        "one file" => {
            file("user.pem", &format!("\u{feff}Bag Attributes\r\n{CLIENT_KEY}\r\n{}", good_certificate()));
            command.env("ANAPLAN_CERTIFICATE", "user.pem").env("ANAPLAN_CERTIFICATE_FORMAT", "v1")
        }
        "oauth" => with_oauth(scene, command),
        other => panic!("{other} is no way to sign in"),
    }
}

/// Signs in with the refresh token in the file `refresh-token`, which the command replaces.
pub(crate) fn with_oauth<'a>(scene: &Scene, command: Invocation<'a>) -> Invocation<'a> {
    if !scene.path("refresh-token").exists() {
        scene.write("refresh-token", REFRESH_TOKEN);
        // The command replaces it.
        scene.any_files();
    }
    command.env("ANAPLAN_OAUTH_CLIENT_ID", CLIENT).env("ANAPLAN_OAUTH_REFRESH_TOKEN_FILE", "refresh-token")
}
