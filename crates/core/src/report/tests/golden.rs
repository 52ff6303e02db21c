//! The printed report, compared with the files beside this one. `UPDATE_GOLDEN=1` writes them anew.

use std::fs;
use std::path::Path;

use super::*;
use crate::report::{ReportError, RowTable};

#[track_caller]
fn assert_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == text, "{name}: expected\n{expected}\n--- but got\n{text}");
}

#[track_caller]
fn assert_report(name: &str, dump: impl Read) {
    assert_golden(name, &report(dump).view().to_string());
}

#[test]
fn commas_status_warnings_several_errors_a_consequence_and_line_breaks() {
    assert_report("mixed.txt", MIXED.as_bytes());
}

/// Files with what makes dumps hard to read, whole: text and JSON.
#[test]
fn each_sample_gets_its_right_report() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/tests/samples");
    let mut names: Vec<_> =
        fs::read_dir(&samples).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names.len(), 11);
    let read = |name: &str| {
        let mut builder = ReportBuilder::new();
        builder.add(name, fs::File::open(samples.join(name)).unwrap()).unwrap();
        builder.finish()
    };
    for name in &names {
        let found = read(name);
        let before = name.starts_with("06-same").then(|| read("06-before.csv"));
        let view = before.iter().fold(found.view(), |view, before| view.against(before));
        let json = serde_json::to_string_pretty(&found).unwrap();
        assert_golden(&name.replace(".csv", ".txt"), &view.to_string());
        assert_golden(&name.replace(".csv", ".json"), &(json + "\n"));
    }
}

#[test]
fn forty_dumps_show_the_answer_first_and_wide_characters_are_aligned() {
    let mut builder = ReportBuilder::new();
    for file in 0..40 {
        let dump = "品目,_Line_,_Error_1_\nりんご,2,Item not located in 品目 list: りんご\n梨,3,Invalid parent: 梨\n";
        builder.add(&format!("folder/1120000000{file:02}-Import_{file}-B7EA.csv"), dump.as_bytes()).unwrap();
    }
    let text = builder.finish().view().width(72).made("2026-11-29").to_string();
    assert_golden("forty.txt", &text[..text.find("Import_2:").unwrap()]);
}

#[test]
fn rows_that_do_not_fit_the_header() {
    let dump = "Name,Amount,_Line_,_Error_1_\na,1,2\nb,x,y,3,Invalid number: x\nc,q,4,Invalid number: q\n";
    assert_report("damaged.txt", dump.as_bytes());
}

#[test]
fn a_row_that_is_cut_off_makes_the_report_a_part() {
    assert_report("cut-off.txt", &MIXED.as_bytes()[..MIXED.find("Regions list: South\"").unwrap()]);
}

#[test]
fn a_dump_that_is_cut_anywhere_but_between_rows_is_said_to_be() {
    let rows = ["\"Code\",\"_Line_\",\"_Error_1_\"", "\"é\"\"\",\"2\",\"Odd\"", "\"\",\"3\",\"Odd\""];
    let encodings: [fn(&str) -> Vec<u8>; 3] =
        [|text| text.as_bytes().to_vec(), |text| utf16(text, u16::to_le_bytes), |text| utf16(text, u16::to_be_bytes)];
    for encoded in encodings {
        let [header, first, all] = [1, 2, 3].map(|count| rows[..count].join("\r\n"));
        // After half a line end a header is one that ends so.
        let between = [header.clone() + "\r", header + "\r\n", first.clone(), first + "\r\n", all.clone()];
        let between = between.map(|text| encoded(&text).len());
        let file = encoded(&(all + "\r\n"));
        for end in 1..file.len() {
            let mut builder = ReportBuilder::new();
            let is_seen = match builder.add("", &file[..end]) {
                Ok(()) => builder.finish().totals.rows_cut_off == 1,
                Err(error) => matches!(error, ReportError::CutOff | ReportError::NotADump { .. }),
            };
            assert!(is_seen != between.contains(&end), "{end}: {}", String::from_utf8_lossy(&file[..end]));
        }
    }
    // Without quotes a character tells, or zero bytes do.
    for end in ["\u{e9}".as_bytes(), "東".as_bytes(), b"x\0\0"] {
        let dump = [b"Code,_Line_,_Error_1_\na,2,Odd ", &end[..end.len() - 1]].concat();
        assert_eq!(report(&*dump).totals.rows_cut_off, 1, "{end:?}");
    }
}

#[test]
fn zero_bytes_are_not_taken_for_text() {
    for zeros in [1, 255, 256] {
        let block = "\0".repeat(zeros);
        let found = report(format!("Code,_Line_,_Error_1_\na,2,Odd\n{block}b,3,Odd\nc,4,Odd\n\n{block}").as_bytes());
        assert_eq!(
            (found.totals.rows, found.totals.rows_with_zeros, found.totals.trailing_zeros),
            (3, 1, zeros as u64)
        );
        assert_eq!(
            found.kinds.iter().map(|kind| (&*kind.title, kind.rows)).collect::<Vec<_>>(),
            [("Odd", 2), ("Row with zero bytes", 1)]
        );
    }
}

#[test]
fn empty_files_and_files_with_a_header_alone_are_said() {
    let mut builder = ReportBuilder::new();
    for (name, file) in [
        ("empty", ""),
        ("line ends", "\r\n\n"),
        ("two marks", "\u{feff}\u{feff}"),
        ("header", "\"Code\";\"_Line_\"\r\n"),
    ] {
        builder.add(name, file.as_bytes()).unwrap();
    }
    assert_golden("no-rows.txt", &builder.finish().view().to_string());
}

#[test]
fn without_lines_rows_of_the_dump_are_named() {
    assert_report("no-line.txt", &b"Code|_Error_1_\nA|Invalid code: A\nB|Invalid code: B\n|Invalid code: \n"[..]);
    let synthetic = report(&b"\"_Status_\",\"Code\"\n\"E\",\"A\"\n\"W\",\"B\"\n"[..]);
    let kinds: Vec<_> = synthetic.kinds.iter().map(|kind| (&*kind.title, kind.severity, &*kind.lines)).collect();
    use crate::report::Severity::{Error, Warning};
    assert_eq!(kinds, [("Row without a message", Error, &[2][..]), ("Row without a message", Warning, &[3][..])]);
}

#[test]
fn a_file_without_any_column_of_the_service_is_refused() {
    let refused = |file: &[u8]| ReportBuilder::new().add("x", file).unwrap_err().to_string();
    let message = refused(&[0x1b; 3_000_000]);
    assert!(message.len() < 700 && !message.contains('\u{1b}'), "{message}");
    refused(b"\"never closed");
    for (file, what) in [
        (&b"PK\x03\x04...."[..], "a ZIP archive: unpack it first"),
        (b"PK\x03\x04....[Content_Types].xml", "a workbook of Excel: a text file is needed, such as CSV"),
    ] {
        assert_eq!(refused(file), format!("not a dump file: it is {what}"));
    }
}

#[test]
fn a_narrow_terminal_without_unicode_gets_the_same() {
    let found = report(MIXED.as_bytes());
    assert_golden("narrow.txt", &found.view().width(40).ascii(true).top(3).against(&found).to_string());
    let long = MIXED
        .replace("The moon is in the way: 12", &"x".repeat(100))
        .replace("n/a", "東京n/a東京東京東京東京東京東京東京");
    let (found, before) = (report(long.as_bytes()), report(INVALID_NUMBER.as_bytes()));
    for columns in 40..100 {
        let text = found.view().width(columns).against(&before).to_string();
        let widest = text.lines().map(crate::report::shown::width).max();
        assert!(widest <= Some(columns), "{columns}:\n{text}");
    }
}

#[test]
fn a_width_beyond_any_terminal_is_the_widest_there_is() {
    let found = report(MIXED.as_bytes());
    let text = |width| found.view().width(width).to_string();
    assert_eq!(text(1_000).lines().map(|line| line.chars().count()).max(), Some(1_000));
    assert!([1_001, 70_000, usize::MAX].iter().all(|width| text(*width) == text(1_000)));
}

#[test]
fn two_reports_compared() {
    let before = report(MIXED.as_bytes());
    let after = MIXED.replace("Invalid code: ,,,", "Invalid number: ,,,").replace("list: East", "list of mine: East");
    let after = report(after.as_bytes());
    assert_golden("compared.txt", &after.view().top(4).against(&before).to_string());
}

#[test]
fn the_rows_of_one_kind_as_a_table_with_the_wrong_column_first() {
    let table = |kind: &str, limit| RowTable::read(MIXED.as_bytes(), kind, limit).unwrap();
    assert_golden("table.txt", &table("regions", 20).text(80));
    assert_golden("table.json", &(serde_json::to_string_pretty(&table("NUMBER", 2)).unwrap() + "\n"));
    assert_golden("table-narrow.txt", &table("NUMBER", 1).text(30));
}

#[test]
fn a_table_has_the_rows_that_the_report_counts_for_the_kind() {
    let dump = "_Status_,Code,_Line_,_Error_1_\nW,a,2,Invalid code: a\nE,b,3,Invalid code: b\n\
        W,c,4,Invalid code: c\nW,d,5,Invalid name: d\nW,e,6,Code of another rule\n";
    let table = |kind: &str| RowTable::read(dump.as_bytes(), kind, 20).unwrap().text(80);
    assert_eq!(table("code"), "Invalid code: 1 row\n\nline  value  Code\n   3  b      b\n");
    let name = "Invalid name: 1 row, loaded with a warning\n\nline  value  Code\n   5  d      d\n";
    assert_eq!(table("name"), name);
}

#[test]
fn a_page_shows_hostile_text_and_does_nothing_else() {
    let dump = "\"=cmd|' /C calc'!A0\",\"_Line_\",\"_Error_1_\"\n\
        \"<script>alert(1)</script>\",\"2\",\"Invalid name: <script>alert(1)</script>\"\n\
        \"\",\"4\",\"Invalid name: \"\n\"x\",\"3\",\"</h3><img src=x onerror=alert(1)> &amp; \u{202e}\u{1b}'\"\n";
    let mut builder = ReportBuilder::new();
    builder.add("\"><b>.csv", dump.as_bytes()).unwrap();
    let found = builder.finish();
    let before = report(MIXED.as_bytes());
    let page = found.view().against(&before).html().to_string();
    for bad in ["<script", "<img", "<b>.csv", "\u{202e}", "\u{1b}", "http:", "https:", "src=\""] {
        assert!(!page.contains(bad), "{bad:?} in\n{page}");
    }
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, body) = rest.split_once("</style>").unwrap();
    assert_golden("page.html", &[head, body].concat());
}
