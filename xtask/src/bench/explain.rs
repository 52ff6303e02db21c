//! The scenario `explain`: a report on a dump, beside the crate csv that reads the records and does nothing else.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use argh::FromArgs;
use xtask::fake::dump_file::{Format, generate_with};

use super::Setting;
use super::measure::{alone, rounds};
use super::table::Section;
use crate::cargo::PROGRAM;

/// Bytes of a dump.
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

/// Measures both kinds of dumps.
pub(super) fn run(setting: &Setting, repeat: usize) -> Result<Vec<Section>, String> {
    let own = std::env::current_exe().map_err(|error| format!("the record counter: {error}"))?;
    let path = setting.folder.join("dump.csv");
    let failed = |error: io::Error| format!("{}: {error}", path.display());
    let mut sections = Vec::new();
    for (title, is_usual) in
        [("explain, ten different values", true), ("explain, values in no two rows the same", false)]
    {
        let mut file = BufWriter::new(File::create(&path).map_err(failed)?);
        if is_usual { write_usual(&mut file) } else { write_distinct(&mut file) }.map_err(failed)?;
        file.flush().map_err(failed)?;
        let contenders = [
            alone("crate csv, records alone".to_owned(), &own, vec!["bench-records".as_ref(), &path]),
            alone(format!("{PROGRAM} explain"), &setting.program, vec!["explain".as_ref(), &path]),
        ];
        sections.push(Section { title, bytes: SIZE, rows: rounds(&contenders, repeat)? });
    }
    Ok(sections)
}

/// A dump as the fake service makes it, its rows over and over.
fn write_usual(file: &mut impl Write) -> io::Result<()> {
    let block = generate_with(1, BLOCK_BYTES, FORMAT);
    let header = block.iter().position(|byte| *byte == b'\n').map_or(block.len(), |at| at + 1);
    let (header, rows) = block.split_at(header);
    file.write_all(header)?;
    (0..SIZE / rows.len()).try_for_each(|_| file.write_all(rows))
}

/// A dump of two errors a row, in which no two rows complain of the same value.
fn write_distinct(file: &mut impl Write) -> io::Result<()> {
    let columns = ["_Status_", "Code", "Name", "Amount", "Comment", "_Line_", "_Error_1_", "_Error_2_"];
    writeln!(file, "\"{}\"", columns.join("\",\""))?;
    let (mut length, mut line) = (0, 1_u64);
    while length < SIZE {
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
    Ok(())
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
