//! What the given files hold: the private key and the certificates.

use ring::signature::RsaKeyPair;

use crate::client::x509::der::{Reader, tag, unsigned};
use crate::client::x509::pem::{Content, blocks};
use crate::client::x509::{self, RSA};
use crate::error::{Error, Result, Setting};
use crate::text::Printable;

/// How errors name a file of a certificate or of a private key, or of both, and its bytes.
pub(crate) type Input<'a> = (&'a str, &'a [u8]);

/// How a converted key is protected so that it can be read here: for `openssl pkcs12` and `openssl pkcs8`.
const PROTECTION: [&str; 2] = match cfg!(feature = "encrypted-keys") {
    true => ["-aes256", "-v2 aes-256-cbc"],
    false => ["-nodes", "-nocrypt"],
};

const NEW_KEY: &str = "make a key with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out \
     new-key.pem`, and ask for a certificate with `openssl req -new -key new-key.pem -out request.csr`";

/// A private key that was found, still in its form.
struct FoundKey<'a> {
    file: &'a str,
    is_encrypted: bool,
    /// Whether the file is not PEM.
    is_der: bool,
    der: Vec<u8>,
}

/// All that is found in the inputs.
pub(super) struct Found<'a> {
    inputs: &'a [Input<'a>],
    /// Each different key once: the same file may be given for both.
    keys: Vec<FoundKey<'a>>,
    certificates: Vec<(&'a str, Vec<u8>)>,
}

impl<'a> Found<'a> {
    /// Each input has to hold a key or a certificate: what cannot be used is never passed over.
    pub(super) fn in_inputs(inputs: &'a [Input<'a>]) -> Result<Found<'a>> {
        let mut found = Found { inputs, keys: Vec::new(), certificates: Vec::new() };
        for (file, bytes) in inputs {
            let mut is_used = false;
            for block in blocks(bytes) {
                let is_der = block.label.is_none();
                let setting = match block.label {
                    None => Setting::Credentials,
                    Some(label) if label.ends_with("PRIVATE KEY") => Setting::PrivateKey,
                    Some(_) => Setting::Certificate,
                };
                let der = match block.content {
                    Content::Der(der) => der,
                    Content::OldEncryption => return Err(other_encryption(file, is_der)),
                    Content::Damaged(problem) => {
                        let problem = format!("{} {problem}", Printable(file));
                        return Err(Error::Setting { setting, problem });
                    }
                };
                let kind = kind(&der);
                is_used |= kind != Kind::Unknown;
                match kind {
                    Kind::Certificate => found.certificates.push((file, der)),
                    Kind::Key(der) => found.add_key(file, false, is_der, der),
                    Kind::EncryptedKey => found.add_key(file, true, is_der, der),
                    Kind::Pkcs12 => return Err(pkcs12(file)),
                    Kind::JavaKeyStore => return Err(java_key_store(file)),
                    Kind::Unknown => {}
                }
            }
            if !is_used {
                let problem = format!(
                    "{} holds neither a certificate nor a private key of a form that is read here",
                    Printable(file)
                );
                return Err(Error::Setting { setting: Setting::Credentials, problem });
            }
        }
        Ok(found)
    }

    fn add_key(&mut self, file: &'a str, is_encrypted: bool, is_der: bool, der: Vec<u8>) {
        if self.keys.iter().all(|key| key.der != der) {
            self.keys.push(FoundKey { file, is_encrypted, is_der, der });
        }
    }

    /// The private key, of which there must be one, and its file.
    pub(super) fn key(&self, passphrase: Option<&[u8]>) -> Result<(&'a str, RsaKeyPair)> {
        let inputs = names(self.inputs.iter().map(|(file, _)| *file));
        let unusable = |problem| Error::Setting { setting: Setting::PrivateKey, problem };
        let key = match self.keys.as_slice() {
            [key] => key,
            [] => {
                let problem = format!("there is no private key in {inputs}");
                return Err(Error::Missing { setting: Setting::PrivateKey, problem });
            }
            _ => {
                let problem = format!(
                    "there is more than one in {inputs}: keep the one that belongs to the certificate"
                );
                return Err(unusable(problem));
            }
        };
        let decrypted = if key.is_encrypted { Some(decrypt(key, passphrase)?) } else { None };
        let pkcs1 = decrypted.as_deref().unwrap_or(&key.der);
        let pair = RsaKeyPair::from_der(pkcs1).map_err(|_| {
            unusable(format!(
                "the one in {} is damaged, or is not an RSA key of 2048, 3072 or 4096 bits; {NEW_KEY}",
                Printable(key.file)
            ))
        })?;
        Ok((key.file, pair))
    }

    /// The certificates, one at least, each with its file.
    pub(super) fn certificates(&self) -> Result<&[(&'a str, Vec<u8>)]> {
        if self.certificates.is_empty() {
            let problem =
                format!("there is no certificate in {}", names(self.inputs.iter().map(|(file, _)| *file)));
            return Err(Error::Missing { setting: Setting::Certificate, problem });
        }
        Ok(&self.certificates)
    }
}

/// What some bytes are, by their structure: names and labels of files are often wrong.
#[derive(PartialEq, Eq)]
enum Kind {
    Certificate,
    /// A private key. For one of RSA, its PKCS#1 form; what else it is, ring refuses.
    Key(Vec<u8>),
    EncryptedKey,
    Pkcs12,
    JavaKeyStore,
    Unknown,
}

fn kind(bytes: &[u8]) -> Kind {
    // The two magic numbers of Java's own stores: JKS and JCEKS.
    if bytes.starts_with(&[0xfe, 0xed, 0xfe, 0xed]) || bytes.starts_with(&[0xce, 0xce, 0xce, 0xce]) {
        return Kind::JavaKeyStore;
    }
    // Some programs write PKCS#12 in BER, whose lengths are indefinite: a sequence that begins with version 3.
    if bytes.starts_with(&[0x30, 0x80, 0x02, 0x01, 0x03]) {
        return Kind::Pkcs12;
    }
    if x509::read(bytes).is_some() {
        return Kind::Certificate;
    }
    in_sequence(bytes).unwrap_or(Kind::Unknown)
}

fn in_sequence(der: &[u8]) -> Option<Kind> {
    let mut outer = Reader::new(der).sequence()?;
    Some(match outer.next_tag()? {
        // All private keys begin with a version, and so do the files of PKCS#12.
        tag::INTEGER => match unsigned(outer.any()?)? {
            3 if outer.next_tag() == Some(tag::SEQUENCE) => Kind::Pkcs12,
            0 | 1 if outer.next_tag() == Some(tag::SEQUENCE) => {
                let is_rsa = outer.sequence()?.read(tag::OBJECT_IDENTIFIER)? == RSA;
                let inner = outer.read(tag::OCTET_STRING)?;
                Kind::Key(if is_rsa { inner.to_vec() } else { Vec::new() })
            }
            0 | 1 if outer.len() > 0 => Kind::Key(der.to_vec()),
            _ => Kind::Unknown,
        },
        tag::SEQUENCE => {
            outer.any()?;
            outer.read(tag::OCTET_STRING)?;
            Kind::EncryptedKey
        }
        _ => Kind::Unknown,
    })
}

/// The PKCS#1 key inside an encrypted one.
fn decrypt(key: &FoundKey<'_>, passphrase: Option<&[u8]>) -> Result<Vec<u8>> {
    #[cfg(feature = "encrypted-keys")]
    {
        use super::encrypted::{Refusal, decrypt};
        let file = Printable(key.file);
        let wrong = || Error::Setting {
            setting: Setting::Passphrase,
            problem: format!("it does not open the private key in {file}"),
        };
        match decrypt(&key.der, passphrase) {
            // One wrong passphrase in 256 makes bytes whose padding looks right.
            Ok(pkcs8) => match kind(&pkcs8) {
                Kind::Key(pkcs1) => Ok(pkcs1),
                _ => Err(wrong()),
            },
            Err(Refusal::OtherScheme) => Err(other_encryption(key.file, key.is_der)),
            Err(Refusal::WrongPassphrase) => Err(wrong()),
            Err(Refusal::PassphraseNeeded) => Err(Error::Missing {
                setting: Setting::Passphrase,
                problem: format!("the private key in {file} is encrypted, and there is no passphrase for it"),
            }),
        }
    }
    #[cfg(not(feature = "encrypted-keys"))]
    {
        let _ = passphrase;
        Err(other_encryption(key.file, key.is_der))
    }
}

fn other_encryption(file: &str, is_der: bool) -> Error {
    let ([from, to], form) = (conversion(file), if is_der { " -inform DER" } else { "" });
    let command = format!("`openssl pkcs8 -topk8 {}{form} -in {from} -out {to}` and use {to}", PROTECTION[1]);
    let problem =
        format!("the one in {} is encrypted in a way that is not read here: run {command}", Printable(file));
    Error::Setting { setting: Setting::PrivateKey, problem }
}

fn pkcs12(file: &str) -> Error {
    let [from, to] = conversion(file);
    let command = format!("openssl pkcs12 -in {from} {} -out {to}", PROTECTION[0]);
    let old = "(also with -legacy if the file is old)";
    other_form(file, format!("a PKCS#12 file, which is not read here: run `{command}` {old} and use {to}"))
}

fn java_key_store(file: &str) -> Error {
    let ([from, to], [between, _]) = (conversion(file), conversion(&format!("{file}.p12")));
    let first = format!("-srckeystore {from} -destkeystore {between} -deststoretype PKCS12");
    let second = format!("openssl pkcs12 -in {between} {} -out {to}", PROTECTION[0]);
    let commands = format!("`keytool -importkeystore {first}`, then `{second}`, and use {to}");
    other_form(file, format!("a Java key store, which is not read here: run {commands}"))
}

fn other_form(file: &str, what: String) -> Error {
    Error::Setting { setting: Setting::Certificate, problem: format!("{} is {what}", Printable(file)) }
}

/// The names of a file and of what it is converted to, as a shell takes them. Of a name that could mean
/// something else to a shell, the reader puts in the right one.
fn conversion(file: &str) -> [String; 2] {
    // A name that no other file is likely to have: a command must not write over what it reads.
    let converted = format!("{}.converted.pem", file.strip_suffix(".pem").unwrap_or(file));
    let is_plain = |c: char| c.is_alphanumeric() || "._-/:+@,= ".contains(c) || (cfg!(windows) && c == '\\');
    match file {
        _ if !file.chars().all(is_plain) => ["FILE".to_owned(), "CONVERTED".to_owned()],
        _ if file.contains(' ') => [format!("\"{file}\""), format!("\"{converted}\"")],
        _ => [file.to_owned(), converted],
    }
}

/// Names of files, joined with *and*, each once.
pub(super) fn names<'a>(files: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<String> = files.map(|file| Printable(file).to_string()).collect();
    names.dedup();
    names.join(" and ")
}
