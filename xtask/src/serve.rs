//! `cargo xtask serve`: the fake service to try things against, until it is killed.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use argh::FromArgs;
use xtask::fake::*;

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

/// Serves until killed.
pub(crate) fn run(arguments: &Serve) -> Result<(), String> {
    let server = FakeServer::start_on(data(arguments), arguments.port, arguments.tls)?;
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
    print_usage(&server, arguments.tls)?;
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

    let failed = Task::complete(TASK)
        .with_creation_time(newest - hour)
        .with_result(
            ActionResult::process(PROCESS)
                .with_nested(ActionResult::new("117000000003").with_name("Delete old entries"))
                .with_nested(ActionResult::import_with_dump(LARGE, OBJECT_NAME, 48_210, &large))
                .with_nested(ActionResult::import_with_dump(SMALL, "Accounts from ERP", 3_115, &small())),
        )
        .with_dump(LARGE, large)
        .with_dump(SMALL, small());
    let one_import = || {
        ActionResult::process(PROCESS).with_nested(ActionResult::import_with_dump(
            LARGE,
            OBJECT_NAME,
            47_902,
            &small(),
        ))
    };
    let others = Task::complete(OTHERS_TASK)
        .with_creation_time(newest)
        .with_owner("somebody.else@example.com")
        .with_result(one_import())
        .with_dump(LARGE, small());
    let erased = Task::complete(ERASED_TASK)
        .with_creation_time(newest - 2 * hour)
        .with_result(one_import())
        .with_dump(LARGE, small().erased());
    let clean = Task::complete(CLEAN_TASK).with_creation_time(newest - 3 * hour).with_result(
        ActionResult::process(PROCESS).with_nested(ActionResult::new(LARGE).with_name(OBJECT_NAME)),
    );
    let nightly = [failed, others, erased, clean]
        .into_iter()
        .fold(Process::new(PROCESS, "Nightly load"), Process::with_task);

    let script = ProcessRun::new()
        .with_step_time(Duration::from_secs(2))
        .with_step(TaskState::NotStarted, "Waiting to start.", 0.0)
        .with_step(TaskState::InProgress, "Importing cost centres", 0.3)
        .with_step(TaskState::InProgress, "Importing accounts", 0.7)
        .with_result(
            ActionResult::process(RUNNABLE)
                .with_nested(ActionResult::new("112000000021").with_name("Cost centres"))
                .with_nested(ActionResult::import_with_dump("112000000022", "Accounts", 3_120, &small())),
        )
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

fn print_usage(server: &FakeServer, tls: bool) -> Result<(), String> {
    let dump = server.locator();
    let process = format!("{WORKSPACE}/{MODEL}/{PROCESS}");
    println!("export ANAPLAN_API_URL={}", server.origin());
    println!("export ANAPLAN_AUTH_URL={}", server.origin());
    println!("export ANAPLAN_OAUTH_URL={}", server.origin());
    println!("export ANAPLAN_TOKEN={TOKEN}    # or ANAPLAN_USER={USER} ANAPLAN_PASSWORD={PASSWORD}");
    if tls {
        let port = server.address().port();
        let path = std::env::temp_dir().join(format!("fake-anaplan-root-{port}.pem"));
        fs::write(&path, server.ca_pem())
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        println!("export ANAPLAN_CA_FILE={}", path.display());
    }
    println!();
    println!("# anaplan-dump chunks {dump}");
    println!("# anaplan-dump get {dump} -o dump.csv");
    println!("# anaplan-dump get {process}            # its newest finished run that is yours");
    println!("# anaplan-dump tasks {process}");
    println!("# anaplan-dump get {process}/{OTHERS_TASK}    # another user's: 404");
    println!("# anaplan-dump get {process}/{ERASED_TASK}    # gone: 404");
    println!("# anaplan-dump get {process}/{CLEAN_TASK}    # without failures");
    println!("# anaplan-dump get {WORKSPACE}/{MODEL}/{IMPORT}    # an import that is run on its own");
    println!("# anaplan-dump run {WORKSPACE}/{MODEL}/{RUNNABLE}");
    Ok(())
}
