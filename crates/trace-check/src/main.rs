//! The command line of trace-check.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use trace_check::args::{Args, Command};
use trace_check::roundtrip::args::RoundtripArgs;
use trace_check::verify::{self, report};
use trace_check::{doctor, matrix, read, roundtrip, wait, watch};

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

/// Runs the command; returns true if it found everything.
fn run(command: Command) -> anyhow::Result<bool> {
    match command {
        Command::Wait(args) => {
            wait::until_healthy(&args.url, args.timeout)?;
            Ok(true)
        }
        Command::Roundtrip(args) => run_roundtrip(&args),
        Command::Matrix(args) => {
            std::io::stdout()
                .lock()
                .write_all(matrix::text(&args)?.as_bytes())?;
            Ok(true)
        }
        Command::Doctor(args) => {
            let examination = doctor::examine(&std::env::vars().collect(), &args);
            let mut out = std::io::stdout().lock();
            if args.json {
                writeln!(out, "{}", doctor::json(&examination)?)?;
            } else {
                write!(out, "{}", doctor::text(&examination))?;
            }
            Ok(examination.failure().is_none())
        }
        Command::Watch(args) => {
            let backend = read::detect(&args.url)?;
            let mut complain = |text: &str| eprintln!("trace-check: {text}");
            match watch::watch(&args, &backend, &mut std::io::stdout(), &mut complain) {
                // The reader of the lines has closed the pipe.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(true),
                result => Ok(result.map(|()| true)?),
            }
        }
        Command::Verify(args) => {
            let outcomes = verify::verify(&args)?;
            let mut out = std::io::stdout().lock();
            if args.json {
                writeln!(out, "{}", report::json(&outcomes))?;
            } else {
                write!(out, "{}", report::table(&outcomes))?;
            }
            if verify::is_unanswered(&outcomes) {
                anyhow::bail!("nothing was compared");
            }
            Ok(outcomes.iter().all(verify::Outcome::is_whole))
        }
    }
}

fn run_roundtrip(args: &RoundtripArgs) -> anyhow::Result<bool> {
    let mut backend = read::detect(&args.url)?;
    if args.older_model && backend.kind == read::Kind::Jaeger {
        backend.kind = read::Kind::JaegerOlderModel;
    }
    let settings = args.settings(&backend);
    let outcome = roundtrip::run(settings, backend);
    if let Some(path) = &args.junit {
        std::fs::write(path, roundtrip::junit::text(&outcome))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", roundtrip::json::text(&outcome)?)?;
    } else {
        write!(out, "{}", roundtrip::report::text(&outcome))?;
    }
    match outcome.result() {
        roundtrip::Result::Whole | roundtrip::Result::KnownFaults => Ok(true),
        roundtrip::Result::Defects => Ok(false),
        roundtrip::Result::Nothing => {
            anyhow::bail!("no protocol is received, so nothing was checked")
        }
    }
}
