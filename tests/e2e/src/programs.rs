//! The workspace's programs.

use std::{
    env,
    net::{TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

/// The repository's root.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
}

/// The path of a program of this workspace, built like the running test.
///
/// # Panics
/// When the build fails.
#[expect(clippy::expect_used, reason = "a test without its programs has failed")]
pub fn program(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let test = env::current_exe().expect("a running test has a path");
        // target/<profile>/deps/<test>
        let folder = test.ancestors().nth(2).expect("tests lie in deps/");
        let mut build = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        build.args(["build", "--locked", "--bins", "--quiet"]);
        if folder.ends_with("release") {
            build.arg("--release");
        }
        let built = build.current_dir(root()).status();
        assert!(
            built.expect("cargo is on PATH").success(),
            "the programs do not build"
        );
        folder.to_owned()
    });
    folder.join(name)
}

/// A port that nothing listened on a moment ago.
///
/// # Panics
/// When the machine has no port left.
#[expect(clippy::expect_used, reason = "a test without a port has failed")]
pub fn unused_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("the machine has a free port")
        .port()
}

/// A port that nothing received datagrams on a moment ago.
///
/// # Panics
/// When the machine has no port left.
#[expect(clippy::expect_used, reason = "a test without a port has failed")]
pub fn unused_udp_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0")
        .and_then(|socket| socket.local_addr())
        .expect("the machine has a free port")
        .port()
}

/// What a program that has ended left behind.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// Runs `command` to its end, without backtraces: what it says is what a user reads.
///
/// # Panics
/// When it cannot be started.
#[expect(
    clippy::panic,
    reason = "a test whose program does not start has failed"
)]
pub fn run(command: &mut Command) -> Finished {
    match command.env_remove("RUST_BACKTRACE").output() {
        Ok(Output {
            status,
            stdout,
            stderr,
        }) => Finished {
            code: status.code(),
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        },
        Err(error) => panic!("{command:?}: {error}"),
    }
}
