//! A dump in small chunks, its unfinished file, and which chunks were asked for.

use std::fs;

use xtask::fake::{Dump, FakeServer, Fault, When, dump_file};

use super::{Background, Outcome, Scene, assert_same_bytes};

/// Bytes of each chunk but the last.
pub(crate) const CHUNK: usize = 10_000;

/// A dump of so many chunks, the last one half as long. Another seed gives another dump.
pub(crate) fn dump_of(chunks: usize, seed: u64) -> Dump {
    Dump::from_bytes(bytes_of(chunks, seed), CHUNK)
}

/// What is in it.
pub(crate) fn bytes_of(chunks: usize, seed: u64) -> Vec<u8> {
    dump_file::generate(seed, chunks * CHUNK - CHUNK / 2)
}

impl Scene {
    /// A server with [`dump_of`] so many chunks.
    pub(crate) fn with_chunks(chunks: usize) -> Scene {
        Scene::with_dump(dump_of(chunks, 1))
    }

    /// Every request makes the connection fall silent in the middle of this chunk.
    pub(crate) fn stall_in_chunk(&self, number: usize) {
        self.server.fault(Fault::Stall { after_bytes: 3_000 }, chunk(number));
    }

    /// Starts a download to `dump.csv` that hangs in this chunk; all chunks before are in the journal.
    #[track_caller]
    pub(crate) fn hanging_in_chunk(&self, number: usize, options: &str) -> Background<'_> {
        self.stall_in_chunk(number);
        let arguments = format!("get DUMP -o dump.csv --stall-timeout=10m {options}");
        let mut running = self.command(&arguments).start();
        running.wait_until("it hangs in its chunk", |scene| {
            scene.journal_lines() > number && asked(&scene.server, 0).contains(&number.to_string())
        });
        running
    }

    /// A download to `dump.csv` that was killed in this chunk, on a server that is well again.
    #[track_caller]
    pub(crate) fn killed_in_chunk(&self, number: usize) {
        self.hanging_in_chunk(number, "").kill();
        self.server.clear_faults();
    }

    /// Lines of the journal that are whole: one more than the chunks.
    pub(crate) fn journal_lines(&self) -> usize {
        let journal = fs::read(self.path("dump.csv.part.journal")).unwrap_or_default();
        journal.iter().filter(|byte| **byte == b'\n').count()
    }

    /// Runs `get DUMP -o dump.csv` with these options, and gives the chunks that were asked for.
    #[track_caller]
    pub(crate) fn get(&self, options: &str) -> (Outcome<'_>, Vec<String>) {
        let before = self.server.requests().len();
        let outcome = self.command(&format!("get DUMP -o dump.csv {options}")).start().finish();
        (outcome, asked(&self.server, before))
    }

    /// `dump.csv` has these bytes, and nothing else is left.
    #[track_caller]
    pub(crate) fn has_whole_dump(&self, expected: &[u8]) {
        let file = fs::read(self.path("dump.csv"));
        assert_same_bytes(&file.unwrap_or_else(|e| panic!("{e}\n{}", self.describe())), expected);
        assert_eq!(self.files(), ["dump.csv"], "{}", self.describe());
    }

    /// Nothing has the final name, and the part file holds exactly these bytes beside its journal.
    #[track_caller]
    pub(crate) fn keeps_part(&self, expected: &[u8]) {
        assert_eq!(self.files(), ["dump.csv.part", "dump.csv.part.journal"], "{}", self.describe());
        assert_same_bytes(&fs::read(self.path("dump.csv.part")).expect("the part file"), expected);
    }
}

/// The requests for one chunk.
pub(crate) fn chunk(number: usize) -> When {
    When::path(format!("chunks/{number}"))
}

/// The requests for the chunk list.
pub(crate) fn chunk_list() -> When {
    When::path("chunks")
}

/// The chunks that were asked for after the first `skipped` requests, in order; the list is left out.
pub(crate) fn asked(server: &FakeServer, skipped: usize) -> Vec<String> {
    let requests = server.requests();
    let last = |target: &str| target.rsplit('/').next().unwrap_or_default().to_owned();
    let places = requests.iter().skip(skipped).map(|request| last(request.path()));
    places.filter(|place| place != "chunks").collect()
}

/// How often the chunk list was asked for.
pub(crate) fn lists_asked(server: &FakeServer) -> usize {
    server.requests().iter().filter(|request| request.path().ends_with("/chunks")).count()
}

/// A wait that was told on standard error.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    pub(crate) why: String,
    pub(crate) seconds: f64,
    pub(crate) retry: u32,
    pub(crate) retries: u32,
}

impl Outcome<'_> {
    /// The waits that were told, in order.
    #[track_caller]
    pub(crate) fn waits(&self) -> Vec<Told> {
        let read = |line: &str| {
            let (why, rest) = line.split_once("; waiting ")?;
            let (seconds, rest) = rest.split_once(" s, then retry ")?;
            let (retry, retries) = rest.split_once(" of ")?;
            let why = why.to_owned();
            let (seconds, retry) = (seconds.parse().ok()?, retry.parse().ok()?);
            Some(Told { why, seconds, retry, retries: retries.parse().ok()? })
        };
        let lines: Vec<String> = self.stderr().lines().map(str::to_owned).collect();
        let waits = lines.iter().filter(|line| line.contains("waiting"));
        waits
            .map(|line| read(line).unwrap_or_else(|| panic!("not a wait: {line}\n{}", self.describe())))
            .collect()
    }
}
