//! The scenario `explain`: a report on a dump, beside what reading it costs at least, and beside what people do
//! without a report.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::Command;

use argh::FromArgs;
use xtask::fake::dump_file::{Format, generate_with};

use super::measure::{self, Sample};
use super::table::Row;
use super::{Bench, Setting};
use crate::cargo::{PROGRAM, clean_command};
use crate::format::grouped;

/// Chunks of the dump where none are asked for, and bytes of each as the service cuts them: 400 MB.
const CHUNKS: usize = 40;
const CHUNK_BYTES: usize = 10_000_000;

/// The format of newer dumps, which `cut` can read as well.
const FORMAT: Format = Format { delimiter: b',', crlf: false, errors: 2, status: true };

/// The column `_Error_1_` of this format, for `cut`.
const ERROR_COLUMN: usize = 7;

/// The least that is wanted: MB/s, and times the speed of reading the records alone. By CPU time, which a busy
/// machine does not change: both have one thread.
const LEAST_RATE: f64 = 200.0;
const LEAST_RATIO: f64 = 0.5;

/// Peak memory that a report may take, in MiB, whatever the file.
const MAX_MEMORY: f64 = 64.0;

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
pub(super) fn run(setting: &Setting, arguments: &Bench) -> Result<(), String> {
    let (chunks, repeat) = (arguments.chunks.unwrap_or(CHUNKS), arguments.repeat);
    println!("\n{PROGRAM} explain on one core, beside the crate csv and beside `cut | sort | uniq -c`;");
    println!("the file is in memory, each time is the median of {repeat}");
    type Write = fn(&Path, usize) -> io::Result<u64>;
    let dumps: [(&str, Write); 2] =
        [("ten different values", write_usual), ("different values in each row", write_distinct)];
    for (title, write) in dumps {
        let path = setting.fresh("dump.csv")?;
        let length =
            write(&path, chunks * CHUNK_BYTES).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("\n{title}, {} bytes", grouped(length));
        println!("{:<34}{:>9}{:>9}{:>9}{:>9}{:>11}", "", "wall s", "MB/s", "CPU s", "MB/s", "peak MiB");
        let mut rows = Vec::new();
        for (name, mut command) in [
            (format!("{PROGRAM} explain"), explain(setting, &path)),
            ("crate csv, records alone".to_owned(), records(&path)?),
            ("cut | sort | uniq -c".to_owned(), sort(setting, &path)),
        ] {
            // Once unmeasured: it also brings the file into memory.
            let samples: io::Result<Vec<Sample>> =
                (0..=repeat).map(|_| measure::child(&mut command).map(|(sample, ..)| sample)).collect();
            let row = Row::new(name.clone(), &samples.map_err(|error| format!("{name}: {error}"))?[1..]);
            let (wall, cpu) = (row.wall, row.cpu);
            let (rate, cpu_rate) = (length as f64 / 1e6 / wall, length as f64 / 1e6 / cpu);
            println!("  {name:<32}{wall:>9.3}{rate:>9.0}{cpu:>9.3}{cpu_rate:>9.0}{:>11.1}", row.peak);
            rows.push((cpu_rate, row.peak));
        }
        let ((ours, peak), (alone, _)) = (rows[0], rows[1]);
        println!("  {:<32}{:>36.2}", format!("{PROGRAM} / crate csv"), ours / alone);
        if ours < LEAST_RATE || ours / alone < LEAST_RATIO || peak > MAX_MEMORY {
            println!(
                "  less than is wanted: {LEAST_RATE} MB/s, {LEAST_RATIO} of the crate csv, at most {MAX_MEMORY} MiB"
            );
        }
    }
    println!("\n`cut` splits at every comma and line end, also those inside fields: its counts are wrong.");
    Ok(())
}

fn explain(setting: &Setting, path: &Path) -> Command {
    let mut command = clean_command(&setting.program);
    command.arg("explain").arg(path);
    command
}

fn records(path: &Path) -> Result<Command, String> {
    let own = std::env::current_exe().map_err(|error| format!("the record counter: {error}"))?;
    let mut command = Command::new(own);
    command.arg("bench-records").arg(path);
    Ok(command)
}

/// With the locale in which `sort` is fastest.
fn sort(setting: &Setting, path: &Path) -> Command {
    let script = format!("cut -d, -f{ERROR_COLUMN} \"$0\" | sort | uniq -c | sort -rn | head");
    let mut command = clean_command("sh");
    command.args(["-c", &script]).arg(path).env("LC_ALL", "C").env("TMPDIR", &setting.folder);
    command
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
