//! Development tasks of anaplan-dump, as a library so that the end-to-end tests can use them.

pub mod fake;
pub mod sample;
