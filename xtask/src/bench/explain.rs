//! The scenario `explain`: a report on a dump, beside what reading it costs at least.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use argh::FromArgs;
use xtask::fake::dump_file::{Format, generate_with};

use super::Setting;
use super::measure::{CPU, alone, rounds};
use crate::cargo::PROGRAM;
use crate::format::grouped;

/// Bytes of the dump.
const SIZE: usize = 400_000_000;

/// The format of newer dumps.
const FORMAT: Format = Format { delimiter: b',', crlf: false, errors: 2, status: true };

/// Bytes of the rows that are written over and over. The memory of this process is the least that its children can
/// show.
const BLOCK_BYTES: usize = 1_000_000;

/// Bytes that the record counter reads at once, as the program does.
const BUFFER_BYTES: usize = 128 * 1024;

/// count the records of a file with the crate csv and do nothing else, for `bench`
#[derive(FromArgs)]
#[argh(subcommand, name = "bench-records")]
pub(crate) struct BenchRecords {
    #[argh(positional)]
    file: String,
}

/// Measures and prints.
pub(super) fn run(setting: &Setting, repeat: usize) -> Result<(), String> {
    let own = std::env::current_exe().map_err(|error| format!("the record counter: {error}"))?;
    println!("\n{PROGRAM} explain on one core, beside the crate csv;");
    println!(
        "the file is in memory, each time is the median of {repeat}; wanted, by CPU time: 200 MB/s, and half of the"
    );
    println!("speed of the crate csv; at most 64 MiB");
    type Write = fn(&Path, usize) -> io::Result<u64>;
    let dumps: [(&str, Write); 2] =
        [("ten different values", write_usual), ("different values in each row", write_distinct)];
    for (title, write) in dumps {
        let path = setting.folder.join("dump.csv");
        let length = write(&path, SIZE).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("\n{title}, {} bytes", grouped(length));
        println!("{:<34}{:>9}{:>9}{:>9}{:>9}{:>11}", "", "wall s", "MB/s", "CPU s", "MB/s", "peak MiB");
        let contenders = [
            alone(format!("{PROGRAM} explain"), &setting.program, vec!["explain".as_ref(), &path]),
            alone("crate csv, records alone".to_owned(), &own, vec!["bench-records".as_ref(), &path]),
        ];
        let rows = rounds(&contenders, repeat)?;
        let rate = |seconds: f64| length as f64 / 1e6 / seconds;
        for (name, [wall, _, cpu, peak]) in &rows {
            let (by_wall, by_cpu) = (rate(*wall), rate(*cpu));
            println!("  {name:<32}{wall:>9.3}{by_wall:>9.0}{cpu:>9.3}{by_cpu:>9.0}{peak:>11.1}");
        }
        println!("  {:<32}{:>36.2}", format!("{PROGRAM} / crate csv"), rows[1].1[CPU] / rows[0].1[CPU]);
    }
    Ok(())
}

/// Writes a dump as the fake service makes it, its rows over and over. Returns the length.
fn write_usual(path: &Path, size: usize) -> io::Result<u64> {
    let block = generate_with(1, BLOCK_BYTES, FORMAT);
    let header = block.iter().position(|byte| *byte == b'\n').map_or(block.len(), |at| at + 1);
    let (header, rows) = block.split_at(header);
    let mut file = File::create(path)?;
    file.write_all(header)?;
    (0..size / rows.len()).try_for_each(|_| file.write_all(rows))?;
    file.metadata().map(|metadata| metadata.len())
}

/// Writes a dump of two errors a row, in which no two rows complain of the same value. Returns the length.
fn write_distinct(path: &Path, size: usize) -> io::Result<u64> {
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(
        b"\"_Status_\",\"Code\",\"Name\",\"Amount\",\"Comment\",\"_Line_\",\"_Error_1_\",\"_Error_2_\"\n",
    )?;
    let (mut length, mut line) = (0, 1_u64);
    while length < size {
        line += 1;
        // Multiplied by an odd number, so that codes differ, but not in order.
        let code = line.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let row = format!(
            "\"E\",\"CC{code}\",\"Cost centre {line}\",\"{line}.{code}.0\",\"\",\"{line}\",\"Invalid number: \
             {line}.{code}.0\",\"Item not located in Cost centres list: CC{code}\"\n"
        );
        file.write_all(row.as_bytes())?;
        length += row.len();
    }
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.metadata().map(|metadata| metadata.len())
}

/// Counts the records of a file.
pub(crate) fn count_records(arguments: &BenchRecords) -> Result<(), String> {
    let failed = |error: csv::Error| format!("{}: {error}", arguments.file);
    let mut reader =
        csv::ReaderBuilder::new().buffer_capacity(BUFFER_BYTES).from_path(&arguments.file).map_err(failed)?;
    let (mut record, mut records) = (csv::ByteRecord::new(), 0_u64);
    while reader.read_byte_record(&mut record).map_err(failed)? {
        records += 1;
    }
    println!("{records}");
    Ok(())
}
