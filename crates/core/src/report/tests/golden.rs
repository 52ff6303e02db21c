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
fn tabs_of_the_vendors_samples() {
    let mut builder = ReportBuilder::new();
    builder.add("names.txt", INVALID_NAME.as_bytes()).unwrap();
    builder.add("numbers.txt", INVALID_NUMBER.as_bytes()).unwrap();
    assert_golden("vendor.txt", &builder.finish().view().to_string());
}

#[test]
fn commas_status_warnings_several_errors_a_consequence_and_line_breaks() {
    assert_report("mixed.txt", MIXED.as_bytes());
}

#[test]
fn another_separator_or_line_end_changes_only_the_first_line() {
    let (_, expected) = report(MIXED.as_bytes()).view().to_string().split_once('\n').map(own).unwrap();
    for (separator, name) in [(",", "comma"), ("\t", "tab"), (";", "semicolon"), ("|", "pipe")] {
        for (line_end, line_end_name) in [("\n", "LF"), ("\r\n", "CRLF"), ("\r", "CR")] {
            let text = report(rewritten(MIXED, separator, line_end).as_bytes()).view().to_string();
            let (first, rest) = text.split_once('\n').unwrap();
            assert_eq!(first, format!("dump.csv: 9 rows (UTF-8, {name}, {line_end_name})"));
            assert_eq!(rest, expected);
        }
    }
}

fn own((first, rest): (&str, &str)) -> (String, String) {
    (first.to_owned(), rest.to_owned())
}

#[test]
fn another_encoding_changes_only_the_first_line() {
    let dump = MIXED.replace("North", "Größe 東京 𝄞");
    let (_, expected) = report(dump.as_bytes()).view().to_string().split_once('\n').map(own).unwrap();
    let with_bom = "\u{feff}".to_owned() + &dump;
    for (name, file) in [
        ("UTF-8 with BOM", with_bom.clone().into_bytes()),
        ("UTF-16LE", utf16(&dump, u16::to_le_bytes)),
        ("UTF-16BE", utf16(&dump, u16::to_be_bytes)),
        ("UTF-16LE with BOM", utf16(&with_bom, u16::to_le_bytes)),
        ("UTF-16BE with BOM", utf16(&with_bom, u16::to_be_bytes)),
    ] {
        let text = report(&*file).view().to_string();
        let (first, rest) = text.split_once('\n').unwrap();
        assert_eq!(first, format!("dump.csv: 9 rows ({name}, comma, LF)"));
        assert_eq!(rest, expected);
    }
}

#[test]
fn bytes_that_are_no_text() {
    let name = b"Gr\xf6\xdfe\x1b[31m";
    let dump = [b"Name,_Line_,_Error_1_\n", &name[..], b",2,Invalid name: ", name, b"\n"].concat();
    assert_report("legacy.txt", &*dump);
}

#[test]
fn rows_that_do_not_fit_the_header() {
    let dump = "Name,Amount,_Line_,_Error_1_\na,1,2\nb,x,y,3,Invalid number: x\nc,q,4,Invalid number: q\n";
    assert_report("damaged.txt", dump.as_bytes());
}

#[test]
fn a_last_row_that_is_cut_off() {
    for cut in ["\"b\",\"q", "\"b\",\"q\"", "\"b\",\"q\",\"3\",\"Invalid num"] {
        let dump = format!(
            "\"Name\",\"Amount\",\"_Line_\",\"_Error_1_\"\n\"a\",\"x\",\"2\",\"Invalid number: x\"\n{cut}"
        );
        let found = report(dump.as_bytes());
        assert_eq!((found.totals.rows, found.totals.rows_cut_off), (2, 1), "{cut}");
    }
    let whole = "\"Name\",\"_Line_\",\"_Error_1_\"\n\"a\",\"2\",\"Invalid name: a\"";
    assert_eq!(report(whole.as_bytes()).totals.rows_cut_off, 0);
    // All fields are there, and the last one ends where a quote is missing.
    let cut = "\"Code\",\"_Line_\",\"_Error_1_\",\"_Error_2_\"\n\"a\",\"2\",\"Odd\",";
    for (text, cut_off) in [(cut.to_owned(), 1), (format!("{cut}\"\""), 0), (format!("{cut}\"\"\r\n"), 0)] {
        assert_eq!(report(text.as_bytes()).totals.rows_cut_off, cut_off, "{text}");
    }
    assert_report("cut-off.txt", &MIXED.as_bytes()[..MIXED.find("Regions list: South\"").unwrap()]);
}

#[test]
fn empty_files_and_files_with_a_header_alone_are_said() {
    let mut builder = ReportBuilder::new();
    for (name, file) in
        [("empty", ""), ("line ends", "\r\n\n"), ("mark", "\u{feff}"), ("header", "\"Code\";\"_Line_\"\r\n")]
    {
        builder.add(name, file.as_bytes()).unwrap();
    }
    assert_golden("no-rows.txt", &builder.finish().view().to_string());
}

#[test]
fn without_lines_rows_of_the_dump_are_named() {
    assert_report("no-line.txt", &b"Code|_Error_1_\nA|Invalid code: A\nB|Invalid code: B\n"[..]);
    let synthetic = report(&b"\"_Status_\",\"Code\"\n\"E\",\"A\"\n\"W\",\"B\"\n"[..]);
    let kinds: Vec<_> =
        synthetic.kinds.iter().map(|kind| (&*kind.title, kind.severity, &*kind.lines)).collect();
    use crate::report::Severity::{Error, Warning};
    assert_eq!(
        kinds,
        [("Row without a message", Error, &[2][..]), ("Row without a message", Warning, &[3][..])]
    );
}

#[test]
fn a_file_without_any_column_of_the_service_is_refused() {
    let refused = |file: &[u8]| ReportBuilder::new().add("x", file).unwrap_err().to_string();
    assert_eq!(
        refused(b"\"Item 9\",\"a\",\"11\",\"Invalid number: a\"\n"),
        "not a dump file: the first line has none of the columns _Status_, _Line_ and _Error_1_; \
         it begins with \"\"Item 9\",\"a\",\"11\",\"Invalid number: a\"\""
    );
    let message = refused(&[0x1b; 3_000_000]);
    assert!(message.len() < 700 && !message.contains('\u{1b}'), "{message}");
    refused(b"\"never closed");
}

#[test]
fn a_narrow_terminal_without_unicode_gets_the_same() {
    assert_golden("narrow.txt", &report(MIXED.as_bytes()).view().width(50).ascii(true).top(3).to_string());
}

#[test]
fn a_width_beyond_any_terminal_is_the_widest_there_is() {
    let (found, before) = (report(MIXED.as_bytes()), report(INVALID_NUMBER.as_bytes()));
    let text = |width| found.view().width(width).against(&before).to_string();
    assert_eq!(text(1_000).lines().map(|line| line.chars().count()).max(), Some(1_000));
    for width in [1_001, 70_000, usize::MAX] {
        assert!(text(width) == text(1_000), "{width}");
    }
}

#[test]
fn two_reports_compared() {
    let before = report(MIXED.as_bytes());
    let after =
        MIXED.replace("Invalid code: ,,,", "Invalid number: ,,,").replace("list: East", "list of mine: East");
    let after = report(after.as_bytes());
    assert_golden("compared.txt", &after.view().top(4).against(&before).to_string());
}

#[test]
fn the_rows_of_one_kind_as_a_table() {
    let table = |kind: &str, limit, width| {
        RowTable::read(MIXED.as_bytes(), kind, limit).map(|table| table.width(width).to_string())
    };
    assert_golden("table.txt", &table("regions", 20, 80).unwrap());
    assert_golden("table-narrow.txt", &table("NUMBER", 1, 30).unwrap());
    assert!(matches!(table("invalid", 20, 80), Err(ReportError::AmbiguousKind { .. })));
    assert!(matches!(table("sun", 20, 80), Err(ReportError::NoSuchKind { .. })));
}

#[test]
fn a_table_has_the_rows_that_the_report_counts_for_the_kind() {
    let dump = "_Status_,Code,_Line_,_Error_1_\nW,a,2,Invalid code: a\nE,b,3,Invalid code: b\n\
        W,c,4,Invalid code: c\nW,d,5,Invalid name: d\nW,e,6,Code of another rule\n";
    let table = |kind: &str| RowTable::read(dump.as_bytes(), kind, 20).unwrap().to_string();
    assert_eq!(table("code"), "Invalid code: 1 row\n\nline  value  Code\n   3  b      b\n");
    let name = "Invalid name: 1 row, loaded with a warning\n\nline  value  Code\n   5  d      d\n";
    assert_eq!(table("name"), name);
}

#[test]
fn a_whole_title_picks_its_kind_wherever_it_comes() {
    let dump = "Code,_Line_,_Error_1_,_Error_2_\na,2,Strange thing too,\nb,3,Strange thing too,Strange thing\n\
        c,4,Strange thing too,\nd,5,Strange thing,\n";
    let table = |kind| RowTable::read(dump.as_bytes(), kind, 20).map(|table| table.to_string());
    let expected = "Strange thing: 2 rows\n\nline  value  Code\n   3         b\n   5         d\n";
    assert_eq!(table("=Strange thing").unwrap(), expected);
    let mut output = Vec::new();
    ReportBuilder::new().add_and_fix("", dump.as_bytes(), Some("=Strange thing"), &mut output).unwrap();
    assert_eq!(String::from_utf8(output).unwrap(), "Code\nb\nd\n");
    let ReportError::AmbiguousKind { kinds, .. } = table("strange thing").unwrap_err() else { panic!() };
    assert_eq!(kinds, ["Strange thing too", "Strange thing"]);
}

#[test]
fn json_has_the_documented_fields() {
    let json = serde_json::to_string_pretty(&report(INVALID_NUMBER.as_bytes())).unwrap();
    assert_golden("report.json", &(json + "\n"));
}

#[test]
fn a_page_shows_hostile_text_and_does_nothing_else() {
    let dump = "\"=cmd|' /C calc'!A0\",\"_Line_\",\"_Error_1_\"\n\
        \"<script>alert(1)</script>\",\"2\",\"Invalid name: <script>alert(1)</script>\"\n\
        \"x\",\"3\",\"</h3><img src=x onerror=alert(1)> &amp; \u{202e}\u{1b}'\"\n";
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
