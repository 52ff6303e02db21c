//! What the command reports in more than one situation, as expected texts.

use super::{CHUNK, size};

// The transport's own words follow, which are left open.
pub(crate) const CLOSED: &str = "the connection was closed before the answer came<ANY>";
pub(crate) const CUT: &str = "the body was cut short<ANY>";
pub(crate) const NO_CONNECTION: &str = "no connection could be made<ANY>";
pub(crate) const PROXY_REFUSED: &str = "the proxy refused the connection<ANY>\n  check the proxy's address, and \
 whether it allows this host (HTTPS_PROXY)";
pub(crate) const STALLED: &str = "nothing arrived for 0.5 s<ANY>";
pub(crate) const GZIP_DAMAGED: &str = "its gzip data is damaged";
pub(crate) const NO_PROOF: &str = "it came without length, chunked coding or gzip: nothing proves that it is complete";
pub(crate) const CHANGED_LIST: &str = "the chunk list changed";
pub(crate) const CHANGED_CHUNK: &str = "a chunk that was fetched again differs";

/// The next line of an error where connections break, stall, or bring other bytes than were sent.
pub(crate) const IS_CUT: &str =
    "\n  try again later; if it stays, something on the way, such as a proxy, cuts connections";
pub(crate) const IS_SILENT: &str = "\n  try again later; --stall-timeout allows longer silence";
pub(crate) const IS_ALTERED: &str = concat!(
    "\n  something on the way, such as a proxy or a virus scanner, may alter answers: ",
    "ask for an exception for this host"
);

/// Why a process or import has no tasks.
pub(crate) const NO_TASKS: &str = concat!(
    "has no tasks: it never ran, it does not exist, or this user has no access to it ",
    "(the service does not say which)"
);

/// The next line of an error where `dump.csv.part` can be continued.
pub(crate) const KEPT: &str = "\n  what is there is kept in dump.csv.part: the same command continues from it";

/// The same where the dump is gone, so that it cannot be continued.
pub(crate) const KEPT_IN_VAIN: &str = "\n  what is there is kept in dump.csv.part";

/// The next lines of an error where a dump is not found.
pub(crate) const DUMP_NOT_FOUND: &str = concat!(
    "\n  a dump is not found when one of these is so:",
    "\n  - it was removed: 48 hours after its last access, or because the import ran without errors",
    "\n  - a newer run of the same import replaced it",
    "\n  - it belongs to another user",
    "\n  - an identifier is wrong",
    "\n  - this user has no access to the model"
);

/// The next line of an error where a dump vanished during its download.
pub(crate) const DUMP_VANISHED: &str = concat!(
    "\n  the dump was there when the download began: meanwhile it was removed (48 hours after its last ",
    "access, or because the import ran again without errors) or replaced by a newer run of the import"
);

/// The chunk list of the server's dump.
pub(crate) const THE_LIST: &str = "the chunk list of dump <DUMP>";

/// A chunk of the server's dump.
pub(crate) fn the_chunk(id: usize, of: usize) -> String {
    format!("chunk {} of {of} (id {id})", id + 1)
}

/// An answer of the service: its status with the reason phrase.
pub(crate) fn answered(status: &str) -> String {
    format!("the service answered {status}")
}

/// A note before a retry. It follows others about the same task or dump, so its subject is short.
pub(crate) fn wait(subject: &str, why: &str, retry: u32, retries: u32) -> String {
    let status = why.strip_prefix("the service answered ").filter(|status| status.starts_with(char::is_numeric));
    let why = status.unwrap_or(why);
    format!("<CLOCK> {}: {why}; retry {retry} of {retries} in <TIME>\n", short(subject))
}

/// The subject of a request without the locator.
fn short(subject: &str) -> String {
    const SHORT: [(&str, &str); 3] = [
        ("the chunk list of ", "the chunk list"),
        ("the tasks of ", "the list of tasks"),
        ("the start of ", "the start of the process"),
    ];
    if let Some((_, short)) = SHORT.iter().find(|(long, _)| subject.starts_with(long)) {
        return (*short).to_owned();
    }
    match subject.strip_prefix("task ").and_then(|locator| locator.rsplit('/').next()) {
        Some(id) => format!("task {id}"),
        None => subject.split(" (id ").next().unwrap_or(subject).to_owned(),
    }
}

/// What is wrong after the last try. The transport's own words come last.
pub(crate) fn gave_up(tries: usize, subject: &str, why: &str) -> String {
    if tries == 1 {
        return format!("{subject}: {why}");
    }
    let (why, words) = why.strip_suffix("<ANY>").map_or((why, ""), |why| (why, "<ANY>"));
    format!("{subject}: {why}, after {tries} tries in <TIME>{words}")
}

/// A download of the server's dump that ended early.
pub(crate) fn incomplete(chunks: usize, of: usize, why: &str) -> String {
    format!("dump <DUMP> is not complete: {chunks} of {of} chunks are there: {why}")
}

/// A note: the part file of an earlier run is continued.
pub(crate) fn goes_on(chunks: usize, of: usize) -> String {
    let bytes = if chunks == of { of * CHUNK - CHUNK / 2 } else { chunks * CHUNK };
    format!("an earlier run left {chunks} of {of} chunks ({}): continuing from there\n", size(bytes))
}

/// A note: the part file is not continued.
pub(crate) fn begins_anew(why: &str) -> String {
    format!("what is there cannot be continued ({why}): beginning anew\n")
}

/// A dump that was replaced while it was downloaded.
pub(crate) fn changed(what: &str) -> String {
    let advice = "the import probably ran again: wait until it has ended, then download its dump";
    format!("dump <DUMP>: {what} while it was downloaded, so its chunks do not belong together\n  {advice}")
}

/// A file that is not replaced.
pub(crate) fn exists(file: &str) -> String {
    format!("{file} exists already and is left as it is\n  choose another name, or replace it with --force")
}

/// The line for a dump of `dump_for` that was downloaded.
pub(crate) fn downloaded(file: &str) -> String {
    format!("{file}  2.5 kB  3 chunks  <TIME>\n")
}

/// The line below several dumps.
pub(crate) fn summary(downloaded: usize, there: usize, failed: usize, bytes: usize) -> String {
    let counts = [(downloaded, "downloaded"), (there, "already there"), (failed, "failed")];
    let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    let counts = counts.collect::<Vec<_>>().join(", ");
    format!("{} dumps: {counts}, {}\n", downloaded + there + failed, size(bytes))
}
