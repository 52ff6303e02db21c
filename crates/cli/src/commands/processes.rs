//! `processes`: the processes of a model.

use serde::Serialize;

use crate::arguments::Processes;
use crate::failure::Failure;
use crate::json::Named;
use crate::session::Session;
use crate::stdout::{print, print_json};
use crate::table::{MAX_ID_CHARS, MAX_NAME_CHARS, table};
use crate::text::cut;

#[derive(Serialize)]
struct Report<'a> {
    model: Named,
    processes: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    locator: String,
    name: Option<&'a str>,
}

pub(crate) fn processes(command: &Processes, session: &Session) -> Result<(), Failure> {
    let model = session.model(command.locator.as_deref())?;
    let processes = session.client.processes(&model)?;
    let rows: Vec<Row<'_>> = processes
        .iter()
        .map(|process| Row {
            id: process.id.as_str(),
            locator: model.process(process.id.clone()).to_string(),
            name: process.name.as_deref(),
        })
        .collect();
    if !command.json && !rows.is_empty() {
        let cells =
            |row: &Row<'_>| vec![cut(row.id, MAX_ID_CHARS), cut(row.name.unwrap_or(""), MAX_NAME_CHARS)];
        print(&table(&["PROCESS", "NAME"], &rows.iter().map(cells).collect::<Vec<_>>()))?;
    }
    let is_empty = rows.is_empty();
    if command.json {
        print_json(&Report { model: Named::from(&model), processes: rows })?;
    }
    if is_empty {
        return Err(Failure::NotFound(format!(
            "model {model} has no processes, or this user has no access to it: the service does not say which"
        )));
    }
    Ok(())
}
