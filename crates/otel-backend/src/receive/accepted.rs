//! The outcome for the spans or log records of a request.

use std::time::Duration;

use axum::Extension;

use super::refusal::{Refusal, Why};
use crate::config::Limits;
use crate::format::otlp::{Encoding, Signal, export_response};
use crate::metrics::Protocol;
use crate::model::UnixNanos;

/// The numbers of spans or log records of a request that were stored and rejected.
#[derive(Debug)]
pub(super) struct Accepted {
    /// The signal.
    pub(super) signal: Signal,
    /// The number stored.
    pub(super) stored: usize,
    /// The number rejected.
    pub(super) rejected: usize,
    /// The reason of the first rejection.
    pub(super) reason: Option<String>,
    /// The number of stored items whose time is in the future.
    pub(super) ahead: usize,
    /// The latest time that does not count as in the future.
    latest: UnixNanos,
}

/// The time by which a span may start, or a log record be written, after it came: clocks differ.
const AHEAD: Duration = Duration::from_hours(24);

impl Accepted {
    /// Counts of zero.
    pub(super) fn of(signal: Signal) -> Self {
        Self {
            signal,
            stored: 0,
            rejected: 0,
            reason: None,
            ahead: 0,
            latest: UnixNanos::now().after(AHEAD),
        }
    }

    /// Counts a span or log record: an accepted one by its time, or a rejected one by its reason.
    pub(super) fn count<E: ToString>(
        &mut self,
        limits: &Limits,
        taken: Result<UnixNanos, E>,
    ) -> Result<(), Refusal> {
        if self.stored + self.rejected == limits.spans {
            return Err(Refusal::TooMany {
                what: self.what(),
                limit: limits.spans,
            });
        }
        match taken {
            Ok(time) => {
                self.stored += 1;
                self.ahead += usize::from(time > self.latest);
            }
            Err(reason) => {
                self.rejected += 1;
                self.reason.get_or_insert_with(|| reason.to_string());
            }
        }
        Ok(())
    }

    /// The name of the counted items.
    fn what(&self) -> &'static str {
        match self.signal {
            Signal::Traces => "spans",
            Signal::Logs => "log records",
            Signal::Metrics => "data points",
        }
    }

    /// The reason of the first rejection, or else a warning about accepted items, or else "".
    pub(super) fn reason(&self) -> String {
        match &self.reason {
            Some(reason) => reason.clone(),
            None if self.ahead > 0 => format!(
                "{} {} are more than a day ahead of the clock of otel-backend; they are kept, and count as of now: their times must be in nanoseconds",
                self.ahead,
                self.what()
            ),
            None => String::new(),
        }
    }

    /// The answer to an OTLP exporter.
    pub(super) fn export_response(&self, encoding: Encoding) -> Vec<u8> {
        export_response(encoding, self.signal, self.rejected, &self.reason())
    }

    /// The rejections, for the log.
    pub(super) fn why(&self) -> Option<Extension<Why>> {
        (self.rejected + self.ahead > 0).then(|| {
            let message = match self.rejected {
                0 => self.reason(),
                rejected => format!(
                    "{rejected} {} were rejected: {}",
                    self.what(),
                    self.reason()
                ),
            };
            Extension(Why {
                message,
                counted: true,
            })
        })
    }

    /// Logs the rejections of a datagram, which has no connection.
    pub(super) fn log_rejected(&self, protocol: Protocol) {
        if self.rejected > 0 {
            tracing::warn!(
                protocol = protocol.as_str(),
                rejected = self.rejected,
                reason = self.reason(),
                "spans were rejected"
            );
        }
    }
}
