//! What the given files hold: the private key and the certificates. Their bytes say it, not their names and
//! labels, which are often wrong.

use ring::signature::RsaKeyPair;

use super::encrypted::decryption;
use crate::client::x509::der::{Reader, tag};
use crate::client::x509::{self, Block};
use crate::error::{Error, Result, Setting};
use crate::files::NamedFile;
use crate::text::Printable;

const NEW_KEY: &str = "make a key with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out \
     new-key.pem`, and ask for a certificate with `openssl req -new -key new-key.pem -out request.csr`";

pub(super) struct Found<'a> {
    files: &'a [NamedFile],
    /// Each different key once: the same file may be given for both.
    keys: Vec<(&'a NamedFile, Kind, Vec<u8>)>,
    pub(super) certificates: Vec<(&'a NamedFile, Vec<u8>)>,
}

impl<'a> Found<'a> {
    /// Each file has to hold a key or a certificate, and one has to hold a certificate: what cannot be used is never
    /// passed over.
    pub(super) fn in_files(files: &'a [NamedFile]) -> Result<Found<'a>> {
        let mut found = Found { files, keys: Vec::new(), certificates: Vec::new() };
        for file in files {
            // A header of PEM: the key is encrypted in the old way of OpenSSL.
            if file.bytes().windows(9).any(|bytes| bytes == b"DEK-Info:") {
                return Err(other_form(file, Kind::EncryptedKey));
            }
            let (name, mut is_used) = (Printable(file.name()), false);
            for Block { label, der } in x509::blocks(file.bytes()) {
                let is_key = label.ends_with("PRIVATE KEY");
                let setting = if is_key { Setting::PrivateKey } else { Setting::Certificate };
                let der = der.map_err(|problem| setting.unusable(format!("{name} {problem}")))?;
                let kind = kind(&der);
                is_used |= kind != Kind::Other;
                match kind {
                    Kind::Certificate => found.certificates.push((file, der)),
                    Kind::Key | Kind::EncryptedKey => found.keys.push((file, kind, der)),
                    Kind::Pkcs12 | Kind::JavaKeyStore => return Err(other_form(file, kind)),
                    Kind::Other => {}
                }
            }
            if !is_used {
                let problem = "holds neither a certificate nor a private key of a form that is read here";
                return Err(Setting::Credentials.unusable(format!("{name} {problem}")));
            }
        }
        found.keys.dedup_by(|(_, _, key), (_, _, last)| key == last);
        if found.certificates.is_empty() {
            let problem = format!("there is no certificate in {}", names(files));
            return Err(Error::Missing { setting: Setting::Certificate, problem });
        }
        Ok(found)
    }

    /// The private key, of which there must be one, and its file.
    pub(super) fn key(&self, passphrase: Option<&[u8]>) -> Result<(&'a NamedFile, RsaKeyPair)> {
        let (setting, files) = (Setting::PrivateKey, names(self.files));
        let [(file, kind, der)] = self.keys.as_slice() else {
            return Err(match self.keys.len() {
                0 => Error::Missing { setting, problem: format!("there is no private key in {files}") },
                _ => setting.unusable(format!("there is more than one in {files}: keep that of the certificate")),
            });
        };
        let decrypted = (*kind == Kind::EncryptedKey).then(|| decrypt(file, der, passphrase)).transpose()?;
        let der = decrypted.as_ref().unwrap_or(der);
        let key = RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der)).map_err(|_| {
            let name = Printable(file.name());
            setting.unusable(format!(
                "the one in {name} is damaged, or is not an RSA key of 2048, 3072 or 4096 bits; {NEW_KEY}"
            ))
        })?;
        Ok((*file, key))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Certificate,
    /// A private key; ring judges whether it is one of RSA.
    Key,
    EncryptedKey,
    Pkcs12,
    JavaKeyStore,
    Other,
}

fn kind(bytes: &[u8]) -> Kind {
    match bytes {
        // The magic numbers of JKS and JCEKS.
        [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] => Kind::JavaKeyStore,
        // Some programs write PKCS#12 in BER, whose lengths are indefinite.
        [0x30, 0x80, 0x02, 0x01, 0x03, ..] => Kind::Pkcs12,
        _ if x509::read(bytes).is_some() => Kind::Certificate,
        _ => kind_of_sequence(bytes).unwrap_or(Kind::Other),
    }
}

/// All private keys begin with a version, and so do the files of PKCS#12.
fn kind_of_sequence(der: &[u8]) -> Option<Kind> {
    let mut outer = Reader(der).sequence()?;
    if outer.sequence().is_some() {
        return outer.read(tag::OCTET_STRING).map(|_| Kind::EncryptedKey);
    }
    match (outer.number()?, outer.next_tag()?) {
        (0 | 1, _) => Some(Kind::Key),
        (3, tag::SEQUENCE) => Some(Kind::Pkcs12),
        _ => None,
    }
}

fn decrypt(file: &NamedFile, der: &[u8], passphrase: Option<&[u8]>) -> Result<Vec<u8>> {
    let name = Printable(file.name());
    // What no passphrase can open is refused first.
    let decrypt = decryption(der).ok_or_else(|| other_form(file, Kind::EncryptedKey))?;
    let passphrase = passphrase.ok_or_else(|| Error::Missing {
        setting: Setting::Passphrase,
        problem: format!("the private key in {name} is encrypted, and there is no passphrase for it"),
    })?;
    let key = decrypt(passphrase).filter(|key| kind(key) == Kind::Key);
    key.ok_or_else(|| Setting::Passphrase.unusable(format!("it does not open the private key in {name}")))
}

/// The error of a file in a form that is not read here, with the line that converts it.
fn other_form(file: &NamedFile, kind: Kind) -> Error {
    // A name that could mean something else to a shell is left to the reader to put in.
    let is_plain = |c: char| c.is_alphanumeric() || "._-/:".contains(c) || (cfg!(windows) && c == '\\');
    let from = if file.name().chars().all(is_plain) { file.name() } else { "FILE" };
    let to = format!("{from}.converted.pem");
    let (setting, what, commands) = match kind {
        Kind::Pkcs12 => {
            let command =
                format!("`openssl pkcs12 -in {from} -aes256 -out {to}` (also with -legacy if the file is old)");
            (Setting::Certificate, "is a PKCS#12 file, which", command)
        }
        Kind::JavaKeyStore => {
            let first = format!("`keytool -importkeystore -srckeystore {from} -destkeystore {to}.p12");
            let second = format!("`openssl pkcs12 -in {to}.p12 -aes256 -out {to}`,");
            let commands = format!("{first} -deststoretype PKCS12`, then {second}");
            (Setting::Certificate, "is a Java key store, which", commands)
        }
        _ => {
            let command = format!("`openssl pkcs8 -topk8 -v2 aes-256-cbc -in {from} -out {to}`");
            (Setting::PrivateKey, "holds a key that is encrypted in a way that", command)
        }
    };
    setting.unusable(format!("{} {what} is not read here: run {commands} and use {to}", Printable(file.name())))
}

/// The names of files, joined with *and*, each once.
pub(super) fn names<'a>(files: impl IntoIterator<Item = &'a NamedFile>) -> String {
    let mut names: Vec<_> = files.into_iter().map(|file| Printable(file.name()).to_string()).collect();
    names.dedup();
    names.join(" and ")
}
