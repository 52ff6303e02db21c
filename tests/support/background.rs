//! A command that runs while the test goes on, and always ends: by itself, by a signal or by a deadline.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{Invocation, Outcome, Scene};

/// How long anything may take. Far more than it ever takes: a test that comes here has failed.
const DEADLINE: Duration = Duration::from_secs(60);

/// The pause between two looks at something that is waited for.
const LOOK: Duration = Duration::from_millis(5);

/// A running command. Dropped, it is killed.
pub(crate) struct Background<'a> {
    scene: &'a Scene,
    command: String,
    child: Child,
    stdout: Collected,
    stderr: Collected,
}

impl<'a> Invocation<'a> {
    /// Runs the same command through a wrapper, which is given the binary and its arguments after its
    /// own.
    pub(crate) fn through(mut self, wrapper: &[&str]) -> Self {
        let mut command = Command::new(wrapper[0]);
        command.args(&wrapper[1..]).arg(self.command.get_program()).args(self.command.get_args());
        command.env_clear().stdin(Stdio::null());
        for (name, value) in self.command.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        if let Some(folder) = self.command.get_current_dir() {
            command.current_dir(folder);
        }
        self.command = command;
        self
    }

    /// Starts the command and goes on.
    #[track_caller]
    pub(crate) fn start(mut self) -> Background<'a> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("the command starts");
        let stdout = Collected::from(child.stdout.take().expect("a pipe"));
        let stderr = Collected::from(child.stderr.take().expect("a pipe"));
        Background { scene: self.scene, command: format!("{:?}", self.command), child, stdout, stderr }
    }
}

impl<'a> Background<'a> {
    /// Waits until something is true.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, what: &str, mut is_true: impl FnMut(&Scene) -> bool) {
        let begun = Instant::now();
        while !is_true(self.scene) {
            let ended = self.child.try_wait().expect("the child can be waited for");
            if let Some(status) = ended {
                // It may have become true right before the end.
                if is_true(self.scene) {
                    return;
                }
                panic!("the command ended before {what}\n{}", self.outcome(status).describe());
            }
            if begun.elapsed() > DEADLINE {
                let status = self.end();
                panic!("{what}: not within {DEADLINE:?}\n{}", self.outcome(status).describe());
            }
            thread::sleep(LOOK);
        }
    }

    /// Waits until standard error has this text in it.
    #[track_caller]
    pub(crate) fn wait_until_told(&mut self, text: &str) {
        let told = Arc::clone(&self.stderr.bytes);
        let what = format!("it told {text:?}");
        self.wait_until(&what, |_| String::from_utf8_lossy(&lock(&told)).contains(text));
    }

    /// Waits until standard output has this many bytes.
    #[track_caller]
    pub(crate) fn wait_until_printed(&mut self, bytes: usize) {
        let printed = Arc::clone(&self.stdout.bytes);
        self.wait_until(&format!("it printed {bytes} bytes"), |_| lock(&printed).len() >= bytes);
    }

    /// Sends a signal by its name, such as `TERM`.
    #[cfg(unix)]
    #[track_caller]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("kill is there");
        assert!(sent.success(), "kill -s {name}: {sent}");
    }

    /// Ends it without a chance to do anything more.
    pub(crate) fn kill(mut self) -> Outcome<'a> {
        let status = self.end();
        self.outcome(status)
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Outcome<'a> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the child can be waited for") {
                return self.outcome(status);
            }
            if begun.elapsed() > DEADLINE {
                let status = self.end();
                panic!("no end within {DEADLINE:?}\n{}", self.outcome(status).describe());
            }
            thread::sleep(LOOK);
        }
    }

    fn end(&mut self) -> ExitStatus {
        let _ = self.child.kill();
        self.child.wait().expect("the child can be waited for")
    }

    fn outcome(&mut self, status: ExitStatus) -> Outcome<'a> {
        let output = Output { status, stdout: self.stdout.all(), stderr: self.stderr.all() };
        Outcome { scene: self.scene, command: self.command.clone(), output }
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
    fn from(mut pipe: impl Read + Send + 'static) -> Collected {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let for_thread = Arc::clone(&bytes);
        let reader = thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                lock(&for_thread).extend_from_slice(&buffer[..count]);
            }
        });
        Collected { bytes, reader: Some(reader) }
    }

    /// Everything, once the command has ended.
    fn all(&mut self) -> Vec<u8> {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader does not panic");
        }
        lock(&self.bytes).clone()
    }
}

fn lock(bytes: &Mutex<Vec<u8>>) -> std::sync::MutexGuard<'_, Vec<u8>> {
    bytes.lock().unwrap_or_else(PoisonError::into_inner)
}
