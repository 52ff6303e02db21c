//! End-to-end tests.

#![allow(clippy::expect_used, reason = "a test whose premises fail ends there")]
#![allow(dead_code, unused_imports)]

mod arguments;
mod download;
mod faults;
mod hosts;
mod lists;
mod locators;
mod names;
mod output;
mod overwriting;
mod retry;
mod support;
