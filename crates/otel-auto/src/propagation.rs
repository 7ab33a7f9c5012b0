//! The formats in which the trace context travels between programs.

mod b3;
mod ids;
mod jaeger;
mod tracecontext;

use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use opentelemetry_sdk::propagation::BaggagePropagator;

use crate::config::Propagator;

pub use b3::B3Propagator;
pub use jaeger::JaegerPropagator;

use tracecontext::TraceContext;

/// Combines `propagators` into one. All of them inject; all of them extract, and a later one
/// overrides an earlier one.
pub(crate) fn composite(propagators: &[Propagator]) -> TextMapCompositePropagator {
    TextMapCompositePropagator::new(propagators.iter().copied().map(boxed).collect())
}

fn boxed(propagator: Propagator) -> Box<dyn TextMapPropagator + Send + Sync> {
    match propagator {
        Propagator::TraceContext => Box::new(TraceContext::default()),
        Propagator::Baggage => Box::new(BaggagePropagator::new()),
        Propagator::B3 => Box::new(B3Propagator::single_header()),
        Propagator::B3Multi => Box::new(B3Propagator::multiple_headers()),
        Propagator::Jaeger => Box::new(JaegerPropagator::new()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use opentelemetry::Context;
    use opentelemetry::trace::{
        SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState,
    };
    use proptest::prelude::*;

    use super::*;

    /// Extracts a context from the headers and injects it again, like a program in the middle of a
    /// trace.
    pub(super) fn pass_on(
        propagator: &dyn TextMapPropagator,
        headers: &[(&str, &str)],
    ) -> Vec<String> {
        let headers: HashMap<String, String> = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let context = propagator.extract_with_context(&Context::new(), &headers);
        let mut sent = HashMap::new();
        propagator.inject_context(&context, &mut sent);
        let mut sent: Vec<_> = sent
            .into_iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        sent.sort();
        sent
    }

    const ALL: [Propagator; 4] = [
        Propagator::TraceContext,
        Propagator::B3,
        Propagator::B3Multi,
        Propagator::Jaeger,
    ];

    proptest! {
        #[test]
        fn every_propagator_brings_the_context_across(
            trace_id in 1..=u128::MAX,
            span_id in 1..=u64::MAX,
            sampled: bool,
        ) {
            let sent = SpanContext::new(
                TraceId::from(trace_id),
                SpanId::from(span_id),
                TraceFlags::default().with_sampled(sampled),
                true,
                TraceState::default(),
            );
            let context = Context::new().with_remote_span_context(sent.clone());
            for propagator in ALL.map(boxed) {
                let mut headers = HashMap::new();
                propagator.inject_context(&context, &mut headers);
                let received = propagator.extract_with_context(&Context::new(), &headers);
                let received = received.span().span_context().clone();
                prop_assert_eq!(&received, &sent);
            }
        }

        #[test]
        fn any_header_is_read_without_harm(value in "[0-9a-fd:%+-]{0,70}") {
            let names = ["b3", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "uber-trace-id"];
            let headers: HashMap<String, String> = names
                .into_iter()
                .map(|name| (name.to_owned(), value.clone()))
                .collect();
            for propagator in ALL.map(boxed) {
                let received = propagator.extract_with_context(&Context::new(), &headers);
                // An extracted parent is always valid.
                let span = received.span().span_context().clone();
                prop_assert!(span.is_valid() || span == SpanContext::NONE);
            }
        }
    }
}
