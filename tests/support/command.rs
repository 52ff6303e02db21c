//! A command that always ends: by itself, by a signal or by a deadline.

use std::ffi::OsStr;
use std::fmt::Display;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::panic::Location;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use xtask::fake::{MODEL, WORKSPACE};

use super::{Outcome, Scene};

/// How long anything may take. Far more than it ever takes: a test that comes here has failed.
const DEADLINE: Duration = Duration::from_secs(60);

/// The pause between two looks at something that is waited for.
const LOOK: Duration = Duration::from_millis(2);

/// A command that is about to run.
pub(crate) struct Invocation<'a> {
    scene: &'a Scene,
    command: Command,
    stdout: Option<File>,
}

impl<'a> Invocation<'a> {
    pub(super) fn new(scene: &'a Scene, command: Command) -> Self {
        Invocation { scene, command, stdout: None }
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// In an environment that names the model.
    pub(crate) fn in_the_model(self) -> Self {
        self.env("ANAPLAN_WORKSPACE", WORKSPACE).env("ANAPLAN_MODEL", MODEL)
    }

    /// With Anaplan's hosts in place of the server, each request to them once and through a proxy at this address.
    pub(crate) fn through_proxy(self, proxy: impl Display) -> Self {
        self.without("ANAPLAN_API_URL").env("HTTPS_PROXY", proxy.to_string()).env("ANAPLAN_RETRIES", "0")
    }

    /// What the command reads from its standard input.
    pub(crate) fn stdin(mut self, text: &str) -> Self {
        let mut file = tempfile::tempfile().expect("a scratch file");
        file.write_all(text.as_bytes()).and_then(|()| file.rewind()).expect("the scratch file is written");
        self.command.stdin(file);
        self
    }

    /// The same from a pipe.
    pub(crate) fn stdin_of(mut self, pipe: std::io::PipeReader) -> Self {
        self.command.stdin(pipe);
        self
    }

    /// Where standard output goes instead of to the outcome.
    pub(crate) fn stdout(mut self, file: File) -> Self {
        self.stdout = Some(file);
        self
    }

    /// One more argument, as it is.
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Runs the same command through a shell script, whose `"$0" "$@"` is the command.
    pub(crate) fn through(mut self, script: &str) -> Self {
        let mut command = Command::new("/bin/bash");
        command.args(["-c", script]).arg(self.command.get_program()).args(self.command.get_args());
        command.env_clear().stdin(Stdio::null());
        command.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if let Some(folder) = self.command.get_current_dir() {
            command.current_dir(folder);
        }
        self.command = command;
        self
    }

    /// Runs a line of the shell, in which `$RUN` is the command, on a terminal of this kind. Standard output is
    /// its screen.
    pub(crate) fn on_a_terminal(self, term: &str, line: &str) -> Self {
        let command = self.env("TERM", term).env("SHELL", "/bin/bash");
        command.through(&format!("export RUN=\"$0 $*\"; exec /usr/bin/script -qec '{line}' /dev/null"))
    }

    /// Runs it under a limit of the shell, such as `-v 32768` for the memory in KiB.
    pub(crate) fn limited(self, limit: &str) -> Self {
        self.through(&format!("ulimit {limit}; exec \"$0\" \"$@\""))
    }

    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn run(self) -> Outcome<'a> {
        self.start().finish()
    }

    /// Starts the command and goes on.
    #[track_caller]
    pub(crate) fn start(mut self) -> Background<'a> {
        self.command.stdout(self.stdout.take().map_or_else(Stdio::piped, Stdio::from)).stderr(Stdio::piped());
        let before = (self.scene.server.requests().len(), self.scene.server.connections());
        let mut child = spawn(&mut self.command);
        let stdout = Collected::from(child.stdout.take());
        let stderr = Collected::from(child.stderr.take());
        let command = format!("{:?}", self.command);
        Background { scene: self.scene, command, before, begun: Location::caller(), child, stdout, stderr }
    }
}

/// A running command. Dropped, it is killed.
pub(crate) struct Background<'a> {
    scene: &'a Scene,
    command: String,
    before: (usize, usize),
    begun: &'static Location<'static>,
    child: Child,
    stdout: Collected,
    stderr: Collected,
}

impl<'a> Background<'a> {
    /// Waits until something is true.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, what: &str, mut is_true: impl FnMut(&Scene) -> bool) {
        let begun = Instant::now();
        while !is_true(self.scene) {
            if let Some(status) = self.child.try_wait().expect("the child can be waited for") {
                // It may have become true right before the end.
                if is_true(self.scene) {
                    return;
                }
                self.outcome(status).fail(&format!("the command ended before {what}"));
            }
            self.check_deadline(begun, what);
            thread::sleep(LOOK);
        }
    }

    /// Waits until the server has seen this many requests.
    #[track_caller]
    pub(crate) fn wait_for_requests(&mut self, count: usize) {
        let what = format!("the server has seen {count} requests");
        self.wait_until(&what, |scene| scene.server.requests().len() >= count);
    }

    /// Waits until standard error has this text in it.
    #[track_caller]
    pub(crate) fn wait_for_note(&mut self, text: &str) {
        let stderr = Arc::clone(&self.stderr.bytes);
        self.wait_until(&format!("it reported {text:?}"), |_| String::from_utf8_lossy(&lock(&stderr)).contains(text));
    }

    /// Waits until standard output has this many bytes.
    #[track_caller]
    pub(crate) fn wait_for_output(&mut self, bytes: usize) {
        let stdout = Arc::clone(&self.stdout.bytes);
        self.wait_until(&format!("it printed {bytes} bytes"), |_| lock(&stdout).len() >= bytes);
    }

    /// Sends a signal by its name, such as `TERM`.
    #[cfg(unix)]
    #[track_caller]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("kill is there");
        assert!(sent.success(), "kill -s {name}: {sent}");
    }

    /// Ends it without a chance to do anything more. All that it did is left to the test.
    pub(crate) fn kill(mut self) -> Outcome<'a> {
        let status = self.end();
        self.outcome(status).any()
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Outcome<'a> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the child can be waited for") {
                return self.outcome(status);
            }
            self.check_deadline(begun, "its end");
            thread::sleep(LOOK);
        }
    }

    #[track_caller]
    fn check_deadline(&mut self, begun: Instant, what: &str) {
        if begun.elapsed() > DEADLINE {
            let status = self.end();
            self.outcome(status).fail(&format!("{DEADLINE:?} passed before {what}"));
        }
    }

    fn end(&mut self) -> ExitStatus {
        let _ = self.child.kill();
        self.child.wait().expect("the child can be waited for")
    }

    fn outcome(&mut self, status: ExitStatus) -> Outcome<'a> {
        let output = Output { status, stdout: self.stdout.all(), stderr: self.stderr.all() };
        Outcome::new(self.scene, self.command.clone(), output, self.before, self.begun)
    }
}

impl Drop for Background<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a command has written so far.
struct Collected {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Collected {
    fn from(pipe: Option<impl Read + Send + 'static>) -> Collected {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let reader = pipe.map(|mut pipe| {
            let bytes = Arc::clone(&bytes);
            thread::spawn(move || {
                let mut buffer = vec![0; 64 * 1024];
                while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                    lock(&bytes).extend_from_slice(&buffer[..count]);
                }
            })
        });
        Collected { bytes, reader }
    }

    /// Everything, once the command has ended.
    fn all(&mut self) -> Vec<u8> {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader does not panic");
        }
        lock(&self.bytes).clone()
    }
}

fn lock(bytes: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    bytes.lock().unwrap_or_else(PoisonError::into_inner)
}

fn spawn(command: &mut Command) -> Child {
    /// What wine says now and then instead of starting a program.
    const ERROR_INTERNAL_ERROR: i32 = 1359;
    loop {
        match command.spawn() {
            Err(error) if cfg!(windows) && error.raw_os_error() == Some(ERROR_INTERNAL_ERROR) => {}
            started => return started.expect("the command starts"),
        }
    }
}

/// A program of this machine. None, and a line about it, where it is not installed.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&folders).chain([PathBuf::from("/usr/sbin")]);
    let found = folders.map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        // Unlike what `eprintln` writes, this is shown for a test that passes.
        let _ = writeln!(std::io::stderr(), "skipped: {name} is not installed; see .ci/run");
    }
    found
}

/// An address at which nothing listens.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|port| port.local_addr()).expect("a port")
}
