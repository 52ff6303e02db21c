//! The JSON documents of the API, as the service really sends them.

use serde_json::{Value, json};

use crate::fake::data::{ActionResult, Detail, Import, MODEL, Process, SourceFile, Task, WORKSPACE};

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

pub(crate) fn task_entry(task: &Task) -> Value {
    known(json!({ "taskId": task.id, "taskState": task.now().0, "creationTime": task.creation_time }))
}

pub(crate) fn workspace() -> Value {
    json!({ "id": WORKSPACE, "name": "Finance", "active": true, "sizeAllowance": 1_073_741_824_u64 })
}

pub(crate) fn model() -> Value {
    json!({
        "id": MODEL,
        "name": "Cost planning",
        "activeState": "UNLOCKED",
        "currentWorkspaceId": WORKSPACE,
        "currentWorkspaceName": "Finance",
    })
}

pub(crate) fn task(task: &Task) -> Value {
    let (state, step, progress, left) = task.now();
    known(json!({
        "taskId": task.id,
        "taskState": state,
        "creationTime": task.creation_time,
        "type": "taskInformation",
        "currentStep": step,
        "progress": progress,
        "result": left.map(result),
    }))
}

fn result(tree: &ActionResult) -> Value {
    known(json!({
        "objectId": tree.object_id,
        "objectName": tree.object_name,
        "successful": tree.successful,
        "failureDumpAvailable": tree.failure_dump_available,
        "details": tree.details.as_ref().map(|details| details.iter().map(detail).collect::<Value>()),
        "nestedResults": (!tree.nested.is_empty()).then(|| tree.nested.iter().map(result).collect::<Value>()),
    }))
}

fn detail(detail: &Detail) -> Value {
    known(json!({
        "localMessageText": detail.text,
        "occurrences": 1,
        "type": detail.kind,
        "values": (!detail.values.is_empty()).then_some(&detail.values),
    }))
}

/// Without the fields of which nothing is known: the service leaves them out.
fn known(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, field| !field.is_null());
    }
    value
}
