//! Counts spans that a backend rejects over gRPC, which the SDK's exporter only logs.

use std::cell::RefCell;
use std::fmt::Debug;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// <https://opentelemetry.io/docs/specs/otlp/#partial-success>
#[derive(Debug, Default)]
pub(super) struct Rejection {
    pub(super) count: u64,
    pub(super) reason: String,
}

thread_local! {
    /// The exporter logs on the thread that polls the export.
    static LAST: RefCell<Option<Rejection>> = const { RefCell::new(None) };
}

/// A subscriber for the exporter's log.
struct Listener;

pub(crate) fn listener<S: Subscriber + for<'a> LookupSpan<'a>>() -> impl Layer<S> {
    Listener.with_filter(Targets::new().with_target("opentelemetry-otlp", LevelFilter::WARN))
}

/// Takes the rejection of the last export on this thread.
pub(super) fn take() -> Option<Rejection> {
    LAST.take().filter(|rejection| rejection.count > 0)
}

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().name().ends_with(".PartialSuccess") {
            let mut rejection = Rejection::default();
            event.record(&mut rejection);
            LAST.set(Some(rejection));
        }
    }
}

impl Visit for Rejection {
    fn record_i64(&mut self, field: &Field, value: i64) {
        if field.name().starts_with("rejected_") {
            self.count = value.unsigned_abs();
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "error_message" {
            value.clone_into(&mut self.reason);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
