//! The command line: one subcommand for each question.

use clap::{Parser, Subcommand};

use crate::doctor::DoctorArgs;
use crate::matrix::MatrixArgs;
use crate::roundtrip::args::RoundtripArgs;
use crate::verify::args::VerifyArgs;
use crate::wait::WaitArgs;
use crate::watch::WatchArgs;

/// Proves that a trace arrived.
///
/// Exit codes: 0 when everything was found, 1 when something is missing or differs, 2 when the
/// question itself could not be answered.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Args {
    /// The question.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Waits until a URL answers with a 2xx status.
    Wait(WaitArgs),
    /// Compares the spans that programs printed with what the backend returns.
    Verify(VerifyArgs),
    /// Sends traces that are hard to carry by every protocol, reads them back, and compares field by
    /// field.
    Roundtrip(RoundtripArgs),
    /// Makes a page of what each backend keeps, from reports of `roundtrip --json`.
    Matrix(MatrixArgs),
    /// Walks the path of a program's spans, and names the first hop that fails and what to do. Run it
    /// with the variables OTEL_* that the program has.
    Doctor(DoctorArgs),
    /// Follows traces as they arrive: a line each, until Ctrl-C.
    Watch(WatchArgs),
}
