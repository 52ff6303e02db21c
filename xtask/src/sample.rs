//! What `serve` and `demo` load: a source file with mistakes in it, and the import that finds them.

use std::fmt::Write as _;

use xtask::fake::{Import, Process, ProcessRun, Rule, Service, SourceFile, TaskState};

/// The import, its source file, and the process that it is an action of.
pub(crate) const IMPORT: &str = "112000000041";
const IMPORT_NAME: &str = "Cost centres from file";
const FILE: &str = "113000000001";
const PROCESS: &str = "118000000003";

/// Rows of the source, and each how manieth has a mistake.
const ROWS: usize = 1_100;
const MISTAKES: usize = 29;

const REGIONS: [&str; 4] = ["North", "South", "East", "West"];

/// Adds them to a service.
pub(crate) fn add_to(service: Service) -> Service {
    let import = Import::from_file(FILE)
        .with_column("Code", Rule::Unique)
        .with_column("Name", Rule::Name)
        .with_column("Region", Rule::ItemOf("Regions".to_owned(), REGIONS.map(str::to_owned).to_vec()))
        .with_column("Amount", Rule::Number);
    let run = ProcessRun::new().with_step(TaskState::InProgress, "Importing cost centres", 0.5);
    let process = Process::new(PROCESS, "Load cost centres");
    service
        .with_file(SourceFile::new(FILE, "cost-centres.csv"))
        .with_import(Process::new(IMPORT, IMPORT_NAME).reading(import).with_script(run.clone()))
        .with_process(process.with_action(IMPORT, IMPORT_NAME).with_script(run))
}

/// The source file as it comes out of another system.
pub(crate) fn source() -> String {
    let mut text = "Code,Name,Region,Amount\n".to_owned();
    for row in 1..=ROWS {
        let is_wrong = row % MISTAKES == 0;
        let region = if is_wrong && row % 2 == 0 { "Nrth" } else { REGIONS[row % 4] };
        let amount = if is_wrong && row % 2 == 1 { "n/a".to_owned() } else { format!("{}.50", row * 7) };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "CC{row:04},\"Centre {row}, {region}\",{region},{amount}");
    }
    text
}
