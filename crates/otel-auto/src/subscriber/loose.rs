//! Events outside any `tracing` span.

use std::fmt::Debug;

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context as OtelContext, KeyValue};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Adds them to the current OpenTelemetry span, such as that of the HTTP request being handled. The
/// bridge from `tracing` knows only its own spans, and drops these events.
pub(super) struct LooseEvents;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LooseEvents {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if context.event_span(event).is_some() {
            return;
        }
        let current = OtelContext::current();
        if !current.span().is_recording() {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let metadata = event.metadata();
        fields.add("level", metadata.level().as_str());
        fields.add("target", metadata.target());
        current.span().add_event(fields.message, fields.attributes);
    }
}

/// The message of an event, and its other fields as attributes.
#[derive(Default)]
struct Fields {
    message: String,
    attributes: Vec<KeyValue>,
}

impl Fields {
    fn add(&mut self, name: &'static str, value: impl Into<opentelemetry::Value>) {
        self.attributes.push(KeyValue::new(name, value));
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            name => self.add(name, value.to_owned()),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.add(field.name(), value),
            // The protocols have no larger integers.
            Err(_) => self.add(field.name(), value.to_string()),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), value);
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Tracer, TracerProvider};
    use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn an_event_goes_to_the_current_span_unless_a_tracing_span_holds_it() {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .build();
        let subscriber = tracing_subscriber::registry().with(LooseEvents);

        tracing::subscriber::with_default(subscriber, || {
            tracing::info!("nobody's");
            provider.tracer("test").in_span("request", |_| {
                tracing::info!(count = 7_u64, large = u64::MAX, ok = true, "loose {}", 1);
                tracing::info_span!("held").in_scope(|| tracing::info!("held"));
            });
        });

        let span = exporter.get_finished_spans().unwrap().remove(0);
        let [event] = span.events.events.as_slice() else {
            panic!("{:?}", span.events);
        };
        assert_eq!(event.name, "loose 1");
        let expected = [
            KeyValue::new("count", 7),
            KeyValue::new("large", u64::MAX.to_string()),
            KeyValue::new("ok", true),
            KeyValue::new("level", "INFO"),
            KeyValue::new("target", module_path!()),
        ];
        assert_eq!(event.attributes, expected);
    }
}
