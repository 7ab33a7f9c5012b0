//! Code shared by the tests, examples and measurements of several crates.
//!
//! The programs are used only from outside: through arguments, variables, ports and output. A
//! program chooses its own ports, and is ready when it says so:
//!
//! ```no_run
//! use test_kit::Backend;
//!
//! let backend = Backend::start(&["--memory"]);
//! let traces = backend.ui("/api/traces?service=shop");
//! # drop(traces);
//! backend.kill();
//! ```
//!
//! A failure of the kit is a panic, since a test that cannot start its program has failed.

mod backend;
pub mod grpc;
pub mod modules;
mod ports;
mod process;
mod program;
pub mod tls;

pub use backend::{Backend, Ending, PORTS, Stopped, command};
pub use ports::unused_port;
pub use process::{Output, Process};
pub use program::{Finished, program, root, run};
