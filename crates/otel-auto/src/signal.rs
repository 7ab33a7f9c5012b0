//! The signals that ask a program to end.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC, ctrl_c};

/// The exit code that a shell reports of a process that SIGINT ended.
const INTERRUPTED: i32 = 130;
/// The exit code that a shell reports of a process that SIGTERM ended.
#[cfg(unix)]
const TERMINATED: i32 = 143;

/// Waits until the process is asked to end: by Ctrl-C, or by SIGTERM on Unix.
///
/// ```no_run
/// # async fn serve(listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
/// axum::serve(listener, app)
///     .with_graceful_shutdown(otel_auto::shutdown_signal())
///     .await
/// # }
/// ```
pub async fn shutdown_signal() {
    match Signals::listen() {
        Ok(mut signals) => {
            signals.exit_code().await;
        }
        // Where signals cannot be caught, they end the process by themselves.
        Err(_) => std::future::pending().await,
    }
}

/// Both signals, caught from the moment this is made.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl Signals {
    /// Needs a tokio runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for a signal, and answers with the code of a process that it ended.
    pub(crate) async fn exit_code(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => INTERRUPTED,
            _ = self.terminate.recv() => TERMINATED,
        }
    }
}

/// Ctrl-C, caught from the moment this is made.
#[cfg(windows)]
#[derive(Debug)]
pub(crate) struct Signals(CtrlC);

#[cfg(windows)]
impl Signals {
    /// Needs a tokio runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self(ctrl_c()?))
    }

    /// Waits for Ctrl-C, and answers with the code of a process that it ended.
    pub(crate) async fn exit_code(&mut self) -> i32 {
        self.0.recv().await;
        INTERRUPTED
    }
}
