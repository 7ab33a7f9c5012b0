//! trace-check over real sockets, against backends that are as wrong as a test wants them.

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
