//! What `serve` and `demo` show: a model whose import rejected rows last night, and what to type until none is left.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::fake::*;

/// The import that rejected rows, in the process [`PROCESS`], and its source file.
pub const IMPORT: &str = "112000000041";
const IMPORT_NAME: &str = "Cost centres";
const FILE: &str = "113000000001";
/// The name of the source file.
pub const FILE_NAME: &str = "cost-centres.csv";

/// Tasks of the process whose dumps are another user's, gone, or none.
pub const OTHERS_TASK: &str = "0123456789ABCDEF0123456789ABCDEF";
pub const ERASED_TASK: &str = "E1E1E1E1E1E1E1E1E1E1E1E1E1E1E1E1";
pub const CLEAN_TASK: &str = "C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0";

/// The run of an import by itself that has a large dump, below the model.
pub const LARGE: &str = "112000000031/1A26E000000000000000000000000001";

/// Rows of the source. One in [`MISTAKES`] has a mistake, in its region or in its amount.
const ROWS: usize = 1_100;
const MISTAKES: usize = 29;
const REGIONS: [&str; 4] = ["North", "South", "East", "West"];
const WRONG_REGION: &str = "Nrth";
const WRONG_AMOUNT: &str = "n/a";

/// The source file as it comes out of another system.
pub fn source() -> String {
    let mut text = "Code,Name,Region,Amount\n".to_owned();
    for row in 1..=ROWS {
        let is_wrong = row % MISTAKES == 0;
        let region = if is_wrong && row % 2 == 0 { WRONG_REGION } else { REGIONS[row % 4] };
        let amount = if is_wrong && row % 2 == 1 { WRONG_AMOUNT.to_owned() } else { format!("{}.50", row * 7) };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "CC{row:04},\"Centre {row}\",{region},{amount}");
    }
    text
}

/// The model, with this dump as the large one.
pub fn service(large: Dump) -> Service {
    let import = Import::from_file(FILE)
        .with_column("Code", Rule::Unique)
        .with_column("Name", Rule::Name)
        .with_column("Region", Rule::ItemOf("Regions".to_owned(), REGIONS.map(str::to_owned).to_vec()))
        .with_column("Amount", Rule::Number);
    let mut file = SourceFile::new(FILE, FILE_NAME);
    file.content = Some(source().into_bytes());

    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
    let hours_ago = |hours: u64| now - hours * 3_600_000;
    let of = |result: ActionResult| {
        let deleted = ActionResult::new("117000000003").with_name("Delete old entries");
        ActionResult::new(PROCESS).with_nested(deleted).with_nested(result)
    };
    let (result, dump) = import.load(IMPORT, IMPORT_NAME, &file, USER);
    let dump = dump.unwrap_or_default();
    let failed = |id| Task::complete(id).with_result(of(result.clone()));
    let clean = ActionResult::loaded(IMPORT, IMPORT_NAME, [ROWS, 0, 0]);
    let nightly = Process::new(PROCESS, "Nightly load")
        .with_action("117000000003", "Delete old entries")
        .with_action(IMPORT, IMPORT_NAME)
        .with_script(Task::script().with_stage("IN_PROGRESS", "Importing cost centres", 0.5))
        .with_task(failed(TASK).with_creation_time(hours_ago(6)).with_dump(IMPORT, dump.clone()))
        .with_task(Task::complete(CLEAN_TASK).with_creation_time(hours_ago(30)).with_result(of(clean)))
        .with_task(failed(ERASED_TASK).with_creation_time(hours_ago(31)).with_dump(IMPORT, dump.clone().erased()))
        .with_task(failed(OTHERS_TASK).with_creation_time(hours_ago(32)).with_dump(IMPORT, dump).with_owner("another"));

    let (id, task) = LARGE.split_once('/').unwrap_or_default();
    let actuals = ActionResult::loaded(id, "Actuals", [48_210, dump_file::rows(&large.bytes()), 0]);
    let actuals = Task::complete(task).with_result(actuals).with_dump(id, large).with_creation_time(hours_ago(5));
    Service::new()
        .with_file(file)
        .with_process(nightly)
        .with_import(Process::new(IMPORT, IMPORT_NAME).reading(import))
        .with_import(Process::new(id, "Actuals").with_task(actuals))
}

/// What makes a shell speak to the server, with the program in this folder.
pub fn settings(server: &FakeServer, program: &Path) -> String {
    let (origin, program) = (server.origin(), program.display());
    format!(
        "export PATH=\"{program}:$PATH\"
export ANAPLAN_API_URL={origin} ANAPLAN_AUTH_URL={origin} ANAPLAN_OAUTH_URL={origin}
export ANAPLAN_WORKSPACE={WORKSPACE} ANAPLAN_MODEL={MODEL}
export ANAPLAN_TOKEN={TOKEN}"
    )
}

/// What to type from a failed night to nothing left: what each line is for, and the line.
pub fn steps() -> [(&'static str, String); 5] {
    let explain = "anaplan-dump explain rejected/*.csv";
    let correct = format!("sed 's|{WRONG_REGION}|North|; s|{WRONG_AMOUNT}|0|' to-correct.csv >corrected.csv");
    [
        ("Download the rows that were rejected last night:", format!("anaplan-dump get {PROCESS} -o rejected/")),
        ("See what is wrong in them:", explain.to_owned()),
        ("Write them into a file, to be corrected:", format!("{explain} --fix to-correct.csv")),
        ("Correct them, here by two replacements instead of in an editor:", correct),
        ("Load them:", format!("anaplan-dump run {IMPORT} --put corrected.csv -o rejected/")),
    ]
}
