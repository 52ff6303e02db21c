//! `chunks`: the chunk list of one dump.

use anaplan_dump_core::{ActionKind, DumpAddress, Locator, TaskChoice};
use serde::Serialize;

use crate::arguments::Chunks;
use crate::failure::Failure;
use crate::json::Named;
use crate::newest::SearchOptions;
use crate::session::Session;
use crate::stdout::{print, print_json};
use crate::table::table;
use crate::text::safe;

#[derive(Serialize)]
struct Report<'a> {
    dump: Named,
    chunks: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    name: Option<&'a str>,
}

pub(crate) fn chunks(command: &Chunks, session: &Session) -> Result<(), Failure> {
    let dump = find(&session.locator(&command.locator)?, session)?;
    let list = session.client.chunks(&dump)?;
    let chunks = list.as_slice();
    if command.json {
        let rows = chunks.iter().map(|chunk| Row { id: chunk.id.as_str(), name: chunk.name.as_deref() });
        return print_json(&Report { dump: Named::from(&dump), chunks: rows.collect() });
    }
    if chunks.is_empty() {
        return print("The dump has no chunks: it is empty.\n");
    }
    let row = |name: Option<&str>| safe(name.unwrap_or(""));
    let rows: Vec<Vec<String>> =
        chunks.iter().map(|chunk| vec![chunk.id.to_string(), row(chunk.name.as_deref())]).collect();
    print(&table(&["CHUNK", "NAME"], &rows))
}

/// The dump of a locator; `latest` means the same task as for `get`.
fn find(locator: &Locator, session: &Session) -> Result<DumpAddress, Failure> {
    let action = session.action(locator)?;
    match locator.task_choice() {
        Some(TaskChoice::Latest) if locator.object().is_some() || action.kind == ActionKind::Import => {
            let newest = session.newest_dumps(&action, locator.object(), SearchOptions::default())?;
            match (newest.dumps.into_iter().next(), newest.clean) {
                (Some(dump), _) => Ok(dump.address),
                (None, clean) => {
                    Err(Failure::NotFound(clean.unwrap_or_else(|| "there is no dump".to_owned())))
                }
            }
        }
        _ => {
            let complete = locator.dump()?;
            Ok(DumpAddress { object: complete.object, task: action.task(complete.task.id) })
        }
    }
}
