//! What each command does.

pub(crate) mod account;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod get;
pub(crate) mod lists;
pub(crate) mod run;
pub(crate) mod task;
pub(crate) mod tasks;
pub(crate) mod wait;
