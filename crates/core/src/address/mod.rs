//! What things of the service are called: identifiers, origins, addresses, the locators that people
//! type, and the request path of each address.
//!
//! Pure: nothing here knows an answer of the service, a file or a network. The only error is [`LocatorError`].

mod addresses;
mod id;
mod locator;
mod locator_error;
mod origin;
mod parse;
mod path;
#[cfg(test)]
mod tests;

pub use self::addresses::{ActionAddress, ActionKind, DumpAddress, FileAddress, ModelAddress, TaskAddress};
pub use self::id::Id;
pub use self::locator::{Locator, TaskChoice};
pub use self::locator_error::LocatorError;
pub use self::origin::Origin;
pub(crate) use self::origin::bare;
pub(crate) use self::path::{models_path, page, workspaces_path};
