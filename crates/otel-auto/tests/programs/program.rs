//! Runs the examples as programs with variables, as a user does.

use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use tokio::process::Command;

/// The output and the status of a program that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

/// An example with arguments, and without variables of OpenTelemetry but those that are added.
pub(crate) fn program(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(path(name));
    command
        .args(arguments)
        .env_clear()
        .env("OTEL_SERVICE_NAME", "test")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

pub(crate) async fn run(command: &mut Command) -> Ended {
    let started = Instant::now();
    let output = command.output().await.unwrap();
    Ended::of(output, started.elapsed())
}

impl Ended {
    pub(crate) fn of(output: Output, took: Duration) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            took,
        }
    }
}

/// Cargo builds the examples beside the tests.
fn path(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.parent().and_then(|deps| deps.parent()).unwrap();
    let path = target.join("examples").join(name);
    assert!(
        path.exists(),
        "{} is built by cargo test -p otel-auto",
        path.display()
    );
    path
}
