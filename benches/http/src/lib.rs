//! The subjects: a small axum server and a small tonic server, each bare and under each middleware.
//!
//! `cargo bench -p http-bench` prints tables. Each subject runs in a process of its own, since all
//! of them set globals. The processes take turns, so that a busy machine slows all of them equally.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be run panics")]

mod child;
mod load;
mod sdk;
mod server;
mod sink;
mod subject;

pub use child::{Child, run_if_child};
pub use load::Load;
pub use sink::Sink;
pub use subject::{Protocol, Scenario, Subject};
