//! One file a command.

mod account;
mod cancel;
mod chunks;
mod doctor;
mod explain;
mod get;
mod imports;
mod processes;
mod run;
mod task;
mod tasks;
mod wait;
mod workspaces;

pub(crate) use self::account::{login, logout, token, whoami};
pub(crate) use self::cancel::cancel;
pub(crate) use self::chunks::chunks;
pub(crate) use self::doctor::doctor;
pub(crate) use self::explain::explain;
pub(crate) use self::get::get;
pub(crate) use self::imports::imports;
pub(crate) use self::processes::processes;
pub(crate) use self::run::run;
pub(crate) use self::task::task;
pub(crate) use self::tasks::tasks;
pub(crate) use self::wait::wait;
pub(crate) use self::workspaces::{models, workspaces};
