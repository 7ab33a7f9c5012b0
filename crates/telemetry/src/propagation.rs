//! How the trace context travels between programs.

mod b3;
mod ids;
mod jaeger;

use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

use crate::config::Propagator;

pub use b3::B3Propagator;
pub use jaeger::JaegerPropagator;

/// All of `propagators` as one. Each injects; each extracts, and a later one overrides an earlier.
pub(crate) fn composite(propagators: &[Propagator]) -> TextMapCompositePropagator {
    TextMapCompositePropagator::new(propagators.iter().copied().map(boxed).collect())
}

fn boxed(propagator: Propagator) -> Box<dyn TextMapPropagator + Send + Sync> {
    match propagator {
        Propagator::TraceContext => Box::new(TraceContextPropagator::new()),
        Propagator::Baggage => Box::new(BaggagePropagator::new()),
        Propagator::B3 => Box::new(B3Propagator::single_header()),
        Propagator::B3Multi => Box::new(B3Propagator::multiple_headers()),
        Propagator::Jaeger => Box::new(JaegerPropagator::new()),
    }
}
