//! Reports on dump files, and says how fast it read them:
//! `cargo run --release -p anaplan-dump-core --features report --example explain -- FILE...`

// What it prints is what it is for.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::fs::File;
use std::time::Instant;

use anaplan_dump_core::report::ReportBuilder;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut report = ReportBuilder::new();
    let begin = Instant::now();
    let mut bytes = 0;
    for name in std::env::args().skip(1) {
        let file = File::open(&name)?;
        bytes += file.metadata()?.len();
        report.add(&name, file)?;
    }
    let report = report.finish();
    let seconds = begin.elapsed().as_secs_f64();
    println!("{}", report.view());
    eprintln!("{} rows, {seconds:.2} s, {:.0} MB/s", report.totals.rows, bytes as f64 / 1e6 / seconds);
    Ok(())
}
