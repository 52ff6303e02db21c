//! Ctrl-C and SIGTERM: the run ends and says what is kept. A second signal ends it at once.
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
    let mut seen = Vec::new();
    for (signal, code, word) in
        [(SIGINT, exit_code::INTERRUPTED, "interrupted"), (SIGTERM, exit_code::TERMINATED, "terminated")]
    {
        let is_seen = Arc::new(AtomicBool::new(false));
        // In this order: the first signal finds the flag unset, the second one set.
        flag::register_conditional_shutdown(signal, i32::from(code), Arc::clone(&is_seen))?;
        flag::register(signal, Arc::clone(&is_seen))?;
        seen.push((is_seen, code, word));
    }
    let watch = move || loop {
        if let Some((_, code, word)) = seen.iter().find(|(is_seen, ..)| is_seen.load(Ordering::Relaxed)) {
            let end = Instant::now() + TOKEN_WAIT;
            while Client::may_lose_token() && Instant::now() < end {
                thread::sleep(LOOK);
            }
            reporter.remove_temporary();
            reporter.write_line(&format!("{PROGRAM}: {word}{}", reporter.what_is_kept()));
            process::exit(i32::from(*code));
        }
        thread::sleep(LOOK);
    };
    thread::Builder::new().name("signals".to_owned()).spawn(watch).map(drop)
}
