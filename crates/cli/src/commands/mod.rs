//! What each command does.

mod account;
mod doctor;
mod explain;
mod get;
mod lists;
mod run;
mod task;
mod tasks;
mod wait;

pub(crate) use self::account::{login, logout, token, whoami};
pub(crate) use self::doctor::doctor;
pub(crate) use self::explain::explain;
pub(crate) use self::get::get;
pub(crate) use self::lists::{chunks, imports, models, processes, workspaces};
pub(crate) use self::run::run;
pub(crate) use self::task::{cancel, task};
pub(crate) use self::tasks::tasks;
pub(crate) use self::wait::wait;
