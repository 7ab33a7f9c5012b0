//! The workspace's programs.

use std::collections::HashSet;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::{Mutex, PoisonError};

/// The result of a program that has ended.
#[derive(Debug)]
pub struct Finished {
    /// The exit status.
    pub status: ExitStatus,
    /// The standard output.
    pub stdout: String,
    /// The standard error.
    pub stderr: String,
}

impl Finished {
    /// The exit code; `None` if a signal ended the program.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }
}

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The path of a program of this workspace, in the build profile of the running test or example.
///
/// Under cargo the program is built first, so that no test runs an older one. A test or example
/// started by hand uses the program in its own folder.
///
/// # Panics
/// If the build fails, or the program is not there.
pub fn program(name: &str) -> PathBuf {
    // Cargo has already built the programs of the package under test.
    if let Some(path) = env::var_os(format!("CARGO_BIN_EXE_{name}")) {
        return path.into();
    }
    let folder = folder();
    if let Some(cargo) = env::var_os("CARGO") {
        build(cargo, name, &folder);
    }
    let path = folder.join(name);
    assert!(
        path.exists(),
        "{} is not there: build it first, with the same profile",
        path.display()
    );
    path
}

/// Runs a program to its end. Backtraces are off, so its output is what a user sees.
///
/// # Panics
/// If it cannot be started.
pub fn run(command: &mut Command) -> Finished {
    let output = command.env_remove("RUST_BACKTRACE").output();
    let output = output.unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    Finished {
        status: output.status,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The folder of the programs: that of the running program, or the one above `deps` or `examples`.
fn folder() -> PathBuf {
    let running =
        env::current_exe().unwrap_or_else(|error| panic!("a program has a path: {error}"));
    let mut folders = running.ancestors().skip(1);
    let folder = folders.find(|folder| !folder.ends_with("deps") && !folder.ends_with("examples"));
    folder.map_or_else(|| panic!("a program lies in a folder"), Path::to_owned)
}

/// The programs that this process has already built.
static BUILT: Mutex<Option<HashSet<String>>> = Mutex::new(None);

/// Builds a program once, as `cargo build` does.
fn build(cargo: OsString, name: &str, folder: &Path) {
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let built = built.get_or_insert_default();
    if built.contains(name) {
        return;
    }
    build_now(cargo, name, folder);
    built.insert(name.to_owned());
}

fn build_now(cargo: OsString, name: &str, folder: &Path) {
    let mut build = Command::new(cargo);
    // These variables describe the test's package; some build scripts would run again because of
    // them.
    for (variable, _) in env::vars_os() {
        let name = variable.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            build.env_remove(&variable);
        }
    }
    build.args(["build", "--locked", "--quiet", "--bin", name]);
    if folder.ends_with("release") {
        build.arg("--release");
    }
    let built = build.current_dir(root()).status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "{name} does not build"
    );
}
