//! Everything the fake service knows: its data, its users, and how it sends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::bucket::Bucket;
use super::dump::Dump;
use super::gzip::GzipMode;
use super::model::{ActionResult, Process, Task};
use super::random::Random;
use super::sign_in::SignIn;
use super::wire::Framing;

/// The workspace that is there by default.
pub const WORKSPACE: &str = "0a800b00e0000000f000001eab0d0000";
/// The model that is there by default.
pub const MODEL: &str = "F1111111C11111111B11111F1111E11F";
/// The process of [`Service::with_dump`].
pub const PROCESS: &str = "118000000001";
/// The task of [`Service::with_dump`].
pub const TASK: &str = "B7EA9FEC0FF2488B9A9E6040B6B26753";
/// The failed import of [`Service::with_dump`].
pub const OBJECT: &str = "112000000015";
/// Its name.
pub const OBJECT_NAME: &str = "Cost centres from ERP";
/// The user who is there by default.
pub const USER: &str = "integration@example.com";
/// This user's token.
pub const TOKEN: &str = "fake-token-of-integration";

/// How a token is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Anaplan,
    Bearer,
}

#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) value: String,
    pub(crate) user: String,
    pub(crate) scheme: Scheme,
    pub(crate) expired: bool,
    pub(crate) forbidden: bool,
    pub(crate) expires: Option<Instant>,
}

/// The state of the fake service.
#[derive(Debug)]
pub struct Service {
    /// The one workspace.
    pub workspace: String,
    /// The one model in it.
    pub model: String,
    /// The processes of the model.
    pub processes: Vec<Process>,
    /// The imports that are run on their own.
    pub imports: Vec<Process>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) sign_in: SignIn,
    pub(crate) bucket: Option<Bucket>,
    pub(crate) page_size: usize,
    pub(crate) settings: Settings,
    pub(crate) random: Random,
}

/// How answers are sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) gzip: GzipMode,
    pub(crate) framing: Framing,
    pub(crate) latency: Duration,
    pub(crate) bytes_per_second: Option<u64>,
}

impl Default for Service {
    fn default() -> Self {
        Self::new()
    }
}

impl Service {
    /// A model without processes, and one user with one token.
    pub fn new() -> Self {
        let mut service = Self {
            workspace: WORKSPACE.to_owned(),
            model: MODEL.to_owned(),
            processes: Vec::new(),
            imports: Vec::new(),
            tokens: Vec::new(),
            sign_in: SignIn::default(),
            bucket: None,
            page_size: 5000,
            settings: Settings {
                gzip: GzipMode::Off,
                framing: Framing::ContentLength,
                latency: Duration::ZERO,
                bytes_per_second: None,
            },
            random: Random::new(118),
        };
        service.add_token(USER, TOKEN);
        service
    }

    /// One process, one task, one failed import in it with this dump.
    pub fn with_dump(dump: Dump) -> Self {
        let result = ActionResult::process(PROCESS)
            .with_nested(ActionResult::new("117000000003"))
            .with_nested(ActionResult::failed_import(OBJECT, OBJECT_NAME));
        let task = Task::complete(TASK).with_result(result).with_dump(OBJECT, dump);
        Self::new().with_process(Process::new(PROCESS, "Nightly load").with_task(task))
    }

    /// Adds a process.
    #[must_use]
    pub fn with_process(mut self, process: Process) -> Self {
        self.processes.push(process);
        self
    }

    /// Adds an import that is run on its own.
    #[must_use]
    pub fn with_import(mut self, import: Process) -> Self {
        self.imports.push(import);
        self
    }

    /// Registers a token for `AnaplanAuthToken`. An expired or forbidden token of this value is good again.
    pub fn add_token(&mut self, user: impl Into<String>, token: impl Into<String>) {
        self.register(user.into(), token.into(), Scheme::Anaplan, None);
    }

    /// Registers a token for `Bearer`. An expired or forbidden token of this value is good again.
    pub fn add_bearer_token(&mut self, user: impl Into<String>, token: impl Into<String>) {
        self.register(user.into(), token.into(), Scheme::Bearer, None);
    }

    pub(crate) fn register(&mut self, user: String, value: String, scheme: Scheme, expires: Option<Instant>) {
        self.tokens.retain(|token| token.value != value || token.scheme != scheme);
        self.tokens.push(Token { value, user, scheme, expired: false, forbidden: false, expires });
    }

    /// The token is answered with 401 from now on.
    pub fn expire_token(&mut self, token: &str) {
        self.tokens.iter_mut().filter(|known| known.value == token).for_each(|t| t.expired = true);
    }

    /// The token is answered with 403 from now on.
    pub fn forbid_token(&mut self, token: &str) {
        self.tokens.iter_mut().filter(|known| known.value == token).for_each(|t| t.forbidden = true);
    }

    /// Whether chunks are compressed for clients that accept it. Off at first.
    pub fn set_gzip(&mut self, mode: GzipMode) {
        self.settings.gzip = mode;
    }

    /// How the end of a body is marked. `Content-Length` at first.
    pub fn set_framing(&mut self, framing: Framing) {
        self.settings.framing = framing;
    }

    /// The wait before each answer, and the rate of each connection for itself (none: no limit).
    pub fn set_link(&mut self, latency: Duration, bytes_per_second: Option<u64>) {
        self.settings.latency = latency;
        self.settings.bytes_per_second = bytes_per_second;
    }

    /// Answers 429 when more requests come than a bucket of this depth and refill rate allows.
    pub fn set_bucket(&mut self, depth: u32, per_second: f64, retry_after: bool) {
        self.bucket = Some(Bucket::new(f64::from(depth), per_second, retry_after));
    }

    /// How many requests the bucket has refused.
    pub fn throttled(&self) -> usize {
        self.bucket.as_ref().map_or(0, |bucket| bucket.refused)
    }

    /// The most entries that a page of processes or tasks holds. 5000 at first.
    pub fn set_page_size(&mut self, entries: usize) {
        self.page_size = entries.max(1);
    }

    /// A process by its id.
    pub fn process_mut(&mut self, id: &str) -> Option<&mut Process> {
        self.processes.iter_mut().find(|process| process.id == id)
    }

    /// A task of a process or an import, by its id.
    pub fn task_mut(&mut self, id: &str) -> Option<&mut Task> {
        let all = self.processes.iter_mut().chain(&mut self.imports);
        all.flat_map(|process| &mut process.tasks).find(|task| task.id == id)
    }

    /// Puts another dump in place of one that is there.
    pub fn replace_dump(&mut self, task: &str, object: &str, dump: Dump) {
        if let Some(place) = self.task_mut(task).and_then(|task| task.dump_mut(object)) {
            *place = dump;
        }
    }

    /// The dump is gone: 404 from now on, while its task still reports it.
    pub fn erase_dump(&mut self, task: &str, object: &str) {
        if let Some(dump) = self.task_mut(task).and_then(|task| task.dump_mut(object)) {
            dump.erased = true;
        }
    }

    /// The chunks of the dump of [`Service::with_dump`], as they are now.
    pub fn dump_chunks(&mut self) -> Vec<Arc<[u8]>> {
        let dump = self.task_mut(TASK).and_then(|task| task.dump_mut(OBJECT));
        dump.map(|dump| dump.chunks.clone()).unwrap_or_default()
    }
}
