//! `chunks`: the chunk list of one dump.

use serde::Serialize;

use crate::arguments::Chunks;
use crate::failure::Failure;
use crate::output::{print, print_json, table};
use crate::settings::Settings;

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

pub(crate) fn run(command: &Chunks, settings: &Settings) -> Result<(), Failure> {
    let dump = settings.dump(&settings.locator(&command.locator)?)?;
    let list = settings.client.chunks(&dump)?;
    let chunks = list.as_slice();
    if command.json {
        let rows = chunks.iter().map(|chunk| Row { id: chunk.id.as_str(), name: chunk.name.as_deref() });
        return print_json(&Report { dump: dump.to_string(), chunks: rows.collect() });
    }
    if chunks.is_empty() {
        return print("The dump has no chunks: it is empty.\n");
    }
    let rows: Vec<Vec<String>> = chunks
        .iter()
        .map(|chunk| {
            let name = chunk.name.as_deref().unwrap_or("");
            vec![chunk.id.to_string(), anaplan_dump_core::Printable(name).to_string()]
        })
        .collect();
    print(&table(&["CHUNK", "NAME"], &rows))
}
