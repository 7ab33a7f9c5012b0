//! The command line, with a subcommand for each task.

use clap::{Parser, Subcommand};

use crate::doctor::DoctorArgs;
use crate::matrix::MatrixArgs;
use crate::roundtrip::args::RoundtripArgs;
use crate::verify::args::VerifyArgs;
use crate::wait::WaitArgs;
use crate::watch::WatchArgs;

/// Checks that traces arrive in a backend.
///
/// The exit code is 0 if everything was found, 1 if something is missing or differs, and 2 if the
/// check itself was not possible.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Args {
    /// The task.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Waits until a URL answers with a 2xx status.
    Wait(WaitArgs),
    /// Compares the spans that programs printed with what the backend returns.
    Verify(VerifyArgs),
    /// Sends traces that are hard to carry by every protocol, reads them back, and compares them
    /// field by field.
    Roundtrip(RoundtripArgs),
    /// Makes a page of what each backend keeps, from reports of `roundtrip --json`.
    Matrix(MatrixArgs),
    /// Follows the path of a program's spans, and names the first hop that fails and what to do.
    /// Run it with the program's OTEL_* variables.
    Doctor(DoctorArgs),
    /// Prints traces as they arrive, one per line, until Ctrl-C.
    Watch(WatchArgs),
}
