//! What people have in their hands, and what they are answered. `openssl` makes it where that is installed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use proptest::prelude::*;
use rcgen::{CertificateParams, PKCS_RSA_SHA256, date_time_ymd};
use ring::signature::{RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey};
use serde_json::Value;

use super::*;
use crate::client::x509::der::{Reader, tag};
use crate::client::x509::pem::{Content, blocks};

/// The key guards nothing.
const KEY: &str = include_str!("../../../../tests/fixtures/sign_in/test-only.key.pem");
pub(super) const ENCRYPTED_KEY: &str =
    include_str!("../../../../tests/fixtures/sign_in/test-only.encrypted.key.pem");
pub(super) const PASSPHRASE: &[u8] = b"test-only";

/// 2026-06-01 00:00 UTC.
const NOW_SECONDS: u64 = 1_780_272_000;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW_SECONDS)
}

fn read(inputs: &[Input<'_>], passphrase: Option<&[u8]>) -> Result<SigningCertificate, String> {
    SigningCertificate::read(inputs, passphrase, now()).map_err(|error| error.to_string())
}

fn refusal(inputs: &[Input<'_>]) -> String {
    read(inputs, None).err().unwrap_or_else(|| "nothing was refused".to_owned())
}

pub(super) fn der_of(pem: &str) -> Vec<u8> {
    match blocks(pem.as_bytes()).remove(0).content {
        Content::Der(der) => der,
        _ => panic!("no DER"),
    }
}

fn pem_of(label: &str, der: &[u8]) -> String {
    pem(der).replace("CERTIFICATE", label)
}

/// The PKCS#1 form of the key.
fn pkcs1() -> Vec<u8> {
    let pkcs8 = der_of(KEY);
    let mut parts = Reader::new(&pkcs8).sequence().unwrap();
    let _version_and_algorithm = (parts.any(), parts.any());
    parts.read(tag::OCTET_STRING).unwrap().to_vec()
}

/// A certificate of a key, valid from the first day of one year to that of another.
fn certificate_of(key: &rcgen::KeyPair, first: i32, last: i32) -> String {
    let mut params = CertificateParams::default();
    params.not_before = date_time_ymd(first, 1, 1);
    params.not_after = date_time_ymd(last, 1, 1);
    params.self_signed(key).unwrap().pem()
}

fn certificate(first: i32, last: i32) -> String {
    certificate_of(&rcgen::KeyPair::from_pkcs8_pem_and_sign_algo(KEY, &PKCS_RSA_SHA256).unwrap(), first, last)
}

/// The certificate that most tests sign in with.
fn valid() -> &'static str {
    static VALID: OnceLock<String> = OnceLock::new();
    VALID.get_or_init(|| certificate(2024, 2031))
}

fn foreign() -> String {
    certificate_of(&rcgen::KeyPair::generate().unwrap(), 2024, 2031)
}

#[test]
fn each_form_of_certificate_and_key_signs_in() {
    let certificate = der_of(valid());
    let keys = [KEY.into(), pem_of("RSA PRIVATE KEY", &pkcs1()).into_bytes(), der_of(KEY), pkcs1()];
    for key in &keys {
        for certificate_file in [valid().as_bytes(), &certificate] {
            // The names say nothing, and so the order does not either.
            for inputs in
                [[("a", certificate_file), ("b", key.as_slice())], [("a", key), ("b", certificate_file)]]
            {
                let read = read(&inputs, None).unwrap();
                let header = read.authorization().strip_prefix("CACertificate ").unwrap();
                let sent = String::from_utf8(STANDARD.decode(header).unwrap()).unwrap();
                assert_eq!(der_of(&sent), certificate);
                assert!(sent.ends_with("-----END CERTIFICATE-----\n"), "{sent}");
                assert!(sent.lines().all(|line| line.len() <= LINE_CHARS), "{sent}");
            }
        }
    }
}

#[test]
fn other_text_and_line_ends_around_the_blocks_do_not_matter() {
    let one_file = format!(
        "Bag Attributes\n    friendlyName: f\u{fc}r Anaplan\n    localKeyID: 54 69\nsubject=CN = me\n{}\
         Bag Attributes: <Empty>\nKey Attributes: <No Attributes>\n{KEY}\nissuer=/CN=me\n",
        valid()
    );
    let latin1: Vec<u8> = one_file.chars().map(|c| c as u8).collect();
    for text in [
        one_file.as_bytes(),
        one_file.replace('\n', "\r\n").as_bytes(),
        one_file.replace('\n', " ").as_bytes(),
        format!("\u{feff}{one_file}").as_bytes(),
        &latin1,
    ] {
        assert!(read(&[("client.pem", text)], None).is_ok());
        assert!(read(&[("client.pem", text), ("client.pem", text)], None).is_ok(), "given twice");
    }
}

#[test]
fn of_several_certificates_the_valid_one_of_the_key_is_sent() {
    let (old, next, foreign) = (certificate(2024, 2025), certificate(2027, 2032), foreign());
    for chain in [format!("{foreign}{next}{old}{}{foreign}", valid()), format!("{}{old}", valid())] {
        let read = read(&[("chain.pem", chain.as_bytes()), ("key.pem", KEY.as_bytes())], None).unwrap();
        assert_eq!(Utc(read.not_after()).to_minute(), "2031-01-01 00:00 UTC");
    }
}

#[test]
fn what_cannot_be_used_is_refused_with_the_reason_before_any_request() {
    let (foreign, expired, future) = (foreign(), certificate(2020, 2025), certificate(2027, 2031));
    let (two, both) = (format!("{foreign}{foreign}"), format!("{}{KEY}", valid()));
    let mut damaged = pkcs1();
    *damaged.last_mut().unwrap() ^= 1;
    let damaged = pem_of("RSA PRIVATE KEY", &damaged);
    let two_keys = format!("{}{damaged}", valid());
    let ec = rcgen::KeyPair::generate().unwrap();
    let request = CertificateParams::default().serialize_request(&ec).unwrap().pem().unwrap();
    let utf16: String = KEY.chars().flat_map(|c| [c, '\0']).collect();
    let (no_end, no_base64) = (KEY.replace("END", "end"), KEY.replace('Q', "*"));
    let unusable_key =
        "is damaged, or is not an RSA key of 2048, 3072 or 4096 bits; make a key with `openssl ";
    let nothing = "holds neither a certificate nor a private key of a form that is read here";
    for (certificate, key, setting, problem) in [
        (&*foreign, KEY, "the private key", "the one in KEY does not belong to the certificate in CERT"),
        (&two, KEY, "the private key", "the one in KEY belongs to none of the 2 certificates in CERT"),
        (
            &expired,
            KEY,
            "the certificate",
            "the one in CERT expired on 2025-01-01 00:00 UTC: ask for a new one",
        ),
        (
            &future,
            KEY,
            "the certificate",
            "the one in CERT is not valid before 2027-01-01 00:00 UTC: check this machine's clock",
        ),
        (valid(), valid(), "", "there is no private key in CERT and KEY"),
        (KEY, KEY, "", "there is no certificate in CERT and KEY"),
        (
            &two_keys,
            KEY,
            "the private key",
            "there is more than one in CERT and KEY: keep the one that belongs to the certificate",
        ),
        (valid(), &no_end, "the private key", "KEY is damaged: a BEGIN line has no END line"),
        (valid(), &no_base64, "the private key", "KEY is damaged: between BEGIN and END is more than base64"),
        (valid(), &damaged, "the private key", &format!("the one in KEY {unusable_key}")),
        (valid(), &ec.serialize_pem(), "the private key", &format!("the one in KEY {unusable_key}")),
        (&both, "path: key", "the way to sign in", &format!("KEY {nothing}")),
        (valid(), "", "the way to sign in", &format!("KEY {nothing}")),
        (valid(), &ec.public_key_pem(), "the way to sign in", &format!("KEY {nothing}")),
        (&request, KEY, "the way to sign in", &format!("CERT {nothing}")),
        (valid(), &utf16, "the way to sign in", "KEY is in UTF-16: save it as UTF-8 or ASCII"),
    ] {
        let refusal = refusal(&[("CERT", certificate.as_bytes()), ("KEY", key.as_bytes())]);
        let setting = if setting.is_empty() { String::new() } else { format!("{setting} cannot be used: ") };
        assert!(refusal.starts_with(&format!("{setting}{problem}")), "{refusal}");
        assert!(!shows_key(&refusal), "{refusal}");
    }
}

#[test]
fn a_file_in_another_form_comes_with_the_commands_that_convert_it() {
    let java = refusal(&[("a b.jks", b"\xfe\xed\xfe\xed\0\0\0\x02")]);
    assert!(java.contains(
        " is a Java key store, which is not read here: run `keytool -importkeystore -srckeystore \"a b.jks\" \
                       -destkeystore \"a b.jks.p12\" "
    ));
    let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00FF\n\nAAEC\n\
               -----END RSA PRIVATE KEY-----\n";
    let old = refusal(&[("$(reboot).pem", old.as_bytes())]);
    assert!(old.contains(
        "the one in $(reboot).pem is encrypted in a way that is not read here: run `openssl pkcs8 "
    ));
    assert!(old.contains(" -in FILE -out CONVERTED` and use CONVERTED"), "{old}");
    let ber = refusal(&[("client.p12", b"\x30\x80\x02\x01\x03\x30\x80")]);
    assert!(
        ber.contains("client.p12 is a PKCS#12 file, which is not read here: run `openssl pkcs12 "),
        "{ber}"
    );
}

/// Runs `openssl` in a folder; false if it is not installed. Fails if it fails.
fn openssl(folder: &Path, arguments: &str) -> bool {
    let run =
        Command::new("openssl").args(arguments.split(' ')).current_dir(folder).stdin(Stdio::null()).output();
    match run {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: openssl is not installed");
            false
        }
        output => {
            let output = output.unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "openssl {arguments}\n{stderr}");
            true
        }
    }
}

/// A folder with `key.pem` and `cert.pem`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key.pem"), KEY).unwrap();
    std::fs::write(folder.path().join("cert.pem"), valid()).unwrap();
    folder
}

fn read_files(folder: &Path, names: &[&str], passphrase: &str) -> Result<SigningCertificate, String> {
    let files: Vec<_> = names.iter().map(|name| (*name, std::fs::read(folder.join(name)).unwrap())).collect();
    let inputs: Vec<_> = files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    read(&inputs, Some(passphrase.as_bytes()))
}

#[test]
fn the_commands_of_a_refusal_make_a_file_that_is_read() {
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
        let refusal = read_files(folder.path(), &["cert.pem", file], "old").unwrap_err();
        let command = refusal.split('`').nth(1).expect(&refusal).strip_prefix("openssl ").unwrap();
        openssl(folder.path(), &format!("{command} -passin pass:old -passout pass:new"));
        let converted = refusal.rsplit_once(" use ").expect(&refusal).1;
        let read = read_files(folder.path(), &["cert.pem", converted], "new");
        assert!(read.is_ok(), "{refusal}: {read:?}");
    }
}

#[cfg(feature = "encrypted-keys")]
#[test]
fn an_encrypted_key_signs_in_with_its_passphrase() {
    let encrypted = der_of(ENCRYPTED_KEY);
    for key in [ENCRYPTED_KEY.as_bytes(), &encrypted] {
        let read = |passphrase| read(&[("cert.pem", valid().as_bytes()), ("key.pem", key)], passphrase);
        assert!(read(Some(PASSPHRASE)).is_ok());
        assert_eq!(
            read(None).unwrap_err(),
            "the private key in key.pem is encrypted, and there is no passphrase for it"
        );
        assert_eq!(
            read(Some(b"Test-Only")).unwrap_err(),
            "the passphrase cannot be used: it does not open the private key in key.pem"
        );
    }
    let folder = folder();
    for cipher in ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc"] {
        for hash in ["hmacWithSHA1", "hmacWithSHA256", "hmacWithSHA384", "hmacWithSHA512"] {
            let make = format!(
                "pkcs8 -topk8 -in key.pem -v2 {cipher} -v2prf {hash} -out encrypted -passout pass:s\u{fc}\u{df}"
            );
            if openssl(folder.path(), &make) {
                let read = |passphrase| read_files(folder.path(), &["encrypted", "cert.pem"], passphrase);
                assert!(read("s\u{fc}\u{df}").is_ok() && read("sus").is_err(), "{make}");
            }
        }
    }
}

#[test]
fn keys_of_other_sizes_and_kinds_are_refused() {
    let folder = folder();
    for make in [
        "RSA -pkeyopt rsa_keygen_bits:1024",
        "RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3",
        "RSA-PSS -pkeyopt rsa_keygen_bits:2048",
    ] {
        if openssl(folder.path(), &format!("genpkey -algorithm {make} -out k")) {
            let refusal = read_files(folder.path(), &["cert.pem", "k"], "").unwrap_err();
            assert!(refusal.contains("the one in k is damaged, or is not an RSA key"), "{make}: {refusal}");
        }
    }
}

fn signing_certificate() -> SigningCertificate {
    read(&[("cert.pem", valid().as_bytes()), ("key.pem", KEY.as_bytes())], None).unwrap()
}

#[test]
fn a_request_for_a_token_is_signed_by_the_key_and_begins_with_the_time_unless_it_is_of_the_first_format() {
    let certificate = signing_certificate();
    let mut seen = Vec::new();
    for (format, name, time) in [
        (DataFormat::default(), Some("v2"), &NOW_SECONDS.to_be_bytes()[..]),
        (DataFormat::V1, None, &[]),
        (DataFormat::V1, None, &[]),
    ] {
        let body: Value = serde_json::from_slice(&certificate.token_request(format, now()).unwrap()).unwrap();
        let bytes = |field: &str| STANDARD.decode(body[field].as_str().unwrap()).unwrap();
        let (data, mut signature) = (bytes("encodedData"), bytes("encodedSignedData"));
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA512, certificate.key.public_key());
        assert!(key.verify(&data, &signature).is_ok());
        signature[0] ^= 1;
        assert!(key.verify(&data, &signature).is_err());
        assert_eq!(body.get("encodedDataFormat").and_then(Value::as_str), name);
        assert!(data.starts_with(time) && data.len() == time.len() + 100);
        seen.push(data);
    }
    assert_ne!(seen[1], seen[2], "random bytes");
}

#[test]
fn a_certificate_that_expires_while_the_program_runs_signs_no_more() {
    let end = signing_certificate().not_after();
    assert!(signing_certificate().token_request(DataFormat::V2, end).is_ok());
    let error =
        signing_certificate().token_request(DataFormat::V2, end + Duration::from_secs(1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the certificate cannot be used: the one in cert.pem expired on 2031-01-01 00:00 UTC: ask for a new one"
    );
}

/// Whether a text shows a part of the key: of its base64, or of its bytes in decimal or hexadecimal.
fn shows_key(text: &str) -> bool {
    let base64: String = KEY.lines().filter(|line| !line.contains(' ')).collect();
    let in_text = |part: &[u8]| text.as_bytes().windows(part.len()).any(|window| window == part);
    let decimal = |bytes: &[u8]| bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
    let hexadecimal = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let in_numbers =
        |bytes: &[u8]| in_text(decimal(bytes).as_bytes()) || in_text(hexadecimal(bytes).as_bytes());
    base64.as_bytes().windows(12).any(in_text)
        || KEY.as_bytes().windows(8).chain(der_of(KEY).windows(8)).any(in_numbers)
}

#[test]
fn the_check_for_shown_keys_finds_them() {
    assert!(shows_key(KEY) && shows_key(&format!("{:?}", der_of(KEY))));
    assert!(!shows_key("key.pem is damaged: a BEGIN line has no END line"));
    assert!(!shows_key(&format!("{:?}", signing_certificate())), "{:?}", signing_certificate());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn no_damage_to_a_file_makes_it_panic_or_show_the_key(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
        form in 0..4,
    ) {
        let mut key = match form {
            0 => der_of(KEY),
            1 => pkcs1(),
            2 => KEY.as_bytes().to_vec(),
            // Without a passphrase, so that damage to the count of iterations does not take its time.
            _ => ENCRYPTED_KEY.as_bytes().to_vec(),
        };
        for (at, byte) in changes {
            let at = at.index(key.len());
            key[at] = byte;
        }
        for key in [&key[..], &key[..cut.index(key.len())]] {
            if let Err(error) = SigningCertificate::read(&[("cert", valid().as_bytes()), ("key", key)], None, now()) {
                let shown = format!("{error} {error:?}");
                prop_assert!(!shows_key(&shown), "{}", shown);
            }
        }
    }
}
