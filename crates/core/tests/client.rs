//! The client as an embedder calls it, against the fake server over real sockets.

#![cfg(feature = "http")]
#![allow(clippy::expect_used, reason = "a test whose premises fail ends there")]

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpListener;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anaplan_dump_core::{
    Client, ClientBuilder, DumpAddress, Error, ErrorKind, Event, Fault, Locator, Newest, Origin, Outcome,
    Progress, ProxyChoice, SkipReason, SourceProblem, Subject, Task, Token,
};
use xtask::fake::{self, Dump, FakeServer, Process, ProcessRun, Service, TOKEN, TaskState, When, dump_file};

fn server() -> FakeServer {
    FakeServer::start(Service::with_dump(Dump::from_bytes(dump_file::generate(7, 25_000), 10_000)))
}

/// A builder whose client waits next to nothing before a retry.
fn builder(server: &FakeServer) -> ClientBuilder {
    let token = Token::anaplan(TOKEN).expect("a token");
    let api = server.origin().parse::<Origin>().expect("the server's origin");
    Client::builder(token).api(api).max_wait(Duration::from_millis(2))
}

fn client(server: &FakeServer) -> Client {
    builder(server).build().expect("a client")
}

fn dump(server: &FakeServer) -> DumpAddress {
    server.locator().parse::<Locator>().expect("a locator").dump().expect("a dump")
}

fn bytes(server: &FakeServer) -> Vec<u8> {
    server.service().dump_chunks().iter().flat_map(|chunk| chunk.to_vec()).collect()
}

#[test]
fn a_writer_gets_the_dump_and_the_steps_are_reported_in_order() {
    let server = server();
    let (mut written, mut steps) = (Vec::new(), Vec::new());
    let done = client(&server)
        .download(dump(&server))
        .on_progress(|step| {
            steps.push(match step {
                Progress::Started { chunks, .. } => format!("begun {chunks}"),
                Progress::Finished { index, bytes, .. } => format!("finished {index} {bytes}"),
                _ => return ControlFlow::Continue(()),
            });
            ControlFlow::Continue(())
        })
        .write_to(&mut written)
        .expect("a download");
    assert_eq!((done.chunks, done.bytes, done.resumed_chunks), (3, 25_000, 0));
    assert!(written == bytes(&server));
    assert_eq!(steps, ["begun 3", "finished 0 10000", "finished 1 10000", "finished 2 5000"]);
}

/// Holds some bytes, then fails.
struct Full(Vec<u8>, usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.1 - self.0.len());
        self.0.extend_from_slice(&bytes[..count]);
        if count == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(count) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writer_that_fails_ends_the_download_and_the_error_counts_the_whole_chunks() {
    let server = server();
    let error = client(&server).download(dump(&server)).write_to(Full(Vec::new(), 12_000)).unwrap_err();
    let Error::Incomplete { whole_chunks, chunks, source, .. } = error else { panic!("{error:?}") };
    assert_eq!((whole_chunks, chunks), (1, 3));
    assert!(matches!(*source, Error::Output { .. }), "{source:?}");
}

#[test]
fn an_error_says_which_chunk_of_which_dump_failed_with_which_status() {
    let server = server();
    server.fault(fake::Fault::status(503), When::path("chunks/1"));
    let client = builder(&server).retries(2).build().expect("a client");
    let folder = tempfile::tempdir().expect("a folder");
    let error = client.download(dump(&server)).save_to(folder.path().join("dump.csv")).unwrap_err();
    let Error::Request { tries: 3, .. } = error.innermost() else { panic!("{error:?}") };
    let Some((Subject::Chunk { dump: failed, id, index: 1, chunks: 3, .. }, fault)) = error.request() else {
        panic!("{error:?}")
    };
    assert_eq!((failed, id.as_str(), fault.status()), (&dump(&server), "1", Some(503)));
}

#[test]
fn requests_and_retries_are_reported_as_events() {
    let server = server();
    server.fault(fake::Fault::status(500), When::path("chunks").times(1));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let events = Arc::clone(&seen);
    let client = builder(&server)
        .on_event(move |event| {
            let text = match event {
                Event::Exchange { method, status, .. } => format!("{method} {status:?}"),
                Event::Retry { fault, retry, retries, .. } => format!("{fault}, {retry} of {retries:?}"),
                other => format!("{other:?}"),
            };
            events.lock().expect("no thread panics").push(text);
        })
        .build()
        .expect("a client");
    client.chunks(&dump(&server)).expect("a chunk list");
    assert_eq!(
        *seen.lock().expect("no thread panics"),
        ["GET Some(500)", "the service answered 500 Internal Server Error, 1 of Some(12)", "GET Some(200)"]
    );
}

#[test]
fn a_wait_for_the_rate_limit_is_reported_like_every_other() {
    let server = server();
    server.fault(fake::Fault::status(429), When::path("chunks").times(1));
    let paced = Arc::new(Mutex::new(0));
    let count = Arc::clone(&paced);
    let client = builder(&server)
        .max_wait(Duration::from_millis(20))
        .on_event(move |event| {
            if let Event::Paced { .. } = event {
                *count.lock().expect("no thread panics") += 1;
            }
        })
        .build()
        .expect("a client");
    let mut written = Vec::new();
    client.download(dump(&server)).write_to(&mut written).expect("a download");
    assert!(*paced.lock().expect("no thread panics") > 0, "{:?}", server.requests());
}

/// Answers each connection with `head`, then sends `more` until the other side goes.
fn endless(head: &'static str, more: &'static str) -> Origin {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut lines = BufReader::new(connection.try_clone().expect("a second handle")).lines();
                while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
                let _ = connection.write_all(head.as_bytes());
                // Slower than any limit on the size of a header.
                while connection.write_all(more.as_bytes()).is_ok() {
                    std::thread::sleep(Duration::from_millis(1));
                }
            });
        }
    });
    format!("http://{address}").parse().expect("an origin")
}

#[test]
fn endless_trailers_and_endless_interim_answers_end_like_a_stall() {
    const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    let server = server();
    for (head, more, words) in [
        (CHUNKED, "X: y\r\n", "nothing arrived for 0.1 s"),
        ("", "HTTP/1.1 100 Continue\r\n\r\n", "the answer was not complete after 0.3 s"),
    ] {
        let client = builder(&server)
            .api(endless(head, more))
            .stall_timeout(Duration::from_millis(100))
            .retries(0)
            .build()
            .expect("a client");
        let error = client.chunks(&dump(&server)).unwrap_err();
        let Some((_, Fault::Connection { .. })) = error.request() else { panic!("{error:?}") };
        assert!(error.to_string().contains(words), "{more:?}: {error:?}");
    }
}

#[test]
fn settings_that_could_never_work_are_refused_when_the_client_is_built() {
    let server = server();
    for builder in [
        builder(&server).stall_timeout(Duration::ZERO),
        builder(&server).connect_timeout(Duration::ZERO),
        builder(&server).user_agent("\n"),
        builder(&server).root_certificates("no certificate"),
        builder(&server).proxy(ProxyChoice::Url("socks5://proxy:1080".to_owned())),
    ] {
        let described = format!("{builder:?}");
        assert!(matches!(builder.build(), Err(Error::Setting { .. })), "{described}");
    }
    let api = "http://api.anaplan.com".parse().expect("an origin");
    assert!(matches!(builder(&server).api(api).build(), Err(Error::UntrustedOrigin { .. })));
}

#[test]
fn a_proxy_that_is_named_is_used_for_every_other_host() {
    let server = server();
    // Nothing listens there: a request that goes through the proxy cannot connect.
    let proxy = ProxyChoice::Url("http://127.0.0.1:1".to_owned());
    let client = builder(&server).proxy(proxy).retries(0).build().expect("a client");
    client.chunks(&dump(&server)).expect("this machine is reached without the proxy");
    let elsewhere = "https://eu3.api.anaplan.com/2/0/models/M/processes/P".parse::<Locator>().expect("a URL");
    let error = client.tasks(&elsewhere.action().expect("a process")).unwrap_err();
    let Some((_, Fault::Connection { .. })) = error.request() else { panic!("{error:?}") };
}

#[test]
fn a_callback_that_panics_in_a_worker_ends_the_download() {
    let server = server();
    let client = builder(&server)
        .on_event(|event| {
            let Event::Exchange { url, .. } = event else { return };
            assert!(!url.ends_with("/chunks/1"), "a callback of the program panics");
        })
        .build()
        .expect("a client");
    let error = client.download(dump(&server)).parallel(3).write_to(Vec::new()).unwrap_err();
    assert!(matches!(error, Error::Incomplete { whole_chunks: 1, .. }), "{error:?}");
}

#[test]
fn clones_of_a_client_work_side_by_side() {
    let server = server();
    let client = client(&server);
    let expected = bytes(&server);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let client = client.clone();
            scope.spawn(|| {
                let (client, mut written) = (client, Vec::new());
                client.download(dump(&server)).parallel(2).write_to(&mut written).expect("a download");
                assert!(written == expected);
            });
        }
    });
}

#[test]
fn the_nightly_run_of_the_documentation_brings_every_dump() {
    let object = "112000000021";
    let result = fake::ActionResult::process("118000000009")
        .with_nested(fake::ActionResult::failed_import(object, "Cost centres"));
    let run = ProcessRun::new()
        .with_step(TaskState::InProgress, "Importing", 0.5)
        .with_step_time(Duration::from_millis(5))
        .with_result(result)
        .with_dump(object, Dump::from_bytes(dump_file::generate(3, 2_500), 1_000));
    let service = Service::new().with_process(Process::new("118000000009", "Load").with_script(run));
    let server = FakeServer::start(service);
    let client = client(&server);
    let model = format!("{}/{}", fake::WORKSPACE, fake::MODEL).parse::<Locator>().expect("a locator");
    let process = client.find_action(model.model(), "load").expect("the process");

    let mut looks = 0;
    let task = client.start(&process, "en_US", &[]).expect("a task");
    let count = |_: &Task| {
        looks += 1;
        ControlFlow::Continue(())
    };
    let task = client.wait(&task, Duration::from_millis(2), Duration::MAX, count).expect("the end");
    assert!(looks > 1, "{looks} looks at {task:?}");
    assert_eq!(client.outcome(&task).expect("an outcome"), Outcome::Failed);
    let folder = tempfile::tempdir().expect("a folder");
    for dump in client.dumps(&task).expect("dumps") {
        client.download(&dump).save_to(folder.path().join(dump.file_name())).expect("a download");
    }
    let name = client.dumps(&task).expect("dumps")[0].file_name();
    assert!(name.ends_with(&format!("-{object}-Cost_centres-{}.csv", task.address.id)), "{name}");
    let saved = std::fs::read(folder.path().join(name)).expect("the file");
    assert!(saved == dump_file::generate(3, 2_500));
}

#[test]
fn a_wait_ends_at_its_timeout_or_when_the_program_says_so() {
    let run = ProcessRun::new()
        .with_step(TaskState::InProgress, "Importing", 0.5)
        .with_step_time(Duration::from_secs(600));
    let server =
        FakeServer::start(Service::new().with_process(Process::new("118000000009", "Load").with_script(run)));
    let client = client(&server);
    let process = format!("{}/{}/118000000009", fake::WORKSPACE, fake::MODEL).parse::<Locator>();
    let task = client
        .start(&process.expect("a locator").action().expect("a process"), "en_US", &[])
        .expect("a task");
    let (poll, timeout) = (Duration::from_millis(1), Duration::from_millis(5));
    let error = client.wait(&task, poll, timeout, |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(&error, Error::NotFinished { task: waited, .. } if **waited == task), "{error:?}");
    let error = client.wait(&task, poll, Duration::MAX, |_| ControlFlow::Break(())).unwrap_err();
    assert!(matches!(error, Error::Cancelled), "{error:?}");
}

#[test]
fn the_newest_dumps_come_with_the_tasks_that_were_passed_over() {
    let (object, process) = ("112000000021", "118000000009");
    let failed = |id: &str, time| {
        let result = fake::ActionResult::process(process)
            .with_nested(fake::ActionResult::failed_import(object, "Cost centres"));
        fake::Task::complete(id).with_creation_time(time).with_result(result)
    };
    let readable = failed("OLD", 1_000).with_dump(object, Dump::from_bytes(vec![b'x'; 10], 10));
    let load = Process::new(process, "Load")
        .with_task(readable)
        .with_task(failed("GONE", 2_000))
        .with_task(fake::Task::new("RUNNING", TaskState::InProgress).with_creation_time(3_000));
    let server = FakeServer::start(Service::new().with_process(load));
    let locator = format!("{}/{}/{process}", fake::WORKSPACE, fake::MODEL).parse::<Locator>();
    let action = locator.expect("a locator").action().expect("a process");

    let (newest, skipped) = client(&server).newest(&action).dumps().expect("a search");
    let Newest::Dumps { task, dumps } = newest else { panic!("{newest:?}") };
    assert_eq!(task.address.id.as_str(), "OLD");
    let mut written = Vec::new();
    client(&server).download(&dumps[0]).write_to(&mut written).expect("a download");
    assert_eq!(written, [b'x'; 10]);
    let lists = server.requests().iter().filter(|request| request.target.ends_with("/chunks")).count();
    assert_eq!(lists, 3, "one found gone, one found, and the check at the end");
    let skipped: Vec<_> = skipped.iter().map(|(task, reason)| (task.id.as_str(), *reason)).collect();
    assert_eq!(skipped, [("RUNNING", SkipReason::NotFinished), ("GONE", SkipReason::DumpGone)]);
}

#[test]
fn the_totals_count_what_arrived_and_what_was_kept_also_side_by_side() {
    let server = server();
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("dump.csv");
    for parallel in [1, 3] {
        // The first run ends in the second chunk.
        server.fault(fake::Fault::status(404), When::path("chunks/1").times(1));
        client(&server).download(dump(&server)).save_to(&target).expect_err("a chunk is missing");
        let mut totals = Vec::new();
        let report = |step| {
            if let Progress::Arrived { bytes, finished, chunks, .. } = step {
                totals.push((bytes, finished, chunks));
            }
            ControlFlow::Continue(())
        };
        let dump = dump(&server);
        let download = client(&server);
        let download = download.download(&dump).parallel(parallel).on_progress(report);
        download.save_to(&target).expect("the rest");
        assert!(
            totals.iter().all(|(bytes, finished, chunks)| (10_000..=25_000).contains(bytes)
                && (1..=2).contains(finished)
                && *chunks == 3),
            "{totals:?}"
        );
        assert_eq!(totals.last(), Some(&(25_000, 2, 3)), "{totals:?}");
        std::fs::remove_file(&target).expect("it is there");
    }
}

#[test]
fn a_setting_that_a_download_cannot_follow_is_an_error_before_anything_is_sent() {
    let server = server();
    let (client, dump, folder) = (client(&server), dump(&server), tempfile::tempdir().expect("a folder"));
    let named = |error| match error {
        Error::Setting { setting, .. } => setting.to_string(),
        other => panic!("{other:?}"),
    };
    for (parallel, whole, verify) in [(0, false, false), (9, false, false), (2, true, false), (1, true, true)]
    {
        let download = || client.download(&dump).parallel(parallel).whole(whole).recheck_chunks(verify);
        let expected = if verify { "recheck_chunks" } else { "parallel" };
        assert_eq!(named(download().write_to(Vec::new()).unwrap_err()), expected);
        assert_eq!(named(download().save_to(folder.path().join("dump.csv")).unwrap_err()), expected);
    }
    assert_eq!(named(client.download(&dump).overwrite(true).write_to(Vec::new()).unwrap_err()), "overwrite");
    assert_eq!(named(client.download(&dump).restart(true).write_to(Vec::new()).unwrap_err()), "restart");
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_program_can_end_a_download_and_the_next_one_goes_on_where_it_was() {
    for parallel in [1, 3] {
        let server = server();
        // It would be waited for otherwise.
        server.fault(fake::Fault::StallBeforeAnswer, When::path("chunks/1"));
        let (client, dump, folder) = (client(&server), dump(&server), tempfile::tempdir().expect("a folder"));
        let target = folder.path().join("dump.csv");
        let stop_after_one = |step| match step {
            Progress::Finished { .. } => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        let download = client.download(&dump).parallel(parallel).on_progress(stop_after_one);
        let error = download.save_to(&target).unwrap_err();
        assert!(matches!(error.innermost(), Error::Cancelled), "{error:?}");
        server.clear_faults();
        let done = client.download(&dump).save_to(&target).expect("the rest");
        assert_eq!(done.resumed_chunks, 1);
    }
}

#[test]
fn the_threads_of_a_download_end_with_it() {
    let server = server();
    server.fault(fake::Fault::status(403), When::path("chunks/1"));
    server.fault(fake::Fault::StallBeforeAnswer, When::path("chunks/2"));
    let is_over = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_over);
    let client = builder(&server).stall_timeout(Duration::from_secs(600)).on_event(move |event| {
        assert!(!seen.load(Ordering::SeqCst), "nothing is reported once the download is over: {event:?}");
    });
    let client = client.build().expect("a client");
    let begun = Instant::now();
    client.download(dump(&server)).parallel(3).write_to(Vec::new()).expect_err("a chunk is refused");
    is_over.store(true, Ordering::SeqCst);
    assert!(begun.elapsed() < Duration::from_secs(300), "a thread waits for the stalled chunk");
}

/// Answers each request with what `answer` makes of its head, in lower case.
fn answering(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Origin {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone().expect("a handle")).lines();
                loop {
                    let head = lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty());
                    let head = head.map(|line| line.to_ascii_lowercase() + "\n").collect::<String>();
                    if head.is_empty() || (&stream).write_all(answer(&head).as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    origin.parse().expect("an origin")
}

fn with_body(header: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{header}Content-Length: {}\r\n\r\n{body}", body.len())
}

const ONE_CHUNK: &str = r#"{"chunks":[{"id":"0"}]}"#;

/// A client of this API, and a dump in it.
fn client_of(api: Origin) -> (Client, DumpAddress) {
    let token = Token::anaplan(TOKEN).expect("a token");
    let client =
        Client::builder(token).api(api).max_wait(Duration::from_millis(2)).build().expect("a client");
    (client, "W/M/P/T/O".parse::<Locator>().expect("a locator").dump().expect("a dump"))
}

#[test]
fn an_only_chunk_that_is_empty_under_the_label_of_gzip_is_asked_for_without_compression() {
    let (client, dump) = client_of(answering(|head| match head {
        list if list.contains("/chunks http") => with_body("", ONE_CHUNK),
        gzip if gzip.contains("accept-encoding: gzip") => with_body("Content-Encoding: gzip\r\n", ""),
        _ => with_body("", "rows\n"),
    }));
    let mut written = Vec::new();
    client.download(&dump).write_to(&mut written).expect("a download");
    assert_eq!(String::from_utf8_lossy(&written), "rows\n");
}

#[test]
fn one_unusable_answer_does_not_switch_compression_off_and_a_second_does_for_that_host() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let (client, dump) = client_of(answering(move |head| {
        let mut asked = seen.lock().expect("no thread panics");
        let is_gzip = head.contains("accept-encoding: gzip");
        asked.push(if is_gzip { "gzip" } else { "identity" });
        // The first answer, and every one from the sixth on.
        let is_odd = is_gzip && (asked.len() == 1 || asked.len() > 5);
        with_body(if is_odd { "Content-Encoding: br\r\n" } else { "" }, ONE_CHUNK)
    }));
    (0..8).for_each(|_| drop(client.chunks(&dump).expect("a list")));
    let first = ["gzip", "identity", "gzip", "gzip", "gzip"];
    let then = ["gzip", "identity", "gzip", "identity", "identity", "identity"];
    assert_eq!(*asked.lock().expect("no thread panics"), [&first[..], &then].concat());
}

#[test]
fn the_body_of_an_error_is_waited_for_no_longer_than_the_time_that_is_left() {
    let (client, dump) =
        client_of(answering(|_| "HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\n".to_owned()));
    let begun = Instant::now();
    // Silence is a fault after 60 s, and this body is worth 10 s.
    let error = client.until(begun + Duration::from_millis(200)).chunks(&dump).unwrap_err();
    assert_eq!(error.request().and_then(|(_, fault)| fault.status()), Some(403), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
}

#[test]
fn a_time_limit_ends_whatever_a_request_waits_for() {
    let server = server();
    let dump = dump(&server);
    let (silent, stalled) = (fake::Fault::StallBeforeAnswer, fake::Fault::Stall { after_bytes: 10 });
    for fault in [silent, stalled, fake::Fault::status(503)] {
        server.fault(fault, When::any());
        let begun = Instant::now();
        let long = Duration::from_secs(600);
        let client = builder(&server).first_wait(long).max_wait(long).stall_timeout(long);
        let client = client.build().expect("a client").until(begun + Duration::from_millis(50));
        let error = client.download(&dump).write_to(Vec::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Service, "{error:?}");
        assert!(begun.elapsed() < long, "{error:?}");
        server.clear_faults();
    }
}

/// Answers every request twice: with the chunk list, then with chunks numbered as they are asked for.
fn answering_twice() -> Origin {
    answering(|head| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let body = match path.rsplit('/').next().unwrap_or_default() {
            "chunks" => r#"{"chunks":[{"id":"0"},{"id":"1"},{"id":"2"}]}"#.to_owned(),
            number => format!("rows of {number}\n"),
        };
        with_body("", &body).repeat(2)
    })
}

#[test]
fn an_unsolicited_answer_is_not_taken_for_the_next_chunk() {
    let token = Token::anaplan(TOKEN).expect("a token");
    let client = Client::builder(token).api(answering_twice()).build().expect("a client");
    let dump = "W/M/P/T/O".parse::<Locator>().expect("a locator").dump().expect("a dump");
    for _ in 0..20 {
        let mut written = Vec::new();
        client.download(&dump).write_to(&mut written).expect("a download");
        assert_eq!(String::from_utf8_lossy(&written), "rows of 0\nrows of 1\nrows of 2\n");
    }
}

#[test]
fn a_file_that_changes_while_it_is_uploaded_is_an_error() {
    let file = "113000000001";
    let server = FakeServer::start(Service::new().with_file(fake::SourceFile::new(file, "a.csv")));
    let client = client(&server);
    let model = server.locator().parse::<Locator>().expect("a locator").model().clone();
    let address = model.file(file.parse().expect("an id"));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.csv");
    let rows = |rows: usize| "12345678,1\n".repeat(rows);
    type Change = fn(&std::path::Path) -> io::Result<()>;
    let grow: Change = |path| std::fs::File::options().append(true).open(path)?.write_all(b"1,2\n");
    let shrink: Change = |path| std::fs::File::options().write(true).open(path)?.set_len(1_000);
    for (change, number) in [(grow, 1_000_000), (shrink, 1_000_000)] {
        std::fs::write(&path, rows(number)).expect("it is written");
        let upload = client.upload(&address).on_progress(|_, _| change(&path).expect("it is changed"));
        let error = upload.from_file(&path).expect_err("an error");
        let is_changed = matches!(&error, Error::Unsuitable { problem: SourceProblem::Changed, .. });
        assert!(is_changed, "{number}: {error}");
        assert!(!server.service().files[0].is_complete(fake::USER), "the next import run would read it");
    }
    std::fs::write(&path, rows(1_000_000)).expect("it is written");
    let mut seen = Vec::new();
    let upload = client.upload(&address).on_progress(|bytes, all| seen.push((bytes, all)));
    let uploaded = upload.from_file(&path).expect("an upload");
    assert_eq!((uploaded.bytes, uploaded.chunks), (11_000_000, 2));
    assert_eq!(seen, [(10_000_000, Some(11_000_000)), (11_000_000, Some(11_000_000))]);
    assert!(server.service().files[0].is_complete(fake::USER));
    // While its result lives, another upload waits: not beyond the time limit.
    let late = client.until(Instant::now()).upload(&address).from_file(&path);
    assert!(matches!(late, Err(Error::Output { action: "lock", .. })), "{late:?}");
    drop(uploaded);
}
