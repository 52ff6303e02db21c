//! What people have in their hands, and what becomes of it.

mod openssl;

use std::time::Duration;

use proptest::prelude::*;
use ring::signature::{RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey};
use serde_json::Value;

use super::fixture::{self, KEY_PEM};
use super::*;
use crate::time::Utc;

/// 2026-06-01 00:00 UTC.
const NOW_SECONDS: u64 = 1_780_272_000;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW_SECONDS)
}

type File<'a> = (&'a str, &'a [u8]);

fn read(files: &[File<'_>], passphrase: Option<&[u8]>) -> Result<SigningCertificate, String> {
    let inputs: Vec<_> = files.iter().map(|(name, bytes)| Input { name, bytes }).collect();
    SigningCertificate::read(&inputs, passphrase, now()).map_err(|problem| problem.to_string())
}

fn refusal(files: &[File<'_>]) -> String {
    read(files, None).err().unwrap_or_else(|| "nothing was refused".to_owned())
}

fn pem(label: &str, der: &[u8]) -> String {
    pem::certificate_text(der).replace("CERTIFICATE", label)
}

fn certificate_pem(first: i32, last: i32) -> String {
    pem("CERTIFICATE", &fixture::certificate(first, last))
}

fn header_of(certificate: &[u8]) -> String {
    format!("CACertificate {}", STANDARD.encode(pem("CERTIFICATE", certificate)))
}

#[test]
fn each_form_of_certificate_and_key_signs_in() {
    let certificate = fixture::certificate(2024, 2031);
    let certificate_pem = pem("CERTIFICATE", &certificate).into_bytes();
    let keys = [
        KEY_PEM.as_bytes().to_vec(),
        pem("RSA PRIVATE KEY", &fixture::pkcs1()).into_bytes(),
        fixture::pkcs8(),
        fixture::pkcs1(),
    ];
    for key in &keys {
        for certificate_file in [&certificate_pem, &certificate] {
            // The names say nothing, and so the order does not either.
            for files in [
                [("a", certificate_file.as_slice()), ("b", key.as_slice())],
                [("a", key.as_slice()), ("b", certificate_file.as_slice())],
            ] {
                let read = read(&files, None).unwrap();
                assert_eq!(read.authorization(), header_of(&certificate));
                assert_eq!(Utc(read.not_after()).to_minute(), "2031-01-01 00:00 UTC");
            }
        }
    }
}

#[test]
fn other_text_and_line_ends_around_the_blocks_do_not_matter() {
    let one_file = format!(
        "Bag Attributes\n    friendlyName: f\u{fc}r Anaplan\n    localKeyID: 54 69\nsubject=CN = me\n{}\
         Bag Attributes: <Empty>\nKey Attributes: <No Attributes>\n{KEY_PEM}\nissuer=/CN=me\n",
        certificate_pem(2024, 2031)
    );
    let latin1: Vec<u8> = one_file.chars().map(|c| c as u8).collect();
    let without_line_ends = one_file.replace('\n', " ");
    for text in [
        one_file.as_bytes(),
        one_file.replace('\n', "\r\n").as_bytes(),
        format!("\u{feff}{one_file}").as_bytes(),
        &latin1,
        without_line_ends.as_bytes(),
    ] {
        assert!(read(&[("client.pem", text)], None).is_ok());
        assert!(read(&[("client.pem", text), ("client.pem", text)], None).is_ok(), "given twice");
    }
}

#[test]
fn of_several_certificates_the_one_of_the_key_is_sent() {
    let (own, foreign) = (certificate_pem(2024, 2031), pem("CERTIFICATE", &fixture::foreign_certificate()));
    for chain in [format!("{foreign}{own}{foreign}"), format!("{own}{foreign}")] {
        let read = read(&[("chain.pem", chain.as_bytes()), ("key.pem", KEY_PEM.as_bytes())], None).unwrap();
        assert_eq!(read.authorization(), header_of(&fixture::certificate(2024, 2031)));
    }
}

#[test]
fn of_an_old_certificate_and_its_renewal_the_valid_one_is_sent() {
    let (old, valid, next) =
        (certificate_pem(2024, 2025), certificate_pem(2024, 2027), certificate_pem(2027, 2031));
    let files = format!("{next}{old}{valid}{KEY_PEM}");
    let read = read(&[("client.pem", files.as_bytes())], None).unwrap();
    assert_eq!(Utc(read.not_after()).to_minute(), "2027-01-01 00:00 UTC");
}

#[test]
fn a_pair_that_cannot_be_used_is_refused_before_any_request() {
    let valid = certificate_pem(2024, 2031);
    let foreign = pem("CERTIFICATE", &fixture::foreign_certificate());
    let two = format!("{foreign}{foreign}");
    let (expired, future) = (certificate_pem(2020, 2025), certificate_pem(2027, 2031));
    let other_key = pem("RSA PRIVATE KEY", &damaged_number(fixture::pkcs1()));
    for (certificate, key, expected) in [
        (&foreign, KEY_PEM, "the private key in key.pem does not belong to the certificate in cert.pem"),
        (&two, KEY_PEM, "the private key in key.pem belongs to none of the 2 certificates in cert.pem"),
        (&expired, KEY_PEM, "the certificate in cert.pem expired on 2025-01-01 00:00 UTC: ask for a new one"),
        (
            &future,
            KEY_PEM,
            "the certificate in cert.pem is not valid before 2027-01-01 00:00 UTC: check this machine's clock",
        ),
        (&valid, &valid, "there is no private key in cert.pem and key.pem"),
        (&KEY_PEM.to_owned(), KEY_PEM, "there is no certificate in cert.pem and key.pem"),
        (
            &format!("{valid}{other_key}"),
            KEY_PEM,
            "there is more than one private key in cert.pem and key.pem: keep the one that belongs to the \
             certificate",
        ),
        (&valid, "", "key.pem holds neither a certificate nor a private key, in PEM or in DER"),
        (&valid, "path: key", "key.pem holds neither a certificate nor a private key, in PEM or in DER"),
        (&valid, &KEY_PEM.replace("END", "end"), "key.pem is damaged: a BEGIN line has no END line"),
        (
            &valid,
            &KEY_PEM.replace("A", "*"),
            "key.pem is damaged: something else than base64 is between BEGIN and END",
        ),
    ] {
        assert_eq!(refusal(&[("cert.pem", certificate.as_bytes()), ("key.pem", key.as_bytes())]), expected);
    }
}

/// A key one of whose numbers is another.
fn damaged_number(mut pkcs1: Vec<u8>) -> Vec<u8> {
    let last = pkcs1.len() - 1;
    pkcs1[last] ^= 1;
    pkcs1
}

#[test]
fn a_key_whose_numbers_do_not_fit_is_refused() {
    let valid = certificate_pem(2024, 2031);
    let integer = |bytes: &[u8]| fixture::element(der::tag::INTEGER, &[bytes]);
    let key = |modulus: &[u8], exponent: &[u8]| {
        let rest = integer(&[1]).repeat(6);
        let parts = [&integer(&[0]), &integer(modulus), &integer(exponent), rest.as_slice()];
        fixture::element(der::tag::SEQUENCE, &parts)
    };
    for (key, expected) in [
        (
            key(&[0x80; 128], &[1, 0, 1]),
            "has 1024 bits, and must have 2048 to 4096; make a key with `openssl genpkey ",
        ),
        (key(&[0x7f; 256], &[1, 0, 1]), "has 2047 bits"),
        (key(&[0x01; 513], &[1, 0, 1]), "has 4097 bits"),
        (key(&[0x80; 256], &[3]), "cannot be used: its public exponent is below 65537; make a key with"),
        (key(&[0xff; 256], &[1, 0, 1]), "cannot be used: its numbers do not belong together"),
        (damaged_number(fixture::pkcs1()), "cannot be used: its numbers do not belong together"),
    ] {
        let refusal = refusal(&[("cert.pem", valid.as_bytes()), ("key.der", &key)]);
        assert!(refusal.contains(&format!("the RSA key in key.der {expected}")), "{refusal}");
    }
}

#[test]
fn text_in_utf_16_is_named() {
    let text = format!("{}{KEY_PEM}", certificate_pem(2024, 2031));
    let units = || text.encode_utf16();
    let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
    let marked = [&[0xff, 0xfe][..], &little].concat();
    for bytes in [little, big, marked] {
        assert_eq!(refusal(&[("client.pem", &bytes)]), "client.pem is in UTF-16: save it as UTF-8 or ASCII");
    }
}

#[test]
fn a_file_that_is_neither_key_nor_certificate_is_named() {
    let ec = rcgen::KeyPair::generate().unwrap();
    let ed25519 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let request = rcgen::CertificateParams::default().serialize_request(&ec).unwrap().pem().unwrap();
    let valid = certificate_pem(2024, 2031);
    for (certificate, key, expected) in [
        (
            &valid,
            ec.serialize_pem(),
            "key.pem holds a key of the kind EC, and it must be an RSA key; make a key ",
        ),
        (
            &valid,
            ed25519.serialize_pem(),
            "key.pem holds a key of the kind Ed25519, and it must be an RSA key; ",
        ),
        (
            &valid,
            ec.public_key_pem(),
            "key.pem holds a public key: use the private key, which is the file that ",
        ),
        (
            &request,
            KEY_PEM.to_owned(),
            "cert.pem is a request for a certificate: use the certificate that the certificate authority ",
        ),
    ] {
        let refusal = refusal(&[("cert.pem", certificate.as_bytes()), ("key.pem", key.as_bytes())]);
        assert!(refusal.starts_with(expected), "{refusal}");
    }
}

#[cfg(feature = "encrypted-keys")]
#[test]
fn an_encrypted_key_signs_in_with_its_passphrase() {
    let valid = certificate_pem(2024, 2031);
    let read = |key: &[u8], passphrase| read(&[("cert.pem", valid.as_bytes()), ("key.pem", key)], passphrase);
    for key in [fixture::ENCRYPTED_KEY_PEM.as_bytes(), &fixture::encrypted_pkcs8()] {
        assert!(read(key, Some(fixture::PASSPHRASE)).is_ok());
        for (passphrase, expected) in [
            (None, "the private key in key.pem is encrypted, and there is no passphrase for it"),
            (Some(&b"Test-Only"[..]), "the passphrase does not open the private key in key.pem"),
        ] {
            assert_eq!(read(key, passphrase).unwrap_err(), expected);
        }
    }
}

#[cfg(not(feature = "encrypted-keys"))]
#[test]
fn an_encrypted_key_is_refused_with_the_command_that_decrypts_it() {
    let valid = certificate_pem(2024, 2031);
    let key = fixture::ENCRYPTED_KEY_PEM.as_bytes();
    assert_eq!(
        refusal(&[("cert.pem", valid.as_bytes()), ("key.pem", key)]),
        "the private key in key.pem is encrypted in a way that is not read here: run `openssl pkcs8 -topk8 \
         -nocrypt -in key.pem -out key.converted.pem` and use key.converted.pem"
    );
}

fn signing_certificate() -> SigningCertificate {
    let certificate = fixture::certificate(2024, 2031);
    read(&[("cert.der", &certificate), ("key.der", &fixture::pkcs8())], None).unwrap()
}

/// The data of a request for a token, its signature, and the format that it names.
fn request(format: DataFormat) -> (Vec<u8>, Vec<u8>, Option<String>) {
    let body = signing_certificate().token_request(format, now()).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let bytes = |field: &str| STANDARD.decode(body[field].as_str().unwrap()).unwrap();
    let format = body.get("encodedDataFormat").map(|format| format.as_str().unwrap().to_owned());
    (bytes("encodedData"), bytes("encodedSignedData"), format)
}

#[test]
fn a_request_for_a_token_is_signed_by_the_key() {
    for format in [DataFormat::V1, DataFormat::V2] {
        let (data, mut signature, _) = request(format);
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA512, fixture::public_key());
        assert!(key.verify(&data, &signature).is_ok());
        signature[0] ^= 1;
        assert!(key.verify(&data, &signature).is_err());
    }
}

#[test]
fn the_data_begins_with_the_time_unless_the_first_format_is_asked_for() {
    let (data, _, format) = request(DataFormat::default());
    assert_eq!(format.as_deref(), Some("v2"));
    assert_eq!(data[..8], NOW_SECONDS.to_be_bytes());
    assert!(data.len() >= 100);
    let (data, _, format) = request(DataFormat::V1);
    assert_eq!(format, None);
    assert!(data.len() >= 100);
    assert_ne!(data, request(DataFormat::V1).0, "random bytes");
}

#[test]
fn a_certificate_that_expires_while_the_program_runs_signs_no_more() {
    let after = UNIX_EPOCH + Duration::from_secs(1_924_992_001);
    let problem = signing_certificate().token_request(DataFormat::V2, after).unwrap_err();
    assert_eq!(
        problem.to_string(),
        "the certificate in cert.der expired on 2031-01-01 00:00 UTC: ask for a new one"
    );
    assert!(signing_certificate().token_request(DataFormat::V2, after - Duration::from_secs(1)).is_ok());
}

/// Whether a text shows a part of the key: of its base64, or of its bytes in decimal or hexadecimal.
fn shows_key(text: &str) -> bool {
    let base64: String = KEY_PEM.lines().filter(|line| !line.contains(' ')).collect();
    let in_text = |part: &[u8]| text.as_bytes().windows(part.len()).any(|window| window == part);
    let decimal = |bytes: &[u8]| bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
    let hexadecimal = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    base64.as_bytes().windows(12).any(in_text)
        || KEY_PEM
            .as_bytes()
            .windows(8)
            .chain(fixture::pkcs8().windows(8))
            .any(|bytes| in_text(decimal(bytes).as_bytes()) || in_text(hexadecimal(bytes).as_bytes()))
}

#[test]
fn the_check_for_shown_keys_finds_them() {
    assert!(shows_key(KEY_PEM) && shows_key(&format!("{:?}", fixture::pkcs8())));
    assert!(!shows_key("key.pem is damaged: a BEGIN line has no END line"));
    assert!(!shows_key(&format!("{:?}", signing_certificate())), "{:?}", signing_certificate());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn no_damage_to_a_file_makes_it_panic_or_show_the_key(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
        is_der: bool,
        is_encrypted: bool,
    ) {
        let mut key = match (is_der, is_encrypted) {
            (true, _) => fixture::pkcs8(),
            (false, false) => KEY_PEM.as_bytes().to_vec(),
            // Without a passphrase, so that damage to the count of iterations does not take its time.
            (false, true) => fixture::ENCRYPTED_KEY_PEM.as_bytes().to_vec(),
        };
        for (at, byte) in changes {
            let at = at.index(key.len());
            key[at] = byte;
        }
        let certificate = fixture::certificate(2024, 2031);
        for key in [&key[..], &key[..cut.index(key.len())]] {
            let inputs = [Input { name: "cert", bytes: &certificate }, Input { name: "key", bytes: key }];
            if let Err(problem) = SigningCertificate::read(&inputs, None, now()) {
                let shown = format!("{problem} {problem:?}");
                prop_assert!(!shows_key(&shown), "{}", shown);
            }
        }
    }
}
