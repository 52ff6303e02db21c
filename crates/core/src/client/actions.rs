//! Processes and imports by their names, and what imports read.

use super::Client;
use super::event::Event;
use super::questions::unreadable;
use crate::address::{ActionAddress, ActionKind, Id, ModelAddress};
use crate::error::{Error, Result};
use crate::service::{Import, Listing, NamedId, Repeat, SourceFormat, Subject, find, process_imports, source_format};

impl Client {
    /// The imports of a model.
    #[doc(hidden)]
    pub fn imports(&self, model: &ModelAddress) -> Result<Vec<Import>> {
        self.entries(&Subject::List("imports", Some(model.clone())), Listing::imports(model))
    }

    /// The source files of a model, which imports read.
    #[doc(hidden)]
    pub fn files(&self, model: &ModelAddress) -> Result<Vec<NamedId>> {
        self.entries(&Subject::List("source files", Some(model.clone())), Listing::files(model))
    }

    /// The imports that run as actions of a process, in their order; for an import, itself.
    #[doc(hidden)]
    pub fn imports_of(&self, action: &ActionAddress) -> Result<Vec<Import>> {
        if action.kind == ActionKind::Import {
            let mut imports = self.imports(&action.model)?;
            imports.retain(|import| import.id == action.id);
            return Ok(imports);
        }
        let subject = &Subject::Metadata(action.clone());
        let path = action.metadata_path();
        let (imports, entries) = self.requests.get(subject, &path, Repeat::IfTransient, &mut process_imports)?;
        if entries > 0 {
            self.requests.wire.report(&Event::Unreadable { subject, entries });
        }
        Ok(imports)
    }

    /// The format of the file that an import reads; `None` if it reads from another model. For an identifier that it
    /// does not know, the service has answered 500: that is repeated once.
    #[doc(hidden)]
    pub fn source_format(&self, model: &ModelAddress, import: &Id) -> Result<Option<SourceFormat>> {
        let import = model.import(import.clone());
        let (path, subject) = (import.metadata_path(), Subject::Metadata(import));
        self.requests.get(&subject, &path, Repeat::OnceAfter500, &mut source_format)
    }

    /// The processes and imports of a model. A list that cannot be had, or that has an entry which cannot be read, is
    /// an error among them.
    #[doc(hidden)]
    pub fn actions(&self, model: &ModelAddress) -> Vec<Result<ActionAddress>> {
        let mut actions =
            self.actions_in("processes", model, Listing::processes(model), |process| model.process(process.id));
        actions.extend(self.actions_in("imports", model, Listing::imports(model), |import| model.import(import.id)));
        actions
    }

    fn actions_in<T>(
        &self,
        what: &'static str,
        model: &ModelAddress,
        listing: Listing<T>,
        address: impl Fn(T) -> ActionAddress,
    ) -> Vec<Result<ActionAddress>> {
        let subject = Subject::List(what, Some(model.clone()));
        let list = match self.requests.list(&subject, Repeat::IfTransient, listing) {
            Ok(list) => list,
            Err(error) => return vec![Err(error)],
        };
        let is_partial = list.unreadable() > 0;
        let doubt =
            is_partial.then(|| Err(unreadable(subject, "an entry of it cannot be read, and may have left dumps")));
        list.into_entries().into_iter().map(|entry| Ok(address(entry))).chain(doubt).collect()
    }

    /// The process or import that `name` means: an identifier, a name, or a name written in another case; in this
    /// order.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchAction`], [`Error::AmbiguousName`], and those of [`Client::processes`].
    pub fn find_action(&self, model: &ModelAddress, name: &str) -> Result<ActionAddress> {
        let subject = |what| Subject::List(what, Some(model.clone()));
        let processes = self.requests.list(&subject("processes"), Repeat::IfTransient, Listing::processes(model))?;
        let imports = self.requests.list(&subject("imports"), Repeat::IfTransient, Listing::imports(model));
        let (odd_processes, odd_imports) = (processes.unreadable(), imports.as_ref().map_or(0, Listing::unreadable));
        let processes = processes.into_entries().into_iter();
        let mut known: Vec<_> = processes.map(|process| (ActionKind::Process, process)).collect();
        let imports = imports.map(Listing::into_entries);
        for Import { id, name, .. } in imports.iter().flatten().cloned() {
            known.push((ActionKind::Import, NamedId { id, name }));
        }
        let is_id = |(_, action): &(ActionKind, NamedId)| action.id.as_str() == name;
        let found = find(&known, name, is_id, |(_, action)| action.name.as_deref());
        let names = |actions: &[&(ActionKind, NamedId)]| actions.iter().map(|(_, action)| action.clone()).collect();
        match found.as_slice() {
            [(kind, action)] => Ok(ActionAddress { model: model.clone(), kind: *kind, id: action.id.clone() }),
            [] => {
                imports?;
                if odd_processes + odd_imports > 0 {
                    let subject = subject(if odd_processes > 0 { "processes" } else { "imports" });
                    let problem = "an entry of it cannot be read, which may be the one that is meant";
                    return Err(unreadable(subject, problem));
                }
                let known = names(&known.iter().collect::<Vec<_>>());
                Err(Error::NoSuchAction { name: name.to_owned(), model: model.clone().into(), known })
            }
            several => Err(Error::AmbiguousName { name: name.to_owned(), matches: names(several) }),
        }
    }
}
