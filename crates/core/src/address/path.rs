//! Addresses to request paths. Every segment is percent-encoded, so no identifier can change the path,
//! add a query, or break out of the request line.
//!
//! The paths are those of the service's reference; the one of the whole dump is what the vendor's own client requests.

use super::addresses::{ActionAddress, ActionKind, DumpAddress, FileAddress, ModelAddress, TaskAddress};
use super::id::Id;
use super::origin::API_ROOT;

impl ModelAddress {
    /// The path of the model itself, below which everything else lies.
    pub(super) fn path(&self) -> String {
        match &self.workspace {
            Some(workspace) => {
                format!("{API_ROOT}/workspaces/{}/models/{}", workspace.encoded(), self.id.encoded())
            }
            None => format!("{API_ROOT}/models/{}", self.id.encoded()),
        }
    }

    /// The path of what is below it, such as `files`.
    pub(crate) fn below(&self, what: &str) -> String {
        format!("{}/{what}", self.path())
    }
}

impl FileAddress {
    /// `POST`: announces the chunks of an upload.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.model.below("files"), self.id.encoded())
    }

    /// `PUT`: one chunk of an upload, from 0.
    pub(crate) fn chunk_path(&self, number: usize) -> String {
        format!("{}/chunks/{number}", self.path())
    }

    /// `POST`: the end of an upload whose number of chunks was not announced.
    pub(crate) fn complete_path(&self) -> String {
        format!("{}/complete", self.path())
    }
}

pub(crate) fn workspaces_path() -> String {
    format!("{API_ROOT}/workspaces")
}

/// `GET`: the models that the user sees, in one workspace or in all.
pub(crate) fn models_path(workspace: Option<&Id>) -> String {
    match workspace {
        Some(workspace) => format!("{}/{}/models", workspaces_path(), workspace.encoded()),
        None => format!("{API_ROOT}/models"),
    }
}

impl ActionAddress {
    /// `GET`: the source of an import, or the actions of a process. The latter is documented without the workspace.
    pub(crate) fn metadata_path(&self) -> String {
        match self.kind {
            ActionKind::Import => self.path(),
            ActionKind::Process => {
                let model = ModelAddress { workspace: None, ..self.model.clone() };
                model.process(self.id.clone()).path() + "?showImportDataSource=true"
            }
        }
    }

    fn path(&self) -> String {
        format!("{}/{}", self.model.below(self.kind.segment()), self.id.encoded())
    }

    /// `GET`: the tasks of the process or import. `POST`: starts it.
    pub(crate) fn tasks_path(&self) -> String {
        format!("{}/tasks", self.path())
    }
}

impl TaskAddress {
    /// `GET`: the task. `DELETE`: cancels it.
    pub fn path(&self) -> String {
        format!("{}/{}", self.action.tasks_path(), self.id.encoded())
    }
}

impl DumpAddress {
    /// `GET`: the whole dump in one answer.
    pub fn path(&self) -> String {
        match &self.object {
            Some(object) => format!("{}/dumps/{}", self.task.path(), object.encoded()),
            None => format!("{}/dump", self.task.path()),
        }
    }

    pub(crate) fn chunks_path(&self) -> String {
        format!("{}/chunks", self.path())
    }

    /// `GET`: the bytes of one chunk.
    pub fn chunk_path(&self, chunk: &Id) -> String {
        format!("{}/{}", self.chunks_path(), chunk.encoded())
    }
}

/// The path of a list with the query for the `limit` entries from `offset` on.
pub(crate) fn page(list: &str, offset: usize, limit: usize) -> String {
    let separator = if list.contains('?') { '&' } else { '?' };
    format!("{list}{separator}limit={limit}&offset={offset}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_identifier_can_change_the_path(ids in prop::collection::vec(any::<String>(), 6)) {
            let ids: Vec<Id> = ids.into_iter().filter_map(|text| text.parse().ok()).collect();
            prop_assume!(ids.len() == 6);
            let model = ModelAddress { origin: None, workspace: Some(ids[0].clone()), id: ids[1].clone() };
            let dump = model.process(ids[2].clone()).task(ids[3].clone()).dump(ids[4].clone());
            let path = dump.chunk_path(&ids[5]);
            let segments: Vec<&str> = path.split('/').collect();
            prop_assert_eq!(segments.len(), 15, "{}", path);
            prop_assert!(path.bytes().all(|b| b.is_ascii_graphic() && !b"?#\\\"<>".contains(&b)), "{}", path);
            prop_assert!(segments[1..].iter().all(|s| !matches!(*s, "" | "." | "..")), "{}", path);
        }
    }
}
