//! A fresh certificate authority and a server certificate for this machine, for tests over TLS.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// What a TLS server needs, and the root that its clients must trust.
pub(crate) struct Identity {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) ca_pem: String,
}

/// What is wrong with the certificate of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerCertificate {
    /// Nothing: a root signed it, for this machine and for Anaplan's main hosts.
    Good,
    /// It was valid until the end of 2020.
    Expired,
    SelfSigned,
    /// It signed itself, and is marked as that of an authority.
    SelfSignedAuthority,
}

/// The hosts that a server can be, where a proxy leads everything to it.
const HOSTS: [&str; 5] = ["localhost", "127.0.0.1", "api.anaplan.com", "auth.anaplan.com", "us1a.app.anaplan.com"];

/// Makes both anew: nothing secret is kept in the repository, and no run trusts another's root.
pub(crate) fn create(kind: ServerCertificate) -> Result<Identity, Box<dyn std::error::Error>> {
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::new(Vec::new())?;
    ca.distinguished_name.push(DnType::CommonName, "Fake Anaplan root");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca_pem = ca.self_signed(&ca_key)?.pem();
    let issuer = Issuer::new(ca, ca_key);

    let key = KeyPair::generate()?;
    // rcgen turns a name that is an address into an address entry.
    let mut leaf = CertificateParams::new(HOSTS.map(str::to_owned))?;
    leaf.distinguished_name.push(DnType::CommonName, "localhost");
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    if kind == ServerCertificate::Expired {
        (leaf.not_before, leaf.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    }
    if kind == ServerCertificate::SelfSignedAuthority {
        leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let is_signed = matches!(kind, ServerCertificate::Good | ServerCertificate::Expired);
    leaf.use_authority_key_identifier_extension = is_signed;
    let certificate = if is_signed { leaf.signed_by(&key, &issuer)? } else { leaf.self_signed(&key)? };
    let ca_pem = if is_signed { ca_pem } else { certificate.pem() };

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )?;
    Ok(Identity { config: Arc::new(config), ca_pem })
}
