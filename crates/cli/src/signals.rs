//! Ctrl-C and SIGTERM: the run ends and says what is kept. A second signal ends it at once, if the end takes long.
//!
//! A run that is exchanging its refresh token ends once the new one is stored: the old one may be dead.

use std::io;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anaplan_dump_core::Client;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::arguments::PROGRAM;
use crate::exit_code;
use crate::failure::Failure;
use crate::progress::Reporter;

/// Time between two looks for a signal: people do not notice it.
const LOOK: Duration = Duration::from_millis(20);

/// Time in which a second signal changes nothing: `timeout` sends two at once, one to the program and one to its group.
const PATIENCE: Duration = Duration::from_secs(1);

/// Longest wait for a new refresh token: longer than the service usually takes, and no longer than Docker waits
/// before it kills a program.
const TOKEN_WAIT: Duration = Duration::from_secs(10);

/// Watches for signals from now on.
pub(crate) fn watch(reporter: Arc<Reporter>) -> Result<(), Failure> {
    begin(reporter).map_err(|error| Failure::Other(format!("signals cannot be watched: {error}")))
}

fn begin(reporter: Arc<Reporter>) -> io::Result<()> {
    // A file size limit becomes an error of the write, which says what is kept.
    #[cfg(unix)]
    flag::register(signal_hook::consts::signal::SIGXFSZ, Arc::default())?;
    let ends_at_once = Arc::new(AtomicBool::new(false));
    let mut seen = Vec::new();
    for (signal, code, word) in
        [(SIGINT, exit_code::INTERRUPTED, "interrupted"), (SIGTERM, exit_code::TERMINATED, "terminated")]
    {
        let is_seen = Arc::new(AtomicBool::new(false));
        flag::register_conditional_shutdown(signal, i32::from(code), Arc::clone(&ends_at_once))?;
        flag::register(signal, Arc::clone(&is_seen))?;
        seen.push((is_seen, code, word));
    }
    let watch = move || loop {
        if let Some((_, code, word)) = seen.iter().find(|(is_seen, ..)| is_seen.load(Ordering::Relaxed)) {
            wait_for_token(|waited| ends_at_once.store(waited >= PATIENCE, Ordering::Relaxed));
            reporter.remove_temporary();
            // Standard error may be a pipe that nobody reads.
            ends_at_once.store(true, Ordering::Relaxed);
            reporter.write_line(&format!("{PROGRAM}: {word}{}", reporter.what_is_kept()));
            process::exit(i32::from(*code));
        }
        thread::sleep(LOOK);
    };
    thread::Builder::new().name("signals".to_owned()).spawn(watch).map(drop)
}

/// Waits until no refresh token is being exchanged. Nothing may end the program before: also a failure leaves threads
/// behind that send requests. `look` receives the time that has passed.
pub(crate) fn wait_for_token(look: impl Fn(Duration)) {
    let begin = Instant::now();
    while Client::may_lose_token() && begin.elapsed() < TOKEN_WAIT {
        look(begin.elapsed());
        thread::sleep(LOOK);
    }
}
