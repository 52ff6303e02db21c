//! `cargo xtask serve`: the fake service to try things against, until it is killed.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, fs};

use argh::FromArgs;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256};
use xtask::fake::*;

use crate::sample;

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

/// The failed task with two dumps.
const LARGE: &str = OBJECT;
const SMALL: &str = "112000000016";
const OTHERS_TASK: &str = "0123456789ABCDEF0123456789ABCDEF";
const ERASED_TASK: &str = "E1E1E1E1E1E1E1E1E1E1E1E1E1E1E1E1";
const CLEAN_TASK: &str = "C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0";
const RUNNABLE: &str = "118000000002";
/// An import that is run on its own.
const IMPORT: &str = "112000000031";
const PASSWORD: &str = "fake-password";

/// As the service cuts dumps.
const CHUNK_SIZE: usize = 10_000_000;

/// Of the tests: who signs in with it here gets a token for nothing.
const KEY: &str = include_str!("../../crates/core/tests/fixtures/sign_in/test-only.key.pem");

/// A certificate of the user.
fn certificate() -> Result<String, rcgen::Error> {
    let key = KeyPair::from_pkcs8_pem_and_sign_algo(KEY, &PKCS_RSA_SHA256)?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, USER);
    Ok(params.self_signed(&key)?.pem())
}

/// Serves until killed.
pub(crate) fn run(arguments: &Serve) -> Result<(), String> {
    let certificate = certificate().map_err(|error| format!("no certificate can be made: {error}"))?;
    let mut service = sample::add_to(data(arguments));
    service.add_certificate(USER, &certificate);
    let server = FakeServer::start_on(service, arguments.port, arguments.tls)?;
    let retry_after = Some("1".to_owned());
    let flaky = [
        Fault::ResetBeforeAnswer,
        Fault::CutBody { after_bytes: 2_000_000 },
        Fault::Status { code: 503, body: ErrorBody::Html, retry_after: None },
        Fault::Status { code: 429, body: ErrorBody::Json(String::new()), retry_after },
    ];
    for (fault, seed) in flaky.into_iter().zip(1..).filter(|_| arguments.flaky) {
        server.fault(fault, When::any().chance(0.1, seed));
    }
    let folder = write_files(&server, &certificate)?;
    print_usage(&server, &folder, arguments.tls);
    loop {
        std::thread::park();
    }
}

fn data(arguments: &Serve) -> Service {
    let size = CHUNK_SIZE.saturating_mul(arguments.chunks);
    let large = Dump::from_bytes(dump_file::generate(1, size), CHUNK_SIZE);
    let small = || Dump::from_bytes(dump_file::generate(0, 40_000), 15_000);
    let hour = 3_600_000;
    let newest = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64 - hour;

    let import = |taken, dump: &Dump| ActionResult::import_with_dump(LARGE, OBJECT_NAME, taken, dump);
    let of = |result: ActionResult| ActionResult::process(PROCESS).with_nested(result);
    let rejected = |id| Task::complete(id).with_result(of(import(47_902, &small())));
    let failed = of(ActionResult::new("117000000003").with_name("Delete old entries"))
        .with_nested(import(48_210, &large))
        .with_nested(ActionResult::import_with_dump(SMALL, "Accounts from ERP", 3_115, &small()));
    let tasks = [
        Task::complete(TASK).with_result(failed).with_dump(LARGE, large).with_dump(SMALL, small()),
        rejected(OTHERS_TASK).with_owner("colleague@example.com").with_dump(LARGE, small()),
        rejected(ERASED_TASK).with_dump(LARGE, small().erased()),
        Task::complete(CLEAN_TASK).with_result(of(ActionResult::loaded(LARGE, OBJECT_NAME, 48_112))),
    ];
    let tasks = tasks.into_iter().zip([1, 0, 2, 3]);
    let nightly = tasks.fold(Process::new(PROCESS, "Nightly load"), |process, (task, age)| {
        process.with_task(task.with_creation_time(newest - age * hour))
    });

    let result = ActionResult::process(RUNNABLE)
        .with_nested(ActionResult::loaded("112000000021", "Cost centres", 512))
        .with_nested(ActionResult::import_with_dump("112000000022", "Accounts", 3_120, &small()));
    let script = ProcessRun::new()
        .with_step_time(Duration::from_secs(2))
        .with_step(TaskState::NotStarted, "Waiting to start.", 0.0)
        .with_step(TaskState::InProgress, "Importing cost centres", 0.3)
        .with_step(TaskState::InProgress, "Importing accounts", 0.7)
        .with_result(result)
        .with_dump("112000000022", small());
    let runnable = Process::new(RUNNABLE, "Month end").with_script(script);

    let rates = Task::complete(TASK)
        .with_creation_time(newest)
        .with_result(ActionResult::import_with_dump(IMPORT, "Exchange rates", 162, &small()))
        .with_dump(IMPORT, small());
    let rates = Process::new(IMPORT, "Exchange rates").with_task(rates);

    let mut service = Service::new().with_process(nightly).with_process(runnable).with_import(rates);
    service.next_on_whole_lists = true;
    service.add_password(USER, PASSWORD);
    service.approve_devices(USER, 2);
    if arguments.slow {
        service.set_link(Duration::ZERO, Some(2_000_000));
    }
    if arguments.gzip {
        service.set_gzip(GzipMode::On);
    }
    service
}

/// Writes what the printed commands need into a folder that is made once for each port.
fn write_files(server: &FakeServer, certificate: &str) -> Result<PathBuf, String> {
    let folder = env::temp_dir().join(format!("fake-anaplan-{}", server.address().port()));
    let failed = |error| format!("{}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(failed)?;
    let (ca, source) = (server.ca_pem(), sample::source());
    let files = [("user.crt", certificate), ("user.key", KEY), ("root.pem", &ca), ("cost-centres.csv", &source)];
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    // Else the program would warn of it.
    #[cfg(unix)]
    fs::set_permissions(folder.join("user.key"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .map_err(failed)?;
    Ok(folder)
}

fn print_usage(server: &FakeServer, folder: &Path, tls: bool) {
    let (model, origin, folder) = (format!("{WORKSPACE}/{MODEL}"), server.origin(), folder.display());
    let (dump, process) = (server.locator(), format!("{model}/{PROCESS}"));
    let root = if tls { format!("export ANAPLAN_CA_FILE={folder}/root.pem\n") } else { String::new() };
    println!(
        "export ANAPLAN_API_URL={origin} ANAPLAN_AUTH_URL={origin} ANAPLAN_OAUTH_URL={origin}
{root}export ANAPLAN_TOKEN={TOKEN}
# Instead of the token (`unset ANAPLAN_TOKEN`):
# export ANAPLAN_USER={USER} ANAPLAN_PASSWORD={PASSWORD}
# export ANAPLAN_CERTIFICATE={folder}/user.crt ANAPLAN_PRIVATE_KEY={folder}/user.key

# anaplan-dump chunks {dump}
# anaplan-dump get {dump} -o dump.csv
# anaplan-dump get {process}            # its newest finished run that is yours
# anaplan-dump tasks {process}
# anaplan-dump get {process}/{OTHERS_TASK}    # another user's: 404
# anaplan-dump get {process}/{ERASED_TASK}    # gone: 404
# anaplan-dump get {process}/{CLEAN_TASK}    # without failures
# anaplan-dump get {model}/{IMPORT}    # an import that is run on its own
# anaplan-dump run {model}/{RUNNABLE}
# anaplan-dump run {model}/{LOADING} --put {folder}/cost-centres.csv    # some of its rows are rejected",
        LOADING = sample::IMPORT,
    );
}
