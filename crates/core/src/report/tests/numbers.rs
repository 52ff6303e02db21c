//! The numbers of a report.

use super::*;
use crate::report::{Encoding, Trend};

#[test]
fn a_kind_a_value_and_a_column_count_once_in_a_row_that_has_them_twice() {
    for (second, values) in [("x", 1), ("y", 2)] {
        let dump = format!("A,B,_Error_1_,_Error_2_\nx,y,Invalid number: x,Invalid number: {second}\n");
        let kind = &report(dump.as_bytes()).kinds[0];
        assert_eq!((kind.rows, kind.share, kind.distinct_values), (1, 1.0, Some(values)));
        assert_eq!((kind.columns.len() as u64, kind.columns[0].rows, kind.values[0].rows), (values, 1, 1));
    }
}

#[test]
fn a_column_is_named_only_where_one_alone_holds_the_value() {
    let dump = "\"A\",\"B\",\"_Line_\",\"_Error_1_\"\n\"x\",\"x\",\"2\",\"Invalid number: x\"\n\
        \"7\",\"y\",\"3\",\"Invalid number: y\"\n\"7\",\"8\",\"4\",\"Invalid number: 4\"\n";
    let kind = &report(dump.as_bytes()).kinds[0];
    assert_eq!((kind.columns.len(), &*kind.columns[0].text, kind.columns[0].rows), (1, "B", 1));
}

#[test]
fn changes_say_what_is_new_and_gone() {
    let report = |rows: &str| report(format!("Code,_Error_1_\n{rows}").as_bytes());
    let before = report("a,Invalid number: a\nb,Invalid date: b\nc,Invalid code: c\nd,Odd\n");
    let after = report("a,Invalid number: a\nb,Invalid number: b\ne,Even\ne,Even\ne,Even\nc,Invalid code: c\n");
    let changes = after.changes_since(&before);
    assert!(!changes.iter().any(|change| change.is_approximate));
    let changes: Vec<_> = changes.iter().map(|change| (&*change.title, change.change)).collect();
    use Trend::{Gone, More, New, Same};
    let number = ("Invalid number", More);
    assert_eq!(changes, [("Even", New), ("Invalid date", Gone), number, ("Odd", Gone), ("Invalid code", Same)]);
}

#[test]
fn a_text_that_is_not_utf8_is_shown_as_windows_1252_and_one_that_is_stays() {
    let header = b"\"Gr\xf6\xdfe\",\"_Line_\",\"_Error_1_\"\n\"1\",\"2\",\"Odd\"\n";
    let cut = b"\"Size\",\"_Line_\",\"_Error_1_\"\n\"1\",\"2\",\"Odd\"\n\"\xc3";
    let encoding = |dump: &[u8]| (report(dump).inputs[0].encoding, report(dump).totals.rows_not_unicode);
    assert_eq!((encoding(header), encoding(cut)), ((Encoding::Windows1252, 0), (Encoding::Utf8, 0)));
    let mixed = b"Ort,_Error_1_\nx,Item not located in St\xe4dte list: Z\xfcrich \x80\x99\ny,\
        Item not located in St\xc3\xa4dte list: Z\xc3\xbcrich \xe2\x82\xac\xe2\x84\xa2\n";
    let found = report(&mixed[..]);
    let kind = &found.kinds[0];
    assert_eq!((&*kind.title, kind.rows), ("Item not located in Städte list", 2));
    assert_eq!((&*kind.values[0].text, kind.values[0].rows), ("Zürich €™", 2));
}

#[test]
fn the_answer_is_one_true_sentence() {
    let answer = |rows: &str| report(format!("_Status_,Code,_Error_1_\n{rows}").as_bytes()).answer;
    for (rows, expected) in [
        ("", "The dump has a header and no rows."),
        ("W,a,Odd\n", "No row was rejected; 1 row was loaded with a warning."),
        ("E,a,Odd\n", "1 row was rejected (Odd)."),
        (
            "E,a,Odd\nE,b,Odd\nE,c,Odd\nE,d,Even\n",
            "4 rows were rejected; 75 % of them have the same kind of error (Odd, the first of 2): cure it first. Then \
             3 rows can load.",
        ),
        (
            "E,a,Odd\nE,b,Has dependency on rejected row\nE,c,Has dependency on rejected row\n",
            "3 rows were rejected, 2 of them only because of the other one (Odd): cure that one. Then all can load.",
        ),
        (
            "E,a,Odd\nE,b,Has dependency on rejected row\nE,c,Odd\n",
            "3 rows were rejected, 1 of them only because of other rejected rows; all of the rest have the same kind \
             of error (Odd): cure it. Then all can load.",
        ),
        ("E,a,Has dependency on rejected row\n", "1 row was rejected, only because of rows that it depends on."),
    ] {
        assert_eq!(answer(rows), expected);
    }
    // More kinds than combinations are counted of.
    let rare: String = (0..70).map(|kind| format!("Rare {},\n", "x".repeat(kind))).collect();
    let many = report(format!("_Error_1_,_Error_2_\n{rare}{}", "Odd,Even\n".repeat(1_000)).as_bytes());
    let at_least = "at least 93 % of them have the same kind of error (Even, the first of 72): cure it first.";
    assert_eq!(many.answer, format!("1,070 rows were rejected; {at_least}"));
    let both = report(&b"_Error_1_,_Error_2_\nOdd,Even\n"[..]);
    assert_eq!(both.answer, "1 row was rejected, with 2 kinds of errors.");
    let rows = |kind| format!("E,a,{}\n", "x".repeat(kind + 1)).repeat(*[1_000, 1_000, 900].get(kind).unwrap_or(&100));
    assert_eq!(
        answer(&(0..74).map(rows).collect::<String>()),
        "10,000 rows were rejected; 29 % of them have at least one of the first 3 kinds of errors (of 74): cure these \
         first. Then 2,900 rows can load."
    );
}

#[test]
fn headers_of_joined_dumps_are_no_rows_and_one_in_the_source_is_named_in_the_cure() {
    let dump = "\"Code\",\"Amount\",\"_Line_\",\"_Error_1_\"\n\"a\",\"x\",\"2\",\"Invalid number: x\"\n";
    for second in [dump.to_owned(), format!("\u{feff}{dump}"), dump.replace("\"Amount\",", "").replace("\"x\",", "")] {
        let found = report((dump.to_owned() + &second).as_bytes());
        assert_eq!((found.totals.rows, found.totals.repeated_headers), (2, 1), "{second}");
    }
    let source = dump.to_owned() + "\"Code\",\"Amount\",\"9\",\"Invalid number: Amount\"\n";
    let found = report(source.as_bytes());
    assert_eq!((found.totals.rows, found.totals.repeated_headers, found.kinds[0].rows), (2, 0, 2));
    assert!(found.kinds[0].cure.ends_with("Remove repeated header rows from the source (1 row)."));
}

#[test]
fn a_dump_of_very_many_columns_with_long_names_is_read() {
    let names = (0..90_000).map(|column| format!("\"Column {column} {}\",", "x".repeat(40)));
    let blanks = "\"\",".repeat(89_999);
    let dump =
        format!("{}\"_Line_\",\"_Error_1_\"\n\"a\",{blanks}\"2\",\"Invalid code: a\"\n", names.collect::<String>());
    let found = report(dump.as_bytes());
    assert_eq!((found.totals.rows, found.inputs[0].columns.len()), (1, 90_000));
    assert_eq!(found.kinds[0].columns[0].rows, 1);
}

#[test]
fn the_rows_of_each_dump_are_counted_under_the_name_of_its_import() {
    let mut builder = ReportBuilder::new();
    let dump = "Code,_Error_1_\nx,Invalid code: x\n";
    let same = "112000000016-Costs-B7EB.csv";
    for name in ["rejected/112000000015-Costs-B7EA.csv", "a.csv", "b/a.csv", same] {
        builder.add(name, dump.as_bytes()).unwrap();
    }
    let found = builder.finish();
    let files: Vec<_> = found.kinds[0].files.iter().map(|file| (&*file.text, file.rows)).collect();
    assert_eq!(files, [("112000000015-Costs-B7EA.csv", 1), ("a.csv", 1), ("a.csv (2)", 1), (same, 1)]);
}
