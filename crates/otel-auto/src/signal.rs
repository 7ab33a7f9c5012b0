//! Signals that ask a program to end.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC, ctrl_c};

/// The exit code that shells report for a process ended by SIGINT.
const INTERRUPTED: i32 = 130;
/// The exit code that shells report for a process ended by SIGTERM.
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
        // Signals that cannot be caught end the process by themselves.
        Err(_) => std::future::pending().await,
    }
}

/// Both signals, caught from the construction on.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl Signals {
    /// Must be called in a tokio runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for a signal; returns the exit code of a process ended by it.
    pub(crate) async fn exit_code(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => INTERRUPTED,
            _ = self.terminate.recv() => TERMINATED,
        }
    }
}

/// Ctrl-C, caught from the construction on.
#[cfg(windows)]
#[derive(Debug)]
pub(crate) struct Signals(CtrlC);

#[cfg(windows)]
impl Signals {
    /// Must be called in a tokio runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self(ctrl_c()?))
    }

    /// Waits for Ctrl-C; returns the exit code of a process ended by it.
    pub(crate) async fn exit_code(&mut self) -> i32 {
        self.0.recv().await;
        INTERRUPTED
    }
}
