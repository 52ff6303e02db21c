//! TCP connections: to the address that answers first, and read within the limits of the thread that waits.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Error, Timeout};

use super::names::Names;
use super::patience::{attach, time_left};

/// How long an address may take before the next one is tried beside it (RFC 8305 recommends 250 ms).
const HEAD_START: Duration = Duration::from_millis(250);

/// How often a thread that waits for a connection looks whether the connection is still wanted.
const LOOK: Duration = Duration::from_millis(50);

/// Makes connections, and remembers which address of a host answered.
#[derive(Debug)]
pub(super) struct TcpConnector {
    pub(super) names: Names,
}

impl<In: Transport> Connector<In> for TcpConnector {
    type Out = Either<In, TcpTransport>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        if let Some(proxied) = chained {
            return Ok(Some(Either::A(proxied)));
        }
        let (limit, reason) = (*details.timeout.after, details.timeout.reason);
        let connect = move |address: &SocketAddr| TcpStream::connect_timeout(address, limit);
        let (address, stream) =
            first_of(&by_turns(&details.addrs), HEAD_START, limit, connect).map_err(|error| timeout(error, reason))?;
        self.names.prefer(address);
        stream.set_nodelay(true)?;
        let config = details.config;
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        let stream = Arc::new(stream);
        Ok(Some(Either::B(TcpTransport { stream, buffers, read_limit: None, write_limit: None })))
    }
}

/// The addresses with the two families by turns: where one of them does not work, the second try is of the other.
fn by_turns(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let is_first_family = |address: &&SocketAddr| addresses[0].is_ipv6() == address.is_ipv6();
    let (first, second): (Vec<_>, Vec<_>) = addresses.iter().partition(is_first_family);
    let longer = first.len().max(second.len());
    (0..longer).flat_map(|index| [first.get(index), second.get(index)]).flatten().copied().copied().collect()
}

/// Connects to the address that answers first. Each one gets a head start before the next is tried beside it.
fn first_of<T: Send + 'static>(
    addresses: &[SocketAddr],
    head_start: Duration,
    limit: Duration,
    connect: impl Fn(&SocketAddr) -> io::Result<T> + Clone + Send + 'static,
) -> io::Result<(SocketAddr, T)> {
    let begun = Instant::now();
    let (sender, outcomes) = channel();
    let mut failure = io::Error::from(ErrorKind::AddrNotAvailable);
    let mut waiting = addresses.iter();
    let (mut running, mut next) = (0, begun);
    loop {
        let now = Instant::now();
        let left = limit.saturating_sub(now - begun).min(time_left()?.unwrap_or(Duration::MAX));
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        if now >= next
            && let Some(&address) = waiting.next()
        {
            (running, next) = (running + 1, now + head_start);
            let (sender, connect) = (sender.clone(), connect.clone());
            let attempt = move || {
                // No thread receives it once another address was faster.
                let _ = sender.send((address, connect(&address)));
            };
            std::thread::Builder::new().name("connect".to_owned()).spawn(attempt)?;
        }
        if running == 0 {
            return Err(failure);
        }
        match outcomes.recv_timeout(LOOK.min(left).min(head_start)) {
            Ok((address, Ok(connection))) => return Ok((address, connection)),
            Ok((_, Err(error))) => (running, next, failure) = (running - 1, now, error),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
    }
}

/// Reads that time out have two kinds: one on Unix, another on Windows.
fn timeout(error: io::Error, reason: Timeout) -> Error {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Error::Timeout(reason),
        _ => Error::Io(error),
    }
}

#[derive(Debug)]
pub(super) struct TcpTransport {
    stream: Arc<TcpStream>,
    buffers: LazyBuffers,
    /// The limits that the system has for the connection: set again only where they change.
    read_limit: Option<Duration>,
    write_limit: Option<Duration>,
}

/// The time until one of the limits, and its reason. The shorter limit of this thread is like silence.
fn next_limit(timeout: NextTimeout) -> Result<(Option<Duration>, Timeout), Error> {
    let (mut limit, mut reason) = (Some(*timeout.after), timeout.reason);
    if timeout.after.is_not_happening() {
        limit = None;
    }
    if let Some(left) = time_left()?.filter(|left| limit.is_none_or(|limit| *left < limit)) {
        (limit, reason) = (Some(left), Timeout::PerRead);
    }
    match limit {
        Some(Duration::ZERO) => Err(Error::Timeout(reason)),
        limit => Ok((limit, reason)),
    }
}

impl Transport for TcpTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, limit: NextTimeout) -> Result<(), Error> {
        let (limit, reason) = next_limit(limit.for_write())?;
        if limit != self.write_limit {
            self.stream.set_write_timeout(limit)?;
            self.write_limit = limit;
        }
        attach(&self.stream)?;
        let written = (&*self.stream).write_all(&self.buffers.output()[..amount]);
        written.map_err(|error| timeout(error, reason))
    }

    fn await_input(&mut self, limit: NextTimeout) -> Result<bool, Error> {
        attach(&self.stream)?;
        loop {
            let (limit, reason) = next_limit(limit.for_read())?;
            if limit != self.read_limit {
                self.stream.set_read_timeout(limit)?;
                self.read_limit = limit;
            }
            match (&*self.stream).read(self.buffers.input_append_buf()) {
                Ok(count) => {
                    self.buffers.input_appended(count);
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(timeout(error, reason)),
            }
        }
    }

    /// Bytes beyond the end of an answer are an answer that was not asked for, which the next request on this
    /// connection would take for its own.
    fn is_open(&mut self) -> bool {
        let is_silent = || {
            self.stream.set_nonblocking(true).ok()?;
            let read = (&*self.stream).read(&mut [0]);
            self.stream.set_nonblocking(false).ok()?;
            Some(read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock))
        };
        self.buffers.input().is_empty() && is_silent().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> Vec<SocketAddr> {
        ["[2001:db8::1]:443", "[2001:db8::2]:443", "192.0.2.1:443"].map(|text| text.parse().unwrap()).into()
    }

    /// Until the tests are over.
    fn hang() -> ! {
        loop {
            std::thread::park();
        }
    }

    #[test]
    fn the_second_address_that_is_tried_is_of_the_other_family() {
        let [six, other_six, four] = addresses().try_into().unwrap();
        assert_eq!(by_turns(&[six, other_six, four]), [six, four, other_six]);
        assert_eq!(by_turns(&[four, six, other_six]), [four, six, other_six]);
    }

    #[test]
    fn an_address_family_that_swallows_packets_costs_a_head_start() {
        let connect = |address: &SocketAddr| match address.is_ipv4() {
            true => Ok("connected"),
            false => hang(),
        };
        let (begun, limit) = (Instant::now(), Duration::from_secs(600));
        let found = first_of(&by_turns(&addresses()), Duration::from_millis(1), limit, connect).unwrap();
        assert_eq!(found, ("192.0.2.1:443".parse().unwrap(), "connected"));
        assert!(begun.elapsed() < limit);
    }

    #[test]
    fn where_every_address_fails_the_last_error_is_reported_and_a_limit_ends_the_rest() {
        let refuse = |_: &SocketAddr| Err::<(), _>(ErrorKind::ConnectionRefused.into());
        let (long, short) = (Duration::from_secs(600), Duration::from_millis(1));
        let error = first_of(&addresses(), long, long, refuse).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        let wait = |_: &SocketAddr| -> io::Result<()> { hang() };
        assert_eq!(first_of(&addresses(), short, short, wait).unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(first_of(&[], long, long, refuse).is_err());
    }
}
