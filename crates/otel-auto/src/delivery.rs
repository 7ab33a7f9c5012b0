//! Counts what becomes of the spans that an exporter is given.

mod counts;
#[cfg(feature = "logs")]
mod logs;
mod spans;

use std::fmt;
use std::sync::Arc;

#[cfg(feature = "logs")]
use opentelemetry_sdk::logs::LogExporter;
use opentelemetry_sdk::trace::{BatchConfig, SpanExporter};

pub use spans::CountedBatch;

use crate::config::without_secrets;

use counts::Counts;
#[cfg(feature = "logs")]
pub(crate) use logs::CountedLogs;

/// Counts the spans sent to one endpoint at both ends: how many ended, and how many of them the
/// endpoint acknowledged.
///
/// The SDK does not tell: its batch processor answers `Ok` to a shutdown whose export failed, and
/// drops spans without a word when its queue is full. A clone counts into the same totals.
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

/// The signal that is counted.
#[derive(Clone, Copy, Debug)]
enum Signal {
    Spans,
    Logs,
}

impl Delivery {
    /// Counts deliveries to `endpoint`. The report names it, without user, password and query.
    pub fn to(endpoint: impl AsRef<str>) -> Self {
        Self {
            endpoint: Arc::from(without_secrets(endpoint.as_ref())),
            variable: None,
            signal: Signal::Spans,
            counts: Arc::default(),
        }
    }

    /// Counts log records.
    pub(crate) fn of_logs_to(endpoint: impl AsRef<str>) -> Self {
        Self {
            signal: Signal::Logs,
            ..Self::to(endpoint)
        }
    }

    /// Names the environment variable that changes the endpoint, for the advice that goes with
    /// lost spans.
    #[must_use]
    pub fn with_variable(self, variable: &'static str) -> Self {
        Self {
            variable: Some(variable),
            ..self
        }
    }

    /// A batch processor over `exporter` that counts here. Spans that are not sampled never reach
    /// the exporter. The SDK reads `OTEL_BSP_*` for its limits.
    pub fn batch<E: SpanExporter + 'static>(&self, exporter: E) -> CountedBatch {
        self.batch_with_config(exporter, BatchConfig::default())
    }

    /// As [`batch`](Self::batch), with limits of your own.
    pub fn batch_with_config<E: SpanExporter + 'static>(
        &self,
        exporter: E,
        config: BatchConfig,
    ) -> CountedBatch {
        CountedBatch::new(exporter, config, &self.counts)
    }

    #[cfg(feature = "logs")]
    pub(crate) fn batch_of_logs<E: LogExporter + 'static>(
        &self,
        exporter: E,
        config: opentelemetry_sdk::logs::BatchConfig,
    ) -> CountedLogs {
        CountedLogs::new(exporter, config, &self.counts)
    }

    /// The endpoint of the spans, without secrets.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The number of sampled spans that have ended, and so were to be exported.
    pub fn sent(&self) -> u64 {
        self.counts.ended()
    }

    /// The number of spans that the endpoint has accepted.
    pub fn acknowledged(&self) -> u64 {
        self.counts.acknowledged()
    }

    /// The number of spans that will not arrive: those whose export failed and, once the provider is shut
    /// down, those that were never exported.
    pub fn lost(&self) -> u64 {
        self.counts.lost()
    }

    /// The error of the last export that failed.
    pub fn error(&self) -> Option<String> {
        self.counts.error()
    }

    /// Notes that of the batch being exported the endpoint accepted all but `count`.
    pub(crate) fn reject(&self, count: u64, reason: String) {
        self.counts.reject(count, reason);
    }
}

/// One line: `otel-auto: 3 spans sent to http://…: 3 acknowledged, 0 lost`. Where spans were lost
/// it goes on with the reason and what to check.
impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sent, lost, failed) = (self.sent(), self.lost(), self.counts.failed());
        // UDP has no answer: what was sent may still be lost on the way.
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
        // Some exporters name the endpoint too; the line has it already.
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

    /// The beginning of the names of the batch processor's variables.
    fn batch_variables(self) -> &'static str {
        match self {
            Self::Spans => "OTEL_BSP",
            Self::Logs => "OTEL_BLRP",
        }
    }
}

#[cfg(test)]
mod tests;
