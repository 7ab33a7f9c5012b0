//! Counts what becomes of the spans that an exporter is given.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::Span as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{
    BatchConfig, BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor,
};

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
/// let delivery = telemetry::Delivery::to("http://127.0.0.1:14268/api/traces");
/// let provider = SdkTracerProvider::builder()
///     .with_span_processor(delivery.batch(InMemorySpanExporter::default()))
///     .build();
/// provider.tracer("example").in_span("work", |_| {});
/// provider.shutdown()?;
///
/// assert_eq!(
///     delivery.to_string(),
///     "telemetry: 1 span sent to http://127.0.0.1:14268/api/traces: 1 acknowledged, 0 lost"
/// );
/// # Ok::<(), opentelemetry_sdk::error::OTelSdkError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Delivery {
    endpoint: Arc<str>,
    variable: Option<&'static str>,
    counts: Arc<Counts>,
}

/// The totals, shared by the processor (which sees spans end) and the exporter (which sees what
/// becomes of them).
#[derive(Debug, Default)]
struct Counts {
    started: AtomicU64,
    ended: AtomicU64,
    acknowledged: AtomicU64,
    failed: AtomicU64,
    /// Spans of the export under way that the backend rejected while it took the others.
    rejected: AtomicU64,
    closed: AtomicBool,
    timed_out: AtomicBool,
    error: Mutex<Option<String>>,
}

/// A [`BatchSpanProcessor`] that counts; made by [`Delivery::batch`].
#[derive(Debug)]
pub struct CountedBatch {
    batch: BatchSpanProcessor,
    counts: Arc<Counts>,
}

/// An exporter that counts what it hands on.
#[derive(Debug)]
struct CountedExporter<E> {
    exporter: E,
    counts: Arc<Counts>,
}

impl Delivery {
    /// Counts deliveries to `endpoint`, which the report names.
    pub fn to(endpoint: impl AsRef<str>) -> Self {
        Self {
            endpoint: Arc::from(endpoint.as_ref()),
            variable: None,
            counts: Arc::default(),
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
        let exporter = CountedExporter {
            exporter,
            counts: Arc::clone(&self.counts),
        };
        CountedBatch {
            batch: BatchSpanProcessor::new(exporter, config),
            counts: Arc::clone(&self.counts),
        }
    }

    /// Where the spans go.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// How many sampled spans have ended, and so were to be exported.
    pub fn sent(&self) -> u64 {
        self.counts.ended.load(Ordering::Acquire)
    }

    /// How many spans the endpoint has accepted.
    pub fn acknowledged(&self) -> u64 {
        self.counts.acknowledged.load(Ordering::Acquire)
    }

    /// How many spans will not arrive: those whose export failed and, once the provider is shut
    /// down, those that were never exported.
    pub fn lost(&self) -> u64 {
        if self.counts.closed.load(Ordering::Acquire) {
            self.sent().saturating_sub(self.acknowledged())
        } else {
            self.failed()
        }
    }

    /// What the exporter said when an export last failed.
    pub fn error(&self) -> Option<String> {
        lock(&self.counts.error).clone()
    }

    /// Notes that of the batch being exported the endpoint accepted all but `count` spans.
    pub(crate) fn reject(&self, count: u64, reason: String) {
        self.counts.rejected.store(count, Ordering::Release);
        *lock(&self.counts.error) = Some(reason);
    }

    /// How many spans had not ended at shutdown.
    fn open(&self) -> u64 {
        let started = self.counts.started.load(Ordering::Acquire);
        let closed = self.counts.closed.load(Ordering::Acquire);
        if closed {
            started.saturating_sub(self.sent())
        } else {
            0
        }
    }

    fn failed(&self) -> u64 {
        self.counts.failed.load(Ordering::Acquire)
    }
}

/// One line: `telemetry: 3 spans sent to http://…: 3 acknowledged, 0 lost`. Where spans were lost
/// it goes on with the reason and what to check.
impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sent, lost) = (self.sent(), self.lost());
        let spans = if sent == 1 { "span" } else { "spans" };
        // UDP has no answer: what was sent may still be lost on the way.
        let udp = self.endpoint.starts_with("udp://");
        let acknowledged = if udp { "handed to UDP" } else { "acknowledged" };
        write!(
            f,
            "telemetry: {sent} {spans} sent to {}: {} {acknowledged}, {lost} lost",
            self.endpoint,
            self.acknowledged(),
        )?;
        if self.failed() > 0 {
            self.write_failure(f)?;
        }
        let unexported = lost.saturating_sub(self.failed());
        if unexported > 0 {
            self.write_unexported(f, unexported)?;
        }
        match self.open() {
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
        if self.counts.timed_out.load(Ordering::Acquire) {
            write!(
                f,
                ": {count} not answered in the time for shutdown; does the backend hang?"
            )
        } else {
            write!(
                f,
                ": {count} dropped by a full queue; raise OTEL_BSP_MAX_QUEUE_SIZE or lower \
                 OTEL_BSP_SCHEDULE_DELAY"
            )
        }
    }
}

impl SpanProcessor for CountedBatch {
    fn on_start(&self, span: &mut Span, context: &Context) {
        if span.span_context().is_sampled() {
            self.counts.started.fetch_add(1, Ordering::AcqRel);
        }
        self.batch.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        // "Span processors MUST NOT pass unsampled spans to the exporter": the SDK's does.
        // https://opentelemetry.io/docs/specs/otel/trace/sdk/#sampling
        if span.span_context.is_sampled() {
            self.counts.ended.fetch_add(1, Ordering::AcqRel);
            self.batch.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.batch.force_flush()
    }

    /// # Errors
    ///
    /// Unlike the SDK's, an error also when spans were lost.
    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let result = self.batch.shutdown_with_timeout(timeout);
        if matches!(result, Err(OTelSdkError::AlreadyShutdown)) {
            return result;
        }
        let timed_out = matches!(result, Err(OTelSdkError::Timeout(_)));
        self.counts.timed_out.store(timed_out, Ordering::Release);
        self.counts.closed.store(true, Ordering::Release);
        result.and_then(|()| self.counts.verdict())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.batch.set_resource(resource);
    }
}

impl Counts {
    fn verdict(&self) -> OTelSdkResult {
        match lock(&self.error).as_deref() {
            Some(error) if self.failed.load(Ordering::Acquire) > 0 => {
                Err(OTelSdkError::InternalFailure(error.to_owned()))
            }
            _ => Ok(()),
        }
    }
}

impl<E: SpanExporter> SpanExporter for CountedExporter<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let result = self.exporter.export(batch).await;
        match &result {
            Ok(()) => {
                let rejected = self.counts.rejected.swap(0, Ordering::AcqRel).min(count);
                self.counts.failed.fetch_add(rejected, Ordering::AcqRel);
                self.counts
                    .acknowledged
                    .fetch_add(count - rejected, Ordering::AcqRel);
            }
            Err(error) => {
                *lock(&self.counts.error) = Some(reason(error));
                self.counts.failed.fetch_add(count, Ordering::AcqRel);
            }
        }
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    // Some exporters implement only this one of the two.
    fn shutdown(&self) -> OTelSdkResult {
        self.exporter.shutdown()
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// The SDK writes "Operation failed: " before every message, which says nothing.
fn reason(error: &OTelSdkError) -> String {
    match error {
        OTelSdkError::InternalFailure(message) => message.clone(),
        other => other.to_string(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use opentelemetry::trace::{Tracer, TracerProvider};
    use opentelemetry_sdk::trace::{
        BatchConfigBuilder, InMemorySpanExporter, SamplingDecision, SamplingResult,
        SdkTracerProvider, ShouldSample,
    };

    use super::*;

    const ENDPOINT: &str = "http://127.0.0.1:14268/api/traces";

    #[test]
    fn counts_what_was_acknowledged() {
        let delivery = Delivery::to(ENDPOINT);
        let provider = provider(delivery.batch(InMemorySpanExporter::default()));

        end_spans(&provider, 3);
        assert_eq!((delivery.sent(), delivery.lost()), (3, 0));
        provider.shutdown().unwrap();

        insta::assert_snapshot!(delivery, @"telemetry: 3 spans sent to http://127.0.0.1:14268/api/traces: 3 acknowledged, 0 lost");
    }

    #[test]
    fn a_failed_export_is_an_error_and_names_what_to_check() {
        let delivery = Delivery::to(ENDPOINT).with_variable("OTEL_EXPORTER_JAEGER_ENDPOINT");
        let provider = provider(delivery.batch(Refusing));

        end_spans(&provider, 2);
        assert!(provider.shutdown().is_err());

        assert_eq!(delivery.lost(), 2);
        insta::assert_snapshot!(delivery, @"telemetry: 2 spans sent to http://127.0.0.1:14268/api/traces: 0 acknowledged, 2 lost: connection refused; start a backend there with ./bootstrap.sh or otel-backend, or name another with OTEL_EXPORTER_JAEGER_ENDPOINT");
    }

    #[test]
    fn spans_that_a_full_queue_dropped_are_lost() {
        let (exporter, gate) = Gated::new();
        let delivery = Delivery::to(ENDPOINT);
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(1)
            .with_max_export_batch_size(1)
            .build();
        let provider = provider(delivery.batch_with_config(exporter, config));

        end_spans(&provider, 1);
        gate.entered.recv().unwrap();
        // The exporter holds the first span; one more fits the queue, three do not.
        end_spans(&provider, 4);
        drop(gate.open);
        provider.shutdown().unwrap();

        insta::assert_snapshot!(delivery, @"telemetry: 5 spans sent to http://127.0.0.1:14268/api/traces: 2 acknowledged, 3 lost: 3 dropped by a full queue; raise OTEL_BSP_MAX_QUEUE_SIZE or lower OTEL_BSP_SCHEDULE_DELAY");
    }

    #[test]
    fn an_exporter_that_hangs_does_not_hold_up_shutdown() {
        let (exporter, gate) = Gated::new();
        let delivery = Delivery::to(ENDPOINT);
        let provider = provider(delivery.batch(exporter));

        end_spans(&provider, 1);
        let result = provider.shutdown_with_timeout(Duration::from_millis(10));

        assert!(result.is_err());
        insta::assert_snapshot!(delivery, @"telemetry: 1 span sent to http://127.0.0.1:14268/api/traces: 0 acknowledged, 1 lost: 1 not answered in the time for shutdown; does the backend hang?");
        drop(gate);
    }

    #[test]
    fn spans_that_have_not_ended_are_named() {
        let delivery = Delivery::to(ENDPOINT);
        let provider = provider(delivery.batch(InMemorySpanExporter::default()));
        let open = provider.tracer("test").start("open");

        end_spans(&provider, 1);
        provider.shutdown().unwrap();
        drop(open);

        insta::assert_snapshot!(delivery, @"telemetry: 1 span sent to http://127.0.0.1:14268/api/traces: 1 acknowledged, 0 lost; 1 not ended and so not sent");
    }

    #[test]
    fn unsampled_spans_are_neither_counted_nor_exported() {
        let exporter = InMemorySpanExporter::default();
        let delivery = Delivery::to(ENDPOINT);
        let provider = SdkTracerProvider::builder()
            .with_sampler(RecordOnly)
            .with_span_processor(delivery.batch(exporter.clone()))
            .build();

        end_spans(&provider, 3);
        provider.force_flush().unwrap();

        assert!(exporter.get_finished_spans().unwrap().is_empty());
        assert_eq!(delivery.sent(), 0);
    }

    fn provider(processor: CountedBatch) -> SdkTracerProvider {
        SdkTracerProvider::builder()
            .with_span_processor(processor)
            .build()
    }

    fn end_spans(provider: &SdkTracerProvider, count: usize) {
        let tracer = provider.tracer("test");
        for _ in 0..count {
            tracer.in_span("work", |_| {});
        }
    }

    #[derive(Debug)]
    struct Refusing;

    impl SpanExporter for Refusing {
        async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
            let message = format!("2 of 2 spans not delivered to {ENDPOINT}: connection refused");
            Err(OTelSdkError::InternalFailure(message))
        }
    }

    /// Says when an export begins, and ends it when the gate is dropped.
    #[derive(Debug)]
    struct Gated {
        entered: mpsc::Sender<()>,
        opened: Mutex<mpsc::Receiver<()>>,
    }

    struct Gate {
        entered: mpsc::Receiver<()>,
        open: mpsc::Sender<()>,
    }

    impl Gated {
        fn new() -> (Self, Gate) {
            let (entered, enters) = mpsc::channel();
            let (open, opened) = mpsc::channel();
            let exporter = Self {
                entered,
                opened: Mutex::new(opened),
            };
            let gate = Gate {
                entered: enters,
                open,
            };
            (exporter, gate)
        }
    }

    impl SpanExporter for Gated {
        async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
            self.entered.send(()).ok();
            // An error means that the gate is open for good.
            lock(&self.opened).recv().ok();
            Ok(())
        }
    }

    #[derive(Clone, Debug)]
    struct RecordOnly;

    impl ShouldSample for RecordOnly {
        fn should_sample(
            &self,
            _: Option<&Context>,
            _: opentelemetry::trace::TraceId,
            _: &str,
            _: &opentelemetry::trace::SpanKind,
            _: &[opentelemetry::KeyValue],
            _: &[opentelemetry::trace::Link],
        ) -> SamplingResult {
            SamplingResult {
                decision: SamplingDecision::RecordOnly,
                attributes: Vec::new(),
                trace_state: opentelemetry::trace::TraceState::default(),
            }
        }
    }
}
