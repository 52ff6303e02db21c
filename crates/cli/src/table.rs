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

/// The columns that hold numbers, which are read from the right.
const NUMBERS: [&str; 4] = ["TAKEN", "WARNED", "FAILED", "IGNORED"];

/// Aligned columns, two spaces apart; the last one is not padded.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let widths = widths(header, rows);
    let line = |cells: Vec<String>| cells.join("  ").trim_end().to_owned() + "\n";
    let names = header.iter().zip(&widths).map(|(name, &width)| format!("{name:width$}"));
    let mut text = line(names.collect());
    for row in rows {
        let cells = row.iter().zip(header).zip(&widths);
        let cells = cells.map(|((cell, name), &width)| match NUMBERS.contains(name) {
            true => format!("{cell:>width$}"),
            false => format!("{cell:width$}"),
        });
        text.push_str(&line(cells.collect()));
    }
    text
}
