//! Development tasks of anaplan-dump, as a library so that the end-to-end tests can use them.

#![allow(missing_docs, reason = "there is a comment where a name does not say it all")]

pub mod fake;
pub mod sample;
