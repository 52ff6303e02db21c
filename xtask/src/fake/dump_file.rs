//! Dump files of any size in the format that the service writes, the same for the same seed.
//!
//! Rows hold doubled quotes, line breaks inside fields and characters of one to four bytes, so that chunk
//! boundaries fall inside something wherever they are.

use super::random::Random;

/// The parts of the format that differ from import to import.
#[derive(Clone, Copy)]
struct Format {
    /// Comma, tab, semicolon or pipe.
    delimiter: u8,
    /// Rows end with CR LF instead of LF.
    crlf: bool,
    /// The number of columns `_Error_1_`, `_Error_2_`, ...
    errors: usize,
    /// Newer dumps begin with a column `_Status_`.
    status: bool,
}

impl Format {
    fn from_seed(seed: u64) -> Self {
        // Not the generator of the rows.
        let mut random = Random::new(!seed);
        Self {
            delimiter: *random.pick(b",\t;|"),
            crlf: random.chance(0.5),
            errors: random.between(1, 3) as usize,
            status: random.chance(0.5),
        }
    }
}

/// A dump file of exactly this size, in a format chosen by the seed. The last row is padded to reach it; where not even
/// the header and one row fit, the text is cut off.
pub fn generate(seed: u64, size: usize) -> Vec<u8> {
    let format = Format::from_seed(seed);
    let mut random = Random::new(seed);
    let mut file = Vec::with_capacity(size + 1024);
    write_row(&mut file, format, &header(format));
    let mut last = Vec::new();
    write_row(&mut last, format, &last_row(format, 0));
    let mut line = 1;
    while file.len() + last.len() < size {
        let start = file.len();
        line += random.between(1, 3);
        write_row(&mut file, format, &row(format, &mut random, line));
        if file.len() + last.len() > size {
            file.truncate(start);
            break;
        }
    }
    let padding = size.saturating_sub(file.len() + last.len());
    write_row(&mut file, format, &last_row(format, padding));
    file.truncate(size);
    file
}

/// The number of rows of a dump file, without its header. Line breaks inside of fields do not end a row.
pub fn rows(file: &[u8]) -> usize {
    let mut is_quoted = false;
    let ends = file.iter().filter(|byte| {
        is_quoted ^= **byte == b'"';
        **byte == b'\n' && !is_quoted
    });
    ends.count().saturating_sub(1)
}

pub fn random_bytes(seed: u64, size: usize) -> Vec<u8> {
    let mut random = Random::new(seed);
    (0..size).map(|_| random.next_u64() as u8).collect()
}

const COLUMNS: [&str; 4] = ["Cost centre", "Größe", "Amount", "Comment \"free\""];

const NAMES: &[&str] = &[
    "Cost centre 4711",
    "Vertrieb Süd",
    "東京支店",
    "Отдел продаж",
    "R&D \"Skunk\" works",
    "Café, Bar; Küche | Keller",
    "🚀 Growth",
    "",
    "north\tsouth",
    "_Item_",
];

const COMMENTS: &[&str] = &[
    "",
    "checked by controlling",
    "first line\nsecond line",
    "first line\r\nsecond line\r\n",
    "says \"no\"",
    "\"",
    "\n",
    "emoji \u{1f469}\u{200d}\u{1f4bb} and \u{1d11e}",
    "a rather long remark that a person typed into the source system because there was room for it",
];

/// Each is completed by a value of the row, or stands for itself.
const MESSAGES: &[(&str, bool)] = &[
    ("Invalid number: ", true),
    ("Invalid line item identifier: Column 85717 (\"02 Customer\")", false),
    ("Item not located in Cost centres list: ", true),
    ("Invalid date: ", true),
    ("Invalid code: ", true),
    ("Invalid parent: ", true),
    ("Invalid name: ", true),
    ("Name or code already exists: ", true),
    ("Cannot be directly updated as it is a calculated line item", false),
    ("Duplicate ", true),
];

fn header(format: Format) -> Vec<String> {
    let mut fields = vec!["_Status_".to_owned()];
    fields.extend(COLUMNS.map(str::to_owned));
    fields.push("_Line_".to_owned());
    fields.extend((1..=format.errors).map(|error| format!("_Error_{error}_")));
    fields
}

fn row(format: Format, random: &mut Random, line: u64) -> Vec<String> {
    // A warning: the row was loaded.
    let is_warning = format.status && random.below(8) == 0;
    let mut fields = vec![if is_warning { "W" } else { "E" }.to_owned()];
    let name = *random.pick(NAMES);
    let bits = random.next_u64();
    let size = if bits & 1 == 0 { "groß" } else { "klein" };
    let amount = (bits >> 44).to_string();
    let comment = *random.pick(COMMENTS);
    fields.extend([name, size, &amount, comment, &line.to_string()].map(str::to_owned));
    for error in 0..format.errors {
        // Every rejected row has one error, few have more.
        let has_error = error == 0 || (bits >> (error % 32 + 1)) & 3 == 0;
        let (message, wants_value) = if has_error { *random.pick(MESSAGES) } else { ("", false) };
        fields.push(if wants_value { format!("{message}{name}") } else { message.to_owned() });
    }
    fields
}

fn last_row(format: Format, padding: usize) -> Vec<String> {
    let mut fields = vec!["E".to_owned()];
    fields.extend(["", "", "", "", "0"].map(str::to_owned));
    fields.push(format!("Invalid name: {}", "x".repeat(padding)));
    fields.resize(header(format).len(), String::new());
    fields
}

/// Every field is quoted, and a quote inside is doubled. The status comes first, where the format has it.
fn write_row(file: &mut Vec<u8>, format: Format, fields: &[String]) {
    for (index, field) in fields[usize::from(!format.status)..].iter().enumerate() {
        if index > 0 {
            file.push(format.delimiter);
        }
        file.push(b'"');
        file.extend_from_slice(field.replace('"', "\"\"").as_bytes());
        file.push(b'"');
    }
    file.extend_from_slice(if format.crlf { b"\r\n" } else { b"\n" });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_met_exactly_and_the_seed_decides_the_content() {
        for size in (0..1500).chain([10_000, 99_999]) {
            assert_eq!(generate(size as u64 % 4, size).len(), size);
        }
        assert!(generate(1, 5000) == generate(1, 5000) && generate(1, 5000) != generate(2, 5000));
    }

    #[test]
    fn files_are_well_formed_in_every_format_and_hold_what_trips_a_reader() {
        for seed in 0..40 {
            let (format, file) = (Format::from_seed(seed), generate(seed, 20_000 + seed as usize));
            let mut reader = csv::ReaderBuilder::new();
            let reader = reader.delimiter(format.delimiter).from_reader(&file[..]).into_records();
            let records: Vec<_> = reader.collect::<Result<_, _>>().unwrap();
            let columns = 5 + format.errors + usize::from(format.status);
            assert!(records.len() > 50 && records[0].len() == columns, "{}", records.len());
            assert_eq!(rows(&file), records.len(), "seed {seed}");
        }
        let text = String::from_utf8(generate(3, 50_000)).unwrap();
        for tricky in ["\"\"", "line\nsecond", "line\r\nsecond", "ü", "東", "🚀"] {
            assert!(text.contains(tricky), "{tricky:?}");
        }
    }
}
