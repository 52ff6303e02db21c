//! The client as an embedder calls it, against the fake server over real sockets.

#![cfg(feature = "http")]
#![allow(clippy::expect_used, reason = "a test whose premises fail ends there")]

use std::error::Error as StdError;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anaplan_dump_core::{
    Client, ClientBuilder, Credentials, DumpAddress, Error, ErrorKind, Event, Fault, Locator, Origin, Outcome,
    Progress, Secret, SourceProblem, Token,
};
use xtask::fake::{self, At, Dump, FakeServer, Process, Service, TOKEN, Task, USER, When, dump_file};

/// The ways to sign in.
mod sign_in;

type TestResult = Result<(), Box<dyn StdError>>;

const OBJECT: &str = "112000000021";
const PROCESS: &str = "118000000009";
const LONG: Duration = Duration::from_secs(600);
const PASSWORD: &str = "p\u{e4}ss:w\"rd 1";

/// A server that has a dump of three chunks, and knows the user.
fn server() -> FakeServer {
    let mut service = Service::with_dump(Dump::from_bytes(dump_file::generate(7, 25_000), 10_000));
    service.add_password(USER, PASSWORD);
    FakeServer::start(service)
}

fn token() -> Token {
    Token::anaplan(TOKEN).expect("a token")
}

/// A builder whose client has one host for everything, and waits next to nothing before a retry.
fn builder_of(origin: &str, credentials: impl Into<Credentials>) -> ClientBuilder {
    let origin = origin.parse::<Origin>().expect("an origin");
    let builder = Client::builder(credentials).api(origin.clone()).auth(origin.clone()).oauth(origin);
    builder.max_wait(Duration::from_millis(2))
}

fn builder(server: &FakeServer) -> ClientBuilder {
    builder_of(&server.origin(), token())
}

fn client(server: &FakeServer) -> Client {
    builder(server).build().expect("a client")
}

fn dump(server: &FakeServer) -> DumpAddress {
    server.locator().parse::<Locator>().expect("a locator").dump().expect("a dump")
}

fn bytes(server: &FakeServer) -> Vec<u8> {
    server.service().dump_of(fake::PROCESS).expect("the dump").bytes()
}

#[test]
fn a_writer_gets_the_dump_and_the_steps_are_reported_in_order() -> TestResult {
    let server = server();
    let (mut written, mut steps) = (Vec::new(), Vec::new());
    let report = |step| {
        steps.extend(match step {
            Progress::Started { chunks, .. } => Some(format!("begun {chunks}")),
            Progress::Finished { index, bytes, .. } => Some(format!("finished {index} {bytes}")),
            _ => None,
        });
        ControlFlow::Continue(())
    };
    let done = client(&server).download(dump(&server)).on_progress(report).write_to(&mut written)?;
    assert_eq!((done.chunks, done.bytes, done.resumed_chunks), (3, 25_000, 0));
    assert!(written == bytes(&server));
    assert_eq!(steps, ["begun 3", "finished 0 10000", "finished 1 10000", "finished 2 5000"]);
    Ok(())
}

#[test]
fn requests_retries_and_waits_are_reported_as_events() -> TestResult {
    let server = server();
    // The rate limit of another host holds back no request to the API.
    server.fault(fake::Fault::status(429), When::path("token/authenticate").times(1));
    server.fault(fake::Fault::status(500), When::path("chunks").times(1));
    server.fault(fake::Fault::status(429), When::path("chunks").occurrence(3));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let events = Arc::clone(&seen);
    let report = move |event: &Event<'_>| {
        events.lock().expect("no thread panics").push(match event {
            Event::Exchange { method, status, .. } => format!("{method} {status:?}"),
            Event::Retry { fault, retry, retries, .. } => format!("{fault:#}, {retry} of {retries:?}"),
            Event::Paced { .. } => "paced".to_owned(),
            other => format!("{other:?}"),
        });
    };
    let builder = builder_of(&server.origin(), Credentials::password(USER, Secret::new(PASSWORD))?);
    let client = builder.max_wait(Duration::from_millis(200)).on_event(report).build()?;
    for _ in 0..3 {
        client.chunks(&dump(&server))?;
    }
    let seen = seen.lock().expect("no thread panics");
    let sign_in = ["POST Some(429)", "429 Too Many Requests, 1 of Some(12)", "POST Some(201)"];
    let list = ["GET Some(500)", "500 Internal Server Error, 1 of Some(12)", "GET Some(200)"];
    assert_eq!(seen[..6], [sign_in, list].concat());
    assert!(seen.contains(&"paced".to_owned()), "{seen:?}");
    Ok(())
}

/// Serves each request, whose head comes in lower case. Returns the origin.
fn serving(serve: impl Fn(&str, &mut TcpStream) -> io::Result<()> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            std::thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone().expect("a handle")).lines();
                loop {
                    let head = lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty());
                    let head = head.map(|line| line.to_ascii_lowercase() + "\n").collect::<String>();
                    if head.is_empty() || serve(&head, &mut stream).is_err() {
                        return;
                    }
                }
            });
        }
    });
    origin
}

/// A client of an API that answers each request with what `answer` makes of its head, and a dump in it.
fn client_of(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> (Client, DumpAddress) {
    let origin = serving(move |head, stream| stream.write_all(answer(head).as_bytes()));
    let dump = "W/M/P/T/O".parse::<Locator>().expect("a locator").dump().expect("a dump");
    (builder_of(&origin, token()).build().expect("a client"), dump)
}

#[test]
fn endless_trailers_and_endless_interim_answers_end_like_a_stall() -> TestResult {
    const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    let server = server();
    for (head, more, words) in [
        (CHUNKED, "X: y\r\n", "nothing arrived for 0.1 s"),
        ("", "HTTP/1.1 100 Continue\r\n\r\n", "the answer was not complete after 0.3 s"),
    ] {
        let origin = serving(move |_, stream| {
            stream.write_all(head.as_bytes())?;
            loop {
                stream.write_all(more.as_bytes())?;
                // Slower than any limit on the size of a header.
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let builder = builder_of(&origin, token()).stall_timeout(Duration::from_millis(100)).retries(0);
        let error = builder.build()?.chunks(&dump(&server)).unwrap_err();
        let Some((_, Fault::Connection { .. })) = error.request() else { panic!("{error:?}") };
        assert!(error.to_string().contains(words), "{more:?}: {error:?}");
    }
    Ok(())
}

#[test]
fn settings_that_could_never_work_are_refused_when_the_client_is_built() {
    let server = server();
    for builder in [
        builder(&server).stall_timeout(Duration::ZERO),
        builder(&server).connect_timeout(Duration::ZERO),
        builder(&server).user_agent("\n"),
    ] {
        let described = format!("{builder:?}");
        assert!(matches!(builder.build(), Err(Error::Setting { .. })), "{described}");
    }
}

#[test]
fn a_callback_that_panics_in_a_worker_ends_the_download() -> TestResult {
    let server = server();
    let panic_at_chunk = |event: &Event<'_>| {
        let Event::Exchange { url, .. } = event else { return };
        assert!(!url.ends_with("/chunks/1"), "a callback of the program panics");
    };
    let client = builder(&server).on_event(panic_at_chunk).build()?;
    let error = client.download(dump(&server)).parallel(3).write_to(Vec::new()).unwrap_err();
    assert!(matches!(error, Error::Incomplete { whole_chunks: 1, .. }), "{error:?}");
    Ok(())
}

#[test]
fn the_nightly_run_of_the_documentation_brings_every_dump() -> TestResult {
    let import = fake::ActionResult::failed_import(OBJECT, "Cost centres");
    let run = Task::script()
        .with_stage("IN_PROGRESS", "Importing", 0.5)
        .with_result(fake::ActionResult::new(PROCESS).with_nested(import))
        .with_dump(OBJECT, Dump::from_bytes(dump_file::generate(3, 2_500), 1_000));
    let server = FakeServer::start(Service::new().with_process(Process::new(PROCESS, "Load").with_script(run)));
    let (client, folder) = (client(&server), tempfile::tempdir()?);
    let process = client.find_action(dump(&server).model(), "load")?;
    let task = client.start(&process, "en_US", &[])?;
    let wait = |flow| client.wait(&task, Duration::from_millis(2), Duration::MAX, |_| flow);
    assert!(matches!(wait(ControlFlow::Break(())), Err(Error::Cancelled)));
    let task = wait(ControlFlow::Continue(()))?;
    assert_eq!(client.outcome(&task)?, Outcome::Failed);
    for dump in client.dumps(&task)? {
        let name = dump.file_name();
        client.download(&dump).save_to(folder.path().join(&name))?;
        assert!(name.ends_with(&format!("-{OBJECT}-Cost_centres-{}.csv", task.address.id)), "{name}");
        assert!(std::fs::read(folder.path().join(name))? == dump_file::generate(3, 2_500));
    }
    assert_eq!(folder.path().read_dir()?.count(), 1);
    Ok(())
}

#[test]
fn a_setting_that_a_download_cannot_follow_is_an_error_before_anything_is_sent() -> TestResult {
    let server = server();
    let (client, dump, folder) = (client(&server), dump(&server), tempfile::tempdir()?);
    let named = |error| match error {
        Error::Setting { setting, .. } => setting.to_string(),
        other => panic!("{other:?}"),
    };
    for (parallel, whole, recheck) in [(0, false, false), (9, false, false), (2, true, false), (1, true, true)] {
        let download = || client.download(&dump).parallel(parallel).whole(whole).recheck_chunks(recheck);
        let expected = if recheck { "recheck_chunks" } else { "parallel" };
        assert_eq!(named(download().write_to(Vec::new()).unwrap_err()), expected);
        assert_eq!(named(download().save_to(folder.path().join("dump.csv")).unwrap_err()), expected);
    }
    assert_eq!(named(client.download(&dump).overwrite(true).write_to(Vec::new()).unwrap_err()), "overwrite");
    assert_eq!(named(client.download(&dump).restart(true).write_to(Vec::new()).unwrap_err()), "restart");
    assert_eq!(server.requests().len(), 0);
    Ok(())
}

#[test]
fn a_program_can_end_a_download_and_the_next_one_goes_on_where_it_was_and_counts_what_was_kept() -> TestResult {
    for parallel in [1, 3] {
        let server = server();
        // It would be waited for otherwise.
        server.fault(fake::Fault::Stall(At::Start), When::path("chunks/1"));
        let (client, dump, folder) = (client(&server), dump(&server), tempfile::tempdir()?);
        let target = folder.path().join("dump.csv");
        let stop_after_one = |step| match step {
            Progress::Finished { .. } => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        let download = client.download(&dump).parallel(parallel).on_progress(stop_after_one);
        let error = download.save_to(&target).unwrap_err();
        assert!(matches!(error.innermost(), Error::Cancelled), "{error:?}");
        server.clear_faults();
        let mut totals = Vec::new();
        let report = |step| {
            if let Progress::Arrived { bytes, finished, chunks, .. } = step {
                totals.push((bytes, finished, chunks));
            }
            ControlFlow::Continue(())
        };
        let download = client.download(&dump).parallel(parallel).on_progress(report);
        assert_eq!(download.save_to(&target)?.resumed_chunks, 1);
        let is_possible = |(bytes, finished, chunks): &(u64, usize, usize)| {
            (10_000..=25_000).contains(bytes) && (1..=2).contains(finished) && *chunks == 3
        };
        assert!(totals.iter().all(is_possible), "{totals:?}");
        assert_eq!(totals.last(), Some(&(25_000, 2, 3)), "{totals:?}");
    }
    Ok(())
}

#[test]
fn the_threads_of_a_download_end_with_it() -> TestResult {
    let server = server();
    server.fault(fake::Fault::status(403), When::path("chunks/1"));
    server.fault(fake::Fault::Stall(At::Start), When::path("chunks/2"));
    let is_over = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_over);
    let check = move |event: &Event<'_>| {
        assert!(!seen.load(Ordering::SeqCst), "nothing is reported once the download is over: {event:?}");
    };
    let client = builder(&server).stall_timeout(LONG).on_event(check).build()?;
    let begun = Instant::now();
    client.download(dump(&server)).parallel(3).write_to(Vec::new()).expect_err("a chunk is refused");
    is_over.store(true, Ordering::SeqCst);
    assert!(begun.elapsed() < LONG / 2, "a thread waits for the stalled chunk");
    Ok(())
}

#[test]
fn what_has_just_begun_or_ended_is_looked_for_a_few_times() -> TestResult {
    let server = server();
    let (client, dump, mut written) = (client(&server), dump(&server), Vec::new());
    server.fault(fake::Fault::status(404), When::path("dumps/*").times(1));
    client.download(&dump).whole(true).wait_for_dump(true).write_to(&mut written)?;
    assert!(written == bytes(&server));
    let without_result = format!(r#"{{"task":{{"taskId":"{}","taskState":"COMPLETE"}}}}"#, dump.task.id);
    server.fault(fake::Fault::json(without_result.clone()), When::path("tasks/*").times(2));
    assert!(client.task(&dump.task)?.result.is_some());
    // Without end is not for ever, what was read is the answer, and what is old is read once.
    let old = without_result.replace("}}", r#","creationTime":1571258347545}}"#);
    for (answer, looks) in [(without_result, 2..20), (old, 1..2)] {
        server.clear_faults();
        server.fault(fake::Fault::json(answer), When::path("tasks/*"));
        let before = server.requests().len();
        assert_eq!(client.task(&dump.task)?.result, None);
        assert!(looks.contains(&(server.requests().len() - before)), "{looks:?}");
    }
    Ok(())
}

fn with_body(header: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{header}Content-Length: {}\r\n\r\n{body}", body.len())
}

const ONE_CHUNK: &str = r#"{"chunks":[{"id":"0"}]}"#;

/// The dump as text.
fn text_of(client: &Client, dump: &DumpAddress) -> Result<String, Box<dyn StdError>> {
    let mut written = Vec::new();
    client.download(dump).write_to(&mut written)?;
    Ok(String::from_utf8(written)?)
}

#[test]
fn an_only_chunk_that_is_empty_under_the_label_of_gzip_is_asked_for_without_compression() -> TestResult {
    let (client, dump) = client_of(|head| match head {
        list if list.contains("/chunks http") => with_body("", ONE_CHUNK),
        gzip if gzip.contains("accept-encoding: gzip") => with_body("Content-Encoding: gzip\r\n", ""),
        _ => with_body("", "rows\n"),
    });
    assert_eq!(text_of(&client, &dump)?, "rows\n");
    Ok(())
}

#[test]
fn one_unusable_answer_does_not_switch_compression_off_and_a_second_does_for_that_host() -> TestResult {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let (client, dump) = client_of(move |head| {
        let mut asked = seen.lock().expect("no thread panics");
        let is_gzip = head.contains("accept-encoding: gzip");
        asked.push(if is_gzip { "gzip" } else { "identity" });
        // The first answer, and every one from the sixth on.
        let is_odd = is_gzip && (asked.len() == 1 || asked.len() > 5);
        with_body(if is_odd { "Content-Encoding: br\r\n" } else { "" }, ONE_CHUNK)
    });
    for _ in 0..8 {
        client.chunks(&dump)?;
    }
    let first = ["gzip", "identity", "gzip", "gzip", "gzip"];
    let then = ["gzip", "identity", "gzip", "identity", "identity", "identity"];
    assert_eq!(*asked.lock().expect("no thread panics"), [&first[..], &then].concat());
    Ok(())
}

#[test]
fn the_body_of_an_error_is_waited_for_no_longer_than_the_time_that_is_left() {
    let (client, dump) = client_of(|_| "HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\n".to_owned());
    let begun = Instant::now();
    // Silence is a fault after 60 s, and this body is worth 10 s.
    let error = client.until(begun + Duration::from_millis(200)).chunks(&dump).unwrap_err();
    assert_eq!(error.request().and_then(|(_, fault)| fault.status()), Some(403), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
}

#[test]
fn a_time_limit_ends_whatever_a_request_waits_for() -> TestResult {
    let server = server();
    let dump = dump(&server);
    let (silent, stalled) = (fake::Fault::Stall(At::Start), fake::Fault::Stall(At::Body(10)));
    let busy = fake::Fault::Answer(fake::Answer::empty(503).with_header("Retry-After", "600"));
    for fault in [silent, stalled, busy] {
        server.fault(fault, When::any());
        let begun = Instant::now();
        let client = builder(&server).max_wait(LONG).stall_timeout(LONG).build()?;
        let client = client.until(begun + Duration::from_millis(50));
        let error = client.download(&dump).write_to(Vec::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Service, "{error:?}");
        assert!(begun.elapsed() < LONG, "{error:?}");
        server.clear_faults();
    }
    Ok(())
}

#[test]
fn an_unsolicited_answer_is_not_taken_for_the_next_chunk() -> TestResult {
    // Answers every request twice: with the chunk list, then with chunks numbered as they are asked for.
    let (client, dump) = client_of(|head| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let body = match path.rsplit('/').next().unwrap_or_default() {
            "chunks" => r#"{"chunks":[{"id":"0"},{"id":"1"},{"id":"2"}]}"#.to_owned(),
            number => format!("rows of {number}\n"),
        };
        with_body("", &body).repeat(2)
    });
    for _ in 0..20 {
        assert_eq!(text_of(&client, &dump)?, "rows of 0\nrows of 1\nrows of 2\n");
    }
    Ok(())
}

#[test]
fn a_file_that_changes_while_it_is_uploaded_is_an_error() -> TestResult {
    type Change = fn(&Path) -> io::Result<()>;
    let file = "113000000001";
    let server = FakeServer::start(Service::new().with_file(fake::SourceFile::new(file, "a.csv")));
    let (client, folder) = (client(&server), tempfile::tempdir()?);
    let address = dump(&server).model().file(file.parse()?);
    let (path, rows) = (folder.path().join("a.csv"), "12345678,1\n".repeat(1_000_000));
    let grow: Change = |path| std::fs::File::options().append(true).open(path)?.write_all(b"1,2\n");
    let shrink: Change = |path| std::fs::File::options().write(true).open(path)?.set_len(1_000);
    for change in [grow, shrink] {
        std::fs::write(&path, &rows)?;
        let upload = client.upload(&address).on_progress(|_, _| change(&path).expect("it is changed"));
        let error = upload.from_file(&path).expect_err("an error");
        let is_changed = matches!(&error, Error::Unsuitable { problem: SourceProblem::Changed, .. });
        assert!(is_changed, "{error}");
        assert!(!server.service().files[0].is_complete(fake::USER), "the next import run would read it");
    }
    std::fs::write(&path, &rows)?;
    // A chunk is stored once the service says so: 200 alone is no word.
    for odd in ["", "{}"] {
        server.fault(fake::Fault::json(odd), When::path("chunks/0").times(1));
    }
    let mut seen = Vec::new();
    let uploaded = client.upload(&address).on_progress(|bytes, all| seen.push((bytes, all))).from_file(&path)?;
    assert_eq!((uploaded.bytes, uploaded.chunks), (11_000_000, 2));
    assert_eq!(seen, [0, 10_000_000, 11_000_000].map(|bytes| (bytes, Some(11_000_000))));
    assert!(server.service().files[0].is_complete(fake::USER));
    Ok(())
}
