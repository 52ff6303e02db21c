//! Source files that clients upload, and imports that read them: rows are rejected by simple rules.

use std::collections::{BTreeMap, BTreeSet};

use super::{ActionResult, CHUNK_SIZE, Detail, Dump};

/// A source file of the model. Each user who uploads has a private one.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// 12 digits that begin with 113, which clients must not rely on.
    pub id: String,
    pub name: String,
    /// What users see who uploaded nothing.
    pub content: Option<Vec<u8>>,
    pub(crate) uploads: BTreeMap<String, Upload>,
}

/// What a user uploaded, as far as it has come.
#[derive(Debug, Clone, Default)]
pub(crate) struct Upload {
    /// How many chunks were announced; none where their number was not known.
    pub(crate) announced: Option<usize>,
    pub(crate) chunks: BTreeMap<usize, Vec<u8>>,
    pub(crate) complete: bool,
}

impl SourceFile {
    /// A file with commas in UTF-8, names of columns in its first row, and no content.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { id: id.into(), name: name.into(), content: None, uploads: BTreeMap::new() }
    }

    /// Its content for this user. A file that is uploaded by half is half a file: a client must not start then.
    pub fn content_of(&self, user: &str) -> Option<Vec<u8>> {
        let upload = self.uploads.get(user);
        let uploaded = upload.map(|upload| upload.chunks.values().flatten().copied().collect());
        uploaded.or_else(|| self.content.clone())
    }

    /// Whether this user's upload has come to its end.
    pub fn is_complete(&self, user: &str) -> bool {
        self.uploads.get(user).is_some_and(|upload| match upload.announced {
            Some(count) => upload.chunks.len() == count,
            None => upload.complete,
        })
    }
}

/// What a column accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// A number, or nothing.
    Number,
    /// A name of 1 to 60 characters that does not begin with `#`.
    Name,
    /// A name or code that no earlier row has.
    Unique,
    /// An item of the list of this name.
    ItemOf(String, Vec<String>),
}

/// How an import reads its source. One without a source file reads from another model.
#[derive(Debug, Clone, Default)]
pub struct Import {
    pub file: Option<String>,
    /// The columns that it needs, and what each accepts. Without any, a run does what its script says.
    pub columns: Vec<(String, Rule)>,
    /// The types for which a start must bring a mapping.
    pub mapping: Vec<String>,
}

impl Import {
    pub fn from_file(file: impl Into<String>) -> Self {
        Self { file: Some(file.into()), ..Self::default() }
    }

    pub fn with_column(mut self, name: impl Into<String>, rule: Rule) -> Self {
        self.columns.push((name.into(), rule));
        self
    }

    /// Loads the rows of a user's file: what the import says about them, and the dump of those that it rejected.
    pub(crate) fn load(&self, id: &str, name: &str, file: &SourceFile, user: &str) -> (ActionResult, Option<Dump>) {
        // A file that was never uploaded has no columns.
        let content = file.content_of(user).unwrap_or_default();
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&content);
        let mut reader = csv::ReaderBuilder::new();
        reader.has_headers(false).flexible(true);
        let mut rows = reader.from_reader(content).into_byte_records().filter_map(Result::ok);
        let header = rows.next().unwrap_or_default();
        let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
        let names: Vec<String> = header.iter().map(text).collect();
        let needed = self.columns.iter().map(|(name, _)| name.as_str());
        let missing: Vec<&str> = needed.filter(|name| !names.iter().any(|known| known == name)).collect();
        if !missing.is_empty() {
            let detail = Detail::new("missingFields", format!("Columns are missing: {}", missing.join(", ")));
            return (ActionResult::new(id).with_name(name).with_successful(false).with_detail(detail), None);
        }
        let (mut loaded, mut seen, mut rejected) = (0, BTreeSet::new(), Vec::new());
        for row in rows {
            let fields = names.iter().map(String::as_str).zip(row.iter().chain(std::iter::repeat(&b""[..])));
            let mut problems = Vec::new();
            for (name, field) in fields {
                for (_, rule) in self.columns.iter().filter(|(known, _)| known == name) {
                    problems.extend(rule.problem(name, &text(field), &mut seen));
                }
            }
            if problems.is_empty() {
                loaded += 1;
            } else {
                let line = row.position().map_or(0, csv::Position::line);
                rejected.push((row, line, problems));
            }
        }
        if rejected.is_empty() {
            return (ActionResult::loaded(id, name, [loaded, 0, 0]), None);
        }
        let dump = Dump::from_bytes(dump_file(&header, &rejected), CHUNK_SIZE);
        (ActionResult::loaded(id, name, [loaded, rejected.len(), 0]), Some(dump))
    }
}

impl Rule {
    /// The service's words for a value that is not accepted.
    fn problem(&self, column: &str, value: &str, seen: &mut BTreeSet<(String, String)>) -> Option<String> {
        match self {
            Self::Number if !value.is_empty() && value.parse::<f64>().is_err() => {
                Some(format!("Invalid number: {value}"))
            }
            Self::Name if value.is_empty() || value.starts_with('#') || value.chars().count() > 60 => {
                Some(format!("Invalid name: {value}"))
            }
            Self::Unique if !seen.insert((column.to_owned(), value.to_owned())) => {
                Some(format!("Name or code already exists: {value}"))
            }
            Self::ItemOf(list, items) if !items.iter().any(|item| item == value) => {
                Some(format!("Item not located in {list} list: {value}"))
            }
            _ => None,
        }
    }
}

/// The rejected rows as the service writes them: the columns of the source, its line, and the reasons.
fn dump_file(header: &csv::ByteRecord, rejected: &[(csv::ByteRecord, u64, Vec<String>)]) -> Vec<u8> {
    let errors = rejected.iter().map(|(_, _, problems)| problems.len()).max().unwrap_or(0);
    let mut file = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
    let mut write = |row: &csv::ByteRecord, more: Vec<String>| {
        // A row that is too short is filled up.
        let fields = row.iter().chain(std::iter::repeat(&b""[..])).take(header.len());
        // Writing to memory cannot fail.
        let _ = file.write_record(fields.chain(more.iter().map(String::as_bytes)));
    };
    let names = (1..=errors).map(|number| format!("_Error_{number}_"));
    write(header, ["_Line_".to_owned()].into_iter().chain(names).collect());
    for (row, line, problems) in rejected {
        let mut more = [&[line.to_string()], &problems[..]].concat();
        more.resize(errors + 1, String::new());
        write(row, more);
    }
    file.into_inner().unwrap_or_default()
}
