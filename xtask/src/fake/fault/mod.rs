//! What goes wrong, when, and how it is applied.

mod apply;
mod argument;
mod kinds;
mod parse;
mod when;

pub(crate) use apply::{change_data, deliver};
pub use kinds::{ErrorBody, Fault, KINDS};
pub use parse::parse_fault;
pub(crate) use when::Rules;
pub use when::When;
