//! What is wrong in a dump file.
//!
//! The service rejects rows with a message each, and leaves people with a file of any size. A [`Report`]
//! groups the messages into [`Kind`]s: `Invalid number: a` and `Invalid number: 1.2.3` are one kind with two
//! values. It counts rows, values and columns of each kind, names the first lines, and says what usually
//! cures it. [`ReportBuilder::add_and_fix`] also writes the rejected rows as a file that can be corrected and
//! imported again.
//!
//! Everything here works on any [`Read`](std::io::Read) in one pass and in bounded memory, whatever the file.
//! Nothing here opens files or looks at the clock.
//!
//! ```
//! use anaplan_dump_core::report::ReportBuilder;
//!
//! # fn main() -> Result<(), anaplan_dump_core::report::ReportError> {
//! let file = r#""Item","Amount","_Line_","_Error_1_"
//! "Item 9","a","11","Invalid number: a"
//! "#;
//! let mut corrected = Vec::new();
//! let mut report = ReportBuilder::new();
//! report.add_and_fix("rejected.csv", file.as_bytes(), None, false, &mut corrected)?;
//! let report = report.finish();
//!
//! let kind = &report.kinds[0];
//! assert_eq!((&*kind.title, kind.rows, &*kind.lines), ("Invalid number", 1, &[11][..]));
//! assert_eq!((&*kind.columns[0].text, &*kind.values[0].text), ("Amount", "a"));
//! assert_eq!(corrected, b"\"Item\",\"Amount\"\n\"Item 9\",\"a\"\n");
//! println!("{}", report.view().width(100));
//! # Ok(())
//! # }
//! ```
//!
//! What a dump looks like is taken from the vendor's samples and its own client's tests. The wording of some
//! messages is not published: an unknown one is a separate kind, as it is but for a value that its row holds.

mod answer;
mod builder;
mod columns;
mod compare;
mod count;
mod cures;
mod dialect;
mod dump;
mod encoding;
mod error;
mod filter;
mod fix;
mod html;
mod message;
mod model;
mod parser;
mod row;
mod shown;
mod table;
mod tally;
#[cfg(test)]
mod tests;
mod view;
mod words;

pub use builder::ReportBuilder;
pub use compare::{Change, Trend};
pub use dialect::LineEnd;
pub use encoding::Encoding;
pub use error::ReportError;
pub use fix::CorrectedRows;
pub use model::{DumpInfo, Kind, Report, Severity, Totals, ValueCount};
/// For the program `anaplan-dump` alone: it may change in any version.
#[doc(hidden)]
pub use table::RowTable;
pub use view::ReportView;
