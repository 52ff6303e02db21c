//! The corrected file: the generated rows come out exactly.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::report::{Encoding, ReportError};

/// Characters of fields: everything that a format could trip over.
const CHARACTERS: &str = "a,;\t|\"\n\r =+@_'öß東𝄞\u{1b}\u{feff}";

/// Bytes of other encodings, where the dump is not in UTF-16.
const BYTES: [&[u8]; 5] = [b"", b"\xf6", b"\xff\xfe", b"\xed\xa0\x80", b"\xe6\x9d"];

#[derive(Debug, Clone)]
struct Shape {
    separator: &'static str,
    quote: u8,
    line_end: &'static str,
    /// Index into [`ENCODINGS`].
    encoding: usize,
    has_status: bool,
    has_line: bool,
    errors: usize,
}

type Fields = Vec<Vec<u8>>;

/// What the service says about a row: whether it was loaded, and the errors.
type Said = (bool, Fields);

const ENCODINGS: [Encoding; 6] = [
    Encoding::Utf8,
    Encoding::Utf8Bom,
    Encoding::Utf16Le,
    Encoding::Utf16LeBom,
    Encoding::Utf16Be,
    Encoding::Utf16BeBom,
];

impl Shape {
    /// A file of these rows, each field quoted.
    fn file(&self, rows: &[Fields]) -> Vec<u8> {
        let mut text = Vec::new();
        for row in rows {
            for (index, field) in row.iter().enumerate() {
                text.extend_from_slice(if index > 0 { self.separator.as_bytes() } else { b"" });
                text.push(self.quote);
                field.iter().for_each(|byte| text.extend(vec![*byte; if *byte == self.quote { 2 } else { 1 }]));
                text.push(self.quote);
            }
            text.extend_from_slice(self.line_end.as_bytes());
        }
        let mut file = ENCODINGS[self.encoding].bom().to_vec();
        ENCODINGS[self.encoding].encode(&text, &mut file);
        file
    }
}

prop_compose! {
    fn shapes()(
        separator in select(vec![",", "\t", ";", "|", "^", "~", "§", " ", ":"]), quote in select(b"\"'".to_vec()),
        line_end in select(vec!["\n", "\r\n", "\r"]),
        encoding in 0..ENCODINGS.len(), has_status in any::<bool>(), has_line in any::<bool>(), errors in 1..4usize,
    ) -> Shape {
        Shape { separator, quote, line_end, encoding, has_status, has_line, errors }
    }
}

/// Fields that any encoding of the shape can hold.
fn field(encoding: usize) -> impl Strategy<Value = Vec<u8>> {
    let character = select(CHARACTERS.chars().collect::<Vec<_>>());
    let byte = if encoding < 2 { 0..BYTES.len() } else { 0..1 };
    (vec(character, 0..5), byte)
        .prop_map(|(text, byte)| [text.iter().collect::<String>().as_bytes(), BYTES[byte]].concat())
}

/// A shape, the import's rows with their header, and for each row whether it is a warning, and its errors.
fn dumps() -> impl Strategy<Value = (Shape, Vec<Fields>, Vec<Said>)> {
    (shapes(), 1..5usize, 0..8usize).prop_flat_map(|(shape, columns, rows)| {
        let row = vec(field(shape.encoding), columns);
        // Names of the import's columns are never those of the service.
        let rows_of_import = vec(row, rows + 1).prop_map(|mut rows| {
            rows[0].iter_mut().for_each(|name| name.insert(0, b'c'));
            rows
        });
        let said = (any::<bool>(), vec(field(shape.encoding), shape.errors));
        (Just(shape), rows_of_import, vec(said, rows))
    })
}

fn with_service_columns(shape: &Shape, rows: &[Fields], said: &[Said]) -> Vec<Fields> {
    let text = |text: &str| text.as_bytes().to_vec();
    let names = (1..=shape.errors).map(|error| text(&format!("_Error_{error}_"))).collect();
    let header = [(text("_Status_"), text("_Line_"), names)].into_iter();
    let said = (3..).step_by(3).zip(said).map(|(line, (is_warning, errors))| {
        (text(if *is_warning { "W" } else { "E" }), text(&format!("{line}")), errors.clone())
    });
    let with_row = |(row, (status, line, errors)): (&Fields, (Vec<u8>, Vec<u8>, Fields))| {
        let status = shape.has_status.then_some(status);
        let line = shape.has_line.then_some(line);
        status.into_iter().chain(row.iter().cloned()).chain(line).chain(errors).collect()
    };
    rows.iter().zip(header.chain(said)).map(with_row).collect()
}

fn fixed(file: &[u8]) -> Result<Vec<u8>, ReportError> {
    let mut output = Vec::new();
    ReportBuilder::new().add_and_fix("", file, None, false, &mut output)?;
    Ok(output)
}

proptest! {
    #[test]
    fn the_rejected_rows_come_out_byte_for_byte((shape, rows, said) in dumps()) {
        let file = shape.file(&with_service_columns(&shape, &rows, &said));
        let is_rejected = |index: usize| index == 0 || !(shape.has_status && said[index - 1].0);
        let indexes = (0..rows.len()).filter(|index| is_rejected(*index));
        let rejected: Vec<_> = indexes.map(|index| rows[index].clone()).collect();
        prop_assert_eq!(fixed(&file).unwrap(), shape.file(&rejected));
    }

    #[test]
    fn no_damage_to_a_file_makes_anything_panic(
        (shape, rows, said) in dumps(),
        edits in vec((any::<prop::sample::Index>(), 0..3u8, any::<u8>()), 1..6),
    ) {
        let mut file = shape.file(&with_service_columns(&shape, &rows, &said));
        for (at, edit, byte) in edits {
            let at = at.index(file.len().max(1)).min(file.len());
            match edit {
                0 => file.truncate(at),
                1 => file.insert(at, byte),
                _ => if let Some(old) = file.get_mut(at) { *old = byte },
            }
        }
        let mut builder = ReportBuilder::new();
        match builder.add("x", &*file) {
            Ok(()) => {
                let report = builder.finish();
                prop_assert_eq!(report.totals.rows, report.totals.rejected + report.totals.warnings);
                prop_assert!(report.view().to_string().contains("\n  x: "));
                prop_assert!(report.view().html().to_string().ends_with("</html>\n"));
                let is_cut_off = matches!(fixed(&file), Err(ReportError::CutOff));
                prop_assert_eq!(is_cut_off, report.totals.rows_cut_off > 0);
            }
            Err(ReportError::NotADump { .. } | ReportError::NotText { .. } | ReportError::CutOff) => {}
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        }
    }
}

#[test]
fn a_source_without_quotes_gets_them_only_where_they_must_be() {
    let dump = "Code;Text;_Line_;_Error_1_\nA;\"x;y\";2;Odd\nB;;3;Odd\n";
    assert_eq!(fixed(dump.as_bytes()).unwrap(), b"Code;Text\nA;\"x;y\"\nB;\n");
    let dump = "\"Name, full\",Code,_Line_\nA,1,2\n";
    assert_eq!(fixed(dump.as_bytes()).unwrap(), b"\"Name, full\",Code\nA,1\n");
    assert_eq!(fixed(b"Code;_Line_\n\"\";2\n").unwrap(), b"Code\n\"\"\n");
}

#[test]
fn rows_whose_fields_may_be_shifted_are_counted_not_written() {
    for (header, rows, written, left_out) in [
        ("A,B,_Line_,_Error_1_", "a\nb,c,1\nd,e,2,x,y\n", "b,c\n", &[2, 4][..]),
        ("Name,Amount,_Line_,_Error_1_", "B,1,zwei,Odd\nC,1,\"1,234\",Odd\nD,1,,Odd\n", "B,1\nC,1\nD,1\n", &[]),
        // The first lacks its amount: the month would become the amount, and the line the month.
        (
            "Name,Amount,Month,_Line_,_Error_1_",
            "B,2026-01,8,Invalid number: 10\nC,1,2026-01,9,Odd\n",
            "C,1,2026-01\n",
            &[2],
        ),
        ("Name,Amount,_Line_,_Error_1_", "B,2026-01\nC,1,\nD,1,x,Odd\nE,1,5\n", "D,1\nE,1\n", &[2, 3]),
        ("Name,Amount,_Error_1_,_Error_2_", "B,Odd\nC,1,Odd\nD,1,Odd,Odd\n", "C,1\nD,1\n", &[2]),
        ("_Status_,Name,Amount", "E,B\nE,C,1\n", "C,1\n", &[2]),
    ] {
        let (mut output, dump) = (Vec::new(), format!("{header}\n{rows}"));
        let fixed = ReportBuilder::new().add_and_fix("", dump.as_bytes(), None, false, &mut output).unwrap();
        let text = String::from_utf8(output).unwrap();
        assert_eq!(text.split_once('\n').map(|(_, rows)| rows), Some(written), "{dump}");
        assert_eq!((fixed.left_out, &*fixed.left_out_rows), (left_out.len() as u64, left_out), "{dump}");
    }
}

#[test]
fn rows_that_were_loaded_with_a_warning_are_written_if_asked() {
    let dump = "_Status_,Name,_Line_,_Error_1_\nW,a,2,Invalid parent\nE,b,3,Odd\nW,c,4,Invalid parent\n";
    let fixed = |kind, with_warnings| {
        let mut output = Vec::new();
        let rows = ReportBuilder::new().add_and_fix("", dump.as_bytes(), kind, with_warnings, &mut output).unwrap();
        (rows.rows, rows.warnings_left_out, String::from_utf8(output).unwrap())
    };
    assert_eq!(fixed(None, false), (1, 2, "Name\nb\n".into()));
    assert_eq!(fixed(None, true), (3, 0, "Name\na\nb\nc\n".into()));
    // The report lists the kind, so there is one.
    assert_eq!(fixed(Some("parent"), false), (0, 2, "Name\n".into()));
    assert_eq!(fixed(Some("parent"), true), (2, 0, "Name\na\nc\n".into()));
}

#[test]
fn a_source_without_a_header_is_said() {
    let dump = b"\"Column 1\",\"Column 2\",\"_Line_\"\n\"a\",\"b\",\"1\"\n";
    let rows = ReportBuilder::new().add_and_fix("", &dump[..], None, false, Vec::new()).unwrap();
    assert!(rows.may_lack_header && rows.rows == 1, "{rows:?}");
}

#[test]
fn all_columns_but_those_of_the_service_come_out_as_they_are() {
    for (dump, expected) in [
        (&b"'N';'_Line_'\r\n'St\xe4dte; it''s';'2'\r\n"[..], &b"'N'\r\n'St\xe4dte; it''s'\r\n"[..]),
        (b"N\xa7_Line_\n\"big\" box\xa72\n\"x\xa73\nz\xa74\n", b"N\n\"big\" box\n\"x\nz\n"),
        (b"sep=;\n\"N\";\"_Line_\"\n\"A2\"x\";\"3\"\n", b"\"N\"\n\"A2\"\"x\"\n"),
        (b"SEP=;\r\nN;_Line_;_Error_1_\r\n\"a;b\";2;Odd\r\n", b"N\r\n\"a;b\"\r\n"),
        (b"Code,_Error_,_Error_x_,_Error_12_\na,b,c,Odd\n", b"Code,_Error_,_Error_x_\na,b,c\n"),
        // A dump that was imported: the columns of the first dump belong to the import.
        (
            b"_Status_,_Status_,A,_Line_,_Error_1_,_Error_2_,_Line_,_Error_1_\nE,W,a,7,b,c,2,Odd\n",
            b"_Status_,A,_Line_,_Error_1_,_Error_2_\nW,a,7,b,c\n",
        ),
        // Without rows there is the header, if there is any.
        (b"\xef\xbb\xbf\"A\"\t\"_Line_\"\r\n", b"\xef\xbb\xbf\"A\"\r\n"),
        (b"_Status_,_Line_,_Error_1_\nE,2,Odd\n", b""),
        (b"", b""),
    ] {
        assert_eq!(fixed(dump).unwrap(), expected, "{}", String::from_utf8_lossy(dump));
    }
    let little = |text| utf16(text, u16::to_le_bytes);
    for half_a_pair in [0xd834_u16, 0xdd1e] {
        let dump = [little("\u{feff}A,_Line_\n"), half_a_pair.to_le_bytes().to_vec(), little(",2\n")].concat();
        assert_eq!(fixed(&dump).unwrap(), little("\u{feff}A\n\u{fffd}\n"));
    }
}
