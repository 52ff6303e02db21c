//! What people have in their hands, and what they are answered. `openssl` makes it where that is installed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use proptest::prelude::*;
use rcgen::{CertificateParams, DnType};
use xtask::fake::{CLIENT_KEY as KEY, client_certificate};

use super::*;
use crate::client::x509::der::{Reader, tag};

pub(super) const ENCRYPTED_KEY: &str = include_str!("../../../../tests/fixtures/sign_in/test-only.encrypted.key.pem");

/// 2026-06-01 00:00 UTC.
fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_780_272_000)
}

fn read(files: &[(&str, &[u8])], passphrase: Option<&str>) -> Result<SigningCertificate, String> {
    let named = |(name, bytes): &(&str, &[u8])| NamedFile::from_bytes(Setting::Certificate, name, bytes.to_vec());
    let files = files.iter().map(named).collect::<Result<Vec<_>>>();
    let read = files.and_then(|files| SigningCertificate::read(&files, passphrase.map(str::as_bytes), now()));
    read.map_err(|error| error.to_string())
}

fn refusal(files: &[(&str, &[u8])]) -> String {
    read(files, None).err().unwrap_or_else(|| "nothing was refused".to_owned())
}

pub(super) fn der_of(pem: &str) -> Vec<u8> {
    x509::blocks(pem.as_bytes()).remove(0).der.unwrap()
}

fn pkcs1() -> Vec<u8> {
    let pkcs8 = der_of(KEY);
    let mut parts = Reader(&pkcs8).sequence().unwrap();
    let _version_and_algorithm = (parts.any(), parts.any());
    parts.read(tag::OCTET_STRING).unwrap().to_vec()
}

fn certificate(first: i32, last: i32) -> String {
    client_certificate(first, last).unwrap()
}

/// The certificate that most tests sign in with.
fn valid() -> String {
    certificate(2024, 2031)
}

/// A certificate of another key.
fn foreign() -> String {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::OrganizationName, "A company");
    params.distinguished_name.push(DnType::CommonName, "A root");
    params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem()
}

#[test]
fn each_form_of_certificate_and_key_signs_in() {
    let (valid, pkcs1) = (valid(), pkcs1());
    let certificate = der_of(&valid);
    let around = format!("Bag Attributes\n friendlyName: -----f\u{fc}r\n{valid}Key Attributes: <None>\n{KEY}x\n");
    let latin1: Vec<u8> = around.chars().map(|c| c as u8).collect();
    // OpenSSL appends what it notes on trust.
    let with_notes = [&certificate[..], b"\r\n"].concat();
    let pem = pem(&pkcs1).replace("CERTIFICATE", "RSA PRIVATE KEY");
    let in_one_line = KEY.replace('\n', "\r");
    for key in [KEY.as_bytes(), in_one_line.as_bytes(), pem.as_bytes(), &der_of(KEY), &pkcs1, &latin1] {
        for certificate_file in [valid.as_bytes(), &certificate, &with_notes] {
            // The names say nothing, and so the order does not either.
            for files in [[("a", certificate_file), ("b", key)], [("a", key), ("b", certificate_file)]] {
                let read = read(&files, None).unwrap();
                let header = read.authorization.strip_prefix("CACertificate ").unwrap();
                assert_eq!(STANDARD.decode(header).unwrap(), valid.replace("\r\n", "\n").as_bytes());
            }
        }
    }
    assert!(read(&[("client.pem", &latin1), ("client.pem", &latin1)], None).is_ok(), "given twice");
}

#[test]
fn of_several_certificates_the_valid_one_of_the_key_is_sent() {
    let (old, next, foreign, valid) = (certificate(2024, 2025), certificate(2027, 2032), foreign(), valid());
    for chain in [format!("{foreign}{next}{old}{valid}{foreign}"), format!("{valid}{old}")] {
        let read = read(&[("chain.pem", chain.as_bytes()), ("key.pem", KEY.as_bytes())], None).unwrap();
        assert_eq!(Utc(read.not_after).to_minute(), "2031-01-01 00:00 UTC");
    }
}

#[test]
fn what_cannot_be_used_is_refused_with_the_reason_before_any_request() {
    let (valid, foreign) = (valid(), foreign());
    assert_eq!(x509::read(&der_of(&foreign)).unwrap().issuer_name(), "\"A root\", \"A company\"");
    let both = format!("{valid}{KEY}");
    let mut damaged = pkcs1();
    *damaged.last_mut().unwrap() ^= 1;
    let damaged = pem(&damaged).replace("CERTIFICATE", "RSA PRIVATE KEY");
    let two_keys = format!("{valid}{damaged}");
    let ec = rcgen::KeyPair::generate().unwrap();
    let utf16: String = KEY.chars().flat_map(|c| [c, '\0']).collect();
    let other = "the one in KEY is damaged, or is not an RSA key of 2048, 3072 or 4096 bits; make a key with ";
    let (future, begin) = (certificate(2027, 2031), "the one in CERT is not valid before 2027-01-01 00:00 UTC");
    let open = "KEY is damaged: a BEGIN line has no END line";
    let nothing = "KEY holds neither a certificate nor a private key of a form that is read here";
    for (certificate, key, expected) in [
        (&*foreign, KEY, "the one in KEY belongs to no certificate in C"),
        (&future, KEY, begin),
        (KEY, KEY, "there is no certificate in CERT and KEY"),
        (&two_keys, KEY, "there is more than one in CERT and KEY:"),
        (&valid, &damaged, other),
        (&valid, &ec.serialize_pem(), other),
        (&both, "path: key", nothing),
        (&valid, &ec.public_key_pem(), nothing),
        (&valid, &utf16, "KEY is in UTF-16: save it as UTF-8 or "),
        (&valid, "-----BEGIN A-----\nAAE*\n-----END A-----", "KEY is damaged: between BEGIN and END is more "),
        (&valid, "-----BEGIN A", open),
        (&valid, "-----BEGIN A-----\nAAEC\n-----BEGIN A-----\nAAEC\n-----END A-----", open),
    ] {
        let refusal = refusal(&[("CERT", certificate.as_bytes()), ("KEY", key.as_bytes())]);
        let (_, problem) = refusal.split_once(" cannot be used: ").unwrap_or(("", &refusal));
        assert!(problem.starts_with(expected) && !shows_key(&refusal), "{refusal}");
    }
}

/// Runs `openssl` in a folder, where it must succeed; false if it is not installed.
fn openssl(folder: &Path, arguments: &str) -> bool {
    let mut command = Command::new("openssl");
    let run = command.args(arguments.split(' ')).current_dir(folder).stdin(Stdio::null()).output();
    run.inspect(|output| assert!(output.status.success(), "{arguments}: {output:?}")).is_ok()
}

/// A folder with `key.pem` and `cert.pem`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key.pem"), KEY).unwrap();
    std::fs::write(folder.path().join("cert.pem"), valid()).unwrap();
    folder
}

/// The same with the key in another file.
fn read_with(folder: &Path, key: &str, passphrase: &str) -> Result<SigningCertificate, String> {
    let [certificate, bytes] = ["cert.pem", key].map(|name| std::fs::read(folder.join(name)).unwrap());
    read(&[("cert.pem", &certificate), (key, &bytes)], Some(passphrase))
}

#[test]
fn a_file_in_another_form_comes_with_the_commands_that_convert_it() {
    let java = refusal(&[("a.jks", b"\xfe\xed\xfe\xed\0\0\0\x02")]);
    assert!(java.contains("a.jks is a Java key store, which is not read here: run `keytool "), "{java}");
    let ber = refusal(&[("$(reboot)", b"\x30\x80\x02\x01\x03\x30\x80")]);
    assert!(ber.contains("$(reboot) is a PKCS#12 file, ") && ber.contains("openssl pkcs12 -in FILE "), "{ber}");
    let folder = folder();
    for (file, make) in [
        ("client.p12", "pkcs12 -export -in cert.pem -inkey key.pem -out client.p12 -passout pass:old"),
        ("dek.pem", "rsa -in key.pem -traditional -aes256 -out dek.pem -passout pass:old"),
        ("des3.der", "pkcs8 -topk8 -in key.pem -v2 des3 -outform DER -out des3.der -passout pass:old"),
        ("scrypt.pem", "pkcs8 -topk8 -in key.pem -scrypt -out scrypt.pem -passout pass:old"),
    ] {
        if !openssl(folder.path(), make) {
            return;
        }
        let refusal = read_with(folder.path(), file, "old").err().unwrap();
        let command = refusal.split('`').nth(1).expect(&refusal).strip_prefix("openssl ").unwrap();
        openssl(folder.path(), &format!("{command} -passin pass:old -passout pass:new"));
        let converted = refusal.rsplit_once(" use ").expect(&refusal).1;
        assert!(read_with(folder.path(), converted, "new").is_ok(), "{refusal}");
    }
}

#[test]
fn an_encrypted_key_signs_in_with_its_passphrase() {
    let (valid, encrypted) = (valid(), der_of(ENCRYPTED_KEY));
    for key in [ENCRYPTED_KEY.as_bytes(), &encrypted] {
        let read = |passphrase| read(&[("cert.pem", valid.as_bytes()), ("key.pem", key)], passphrase);
        assert!(read(Some("test-only")).is_ok());
        for wrong in ["Test-Only", ""] {
            let expected = "the passphrase cannot be used: it does not open the private key in key.pem";
            assert_eq!(read(Some(wrong)).err().unwrap(), expected);
        }
    }
    let folder = folder();
    for (cipher, hash) in [("128", "1"), ("192", "256"), ("256", "384"), ("256", "512")] {
        let make = format!(
            "pkcs8 -topk8 -in key.pem -v2 aes-{cipher}-cbc -v2prf hmacWithSHA{hash} -out k -passout pass:s\u{fc}\u{df}"
        );
        if openssl(folder.path(), &make) {
            assert!(read_with(folder.path(), "k", "s\u{fc}\u{df}").is_ok(), "{make}");
        }
    }
}

/// The fake server of the end-to-end tests holds a request to the rest of the documentation.
#[test]
fn each_request_has_random_bytes_of_its_own_until_the_certificate_expires() {
    let certificate = read(&[("one.pem", format!("{}{KEY}", valid()).as_bytes())], None).unwrap();
    let request = |has_time| certificate.token_request(has_time, now()).unwrap();
    assert_ne!(request(false), request(false));
    assert!(request(true).contains("\"v2\"") && !request(false).contains("\"v2\""), "the older form names no format");
    // It may expire while the program runs.
    let (last, second) = (certificate.not_after, Duration::from_secs(1));
    assert!(certificate.token_request(true, last).is_ok());
    let error = certificate.token_request(true, last + second).unwrap_err().to_string();
    assert!(error.ends_with("the one in one.pem expired on 2031-01-01 00:00 UTC: ask for a new one"), "{error}");
}

fn shows_key(text: &str) -> bool {
    let base64: String = KEY.lines().filter(|line| !line.contains(' ')).collect();
    base64.as_bytes().windows(12).any(|part| text.contains(&*String::from_utf8_lossy(part)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn no_damage_to_a_file_makes_it_panic_or_show_the_key(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
        form in 0..6,
    ) {
        // Without a passphrase, so that damage to the count of iterations does not take its time.
        let (valid, encrypted) = (valid(), der_of(ENCRYPTED_KEY));
        let forms = [der_of(KEY), pkcs1(), KEY.into(), ENCRYPTED_KEY.into(), encrypted, der_of(&valid)];
        let mut file = forms[form as usize].clone();
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        for file in [&file[..], &file[..cut.index(file.len())]] {
            let _ = x509::read(file).map(|certificate| certificate.issuer_name());
            let refusal = refusal(&[("cert", valid.as_bytes()), ("file", file)]);
            prop_assert!(!shows_key(&refusal), "{}", refusal);
        }
    }
}
