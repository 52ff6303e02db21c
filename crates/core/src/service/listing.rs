//! Reading a list page by page. The loop is a value: it names the path of the next page, takes the
//! answer, and knows when the list is complete. Any transport can drive it.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::time::SystemTime;

use serde_json::Value;

use super::answer::{self, Answer};
use super::fault::Fault;
use super::import::Import;
use super::task::TaskState;
use crate::address::{ActionAddress, DumpAddress, Id, ModelAddress, models_path, page, workspaces_path};

/// Entries requested with the second page and later ones: the size of a page unless one asks otherwise,
/// as observed on the live service.
const PAGE_ENTRIES: usize = 5000;

/// Maximum number of entries of a list, in all its pages. The service keeps far fewer tasks; a dump with
/// that many chunks would have 10 TB.
const MAX_LIST_ENTRIES: usize = 1_000_000;

/// Maximum size of all pages of a list in bytes: a million entries of 64 bytes.
const MAX_LIST_BYTES: usize = 64 * 1024 * 1024;

/// Maximum number of pages of a list, so that pages of one entry end too: a million entries in pages of 1000.
const MAX_LIST_PAGES: usize = 1000;

/// An entry of a list that has an identifier and a name: a process, or a chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedId {
    /// Its identifier.
    pub id: Id,
    /// Its name for people, if the service gives one.
    pub name: Option<String>,
}

impl NamedId {
    fn read(value: &Value) -> Option<NamedId> {
        Some(NamedId { id: answer::id(&value["id"])?, name: answer::text(&value["name"]) })
    }
}

/// A task as the list of tasks shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedTask {
    /// Its identifier.
    pub id: Id,
    /// How far it has come.
    pub state: TaskState,
    /// When it was created.
    pub created: Option<SystemTime>,
}

impl ListedTask {
    fn read(value: &Value) -> Option<ListedTask> {
        let id = answer::id(&value["taskId"])?;
        let state = TaskState::read(&value["taskState"]);
        Some(ListedTask { id, state, created: answer::time(&value["creationTime"]) })
    }
}

/// A model as the lists of models show it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedModel {
    /// Its identifier.
    pub id: Id,
    /// Its name for people.
    pub name: Option<String>,
    /// The workspace that it is in.
    pub workspace: Option<Id>,
    /// The service's word for its state, such as `UNLOCKED` or `ARCHIVED`.
    pub state: Option<String>,
}

impl ListedModel {
    /// Whether the model is archived: nothing of it can be read until it is restored.
    pub fn is_archived(&self) -> bool {
        self.state.as_deref() == Some("ARCHIVED")
    }

    fn read(value: &Value) -> Option<ListedModel> {
        let (id, name) = (answer::id(&value["id"])?, answer::text(&value["name"]));
        let (workspace, state) = (answer::id(&value["currentWorkspaceId"]), answer::text(&value["activeState"]));
        Some(ListedModel { id, name, workspace, state })
    }
}

/// A list that is being read page by page, as the [crate's page](crate#another-transport) shows.
#[derive(Debug)]
pub struct Listing<T> {
    path: String,
    key: &'static str,
    /// `None` once the list is complete.
    next: Option<String>,
    /// What an entry says; `None` for one that cannot be read.
    read: fn(&Value) -> Option<T>,
    entries: Vec<Option<T>>,
    /// The identifier of the first entry, whatever else of it changes.
    first: Option<Id>,
    /// The largest total of all pages: a later page that says less, or nothing, is not to be trusted.
    total: Option<u64>,
    pages: usize,
    bytes: usize,
}

impl Listing<NamedId> {
    /// The chunks of a dump.
    pub fn chunks(dump: &DumpAddress) -> Listing<NamedId> {
        Listing::new(dump.chunks_path(), CHUNKS, NamedId::read)
    }

    /// The processes of a model.
    pub fn processes(model: &ModelAddress) -> Listing<NamedId> {
        Listing::new(model.below("processes"), "processes", NamedId::read)
    }

    pub(crate) fn workspaces() -> Listing<NamedId> {
        Listing::new(workspaces_path(), "workspaces", NamedId::read)
    }

    pub(crate) fn files(model: &ModelAddress) -> Listing<NamedId> {
        Listing::new(model.below("files"), "files", NamedId::read)
    }
}

impl Listing<Import> {
    pub(crate) fn imports(model: &ModelAddress) -> Listing<Import> {
        Listing::new(model.below("imports"), "imports", Import::read)
    }
}

impl Listing<ListedModel> {
    /// Those of one workspace, or all that the user sees.
    pub(crate) fn models(workspace: Option<&Id>) -> Listing<ListedModel> {
        Listing::new(models_path(workspace), "models", ListedModel::read)
    }
}

impl Listing<ListedTask> {
    /// The tasks of a process or import, those of other users included.
    pub fn tasks(action: &ActionAddress) -> Listing<ListedTask> {
        Listing::new(format!("{}?sort=-creationDate", action.tasks_path()), "tasks", ListedTask::read)
    }

    /// Asks for the times that some of the entries lack: a list that is sorted by the others alone does not say which
    /// task is the newest. Where no entry has a time, the order of the service is all that is known.
    pub(crate) fn complete_times(&mut self, most: usize, mut ask: impl FnMut(&Id) -> Option<SystemTime>) {
        let mut tasks: Vec<&mut ListedTask> = self.entries.iter_mut().flatten().collect();
        if tasks.iter().all(|task| task.created.is_none()) {
            return;
        }
        for task in tasks.iter_mut().filter(|task| task.created.is_none()).take(most) {
            task.created = ask(&task.id);
        }
    }

    /// The tasks, the newest first and each once. `None` is an entry that cannot be read: which task is
    /// the newest is not known below it.
    ///
    /// The service may not have sorted. What has no time keeps its place beside its neighbour.
    pub(crate) fn into_newest_first(self) -> Vec<Option<ListedTask>> {
        let mut time = self.entries.iter().flatten().find_map(|task| task.created);
        let place = |task: Option<ListedTask>| {
            time = task.as_ref().and_then(|task| task.created).or(time);
            (time, task)
        };
        let mut entries: Vec<_> = self.entries.into_iter().map(place).collect();
        entries.sort_by_key(|(time, _)| Reverse(*time));
        // A task that began while pages were read moved others to the next page.
        let mut seen = HashSet::new();
        let is_new = |task: &Option<ListedTask>| task.as_ref().is_none_or(|task| seen.insert(task.id.clone()));
        entries.into_iter().map(|(_, task)| task).filter(is_new).collect()
    }
}

/// The list in which an entry that cannot be read is a fault, as it would be a hole in the dump. One odd old task
/// or process does not block the rest.
const CHUNKS: &str = "chunks";

impl<T> Listing<T> {
    fn new(path: String, key: &'static str, read: fn(&Value) -> Option<T>) -> Listing<T> {
        // The first request is the documented one, without a query.
        let next = Some(path.clone());
        Listing { key, next, path, read, entries: Vec::new(), first: None, total: None, pages: 0, bytes: 0 }
    }

    /// The path, with query, of the page to request next; `None` once the list is complete.
    ///
    /// The path is made from the number of entries received. The URL that the service offers is never
    /// followed: it could lead to another host.
    pub fn next_path(&self) -> Option<&str> {
        self.next.as_deref()
    }

    /// The number of entries that cannot be read. They are left out, so what is said of the whole list is not proved.
    pub(crate) fn unreadable(&self) -> usize {
        self.entries.iter().filter(|entry| entry.is_none()).count()
    }

    /// The entries that can be read, in the order in which they came.
    pub fn into_entries(self) -> Vec<T> {
        self.entries.into_iter().flatten().collect()
    }

    /// Takes the answer to the request for [`next_path`](Listing::next_path). After an error the listing is
    /// as before, so that the page can be requested again.
    ///
    /// # Errors
    ///
    /// [`Fault::List`] for pages that end too early or never; otherwise what the answer says.
    pub fn take(&mut self, answer: &[u8]) -> Result<(), Fault> {
        let page_bytes = answer.len();
        let (mut entries, mut first) = (Vec::new(), None);
        let answer = Answer::parse_list(answer, self.key, &mut |entry| {
            if entries.is_empty() {
                first = answer::id(&entry["id"]).or_else(|| answer::id(&entry["taskId"]));
            }
            entries.push((self.read)(&entry));
        })?;
        answer.check(self.key)?;
        let (page_total, has_next) = answer.paging()?;
        if self.key == CHUNKS && entries.iter().any(Option::is_none) {
            return Err(Fault::List(format!("an entry of \"{CHUNKS}\" has no id that can be used")));
        }
        if entries.is_empty() && !answer.is_success_without(self.key) {
            // An empty page, the first or the last, is only believed from an answer that says it succeeded.
            return Err(Fault::NoPayload(self.key));
        }
        // A service that ignores the offset sends its first page again, whose first task may have moved on meanwhile.
        let is_first_again = first.is_some() && first == self.first;
        if is_first_again {
            entries.clear();
        }
        let received = self.entries.len() + entries.len();
        let total = self.total.max(page_total);
        let is_complete = match total {
            // The live service also offers a next page where there is none. What may lack a chunk asks all the same.
            Some(total) if received as u64 >= total => {
                !has_next || entries.is_empty() || self.key != CHUNKS && received as u64 == total
            }
            Some(_) => false,
            // The page that was asked for never came.
            None => !has_next && !is_first_again,
        };
        let bytes = self.bytes + page_bytes;
        if !is_complete && entries.is_empty() {
            return Err(Fault::List(match total {
                Some(total) => format!("it announces {total} entries, but its pages end after {received}"),
                None => format!("it announces a further page, but its pages end after {received} entries"),
            }));
        }
        if is_complete && received > 0 && self.entries.iter().chain(&entries).all(Option::is_none) {
            return Err(Fault::List(format!("no entry of \"{}\" can be read", self.key)));
        }
        let limits = [
            (received > MAX_LIST_ENTRIES, MAX_LIST_ENTRIES, "entries"),
            (bytes > MAX_LIST_BYTES, MAX_LIST_BYTES, "bytes"),
            (self.pages == MAX_LIST_PAGES, MAX_LIST_PAGES, "pages"),
        ];
        if let Some((_, limit, what)) = limits.iter().find(|(is_beyond, ..)| *is_beyond && !is_complete) {
            return Err(Fault::List(format!("its pages do not end within {limit} {what}, the limit of a list")));
        }
        self.next = (!is_complete).then(|| page(&self.path, received, PAGE_ENTRIES));
        self.first = self.first.take().or(first);
        self.entries.extend(entries);
        (self.total, self.pages, self.bytes) = (total, self.pages + 1, bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Locator;

    fn listing() -> Listing<NamedId> {
        Listing::chunks(&"W/M/P/T/O".parse::<Locator>().unwrap().dump().unwrap())
    }

    fn tasks() -> Listing<ListedTask> {
        Listing::tasks(&"W/M/118".parse::<Locator>().unwrap().action().unwrap())
    }

    /// Reads pages until the list is complete; the identifiers, or the fault.
    fn read(pages: &[&str]) -> Result<String, String> {
        let mut listing = listing();
        let mut pages = pages.iter();
        while listing.next_path().is_some() {
            let page = pages.next().expect("a page that was not expected is requested");
            listing.take(page.as_bytes()).map_err(|fault| fault.to_string())?;
        }
        assert_eq!(pages.next(), None, "a page is not requested");
        Ok(listing.into_entries().iter().map(|entry| entry.id.as_str()).collect())
    }

    #[test]
    fn a_list_ends_where_the_service_says_so_and_an_end_that_it_does_not_say_is_a_fault() {
        const REAL: &str = r#"{
          "meta": { "paging": { "currentPageSize": 1, "offset": 0, "totalSize": 2 },
                    "schema": "https://api.anaplan.com/2/0/models/F1/objects/chunk" },
          "status": { "code": 200, "message": "Success" }, "somethingNew": [1],
          "chunks": [ { "id": "0", "name": "Chunk 0", "size": 7 }, { "id": 1, "name": null } ] }"#;
        const NEXT: &str = r#"{"meta":{"paging":{"next":"u"}},"chunks":[{"id":"0"}]}"#;
        const OF_1: &str = r#"{"meta":{"paging":{"totalSize":1,"next":"u"}},"chunks":[{"id":"0"}]}"#;
        const OF_3: &str = r#"{"meta":{"paging":{"totalSize":3,"next":"u"}},"chunks":[{"id":"0"}]}"#;
        const ONE: &str = r#"{"chunks":[{"id":"1"}]}"#;
        const EMPTY: &str = r#"{"status":{"code":200}}"#;
        let (nothing, early, of_3) = (Err("it has no \"chunks\""), Err("a further page"), Err("end after 1"));
        for (pages, expected) in [
            (&[REAL][..], Ok("01")),
            (&[EMPTY], Ok("")),
            (&[r#"{"processes":[{"id":"0"}]}"#], nothing),
            (&[NEXT, r#"{"status":{"code":200},"chunks":[]}"#], Ok("0")),
            (&[NEXT, r#"{"chunks":[]}"#], nothing),
            (&[NEXT, r#"{"status":{"code":200},"processes":[{"id":"1"}]}"#], nothing),
            (&[NEXT, r#"{"chunks":[{"id":"0"}]}"#], early),
            (&[OF_3, EMPTY], of_3),
            (&[OF_3, OF_3], of_3),
            (&[OF_1, ONE], Ok("01")),
            (&[OF_1, OF_1], Ok("0")),
            (&[r#"{"meta":{"paging":{"next":""}},"chunks":[{"id":"0"}]}"#], Ok("0")),
            (&[r#"{"meta":{"paging":{"next":{}}},"chunks":[{"id":"0"}]}"#], Ok("0")),
        ] {
            match (read(pages), expected) {
                (Ok(ids), expected) => assert_eq!(Ok(&*ids), expected, "{pages:?}"),
                (Err(fault), expected) => {
                    assert!(expected.is_err_and(|why| fault.contains(why)), "{pages:?}: {fault}");
                }
            }
        }
        let mut endless = listing();
        let fault = (0..).find_map(|n| endless.take(NEXT.replace("\"0\"", &n.to_string()).as_bytes()).err());
        assert_eq!(fault.unwrap().to_string(), "its pages do not end within 1000 pages, the limit of a list");
    }

    #[test]
    fn a_next_page_after_the_total_costs_a_request_for_chunks_alone() {
        let mut tasks = tasks();
        let mut take = |total: u64| {
            let page = r#"{"meta":{"paging":{"totalSize":TOTAL,"next":"u"}},"tasks":[{"taskId":"A"}]}"#;
            tasks.take(page.replace("TOTAL", &total.to_string()).as_bytes()).unwrap();
            tasks.next_path().is_some()
        };
        assert_eq!([take(0), take(1)], [true, false]);
    }

    #[test]
    fn a_first_page_that_comes_again_is_known_although_its_first_task_has_moved_on() {
        let mut tasks = tasks();
        let mut take = |state: &str| {
            let page = r#"{"meta":{"paging":{"totalSize":2}},"tasks":[{"taskId":"A","taskState":"STATE"}]}"#;
            tasks.take(page.replace("STATE", state).as_bytes())
        };
        take("IN_PROGRESS").unwrap();
        assert!(take("COMPLETE").unwrap_err().to_string().contains("end after 1"));
    }

    #[test]
    fn a_chunk_that_cannot_be_read_is_a_fault_and_a_task_is_left_out() {
        for entry in [r#"{"name":"Chunk 0"}"#, r#"{"id":null}"#, r#"{"id":1.5}"#, "\"0\"", "null", r#"{"id":".."}"#] {
            assert!(read(&[&format!(r#"{{"chunks":[{entry}]}}"#)]).is_err(), "{entry}");
            let page =
                r#"{"meta":{"paging":{"totalSize":2}},"tasks":[{"taskId":"B7","creationTime":"1571258347545"},ODD]}"#;
            let mut tasks = tasks();
            tasks.take(page.replace("ODD", entry).as_bytes()).unwrap();
            assert_eq!(tasks.next_path(), None, "the odd entry counts as received: {entry}");
            assert_eq!(tasks.unreadable(), 1, "{entry}");
            let alone = self::tasks().take(format!(r#"{{"tasks":[{entry}]}}"#).as_bytes()).unwrap_err();
            assert_eq!(alone.to_string(), "no entry of \"tasks\" can be read", "that is not no task: {entry}");
            let tasks = tasks.into_entries();
            assert_eq!((tasks.len(), tasks[0].created.is_some()), (1, true), "{entry}");
        }
    }

    #[test]
    fn a_task_without_a_time_and_an_entry_that_cannot_be_read_keep_their_place_among_the_sorted() {
        for (entries, sorted) in [
            (r#"["A",1],["B",3],["C",2]"#, "BCA"),
            (r#"["A",3],["B",null],["C",1]"#, "ABC"),
            (r#"["A",null],["B",3],["C",4],["D",null]"#, "CDAB"),
            (r#"["A",null],["B",null],["A",null]"#, "AB"),
            (r#"["",9],["A",2]"#, "?A"),
            (r#"["A",1],["",1],["B",3]"#, "BA?"),
        ] {
            let mut tasks = tasks();
            let entries: Value = serde_json::from_str(&format!("[{entries}]")).unwrap();
            let task = |entry: &Value| {
                let time = entry[1].as_u64().map(|time| 1_571_258_347_545 + time);
                serde_json::json!({"taskId": entry[0], "creationTime": time})
            };
            let entries: Vec<Value> = entries.as_array().unwrap().iter().map(task).collect();
            tasks.take(serde_json::json!({ "tasks": entries }).to_string().as_bytes()).unwrap();
            let tasks = tasks.into_newest_first();
            let ids: String = tasks.iter().map(|task| task.as_ref().map_or("?", |task| task.id.as_str())).collect();
            assert_eq!(ids, sorted, "{entries:?}");
        }
    }
}
