//! What to do with a file that people have in their hands and that is not read here: the exact commands.

use std::fmt;

use super::contents::Foreign;
use crate::text::Printable;

/// How a converted key is to be protected: as it can be read here.
const PROTECTION: &str = if cfg!(feature = "encrypted-keys") { "-aes256" } else { "-nodes" };

/// The same for `openssl pkcs8`.
const PKCS8_PROTECTION: &str = if cfg!(feature = "encrypted-keys") { "-v2 aes-256-cbc" } else { "-nocrypt" };

/// How to get a key that can be used, and its certificate.
pub(super) const NEW_KEY: &str = "make a key with `openssl genpkey -algorithm RSA -pkeyopt \
     rsa_keygen_bits:2048 -out new-key.pem`, and ask for a certificate with \
     `openssl req -new -key new-key.pem -out request.csr`";

/// Says what a file is, and how to get one that is read.
pub(super) struct Advice<'a> {
    pub(super) found: Foreign,
    pub(super) file: &'a str,
    pub(super) is_der: bool,
}

impl fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = Printable(self.file);
        let file = argument(self.file, "FILE");
        let converted = argument(&converted_name(self.file), "CONVERTED");
        let form = if self.is_der { " -inform DER" } else { "" };
        match self.found {
            Foreign::Pkcs12 => write!(
                f,
                "{shown} is a PKCS#12 file, which is not read here: run `openssl pkcs12 -in {file} \
                 {PROTECTION} -out {converted}` (also with -legacy if the file is old) and use {converted}"
            ),
            Foreign::JavaKeyStore => {
                let pkcs12 = argument(&format!("{}.p12", self.file), "PKCS12");
                write!(
                    f,
                    "{shown} is a Java key store, which is not read here: run `keytool -importkeystore \
                     -srckeystore {file} -destkeystore {pkcs12} -deststoretype PKCS12`, then `openssl pkcs12 \
                     -in {pkcs12} {PROTECTION} -out {converted}`, and use {converted}"
                )
            }
            Foreign::Pkcs7 => write!(
                f,
                "{shown} is a PKCS#7 file, which is not read here: run `openssl pkcs7 -print_certs{form} \
                 -in {file} -out {converted}` and use {converted}"
            ),
            Foreign::TraditionalEncryptedKey | Foreign::EncryptedKey => write!(
                f,
                "the private key in {shown} is encrypted in a way that is not read here: run `openssl pkcs8 \
                 -topk8 {PKCS8_PROTECTION}{form} -in {file} -out {converted}` and use {converted}"
            ),
            Foreign::OpenSshKey => write!(
                f,
                "{shown} holds a key in the form of OpenSSH, which is not read here: convert a copy of it, \
                 which changes, with `ssh-keygen -p -m PKCS8 -f COPY`"
            ),
            Foreign::KeyOf(algorithm) => {
                write!(f, "{shown} holds a key of the kind {algorithm}, and it must be an RSA key; {NEW_KEY}")
            }
            Foreign::PublicKey => write!(
                f,
                "{shown} holds a public key: use the private key, which is the file that was made when the \
                 certificate was asked for"
            ),
            Foreign::CertificateRequest => write!(
                f,
                "{shown} is a request for a certificate: use the certificate that the certificate authority \
                 returned for it"
            ),
        }
    }
}

/// A name that no other file is likely to have: a command must not write over what it reads.
fn converted_name(file: &str) -> String {
    match file.strip_suffix(".pem") {
        Some(stem) => format!("{stem}.converted.pem"),
        None => format!("{file}.pem"),
    }
}

/// A file name as a shell takes it. For one that could mean something else to a shell, this word stands, and
/// the reader puts in the name.
fn argument(file: &str, otherwise: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "._-/:+@,=".contains(c) || (cfg!(windows) && c == '\\');
    match file {
        "" => otherwise.to_owned(),
        file if file.chars().all(is_plain) => file.to_owned(),
        file if file.chars().all(|c| is_plain(c) || " ()&;'".contains(c)) => format!("\"{file}\""),
        _ => otherwise.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(found: Foreign, file: &str, is_der: bool) -> String {
        Advice { found, file, is_der }.to_string()
    }

    #[test]
    fn a_command_can_be_copied_whatever_the_file_is_called() {
        let with = |file| advice(Foreign::Pkcs12, file, true);
        assert!(with("a/client.p12").contains("-in a/client.p12 "), "{}", with("a/client.p12"));
        assert!(with("my client.p12").contains("-in \"my client.p12\" "), "{}", with("my client.p12"));
        let unsafe_name = with("$(reboot).p12");
        assert!(
            unsafe_name.contains("-in FILE ") && unsafe_name.contains("-out CONVERTED`"),
            "{unsafe_name}"
        );
        assert!(with("a\n.p12").starts_with("a\\n.p12 is"), "{}", with("a\n.p12"));
    }

    #[test]
    fn a_command_never_writes_over_the_file_that_it_reads() {
        for file in ["key.pem", "key", "key.der", "key.converted.pem"] {
            assert_ne!(converted_name(file), file);
        }
        assert_eq!(converted_name("key.pem"), "key.converted.pem");
    }

    #[test]
    fn what_is_in_der_is_converted_from_der() {
        assert!(advice(Foreign::Pkcs7, "chain.p7b", true).contains(" -inform DER -in chain.p7b "));
        assert!(advice(Foreign::EncryptedKey, "key.der", true).contains(" -inform DER -in key.der "));
        assert!(!advice(Foreign::EncryptedKey, "key.pem", false).contains("DER"));
    }
}
