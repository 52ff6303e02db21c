//! Addresses to request paths. Pure: every segment is percent-encoded, so no identifier can change
//! the path, add a query, or break out of the request line.
//!
//! The paths are those of the service's reference; the one of the unchunked dump is what the vendor's
//! own client asks for.

use crate::identifier::Id;
use crate::locator::{ActionAddress, ActionKind, DumpAddress, ModelAddress, TaskAddress};
use crate::origin::API_ROOT;

/// The part of a list that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// Entries to skip.
    pub offset: u64,
    /// Entries wanted at most.
    pub limit: u64,
}

/// `GET`: the processes of a model.
pub fn processes(model: &ModelAddress) -> String {
    format!("{}/{}", model_path(model), ActionKind::Process.segment())
}

/// `GET`: the tasks of a process or import. `POST`: starts it.
pub fn tasks(action: &ActionAddress) -> String {
    format!("{}/{}/{}/tasks", model_path(&action.model), action.kind.segment(), action.id.encoded())
}

/// `GET`: the tasks of a process or import, the newest first.
pub fn newest_tasks(action: &ActionAddress) -> String {
    format!("{}?sort=-creationTime", tasks(action))
}

/// `GET`: one task. `DELETE`: cancels it.
pub fn task(task: &TaskAddress) -> String {
    format!("{}/{}", tasks(&task.action), task.task.encoded())
}

/// `GET`: the whole dump in one piece.
pub fn whole_dump(dump: &DumpAddress) -> String {
    let task_path = task(dump.task());
    match dump.task().action.kind {
        ActionKind::Process => format!("{task_path}/dumps/{}", dump.object().encoded()),
        ActionKind::Import => format!("{task_path}/dump"),
    }
}

/// `GET`: the chunk list of a dump.
pub fn chunks(dump: &DumpAddress) -> String {
    format!("{}/chunks", whole_dump(dump))
}

/// `GET`: the bytes of one chunk.
pub fn chunk(dump: &DumpAddress, chunk: &Id) -> String {
    format!("{}/{}", chunks(dump), chunk.encoded())
}

/// A list's path with the query for one page of it.
pub fn page(list: &str, page: PageRequest) -> String {
    let separator = if list.contains('?') { '&' } else { '?' };
    format!("{list}{separator}limit={}&offset={}", page.limit, page.offset)
}

fn model_path(model: &ModelAddress) -> String {
    match &model.workspace {
        Some(workspace) => {
            format!("{API_ROOT}/workspaces/{}/models/{}", workspace.encoded(), model.model.encoded())
        }
        None => format!("{API_ROOT}/models/{}", model.model.encoded()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::locator::Locator;

    #[test]
    fn paths_are_those_of_the_reference() {
        let dump: Locator = "0a80/F111/118000000001/B7EA/117000000015".parse().unwrap();
        let dump = dump.dump().unwrap();
        let base = "/2/0/workspaces/0a80/models/F111/processes";
        assert_eq!(processes(&dump.task().action.model), base);
        assert_eq!(tasks(&dump.task().action), format!("{base}/118000000001/tasks"));
        assert_eq!(task(dump.task()), format!("{base}/118000000001/tasks/B7EA"));
        let whole = format!("{base}/118000000001/tasks/B7EA/dumps/117000000015");
        assert_eq!(whole_dump(&dump), whole);
        assert_eq!(chunks(&dump), format!("{whole}/chunks"));
        assert_eq!(chunk(&dump, &Id::new("0").unwrap()), format!("{whole}/chunks/0"));
    }

    #[test]
    fn a_single_import_has_one_dump_and_a_model_needs_no_workspace() {
        let import: Locator = "models/F111/imports/112000000001/tasks/B7EA".parse().unwrap();
        let dump = import.dump().unwrap();
        assert_eq!(chunks(&dump), "/2/0/models/F111/imports/112000000001/tasks/B7EA/dump/chunks");
    }

    proptest! {
        #[test]
        fn no_identifier_can_change_the_path(ids in prop::collection::vec(any::<String>(), 6)) {
            let ids: Vec<Id> = ids.into_iter().filter_map(|text| Id::new(text).ok()).collect();
            prop_assume!(ids.len() == 6);
            let model = ModelAddress { origin: None, workspace: Some(ids[0].clone()), model: ids[1].clone() };
            let action = ActionAddress { model, kind: ActionKind::Process, id: ids[2].clone() };
            let path = chunk(&action.task(ids[3].clone()).dump(ids[4].clone()), &ids[5]);
            let segments: Vec<&str> = path.split('/').collect();
            prop_assert_eq!(segments.len(), 15, "{}", path);
            prop_assert!(path.bytes().all(|b| b.is_ascii_graphic() && !b"?#\\\"<>".contains(&b)), "{}", path);
            prop_assert!(segments[1..].iter().all(|s| !matches!(*s, "" | "." | "..")), "{}", path);
        }
    }
}
