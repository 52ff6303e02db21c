//! A scratch folder, a fake server and the binary. What a test does not mention is compared as
//! well: [`Outcome`] says how, for the command, and [`Scene`] for the folder.

mod command;
mod dumps;
mod outcome;
mod pattern;
mod processes;
mod scene;
pub(crate) mod texts;
pub(crate) mod users;

pub(crate) use self::command::{Background, Invocation, free_address, program};
pub(crate) use self::dumps::{
    CHUNK, DATE, NEWEST_TASK, PART_FILES, assert_same_bytes, bytes_of, chunk, chunk_list, difference, dump_of,
    own_name, size,
};
pub(crate) use self::outcome::Outcome;
pub(crate) use self::processes::{
    ACTUALS, BUDGET, COSTS, Import, PROCESS_NAME, clean, dump_for, failed, failing_run, file_of, model, nightly,
    result_of,
};
pub(crate) use self::scene::{Scene, describe_requests};
