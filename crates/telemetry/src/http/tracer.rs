//! The tracer behind both instrumentations.

use std::sync::{Arc, OnceLock};

use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::trace::{Span, SpanBuilder, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

use super::attributes::Add;
use super::span::HttpSpan;

/// Room for the attributes of one span.
const ATTRIBUTES: usize = 16;

/// What [`init`](crate::init) set up, of which more is known than of any other provider; `None`
/// where it switched the SDK off.
static ENVIRONMENT: OnceLock<Option<SdkTracerProvider>> = OnceLock::new();

/// A tracer that is looked up once, at its first span, and shared by its clones: axum clones its
/// layers for each route and each connection.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedTracer(Arc<OnceLock<HttpTracer>>);

#[derive(Debug)]
enum HttpTracer {
    /// Switched off by the environment: contexts are passed on and nothing else.
    Off,
    /// From the environment. Its samplers do not look at attributes, so those of a span that is
    /// not sampled are never made.
    Environment(SdkTracer),
    /// Set by the program, with any sampler.
    Global(BoxedTracer),
}

/// Makes `provider` the one that instrumentation uses; the first one stays.
pub(crate) fn set_provider(provider: Option<&SdkTracerProvider>) {
    ENVIRONMENT.get_or_init(|| provider.cloned());
}

impl SharedTracer {
    /// Starts a span with what `attributes` adds.
    pub(super) fn start(
        &self,
        mut builder: SpanBuilder,
        parent: Context,
        attributes: impl FnOnce(Add<'_>),
    ) -> HttpSpan {
        match self.0.get_or_init(HttpTracer::new) {
            HttpTracer::Off => HttpSpan::silent(parent),
            HttpTracer::Environment(tracer) => {
                builder.attributes = Some(Vec::with_capacity(ATTRIBUTES));
                let mut span = tracer.build_with_context(builder, &parent);
                if !span.is_recording() {
                    return HttpSpan::silent(parent.with_span(span));
                }
                attributes(&mut |attribute| span.set_attribute(attribute));
                HttpSpan::recording(parent.with_span(span))
            }
            HttpTracer::Global(tracer) => {
                let mut list = Vec::with_capacity(ATTRIBUTES);
                attributes(&mut |attribute| list.push(attribute));
                builder.attributes = Some(list);
                let span = tracer.build_with_context(builder, &parent);
                HttpSpan::recording(parent.with_span(span))
            }
        }
    }
}

impl HttpTracer {
    fn new() -> Self {
        match ENVIRONMENT.get() {
            Some(Some(provider)) => Self::Environment(provider.tracer_with_scope(scope())),
            Some(None) => Self::Off,
            None => Self::Global(global::tracer_with_scope(scope())),
        }
    }
}

/// The scope of both instrumentations.
fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("telemetry::http")
        .with_version(env!("CARGO_PKG_VERSION"))
        .with_schema_url("https://opentelemetry.io/schemas/1.37.0")
        .build()
}
