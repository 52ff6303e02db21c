//! What goes wrong, when, and how it is applied.

mod apply;
mod kinds;
mod when;

pub(crate) use apply::{change_data, deliver};
pub use kinds::{ErrorBody, Fault};
pub(crate) use when::Rules;
pub use when::When;
