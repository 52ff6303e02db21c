//! The numbers of a report.

use super::*;
use crate::report::Severity;

#[test]
fn a_row_counts_once_in_each_of_its_kinds() {
    let found = report(MIXED.as_bytes());
    let rows: Vec<_> = found.kinds.iter().map(|kind| (&*kind.title, kind.severity, kind.rows)).collect();
    assert_eq!(
        rows,
        [
            ("Invalid number", Severity::Error, 3),
            ("Item not located in Regions list", Severity::Error, 3),
            ("Invalid code", Severity::Error, 1),
            ("Invalid line item identifier", Severity::Error, 1),
            ("Row without a message", Severity::Error, 1),
            ("The moon is in the way: 12", Severity::Error, 1),
            ("Depends on rejected row", Severity::Consequence, 1),
            ("Cannot be directly updated as it is a calculated line item", Severity::Warning, 1),
        ]
    );
    let totals = &found.totals;
    assert_eq!((totals.rows, totals.rejected, totals.warnings), (9, 8, 1));
    assert_eq!((totals.consequences, totals.several_messages), (1, 3));
    assert_eq!((totals.first_line, totals.last_line), (Some(2), Some(14)));
}

#[test]
fn the_same_message_twice_in_a_row_is_one_row() {
    let dump =
        "\"A\",\"B\",\"_Error_1_\",\"_Error_2_\"\n\"x\",\"y\",\"Invalid number: x\",\"Invalid number: y\"\n";
    let kind = &report(dump.as_bytes()).kinds[0];
    assert_eq!((kind.rows, kind.share, kind.distinct_values), (1, 1.0, Some(2)));
    assert_eq!(kind.columns.iter().map(|column| &*column.text).collect::<Vec<_>>(), ["A", "B"]);
}

#[test]
fn a_value_and_its_column_count_once_in_a_row_that_complains_of_it_twice() {
    let dump = "\"A\",\"_Error_1_\",\"_Error_2_\"\n\"x\",\"Invalid number: x\",\"Invalid number: x\"\n";
    let kind = &report(dump.as_bytes()).kinds[0];
    assert_eq!((kind.rows, kind.columns[0].rows, kind.values[0].rows), (1, 1, 1));
}

#[test]
fn a_column_is_named_only_where_one_alone_holds_the_value() {
    let dump = "\"A\",\"B\",\"_Line_\",\"_Error_1_\"\n\"x\",\"x\",\"2\",\"Invalid number: x\"\n\
        \"7\",\"y\",\"3\",\"Invalid number: y\"\n\"7\",\"8\",\"4\",\"Invalid number: 4\"\n";
    let kind = &report(dump.as_bytes()).kinds[0];
    assert_eq!((kind.columns.len(), &*kind.columns[0].text, kind.columns[0].rows), (1, "B", 1));
}

#[test]
fn columns_go_by_name_where_dumps_differ() {
    let mut builder = ReportBuilder::new();
    for dump in ["A,B,_Error_1_\nx,1,Invalid number: x\n", "B,A,_Error_1_\n2,y,Invalid number: y\n"] {
        builder.add("", dump.as_bytes()).unwrap();
    }
    let columns = &builder.finish().kinds[0].columns;
    assert_eq!((columns.len(), &*columns[0].text, columns[0].rows), (1, "A", 2));
}

#[test]
fn an_import_of_a_dump_has_columns_of_the_first_dump_as_its_own() {
    let dump = "Code,_Line_,_Error_1_,_Line_,_Error_1_\nA,7,Invalid date: x,2,Invalid code: A\n";
    let found = report(dump.as_bytes());
    assert_eq!(found.inputs[0].columns, ["Code", "_Line_", "_Error_1_"]);
    assert_eq!((&*found.kinds[0].title, &*found.kinds[0].lines), ("Invalid code", &[2][..]));
}

#[test]
fn changes_say_what_is_new_and_gone() {
    let report = |rows: &str| report(format!("Code,_Error_1_\n{rows}").as_bytes());
    let before = report("a,Invalid number: a\nb,Invalid date: b\nc,Invalid code: c\nd,Odd\n");
    let after =
        report("a,Invalid number: a\nb,Invalid number: b\ne,Even\ne,Even\ne,Even\nc,Invalid code: c\n");
    let changes = after.changes_since(&before);
    assert_eq!(
        changes.iter().map(|change| (&*change.title, change.change)).collect::<Vec<_>>(),
        [
            ("Even", "new"),
            ("Invalid date", "gone"),
            ("Invalid number", "more"),
            ("Odd", "gone"),
            ("Invalid code", "same")
        ]
    );
    assert!(!changes.iter().any(|change| change.is_approximate));
}

#[test]
fn an_encoding_is_unknown_where_the_header_is_not_unicode_and_not_where_a_character_is_cut_off() {
    let header = b"\"Gr\xf6\xdfe\",\"_Line_\",\"_Error_1_\"\n\"1\",\"2\",\"Odd\"\n";
    let cut = b"\"Size\",\"_Line_\",\"_Error_1_\"\n\"1\",\"2\",\"Odd\"\n\"\xc3";
    let encoding = |dump: &[u8]| (report(dump).inputs[0].encoding, report(dump).totals.rows_not_unicode);
    assert_eq!((encoding(header), encoding(cut)), (("unknown", 0), ("UTF-8", 0)));
}
