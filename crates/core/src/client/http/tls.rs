//! TLS with rustls: which roots are trusted, and what is wrong with a certificate, in words. ureq's own
//! connector takes roots instead of the built-in ones only, and does not say who issued what it refuses.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Arc, Mutex};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme, StreamOwned};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport, TransportAdapter,
};

use super::tls_failure::{after_handshake, of_handshake};
use crate::address::bare;
use crate::client::x509::{self, Block};
use crate::error::{Result, Setting};
use crate::files::NamedFile;
use crate::sync::lock;
use crate::text::debug_with;

#[derive(Debug, Clone, Default)]
pub(in crate::client) struct Roots {
    /// A file in PEM or DER, instead of the built-in ones.
    pub(in crate::client) only: Option<Vec<u8>>,
    /// A file in PEM or DER, beside the others.
    pub(in crate::client) added: Option<Vec<u8>>,
}

impl Roots {
    fn store(&self) -> Result<RootCertStore> {
        let mut store = RootCertStore::empty();
        match &self.only {
            Some(file) => add_roots(&mut store, file, Setting::RootCertificates)?,
            None => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        }
        if let Some(file) = &self.added {
            add_roots(&mut store, file, Setting::AddedRootCertificates)?;
        }
        Ok(store)
    }
}

/// Adds the certificates of a file in PEM or in DER.
fn add_roots(store: &mut RootCertStore, file: &[u8], setting: Setting) -> Result<()> {
    let file = NamedFile::from_bytes(setting, "", file.to_vec())?;
    let mut count = 0;
    for Block { label, der } in x509::blocks(file.bytes()) {
        // What OpenSSL calls a trusted certificate may also be one that is not trusted.
        if !["", "CERTIFICATE", "X509 CERTIFICATE"].contains(&&*label) {
            continue;
        }
        let der = der.map_err(|problem| setting.unusable(format!("it {problem}")))?;
        if label.is_empty() && x509::read(&der).is_none() {
            break;
        }
        count += 1;
        // One that is left out in silence would be looked for in vain.
        store.add(CertificateDer::from(der)).map_err(|_| {
            setting.unusable(format!("certificate {count} in it is damaged, or of a kind that cannot be used"))
        })?;
    }
    if count == 0 { Err(setting.unusable("it holds no certificate, in PEM or in DER")) } else { Ok(()) }
}

/// Who issued the certificate of each host.
pub(super) type Issuers = Arc<Mutex<HashMap<String, String>>>;

/// Checks certificates as rustls does, and remembers who issued them.
#[derive(Debug)]
struct Watching {
    inner: Arc<WebPkiServerVerifier>,
    issuers: Issuers,
}

impl ServerCertVerifier for Watching {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(read) = x509::read(end_entity) {
            let mut issuers = lock(&self.issuers);
            issuers.insert(server_name.to_str().into_owned(), read.issuer_name());
        }
        self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

thread_local! {
    /// Whether a host has asked this thread for a certificate: a handshake stays in the thread that begins it.
    static WAS_ASKED: Cell<bool> = const { Cell::new(false) };
}

/// Has no certificate to show, and remembers that one was asked for.
#[derive(Debug)]
struct NoCertificate;

impl ResolvesClientCert for NoCertificate {
    fn resolve(&self, _roots: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        WAS_ASKED.set(true);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

#[derive(Debug)]
pub(super) struct TlsConnector {
    config: Arc<ClientConfig>,
    pub(super) issuers: Issuers,
}

impl TlsConnector {
    pub(super) fn new(roots: &Roots) -> Result<TlsConnector> {
        let issuers = Issuers::default();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let store = Arc::new(roots.store()?);
        let inner = WebPkiServerVerifier::builder_with_provider(store, Arc::clone(&provider))
            .build()
            .map_err(|error| Setting::Named("TLS").unusable(error.to_string()))?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(rustls::ALL_VERSIONS)
            .map_err(|error| Setting::Named("TLS").unusable(error.to_string()))?
            // Its checks are those of rustls; it only looks on.
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Watching { inner, issuers: Arc::clone(&issuers) }))
            .with_client_cert_resolver(Arc::new(NoCertificate));
        Ok(TlsConnector { config: Arc::new(config), issuers })
    }
}

impl<In: Transport> Connector<In> for TlsConnector {
    type Out = Either<In, TlsTransport>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(transport) = chained else { return Ok(None) };
        if !details.needs_tls() || transport.is_tls() {
            return Ok(Some(Either::A(transport)));
        }
        let host = bare(details.uri.host().unwrap_or_default());
        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|_| ureq::Error::Tls("the host name cannot be that of a certificate"))?;
        let mut conn = ClientConnection::new(Arc::clone(&self.config), name)?;
        let mut sock = TransportAdapter::new(transport.boxed(), details.current_time.clone());
        sock.set_timeout(details.timeout);
        WAS_ASKED.set(false);
        let handshake = conn.complete_io(&mut sock);
        let was_asked = WAS_ASKED.get();
        if let Err(error) = handshake {
            let issuers = lock(&self.issuers);
            return Err(of_handshake(error, issuers.get(host).map(String::as_str), was_asked));
        }
        let config = details.config;
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        Ok(Some(Either::B(TlsTransport { buffers, stream: StreamOwned { conn, sock }, was_asked })))
    }
}

pub(super) struct TlsTransport {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
    /// Whether the host asked for a certificate of this program, and has not answered anything since.
    was_asked: bool,
}

debug_with!(TlsTransport);

impl Transport for TlsTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.sock.set_timeout(timeout);
        let output = &self.buffers.output()[..amount];
        self.stream.write_all(output).map_err(|error| after_handshake(error, self.was_asked))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.sock.set_timeout(timeout);
        let read = match self.stream.read(self.buffers.input_append_buf()) {
            Ok(0) if self.was_asked => Err(ErrorKind::UnexpectedEof.into()),
            read => read,
        };
        let amount = read.map_err(|error: io::Error| after_handshake(error, self.was_asked))?;
        self.was_asked = false;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.buffers.input().is_empty() && self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_read_in_pem_and_in_der() {
        let key = rcgen::KeyPair::generate().unwrap();
        let root = rcgen::CertificateParams::default().self_signed(&key).unwrap();
        let two = format!("{}{}{}", key.serialize_pem(), root.pem(), root.pem());
        let count = |file: &[u8]| {
            let mut store = RootCertStore::empty();
            add_roots(&mut store, file, Setting::RootCertificates).map(|()| store.len())
        };
        assert_eq!((count(two.as_bytes()).unwrap(), count(root.der()).unwrap()), (2, 1));
        assert!(
            count(&key.serialize_der()).unwrap_err().to_string().ends_with("it holds no certificate, in PEM or in DER")
        );
    }
}
