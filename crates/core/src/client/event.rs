//! What a client reports while it works, for logs and progress. Holds no secret.

use std::path::Path;
use std::time::Duration;

use crate::files::DiskWarning;
use crate::service::{Fault, Subject};

/// Something that a client did, or is about to wait for. Reported from the thread that does it, which may
/// be a worker: do not block in the callback.
#[derive(Debug)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names of some fields say what they are")]
pub enum Event<'a> {
    /// A request was answered or failed.
    Exchange {
        method: &'static str,
        /// Origin, path and query.
        url: &'a str,
        /// The status; `None` if no answer came.
        status: Option<u16>,
        /// Time until the header of the answer was complete, or until the failure.
        elapsed: Duration,
    },
    /// A request failed, and the client waits before it sends it again.
    Retry {
        subject: &'a Subject,
        fault: &'a Fault,
        wait: Duration,
        /// The number of the coming retry, from 1.
        retry: u32,
        /// The maximum number of retries for a fault of this kind; `None` if they go on until the end of a time limit.
        retries: Option<u32>,
    },
    /// A task is not over or has no result yet, no run of an action has begun, or a user has not approved a sign-in:
    /// the client waits before it looks again.
    Waiting {
        subject: &'a Subject,
        /// Time since the first look.
        waited: Duration,
    },
    /// The client holds a request back, because the service refused others for its rate limit.
    Paced { subject: &'a Subject, wait: Duration },
    /// A list has entries that cannot be read. They are left out.
    Unreadable { subject: &'a Subject, entries: usize },
    /// The client waits for another program that holds the lock of the refresh token, or of an upload to the same
    /// source file. Reported after a few seconds for a token, at once for an upload, then once a minute.
    Locked { path: &'a Path, waited: Duration },
    /// The disk cannot do something for the file of the refresh token or the lock of an upload, which is no error.
    Disk { path: &'a Path, warning: DiskWarning },
}

pub(super) type OnEvent = Box<dyn Fn(&Event<'_>) + Send + Sync>;
