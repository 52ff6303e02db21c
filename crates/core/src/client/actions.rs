//! Processes and imports by their names, and what imports read.

use super::Client;
use super::event::Event;
use super::http::exchange::{Accept, Content, Request};
use crate::address::{ActionAddress, ActionKind, Id, ModelAddress};
use crate::error::{Error, Result};
use crate::service::{
    Import, Listing, NamedId, Repeat, SourceFormat, Subject, find, process_imports, source_format,
};

impl Client {
    /// The imports of a model.
    ///
    /// # Errors
    ///
    /// [`Error::Request`], [`Error::UntrustedOrigin`].
    pub fn imports(&self, model: &ModelAddress) -> Result<Vec<Import>> {
        let subject = Subject::Imports(model.clone());
        Ok(self.requests.list(&subject, model, Listing::imports(model))?.into_entries())
    }

    /// The source files of a model, which imports read.
    ///
    /// # Errors
    ///
    /// [`Error::Request`], [`Error::UntrustedOrigin`].
    pub fn files(&self, model: &ModelAddress) -> Result<Vec<NamedId>> {
        let subject = Subject::Files(model.clone());
        Ok(self.requests.list(&subject, model, Listing::files(model))?.into_entries())
    }

    /// The imports that run as actions of a process, in their order; for an import, itself.
    ///
    /// # Errors
    ///
    /// [`Error::Request`], [`Error::UntrustedOrigin`].
    pub fn imports_of(&self, action: &ActionAddress) -> Result<Vec<Import>> {
        match action.kind {
            ActionKind::Process => {
                let (imports, entries) = self.metadata(action, Repeat::IfTransient, process_imports)?;
                if entries > 0 {
                    let subject = &Subject::Metadata(action.clone());
                    self.requests.wire.report(&Event::Unreadable { subject, entries });
                }
                Ok(imports)
            }
            ActionKind::Import => {
                let mut imports = self.imports(&action.model)?;
                imports.retain(|import| import.id == action.id);
                Ok(imports)
            }
        }
    }

    /// The format of the file that an import reads; `None` if it reads from another model. For an identifier that it
    /// does not know, the service has answered 500: that is repeated once.
    ///
    /// # Errors
    ///
    /// [`Error::Request`], [`Error::UntrustedOrigin`].
    pub fn source_format(&self, model: &ModelAddress, import: &Id) -> Result<Option<SourceFormat>> {
        self.metadata(&model.import(import.clone()), Repeat::OnceAfter500, source_format)
    }

    fn metadata<T>(
        &self,
        action: &ActionAddress,
        repeat: Repeat,
        read: fn(&[u8]) -> Result<T, crate::service::Fault>,
    ) -> Result<T> {
        let subject = Subject::Metadata(action.clone());
        let (origin, path) = (self.requests.origin(&action.model)?, action.metadata_path());
        let request =
            Request { method: "GET", origin, path: &path, body: Content::None, accept: Accept::Json };
        self.requests.json(&subject, request, repeat, read)
    }

    /// The process or import that `name` means: an identifier, a name, or a name written in another case; in this
    /// order.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchAction`], [`Error::AmbiguousName`], and those of [`Client::processes`].
    pub fn find_action(&self, model: &ModelAddress, name: &str) -> Result<ActionAddress> {
        let processes = self.processes(model)?;
        let mut known: Vec<(ActionKind, NamedId)> =
            processes.into_iter().map(|process| (ActionKind::Process, process)).collect();
        let imports = self.imports(model);
        for import in imports.as_ref().map_or(&[][..], Vec::as_slice) {
            known.push((ActionKind::Import, NamedId { id: import.id.clone(), name: import.name.clone() }));
        }
        let is_id = |(_, action): &(ActionKind, NamedId)| action.id.as_str() == name;
        let found = find(&known, name, is_id, |(_, action)| action.name.as_deref());
        let names = |known: &mut dyn Iterator<Item = &(ActionKind, NamedId)>| -> Vec<NamedId> {
            known.map(|(_, action)| action.clone()).collect()
        };
        match found.as_slice() {
            [(kind, action)] => {
                Ok(ActionAddress { model: model.clone(), kind: *kind, id: action.id.clone() })
            }
            several @ [_, ..] => {
                let matches = names(&mut several.iter().copied());
                Err(Error::AmbiguousName { name: name.to_owned(), matches })
            }
            [] => {
                imports?;
                let (name, model) = (name.to_owned(), model.clone().into());
                Err(Error::NoSuchAction { name, model, known: names(&mut known.iter()) })
            }
        }
    }
}
