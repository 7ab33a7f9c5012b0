//! Tests trace-check over real sockets, against backends with planted faults.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected has failed"
)]

mod backend;
mod doctor;
mod faults;
mod http;
mod watch;
