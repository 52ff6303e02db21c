//! What the given files hold: the private key, the certificates, and what people take for them.

use super::contents::{self, Contents, Foreign};
use super::key::FoundKey;
use super::pem::{self, Block};
use super::problem::CertificateProblem;
use crate::client::session::secret_file::{is_utf16, without_bom};

/// A file of a certificate or of a private key, or of both.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    /// How errors name it.
    pub(crate) name: &'a str,
    pub(crate) bytes: &'a [u8],
}

/// All that is found in the inputs.
pub(super) struct Found<'a> {
    inputs: &'a [Input<'a>],
    /// Each different key once: the same file may be given for both.
    keys: Vec<FoundKey<'a>>,
    /// Each with the file that it was found in.
    certificates: Vec<(&'a str, Vec<u8>)>,
    foreign: Vec<CertificateProblem>,
}

impl<'a> Found<'a> {
    pub(super) fn in_inputs(inputs: &'a [Input<'a>]) -> Result<Self, CertificateProblem> {
        let mut found = Found { inputs, keys: Vec::new(), certificates: Vec::new(), foreign: Vec::new() };
        for input in inputs {
            found.add_input(input)?;
        }
        Ok(found)
    }

    fn add_input(&mut self, input: &Input<'a>) -> Result<(), CertificateProblem> {
        let file = || input.name.to_owned();
        if is_utf16(input.bytes) {
            return Err(CertificateProblem::Utf16 { file: file() });
        }
        let bytes = without_bom(input.bytes);
        if !pem::is_pem(bytes) {
            return match contents::of(bytes) {
                Contents::Unknown => Err(CertificateProblem::Unrecognised { file: file() }),
                contents => {
                    self.add(contents, bytes.to_vec(), input.name, true);
                    Ok(())
                }
            };
        }
        for block in pem::blocks(bytes) {
            match block.map_err(|damage| CertificateProblem::DamagedPem { file: file(), damage })? {
                Block::Der(der) => self.add(contents::of(&der), der, input.name, false),
                Block::TraditionalEncrypted => {
                    self.add_foreign(Foreign::TraditionalEncryptedKey, input.name, false)
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, contents: Contents, der: Vec<u8>, file: &'a str, is_der: bool) {
        match contents {
            Contents::Certificate => self.certificates.push((file, der)),
            Contents::Key(_) if self.keys.iter().any(|key| key.der == der) => {}
            Contents::Key(form) => self.keys.push(FoundKey { form, der, file, is_der }),
            Contents::Foreign(found) => self.add_foreign(found, file, is_der),
            // Blocks that nobody takes for a key or a certificate, such as the parameters of a curve.
            Contents::Unknown => {}
        }
    }

    fn add_foreign(&mut self, found: Foreign, file: &'a str, is_der: bool) {
        self.foreign.push(CertificateProblem::NotRead { file: file.to_owned(), is_der, found });
    }

    /// The private key, of which there must be one.
    pub(super) fn only_key(&self) -> Result<&FoundKey<'a>, CertificateProblem> {
        match self.keys.as_slice() {
            [key] => Ok(key),
            [] => Err(self.missing("private key", |found| {
                !matches!(found, Foreign::Pkcs7 | Foreign::CertificateRequest)
            })),
            _ => Err(CertificateProblem::SeveralKeys { files: self.files() }),
        }
    }

    /// The certificates, one at least, each with its file.
    pub(super) fn certificates(&self) -> Result<&[(&'a str, Vec<u8>)], CertificateProblem> {
        if !self.certificates.is_empty() {
            return Ok(&self.certificates);
        }
        Err(self.missing("certificate", |found| {
            use Foreign::{CertificateRequest, JavaKeyStore, Pkcs7, Pkcs12};
            matches!(found, Pkcs12 | JavaKeyStore | Pkcs7 | CertificateRequest)
        }))
    }

    /// The files that hold certificates.
    pub(super) fn certificate_files(&self) -> Vec<String> {
        let mut files: Vec<String> = self.certificates.iter().map(|(file, _)| (*file).to_owned()).collect();
        files.dedup();
        files
    }

    /// Why something was not found: the first of what may hold it, or nothing does.
    fn missing(&self, what: &'static str, may_hold_it: fn(Foreign) -> bool) -> CertificateProblem {
        let foreign = self.foreign.iter().find(|problem| match problem {
            CertificateProblem::NotRead { found, .. } => may_hold_it(*found),
            _ => false,
        });
        foreign.cloned().unwrap_or_else(|| CertificateProblem::Missing { what, files: self.files() })
    }

    fn files(&self) -> Vec<String> {
        let mut files: Vec<String> = self.inputs.iter().map(|input| input.name.to_owned()).collect();
        files.dedup();
        files
    }
}
