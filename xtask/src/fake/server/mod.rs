//! The server itself: listening, the threads, and what a test sees of it.

mod session;

use std::collections::HashMap;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::ServerConfig;

use super::data::{MODEL, OBJECT, PROCESS, TASK, WORKSPACE};
use super::fault::{Armed, Fault, When};
use super::http::RequestLog;
use super::service::Service;
use super::wire::{self, ServerCertificate};

/// What the threads share. Each lock is held for moments only, and never while writing to a socket.
#[derive(Debug, Default)]
struct Shared {
    service: Mutex<Service>,
    rules: Mutex<Vec<Armed>>,
    requests: Mutex<Vec<RequestLog>>,
    is_stopped: AtomicBool,
    tls: Option<Arc<ServerConfig>>,
    accepted: AtomicUsize,
    /// The open connections. Weak, because a reset leaves the host only when the last handle is dropped.
    streams: Mutex<HashMap<usize, Weak<TcpStream>>>,
}

/// Locks, whatever happened to an earlier holder: after a failed test the data is still worth reading.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running fake server. Dropping it stops it.
#[derive(Debug)]
pub struct FakeServer {
    shared: Arc<Shared>,
    address: SocketAddr,
    origin: String,
    ca_pem: String,
    listening: Mutex<Option<JoinHandle<()>>>,
}

impl FakeServer {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// When it cannot listen: a test cannot go on then.
    pub fn start(service: Service) -> Self {
        Self::start_on(service, 0, None).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Starts on this port, 0 for a free one; with a certificate over TLS.
    pub fn start_on(mut service: Service, port: u16, tls: Option<ServerCertificate>) -> Result<Self, String> {
        let cannot =
            |error: &dyn std::fmt::Display| format!("the fake server cannot listen on 127.0.0.1:{port}: {error}");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| cannot(&error))?;
        let address = listener.local_addr().map_err(|error| cannot(&error))?;
        let identity = tls
            .map(wire::create)
            .transpose()
            .map_err(|error| format!("the fake server cannot make certificates: {error}"))?;
        let (config, ca_pem) = identity.map_or((None, String::new()), |made| (Some(made.config), made.ca_pem));
        let origin = match config {
            Some(_) => format!("https://localhost:{}", address.port()),
            None => format!("http://{address}"),
        };
        service.origin.clone_from(&origin);
        let shared = Arc::new(Shared { service: Mutex::new(service), tls: config, ..Shared::default() });
        let for_thread = Arc::clone(&shared);
        let listening = thread::Builder::new()
            .name("fake-listener".to_owned())
            .spawn(move || listen(&for_thread, &listener))
            .map_err(|error| cannot(&error))?;
        Ok(Self { shared, address, origin, ca_pem, listening: Mutex::new(Some(listening)) })
    }

    /// `http://127.0.0.1:PORT`, or `https://localhost:PORT` over TLS.
    pub fn origin(&self) -> String {
        self.origin.clone()
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The root certificate in PEM; empty without TLS.
    pub fn ca_pem(&self) -> String {
        self.ca_pem.clone()
    }

    /// The dump of [`Service::with_dump`] in the short form.
    pub fn locator(&self) -> String {
        format!("{WORKSPACE}/{MODEL}/{PROCESS}/{TASK}/{OBJECT}")
    }

    /// The dump of [`Service::with_dump`] as a URL.
    pub fn dump_url(&self) -> String {
        format!(
            "{}/2/0/workspaces/{WORKSPACE}/models/{MODEL}/processes/{PROCESS}/tasks/{TASK}/dumps/{OBJECT}",
            self.origin
        )
    }

    /// All requests so far, in the order in which they were read.
    pub fn requests(&self) -> Vec<RequestLog> {
        lock(&self.shared.requests).clone()
    }

    /// How many connections were accepted so far.
    pub fn connections(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// Waits until what a killed client has asked for is done.
    pub fn settle(&self) {
        // The last one in the queue: once it is accepted, all before it are.
        let accepted = self.connections();
        drop(TcpStream::connect(self.address));
        while self.connections() == accepted || !lock(&self.shared.streams).is_empty() {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// The data, to look at or change while the server runs. Requests wait while it is held.
    pub fn service(&self) -> MutexGuard<'_, Service> {
        lock(&self.shared.service)
    }

    /// Adds a fault. The first one that was added and strikes a request is that of the request.
    pub fn fault(&self, fault: Fault, when: When) {
        lock(&self.shared.rules).push(Armed::new(fault, when));
    }

    pub fn clear_faults(&self) {
        lock(&self.shared.rules).clear();
    }

    /// Stops listening and closes all connections.
    pub fn stop(&self) {
        let Some(listening) = lock(&self.listening).take() else {
            return;
        };
        self.shared.is_stopped.store(true, Ordering::SeqCst);
        // Wakes the listener out of its wait.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(5));
        let _ = listening.join();
        for stream in lock(&self.shared.streams).values().filter_map(Weak::upgrade) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn listen(shared: &Arc<Shared>, listener: &TcpListener) {
    loop {
        let accepted = listener.accept();
        if shared.is_stopped.load(Ordering::SeqCst) {
            return;
        }
        match accepted {
            Ok((stream, _)) => start_session(shared, stream),
            // A client that was gone before it was accepted, or no file handles for a moment.
            Err(_) => thread::sleep(Duration::from_millis(10)),
        }
    }
}

fn start_session(shared: &Arc<Shared>, stream: TcpStream) {
    let number = shared.accepted.fetch_add(1, Ordering::SeqCst);
    let stream = Arc::new(stream);
    lock(&shared.streams).insert(number, Arc::downgrade(&stream));
    let for_thread = Arc::clone(shared);
    let started = thread::Builder::new().name(format!("fake-{number}")).spawn(move || {
        session::run(&for_thread, &stream, number);
        lock(&for_thread.streams).remove(&number);
    });
    if started.is_err() {
        lock(&shared.streams).remove(&number);
    }
}
