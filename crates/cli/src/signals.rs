//! Ctrl-C, SIGTERM and SIGHUP: the run ends and says what is kept. A second signal ends it at once, if the
//! end takes long.
//!
//! What must not be cut is finished first, as the library knows it: a token that is exchanged, a file that
//! gets its name.

use std::io;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::arguments::PROGRAM;
use crate::exit_code;
use crate::failure::Failure;
use crate::progress::Reporter;

/// Time between two looks for a signal: people do not notice it.
const LOOK: Duration = Duration::from_millis(20);

/// Time in which a second signal changes nothing: `timeout` sends two at once, to the program and its group.
const PATIENCE: Duration = Duration::from_secs(1);

/// Longest wait for what must be finished, such as a new refresh token: longer than the service usually
/// takes, and no longer than Docker waits before it kills a program.
pub(crate) const PATIENCE_FOR_STEPS: Duration = Duration::from_secs(10);

pub(crate) fn watch(reporter: Arc<Reporter>) -> Result<(), Failure> {
    let failed = |error| Failure::Other(format!("signals cannot be watched: {error}"));
    let ends_at_once = Arc::new(AtomicBool::new(false));
    let seen = take(&ends_at_once).map_err(failed)?;
    let watch = move || loop {
        if let Some((_, code, word)) = seen.iter().find(|(is_seen, ..)| is_seen.load(Ordering::Relaxed)) {
            let unfinished = &reporter.unfinished;
            unfinished.finish(PATIENCE_FOR_STEPS, |waited| {
                ends_at_once.store(waited >= PATIENCE, Ordering::Relaxed);
            });
            ends_at_once.store(true, Ordering::Relaxed);
            let (last, writer) = (format!("{PROGRAM}: {word}{}", reporter.what_is_kept()), Arc::clone(&reporter));
            // Standard error may be a pipe or a terminal that no program reads.
            let said = thread::Builder::new().spawn(move || writer.write_line(&last));
            let begun = Instant::now();
            while said.as_ref().is_ok_and(|said| !said.is_finished()) && begun.elapsed() < PATIENCE {
                thread::sleep(LOOK);
            }
            // At the very end: a lock among them lets another run begin.
            unfinished.remove_temporary();
            process::exit(i32::from(*code));
        }
        thread::sleep(LOOK);
    };
    thread::Builder::new().name("signals".to_owned()).spawn(watch).map(drop).map_err(failed)
}

/// A signal: whether it came, the exit code, and the word for it.
type Signal = (Arc<AtomicBool>, u8, &'static str);

/// Takes the signals. One that comes again while `ends_at_once` is set ends the program.
#[cfg(unix)]
fn take(ends_at_once: &Arc<AtomicBool>) -> io::Result<Vec<Signal>> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
    use signal_hook::flag;

    // A file size limit becomes an error of the write, which says what is kept.
    flag::register(SIGXFSZ, Arc::default())?;
    let signals = [
        (SIGINT, exit_code::INTERRUPTED, "interrupted"),
        (SIGTERM, exit_code::TERMINATED, "terminated"),
        (SIGHUP, exit_code::HUNG_UP, "hung up"),
    ];
    let ignored = ignored();
    let taken = signals.into_iter().filter(|(signal, ..)| ignored & (1 << (signal - 1)) == 0);
    let take = |(signal, code, word)| {
        let is_seen = Arc::new(AtomicBool::new(false));
        flag::register_conditional_shutdown(signal, i32::from(code), Arc::clone(ends_at_once))?;
        flag::register(signal, Arc::clone(&is_seen))?;
        Ok((is_seen, code, word))
    };
    taken.map(take).collect()
}

/// Takes Ctrl-C and Ctrl-Break, as above.
#[cfg(windows)]
fn take(ends_at_once: &Arc<AtomicBool>) -> io::Result<Vec<Signal>> {
    let is_seen = Arc::new(AtomicBool::new(false));
    let (seen, ends_at_once) = (Arc::clone(&is_seen), Arc::clone(ends_at_once));
    let handler = move || {
        if is_seen.swap(true, Ordering::Relaxed) && ends_at_once.load(Ordering::Relaxed) {
            process::exit(i32::from(exit_code::INTERRUPTED));
        }
    };
    ctrlc::set_handler(handler).map_err(io::Error::other)?;
    Ok(vec![(seen, exit_code::INTERRUPTED, "interrupted")])
}

/// The signals that the program was started to ignore, a bit each, which stays so: `nohup` does that to SIGHUP, and a
/// script to SIGINT of what it starts in the background. Where the system does not say it, SIGHUP is left as it is.
#[cfg(unix)]
fn ignored() -> u64 {
    const HUP_ALONE: u64 = 1 << (signal_hook::consts::SIGHUP - 1);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(HUP_ALONE)
}
