//! The two halves of an exchange as values: a request that was read, an answer that is not sent yet.

mod answer;
mod request;

pub use answer::Answer;
pub(crate) use answer::{Body, reason};
pub(crate) use request::Request;
pub use request::RequestLog;
