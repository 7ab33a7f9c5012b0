//! Counts the spans that an exporter receives, and their outcome.

mod counts;
#[cfg(feature = "logs")]
mod logs;
mod spans;

use std::fmt;
use std::sync::Arc;

#[cfg(feature = "logs")]
use opentelemetry_sdk::logs::LogExporter;
use opentelemetry_sdk::trace::SpanExporter;

pub use spans::CountedBatch;

use crate::config::{Batch, without_secrets};

use counts::Counts;
#[cfg(feature = "logs")]
pub(crate) use logs::CountedLogs;

/// Counts the spans sent to one endpoint: how many ended, and how many of them the endpoint
/// acknowledged.
///
/// The SDK does not report this: its batch processor returns `Ok` from a shutdown whose export
/// failed, and drops spans silently when its queue is full. Clones share the counts.
///
/// ```
/// use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
/// # use opentelemetry::trace::{Tracer, TracerProvider};
///
/// let delivery = otel_auto::Delivery::to("http://127.0.0.1:14268/api/traces");
/// let provider = SdkTracerProvider::builder()
///     .with_span_processor(delivery.batch(InMemorySpanExporter::default()))
///     .build();
/// provider.tracer("example").in_span("work", |_| {});
/// provider.shutdown()?;
///
/// assert_eq!(
///     delivery.to_string(),
///     "otel-auto: 1 span sent to http://127.0.0.1:14268/api/traces: 1 acknowledged, 0 lost"
/// );
/// # Ok::<(), opentelemetry_sdk::error::OTelSdkError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Delivery {
    endpoint: Arc<str>,
    variable: Option<&'static str>,
    signal: Signal,
    counts: Arc<Counts>,
}

/// The signal whose items are counted.
#[derive(Clone, Copy, Debug)]
enum Signal {
    Spans,
    Logs,
}

impl Delivery {
    /// Makes a count for `endpoint`. The report shows the endpoint without user, password and
    /// query.
    pub fn to(endpoint: impl AsRef<str>) -> Self {
        Self {
            endpoint: Arc::from(without_secrets(endpoint.as_ref())),
            variable: None,
            signal: Signal::Spans,
            counts: Arc::default(),
        }
    }

    /// Makes a count for log records.
    pub(crate) fn of_logs_to(endpoint: impl AsRef<str>) -> Self {
        Self {
            signal: Signal::Logs,
            ..Self::to(endpoint)
        }
    }

    /// Sets the environment variable that changes the endpoint; the advice on lost spans names it.
    #[must_use]
    pub fn with_variable(self, variable: &'static str) -> Self {
        Self {
            variable: Some(variable),
            ..self
        }
    }

    /// A counting batch processor over `exporter`. Spans that are not sampled do not reach the
    /// exporter. The limits are those of `OTEL_BSP_*`.
    pub fn batch<E: SpanExporter + 'static>(&self, exporter: E) -> CountedBatch {
        self.batch_with_limits(exporter, Batch::of_spans())
    }

    /// Like [`batch`](Self::batch), with limits set in code.
    pub fn batch_with_limits<E: SpanExporter + 'static>(
        &self,
        exporter: E,
        limits: Batch,
    ) -> CountedBatch {
        CountedBatch::new(exporter, limits, &self.counts)
    }

    #[cfg(feature = "logs")]
    pub(crate) fn batch_of_logs<E: LogExporter + 'static>(
        &self,
        exporter: E,
        config: opentelemetry_sdk::logs::BatchConfig,
    ) -> CountedLogs {
        CountedLogs::new(exporter, config, &self.counts)
    }

    /// The endpoint, without secrets.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The number of sampled spans that have ended and so should be exported.
    pub fn sent(&self) -> u64 {
        self.counts.ended()
    }

    /// The number of spans that the endpoint accepted.
    pub fn acknowledged(&self) -> u64 {
        self.counts.acknowledged()
    }

    /// The number of spans that will not arrive: those whose export failed and, after the
    /// provider's shutdown, those that were never exported.
    pub fn lost(&self) -> u64 {
        self.counts.lost()
    }

    /// The error of the last failed export.
    pub fn error(&self) -> Option<String> {
        self.counts.error()
    }

    /// Records that the endpoint rejected `count` spans of the current export and accepted the
    /// others.
    pub(crate) fn reject(&self, count: u64, reason: String) {
        self.counts.reject(count, reason);
    }
}

/// One line: `otel-auto: 3 spans sent to http://…: 3 acknowledged, 0 lost`. If spans were lost, it
/// also gives the reason and the things to check.
impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sent, lost, failed) = (self.sent(), self.lost(), self.counts.failed());
        // UDP has no acknowledgement, so sent spans may still be lost.
        let udp = self.endpoint.starts_with("udp://");
        let acknowledged = if udp { "handed to UDP" } else { "acknowledged" };
        write!(
            f,
            "otel-auto: {sent} {} sent to {}: {} {acknowledged}, {lost} lost",
            self.signal.noun(sent),
            self.endpoint,
            self.acknowledged(),
        )?;
        if failed > 0 {
            self.write_failure(f)?;
        }
        match lost.saturating_sub(failed) {
            0 => {}
            unexported => self.write_unexported(f, unexported)?,
        }
        match self.counts.open() {
            0 => Ok(()),
            open => write!(f, "; {open} not ended and so not sent"),
        }
    }
}

impl Delivery {
    fn write_failure(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = self.error().unwrap_or_else(|| "export failed".to_owned());
        // Some exporters name the endpoint too, which the line already does.
        let named = format!("{}: ", self.endpoint);
        let reason = error
            .rsplit_once(&named)
            .map_or(&*error, |(_, reason)| reason);
        let stop = if reason.ends_with('?') { "" } else { ";" };
        write!(
            f,
            ": {reason}{stop} start a backend there with ./bootstrap.sh or otel-backend"
        )?;
        match self.variable {
            Some(variable) => write!(f, ", or name another with {variable}"),
            None => Ok(()),
        }
    }

    fn write_unexported(&self, f: &mut fmt::Formatter<'_>, count: u64) -> fmt::Result {
        if self.counts.timed_out() {
            return write!(
                f,
                ": {count} not answered in the time for shutdown; does the backend hang?"
            );
        }
        let queue = self.signal.batch_variables();
        write!(
            f,
            ": {count} dropped by a full queue; raise {queue}_MAX_QUEUE_SIZE or lower \
             {queue}_SCHEDULE_DELAY"
        )
    }
}

impl Signal {
    fn noun(self, count: u64) -> &'static str {
        match (self, count) {
            (Self::Spans, 1) => "span",
            (Self::Spans, _) => "spans",
            (Self::Logs, 1) => "log record",
            (Self::Logs, _) => "log records",
        }
    }

    /// The common prefix of the batch processor's variables.
    fn batch_variables(self) -> &'static str {
        match self {
            Self::Spans => "OTEL_BSP",
            Self::Logs => "OTEL_BLRP",
        }
    }
}

#[cfg(test)]
mod tests;
