//! `imports`: the imports of a model, with the source files that they read.

use anaplan_dump_core::{Id, NamedId};
use serde::Serialize;

use crate::arguments::Imports;
use crate::failure::Failure;
use crate::json::Named;
use crate::session::Session;
use crate::stdout::{print, print_json};
use crate::table::{MAX_ID_CHARS, MAX_NAME_CHARS, table};
use crate::text::cut;

#[derive(Serialize)]
struct Report {
    model: Named,
    imports: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    id: String,
    locator: String,
    name: Option<String>,
    /// Null for an import that reads from another model.
    file: Option<File>,
}

#[derive(Serialize)]
struct File {
    id: String,
    name: Option<String>,
}

pub(crate) fn imports(command: &Imports, session: &Session) -> Result<(), Failure> {
    let model = session.model(command.locator.as_deref())?;
    let imports = session.client.imports(&model)?;
    let has_files = imports.iter().any(|import| import.file.is_some());
    let files = if has_files { session.client.files(&model)? } else { Vec::new() };
    let file = |id: &Id| {
        let named = files.iter().find(|file: &&NamedId| file.id == *id);
        File { id: id.as_str().to_owned(), name: named.and_then(|file| file.name.clone()) }
    };
    let rows: Vec<Row> = imports
        .iter()
        .map(|import| Row {
            id: import.id.as_str().to_owned(),
            locator: model.import(import.id.clone()).to_string(),
            name: import.name.clone(),
            file: import.file.as_ref().map(file),
        })
        .collect();
    if !command.json && !rows.is_empty() {
        let cells = |row: &Row| {
            let (file, file_name) = match &row.file {
                Some(file) => (file.id.as_str(), file.name.as_deref()),
                None => ("-", None),
            };
            let name = |name: Option<&str>| cut(name.unwrap_or(""), MAX_NAME_CHARS);
            let ids = [cut(&row.id, MAX_ID_CHARS), cut(file, MAX_ID_CHARS)];
            ids.into_iter().chain([name(row.name.as_deref()), name(file_name)]).collect()
        };
        print(&table(&["IMPORT", "FILE", "NAME", "FILE NAME"], &rows.iter().map(cells).collect::<Vec<_>>()))?;
    }
    let is_empty = rows.is_empty();
    if command.json {
        print_json(&Report { model: Named::from(&model), imports: rows })?;
    }
    if is_empty {
        return Err(Failure::NotFound(format!(
            "model {model} has no imports, or this user has no access to it: the service does not say which"
        )));
    }
    Ok(())
}
