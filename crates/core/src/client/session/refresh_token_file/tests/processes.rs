//! Processes that rotate one token, many of them killed while they store a new one.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use super::*;

const PROCESSES: usize = 8;

/// Rotations of each process that is not killed.
const ROTATIONS: usize = 8;

/// Rotations from one kill to the next.
const KILL_EVERY: u32 = 3;

/// Kills. Another process is started for each that is killed.
const KILLS: u32 = 40;

/// What a child finds its part by: `ADDRESS NUMBER PATH`.
const CHILD: &str = "ANAPLAN_TEST_ROTATING_CHILD";

#[test]
#[ignore = "it is what each process of the other test runs"]
fn child() {
    let Ok(part) = std::env::var(CHILD) else { return };
    let mut part = part.splitn(3, ' ');
    let (address, number, path) = (part.next().unwrap(), part.next().unwrap(), part.next().unwrap());
    let file = RefreshTokenFile::new(path.into());
    for _ in 0..ROTATIONS {
        let mut locked = lock(&file);
        let token = locked.read().unwrap();
        let mut service = TcpStream::connect(address).unwrap();
        writeln!(service, "{number} {}", token.reveal()).unwrap();
        let mut new = String::new();
        BufReader::new(service).read_line(&mut new).unwrap();
        locked.store(&secret(new.trim_end())).unwrap();
    }
}

#[test]
fn eight_processes_that_rotate_one_token_lose_none_even_if_some_are_killed() {
    let (_folder, file) = file_with("0");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    // So that a process that fails ends the test, too.
    listener.set_nonblocking(true).unwrap();
    let name = module_path!().split_once("::").unwrap().1.to_owned() + "::child";
    let start = |number: usize| -> Child {
        let part = format!("{} {number} {}", listener.local_addr().unwrap(), file.path.display());
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", &name, "--ignored"]).env(CHILD, part).stdout(Stdio::null()).spawn().unwrap()
    };
    let mut children: Vec<Child> = (0..PROCESSES).map(start).collect();
    let mut is_killed = vec![false; PROCESSES];

    // The tokens are numbers. The service takes the newest only; or the one before it, if the process that got
    // the newest was killed and may not have stored it.
    let mut newest: u32 = 0;
    let mut is_in_doubt = false;
    let mut kills = 0;
    while children.iter_mut().any(|child| child.try_wait().unwrap().is_none()) {
        let Ok((mut client, _)) = listener.accept() else {
            std::thread::yield_now();
            continue;
        };
        client.set_nonblocking(false).unwrap();
        let mut request = String::new();
        BufReader::new(&client).read_line(&mut request).unwrap_or_default();
        // A process that was killed may have got as far as its next request, or a part of it.
        let Some((number, token)) = request.trim_end().split_once(' ') else { continue };
        let number: usize = number.parse().unwrap();
        if is_killed[number] {
            continue;
        }
        let token: u32 = token.parse().unwrap();
        let is_taken = token == newest || (is_in_doubt && token + 1 == newest);
        assert!(is_taken, "token {token} was used, the newest is {newest}, in doubt: {is_in_doubt}");
        newest += 1;
        is_in_doubt = newest.is_multiple_of(KILL_EVERY) && kills < KILLS;
        let _ = writeln!(client, "{newest}");
        if is_in_doubt {
            // A different time each, so that they die before, while and after they store the token.
            for _ in 0..1 << (kills % 14) {
                std::hint::spin_loop();
            }
            children[number].kill().unwrap();
            children[number].wait().unwrap();
            is_killed[number] = true;
            kills += 1;
            children.push(start(children.len()));
            is_killed.push(false);
        }
    }
    for (number, child) in children.iter_mut().enumerate() {
        let status = child.wait().unwrap();
        assert!(status.success() || is_killed[number], "process {number}: {status}");
    }
    assert_eq!(kills, KILLS);
    let stored: u32 = lock(&file).read().unwrap().reveal().parse().unwrap();
    assert!(stored == newest || (is_in_doubt && stored + 1 == newest), "{stored} is stored, of {newest}");
}
