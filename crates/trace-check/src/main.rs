//! The command line of trace-check.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use trace_check::{
    args::{Args, Command},
    report, verify, wait,
};

fn main() -> ExitCode {
    match run(Args::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("trace-check: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether the command found what it was asked to find.
fn run(command: Command) -> anyhow::Result<bool> {
    match command {
        Command::Wait(args) => {
            wait::until_healthy(&args.url, args.timeout)?;
            Ok(true)
        }
        Command::Verify(args) => {
            let outcomes = verify::verify(&args)?;
            let mut out = std::io::stdout().lock();
            if args.json {
                writeln!(out, "{}", report::json(&outcomes))?;
            } else {
                write!(out, "{}", report::table(&outcomes))?;
            }
            Ok(outcomes.iter().all(verify::Outcome::is_whole))
        }
    }
}
