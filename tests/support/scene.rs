//! One test's folder and server.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::fs;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use serde_json::{Value, json};
use tempfile::{NamedTempFile, TempDir};
use xtask::fake::{
    Dump, FakeServer, Fault, MODEL, OBJECT, PROCESS, ServerCertificate, Service, TASK, TOKEN, WORKSPACE, When,
};

use super::{Invocation, NEWEST_TASK, Outcome, assert_same_bytes, model, nightly};

/// A folder and a server. At the end the folder holds no file that the test did not mention, and each file
/// that the test wrote itself is as the test left it.
pub(crate) struct Scene {
    pub(crate) server: FakeServer,
    folder: TempDir,
    /// Where runs of this test lock what they upload to: that of other tests has the same name.
    locks: TempDir,
    authority: Option<NamedTempFile>,
    /// The files that the test mentioned, with their content where it must not change.
    mentioned: RefCell<BTreeMap<String, Option<Vec<u8>>>>,
    begun: &'static Location<'static>,
}

impl Scene {
    /// A server that has one dump.
    #[track_caller]
    pub(crate) fn with_dump(dump: Dump) -> Scene {
        Scene::with_service(Service::with_dump(dump))
    }

    #[track_caller]
    pub(crate) fn with_service(mut service: Service) -> Scene {
        // So that the names of dumps are known.
        service.start_time = Some(NEWEST_TASK);
        Scene::new(FakeServer::start(service))
    }

    /// The same over TLS, with a new certificate authority.
    #[track_caller]
    pub(crate) fn with_tls(service: Service) -> Scene {
        let mut scene = Scene::new(FakeServer::start_on(service, 0, Some(ServerCertificate::Good)).expect("a server"));
        let authority = NamedTempFile::new().expect("a scratch file");
        fs::write(&authority, scene.server.ca_pem()).expect("the certificate is written");
        scene.authority = Some(authority);
        scene
    }

    #[track_caller]
    fn new(server: FakeServer) -> Scene {
        Scene {
            server,
            folder: tempfile::tempdir().expect("a scratch folder"),
            locks: tempfile::tempdir().expect("a scratch folder"),
            authority: None,
            mentioned: RefCell::default(),
            begun: Location::caller(),
        }
    }

    /// The server answers these requests with this JSON.
    pub(crate) fn answers(&self, when: When, answer: impl Display) {
        self.server.fault(Fault::json(answer.to_string()), when);
    }

    /// A path in the scratch folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The paths of all files below the scratch folder, sorted; an empty folder ends with a slash.
    pub(crate) fn files(&self) -> Vec<String> {
        fn list(folder: &Path, prefix: &str, names: &mut Vec<String>) {
            for entry in fs::read_dir(folder).expect("the folder is there") {
                let entry = entry.expect("an entry");
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                let before = names.len();
                if entry.file_type().expect("a type").is_dir() {
                    list(&entry.path(), &format!("{name}/"), names);
                    if names.len() == before {
                        names.push(name + "/");
                    }
                } else {
                    names.push(name);
                }
            }
        }
        let mut names = Vec::new();
        list(self.folder.path(), "", &mut names);
        names.sort();
        names
    }

    /// Writes a file that is to stay as it is.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), &content).expect("the file is written");
        // It may hold a secret, and the command warns of one that others can read.
        #[cfg(unix)]
        fs::set_permissions(self.path(name), std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .expect("the permissions are set");
        self.mentioned.borrow_mut().insert(name.to_owned(), Some(content.as_ref().to_vec()));
    }

    /// Makes an empty folder.
    pub(crate) fn make_folder(&self, name: &str) {
        fs::create_dir(self.path(name)).expect("the folder is made");
        self.mentioned.borrow_mut().insert(format!("{name}/"), None);
    }

    /// Removes a file.
    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).expect("the file is removed");
        self.mentioned.borrow_mut().remove(name);
    }

    /// A file of the scratch folder, and a mention of it.
    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        self.mentioned.borrow_mut().insert(name.to_owned(), None);
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}\n{}", self.describe()))
    }

    /// The same as text.
    #[track_caller]
    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).expect("the file is UTF-8")
    }

    /// A file has these bytes.
    #[track_caller]
    pub(crate) fn has(&self, name: &str, content: &[u8]) {
        assert_same_bytes(&self.read(name), content);
    }

    /// The scratch folder holds these files and no others.
    #[track_caller]
    pub(crate) fn holds(&self, names: &[impl AsRef<str>]) {
        let mut expected: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        expected.sort_unstable();
        assert_eq!(self.files(), expected, "{}", self.describe());
        let mut mentioned = self.mentioned.borrow_mut();
        mentioned.retain(|name, _| expected.contains(&name.as_str()));
        for name in expected {
            mentioned.entry(name.to_owned()).or_default();
        }
    }

    /// The files that are there now are left to the test.
    pub(crate) fn any_files(&self) {
        let files = self.files().into_iter().map(|file| (file, None));
        self.mentioned.borrow_mut().extend(files);
    }

    /// All requests so far, as method and target. The path of the server's dump is written `DUMP`,
    /// that of its process `NIGHTLY`; that of the model is left out.
    pub(crate) fn requests(&self) -> Vec<String> {
        let requests = self.server.requests();
        requests.iter().map(|request| format!("{} {}", request.method, short(&request.target))).collect()
    }

    /// These are all the requests so far.
    #[track_caller]
    pub(crate) fn assert_requests(&self, expected: &[impl AsRef<str>]) {
        let expected: Vec<&str> = expected.iter().map(AsRef::as_ref).collect();
        assert_eq!(self.requests(), expected, "{}", self.describe());
    }

    /// How many requests so far begin like this.
    pub(crate) fn count_of(&self, start: &str) -> usize {
        self.requests().iter().filter(|request| request.starts_with(start)).count()
    }

    /// A command with the arguments, split at blanks, aimed at the server. `DUMP` is the locator of the server's
    /// dump, `NIGHTLY` that of its process, `MODEL` that of its model.
    pub(crate) fn command(&self, arguments: &str) -> Invocation<'_> {
        let fill = |word: &str| {
            word.replace("DUMP", &self.server.locator()).replace("NIGHTLY", &nightly()).replace("MODEL", &model())
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_anaplan-dump"));
        command.args(arguments.split_whitespace().map(fill));
        command.current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command.env("ANAPLAN_API_URL", self.server.origin()).env("ANAPLAN_TOKEN", TOKEN);
        command.env("TMPDIR", self.locks.path()).env("TMP", self.locks.path());
        // Faults are retried at once: no test waits.
        command.env("ANAPLAN_MAX_WAIT", "5ms");
        if let Some(authority) = &self.authority {
            command.env("ANAPLAN_CA_FILE", authority.path());
        }
        Invocation::new(self, command)
    }

    /// Runs a command to its end.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &str) -> Outcome<'_> {
        self.command(arguments).run()
    }

    /// Downloads the server's dump to `dump.csv`.
    #[track_caller]
    pub(crate) fn get(&self, options: &str) -> Outcome<'_> {
        self.run(&format!("get DUMP -o dump.csv {options}"))
    }

    /// Downloads the server's dump to standard output.
    #[track_caller]
    pub(crate) fn pipe(&self, options: &str) -> Outcome<'_> {
        self.run(&format!("get DUMP -o - {options}"))
    }

    /// Placeholders in texts: URL and locator of the dump, locators of process and model, the origin.
    fn placeholders(&self) -> [(&'static str, String); 5] {
        [
            ("<URL>", self.server.dump_url()),
            ("<DUMP>", self.server.locator()),
            ("<NIGHTLY>", nightly()),
            ("<MODEL>", model()),
            ("<ORIGIN>", self.server.origin()),
        ]
    }

    /// A text with its placeholders filled in.
    pub(crate) fn fill(&self, text: &str) -> String {
        let fill = |text: String, (placeholder, meaning): (&str, String)| text.replace(placeholder, &meaning);
        self.placeholders().into_iter().fold(text.to_owned(), fill)
    }

    /// What `--json` says of the thing that a locator names, which may be a placeholder.
    pub(crate) fn named(&self, locator: &str) -> Value {
        let locator = self.fill(locator);
        json!({"id": locator.rsplit('/').next(), "locator": locator})
    }

    /// The same text with placeholders, which is easier to read.
    pub(super) fn shorten(&self, text: &str) -> String {
        let shorten = |text: String, (placeholder, meaning): (&str, String)| text.replace(&meaning, placeholder);
        self.placeholders().into_iter().fold(text.to_owned(), shorten)
    }

    /// What a failing test prints: the requests that the server saw, and the files.
    pub(crate) fn describe(&self) -> String {
        format!("{}-- files\n{:?}", describe_requests(&self.server), self.files())
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        let mentioned = self.mentioned.borrow();
        for file in self.files() {
            let is_mentioned = mentioned.contains_key(&file);
            assert!(is_mentioned, "{file} is left, in the scene of {}\n{}", self.begun, self.describe());
        }
        for (name, content) in mentioned.iter() {
            let Some(content) = content else { continue };
            let is_unchanged = fs::read(self.path(name)).is_ok_and(|bytes| bytes == *content);
            assert!(is_unchanged, "{name} has changed, in the scene of {}\n{}", self.begun, self.describe());
        }
    }
}

fn short(target: &str) -> String {
    let model = format!("/2/0/workspaces/{WORKSPACE}/models/{MODEL}");
    let process = format!("/processes/{PROCESS}");
    let dump = format!("{process}/tasks/{TASK}/dumps/{OBJECT}");
    let below = target.strip_prefix(&model).unwrap_or(target);
    below.replacen(&dump, "DUMP", 1).replacen(&process, "NIGHTLY", 1)
}

/// The requests that a server saw, with its answers.
pub(crate) fn describe_requests(server: &FakeServer) -> String {
    let mut text = String::from("-- requests\n");
    for request in server.requests() {
        let status = request.status.map_or("-".to_owned(), |status| status.to_string());
        let (method, target) = (&request.method, short(&request.target));
        let fault = request.fault.as_deref().unwrap_or_default();
        let _ = writeln!(text, "#{} {method} {target} -> {status} {fault}", request.connection);
    }
    text
}
