//! Against `openssl` itself, and the other tools that make what people have in their hands. What is not
//! installed is skipped, and the test says so.

use std::path::Path;
use std::process::{Command, Stdio};

use super::*;

/// Starts a program in a folder; false if it is not installed. Fails if the program does.
fn run(folder: &Path, program: &str, arguments: &[&str]) -> bool {
    let output = Command::new(program).args(arguments).current_dir(folder).stdin(Stdio::null()).output();
    let output = match output {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: {program} is not installed");
            return false;
        }
        output => output.unwrap(),
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{program} {arguments:?}\n{stdout}{stderr}");
    true
}

fn openssl(folder: &Path, arguments: &str) -> bool {
    run(folder, "openssl", &arguments.split(' ').collect::<Vec<_>>())
}

/// A folder with `key.pem`, `cert.pem` and the foreign `other.pem`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("key.pem", KEY_PEM);
    write("cert.pem", &certificate_pem(2024, 2031));
    write("other.pem", &pem("CERTIFICATE", &fixture::foreign_certificate()));
    folder
}

/// Reads files of the folder, and reports what is wrong with them.
fn read_files(folder: &Path, names: &[&str], passphrase: Option<&str>) -> Result<SigningCertificate, String> {
    let files: Vec<_> = names.iter().map(|name| (*name, std::fs::read(folder.join(name)).unwrap())).collect();
    let files: Vec<_> = files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    read(&files, passphrase.map(str::as_bytes))
}

/// Runs the commands that a refusal gives, with these arguments added to each, and returns the name of the
/// file to use then.
fn follow(folder: &Path, refusal: &str, added: &[&[&str]]) -> Option<String> {
    let commands: Vec<_> = refusal.split('`').skip(1).step_by(2).collect();
    assert_eq!(commands.len(), added.len(), "{refusal}");
    for (command, added) in commands.iter().zip(added) {
        let mut words = command.split(' ');
        let program = words.next().unwrap();
        let arguments: Vec<_> = words.chain(added.iter().copied()).collect();
        if !run(folder, program, &arguments) {
            return None;
        }
    }
    Some(refusal.rsplit_once(" use ").expect(refusal).1.to_owned())
}

/// The passphrase of what the commands make, if they make an encrypted key.
const PASSPHRASE: Option<&str> = if cfg!(feature = "encrypted-keys") { Some("new") } else { None };

#[test]
fn openssl_verifies_the_signature() {
    let folder = folder();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    for format in [DataFormat::V1, DataFormat::V2] {
        let (data, signature, _) = request(format);
        write("data", &data);
        write("signature", &signature);
        if openssl(folder.path(), "x509 -in cert.pem -noout -pubkey -out public.pem") {
            openssl(folder.path(), "dgst -sha512 -verify public.pem -signature signature data");
        }
    }
}

#[cfg(feature = "encrypted-keys")]
#[test]
fn a_key_that_openssl_encrypts_is_opened_by_its_passphrase() {
    let folder = folder();
    for cipher in ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc"] {
        for hash in ["hmacWithSHA1", "hmacWithSHA256", "hmacWithSHA384", "hmacWithSHA512"] {
            for form in ["PEM", "DER"] {
                let arguments = format!(
                    "pkcs8 -topk8 -in key.pem -v2 {cipher} -v2prf {hash} -outform {form} -out encrypted \
                     -passout pass:s\u{fc}\u{df}"
                );
                if openssl(folder.path(), &arguments) {
                    let read =
                        |passphrase| read_files(folder.path(), &["encrypted", "cert.pem"], Some(passphrase));
                    assert!(read("s\u{fc}\u{df}").is_ok(), "{arguments}");
                    assert_eq!(
                        read("sus").unwrap_err(),
                        "the passphrase does not open the private key in encrypted"
                    );
                }
            }
        }
    }
}

#[test]
fn a_key_encrypted_in_another_way_comes_with_the_command_that_converts_it() {
    let folder = folder();
    for (name, make) in [
        ("dek-info.pem", "rsa -in key.pem -traditional -aes256 -out dek-info.pem -passout pass:old"),
        ("des3.pem", "pkcs8 -topk8 -in key.pem -v2 des3 -out des3.pem -passout pass:old"),
        ("des3.der", "pkcs8 -topk8 -in key.pem -v2 des3 -outform DER -out des3.der -passout pass:old"),
        ("pbes1", "pkcs8 -topk8 -in key.pem -v1 PBE-SHA1-3DES -out pbes1 -passout pass:old"),
        ("scrypt.pem", "pkcs8 -topk8 -in key.pem -scrypt -out scrypt.pem -passout pass:old"),
    ] {
        if !openssl(folder.path(), make) {
            return;
        }
        let refusal = read_files(folder.path(), &["cert.pem", name], Some("old")).unwrap_err();
        let expected =
            format!("the private key in {name} is encrypted in a way that is not read here: run `openssl");
        assert!(refusal.starts_with(&expected), "{refusal}");
        let converted =
            follow(folder.path(), &refusal, &[&["-passin", "pass:old", "-passout", "pass:new"]]).unwrap();
        let read = read_files(folder.path(), &["cert.pem", &converted], PASSPHRASE);
        assert!(read.is_ok(), "{read:?}");
    }
}

#[test]
fn a_pkcs12_file_comes_with_the_command_that_converts_it() {
    let folder = folder();
    let make = "pkcs12 -export -in cert.pem -inkey key.pem -certfile other.pem -name me -out client.p12 \
                -passout pass:old";
    if !openssl(folder.path(), make) {
        return;
    }
    let refusal = read_files(folder.path(), &["client.p12"], None).unwrap_err();
    assert!(
        refusal.starts_with("client.p12 is a PKCS#12 file, which is not read here: run `openssl"),
        "{refusal}"
    );
    let added: &[&str] = &["-passin", "pass:old", "-passout", "pass:new"];
    let converted = follow(folder.path(), &refusal, &[added]).unwrap();
    let read = read_files(folder.path(), &[&converted], PASSPHRASE);
    assert!(read.is_ok(), "{read:?}");
}

#[test]
fn a_java_key_store_comes_with_the_commands_that_convert_it() {
    let folder = folder();
    let make =
        "pkcs12 -export -in cert.pem -inkey key.pem -name me -out client.p12 -passout pass:old-password";
    let import = "-importkeystore -srckeystore client.p12 -srcstoretype PKCS12 -srcstorepass old-password \
                  -destkeystore client.jks -deststoretype JKS -deststorepass old-password";
    if !openssl(folder.path(), make) || !run(folder.path(), "keytool", &import.split(' ').collect::<Vec<_>>())
    {
        return;
    }
    let refusal = read_files(folder.path(), &["client.jks"], None).unwrap_err();
    assert!(
        refusal.starts_with("client.jks is a Java key store, which is not read here: run `keytool"),
        "{refusal}"
    );
    let keytool: &[&str] = &["-srcstorepass", "old-password", "-deststorepass", "old-password"];
    let openssl: &[&str] = &["-passin", "pass:old-password", "-passout", "pass:new"];
    let converted = follow(folder.path(), &refusal, &[keytool, openssl]).unwrap();
    let read = read_files(folder.path(), &[&converted], PASSPHRASE);
    assert!(read.is_ok(), "{read:?}");
}

#[test]
fn a_pkcs7_file_comes_with_the_command_that_converts_it() {
    let folder = folder();
    for form in ["PEM", "DER"] {
        let make =
            format!("crl2pkcs7 -nocrl -certfile other.pem -certfile cert.pem -outform {form} -out chain.p7b");
        if !openssl(folder.path(), &make) {
            return;
        }
        let refusal = read_files(folder.path(), &["chain.p7b", "key.pem"], None).unwrap_err();
        assert!(
            refusal.starts_with("chain.p7b is a PKCS#7 file, which is not read here: run `openssl"),
            "{refusal}"
        );
        let converted = follow(folder.path(), &refusal, &[&[]]).unwrap();
        let read = read_files(folder.path(), &[&converted, "key.pem"], None);
        assert!(read.is_ok(), "{read:?}");
    }
}

#[test]
fn a_key_in_the_form_of_openssh_comes_with_the_command_that_converts_it() {
    let folder = folder();
    let path = folder.path().join("key");
    std::fs::write(&path, KEY_PEM).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    // Without -m, it writes the form of OpenSSH.
    if !run(folder.path(), "ssh-keygen", &["-p", "-f", "key", "-P", "", "-N", ""]) {
        return;
    }
    let refusal = read_files(folder.path(), &["cert.pem", "key"], None).unwrap_err();
    assert!(
        refusal.starts_with("key holds a key in the form of OpenSSH, which is not read here: "),
        "{refusal}"
    );
    let command = refusal.split('`').nth(1).unwrap().replace("COPY", "key");
    let arguments: Vec<_> = command.split(' ').skip(1).chain(["-P", "", "-N", ""]).collect();
    run(folder.path(), "ssh-keygen", &arguments);
    assert!(read_files(folder.path(), &["cert.pem", "key"], None).is_ok());
}

#[test]
fn keys_of_other_sizes_and_kinds_are_read_or_named() {
    let folder = folder();
    for (make, expected) in [
        (
            "RSA -pkeyopt rsa_keygen_bits:4096",
            "the private key in k does not belong to the certificate in cert.pem",
        ),
        ("RSA -pkeyopt rsa_keygen_bits:1024", "the RSA key in k has 1024 bits, and must have 2048 to 4096; "),
        (
            "RSA -pkeyopt rsa_keygen_bits:2560",
            "the RSA key in k cannot be used: its size is neither 2048, nor 3072, nor 4096 bits; ",
        ),
        (
            "RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3",
            "the RSA key in k cannot be used: its public exponent is below 65537; ",
        ),
        (
            "RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_primes:3",
            "the RSA key in k cannot be used: it is of more than two primes; ",
        ),
        (
            "RSA-PSS -pkeyopt rsa_keygen_bits:2048",
            "k holds a key of the kind RSA-PSS, and it must be an RSA key; ",
        ),
        ("EC -pkeyopt ec_paramgen_curve:P-256", "k holds a key of the kind EC, and it must be an RSA key; "),
        ("ED448", "k holds a key of the kind Ed448, and it must be an RSA key; "),
    ] {
        let form = if make.starts_with("RSA ") { "DER" } else { "PEM" };
        if !openssl(folder.path(), &format!("genpkey -algorithm {make} -outform {form} -out k")) {
            return;
        }
        let refusal = read_files(folder.path(), &["cert.pem", "k"], None).unwrap_err();
        assert!(refusal.starts_with(expected), "{make}: {refusal}");
    }
    // The old form, with the parameters of the curve before it.
    openssl(folder.path(), "ecparam -genkey -name prime256v1 -out k");
    let refusal = read_files(folder.path(), &["cert.pem", "k"], None).unwrap_err();
    assert!(refusal.starts_with("k holds a key of the kind EC, and it must be an RSA key; "), "{refusal}");
}

#[test]
fn the_commands_for_a_new_key_make_one_that_is_read() {
    let folder = folder();
    let refusal = format!("{} use new-key.pem", super::super::conversion::NEW_KEY);
    let Some(key) = follow(folder.path(), &refusal, &[&[], &["-subj", "/CN=me"]]) else { return };
    // What a certificate authority would do.
    openssl(folder.path(), "x509 -req -in request.csr -signkey new-key.pem -days 1 -out new-cert.pem");
    let inputs =
        ["new-cert.pem", key.as_str()].map(|name| (name, std::fs::read(folder.path().join(name)).unwrap()));
    let inputs = inputs.each_ref().map(|(name, bytes)| Input { name, bytes });
    assert!(SigningCertificate::read(&inputs, None, SystemTime::now()).is_ok());
}
