//! The JSON documents of the API, as the service really sends them.

use serde_json::{Map, Value, json};

use crate::fake::data::{ActionResult, Detail, Import, Process, SourceFile, Task};

/// Where a list is cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    pub(crate) offset: usize,
    pub(crate) limit: usize,
    /// Whether a next page is named even where one answer holds all.
    pub(crate) next_on_whole_lists: bool,
}

/// `meta` and `status`, which are beside every payload.
pub(crate) fn envelope(model: &str, schema: &str) -> Map<String, Value> {
    let schema = format!("https://api.anaplan.com/2/0/models/{model}/objects/{schema}");
    let mut map = Map::new();
    // The service grows fields without notice: clients must not mind.
    map.insert("meta".into(), json!({ "schema": schema, "newField": { "since": 2026 } }));
    map.insert("status".into(), json!({ "code": 200, "message": "Success" }));
    map
}

/// One page of a list. `url` is the list's own without the query.
pub(crate) fn list(
    mut map: Map<String, Value>,
    key: &str,
    entries: Vec<Value>,
    page: Page,
    claimed_total: Option<u64>,
    url: &str,
) -> Value {
    let total = entries.len();
    let Page { offset, limit, .. } = page;
    let cut: Vec<Value> = entries.into_iter().skip(offset).take(limit).collect();
    let mut paging = json!({
        "currentPageSize": cut.len(),
        "offset": offset,
        "totalSize": claimed_total.unwrap_or(total as u64),
    });
    let is_whole = offset == 0 && total > 0 && cut.len() == total && claimed_total.is_none();
    if offset + cut.len() < total || is_whole && page.next_on_whole_lists {
        paging["next"] = format!("{url}?limit={limit}&offset={}", offset + limit).into();
    }
    if let Some(meta) = map.get_mut("meta") {
        meta["paging"] = paging;
    }
    // An empty list is left out, as the service does.
    if !cut.is_empty() {
        map.insert(key.to_owned(), Value::Array(cut));
    }
    Value::Object(map)
}

pub(crate) fn workspace(id: &str) -> Value {
    json!({ "id": id, "name": "Finance", "active": true, "sizeAllowance": 1_073_741_824_u64 })
}

pub(crate) fn model(id: &str, workspace: &str) -> Value {
    json!({
        "id": id,
        "name": "Cost planning",
        "activeState": "UNLOCKED",
        "currentWorkspaceId": workspace,
        "currentWorkspaceName": "Finance",
    })
}

pub(crate) fn process(process: &Process) -> Value {
    json!({ "id": process.id, "name": process.name })
}

pub(crate) fn import(import: &Process) -> Value {
    let file = import.import.as_ref().and_then(|import| import.file.as_deref());
    json!({
        "id": import.id,
        "name": import.name,
        "importDataSourceId": file.unwrap_or_default(),
        "importType": "HIERARCHY_DATA",
    })
}

/// The actions of a process; where their sources come from is said only on request.
pub(crate) fn process_metadata(process: &Process, imports: &[Process], sources: bool) -> Value {
    let actions = process.actions.iter().map(|(id, name)| {
        let import = imports.iter().find(|import| import.id == *id);
        let kind = if import.is_some() { "IMPORT" } else { "DELETE_BY_SELECTION" };
        let mut action = json!({ "id": id, "name": name, "actionType": kind });
        if let Some(import) = import.filter(|_| sources).map(self::import) {
            action["importDataSourceId"] = import["importDataSourceId"].clone();
            action["importType"] = import["importType"].clone();
        }
        action
    });
    json!({ "name": process.name, "actions": actions.collect::<Vec<_>>() })
}

/// How an import reads its source; one that reads from a model has none.
pub(crate) fn import_metadata(process: &Process, files: &[SourceFile]) -> Value {
    let rules = process.import.as_ref();
    let reads = |rules: &&Import| files.iter().any(|file| Some(&file.id) == rules.file.as_ref());
    let Some(rules) = rules.filter(reads) else {
        return json!({ "name": process.name, "type": "MODEL" });
    };
    let names: Vec<&str> = rules.columns.iter().map(|(name, _)| name.as_str()).collect();
    json!({
        "name": process.name,
        "type": "FILE",
        "source": {
            "textEncoding": "UTF-8",
            "columnSeparator": ",",
            "textDelimiter": "\"",
            "headerRow": 1,
            "firstDataRow": 2,
            "decimalSeparator": ".",
            "headerNames": names,
            "columnCount": names.len(),
        },
    })
}

pub(crate) fn file(file: &SourceFile, user: &str) -> Value {
    let uploaded = file.uploads.get(user).map(|upload| upload.chunks.len());
    json!({
        "id": file.id,
        "name": file.name,
        "chunkCount": uploaded.unwrap_or(usize::from(file.content.is_some())),
        "delimiter": "\"",
        "encoding": "UTF-8",
        "firstDataRow": 2,
        "format": "txt",
        "headerRow": 1,
        "separator": ",",
    })
}

pub(crate) fn chunk(id: &str) -> Value {
    json!({ "id": id, "name": format!("Chunk {id}") })
}

/// A task in a list.
pub(crate) fn task_entry(task: &Task) -> Value {
    let mut entry = json!({ "taskId": task.id, "taskState": task.state.as_str() });
    if let Some(time) = task.creation_time {
        entry["creationTime"] = time.into();
    }
    entry
}

/// A task by itself.
pub(crate) fn task(task: &Task) -> Value {
    let mut value = task_entry(task);
    value["type"] = "taskInformation".into();
    if let Some(step) = &task.current_step {
        value["currentStep"] = step.as_str().into();
    }
    if let Some(progress) = task.progress {
        value["progress"] = progress.into();
    }
    if let Some(tree) = &task.result {
        value["result"] = result(tree);
    }
    value
}

fn result(tree: &ActionResult) -> Value {
    let mut value = json!({ "objectId": tree.object_id, "successful": tree.successful });
    if let Some(name) = &tree.object_name {
        value["objectName"] = name.as_str().into();
    }
    if let Some(available) = tree.failure_dump_available {
        value["failureDumpAvailable"] = available.into();
    }
    if let Some(details) = &tree.details {
        value["details"] = details.iter().map(detail).collect();
    }
    if !tree.nested.is_empty() {
        value["nestedResults"] = tree.nested.iter().map(result).collect();
    }
    value
}

fn detail(detail: &Detail) -> Value {
    let mut value = json!({});
    if let Some(text) = &detail.local_message_text {
        value["localMessageText"] = text.as_str().into();
    }
    if let Some(occurrences) = detail.occurrences {
        value["occurrences"] = occurrences.into();
    }
    if let Some(kind) = &detail.kind {
        value["type"] = kind.as_str().into();
    }
    if !detail.values.is_empty() {
        value["values"] = detail.values.clone().into();
    }
    value
}
