//! Proof that a trace arrived: what a program printed is read back from the backend and compared.
//!
//! The path of the data:
//!
//! 1. [`printed`] finds the JSON spans in a program's output: what was sent.
//! 2. [`backend`] asks the backend's own query API for the same trace: what was found.
//! 3. [`compare`] lists every field in which the two differ.
//! 4. [`verify`] repeats this until all is found or time is up, and [`report`] prints the table.
//!
//! Nothing here knows how a backend stores spans or how an exporter encodes them: a fault in either
//! cannot hide itself.

pub mod args;
pub mod backend;
pub mod compare;
pub mod printed;
pub mod report;
pub mod span;
pub mod verify;
pub mod wait;
