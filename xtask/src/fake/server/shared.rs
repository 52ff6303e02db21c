//! What the threads of a server share.

use std::collections::HashMap;
use std::net::TcpStream;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, Weak};

use rustls::ServerConfig;

use crate::fake::fault::Rule;
use crate::fake::http::RequestLog;
use crate::fake::service::Service;
use crate::fake::stop::StopFlag;

/// Each lock is held for moments only, and never while writing to a socket.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) service: Mutex<Service>,
    pub(super) rules: Mutex<Vec<Rule>>,
    pub(super) requests: Mutex<Vec<RequestLog>>,
    pub(super) stop: StopFlag,
    pub(super) tls: Option<Arc<ServerConfig>>,
    pub(super) accepted: AtomicUsize,
    pub(super) refuse: AtomicUsize,
    /// The open connections. Weak, because a reset leaves the host only when the last handle is dropped.
    pub(super) streams: Mutex<HashMap<usize, Weak<TcpStream>>>,
}
