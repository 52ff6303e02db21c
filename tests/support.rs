//! A scratch folder, a fake server and the binary, and failures that show all there is to know.

mod background;
mod parts;
mod processes;

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Seek, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use xtask::fake::{Dump, FakeServer, OBJECT, RequestLog, Service, TASK, TOKEN, dump_file};

pub(crate) use self::background::Background;
pub(crate) use self::parts::{CHUNK, Told, asked, bytes_of, chunk, chunk_list, dump_of, lists_asked};
pub(crate) use self::processes::{PROCESS_NAME, clean, dump_for, failed, failing_run, nightly, result_of};

/// 25 kB in chunks of 10 kB: boundaries inside rows, and a shorter last one.
pub(crate) fn three_chunks() -> Dump {
    Dump::from_bytes(dump_file::generate(7, 25_000), 10_000)
}

/// The name of the file that the server's dump has in a folder.
pub(crate) fn own_name() -> String {
    format!("{OBJECT}-Cost_centres_from_ERP-{TASK}.csv")
}

/// One test's folder and server.
pub(crate) struct Scene {
    pub(crate) server: FakeServer,
    folder: TempDir,
    ca_file: Option<PathBuf>,
}

impl Scene {
    /// A server that has one dump.
    pub(crate) fn with_dump(dump: Dump) -> Scene {
        Scene::with_service(Service::with_dump(dump))
    }

    pub(crate) fn with_service(service: Service) -> Scene {
        Scene::new(FakeServer::start(service))
    }

    /// The same over TLS, with a certificate authority of its own.
    pub(crate) fn with_tls(service: Service) -> Scene {
        let mut scene = Scene::new(FakeServer::start_tls(service));
        let ca_file = scene.path("ca.pem");
        fs::write(&ca_file, scene.server.ca_pem()).expect("the certificate is written");
        scene.ca_file = Some(ca_file);
        scene
    }

    fn new(server: FakeServer) -> Scene {
        Scene { server, folder: tempfile::tempdir().expect("a scratch folder"), ca_file: None }
    }

    /// The scratch folder; commands run in it.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the scratch folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The names in the scratch folder, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder()).expect("the scratch folder is there");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .filter(|name| name != "ca.pem")
            .collect();
        names.sort();
        names
    }

    /// A file of the scratch folder.
    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}\n{}", self.describe()))
    }

    /// The scratch folder holds these names and no others.
    #[track_caller]
    pub(crate) fn holds(&self, names: &[&str]) {
        assert_eq!(self.files(), names, "{}", self.describe());
    }

    /// The requests for lists of chunks, as path and query behind the dump.
    pub(crate) fn list_requests(&self) -> Vec<String> {
        self.targets().into_iter().filter(|target| !target.starts_with("/chunks/")).collect()
    }

    /// The requests for chunks, as path and query behind the dump.
    pub(crate) fn chunk_requests(&self) -> Vec<String> {
        self.targets().into_iter().filter(|target| target.starts_with("/chunks/")).collect()
    }

    fn targets(&self) -> Vec<String> {
        let behind_dump = |request: RequestLog| {
            let at = request.target.find("/chunks").unwrap_or(0);
            request.target[at..].to_owned()
        };
        self.server.requests().into_iter().map(behind_dump).collect()
    }

    /// A command with the arguments, split at blanks, aimed at the server. `DUMP` stands for the
    /// locator of the server's dump, `NIGHTLY` for that of its process.
    pub(crate) fn command(&self, arguments: &str) -> Invocation<'_> {
        let locator = self.server.locator();
        let mut command = Command::new(env!("CARGO_BIN_EXE_anaplan-dump"));
        command.args(
            arguments
                .split_whitespace()
                .map(|word| word.replace("DUMP", &locator))
                .map(|word| word.replace("NIGHTLY", &nightly())),
        );
        command.current_dir(self.folder()).env_clear().stdin(Stdio::null());
        command.env("ANAPLAN_API_URL", self.server.origin()).env("ANAPLAN_TOKEN", TOKEN);
        // Faults are tried again at once: no test waits.
        command.env("ANAPLAN_MAX_WAIT", "5ms");
        if let Some(ca_file) = &self.ca_file {
            command.env("ANAPLAN_CA_FILE", ca_file);
        }
        Invocation { scene: self, command }
    }

    /// Runs a command to its end.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &str) -> Outcome<'_> {
        self.command(arguments).run()
    }

    /// What a failing test prints: the requests that the server saw, and the files.
    pub(crate) fn describe(&self) -> String {
        let mut text = describe_requests(&self.server);
        let _ = writeln!(text, "-- files\n{:?}", self.files());
        text
    }
}

/// A command that is about to run.
pub(crate) struct Invocation<'a> {
    scene: &'a Scene,
    pub(crate) command: Command,
}

impl<'a> Invocation<'a> {
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn env_remove(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// What the command reads from its standard input.
    pub(crate) fn stdin(mut self, text: &str) -> Self {
        let mut file = tempfile::tempfile().expect("a scratch file");
        file.write_all(text.as_bytes()).and_then(|()| file.rewind()).expect("the scratch file is written");
        self.command.stdin(file);
        self
    }

    /// Where standard output goes, in place of the outcome.
    pub(crate) fn stdout(mut self, file: File) -> Self {
        self.command.stdout(file);
        self
    }

    /// One more argument, as it is.
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    #[track_caller]
    pub(crate) fn run(mut self) -> Outcome<'a> {
        let output = self.command.output().expect("the binary starts");
        Outcome { scene: self.scene, command: format!("{:?}", self.command), output }
    }

    /// Runs it as before `head -1`: reads one line of standard output, then closes the pipe.
    pub(crate) fn run_into_head(mut self) -> Outcome<'a> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("the binary starts");
        let mut line = Vec::new();
        let pipe = child.stdout.take().expect("standard output is a pipe");
        BufReader::new(pipe).read_until(b'\n', &mut line).expect("standard output is readable");
        let mut output = child.wait_with_output().expect("the binary ends");
        output.stdout = line;
        Outcome { scene: self.scene, command: format!("{:?}", self.command), output }
    }
}

/// What a command did.
pub(crate) struct Outcome<'a> {
    scene: &'a Scene,
    command: String,
    pub(crate) output: Output,
}

impl Outcome<'_> {
    #[track_caller]
    pub(crate) fn exits_with(self, code: i32) -> Self {
        assert!(self.output.status.code() == Some(code), "expected exit code {code}\n{}", self.describe());
        self
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// Standard output is this text.
    #[track_caller]
    pub(crate) fn says_exactly(self, text: &str) -> Self {
        assert!(self.stdout() == text, "stdout is not {text:?}\n{}", self.describe());
        self
    }

    /// Standard error is this text.
    #[track_caller]
    pub(crate) fn complains_exactly(self, text: &str) -> Self {
        assert!(self.stderr() == text, "stderr is not {text:?}\n{}", self.describe());
        self
    }

    /// No connection was made to the scene's server.
    #[track_caller]
    pub(crate) fn without_a_connection(self) -> Self {
        assert!(self.scene.server.connections() == 0, "there was a connection\n{}", self.describe());
        self
    }

    /// Neither output has characters that steer a terminal.
    #[track_caller]
    pub(crate) fn stays_harmless(self) -> Self {
        let text = self.stdout() + &self.stderr();
        let harmful = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert!(harmful.is_none(), "{harmful:?} is in the output\n{}", self.describe());
        self
    }

    /// Standard output has this text in it.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stdout().contains(text), "stdout lacks {text:?}\n{}", self.describe());
        self
    }

    /// Standard error has this text in it.
    #[track_caller]
    pub(crate) fn complains(self, text: &str) -> Self {
        assert!(self.stderr().contains(text), "stderr lacks {text:?}\n{}", self.describe());
        self
    }

    /// Neither output has this text in it.
    #[track_caller]
    pub(crate) fn never_mentions(self, text: &str) -> Self {
        let mentioned = self.stdout().contains(text) || self.stderr().contains(text);
        assert!(!mentioned, "{text:?} is in the output\n{}", self.describe());
        self
    }

    pub(crate) fn describe(&self) -> String {
        format!(
            "-- command\n{}\n-- status\n{}\n-- stdout\n{}\n-- stderr\n{}\n{}",
            self.command,
            self.output.status,
            shown(&self.output.stdout),
            shown(&self.output.stderr),
            self.scene.describe(),
        )
    }
}

fn shown(bytes: &[u8]) -> String {
    const SHOWN_BYTES: usize = 4000;
    let cut = &bytes[..bytes.len().min(SHOWN_BYTES)];
    let more = bytes.len() - cut.len();
    String::from_utf8_lossy(cut).into_owned()
        + &if more > 0 { format!("... {more} more bytes") } else { String::new() }
}

/// The requests that a server saw, and what became of them.
pub(crate) fn describe_requests(server: &FakeServer) -> String {
    let mut text = String::from("-- requests\n");
    for request in server.requests() {
        let status = request.status.map_or("-".to_owned(), |status| status.to_string());
        let fault = request.fault.as_deref().unwrap_or("");
        let _ = writeln!(
            text,
            "#{} {} {} -> {status} {fault}",
            request.connection, request.method, request.target
        );
    }
    text
}

/// Two byte strings are equal; a failure shows the first difference, not ten megabytes.
#[track_caller]
pub(crate) fn assert_same_bytes(got: &[u8], expected: &[u8]) {
    if got != expected {
        let at = got.iter().zip(expected).position(|(a, b)| a != b).unwrap_or(got.len().min(expected.len()));
        panic!("{} bytes instead of {}; the first difference is at byte {at}", got.len(), expected.len());
    }
}
