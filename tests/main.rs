//! End-to-end tests.

#![allow(clippy::expect_used, reason = "a test whose premises fail ends there")]
#![allow(dead_code, unused_imports)]

mod arguments;
mod cancelling;
mod collecting;
mod download;
mod faults;
mod hosts;
mod imports;
mod json;
mod lists;
mod locators;
mod names;
mod newest;
mod output;
mod overwriting;
mod proxies;
mod retry;
mod running;
mod signals;
mod start;
mod support;
mod task_lists;
mod task_report;
mod tokens;
