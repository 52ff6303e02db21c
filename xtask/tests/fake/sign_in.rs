//! Signing in and out.

use std::time::Duration;

use serde_json::{Value, json};
use xtask::fake::*;

use crate::client::*;

fn call(server: &FakeServer, method: &str, path: &str, authorization: &str, body: &str) -> Reply {
    let text = format!(
        "{method} {path} HTTP/1.1\r\nAuthorization: {authorization}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    exchange(server, &text)
}

fn base64(text: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let encode = |three: &[u8]| {
        let bits = (0..3).fold(0, |sum, n| sum << 8 | usize::from(*three.get(n).unwrap_or(&0)));
        let digit = |n| ALPHABET[bits >> (18 - 6 * n) & 63] as char;
        (0..4).map(|n| if n <= three.len() { digit(n) } else { '=' }).collect::<String>()
    };
    text.as_bytes().chunks(3).map(encode).collect()
}

fn status_with(server: &FakeServer, authorization: &str) -> u16 {
    call(server, "GET", &dump_path("/chunks"), authorization, "").status()
}

fn issued(reply: &Reply) -> String {
    reply.json()["tokenInfo"]["tokenValue"].as_str().unwrap().to_owned()
}

#[test]
fn a_password_buys_a_token_that_works() {
    let server = small_server();
    server.service().add_password(USER, "secret:word");
    let good = format!("Basic {}", base64(&format!("{USER}:secret:word")));
    let reply = call(&server, "POST", "/token/authenticate", &good, "");
    assert_eq!(reply.status(), 201);
    assert_eq!(reply.json()["status"], "SUCCESS");
    assert!(reply.json()["tokenInfo"]["expiresAt"].as_u64().unwrap() > 1_700_000_000_000);
    assert_eq!(status_with(&server, &format!("AnaplanAuthToken {}", issued(&reply))), 200);

    let none = call(&server, "POST", "/token/authenticate", "Bearer x", "");
    assert_eq!((none.status(), none.json()["status"].clone()), (400, json!("FAILURE_BAD_HEADER")));
    let bad = call(&server, "POST", "/token/authenticate", "Basic eDp5", "");
    assert_eq!(bad.status(), 401);
    assert_eq!(bad.json()["status"], "FAILURE_BAD_CREDENTIAL");
}

#[test]
fn an_issued_token_ends_with_its_lifetime_unless_refreshed() {
    let server = small_server();
    server.service().add_password("u", "p");
    let sign_in = |lifetime| {
        server.service().set_token_lifetime(lifetime);
        let reply = call(&server, "POST", "/token/authenticate", "Basic dTpw", "");
        format!("AnaplanAuthToken {}", issued(&reply))
    };
    let short = sign_in(Duration::ZERO);
    assert_eq!(status_with(&server, &short), 401);
    assert_eq!(call(&server, "POST", "/token/refresh", &short, "").status(), 401);

    let long = sign_in(Duration::from_secs(60));
    let refreshed = call(&server, "POST", "/token/refresh", &long, "");
    assert_eq!(format!("AnaplanAuthToken {}", issued(&refreshed)), long);
}

#[test]
fn tokens_are_validated_and_ended() {
    let server = small_server();
    let token = format!("AnaplanAuthToken {TOKEN}");
    let valid = call(&server, "GET", "/token/validate", &token, "");
    assert_eq!((valid.status(), valid.json()["userInfo"]["userId"].clone()), (200, json!(USER)));
    server.service().add_bearer_token(USER, "b");
    assert_eq!(call(&server, "GET", "/token/validate", "Bearer b", "").status(), 400);
    assert_eq!(call(&server, "GET", "/token/validate", "AnaplanAuthToken b", "").status(), 200);
    assert_eq!(status_with(&server, "AnaplanAuthToken b"), 200, "the API takes it under either word");
    assert_eq!(status_with(&server, &format!("Bearer {TOKEN}")), 401);
    assert_eq!(call(&server, "POST", "/token/logout", &token, "").status(), 204);
    assert_eq!(call(&server, "GET", "/token/validate", &token, "").status(), 401);
}

fn oauth(server: &FakeServer, body: &Value) -> Reply {
    call(server, "POST", "/oauth/token", "", &body.to_string())
}

#[test]
fn a_rotated_refresh_token_is_dead() {
    let server = small_server();
    server.service().add_refresh_token(USER, "client", "first", true);
    let refresh = |token: &str| {
        oauth(
            &server,
            &json!({ "grant_type": "refresh_token", "client_id": "client", "refresh_token": token }),
        )
    };
    let answer = refresh("first").json();
    let access = answer["access_token"].as_str().unwrap();
    assert_eq!(status_with(&server, &format!("Bearer {access}")), 200);
    let second = answer["refresh_token"].as_str().unwrap();
    assert_ne!(second, "first");
    assert_eq!(refresh("first").json()["error"], "invalid_grant");
    assert_eq!(refresh(second).status(), 200);
}

#[test]
fn a_device_waits_for_its_approval() {
    let server = small_server();
    server.service().approve_devices(USER, 1);
    let code = call(
        &server,
        "POST",
        "/oauth/device/code",
        "",
        &json!({ "client_id": "c", "scope": "openid profile email offline_access" }).to_string(),
    )
    .json();
    let poll = || {
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        oauth(&server, &json!({ "grant_type": grant, "client_id": "c", "device_code": code["device_code"] }))
            .json()
    };
    assert_eq!(poll()["error"], "authorization_pending");
    server.service().set_device_interval(Duration::from_secs(60));
    assert_eq!(poll()["error"], "slow_down");
    server.service().set_device_interval(Duration::ZERO);
    let approved = poll();
    let access = approved["access_token"].as_str().unwrap();
    assert_eq!(status_with(&server, &format!("Bearer {access}")), 200);
    assert!(approved["refresh_token"].is_string());
    assert_eq!(poll()["error"], "expired_token", "a code is good once");
}

#[test]
fn oauth_takes_forms_too() {
    let server = small_server();
    server.service().add_refresh_token(USER, "my client", "a+b", false);
    let body = "grant_type=refresh_token&client_id=my+client&refresh_token=a%2Bb";
    let text = format!(
        "POST /oauth/token HTTP/1.1\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let reply = exchange(&server, &text);
    assert_eq!((reply.status(), reply.json()["refresh_token"].clone()), (200, json!("a+b")));
}

// A certificate whose key signed the digits 0 to 9 ten times over; the key itself is not kept.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----
MIIDDzCCAfegAwIBAgIUUPhB0FQT41J9Sn8Cq2HOOYkNh9gwDQYJKoZIhvcNAQEL
BQAwFjEUMBIGA1UEAwwLaW50ZWdyYXRpb24wIBcNMjYxMTI0MDAwMzQ3WhgPMjEy
NjEwMzEwMDAzNDdaMBYxFDASBgNVBAMMC2ludGVncmF0aW9uMIIBIjANBgkqhkiG
9w0BAQEFAAOCAQ8AMIIBCgKCAQEAi9FlrH2H/8UayOvqRK1iNP1D7lHgOPrlIf5E
9d6eouUGJfji1BwoD7qLP53/pYPT4oSga9K4k7AnzIK6+Cg3kxE4DUErMtpwUs/i
gLRMHk8TCZD8H0kyExz7sCNPJRlX7WV9W7xS6LxLFutR5H+5P4DonAwiwYS+sv/Q
CVJi0We5S3qFAHsz72dFyEYJNvjlh1raSX3Er/UOiGDz7LVQdBc3UMcD7noj5HIf
4nAup2V7oSEGWpIqlOu7l2Nyg/wX/k4aHiTqiYqFOzTKF5bGrZzZHIcgu9D0aQ+w
MBwd41Mo9OzZ1BjIMLkPx5uWkIVRPNvVQ/KunGuCldhf36/SywIDAQABo1MwUTAd
BgNVHQ4EFgQU6AHv0hDS58DgO8y/TulSlNEnEVYwHwYDVR0jBBgwFoAU6AHv0hDS
58DgO8y/TulSlNEnEVYwDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOC
AQEAYNMQDscGTeAVEbvS0dgIEhkI8qy6vGIfKI5pGq5yS34UNdoS5yRlTUAXWcRD
BZ0yebLHe2lqB/WfUIcXjupAo4YByInNSo/mRvbmZpckPMy1catUBel08x2RLEGO
Fbv1d9zGy13YEexhRt+yyG4srTwORMcIs4IIZL4n+kvWFCYLZtv6eocEmXaS/K/8
B4sQz0De1XupGZd6PmcUX2ck3wamFNDTkZNr99EY3Te/VoDkBwaeUCK34A88bvnO
3fCisngCjuVyQYtB+gguLyE5tTTfGDJnH1MmcgzZBjzd4YeFiiT1pQ16qJtMkyVX
60Zzr6ex/EuSRcZjwLSiDB4uVg==
-----END CERTIFICATE-----";
const SIGNATURE: &str = "\
JL7pRrMRDJWjtDHhaLd0dPQErDCXwRRzhmr/Vi8P3L0s3p6vn+q4Jo8331eWmL0npBFR0UOQWjgbhzdwekXfAI20\
dpXrkBFU/3Q2i5jtdEaohgIGK3bMWLkBawvVQ4tOQqHqirGop798oGe7dZ5U4x3QFq21rtS/hGKekL34Sf7cb3Tu\
zUUSybB35KSoAcd9O/uJ0GtAW+7NAy0mhtZJt0XsFCAZmzM8kIF+D/gayy5oGAz7gWg/hjzkJNMrHL3yOnmOoc0s\
cdDGuDpnG1MGXjdJnpLvWl5RanLvDLx5elmalpbIZvgZhGJq73wt8bP6fGH4V4oL3arsw4MUJ+e4wA==";

fn sign_in_with_certificate(server: &FakeServer, data: &str, signature: &str) -> Reply {
    let body = json!({ "encodedData": base64(data), "encodedSignedData": signature }).to_string();
    let header = format!("CACertificate {}", base64(CERTIFICATE));
    call(server, "POST", "/token/authenticate", &header, &body)
}

#[test]
fn a_certificate_needs_the_signature_of_its_key() {
    let data = "0123456789".repeat(10);
    let server = small_server();
    let unknown = sign_in_with_certificate(&server, &data, SIGNATURE);
    assert_eq!(unknown.status(), 401);
    server.service().add_certificate(USER, CERTIFICATE);
    let reply = sign_in_with_certificate(&server, &data, SIGNATURE);
    assert_eq!(reply.status(), 201);
    assert_eq!(status_with(&server, &format!("AnaplanAuthToken {}", issued(&reply))), 200);

    let wrong = sign_in_with_certificate(&server, &data.replace('0', "1"), SIGNATURE);
    assert_eq!(wrong.status(), 401);
}
