//! TLS with rustls: which roots are trusted, and what is wrong with a certificate, in words. ureq's own
//! connector takes roots instead of its own only, and does not say who issued what it refuses.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ThreadId;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme, StreamOwned,
};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport, TransportAdapter,
};

use super::tls_failure::{Seen, after_handshake, of_handshake};
use crate::client::x509::{
    self,
    pem::{Block, Content, blocks},
};
use crate::error::{Error, Result, Setting};

/// The root certificates to trust.
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
    let unusable = |problem| Err(Error::Setting { setting, problem });
    let mut count = 0;
    for Block { label, content } in blocks(file) {
        // What OpenSSL calls a trusted certificate may also be one that is not trusted.
        if label.as_deref().is_some_and(|label| !["CERTIFICATE", "X509 CERTIFICATE"].contains(&label)) {
            continue;
        }
        let der = match content {
            Content::Der(der) if label.is_none() && x509::read(&der).is_none() => break,
            Content::Der(der) => CertificateDer::from(der),
            Content::OldEncryption => continue,
            Content::Damaged(problem) => return unusable(format!("it {problem}")),
        };
        count += 1;
        if store.add(der).is_err() {
            // One that is left out in silence would be looked for in vain.
            return unusable(format!(
                "certificate {count} in it is damaged, or of a kind that cannot be used"
            ));
        }
    }
    if count == 0 { unusable("it holds no certificate, in PEM or in DER".to_owned()) } else { Ok(()) }
}

/// What the certificates of the hosts say, as far as they were seen.
pub(in crate::client) type SeenCertificates = Arc<Mutex<HashMap<String, Seen>>>;

/// Checks certificates as rustls does, and remembers what the hosts show and ask for.
#[derive(Debug)]
struct Watching {
    inner: Arc<WebPkiServerVerifier>,
    roots: Arc<RootCertStore>,
    seen: SeenCertificates,
    /// The threads whose connection was asked for a certificate: a handshake stays in the thread that begins it.
    asked: Mutex<HashSet<ThreadId>>,
}

impl Watching {
    /// The shortest RSA key of the certificates and of the roots that may have signed one of them, in bits.
    fn shortest_rsa_key<'a>(
        &self,
        certificates: impl Iterator<Item = &'a CertificateDer<'a>>,
    ) -> Option<usize> {
        let of_chain = certificates.filter_map(|der| x509::read(der)).flat_map(|certificate| {
            let signer = move |root: &&TrustAnchor<'_>| *root.subject == *certificate.issuer;
            let roots = self.roots.roots.iter().filter(signer);
            let of_roots = roots.filter_map(|root| x509::rsa_bits(&root.subject_public_key_info));
            of_roots.chain(certificate.rsa_bits())
        });
        of_chain.min()
    }

    /// Whether the connection that this thread makes was asked for a certificate since the last call.
    fn was_asked(&self) -> bool {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).remove(&std::thread::current().id())
    }
}

impl ResolvesClientCert for Watching {
    fn resolve(&self, _roots: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(std::thread::current().id());
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
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
            let seen = Seen {
                issuer: read.issuer_name(),
                validity: read.validity(),
                not_after: read.not_after,
                shortest_rsa_key: self.shortest_rsa_key(std::iter::once(end_entity).chain(intermediates)),
            };
            let mut all = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            all.insert(server_name.to_str().into_owned(), seen);
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

/// Puts TLS on a connection to an `https` host.
#[derive(Clone)]
pub(in crate::client) struct TlsConnector {
    config: Arc<ClientConfig>,
    watching: Arc<Watching>,
    pub(in crate::client) seen: SeenCertificates,
}

impl fmt::Debug for TlsConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsConnector")
    }
}

impl TlsConnector {
    pub(in crate::client) fn new(roots: &Roots) -> Result<TlsConnector> {
        let unusable =
            |error: &dyn fmt::Display| Error::Setting { setting: Setting::Tls, problem: error.to_string() };
        let seen = SeenCertificates::default();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let store = Arc::new(roots.store()?);
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::clone(&store), Arc::clone(&provider))
            .build()
            .map_err(|error| unusable(&error))?;
        let (roots, asked) = (store, Mutex::default());
        let watching = Arc::new(Watching { inner, roots, seen: Arc::clone(&seen), asked });
        let verifier: Arc<Watching> = Arc::clone(&watching);
        let resolver: Arc<Watching> = Arc::clone(&watching);
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(rustls::ALL_VERSIONS)
            .map_err(|error| unusable(&error))?
            // Its checks are those of rustls; it only looks on.
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_client_cert_resolver(resolver);
        Ok(TlsConnector { config: Arc::new(config), watching, seen })
    }
}

impl<In: Transport> Connector<In> for TlsConnector {
    type Out = Either<In, TlsTransport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(transport) = chained else { return Ok(None) };
        if !details.needs_tls() || transport.is_tls() {
            return Ok(Some(Either::A(transport)));
        }
        let host = details.uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|_| ureq::Error::Tls("the host name cannot be that of a certificate"))?;
        let mut conn = ClientConnection::new(Arc::clone(&self.config), name)?;
        let mut sock = TransportAdapter::new(transport.boxed(), details.current_time.clone());
        sock.set_timeout(details.timeout);
        let handshake = conn.complete_io(&mut sock);
        let was_asked = self.watching.was_asked();
        if let Err(error) = handshake {
            let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(host).cloned();
            return Err(of_handshake(error, seen.as_ref(), was_asked));
        }
        let config = details.config;
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        Ok(Some(Either::B(TlsTransport { buffers, stream: StreamOwned { conn, sock }, was_asked })))
    }
}

/// A connection with TLS on it.
pub(in crate::client) struct TlsTransport {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
    /// Whether the host asked for a certificate of this program, and has not answered anything since.
    was_asked: bool,
}

impl fmt::Debug for TlsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsTransport")
    }
}

impl Transport for TlsTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.sock.set_timeout(timeout);
        let output = &self.buffers.output()[..amount];
        std::io::Write::write_all(&mut self.stream, output)
            .map_err(|error| after_handshake(error, self.was_asked))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.sock.set_timeout(timeout);
        let input = self.buffers.input_append_buf();
        // TLS 1.3 refuses a client after the handshake.
        let read = std::io::Read::read(&mut self.stream, input);
        let amount = read.map_err(|error| after_handshake(error, self.was_asked))?;
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
        for (file, count) in [(root.pem().into_bytes(), 1), (two.into_bytes(), 2), (root.der().to_vec(), 1)] {
            let mut store = RootCertStore::empty();
            add_roots(&mut store, &file, Setting::RootCertificates).unwrap();
            assert_eq!(store.len(), count);
        }
        for file in [&b""[..], b"no certificate", &key.serialize_der(), key.serialize_pem().as_bytes()] {
            let mut store = RootCertStore::empty();
            let error = add_roots(&mut store, file, Setting::RootCertificates).unwrap_err().to_string();
            assert!(error.ends_with("it holds no certificate, in PEM or in DER"), "{error}");
        }
    }
}
