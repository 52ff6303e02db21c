//! What a client reports while it works, for logs and progress. Holds no secret.

use std::path::Path;
use std::time::Duration;

use crate::files::DiskWarning;
use crate::service::{Fault, Subject};

/// Something that a client did, or is about to wait for. Reported from the thread that does it, which may
/// be a worker: do not block in the callback.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A request was answered or failed.
    #[non_exhaustive]
    Exchange {
        /// The method.
        method: &'static str,
        /// Origin, path and query.
        url: &'a str,
        /// The status; `None` if no answer came.
        status: Option<u16>,
        /// Time until the header of the answer was complete, or until the failure.
        elapsed: Duration,
    },
    /// A request failed, and the client waits before it sends it again.
    #[non_exhaustive]
    Retry {
        /// What the request is about.
        subject: &'a Subject,
        /// Why it failed.
        fault: &'a Fault,
        /// How long the client waits.
        wait: Duration,
        /// The number of the coming retry, from 1.
        retry: u32,
        /// The maximum number of retries for a fault of this kind; `None` if they go on until the end of a time limit.
        retries: Option<u32>,
    },
    /// A task is not over or has no result yet, no run of an action has begun, or a user has not approved a sign-in:
    /// the client waits before it looks again.
    #[non_exhaustive]
    Waiting {
        /// What it looks at.
        subject: &'a Subject,
        /// Time since the first look.
        waited: Duration,
    },
    /// The client holds a request back, because the service refused others for its rate limit.
    #[non_exhaustive]
    Paced {
        /// What the request is about.
        subject: &'a Subject,
        /// How long the client waits.
        wait: Duration,
    },
    /// A list has entries that cannot be read. They are left out.
    #[non_exhaustive]
    Unreadable {
        /// What the list is of.
        subject: &'a Subject,
        /// The number of these entries.
        entries: usize,
    },
    /// The client waits for another program that holds the lock of the refresh token, or of an upload to the same
    /// source file. Reported after a few seconds for a token, at once for an upload, then once a minute.
    #[non_exhaustive]
    Locked {
        /// The file that is locked.
        path: &'a Path,
        /// How long the client has waited.
        waited: Duration,
    },
    /// The disk cannot do something for the file of the refresh token or the lock of an upload, which is no error.
    #[non_exhaustive]
    Disk {
        /// The file.
        path: &'a Path,
        /// What it cannot do.
        warning: DiskWarning,
    },
}

/// A callback for events.
pub(super) type OnEvent = Box<dyn Fn(&Event<'_>) + Send + Sync>;
