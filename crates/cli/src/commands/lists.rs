//! `workspaces`, `models`, `processes`, `imports` and `chunks`: what there is, so that ids can be found.

use anaplan_dump_core::{ActionKind, Chunk, DumpAddress, Id, Locator, ModelAddress, NamedId, TaskChoice};
use serde_json::{Value, json};

use crate::arguments::Models;
use crate::failure::Failure;
use crate::resolve::Wanted;
use crate::session::Session;
use crate::stdout::named;
use crate::table::{MAX_ID_CHARS, MAX_NAME_CHARS, table};
use crate::text::{counted, cut, safe};

/// A row of a table, and the same for `--json`.
type Row = (Vec<String>, Value);

/// Prints rows as a table, or a document that has them under this name. With no rows, `none` says why that is an error.
fn show(
    header: &[&str],
    (key, rows): (&str, Vec<Row>),
    mut document: Value,
    none: Failure,
    session: &Session,
) -> Result<(), Failure> {
    let (cells, values): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    document[key] = values.into();
    if session.json || !cells.is_empty() {
        session.show(&document, &|| table(header, &cells))?;
    }
    if cells.is_empty() { Err(none) } else { Ok(()) }
}

fn id(id: &Id) -> String {
    cut(id.as_str(), MAX_ID_CHARS)
}

fn name(name: Option<&str>) -> String {
    cut(name.unwrap_or(""), MAX_NAME_CHARS)
}

/// The service lists nothing for a model that this user has no access to.
pub(super) fn none_in(model: &ModelAddress, what: &str) -> Failure {
    Failure::NotFound(format!(
        "model {model} has no {what}, or this user has no access to it: the service does not say which"
    ))
}

pub(crate) fn workspaces(session: &Session) -> Result<(), Failure> {
    let row = |workspace: &NamedId| -> Row {
        let cells = vec![id(&workspace.id), name(workspace.name.as_deref())];
        (cells, json!({ "id": workspace.id.as_str(), "name": workspace.name }))
    };
    let rows = session.client.workspaces()?.iter().map(row).collect();
    let none = Failure::NotFound("this user sees no workspaces".to_owned());
    show(&["WORKSPACE", "NAME"], ("workspaces", rows), json!({}), none, session)
}

pub(crate) fn models(command: &Models, session: &Session) -> Result<(), Failure> {
    if command.workspace.as_ref().is_some_and(|workspace| workspace.contains('/')) {
        return Err(Failure::Usage("WORKSPACE is the id of a workspace, which workspaces lists".into()));
    }
    let asked = command.workspace.as_deref().map(str::parse::<Id>).transpose();
    let asked = asked.map_err(|error| Failure::Usage(format!("WORKSPACE: {error}")))?;
    let all = session.client.models(asked.as_ref())?;
    let (shown, left_out): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|model| command.archived || !model.is_archived());
    let has_archived = !left_out.is_empty();
    if has_archived {
        let left_out = counted(left_out.len(), "archived model");
        session.reporter.note(&format!("{left_out} left out: --archived shows every model"));
    }
    let rows = shown.into_iter().map(|model| {
        let workspace = model.workspace.or_else(|| asked.clone());
        let locator = ModelAddress { origin: None, workspace: workspace.clone(), id: model.id.clone() }.to_string();
        let state = cut(model.state.as_deref().unwrap_or("-"), MAX_ID_CHARS);
        let cells = vec![safe(&locator), state, name(model.name.as_deref())];
        let workspace = workspace.as_ref().map(Id::as_str);
        let value = json!({
            "id": model.id.as_str(),
            "locator": locator,
            "name": model.name,
            "workspace": workspace,
            "state": model.state,
        });
        (cells, value)
    });
    let none = if has_archived { "every model here is archived" } else { "this user sees no models here" };
    let none = Failure::NotFound(none.to_owned());
    show(&["WORKSPACE/MODEL", "STATE", "NAME"], ("models", rows.collect()), json!({}), none, session)
}

pub(crate) fn processes(model: &ModelAddress, session: &Session) -> Result<(), Failure> {
    let row = |process: &NamedId| -> Row {
        let mut value = named(&process.id, &model.process(process.id.clone()));
        value["name"] = process.name.clone().into();
        (vec![id(&process.id), name(process.name.as_deref())], value)
    };
    let rows = session.client.processes(model)?.iter().map(row).collect();
    let document = json!({ "model": named(&model.id, model) });
    show(&["PROCESS", "NAME"], ("processes", rows), document, none_in(model, "processes"), session)
}

pub(crate) fn imports(model: &ModelAddress, session: &Session) -> Result<(), Failure> {
    let imports = session.client.imports(model)?;
    let has_files = imports.iter().any(|import| import.file.is_some());
    let files = if has_files { session.client.files(model) } else { Ok(Vec::new()) };
    // Their names are an extra.
    let files = files.unwrap_or_else(|error| {
        session.reporter.warn(&format!("the source files are shown without names: {error}"));
        Vec::new()
    });
    let rows = imports.iter().map(|import| {
        let listed = files.iter().find(|file| Some(&file.id) == import.file.as_ref());
        let file_name = listed.and_then(|file| file.name.as_deref());
        let file = import.file.as_ref().map_or("-".to_owned(), id);
        let mut value = named(&import.id, &model.import(import.id.clone()));
        value["name"] = import.name.clone().into();
        value["file"] = import.file.as_ref().map(|id| json!({ "id": id.as_str(), "name": file_name })).into();
        (vec![id(&import.id), file, name(import.name.as_deref()), name(file_name)], value)
    });
    let document = json!({ "model": named(&model.id, model) });
    let header = ["IMPORT", "FILE", "NAME", "FILE NAME"];
    show(&header, ("imports", rows.collect()), document, none_in(model, "imports"), session)
}

pub(crate) fn chunks(locator: &Locator, session: &Session) -> Result<(), Failure> {
    let dump = find_dump(locator, session)?;
    let list = session.client.chunks(&dump)?;
    let row = |chunk: &Chunk| json!({ "id": chunk.id.as_str(), "name": chunk.name });
    let rows: Vec<Value> = list.as_slice().iter().map(row).collect();
    session.show(&json!({ "dump": named(dump.object(), &dump), "chunks": rows }), &|| {
        if list.as_slice().is_empty() {
            return "The dump has no chunks: it is empty.\n".to_owned();
        }
        let cells = |chunk: &Chunk| vec![chunk.id.to_string(), safe(chunk.name.as_deref().unwrap_or(""))];
        table(&["CHUNK", "NAME"], &list.as_slice().iter().map(cells).collect::<Vec<_>>())
    })
}

/// The dump of a locator; `latest` means the same task as for `get`.
fn find_dump(locator: &Locator, session: &Session) -> Result<DumpAddress, Failure> {
    let action = session.action(locator)?;
    let object = locator.object();
    match locator.task_choice() {
        // The error says what is missing.
        _ if object.is_none() && action.kind == ActionKind::Process => Ok(locator.dump()?),
        Some(TaskChoice::Id(task)) => Ok(DumpAddress { object: object.cloned(), task: action.task(task.clone()) }),
        Some(TaskChoice::Latest) => {
            let newest = session.newest_dumps(&action, &Wanted { object, ..Wanted::default() })?;
            let dump = newest.dumps.into_iter().next().map(|dump| dump.address);
            dump.ok_or_else(|| newest.rest.map_or_else(|missing| missing, Failure::NotFound))
        }
        None => Ok(locator.dump()?),
    }
}
