//! The two halves of an exchange as values: a request that was read, an answer that is not sent yet.

mod answer;
mod request;

pub(crate) use answer::{Answer, Body, reason};
pub(crate) use request::Request;
pub use request::RequestLog;
