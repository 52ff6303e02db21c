//! The server's one dump, and downloads of it that were ended on the way.

use xtask::fake::{ActionResult, At, Dump, Fault, OBJECT, PROCESS, Process, Service, TASK, Task, When, dump_file};

use super::{Background, Scene};

/// When the newest task was created, in milliseconds since 1970, and that day.
pub(crate) const NEWEST_TASK: u64 = 1_571_258_347_545;
pub(crate) const DATE: &str = "2019-10-16";

/// Bytes of each chunk but the last.
pub(crate) const CHUNK: usize = 10_000;

/// A dump of this many chunks, the last one half as long. Another seed gives another dump.
pub(crate) fn dump_of(chunks: usize, seed: u64) -> Dump {
    Dump::from_bytes(bytes_of(chunks, seed), CHUNK)
}

/// The bytes of [`dump_of`].
pub(crate) fn bytes_of(chunks: usize, seed: u64) -> Vec<u8> {
    dump_file::generate(seed, chunks * CHUNK - CHUNK / 2)
}

/// The name of the file that the server's dump has in a folder.
pub(crate) fn own_name() -> String {
    format!("{DATE}-{OBJECT}-Cost_centres_from_ERP-{TASK}.csv")
}

/// The requests for one chunk.
pub(crate) fn chunk(number: usize) -> When {
    When::path(format!("chunks/{number}"))
}

/// The requests for the chunk list.
pub(crate) fn chunk_list() -> When {
    When::path("chunks")
}

/// A size as a person reads it.
pub(crate) fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// How two byte strings differ, without ten megabytes of them.
pub(crate) fn difference(got: &[u8], expected: &[u8]) -> String {
    let at = got.iter().zip(expected).take_while(|(a, b)| a == b).count();
    format!("{} bytes instead of {}; the first difference is at byte {at}", got.len(), expected.len())
}

/// Two byte strings are equal.
#[track_caller]
pub(crate) fn assert_same_bytes(got: &[u8], expected: &[u8]) {
    assert!(got == expected, "{}", difference(got, expected));
}

impl Scene {
    /// A server that has a dump whose task counts no other rows than are in it.
    #[track_caller]
    pub(crate) fn without_rows(dump: Dump) -> Scene {
        let result = ActionResult::loaded(OBJECT, "Cost centres", [90, dump_file::rows(&dump.bytes()), 0]);
        let task =
            Task::complete(TASK).with_result(ActionResult::new(PROCESS).with_nested(result)).with_dump(OBJECT, dump);
        let process = Process::new(PROCESS, "Nightly load").with_task(task);
        Scene::with_service(Service::new().with_process(process))
    }

    /// A server that has a dump of this many chunks.
    #[track_caller]
    pub(crate) fn with_chunks(chunks: usize) -> Scene {
        Scene::with_dump(dump_of(chunks, 1))
    }

    /// Starts a download to `dump.csv` that hangs in this chunk, with all chunks before it written.
    #[track_caller]
    pub(crate) fn hanging_in_chunk(&self, number: usize, script: Option<&str>) -> Background<'_> {
        self.server.fault(Fault::Stall(At::Body(3_000)), chunk(number));
        let before = self.count_of("GET DUMP/chunks/");
        let command = self.command("get DUMP -o dump.csv --stall-timeout=10m");
        let mut running = script.into_iter().fold(command, |command, script| command.through(script)).start();
        running.wait_until(&format!("it hangs in chunk {number}"), |scene| {
            let asked = scene.requests().into_iter().filter(|r| r.starts_with("GET DUMP/chunks/")).skip(before);
            asked.last().is_some_and(|last| last == format!("GET DUMP/chunks/{number}"))
        });
        running
    }

    /// A download to `dump.csv` that was killed in this chunk, on a server that is well again.
    #[track_caller]
    pub(crate) fn killed_in_chunk(&self, number: usize) {
        self.hanging_in_chunk(number, None).kill();
        self.server.clear_faults();
        self.holds(&PART_FILES);
    }

    /// Nothing has the final name, and the part file holds exactly these bytes.
    #[track_caller]
    pub(crate) fn keeps_part(&self, expected: &[u8]) {
        self.has("dump.csv.part", expected);
        self.holds(&PART_FILES);
    }
}

/// What an unfinished download to `dump.csv` leaves.
pub(crate) const PART_FILES: [&str; 2] = ["dump.csv.part", "dump.csv.part.journal"];
