//! A proxy and a web server of other projects between the binary and the fake server. `.ci/run` installs them;
//! where one is missing, its test says so and is skipped.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};

use crate::network::proxy_to;
use crate::support::users::{self, service, with_password};
use crate::support::{Scene, bytes_of, free_address, program};

/// How long a server may take to listen. Far more than it ever takes.
const DEADLINE: Duration = Duration::from_secs(30);

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

#[test]
fn tinyproxy_wants_a_password_and_gets_it() {
    let Some(tinyproxy) = program("tinyproxy") else { return };
    let scene = Scene::with_tls(service());
    // It passes everything on to a proxy that leads to the fake server.
    let upstream = proxy_to(&scene.server);
    let address = free_address();
    let config = format!(
        "Port {}\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\nBasicAuth me s3cret\nConnectPort 443\nUpstream \
         http {}\n",
        address.port(),
        upstream.address()
    );
    scene.write("tinyproxy.conf", config);
    let mut command = Command::new(tinyproxy);
    let _daemon = start(command.arg("-d").arg("-c").arg(scene.path("tinyproxy.conf")), address);
    let through = |credentials: &str| {
        let command = scene.command("get DUMP -o -").without("ANAPLAN_API_URL").without("ANAPLAN_TOKEN");
        with_password(command).env("HTTPS_PROXY", format!("http://{credentials}@{address}")).run()
    };
    through("me:s3cret").prints(&bytes_of(3, 1));
    let outcome = through("me:wr0ng");
    outcome.exits_with(5).stderr_has(format!("the proxy http://{address} answered 40"));
    outcome.hides("wr0ng");
}

#[test]
fn nginx_puts_tls_and_gzip_in_front() {
    let Some(nginx) = program("nginx") else { return };
    let scene = users::scene();
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
         access_log off;\n  gzip on;\n  gzip_types *;\n  gzip_proxied any;\n  server {{\n    listen {address} \
         ssl;\n    \
         ssl_certificate {crt};\n    ssl_certificate_key {key};\n    location / {{\n      proxy_pass {1};\n      \
         proxy_http_version 1.1;\n    }}\n  }}\n}}\n",
        folder.path().display(),
        scene.server.origin()
    );
    let config = file("nginx.conf", &config);
    let mut command = Command::new(nginx);
    let _daemon = start(command.args(["-c", &config]).arg("-p").arg(folder.path()), address);
    let origin = format!("https://localhost:{}", address.port());
    let command = scene.command("get DUMP -o - --ca-file").arg(&crt).without("ANAPLAN_TOKEN");
    let command = command.env("ANAPLAN_API_URL", &origin).env("ANAPLAN_AUTH_URL", &origin);
    with_password(command).run().prints(&bytes_of(3, 1));
}

#[test]
fn a_handshake_that_the_host_or_the_program_refuses_is_one_sentence_and_not_tried_again() {
    let Some(program) = program("openssl") else { return };
    let scene = Scene::with_chunks(3);
    let openssl = |arguments: &str| {
        let output = Command::new(&program).args(arguments.split(' ')).current_dir(scene.path("")).output();
        assert!(output.is_ok_and(|output| output.status.success()), "openssl {arguments}");
    };
    scene.write("names", "subjectAltName=DNS:localhost\n");
    openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=root");
    let no_common_way = "the host and this program have no cipher, no key exchange or no kind of signature in common";
    let certificate = "the host wants a certificate of this program, which has none to show";
    for (key, signature, server, expected) in [
        (
            "rsa:1024",
            "-sha256",
            "",
            "the host's certificate or one above it has an RSA key of less than 2048 bits, or ",
        ),
        ("ec -pkeyopt ec_paramgen_curve:P-521", "-sha256", "", no_common_way),
        ("rsa:2048", "-sha512", "", "is signed in a way that is not known here"),
        ("rsa:2048", "-sha256", " -tls1_1", "the host knows neither TLS 1.2 nor TLS 1.3"),
        ("rsa:2048", "-sha256", " -tls1_2 -Verify 1", certificate),
        ("rsa:2048", "-sha256", " -tls1_3 -Verify 1", certificate),
    ] {
        openssl(&format!("req -new -newkey {key} -nodes -keyout key.pem -out request.csr -subj /CN=localhost"));
        openssl(&format!(
            "x509 -req {signature} -in request.csr -CA ca.pem -CAkey ca.key -extfile names -out host.pem"
        ));
        let address = free_address();
        let mut command = Command::new(&program);
        command.current_dir(scene.path("")).stdin(Stdio::piped());
        let arguments =
            format!("s_server -accept {address} -cert host.pem -key key.pem -cipher ALL:@SECLEVEL=0{server}");
        let _daemon = start(command.args(arguments.split(' ')), address);
        let origin = format!("https://localhost:{}", address.port());
        let outcome = scene.command("chunks DUMP --ca-file ca.pem").env("ANAPLAN_API_URL", origin).run();
        let error = outcome.exits_with(5).stderr_text();
        assert!(error.contains(expected) && error.lines().count() == 1 && !error.contains(" tries"), "{error}");
    }
    scene.any_files();
}
