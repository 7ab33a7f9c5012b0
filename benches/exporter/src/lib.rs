//! The subjects of the measurement, and the sink that they send to.
//!
//! `cargo bench -p bench` prints the speed, the comparison with the goals, and allocations and
//! bytes. The exporters run in this process and send to a sink in another, so that only their own
//! CPU time is counted.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be run panics")]

mod otlp;
mod ours;
mod retired;
mod sink;
mod spans;
mod subject;
mod table;

pub use sink::{Sink, run_if_child};
pub use subject::{Subject, Task};
pub use table::Table;

/// All subjects, sending to `sink`. This crate's exporter is the first of each task.
pub fn subjects(sink: &Sink) -> Vec<Subject> {
    let mut subjects = ours::subjects(sink);
    subjects.extend(retired::subjects(sink));
    subjects.extend(otlp::subjects(sink));
    // The sort is stable, so this crate's exporter stays the first of its task.
    subjects.sort_by_key(|subject| subject.task);
    subjects
}
