//! The tracer of the instrumentations.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::trace::{
    Span, SpanBuilder, SpanContext, SpanKind, TraceContextExt, TraceFlags, Tracer, TracerProvider,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SdkTracer};

use super::environment::Environment;
use super::span::RequestSpan;
use crate::sampling::{CountingSampler, Foresight};

/// The capacity for the attributes of a span.
const ATTRIBUTES: usize = 16;

/// A tracer that is looked up at its first span and shared by its clones: axum clones its layers
/// for each route and each connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedTracer(Arc<OnceLock<SpanTracer>>);

#[derive(Debug)]
enum SpanTracer {
    /// The SDK is disabled: contexts are only passed on.
    Off,
    /// The SDK configured by the environment. Its samplers read no name and no attributes, so these
    /// are not made for a span that is not sampled.
    Environment(SdkTracer, CountingSampler),
    /// A provider set by the program, with an unknown sampler.
    Global(BoxedTracer),
}

/// The instrumentation scope of a span.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    pub(crate) name: &'static str,
    /// The schema URL of the conventions that its spans follow.
    pub(crate) schema_url: &'static str,
}

/// The description of a span that is about to start.
pub(crate) trait Description {
    const SCOPE: Scope;

    fn kind(&self) -> SpanKind;
    fn name(&self) -> Cow<'static, str>;
    fn add_attributes(&self, attributes: &mut Vec<KeyValue>);
}

impl SharedTracer {
    /// Starts a span under `parent`, or under the current context.
    pub(crate) fn start<D: Description>(&self, parent: Option<Context>, span: &D) -> RequestSpan {
        match self.0.get_or_init(|| SpanTracer::new(D::SCOPE)) {
            SpanTracer::Off => RequestSpan::silent(parent),
            SpanTracer::Environment(tracer, sampler) => {
                let parent = parent.unwrap_or_else(Context::current);
                match sampler.foresee(&parent) {
                    Foresight::Sampled => record(tracer, &parent, span),
                    Foresight::Dropped => RequestSpan::silent(Some(dropped(parent))),
                    Foresight::Open => ask(tracer, &parent, span),
                }
            }
            SpanTracer::Global(tracer) => {
                record(tracer, &parent.unwrap_or_else(Context::current), span)
            }
        }
    }
}

impl Scope {
    fn of_opentelemetry(self) -> InstrumentationScope {
        InstrumentationScope::builder(self.name)
            .with_version(env!("CARGO_PKG_VERSION"))
            .with_schema_url(self.schema_url)
            .build()
    }
}

impl SpanTracer {
    fn new(scope: Scope) -> Self {
        let scope = scope.of_opentelemetry();
        match Environment::get().map(|environment| &environment.sdk) {
            Some(Some((provider, sampler))) => {
                Self::Environment(provider.tracer_with_scope(scope), sampler.clone())
            }
            Some(None) => Self::Off,
            None => Self::Global(global::tracer_with_scope(scope)),
        }
    }
}

fn builder(span: &impl Description, name: Cow<'static, str>) -> SpanBuilder {
    SpanBuilder::from_name(name).with_kind(span.kind())
}

/// Makes the whole span before the sampler sees it.
fn record<T>(tracer: &T, parent: &Context, span: &impl Description) -> RequestSpan
where
    T: Tracer<Span: Send + Sync + 'static>,
{
    let mut builder = builder(span, span.name());
    let mut attributes = Vec::with_capacity(ATTRIBUTES);
    span.add_attributes(&mut attributes);
    builder.attributes = Some(attributes);
    let started = tracer.build_with_context(builder, parent);
    RequestSpan::recording(parent.with_span(started))
}

/// Asks the sampler first, and makes the span's content only if it is recorded.
fn ask(tracer: &SdkTracer, parent: &Context, span: &impl Description) -> RequestSpan {
    let mut started = tracer.build_with_context(builder(span, Cow::Borrowed("")), parent);
    if !started.is_recording() {
        return RequestSpan::silent(Some(parent.with_span(started)));
    }
    started.update_name(span.name());
    let mut attributes = Vec::with_capacity(ATTRIBUTES);
    span.add_attributes(&mut attributes);
    started.set_attributes(attributes);
    RequestSpan::recording(parent.with_span(started))
}

/// The context of a span that is not sampled. A parent that is not sampled either is passed on as
/// it is. Without a parent, the context gets new ids; otherwise spans in the handler would begin
/// new traces.
fn dropped(parent: Context) -> Context {
    let caller = parent.span().span_context().clone();
    if caller.is_valid() && !caller.is_sampled() {
        return parent;
    }
    let ids = RandomIdGenerator::default();
    let trace_id = if caller.is_valid() {
        caller.trace_id()
    } else {
        ids.new_trace_id()
    };
    let flags = TraceFlags::default();
    let trace_state = caller.trace_state().clone();
    let span = SpanContext::new(trace_id, ids.new_span_id(), flags, false, trace_state);
    parent.with_remote_span_context(span)
}
