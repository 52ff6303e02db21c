//! Reading a list page by page. The loop is a value: it names the path of the next page, takes the
//! answer, and knows when the list is complete. Whoever has a transport drives it.

use serde::Deserialize;

use super::answer::{self, Answer, Payload};
use super::fault::{Fault, ListProblem};
use super::task::TaskState;
use super::tolerant;
use crate::address::{ActionAddress, DumpAddress, Id, ModelAddress, models_path, page, workspaces_path};

/// Entries requested with the second page and later ones: the size of a page unless one asks otherwise,
/// as observed on the live service.
const PAGE_ENTRIES: u64 = 5000;

/// Maximum number of entries of a list, in all its pages. The service keeps far fewer tasks; a dump with
/// that many chunks would have 10 TB.
const MAX_LIST_ENTRIES: u64 = 1_000_000;

/// Maximum size of all pages of a list in bytes: a million entries of 64 bytes.
const MAX_LIST_BYTES: u64 = 64 * 1024 * 1024;

/// Maximum number of pages of a list, so that pages of one entry end as well: a million entries in pages
/// of 100.
const MAX_LIST_PAGES: usize = 10_000;

/// An entry of a list that has an identifier and a name: a process, or a chunk.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(expecting = "an entry with an id")]
#[non_exhaustive]
pub struct NamedId {
    /// Its identifier.
    pub id: Id,
    /// Its name for people, if the service gives one.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub name: Option<String>,
}

/// A task as the list of tasks shows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ListedTask {
    /// Its identifier.
    #[serde(rename = "taskId")]
    pub id: Id,
    /// How far it has come.
    #[serde(rename = "taskState", default)]
    pub state: TaskState,
    /// When it was created, in milliseconds since 1970.
    #[serde(default, deserialize_with = "tolerant::count")]
    pub creation_time: Option<u64>,
}

/// A model as the lists of models show it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ListedModel {
    /// Its identifier.
    pub id: Id,
    /// Its name for people.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub name: Option<String>,
    /// The workspace that it is in.
    #[serde(rename = "currentWorkspaceId", default, deserialize_with = "tolerant::value")]
    pub workspace: Option<Id>,
}

type ReadPage<T> = fn(&[u8]) -> Result<Answer<Vec<Option<T>>>, Fault>;

/// A list that is being read page by page.
///
/// ```
/// use anaplan_dump_core::{ChunkList, Listing, Locator};
/// # fn get(_path: &str) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
/// #     Ok(br#"{"status":{"code":200},"chunks":[{"id":"0"},{"id":"1"}]}"#.to_vec())
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let dump = "WORKSPACE/MODEL/PROCESS/TASK/OBJECT".parse::<Locator>()?.dump()?;
/// let mut listing = Listing::chunks(&dump);
/// while let Some(path) = listing.next_path() {
///     listing.take(&get(path)?)?;
/// }
/// let chunks = ChunkList::new(&dump, listing.into_entries())?;
/// assert_eq!(chunks.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Listing<T> {
    path: String,
    read: ReadPage<T>,
    id: fn(&T) -> &Id,
    key: &'static str,
    /// `None` once the list is complete.
    next: Option<String>,
    entries: Vec<T>,
    /// Number of entries received, those that could not be read included.
    received: u64,
    /// The largest total of all pages: a later page that says less, or nothing, is not to be trusted.
    total: Option<u64>,
    pages: usize,
    bytes: u64,
}

impl Listing<NamedId> {
    /// The chunks of a dump.
    pub fn chunks(dump: &DumpAddress) -> Listing<NamedId> {
        Listing::new::<Chunks>(dump.chunks_path(), |entry| &entry.id)
    }

    /// The workspaces that the user sees.
    pub fn workspaces() -> Listing<NamedId> {
        Listing::new::<Workspaces>(workspaces_path(), |entry| &entry.id)
    }

    /// The processes of a model.
    pub fn processes(model: &ModelAddress) -> Listing<NamedId> {
        Listing::new::<Processes>(model.processes_path(), |entry| &entry.id)
    }
}

impl Listing<ListedModel> {
    /// The models that the user sees, in one workspace or in all.
    pub fn models(workspace: Option<&Id>) -> Listing<ListedModel> {
        Listing::new::<Models>(models_path(workspace), |model| &model.id)
    }
}

impl Listing<ListedTask> {
    /// The tasks of a process or import, those of other users included.
    pub fn tasks(action: &ActionAddress) -> Listing<ListedTask> {
        Listing::new::<Tasks>(format!("{}?sort=-creationDate", action.tasks_path()), |task| &task.id)
    }
}

impl<T> Listing<T> {
    fn new<P: Payload + Into<Vec<Option<T>>>>(path: String, id: fn(&T) -> &Id) -> Listing<T> {
        Listing {
            read: |bytes| {
                let Answer { payload, says_success, paging } = answer::parse::<P>(bytes)?;
                Ok(Answer { payload: payload.map(P::into), says_success, paging })
            },
            id,
            key: P::KEY,
            // The first request is the documented one, without a query.
            next: Some(path.clone()),
            path,
            entries: Vec::new(),
            received: 0,
            total: None,
            pages: 0,
            bytes: 0,
        }
    }

    /// The path, with query, of the page to request next; `None` once the list is complete.
    ///
    /// The path is made from the number of entries received. The URL that the service offers is never
    /// followed: it could lead to another host.
    pub fn next_path(&self) -> Option<&str> {
        self.next.as_deref()
    }

    /// Takes the answer to the request for [`next_path`](Listing::next_path). After an error the listing is
    /// as before, so that the page can be requested again.
    ///
    /// # Errors
    ///
    /// [`Fault::List`] for pages that end too early or never; otherwise what the answer says.
    pub fn take(&mut self, answer: &[u8]) -> Result<(), Fault> {
        let Answer { payload, says_success, paging } = (self.read)(answer)?;
        if let Some(field) = paging.unreadable {
            return Err(Fault::List(ListProblem::UnreadablePaging(field)));
        }
        let mut entries = payload.unwrap_or_default();
        if entries.is_empty() && !says_success {
            // An empty page, the first or the last, is only believed from an answer that says it succeeded.
            return Err(Fault::NoPayload(self.key));
        }
        // A service that ignores the offset sends its first page again.
        let is_first_again = match (entries.first(), self.entries.first()) {
            (Some(Some(first)), Some(known)) => (self.id)(first) == (self.id)(known),
            _ => false,
        };
        if is_first_again {
            entries.clear();
        }
        let received = self.received + entries.len() as u64;
        let total = self.total.max(paging.total_size);
        let is_page_empty = entries.is_empty();
        let is_complete = match total {
            // A page that is offered beyond the total is requested: one of the two is wrong.
            Some(total) => received >= total && (!paging.has_next || is_page_empty),
            // The page that was asked for never came.
            None => !paging.has_next && !is_first_again,
        };
        if !is_complete {
            if is_page_empty {
                return Err(Fault::List(ListProblem::Incomplete { received, announced: total }));
            }
            let bytes = self.bytes + answer.len() as u64;
            if received > MAX_LIST_ENTRIES || bytes > MAX_LIST_BYTES || self.pages == MAX_LIST_PAGES {
                return Err(Fault::List(ListProblem::TooLong));
            }
        }
        self.next = (!is_complete).then(|| page(&self.path, received, PAGE_ENTRIES));
        self.entries.extend(entries.into_iter().flatten());
        self.received = received;
        self.total = total;
        self.pages += 1;
        self.bytes += answer.len() as u64;
        Ok(())
    }

    /// The entries received, in the order in which they came.
    pub fn into_entries(self) -> Vec<T> {
        self.entries
    }
}

macro_rules! payload {
    ($name:ident, $key:literal, $entry:ty) => {
        #[derive(Deserialize)]
        struct $name(Vec<$entry>);

        impl Payload for $name {
            const KEY: &'static str = $key;
        }
    };
}

// A chunk that cannot be read would be a hole in the dump. One odd old task or process must not block the
// rest; it counts as received, so that the pages still add up.
payload!(Chunks, "chunks", NamedId);
payload!(Processes, "processes", tolerant::Readable<NamedId>);
payload!(Workspaces, "workspaces", tolerant::Readable<NamedId>);
payload!(Models, "models", tolerant::Readable<ListedModel>);
payload!(Tasks, "tasks", tolerant::Readable<ListedTask>);

impl From<Chunks> for Vec<Option<NamedId>> {
    fn from(chunks: Chunks) -> Vec<Option<NamedId>> {
        chunks.0.into_iter().map(Some).collect()
    }
}

impl From<Processes> for Vec<Option<NamedId>> {
    fn from(processes: Processes) -> Vec<Option<NamedId>> {
        processes.0.into_iter().map(|process| process.0).collect()
    }
}

impl From<Tasks> for Vec<Option<ListedTask>> {
    fn from(tasks: Tasks) -> Vec<Option<ListedTask>> {
        tasks.0.into_iter().map(|task| task.0).collect()
    }
}

impl From<Workspaces> for Vec<Option<NamedId>> {
    fn from(workspaces: Workspaces) -> Vec<Option<NamedId>> {
        workspaces.0.into_iter().map(|workspace| workspace.0).collect()
    }
}

impl From<Models> for Vec<Option<ListedModel>> {
    fn from(models: Models) -> Vec<Option<ListedModel>> {
        models.0.into_iter().map(|model| model.0).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::address::Locator;

    fn listing() -> Listing<NamedId> {
        Listing::chunks(&"W/M/P/T/O".parse::<Locator>().unwrap().dump().unwrap())
    }

    /// Reads pages until the list is complete; the identifiers.
    fn read(pages: &[&str]) -> Result<Vec<String>, Fault> {
        let mut listing = listing();
        let mut pages = pages.iter();
        while listing.next_path().is_some() {
            listing.take(pages.next().expect("a page that was not expected is requested").as_bytes())?;
        }
        assert_eq!(pages.next(), None, "a page is not requested");
        Ok(listing.into_entries().into_iter().map(|entry| entry.id.as_str().to_owned()).collect())
    }

    #[test]
    fn what_the_service_really_sends_is_read() {
        let page = r#"{
          "meta": { "paging": { "currentPageSize": 1, "offset": 0, "totalSize": 2 },
                    "schema": "https://api.anaplan.com/2/0/models/F1/objects/chunk" },
          "status": { "code": 200, "message": "Success" }, "somethingNew": [1],
          "chunks": [ { "id": "0", "name": "Chunk 0", "size": 7 }, { "id": 1, "name": null } ] }"#;
        assert_eq!(read(&[page]).unwrap(), ["0", "1"]);
    }

    #[test]
    fn pages_are_requested_by_offset_until_the_total_is_there() {
        let mut listing = listing();
        let base = "/2/0/workspaces/W/models/M/processes/P/tasks/T/dumps/O/chunks";
        assert_eq!(listing.next_path(), Some(base));
        listing.take(br#"{"meta":{"paging":{"totalSize":3}},"chunks":[{"id":"0"},{"id":"1"}]}"#).unwrap();
        assert_eq!(listing.next_path(), Some(&*format!("{base}?limit=5000&offset=2")));
        listing.take(br#"{"chunks":[{"id":"2"}]}"#).unwrap();
        assert_eq!(listing.next_path(), None);
    }

    #[test]
    fn an_empty_list_needs_an_answer_that_says_success() {
        for page in [r#"{"status":{"code":200}}"#, r#"{"status":{"code":200},"chunks":null}"#] {
            assert_eq!(read(&[page]).unwrap(), Vec::<String>::new(), "{page}");
        }
        for page in ["{}", r#"{"meta":{"paging":null}}"#, r#"{"chunks":[]}"#, r#"{"processes":[{"id":"0"}]}"#]
        {
            assert!(matches!(read(&[page]), Err(Fault::NoPayload("chunks"))), "{page}");
        }
    }

    #[test]
    fn a_page_that_was_promised_is_not_taken_for_the_end_of_the_list() {
        let first = r#"{"meta":{"paging":{"next":"u"}},"chunks":[{"id":"0"}]}"#;
        for second in ["{}", r#"{"chunks":[]}"#, r#"{"status":{"code":200},"processes":[{"id":"1"}]}"#] {
            assert!(matches!(read(&[first, second]), Err(Fault::NoPayload("chunks"))), "{second}");
        }
        let fault = read(&[first, r#"{"chunks":[{"id":"0"}]}"#]).unwrap_err();
        assert!(matches!(fault, Fault::List(ListProblem::Incomplete { received: 1, .. })), "{fault}");
        assert_eq!(read(&[first, r#"{"status":{"code":200},"chunks":[]}"#]).unwrap(), ["0"]);
    }

    #[test]
    fn a_list_that_ends_too_early_or_never_is_a_fault() {
        let first = r#"{"meta":{"paging":{"totalSize":3,"next":"u"}},"chunks":[{"id":"0"}]}"#;
        let empty = r#"{"status":{"code":200}}"#;
        for second in [empty, first] {
            let fault = read(&[first, second]).unwrap_err();
            assert!(matches!(fault, Fault::List(ListProblem::Incomplete { received: 1, .. })), "{fault}");
        }
        let mut endless = listing();
        let fault = (0..).find_map(|n| {
            let page = format!(r#"{{"meta":{{"paging":{{"next":"u"}}}},"chunks":[{{"id":"{n}"}}]}}"#);
            endless.take(page.as_bytes()).err()
        });
        assert!(matches!(fault, Some(Fault::List(ListProblem::TooLong))), "{fault:?}");
    }

    #[test]
    fn a_next_page_that_is_empty_text_or_nothing_ends_the_list() {
        for next in [r#""""#, "null", "false", "{}"] {
            let page = format!(r#"{{"meta":{{"paging":{{"next":{next}}}}},"chunks":[{{"id":"0"}}]}}"#);
            assert_eq!(read(&[&page]).unwrap(), ["0"], "{next}");
        }
    }

    #[test]
    fn a_page_that_is_offered_beyond_the_total_is_read_once() {
        let first = r#"{"meta":{"paging":{"totalSize":1,"next":"u"}},"chunks":[{"id":"0"}]}"#;
        assert_eq!(read(&[first, r#"{"chunks":[{"id":"1"}]}"#]).unwrap(), ["0", "1"]);
        assert_eq!(read(&[first, first]).unwrap(), ["0"]);
    }

    #[test]
    fn the_malformed_sample_of_the_reference_is_a_fault_that_names_the_line() {
        let sample = r#"{
  "meta": {
    "paging": { "currentPageSize": 1, "offset": 0, "totalSize": 3 }
  },
  "status": { "code": 200, "message": "Success" },
  "chunks" : [ {
    "id" : "0",
    "name" : "Chunk 0"
  },
  "chunks" : [ {
    "id" : "1",
    "name" : "Chunk 1"
  },
  "chunks" : [ {
    "id" : "2",
    "name" : "Chunk 2"
  } ]
}"#;
        let fault = read(&[sample]).unwrap_err().to_string();
        assert!(fault.contains("line 10") && fault.contains("\"chunks\" : [ {"), "{fault}");
    }

    #[test]
    fn a_chunk_that_cannot_be_read_is_a_fault_and_a_task_is_left_out() {
        for entry in
            [r#"{"name":"Chunk 0"}"#, r#"{"id":null}"#, r#"{"id":1.5}"#, "\"0\"", "null", r#"{"id":".."}"#]
        {
            assert!(read(&[&format!(r#"{{"chunks":[{entry}]}}"#)]).is_err(), "{entry}");
            let mut tasks = Listing::tasks(&"W/M/118".parse::<Locator>().unwrap().action().unwrap());
            let page = format!(
                r#"{{"meta":{{"paging":{{"totalSize":2}}}},"tasks":[{{"taskId":"B7EA","taskState":7,"creationTime":"12"}},{entry}]}}"#
            );
            tasks.take(page.as_bytes()).unwrap();
            assert_eq!(tasks.next_path(), None, "the odd entry counts as received: {entry}");
            let tasks = tasks.into_entries();
            assert_eq!((tasks.len(), tasks[0].creation_time), (1, Some(12)), "{entry}");
        }
    }

    proptest! {
        #[test]
        fn damaged_json_is_read_or_refused(at in 0usize..200, byte in any::<u8>()) {
            let mut json = br#"{"meta":{"paging":{"totalSize":2}},"chunks":[{"id":"0"},{"id":"1","name":"n"}]}"#.to_vec();
            let at = at % json.len();
            json[at] = byte;
            if let Err(fault) = listing().take(&json) {
                prop_assert!(!fault.to_string().is_empty());
            }
        }
    }
}
