//! One connection, plain or TLS, with all the ways of ending it.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection};
use socket2::SockRef;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// As agreed: over TLS with `close_notify`, then FIN.
    Agreed,
    /// FIN without a word, in the middle of something.
    Cut,
    Reset,
    /// Silence, until the client closes, or the server stops and shuts the socket.
    Stall,
}

impl From<io::Error> for Ending {
    fn from(_: io::Error) -> Self {
        Self::Cut
    }
}

#[derive(Debug)]
pub(crate) struct Connection {
    tcp: Arc<TcpStream>,
    tls: Option<Box<ServerConnection>>,
}

impl Connection {
    pub(crate) fn new(tcp: Arc<TcpStream>, config: Option<&Arc<ServerConfig>>) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        let tls = match config {
            Some(config) => {
                let session = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
                Some(Box::new(session))
            }
            None => None,
        };
        Ok(Self { tcp, tls })
    }

    /// Passes on what comes from each side to the other, as a proxy does.
    pub(crate) fn lead_to(&mut self, address: SocketAddr) -> io::Result<()> {
        let upstream = TcpStream::connect(address)?;
        self.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        let pass = |mut from: &TcpStream, mut to: &TcpStream| {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        };
        thread::scope(|scope| {
            scope.spawn(|| pass(&upstream, &self.tcp));
            pass(&self.tcp, &upstream);
        });
        Ok(())
    }

    /// Ends the connection. It must be dropped right after: only then does a reset leave the host.
    pub(crate) fn end(&mut self, ending: Ending) {
        // Errors mean that the client was faster.
        match ending {
            Ending::Agreed => {
                if let Some(tls) = &mut self.tls {
                    tls.send_close_notify();
                }
                let _ = self.flush();
                let _ = self.tcp.shutdown(Shutdown::Write);
            }
            Ending::Cut => {
                let _ = self.tcp.shutdown(Shutdown::Write);
            }
            Ending::Reset => {
                let _ = SockRef::from(&*self.tcp).set_linger(Some(Duration::ZERO));
            }
            Ending::Stall => while self.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {},
        }
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut tcp = &*self.tcp;
        match &mut self.tls {
            Some(tls) => rustls::Stream::new(&mut **tls, &mut tcp).read(buffer),
            None => tcp.read(buffer),
        }
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut tcp = &*self.tcp;
        match &mut self.tls {
            Some(tls) => rustls::Stream::new(&mut **tls, &mut tcp).write(bytes),
            None => tcp.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut tcp = &*self.tcp;
        match &mut self.tls {
            Some(tls) => rustls::Stream::new(&mut **tls, &mut tcp).flush(),
            None => Ok(()),
        }
    }
}
