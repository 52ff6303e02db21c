//! `workspaces` and `models`: what this user sees, so that ids can be found.

use anaplan_dump_core::{Id, ModelAddress};
use serde::Serialize;

use crate::arguments::{Models, Workspaces};
use crate::failure::Failure;
use crate::session::Session;
use crate::stdout::{print, print_json};
use crate::table::{MAX_ID_CHARS, MAX_NAME_CHARS, table};
use crate::text::{counted, cut, safe};

#[derive(Serialize)]
struct WorkspacesReport<'a> {
    workspaces: Vec<Workspace<'a>>,
}

#[derive(Serialize)]
struct Workspace<'a> {
    id: &'a str,
    name: Option<&'a str>,
}

pub(crate) fn workspaces(command: &Workspaces, session: &Session) -> Result<(), Failure> {
    let workspaces = session.client.workspaces()?;
    if workspaces.is_empty() {
        return Err(Failure::NotFound("this user sees no workspaces".to_owned()));
    }
    if command.json {
        let rows = workspaces.iter().map(|w| Workspace { id: w.id.as_str(), name: w.name.as_deref() });
        return print_json(&WorkspacesReport { workspaces: rows.collect() });
    }
    let cells = workspaces.iter().map(|workspace| {
        let name = workspace.name.as_deref().unwrap_or("");
        vec![cut(workspace.id.as_str(), MAX_ID_CHARS), cut(name, MAX_NAME_CHARS)]
    });
    print(&table(&["WORKSPACE", "NAME"], &cells.collect::<Vec<_>>()))
}

#[derive(Serialize)]
struct ModelsReport<'a> {
    models: Vec<Model<'a>>,
}

#[derive(Serialize)]
struct Model<'a> {
    id: &'a str,
    locator: String,
    name: Option<&'a str>,
    workspace: Option<&'a str>,
    /// The service's word, such as `UNLOCKED` or `ARCHIVED`.
    state: Option<&'a str>,
}

pub(crate) fn models(command: &Models, session: &Session) -> Result<(), Failure> {
    if command.workspace.as_ref().is_some_and(|workspace| workspace.contains('/')) {
        return Err(Failure::Usage("WORKSPACE is the id of a workspace, which workspaces lists".into()));
    }
    let asked = command.workspace.as_deref().map(str::parse::<Id>).transpose();
    let asked = asked.map_err(|error| Failure::Usage(format!("WORKSPACE: {error}")))?;
    let mut models = session.client.models(asked.as_ref())?;
    if models.is_empty() {
        return Err(Failure::NotFound("this user sees no models here".to_owned()));
    }
    let all = models.len();
    models.retain(|model| command.archived || !model.is_archived());
    if models.len() < all {
        let left_out = counted(all - models.len(), "archived model");
        session.reporter.note(&format!("{left_out} left out: --archived shows every model"));
    }
    let rows: Vec<Model<'_>> = models
        .iter()
        .map(|model| {
            let workspace = model.workspace.clone().or_else(|| asked.clone());
            let address = ModelAddress { origin: None, workspace, id: model.id.clone() };
            Model {
                id: model.id.as_str(),
                locator: address.to_string(),
                name: model.name.as_deref(),
                workspace: model.workspace.as_ref().or(asked.as_ref()).map(Id::as_str),
                state: model.state.as_deref(),
            }
        })
        .collect();
    if command.json {
        return print_json(&ModelsReport { models: rows });
    }
    let cells = |model: &Model<'_>| {
        let state = cut(model.state.unwrap_or("-"), MAX_ID_CHARS);
        vec![safe(&model.locator), state, cut(model.name.unwrap_or(""), MAX_NAME_CHARS)]
    };
    print(&table(&["WORKSPACE/MODEL", "STATE", "NAME"], &rows.iter().map(cells).collect::<Vec<_>>()))
}
