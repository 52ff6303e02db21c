//! Tables of text.

/// Maximum length of an identifier in a table, in characters; real ones have at most 32.
pub(crate) const MAX_ID_CHARS: usize = 32;

/// Maximum length of a name in a table, in characters.
pub(crate) const MAX_NAME_CHARS: usize = 60;

/// The width of each column in characters: that of its widest cell.
pub(crate) fn widths(header: &[&str], rows: &[Vec<String>]) -> Vec<usize> {
    let width = |(column, name): (usize, &&str)| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([name.chars().count()]).max().unwrap_or(0)
    };
    header.iter().enumerate().map(width).collect()
}

/// Right-aligns a column.
pub(crate) fn align_right(name: &str, column: usize, rows: &mut [Vec<String>]) {
    let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
    let width = cells.chain([name.chars().count()]).max().unwrap_or(0);
    for cell in rows.iter_mut().filter_map(|row| row.get_mut(column)) {
        *cell = format!("{cell:>width$}");
    }
}

/// Aligned columns, two spaces apart; the last one is not padded.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let widths = widths(header, rows);
    let mut text = String::new();
    let header_row: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
    for row in std::iter::once(&header_row).chain(rows) {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut rows = [vec!["1".to_owned(), "é".to_owned()], vec!["100".to_owned(), String::new()]];
        assert_eq!(table(&["A", "NAME"], &rows), "A    NAME\n1    é\n100\n");
        align_right("A", 0, &mut rows);
        assert_eq!(table(&["A", "NAME"], &rows), "A    NAME\n  1  é\n100\n");
    }
}
