//! What is measured, and what it sends to.
//!
//! `cargo bench -p bench` prints speed, how it compares with the goals, and allocations and bytes.
//! The exporters run in this process and send to a sink in another one, so that the CPU time is
//! theirs alone.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be run panics")]

mod otlp;
mod ours;
mod retired;
mod sink;
mod spans;
mod subject;
mod table;

pub use sink::{Sink, run_if_child};
pub use subject::{Subject, Task, subjects};
pub use table::Table;
