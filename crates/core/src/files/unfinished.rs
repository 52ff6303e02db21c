//! What must be finished before a program may end, and what is kept if it ends now.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::sync::lock;

/// What must be finished before a program may end, and what is kept if it ends now: for a program that ends
/// by itself, as at a signal. Cheap to clone; clones share one list.
#[derive(Debug, Clone, Default)]
pub struct Unfinished {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Steps that must not be cut: a token that is exchanged and stored, a file that gets its name.
    steps: usize,
    /// The program is about to end: no further step begins.
    is_ending: bool,
    /// Files that are of no use until they are complete.
    temporary: Vec<PathBuf>,
    parts: Vec<KeptPart>,
}

/// The unfinished file of a dump, which the next run continues.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeptPart {
    /// Where it is.
    pub path: PathBuf,
    /// Number of whole chunks in it. With none, nothing is kept.
    pub finished: usize,
    /// Number of chunks of the dump.
    pub chunks: usize,
}

impl Unfinished {
    /// Waits until nothing is under way that must not be cut, at most this long. From then on nothing of that
    /// kind begins: a thread that wants to waits for the end of the program. `look` receives the time that has passed.
    pub fn finish(&self, limit: Duration, mut look: impl FnMut(Duration)) {
        /// Time between two calls of `look`.
        const LOOK: Duration = Duration::from_millis(20);
        let begun = Instant::now();
        loop {
            let mut state = self.state();
            if state.steps == 0 || begun.elapsed() >= limit {
                state.is_ending = true;
                return;
            }
            drop(self.shared.changed.wait_timeout(state, LOOK));
            look(begun.elapsed());
        }
    }

    /// Removes the files that are of no use unless they are complete.
    pub fn remove_temporary(&self) {
        for path in &self.state().temporary {
            let _ = std::fs::remove_file(path);
        }
    }

    /// The unfinished files of dumps that are being written.
    pub fn parts(&self) -> Vec<KeptPart> {
        self.state().parts.clone()
    }

    /// Begins a step that must not be cut.
    pub(crate) fn begin(&self) -> Step {
        let state = self.state();
        let ended = self.shared.changed.wait_while(state, |state| state.is_ending);
        ended.unwrap_or_else(PoisonError::into_inner).steps += 1;
        Step(self.clone())
    }

    pub(crate) fn set_temporary(&self, path: &Path, is_there: bool) {
        let mut state = self.state();
        state.temporary.retain(|known| known != path);
        if is_there {
            state.temporary.push(path.to_owned());
        }
    }

    /// Notes how far a part is; `None` once it is no part any more.
    pub(crate) fn set_part(&self, path: &Path, progress: Option<(usize, usize)>) {
        let mut state = self.state();
        state.parts.retain(|known| known.path != path);
        if let Some((finished, chunks)) = progress {
            state.parts.push(KeptPart { path: path.to_owned(), finished, chunks });
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared.state)
    }
}

/// A step that must not be cut, until it is dropped.
#[derive(Debug)]
pub(crate) struct Step(Unfinished);

impl Drop for Step {
    fn drop(&mut self) {
        self.0.state().steps -= 1;
        self.0.shared.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_waits_for_what_is_under_way_and_lets_nothing_begin_after_it() {
        let unfinished = Unfinished::default();
        let step = unfinished.begin();
        let mut looks = 0;
        unfinished.finish(Duration::ZERO, |_| looks += 1);
        assert_eq!((looks, unfinished.state().steps), (0, 1), "no longer than the limit");
        unfinished.state().is_ending = false;
        let mut step = Some(step);
        unfinished.finish(Duration::from_secs(600), |_| drop(step.take()));
        assert!(step.is_none());
        let other = unfinished.clone();
        let late = std::thread::spawn(move || drop(other.begin()));
        assert!(!late.is_finished());
        unfinished.state().is_ending = false;
        unfinished.shared.changed.notify_all();
        late.join().unwrap();
    }
}
