//! The outcome for the spans or log records of a request.

use std::time::Duration;

use axum::Extension;

use super::refusal::{Refusal, Why};
use crate::config::Limits;
use crate::format::otlp::{Encoding, Signal, export_response};
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
    pub(super) future: usize,
    /// The number of stored items whose time is long past.
    pub(super) past: usize,
    /// The latest time that does not count as in the future.
    latest: UnixNanos,
}

/// The time by which a span may start, or a log record be written, after it came: clocks differ.
const AHEAD: Duration = Duration::from_hours(24);

/// The year 2000. An earlier time is that of a clock which is not set, or is in too large a unit.
const EARLIEST: UnixNanos = UnixNanos(946_684_800_000_000_000);

/// The remedy for odd times.
const CHECK: &str = "check the sender's clock, and the unit of its times since 1970: nanoseconds in OTLP, microseconds in Zipkin and in Jaeger's Thrift";

impl Accepted {
    /// Counts of zero.
    pub(super) fn of(signal: Signal) -> Self {
        Self {
            signal,
            stored: 0,
            rejected: 0,
            reason: None,
            future: 0,
            past: 0,
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
                self.future += usize::from(time > self.latest);
                // Zero is no time.
                self.past += usize::from(time < EARLIEST && time.0 > 0);
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
        let what = self.what();
        match &self.reason {
            Some(reason) => reason.clone(),
            None if self.future > 0 => format!(
                "{} {what} are more than a day ahead of the clock of otel-backend; they are kept, and count as of now: {CHECK}",
                self.future
            ),
            None if self.past > 0 => format!(
                "{} {what} are from before the year 2000; they are kept, and count as that old: {CHECK}",
                self.past
            ),
            None => String::new(),
        }
    }

    /// The answer to an OTLP exporter.
    pub(super) fn export_response(&self, encoding: Encoding) -> Vec<u8> {
        export_response(encoding, self.signal, self.rejected, &self.reason())
    }

    /// The rejections, or else the odd times, in words.
    pub(super) fn remark(&self) -> Option<String> {
        let what = self.what();
        match (self.rejected, self.reason()) {
            (0, warning) => (!warning.is_empty()).then_some(warning),
            (rejected, reason) => Some(format!("{rejected} {what} were rejected: {reason}")),
        }
    }

    /// The remark, for the log.
    pub(super) fn why(&self) -> Option<Extension<Why>> {
        let why = |message| Why {
            message,
            counted: true,
        };
        self.remark().map(why).map(Extension)
    }
}
