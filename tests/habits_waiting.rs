//! Waits: progress on a terminal and elsewhere, retry lines, hosts that were never reached.

use std::net::TcpListener;
use std::time::Duration;

use xtask::fake::{Fault, Service};

use crate::support::{ACTUALS, COSTS, Outcome, Scene, bytes_of, chunk, chunk_list, dump_of, failed};

/// A download that takes 0.9 s.
#[track_caller]
fn slow_scene() -> Scene {
    let mut service = Service::with_dump(dump_of(5, 1));
    service.set_link(Duration::ZERO, Some(50_000));
    Scene::with_service(service)
}

/// Runs a command on a terminal, whose screen is the standard output.
#[track_caller]
fn on_a_terminal<'a>(scene: &'a Scene, command: &str, redirect: &str) -> Outcome<'a> {
    let quoted = "printf \"'%s' \" \"$0\" \"$@\"";
    let command = scene.command(command).env("TERM", "xterm").env("COLUMNS", "40");
    command.through(&format!("exec /usr/bin/script -qec \"$({quoted}) {redirect}\" /dev/null")).run()
}

fn drawn(screen: &str) -> Vec<String> {
    let lines = screen.split('\r').filter_map(|text| text.split_once("\u{1b}[K")).map(|(line, _)| line);
    lines.filter(|line| line.starts_with("chunk ")).map(str::to_owned).collect()
}

#[test]
fn the_line_counts_arrivals_also_side_by_side_and_into_a_pipe() {
    for (options, redirect) in [("-o dump.csv", ""), ("-o dump.csv --parallel 3", ""), ("-o -", "> dump.csv")]
    {
        let scene = slow_scene();
        let screen =
            on_a_terminal(&scene, &format!("get DUMP {options}"), redirect).any_stdout().stdout_text();
        let lines = drawn(&screen);
        assert!(lines.len() >= 2, "{options}: {screen:?}");
        // No terminal of 40 columns wraps it.
        assert!(lines.iter().all(|line| line.chars().count() < 40), "{options}: {screen:?}");
        assert!(screen.contains("\u{1b}[?7h"), "line wrap is on again: {screen:?}");
        let last = lines.last().expect("a line");
        assert!(
            last.contains(" of 5  ") && last.contains("kB  ") && last.contains("kB/s"),
            "{options}: {screen:?}"
        );
        scene.any_files();
    }
}

#[test]
fn a_log_names_each_dump_once_and_dates_its_retries() {
    let scene = Scene::with_tasks([failed("T9", &[COSTS, ACTUALS])]);
    scene.server.fault(Fault::status(503), chunk(1).times(1));
    scene.run("get NIGHTLY/T9 -o rejected").any_stdout().stderr(
        "downloading Cost centres (dump 1 of 2): 3 chunks\n\
         <ANY>:<ANY>:<ANY> chunk 2 of 3: 503 Service Unavailable; retry 1 of 12 in <ANY> s\n\
         downloading Actuals (dump 2 of 2): 3 chunks\n",
    );
    scene.any_files();
}

#[test]
fn quiet_drops_progress_and_twice_quiet_drops_warnings_too() {
    for (option, warns) in [("-q", true), ("-qq", false), ("-q --quiet", false)] {
        let scene = Scene::with_chunks(3);
        scene.server.fault(Fault::status(503), chunk(1).times(1));
        let outcome = scene.get(option);
        match warns {
            true => drop(
                outcome.stderr("<ANY> chunk 2 of 3: 503 Service Unavailable; retry 1 of 12 in <ANY> s\n"),
            ),
            false => drop(outcome.stderr("")),
        }
        scene.has("dump.csv", &bytes_of(3, 1));
        outcome.any_stdout();
    }
}

#[test]
fn a_host_that_was_never_reached_is_given_up_after_four_tries() {
    let scene = Scene::with_chunks(3);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let refusing = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    for command in ["processes MODEL", "tasks NIGHTLY", "get DUMP -o x.csv"] {
        let outcome = scene.command(&format!("{command} --api-url={refusing} -qq")).run();
        outcome.exits_with(5).stderr_has(", after 4 tries in ");
    }
    // What was reached once is worth the long patience.
    scene.server.fault(Fault::status(503), chunk_list());
    scene.run("get DUMP -o x.csv -qq").exits_with(5).stderr_has(", after 13 tries in ");
}
