//! Files that are too much to hold.

use std::io::{self, Cursor};

use super::*;
use crate::report::dump::Dump;

fn generated(header: &str, rows: u64, row: impl Fn(u64) -> String) -> Cursor<String> {
    let mut file = header.to_owned();
    (0..rows).for_each(|n| file.push_str(&row(n)));
    Cursor::new(file)
}

#[test]
fn a_million_kinds_are_not_held_and_the_common_one_is_found() {
    let row = |n| match n % 4 {
        0 => format!("\"a\",\"{n}\",\"Invalid number: a\"\n"),
        _ => format!("\"b\",\"{n}\",\"Trouble {n} alone\"\n"),
    };
    let found = report(generated("\"Code\",\"_Line_\",\"_Error_1_\"\n", 1_333_334, row));
    assert!(found.kinds.len() <= 5_000, "{} kinds", found.kinds.len());
    let first = &found.kinds[0];
    assert_eq!((&*first.title, first.rows, first.at_least), ("Invalid number", 333_334, false));
    let listed: u64 = found.kinds.iter().map(|kind| kind.rows).sum();
    assert_eq!(listed + found.unlisted_messages, 1_333_334);
    let text = found.view().width(200).top(1).to_string();
    assert!(text.contains("rare kinds not listed: there are too many kinds to count each"), "{text}");
    assert!(found.changes_since(&found).iter().any(|change| change.is_approximate));
}

#[test]
fn values_beyond_the_limit_are_said_to_be_approximate() {
    let row = |n: u64| match n % 5 {
        0 => "\"n/a\",\"Invalid number: n/a\"\n".to_owned(),
        1 if n > 50_000 => "\"late\",\"Invalid number: late\"\n".to_owned(),
        _ => format!("\"{n}\",\"Invalid number: {n}\"\n"),
    };
    let found = report(generated("\"Amount\",\"_Error_1_\"\n", 100_000, row));
    let kind = &found.kinds[0];
    assert_eq!((kind.rows, kind.distinct_values), (100_000, None));
    assert_eq!((&*kind.values[0].text, kind.values[0].rows, kind.values[0].at_least), ("n/a", 20_000, false));
    let late = &kind.values[1];
    assert!(late.text == "late" && late.at_least && (9_000..10_000).contains(&late.rows), "{late:?}");
    assert!(kind.values[2..].iter().all(|value| value.rows == 1), "{:?}", kind.values);
    assert!(found.view().width(200).to_string().contains("and too many others to count"));
}

#[test]
fn one_kind_or_value_too_many_leaves_half_of_them_and_always_the_same() {
    let row = |n: u64| format!("\"{n}\",\"Trouble of kind {n}\",\"Invalid number: {n}\"\n");
    let read = || report(generated("\"Amount\",\"_Error_1_\",\"_Error_2_\"\n", 10_001, row));
    let found = read();
    assert!((2_500..=5_000).contains(&found.kinds.len()), "{} kinds", found.kinds.len());
    assert_eq!((found.kinds[0].rows, found.kinds[0].distinct_values), (10_001, None));
    assert_eq!(found, read());
}

#[test]
fn nothing_of_a_kind_that_was_forgotten_is_said_to_be_exact() {
    let again = "\"y\",\"Item not located in A list: y\"\n";
    let row = |n: u64| match n {
        0 | 20_000 => again.to_owned(),
        n => format!("\"x\",\"Trouble {}\"\n", n / 2),
    };
    let found = report(generated("\"Code\",\"_Error_1_\"\n", 20_001, row));
    let kind = found.kinds.iter().find(|kind| kind.title == "Item not located in A list").unwrap();
    assert!(kind.at_least && kind.values[0].at_least && kind.columns[0].at_least, "{kind:?}");
    assert_eq!((kind.rows, kind.distinct_values), (1, None));
}

#[test]
fn a_column_is_counted_to_the_end_where_others_are_too_many() {
    let names: Vec<_> = (0..70).map(|column| format!("c{column}")).collect();
    let mut dump = format!("{},_Error_1_\n", names.join(","));
    for column in (0..70).chain([0; 1_000]) {
        let cells = (0..70).map(|other| if other == column { "bad," } else { "," });
        dump += &(cells.collect::<String>() + "Invalid number: bad\n");
    }
    let found = report(dump.as_bytes());
    assert_eq!((&*found.kinds[0].columns[0].text, found.kinds[0].columns[0].rows), ("c0", 1_001));
    assert!(found.view().to_string().contains("columns    c0 1,001, c1 1, c10 1, c11 1, c12 1, and others\n"));
}

#[test]
fn many_lists_share_the_room_for_values() {
    let row = |n: u64| format!("\"{n}\",\"Item not located in L{} list: {n}\"\n", n % 3_000);
    let found = report(generated("\"Amount\",\"_Error_1_\"\n", 150_000, row));
    assert_eq!(found.kinds.len(), 3_000);
    assert!(found.kinds.iter().all(|kind| kind.rows == 50 && kind.columns[0].rows == 50));
}

#[test]
fn a_quote_that_is_never_closed_is_one_row_and_is_not_held() {
    let rows =
        generated("\"Code\",\"_Line_\",\"_Error_1_\"\n\"a\",\"2\",\"Odd\"\n\"never", 200_000, |_| "x".repeat(100));
    let found = report(rows);
    assert_eq!((found.totals.rows, found.totals.rows_cut_off, found.totals.rejected), (2, 1, 2));
    assert_eq!(
        found.kinds.iter().map(|kind| &*kind.title).collect::<Vec<_>>(),
        ["Odd", "Row cut off at the end of the file"]
    );
}

#[test]
fn lines_with_nothing_in_them_are_not_held() {
    let blank = || io::repeat(b'\n').take(4_000_000);
    let mut file = "a,_Error_1_\n1,Odd\n".as_bytes().chain(blank()).chain("2,Odd\n".as_bytes()).chain(blank());
    let mut dump = Dump::open(&mut file).unwrap();
    for has_row in [true, true, false] {
        assert_eq!(dump.next().unwrap(), has_row);
        assert!(dump.text.rest().len() < 1_000_000, "{} bytes are held", dump.text.rest().len());
    }
}

#[test]
fn a_row_of_very_many_fields_is_one_with_too_many() {
    let row = format!("\"a\",\"2\",\"Odd\"{}\n\"b\",\"3\",\"Odd\"\n", ",\"\"".repeat(1_100_000));
    let found = report(format!("\"Code\",\"_Line_\",\"_Error_1_\"\n{row}").as_bytes());
    assert_eq!((found.totals.rows, found.totals.rows_too_long), (2, 1));
}

#[test]
fn a_read_that_fails_is_reported_and_the_rows_up_to_there_count() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("unplugged"))
        }
    }
    // The next dump has fewer columns, and the value in another.
    let file = "a,b,Code,_Error_1_\n".to_owned() + &",,x,Invalid code: x\n".repeat(100);
    let file = file.as_bytes().chain(Broken);
    let mut builder = ReportBuilder::new();
    let error = builder.add("x", file).unwrap_err();
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "unplugged");
    builder.add("y", "Code,_Error_1_\nx,Invalid code: x\n".as_bytes()).unwrap();
    let found = builder.finish();
    let columns: Vec<_> = found.kinds[0].columns.iter().map(|column| (&*column.text, column.rows)).collect();
    assert_eq!((found.inputs.len(), found.kinds[0].rows, columns), (2, 101, vec![("Code", 101)]));
}
