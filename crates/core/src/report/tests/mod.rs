//! Dumps of all shapes, from file to report.

mod fixing;
mod golden;
mod limits;
mod numbers;

use std::io::Read;

use super::{Report, ReportBuilder};

/// The vendor's own test fixture, tab-separated.
const INVALID_NUMBER: &str = concat!(
    "\"Column 1\"\t\"Column 2\"\t\"Column 3\"\t\"Column 4\"\t\"_Line_\"\t\"_Error_1_\"\n",
    "\"Item 9\"\t\"a\"\t\"true\"\t\"false\"\t\"11\"\t\"Invalid number: a\"\n",
);

/// A dump with a status, warnings, gaps between errors, a consequence, and fields that hold separators and line breaks.
const MIXED: &str = r#""_Status_","Code","Parent","Amount","02 Customer","_Line_","_Error_1_","_Error_2_","_Error_3_"
"E","A1","North","1.2.3","x","2","Invalid number: 1.2.3","",""
"E","A2","North","n/a","x","5","Invalid number: n/a","","Invalid line item identifier: Column 85717 (""02 Customer"")"
"E","A3","South","n/a","x","6","Invalid number: n/a","Item not located in Regions list: South",""
"E",",,,","East","1","x","7","Invalid code: ,,,","Item not located in Regions list: East",""
"W","A5","North","2","y","9","Cannot be directly updated as it is a calculated line item","",""
"E","A6","South","3","two
lines","11","","Item not located in Regions list: South",""
"E","A7","A1","4","z","12","Has dependency on rejected row: 2","",""
"E","A8","A1","5","z","13","The moon is in the way: 12","",""
"E","A9","North","6","z","14","","",""
"#;

#[test]
fn the_report_is_the_same_however_the_reads_fall() {
    // Past what the encoding is detected from, so that rows are cut as well.
    let rows = MIXED.split_once('\n').unwrap().1.repeat(3);
    let dump = MIXED.to_owned() + &rows;
    // Separators between fields are between quotes, and no field holds such a sequence.
    let other = dump.replace("\",\"", "\";\"").replace("\"\n\"", "\"\r\n\"").replace("moon", "m𝄞𝄞n");
    for dump in [dump, other] {
        for file in [dump.clone().into_bytes(), utf16(&dump, u16::to_le_bytes), utf16(&dump, u16::to_be_bytes)] {
            let whole = report(&*file);
            for piece in [1, 2, 3, 7, 100, 511, 513] {
                assert_eq!(report(Pieces(&file, piece)), whole, "in pieces of {piece}");
            }
        }
    }
}

fn report(dump: impl Read) -> Report {
    let mut builder = ReportBuilder::new();
    builder.add("dump.csv", dump).unwrap();
    builder.finish()
}

/// Hands out the bytes in pieces of this length.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(self.0.len()).min(buffer.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}
