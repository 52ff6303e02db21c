//! The service: what it holds, and where each answer is made (`answers.rs`).

mod answers;
mod bucket;
mod json;
mod upload;

use std::net::SocketAddr;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::data::{ActionResult, Dump, OBJECT, OBJECT_NAME, PROCESS, Process, SourceFile, TASK, TOKEN, Task, USER};
use super::random::Random;
use super::sign_in::{Grant, Scheme, SignIn};
use super::wire::Settings;
use bucket::Bucket;

/// The state of the fake service.
#[derive(Debug)]
pub struct Service {
    pub processes: Vec<Process>,
    pub imports: Vec<Process>,
    pub files: Vec<SourceFile>,
    /// What the model is doing beside its tasks, such as `Updating`.
    pub busy: Option<String>,
    /// Where `CONNECT` leads, to be a proxy; refused without it.
    pub tunnel: Option<SocketAddr>,
    /// When the next task is created, in milliseconds since 1970; now unless it is set.
    pub start_time: Option<u64>,
    /// How links in answers begin; the server that is started with this service sets it.
    pub(crate) origin: String,
    pub settings: Settings,
    pub sign_in: SignIn,
    bucket: Option<Bucket>,
    /// The maximum number of entries that a page of a list holds.
    pub page_size: usize,
    random: Random,
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
            processes: Vec::new(),
            imports: Vec::new(),
            files: Vec::new(),
            busy: None,
            tunnel: None,
            start_time: None,
            origin: String::new(),
            settings: Settings::default(),
            sign_in: SignIn::default(),
            bucket: None,
            page_size: 5000,
            random: Random::new(118),
        };
        service.add_token(USER, TOKEN);
        service
    }

    /// One process, one task, one failed import in it with this dump.
    pub fn with_dump(dump: Dump) -> Self {
        let result = ActionResult::new(PROCESS)
            .with_nested(ActionResult::new("117000000003"))
            .with_nested(ActionResult::failed_import(OBJECT, OBJECT_NAME));
        let task = Task::complete(TASK).with_result(result).with_dump(OBJECT, dump);
        Self::new().with_process(Process::new(PROCESS, "Nightly load").with_task(task))
    }

    pub fn with_process(mut self, process: Process) -> Self {
        self.processes.push(process);
        self
    }

    pub fn with_import(mut self, import: Process) -> Self {
        self.imports.push(import);
        self
    }

    pub fn with_file(mut self, file: SourceFile) -> Self {
        self.files.push(file);
        self
    }

    /// Registers a token for `AnaplanAuthToken`. An expired token of this value is good again.
    pub fn add_token(&mut self, user: impl Into<String>, token: impl Into<String>) {
        self.sign_in.tokens.add(user.into(), token.into(), Scheme::Anaplan, None);
    }

    /// Registers a token for `Bearer`. An expired token of this value is good again.
    pub fn add_bearer_token(&mut self, user: impl Into<String>, token: impl Into<String>) {
        self.sign_in.tokens.add(user.into(), token.into(), Scheme::Bearer, None);
    }

    pub fn expire_token(&mut self, token: &str) {
        self.sign_in.tokens.expire(token);
    }

    pub fn add_password(&mut self, user: impl Into<String>, password: impl Into<String>) {
        self.sign_in.passwords.push((user.into(), password.into()));
    }

    /// Lets a user sign in with this certificate (PEM) and its private RSA key. Text without a certificate is ignored.
    pub fn add_certificate(&mut self, user: impl Into<String>, pem: &str) {
        if let Ok(der) = CertificateDer::from_pem_slice(pem.as_bytes()) {
            self.sign_in.certificates.push((user.into(), der.to_vec()));
        }
    }

    /// Lets an OAuth client refresh; `rotating` clients get a new refresh token each time, and the old one is dead.
    pub fn add_refresh_token(
        &mut self,
        user: impl Into<String>,
        client: impl Into<String>,
        token: impl Into<String>,
        rotating: bool,
    ) {
        let (user, client, token) = (user.into(), client.into(), token.into());
        self.sign_in.oauth.grants.push(Grant { user, client, token, rotating });
    }

    /// Lets devices sign in: this user approves after `pending_polls` polls that are answered `authorization_pending`.
    pub fn approve_devices(&mut self, user: impl Into<String>, pending_polls: usize) {
        self.sign_in.oauth.approval = Some((user.into(), pending_polls));
    }

    /// Answers 429 when more requests come than a bucket of this depth and refill rate allows.
    pub fn set_bucket(&mut self, depth: u32, per_second: f64, retry_after: bool) {
        self.bucket = Some(Bucket::new(f64::from(depth), per_second, retry_after));
    }

    pub fn throttled(&self) -> usize {
        self.bucket.as_ref().map_or(0, |bucket| bucket.refused)
    }

    pub fn process_mut(&mut self, id: &str) -> Option<&mut Process> {
        self.processes.iter_mut().find(|process| process.id == id)
    }

    pub fn dump_mut(&mut self, task: &str, object: &str) -> Option<&mut Dump> {
        let all = self.processes.iter_mut().chain(&mut self.imports).flat_map(|process| &mut process.tasks);
        all.filter(|known| known.id == task).find_map(|task| task.dump_mut(object))
    }

    /// The dump that the newest task of a process or an import left, where it left one.
    pub fn dump_of(&self, id: &str) -> Option<Dump> {
        let parent = self.processes.iter().chain(&self.imports).find(|known| known.id == id)?;
        parent.tasks.last()?.dumps.first().map(|(_, dump)| dump.clone())
    }
}
