//! A dump of a task, and the name of its file.
//!
//! Names from the service are data: whatever they hold, a name made from them stays one file in its
//! folder, and differs for different dumps.

use std::time::SystemTime;

use super::chunk_list::ChunkList;
use super::task::Task;
use crate::address::{ActionKind, DumpAddress, Id};
use crate::text::checksum;
use crate::time::Utc;

/// Length of a date as in `2026-11-24`, in characters.
const DATE_CHARS: usize = 10;

/// Maximum part of a file name that comes from an object's name, in bytes: enough to recognise it.
const MAX_NAME_BYTES: usize = 80;

/// Maximum part that comes from an identifier, in bytes. With the suffixes of an unfinished file, the whole
/// stays below the 255 bytes that file systems allow.
const MAX_ID_BYTES: usize = 48;

/// A dump that a task left, or may have left.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dump {
    /// The dump's address.
    pub address: DumpAddress,
    /// The name of the object whose rows were rejected, if it is known.
    pub name: Option<String>,
    /// When the task was created that left it, if that is known.
    pub created: Option<SystemTime>,
    /// Whether the service reported the dump. If it did not say, only a request for the chunk list tells.
    pub is_reported: bool,
    /// Its chunks, if they were asked for already.
    pub(crate) chunks: Option<ChunkList>,
}

impl From<DumpAddress> for Dump {
    fn from(address: DumpAddress) -> Dump {
        Dump { address, name: None, created: None, is_reported: true, chunks: None }
    }
}

impl From<&DumpAddress> for Dump {
    fn from(address: &DumpAddress) -> Dump {
        address.clone().into()
    }
}

impl From<&Dump> for Dump {
    fn from(dump: &Dump) -> Dump {
        dump.clone()
    }
}

impl Dump {
    /// A dump of a task, with what the task says about it.
    #[doc(hidden)]
    pub fn new(task: &Task, address: DumpAddress) -> Dump {
        let actions = task.actions();
        let action = actions.iter().find(|action| action.object_id.as_ref() == Some(address.object()));
        let name = action.and_then(|action| action.object_name.clone());
        Dump { name, created: task.created, ..address.into() }
    }

    /// A name for the dump's file, `DATE-OBJECT-NAME-TASK.csv`: the date (in UTC) of the task's creation, so
    /// that a folder sorts by night; the object and its name; and the task, so that last night's file is never
    /// taken for tonight's. A date or a name that is not known is left out.
    pub fn file_name(&self) -> String {
        let date = self.created.map(|created| Utc(created).to_string().chars().take(DATE_CHARS).collect());
        let object = safe_id(self.address.object().as_str());
        let name = self.name.as_deref().map(safe_name).filter(|name| !name.is_empty());
        let task = safe_id(self.address.task.id.as_str());
        let parts: Vec<String> = [date, Some(object), name, Some(task)].into_iter().flatten().collect();
        format!("{}.csv", parts.join("-"))
    }

    /// The import whose rows are in a file that [`Dump::file_name`] named. `None` for other names and other actions.
    #[doc(hidden)]
    pub fn import_of_file(name: &str) -> Option<Id> {
        // The date has three parts, and the object is next.
        const PARTS: usize = 4;
        let is_import = |id: &Id| ActionKind::of(id) == Some(ActionKind::Import);
        name.split('-').take(PARTS).filter_map(|part| part.parse().ok()).find(is_import)
    }
}

/// Keeps letters, digits, `-` and `.` of any script; everything else, in a row, becomes one `_`.
fn safe_name(name: &str) -> String {
    let is_unsafe = |c: char| !c.is_alphanumeric() && !matches!(c, '-' | '.');
    let parts: Vec<&str> = name.split(is_unsafe).filter(|part| !part.is_empty()).collect();
    let name = parts.join("_");
    let fits = |(at, c): &(usize, char)| at + c.len_utf8() <= MAX_NAME_BYTES;
    let start: String = name.char_indices().take_while(fits).map(|(_, c)| c).collect();
    start.trim_matches(['_', '.', '-']).to_owned()
}

/// An identifier as part of a file name. One that had to be changed carries its checksum, so that two that
/// differ stay apart; so does one with lower-case letters, for file systems that ignore case.
fn safe_id(id: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_plain = |c: char| is_safe(c) && !c.is_ascii_lowercase();
    if id.len() <= MAX_ID_BYTES && id.chars().all(is_plain) {
        return id.to_owned();
    }
    let kept: String = id.chars().map(|c| if is_safe(c) { c } else { '_' }).take(MAX_ID_BYTES).collect();
    format!("{kept}~{:016x}", checksum(id.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Locator;

    fn file_name(object: &str, name: Option<&str>) -> String {
        let task = "W/M/118000000001/B7EA".parse::<Locator>().unwrap().task().unwrap();
        let address = task.dump(object.parse().unwrap());
        Dump { name: name.map(str::to_owned), ..address.into() }.file_name()
    }

    #[test]
    fn a_file_is_named_after_the_date_of_its_task_in_utc_the_object_its_name_and_the_task() {
        let address = "W/M/118000000001/B7EA".parse::<Locator>().unwrap().task().unwrap();
        let json = br#"{"task":{"creationTime":1571258347545,"result":{"nestedResults":[
            {"objectId":"112000000015","objectName":"ERP"}]}}}"#;
        let task = Task::parse(&address, json).unwrap();
        let dump = Dump::new(&task, address.dump("112000000015".parse().unwrap()));
        assert_eq!(dump.file_name(), "2019-10-16-112000000015-ERP-B7EA.csv");
        for name in [&*dump.file_name(), "112000000015-B7EA.csv"] {
            assert_eq!(Dump::import_of_file(name), Some("112000000015".parse().unwrap()), "{name}");
        }
        for other in ["rejected.csv", "2019-10-16-117000000015-ERP-B7EA.csv", "a-b-c-d-112000000015.csv"] {
            assert_eq!(Dump::import_of_file(other), None, "{other}");
        }
        let other = Dump::new(&task, address.dump("112000000016".parse().unwrap()));
        assert_eq!(other.file_name(), "2019-10-16-112000000016-B7EA.csv");
        assert_eq!(file_name("112", Some("Größe 東京.v2")), "112-Größe_東京.v2-B7EA.csv");
        assert_eq!(file_name("112", None), "112-B7EA.csv");
    }

    #[test]
    fn identifiers_that_must_be_changed_stay_apart() {
        let long = ["a".repeat(300), "a".repeat(301)];
        let objects = ["a/b", "a?b", "a_b", "A_B", "a b", &long[0], &long[1]];
        // Where the file system ignores case as well.
        let names: std::collections::HashSet<String> =
            objects.map(|object| file_name(object, Some("n")).to_lowercase()).into();
        assert_eq!(names.len(), 7, "{names:?}");
        assert!(names.iter().all(|name| name.len() < 200), "{names:?}");
    }
}
