//! What goes wrong, when, and how it is applied.

mod apply;
mod kinds;
mod when;

pub(crate) use apply::{change_data, deliver};
pub use kinds::Fault;
pub use when::When;
pub(crate) use when::{Armed, strike};
