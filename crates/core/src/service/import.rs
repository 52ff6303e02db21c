//! Imports: which source file each of them reads, and which one a user means.

use serde_json::Value;

use super::answer::{self, Answer};
use super::fault::Fault;
use crate::address::Id;

/// An import as the lists of the service show it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Import {
    /// Its identifier.
    pub id: Id,
    /// Its name for people.
    pub name: Option<String>,
    /// The source file that it reads; `None` if it reads from another model, or the service does not say.
    pub file: Option<Id>,
}

impl Import {
    /// Those of `imports` that `text` means: the identifier of one or of its source file, a name, or a name written
    /// in another case; in this order.
    pub fn find<'a>(imports: &'a [Import], text: &str) -> Vec<&'a Import> {
        let is_id = |import: &Import| {
            [Some(&import.id), import.file.as_ref()].into_iter().flatten().any(|id| id.as_str() == text)
        };
        find(imports, text, is_id, |import| import.name.as_deref())
    }

    pub(super) fn read(value: &Value) -> Option<Import> {
        let (id, name) = (answer::id(&value["id"])?, answer::text(&value["name"]));
        Some(Import { id, name, file: answer::id(&value["importDataSourceId"]) })
    }
}

/// Those of `entries` that `text` means: by identifier, or else by name, or else by name in another case.
pub(crate) fn find<'a, T>(
    entries: &'a [T],
    text: &str,
    is_id: impl Fn(&T) -> bool,
    name: impl Fn(&T) -> Option<&str>,
) -> Vec<&'a T> {
    let lower = text.to_lowercase();
    let is_name = |entry: &T| name(entry) == Some(text);
    let is_like_name = |entry: &T| name(entry).is_some_and(|name| name.to_lowercase() == lower);
    let ways: [&dyn Fn(&T) -> bool; 3] = [&is_id, &is_name, &is_like_name];
    let found = ways.iter().map(|way| entries.iter().filter(|entry| way(entry)).collect::<Vec<_>>());
    found.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

/// The imports among the actions of a process, in the order in which they run, and the number of actions that cannot be
/// read and may be imports.
pub(crate) fn process_imports(bytes: &[u8]) -> Result<(Vec<Import>, usize), Fault> {
    let answer = Answer::to_request_for(bytes, "processMetadata")?;
    let Some(actions) = answer.get("processMetadata.actions").as_array() else {
        return Err(Fault::NoPayload("processMetadata"));
    };
    let may_be_import = |action: &&Value| {
        !action.is_object() || action["actionType"] == "IMPORT" || !action["importDataSourceId"].is_null()
    };
    let read: Vec<_> = actions.iter().filter(may_be_import).map(Import::read).collect();
    let unreadable = read.iter().filter(|import| import.is_none()).count();
    Ok((read.into_iter().flatten().collect(), unreadable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_is_found_by_its_id_its_file_or_its_name() {
        let import = |id: &str, name: &str, file: &str| {
            let json = serde_json::json!({ "id": id, "name": name, "importDataSourceId": file });
            Import::read(&json).unwrap()
        };
        let imports = [
            import("1121", "Rows", "1131"),
            import("1122", "ROWS", "1132"),
            import("1123", "Über", ""),
            import("1124", "1121", "1131"),
        ];
        for (text, expected) in [
            ("1121", &["1121"][..]),
            ("1131", &["1121", "1124"]),
            ("ROWS", &["1122"]),
            ("rows", &["1121", "1122"]),
            ("ÜBER", &["1123"]),
            ("other", &[]),
            ("", &[]),
        ] {
            let found: Vec<&str> = Import::find(&imports, text).iter().map(|import| import.id.as_str()).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
