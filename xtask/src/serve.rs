//! `cargo xtask serve`: the fake service to try things against, until it is killed.

use std::path::{Path, PathBuf};
use std::{fs, io};

use argh::FromArgs;
use xtask::fake::*;
use xtask::sample::{self, CLEAN_TASK, ERASED_TASK, FILE_NAME, IMPORT, LARGE, OTHERS_TASK};

use crate::cargo::{PROGRAM, build_program};

/// run a fake Anaplan service with a ready data set, until it is killed
#[derive(FromArgs)]
#[argh(subcommand, name = "serve")]
pub(crate) struct Serve {
    /// port on 127.0.0.1 (default: a free one)
    #[argh(option, default = "0")]
    port: u16,
    /// chunks of the large dump, 10 MB each (default: 3)
    #[argh(option, default = "3")]
    chunks: usize,
    /// send at 2 MB/s, slow enough to interrupt a download
    #[argh(switch)]
    slow: bool,
    /// let every third request go wrong: a reset, a cut body, 503, 429
    #[argh(switch)]
    flaky: bool,
    /// serve over TLS, under a root certificate made for this run
    #[argh(switch)]
    tls: bool,
    /// compress chunks for clients that accept it
    #[argh(switch)]
    gzip: bool,
}

const PASSWORD: &str = "fake-password";

/// Serves until killed.
pub(crate) fn run(arguments: &Serve) -> Result<(), String> {
    let certificate = client_certificate(2020, 2120).map_err(|error| format!("no certificate can be made: {error}"))?;
    eprintln!("Building {PROGRAM}: about two minutes the first time ...");
    let program = build_program(&[])?;
    let size = CHUNK_SIZE.saturating_mul(arguments.chunks);
    let mut service = sample::service(Dump::from_bytes(dump_file::generate(1, size), CHUNK_SIZE));
    service.add_password(USER, PASSWORD);
    service.approve_devices(USER, 2);
    service.add_certificate(USER, &certificate);
    service.settings.bytes_per_second = arguments.slow.then_some(2_000_000);
    service.settings.gzip = arguments.gzip;
    let server = FakeServer::start_on(service, arguments.port, arguments.tls.then_some(ServerCertificate::Good))?;
    let flaky = [
        Fault::Reset(At::Start),
        Fault::Cut(At::Body(2_000_000)),
        Fault::page(503),
        Fault::Answer(Answer::error(429, "Too Many Requests").with_header("Retry-After", "1")),
    ];
    for (fault, number) in flaky.iter().cycle().zip((3..10_000).step_by(3)).filter(|_| arguments.flaky) {
        server.fault(fault.clone(), When::any().occurrence(number));
    }
    let folder = write_files(&server, &certificate).map_err(|error| format!("the folder to work in: {error}"))?;
    print_usage(&server, &program, &folder, arguments.tls);
    loop {
        std::thread::park();
    }
}

/// Makes a folder to work in, with the files that the printed commands need.
fn write_files(server: &FakeServer, certificate: &str) -> io::Result<PathBuf> {
    // It stays, because nothing tells when the person has had enough of it.
    let folder = tempfile::Builder::new().prefix("fake-anaplan-").tempdir()?.keep();
    let (ca, source) = (server.ca_pem(), sample::source());
    let files = [("user.crt", certificate), ("user.key", CLIENT_KEY), ("root.pem", &ca), (FILE_NAME, &source)];
    files.into_iter().try_for_each(|(name, text)| fs::write(folder.join(name), text))?;
    // Else the program would warn of it.
    #[cfg(unix)]
    fs::set_permissions(folder.join("user.key"), std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(folder)
}

fn print_usage(server: &FakeServer, program: &Path, folder: &Path, tls: bool) {
    let settings = sample::settings(server, program.parent().unwrap_or(folder));
    let folder = folder.display();
    println!("# Paste these lines into another terminal:\n{settings}");
    if tls {
        println!("export ANAPLAN_CA_FILE=\"{folder}/root.pem\"");
    }
    println!("cd \"{folder}\"\n\n# Then these one by one. An import rejected rows: see why, correct and load them.");
    for (says, line) in sample::steps() {
        println!("# {says}\n{line}");
    }
    println!(
        "
# More to try. The file as it came, with its mistakes:
anaplan-dump run {IMPORT} --put {FILE_NAME} -o again/
# Run the process on the last upload, then list its runs:
anaplan-dump run {PROCESS} -o again/
anaplan-dump tasks {PROCESS}
# The dump of another user, one that is gone, and a run without failures:
anaplan-dump get {PROCESS}/{OTHERS_TASK}
anaplan-dump get {PROCESS}/{ERASED_TASK}
anaplan-dump get {PROCESS}/{CLEAN_TASK}
# A large dump:
anaplan-dump chunks {LARGE}
anaplan-dump get {LARGE} -o large.csv
# Sign in with a password instead:
unset ANAPLAN_TOKEN; export ANAPLAN_USER={USER} ANAPLAN_PASSWORD={PASSWORD}
# Or with a certificate:
unset ANAPLAN_TOKEN ANAPLAN_USER ANAPLAN_PASSWORD
export ANAPLAN_CERTIFICATE=\"{folder}/user.crt\" ANAPLAN_PRIVATE_KEY=\"{folder}/user.key\"
# At the end:
cd; rm -r \"{folder}\""
    );
}
