//! Seeded random fault schedules, through the library and through the binary with SIGKILL at random
//! instants. Each ends in the identical file, or in a documented error with nothing under the final name
//! and a part file that the next run goes on from.
//!
//! `CHAOS_SEEDS=N cargo test --test e2e chaos` runs as many as asked, and `CHAOS_FIRST_SEED=S` with it begins at
//! another.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use anaplan_dump_core::{
    Client, Credentials, DumpAddress, Error, ErrorKind, Locator, Origin, Secret, Token, thousands,
};
use xtask::fake::random::Random;
use xtask::fake::{
    Answer, At, Dump, FakeServer, Fault, Framing, Import, Process, Rule, Service, SourceFile, TOKEN, USER, When,
    dump_file,
};

use crate::support::users::{PASSWORD, bare, with_password};
use crate::support::{PART_FILES, Scene, assert_same_bytes, describe_requests, file_of};

/// Schedules of one test run, through the library and through the binary.
const LIBRARY_SEEDS: u64 = 300;
const BINARY_SEEDS: u64 = 25;

/// Schedules that run side by side: most of their time is waiting for stalls.
const THREADS: u64 = 4;

/// Silence that counts as a stall: short, so that a schedule with some ends soon, and far longer than
/// any pause of a busy machine that is not one.
const STALL_LIMIT: Duration = Duration::from_millis(400);

/// What the loop loads.
const SOURCE: &str = "113000000001";
const IMPORT: &str = "112000000041";

/// Kills after which a download is left to end.
const MAX_KILLS: u64 = 12;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

/// Runs a schedule for each seed, as many as the variable says, and reports every seed that failed.
fn for_each_seed(variable: &str, default: u64, schedule: impl Fn(u64) + Sync) {
    let count = setting(variable, default);
    let first = setting("CHAOS_FIRST_SEED", 1);
    let failed_of = |thread: u64| -> Vec<u64> {
        let seeds = (first..first + count).skip(thread as usize).step_by(THREADS as usize);
        seeds.filter(|seed| catch_unwind(AssertUnwindSafe(|| schedule(*seed))).is_err()).collect()
    };
    let failed: Vec<u64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || failed_of(thread))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("panics are caught")).collect()
    });
    let again = format!("CHAOS_FIRST_SEED=SEED {variable}=1 cargo test --test e2e chaos");
    assert!(failed.is_empty(), "seeds {failed:?} failed; replay one with: {again}");
}

/// What a schedule downloads.
struct Setting {
    dump: Dump,
    /// What replaces the dump during the download, where a schedule has it so: a dump of more chunks,
    /// because only the chunk list shows that a dump was replaced.
    replacement: Option<Dump>,
}

fn random_dump(random: &mut Random, chunks: usize) -> Dump {
    let mut parts = Vec::new();
    for _ in 0..chunks {
        // An empty chunk among others would be a fault.
        // What is written at once has 128 KiB.
        let odd_size = *random.pick(&[1, 128 * 1024, 256 * 1024, 300_000]);
        let size = if random.chance(0.3) { odd_size } else { 1 + random.index(40_000) };
        let seed = random.next_u64();
        let bytes = match random.chance(0.5) {
            true => dump_file::generate(seed, size),
            false => dump_file::random_bytes(seed, size),
        };
        parts.push(bytes.into());
    }
    let mut ids: Vec<String> = (0..chunks).map(|n| n.to_string()).collect();
    for last in (1..ids.len()).rev() {
        ids.swap(last, random.index(last + 1));
    }
    Dump::from_chunks(parts).with_ids(ids)
}

fn random_setting(random: &mut Random) -> Setting {
    let chunks = 1 + random.index(7);
    let dump = random_dump(random, chunks);
    let more = chunks + 1 + random.index(3);
    Setting { dump, replacement: random.chance(0.2).then(|| random_dump(random, more)) }
}

fn service(random: &mut Random, dump: Dump) -> Service {
    let mut service = Service::with_dump(dump);
    service.page_size = if random.chance(0.3) { 1 + random.index(3) } else { service.page_size };
    service.settings.gzip = random.chance(0.5);
    service.add_password(USER, PASSWORD);
    service.settings.framing = if random.chance(0.5) { Framing::Chunked } else { Framing::ContentLength };
    service
}

/// A fault that another try may get past.
fn transient_fault(random: &mut Random) -> Fault {
    let after_bytes = random.index(45_000) * *random.pick(&[1, 1, 1, 7]);
    match random.index(19) {
        0 => Fault::Cut(At::Start),
        1 => Fault::Reset(At::Start),
        2 => Fault::Stall(At::Start),
        3 => Fault::Cut(At::Head),
        4 => Fault::Reset(At::Head),
        5 | 6 => Fault::Reset(At::Body(after_bytes)),
        7 | 8 => Fault::Cut(At::Body(after_bytes)),
        9 => Fault::Cut(At::BeforeEnd(1 + random.index(12))),
        10 => Fault::Stall(At::Body(after_bytes)),
        11 => Fault::page(200),
        12 => Fault::GzipBadCrc,
        13 => Fault::GzipTruncated,
        14 => Fault::GzipNoTrailer,
        15 => Fault::CloseDelimited,
        16 => Fault::Header("Content-Encoding", (*random.pick(&["br", "deflate", "zstd", "gzip, gzip"])).to_owned()),
        _ => {
            let code = *random.pick(&[408, 409, 423, 429, 500, 502, 503, 504, 599]);
            let retry_after = random.pick(&[None, Some("0"), Some("soon"), Some("Sun, 06 Nov 1994 08:49:37 GMT")]);
            let page = Answer::new(code, "text/html", "<html>");
            let answer = if random.chance(0.5) { page } else { Answer::empty(code) };
            Fault::Answer(retry_after.iter().fold(answer, |answer, wait| answer.with_header("Retry-After", *wait)))
        }
    }
}

fn random_requests(random: &mut Random) -> When {
    match random.index(4) {
        0 => When::path("chunks"),
        1 => When::path(format!("chunks/{}", random.index(7))),
        _ => When::path("chunks/*"),
    }
}

/// Adds faults that spoil twelve requests at most, and says whether all of them pass.
fn add_faults(random: &mut Random, server: &FakeServer, setting: &Setting) -> bool {
    let mut pass = setting.replacement.is_none();
    for _ in 0..random.index(7) {
        let fault = transient_fault(random);
        // An encoding that stays although none was asked for is final.
        pass &= !matches!(fault, Fault::Header("Content-Encoding", _));
        server.fault(fault, random_requests(random).times(1 + random.index(2)));
    }
    if let Some(replacement) = &setting.replacement {
        let when = When::path("chunks/*").occurrence(1 + random.index(8));
        server.fault(Fault::ReplaceDump(replacement.clone()), when);
    }
    if random.chance(0.1) {
        server.fault(Fault::status(*random.pick(&[403, 404])), random_requests(random).occurrence(1 + random.index(4)));
        pass = false;
    }
    if random.chance(0.05) {
        server.fault(Fault::EraseDump, When::path("chunks/*").occurrence(1 + random.index(4)));
        pass = false;
    }
    pass
}

/// Credentials that are good for the whole schedule, and the end of a token in the middle of it; or a ready token.
/// Says as well whether the download passes that.
fn credentials(random: &mut Random, server: &FakeServer) -> (Credentials, bool) {
    if random.chance(0.5) {
        return (Token::anaplan(TOKEN).expect("a token").into(), true);
    }
    let ends = random.index(4);
    for _ in 0..ends {
        let when = random_requests(random).occurrence(1 + random.index(8));
        server.fault(Fault::ExpireToken, when);
    }
    if random.chance(0.3) {
        server.fault(Fault::status(503), When::path("authenticate").times(1));
    }
    let password = Secret::new(PASSWORD);
    // A token that ends twice during one request is not renewed a second time.
    (Credentials::password(USER, password).expect("credentials"), ends < 2)
}

fn client(server: &FakeServer, credentials: Credentials, retries: u32) -> Client {
    let origin = server.origin().parse::<Origin>().expect("the server's origin");
    Client::builder(credentials)
        .api(origin.clone())
        .auth(origin)
        .retries(retries)
        .max_wait(Duration::from_millis(2))
        .stall_timeout(STALL_LIMIT)
        .build()
        .expect("a client")
}

fn address(server: &FakeServer) -> DumpAddress {
    server.locator().parse::<Locator>().and_then(|locator| locator.dump()).expect("the server's locator")
}

/// The error is one that the documentation names for such faults.
fn assert_documented(error: &Error) {
    let kind = error.kind();
    assert!(matches!(kind, ErrorKind::Service | ErrorKind::NotFound | ErrorKind::NotPermitted), "{kind:?}: {error:?}");
}

fn library_schedule(seed: u64) {
    let mut random = Random::new(seed);
    let setting = random_setting(&mut random);
    let server = FakeServer::start(service(&mut random, setting.dump.clone()));
    let (credentials, token_lasts) = credentials(&mut random, &server);
    let parallel = if random.chance(0.5) { 1 } else { 2 + random.index(3) };
    let is_patient = random.chance(0.5);
    let retries = if is_patient { 30 } else { random.below(3) as u32 };
    let client = client(&server, credentials, retries);
    let dump = address(&server);
    // The long patience is for what worked once.
    let _ = client.chunks(&dump);
    let must_succeed = add_faults(&mut random, &server, &setting) && token_lasts && is_patient;
    if random.chance(0.3) {
        let mut written = Vec::new();
        let outcome = client.download(&dump).parallel(parallel).write_to(&mut written).map(drop);
        check_writer(&setting, must_succeed, outcome, &written);
        return;
    }
    let folder = tempfile::tempdir().expect("a scratch folder");
    let target = folder.path().join("dump.csv");
    let save = || client.download(&dump).parallel(parallel).save_to(&target);
    let mut outcome = save();
    for run in 0.. {
        let Err(error) = &outcome else { break };
        assert!(!target.exists(), "a file has the final name after {error:?}");
        assert!(!must_succeed, "{error:?}");
        assert_documented(error);
        match run {
            1 => server.clear_faults(),
            2 => {
                // Without a fault only an erased dump cannot be downloaded.
                assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
                return;
            }
            _ => {}
        }
        outcome = save();
    }
    let got = fs::read(&target).expect("the finished file");
    assert!(setting.is_possible(&got), "{} wrong bytes\n{}", got.len(), describe_requests(&server));
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "something is left over");
}

impl Setting {
    fn is_possible(&self, bytes: &[u8]) -> bool {
        self.dump.bytes() == bytes || self.replacement.as_ref().is_some_and(|dump| dump.bytes() == bytes)
    }
}

/// A writer has the whole dump or its first whole chunks. One that cannot be begun anew may also have
/// pieces that do not belong together, and the error says so.
fn check_writer(setting: &Setting, must_succeed: bool, outcome: Result<(), Error>, written: &[u8]) {
    let Err(error) = outcome else {
        assert!(setting.is_possible(written), "{} wrong bytes", written.len());
        return;
    };
    assert!(!must_succeed, "{error:?}");
    assert_documented(&error);
    match error {
        Error::Changed { .. } => assert!(setting.replacement.is_some(), "{error:?}"),
        Error::Incomplete { whole_chunks, .. } if setting.replacement.is_none() => {
            assert_same_bytes(written, &setting.dump.chunks[..whole_chunks].concat());
        }
        // The list could not be read, or the one after the last chunk.
        _ => assert!(setting.replacement.is_some() || written.is_empty() || setting.is_possible(written)),
    }
}

fn binary_schedule(seed: u64) {
    let mut random = Random::new(seed);
    let chunks = 6 + random.index(10);
    let dump = random_dump(&mut random, chunks);
    let mut service = service(&mut random, dump.clone());
    service.settings.latency = Duration::from_millis(4);
    let scene = Scene::with_service(service);
    for _ in 0..random.index(3) {
        let fault = Fault::Reset(At::Body(random.index(30_000)));
        scene.server.fault(fault, When::path("chunks/*").times(1));
    }
    let is_done = || scene.path("dump.csv").exists();
    let mut runs = 0;
    while !is_done() && runs < MAX_KILLS {
        runs += 1;
        let running = scene.command("get DUMP -o dump.csv").start();
        // Longer from run to run, so that every schedule gets through some chunks.
        std::thread::sleep(Duration::from_micros(random.below(12_000 * runs)));
        running.kill();
    }
    if !is_done() {
        scene.get("").any_stdout().stderr_text();
    }
    scene.has("dump.csv", &dump.bytes());
    // A kill may come after the last step but before the old name and the journal are removed.
    for file in PART_FILES {
        let _ = fs::remove_file(scene.path(file));
    }
    let fetched = scene.count_of("GET DUMP/chunks/") as u64;
    // A kill loses the chunk that is fetched, a reset too: all others are fetched once.
    assert!(fetched <= chunks as u64 + runs + 3, "{fetched} requests\n{}", scene.describe());
}

/// A fault of an upload or a start, and its requests.
fn loading_fault(random: &mut Random, size: usize) -> (Fault, When) {
    let fault = match random.index(8) {
        0 => Fault::Cut(At::Start),
        1 => Fault::Reset(At::Start),
        2 => Fault::Cut(At::Head),
        3 | 4 => Fault::ResetInUpload { after_bytes: random.index(size) },
        5 => Fault::page(200),
        _ => Fault::status(*random.pick(&[409, 423, 429, 500, 502, 503, 504])),
    };
    let when = match random.index(6) {
        0 => When::path(format!("files/{SOURCE}")),
        1 => When::path("complete"),
        2 => When::path("tasks").method("POST"),
        _ => When::path(format!("files/{SOURCE}/chunks/*")),
    };
    (fault, when.times(1 + random.index(2)))
}

/// The loop through the binary, from a file with mistakes until nothing is rejected. Each run starts the import at most
/// once and never with half a file, whatever goes wrong and whenever it is killed.
fn loop_schedule(seed: u64) {
    let mut random = Random::new(seed);
    // Now and then a file of two chunks.
    let rows = if random.chance(0.02) { 1_000_000 } else { 1 + random.index(2_000) };
    let mistakes = 2 + random.index(rows);
    let row = |row: usize| format!("C{row},{}\n", if row.is_multiple_of(mistakes) { "x" } else { "1" });
    let source = (0..rows).fold("Code,Amount\n".to_owned(), |text, number| text + &row(number));
    let rejected: String = (0..rows).step_by(mistakes).map(|row| format!("\"C{row}\",\"x\"\n")).collect();
    let corrected = format!("\"Code\",\"Amount\"\n{}", rejected.replace('x', "1"));
    let rules = Import::from_file(SOURCE).with_column("Code", Rule::Unique).with_column("Amount", Rule::Number);
    let mut service = service(&mut random, Dump::from_bytes(b"a dump".to_vec(), 3))
        .with_file(SourceFile::new(SOURCE, "source.csv"))
        .with_import(Process::new(IMPORT, "Load").reading(rules));
    service.settings.latency = Duration::from_millis(2);
    let scene = Scene::with_service(service);
    scene.write("source.csv", &source);
    let count = rejected.lines().count();
    for (file, text, loaded, failed) in
        [("source.csv", &source, rows - count, count), ("corrected.csv", &corrected, count, 0)]
    {
        for _ in 0..random.index(5) {
            let (fault, when) = loading_fault(&mut random, text.len());
            scene.server.fault(fault, when);
        }
        for _ in 0..random.index(3) {
            scene.server.fault(Fault::ExpireToken, When::any().occurrence(1 + random.index(8)));
        }
        let tasks = || scene.server.service().imports[0].tasks.iter().map(|task| task.id.clone()).collect::<Vec<_>>();
        let (known, mut ended) = (tasks().len(), None);
        let run = format!("run MODEL/{IMPORT} --poll=1ms --retries=30 -qq -o rejected --put {file}");
        for kills_left in (0..random.index(4) + 2).rev() {
            let before = tasks().len();
            let running = with_password(bare(&scene, &run)).start();
            let outcome = if kills_left > 1 {
                std::thread::sleep(Duration::from_micros(random.below(60_000)));
                let killed = running.kill();
                scene.server.settle();
                killed
            } else {
                running.finish().any()
            };
            assert!(tasks().len() <= before + 1, "several starts\n{}", scene.describe());
            ended = outcome.code();
            if kills_left == 1 {
                let is_documented = matches!(ended, Some(0 | 3 | 5 | 6));
                assert!(is_documented, "{ended:?}\n{}", outcome.stderr_text());
                scene.server.clear_faults();
            } else if kills_left == 0 {
                let (loaded, failed) = (thousands(loaded as u64), thousands(failed as u64));
                outcome.stdout_has(format!("\n{loaded} row")).stdout_has(format!(" loaded, {failed} rejected"));
            }
        }
        assert_eq!(ended, Some(if failed > 0 { 6 } else { 0 }), "{}", scene.describe());
        assert_same_bytes(&scene.server.service().files[0].content_of(USER).unwrap_or_default(), text.as_bytes());
        for task in &tasks()[known..] {
            let task = scene.command(&format!("task MODEL/{IMPORT}/{task} --json")).run();
            task.json_has("/actions/0/rows/successful", loaded).json_has("/actions/0/rows/failed", failed);
        }
        if let (Some(task), 1..) = (tasks().last(), failed) {
            let dump = format!("rejected/{}", file_of((IMPORT, "Load"), task));
            scene.run(&format!("explain {dump} --fix corrected.csv -q")).any_stdout().stderr_text();
            assert_same_bytes(&scene.read("corrected.csv"), format!("\"Code\",\"Amount\"\n{rejected}").as_bytes());
            scene.write("corrected.csv", &corrected);
        }
    }
    scene.any_files();
}

#[test]
fn chaos_of_the_loop_starts_an_import_at_most_once_a_run_never_with_half_a_file_until_nothing_is_rejected() {
    for_each_seed("CHAOS_SEEDS", BINARY_SEEDS, loop_schedule);
}

#[test]
fn chaos_through_the_library_ends_in_the_identical_file_or_a_documented_error() {
    for_each_seed("CHAOS_SEEDS", LIBRARY_SEEDS, library_schedule);
}

#[test]
fn chaos_through_the_binary_killed_at_random_instants_ends_in_the_identical_file() {
    for_each_seed("CHAOS_BINARY_SEEDS", BINARY_SEEDS, binary_schedule);
}
