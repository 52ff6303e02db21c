//! `chunks`: the chunk list of one dump.

use serde::Serialize;

use crate::arguments::Chunks;
use crate::failure::Failure;
use crate::session::Session;
use crate::stdout::{print, print_json};
use crate::table::table;
use crate::text::safe;

#[derive(Serialize)]
struct Report<'a> {
    dump: String,
    chunks: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    name: Option<&'a str>,
}

pub(crate) fn chunks(command: &Chunks, session: &Session) -> Result<(), Failure> {
    let dump = session.dump(&session.locator(&command.locator)?)?;
    let list = session.client.chunks(&dump)?;
    let chunks = list.as_slice();
    if command.json {
        let rows = chunks.iter().map(|chunk| Row { id: chunk.id.as_str(), name: chunk.name.as_deref() });
        return print_json(&Report { dump: dump.to_string(), chunks: rows.collect() });
    }
    if chunks.is_empty() {
        return print("The dump has no chunks: it is empty.\n");
    }
    let row = |name: Option<&str>| safe(name.unwrap_or(""));
    let rows: Vec<Vec<String>> =
        chunks.iter().map(|chunk| vec![chunk.id.to_string(), row(chunk.name.as_deref())]).collect();
    print(&table(&["CHUNK", "NAME"], &rows))
}
