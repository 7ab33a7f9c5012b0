//! Counts the outcomes for the spans or log records of a lane, and writes them to the log.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::format::otlp::Signal;
use crate::metrics::{Metrics, SignalCounters};
use crate::throttle::Throttle;

/// Counts, and says what is lost.
#[derive(Debug)]
pub(super) struct Ledger {
    signal: Signal,
    endpoint: String,
    metrics: Metrics,
    losses: Throttle,
    delays: Throttle,
    warnings: Throttle,
    /// True if the log has said that the endpoint does not accept this signal.
    said_unsupported: AtomicBool,
}

/// The reason why something was not forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// There was no room to let it wait.
    QueueFull,
    /// The endpoint refused the request.
    Refused,
    /// The endpoint accepts spans only.
    Unsupported,
    /// The endpoint took the rest of the request.
    Rejected,
    /// It was tried for too long.
    GaveUp,
    /// The process ended before it was sent.
    Shutdown,
}

impl Loss {
    /// Its name in the metrics.
    fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::Refused => "refused",
            Self::Unsupported => "unsupported",
            Self::Rejected => "rejected",
            Self::GaveUp => "gave_up",
            Self::Shutdown => "shutdown",
        }
    }
}

impl Ledger {
    pub(super) fn new(signal: Signal, endpoint: String, metrics: Metrics) -> Self {
        Self {
            signal,
            endpoint,
            metrics,
            losses: Throttle::new(),
            delays: Throttle::new(),
            warnings: Throttle::new(),
            said_unsupported: AtomicBool::new(false),
        }
    }

    /// So many were taken by the endpoint.
    pub(super) fn forwarded(&self, number: usize) {
        self.said_unsupported.store(false, Ordering::Relaxed);
        self.counters().forwarded(number);
    }

    /// So many are lost to the endpoint; they are kept here.
    pub(super) fn lost(&self, loss: Loss, number: usize, reason: &str) {
        if number == 0 {
            return;
        }
        self.counters().not_forwarded(loss.as_str(), number);
        let more = match loss {
            // There is no later message that could tell the rest.
            Loss::Shutdown => Some(0),
            // It stays so, and is no loss that anybody has to look after.
            Loss::Unsupported => {
                let said = self.said_unsupported.swap(true, Ordering::Relaxed);
                (!said).then_some(0)
            }
            _ => self.losses.pass(),
        };
        if let Some(more) = more {
            tracing::warn!(
                to = self.endpoint,
                number,
                reason,
                more,
                "{} were not forwarded; they are kept here",
                self.what()
            );
        }
    }

    /// An attempt failed, and the next one comes after a pause.
    pub(super) fn delayed(&self, reason: &str, pause: Duration) {
        if let Some(more) = self.delays.pass() {
            tracing::warn!(
                to = self.endpoint,
                reason,
                retry_in = ?pause,
                more,
                "{} cannot be forwarded at the moment",
                self.what()
            );
        }
    }

    /// The endpoint took everything and had something to say.
    pub(super) fn warned(&self, warning: &str) {
        if let Some(more) = self.warnings.pass() {
            tracing::warn!(
                to = self.endpoint,
                warning,
                more,
                "the endpoint has a warning about {}",
                self.what()
            );
        }
    }

    fn what(&self) -> &'static str {
        match self.signal {
            Signal::Logs => "log records",
            Signal::Traces | Signal::Metrics => "spans",
        }
    }

    fn counters(&self) -> &SignalCounters {
        match self.signal {
            Signal::Logs => self.metrics.logs(),
            Signal::Traces | Signal::Metrics => self.metrics.spans(),
        }
    }
}
