//! The SDK under each middleware, set up as its documentation says, with the same batch processor
//! and exporter for all.

use opentelemetry::global;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::subject::{Scenario, Subject};

/// Keeps the SDK running.
#[derive(Debug)]
pub(crate) struct Sdk {
    _telemetry: Option<otel_auto::Telemetry>,
    _provider: Option<SdkTracerProvider>,
}

impl Sdk {
    pub(crate) fn start(subject: Subject, scenario: Scenario) -> Self {
        let is_ours = matches!(subject, Subject::OtelAuto | Subject::OtelAutoTonic);
        let telemetry = is_ours.then(otel_auto::init);
        let by_tracing = matches!(
            subject,
            Subject::AxumTracing | Subject::TowerOtel | Subject::TonicTracing
        );
        let by_hand = by_tracing || subject == Subject::InstrumentationTower;
        let provider = (by_hand && scenario != Scenario::Disabled).then(provider);
        if let Some(provider) = provider.as_ref().filter(|_| by_tracing) {
            bridge(provider);
        }
        Self {
            _telemetry: telemetry,
            _provider: provider,
        }
    }
}

/// The environment configures the sampler and the batch processor.
fn provider() -> SdkTracerProvider {
    let exporter = SpanExporter::builder().with_http().build();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter.expect("an exporter"))
        .build();
    global::set_tracer_provider(provider.clone());
    global::set_text_map_propagator(TextMapCompositePropagator::new(vec![
        Box::new(TraceContextPropagator::new()),
        Box::new(BaggagePropagator::new()),
    ]));
    provider
}

/// Sends `tracing` spans to the SDK, without the attributes that the bridge adds by default.
fn bridge(provider: &SdkTracerProvider) {
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("http-bench"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_target(false);
    tracing_subscriber::registry().with(layer).init();
}
