//! Programs that nobody here wrote: clients that sign in to the fake server and get right bytes, a proxy and
//! a web server on the way. `.ci/run` installs them; where one is missing, its test says so and is skipped.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256};
use xtask::fake::{MODEL, OBJECT, PROCESS, Service, TASK, USER, WORKSPACE};

use crate::network::Proxy;
use crate::support::{Scene, bytes_of, three_chunks};

const PASSWORD: &str = "the password";
const KEY: &str = include_str!("../crates/core/tests/fixtures/sign_in/test-only.key.pem");

/// How long a server may take to listen. Far more than it ever takes.
const DEADLINE: Duration = Duration::from_secs(30);

/// A program, if it is installed.
fn program(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    folders.push("/usr/sbin".into());
    let found = folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        skip(name);
    }
    found
}

/// A Python that has the package: the one that `.ci/run` sets up.
fn python_with(package: &str) -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/real-parts/bin/python");
    let import = Command::new(&python).args(["-c", &format!("import {package}")]).output();
    if import.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    skip(package);
    None
}

fn skip(what: &str) {
    // Unlike what `eprintln` writes, this is shown for a test that passes.
    let _ = writeln!(std::io::stderr(), "skipped: {what} is not installed; see .ci/run");
}

fn service() -> Service {
    let mut service = Service::with_dump(three_chunks());
    service.add_password(USER, PASSWORD);
    service.add_refresh_token(USER, "client", "first-refresh-token", true);
    service
}

#[track_caller]
fn succeeds(scene: &Scene, output: &Output) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}\n{}", scene.describe());
}

#[track_caller]
fn prints_the_dump(scene: &Scene, output: &Output) {
    succeeds(scene, output);
    assert!(output.stdout == bytes_of(3, 1), "other bytes\n{}", scene.describe());
}

#[test]
fn apapi_signs_in_with_a_password_and_with_oauth() {
    let Some(python) = python_with("apapi") else { return };
    let scene = Scene::with_service(service());
    let origin = scene.server.origin();
    for sign_in in [
        format!("apapi.BasicAuth('{USER}:{PASSWORD}', '{origin}')"),
        format!(
            "apapi.OAuth2Rotatable('client', lambda: 'first-refresh-token', lambda new: None, '{origin}', '{origin}')"
        ),
    ] {
        let script = format!(
            "import sys, apapi\n\
             with {sign_in} as auth:\n    \
                 assert auth.validate_token()\n    \
                 connection = apapi.Connection(auth, '{origin}')\n    \
                 dump = connection.download_process_dump('{MODEL}', '{PROCESS}', '{TASK}', '{OBJECT}')\n    \
                 sys.stdout.buffer.write(dump)\n"
        );
        let output = Command::new(&python).args(["-c", &script]).output().expect("python runs");
        prints_the_dump(&scene, &output);
        assert_eq!(scene.requests().last().map(String::as_str), Some("POST /token/logout"));
    }
}

#[test]
fn anaplan_sdk_signs_in_with_a_password_and_with_a_certificate() {
    let Some(python) = python_with("anaplan_sdk, cryptography") else { return };
    let key = KeyPair::from_pkcs8_pem_and_sign_algo(KEY, &PKCS_RSA_SHA256).expect("a key");
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, USER);
    let certificate = params.self_signed(&key).expect("a certificate").pem();
    let mut service = service();
    service.add_certificate(USER, &certificate);
    let scene = Scene::with_tls(service);
    scene.write("user.crt", &certificate);
    scene.write("user.key", KEY);
    let proxy = Proxy::start(scene.server.address(), Vec::new());
    for way in [
        format!("user_email='{USER}', password='{PASSWORD}'"),
        "certificate='user.crt', private_key='user.key'".to_owned(),
    ] {
        let script = format!(
            "import anaplan_sdk\n\
             client = anaplan_sdk.Client('{WORKSPACE}', '{MODEL}', {way})\n\
             print([process.id for process in client.get_processes()])\n"
        );
        let output = Command::new(&python)
            .args(["-c", &script])
            .env("HTTPS_PROXY", format!("http://{}", proxy.address()))
            .env("SSL_CERT_FILE", scene.ca_file())
            .current_dir(scene.path("."))
            .output()
            .expect("python runs");
        succeeds(&scene, &output);
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), format!("[{PROCESS}]"));
    }
}

#[test]
fn curl_signs_in_and_fetches_each_chunk() {
    let Some(curl) = program("curl") else { return };
    let scene = Scene::with_service(service());
    let origin = scene.server.origin();
    let output = Command::new(&curl)
        .args(["-sf", "-X", "POST", "-u", &format!("{USER}:{PASSWORD}")])
        .arg(format!("{origin}/token/authenticate"))
        .output()
        .expect("curl runs");
    succeeds(&scene, &output);
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let token = answer["tokenInfo"]["tokenValue"].as_str().expect("a token");
    let chunks: Vec<String> =
        (0..3).map(|chunk| format!("{}/chunks/{chunk}", scene.server.dump_url())).collect();
    let output = Command::new(&curl)
        .args(["-sf", "-H", &format!("Authorization: AnaplanAuthToken {token}")])
        .args(&chunks)
        .output()
        .expect("curl runs");
    prints_the_dump(&scene, &output);
    // OAuth takes a form as well, which is what curl sends.
    let output = Command::new(&curl)
        .args(["-sf", "-d", "grant_type=refresh_token&client_id=client&refresh_token=first-refresh-token"])
        .arg(format!("{origin}/oauth/token"))
        .output()
        .expect("curl runs");
    succeeds(&scene, &output);
}

/// A server that ends with the test.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a server that stays in the foreground, and waits until it listens.
fn start(command: &mut Command, address: SocketAddr) -> Daemon {
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let daemon = Daemon(child);
    let begun = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(begun.elapsed() < DEADLINE, "it does not listen");
        thread::sleep(Duration::from_millis(5));
    }
    daemon
}

fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|port| port.local_addr()).expect("a port")
}

#[test]
fn tinyproxy_wants_a_password_and_gets_it() {
    let Some(tinyproxy) = program("tinyproxy") else { return };
    let scene = Scene::with_tls(service());
    // Behind it, everything leads to the fake server.
    let upstream = Proxy::start(scene.server.address(), Vec::new());
    let address = free_address();
    let config = format!(
        "Port {}\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\nBasicAuth me s3cret\nConnectPort 443\nUpstream http {}\n",
        address.port(),
        upstream.address()
    );
    scene.write("tinyproxy.conf", config);
    let mut command = Command::new(tinyproxy);
    let _daemon = start(command.arg("-d").arg("-c").arg(scene.path("tinyproxy.conf")), address);
    let through = |credentials: &str| {
        let command =
            scene.command("get DUMP -o -").env_remove("ANAPLAN_API_URL").env_remove("ANAPLAN_TOKEN");
        let command = command.env("ANAPLAN_USER", USER).env("ANAPLAN_PASSWORD", PASSWORD);
        command.env("HTTPS_PROXY", format!("http://{credentials}@{address}")).run()
    };
    through("me:s3cret").prints(&bytes_of(3, 1));
    let outcome = through("me:wr0ng");
    outcome.exits_with(5).stderr_has(format!("the proxy http://{address} answered 40"));
    outcome.hides("wr0ng");
}

#[test]
fn nginx_puts_tls_and_gzip_in_front() {
    let Some(nginx) = program("nginx") else { return };
    let scene = Scene::with_service(service());
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("names");
    let certificate = params.self_signed(&key).expect("a certificate").pem();
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).expect("a file");
        folder.path().join(name).display().to_string()
    };
    let (crt, key) = (file("front.crt", &certificate), file("front.key", &key.serialize_pem()));
    let address = free_address();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("  {kind}_temp_path {}/{kind};\n", folder.path().display()))
        .collect();
    let config = format!(
        "daemon off;\nmaster_process off;\npid {0}/pid;\nerror_log {0}/error.log;\nevents {{}}\nhttp {{\n{temporary}  \
         access_log off;\n  gzip on;\n  gzip_types *;\n  gzip_proxied any;\n  server {{\n    listen {address} ssl;\n    \
         ssl_certificate {crt};\n    ssl_certificate_key {key};\n    location / {{\n      proxy_pass {1};\n      \
         proxy_http_version 1.1;\n    }}\n  }}\n}}\n",
        folder.path().display(),
        scene.server.origin()
    );
    let config = file("nginx.conf", &config);
    let mut command = Command::new(nginx);
    let _daemon = start(command.args(["-c", &config]).arg("-p").arg(folder.path()), address);
    let origin = format!("https://localhost:{}", address.port());
    let command = scene.command("get DUMP -o - --ca-file").arg(&crt).env_remove("ANAPLAN_TOKEN");
    let command = command.env("ANAPLAN_API_URL", &origin).env("ANAPLAN_AUTH_URL", &origin);
    command.env("ANAPLAN_USER", USER).env("ANAPLAN_PASSWORD", PASSWORD).run().prints(&bytes_of(3, 1));
    // Plain http to its port of TLS is answered with 400 and a page.
    let plain = format!("http://localhost:{}", address.port());
    let outcome = scene.command("chunks DUMP").env("ANAPLAN_API_URL", plain).run();
    outcome
        .exits_with(5)
        .stderr_has("the request failed: plain http was sent to a port that speaks TLS: write https://");
}
