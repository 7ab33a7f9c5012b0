#![doc = include_str!("../README.md")]

mod arguments;
mod dry_run;
mod flags;
mod help;
mod launch;

use std::io::{self, Write};
use std::process::ExitCode;

use arguments::{Action, Arguments};

/// The exit code for a wrong command line.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => return fail(&error, USAGE),
    };
    match &arguments.action {
        Action::Help => print(&help::text()),
        Action::Version => print(concat!("otel-instrument ", env!("CARGO_PKG_VERSION"), "\n")),
        Action::DryRun => print(&dry_run::text(&arguments)),
        Action::Run => match launch::run(&arguments) {
            Ok(code) => code,
            Err(error) => fail(&error, error.code()),
        },
    }
}

fn print(text: &str) -> ExitCode {
    // It is not an error if the reader, such as `head`, has closed the pipe.
    let written = io::stdout().write_all(text.as_bytes());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => fail(&error, 1),
        _ => ExitCode::SUCCESS,
    }
}

fn fail(error: &dyn std::error::Error, code: u8) -> ExitCode {
    // If stderr is closed too, there is no way to report the error.
    writeln!(io::stderr(), "otel-instrument: {error}").ok();
    ExitCode::from(code)
}
