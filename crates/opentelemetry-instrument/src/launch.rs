//! Starts the program.

use std::ffi::OsString;
use std::io;
use std::process::{Command, ExitCode};

use thiserror::Error;

use crate::arguments::Arguments;

/// The exit codes that shells use for a program that does not exist, or that cannot be started.
const NOT_FOUND: u8 = 127;
const NOT_STARTED: u8 = 126;

/// The reasons why the program cannot be started.
#[derive(Debug, Error)]
pub(crate) enum LaunchError {
    #[error("there is no program {program:?}; give its path, or see that PATH has it")]
    NotFound { program: OsString },
    #[error("{program:?} cannot be started: {source}; is it a program, and may you run it?")]
    NotStarted {
        program: OsString,
        source: io::Error,
    },
}

impl LaunchError {
    fn new(program: OsString, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { program },
            _ => Self::NotStarted { program, source },
        }
    }

    /// The exit code for this error.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::NotFound { .. } => NOT_FOUND,
            Self::NotStarted { .. } => NOT_STARTED,
        }
    }
}

/// Replaces this process by the program; where that is not possible, runs the program and ends with
/// its exit code.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, LaunchError> {
    let mut words = arguments.command.iter();
    let program = words.next().cloned().unwrap_or_default();
    let mut command = Command::new(&program);
    let flags = arguments.variables.iter();
    command
        .args(words)
        .envs(flags.map(|(name, value)| (name, value)));
    replace(&mut command).map_err(|source| LaunchError::new(program, source))
}

#[cfg(unix)]
fn replace(command: &mut Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

#[cfg(not(unix))]
fn replace(command: &mut Command) -> io::Result<ExitCode> {
    let code = command.status()?.code();
    std::process::exit(code.unwrap_or(1))
}
