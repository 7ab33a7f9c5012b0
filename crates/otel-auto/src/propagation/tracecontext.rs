//! W3C Trace Context.
//!
//! <https://www.w3.org/TR/trace-context/>

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::propagation::TraceContextPropagator;

use super::ids;

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

/// The SDK's propagator, but with our own parser of `traceparent`, since the SDK's is slow enough
/// to show in each request.
#[derive(Debug, Default)]
pub(super) struct TraceContext(TraceContextPropagator);

impl TextMapPropagator for TraceContext {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        self.0.inject_context(context, injector);
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        match extractor.get(TRACEPARENT).and_then(parse) {
            Some((trace_id, span_id, flags)) => {
                let state = state(extractor).unwrap_or_default();
                let span = SpanContext::new(trace_id, span_id, flags, true, state);
                context.with_remote_span_context(span)
            }
            None => context.clone(),
        }
    }

    fn fields(&self) -> FieldIter<'_> {
        self.0.fields()
    }
}

/// The state, whose entries may be in several headers.
fn state(extractor: &dyn Extractor) -> Option<TraceState> {
    match extractor.get_all(TRACESTATE)?.as_slice() {
        [state] => state.parse().ok(),
        states => states.join(",").parse().ok(),
    }
}

/// Parses `{version}-{trace id}-{span id}-{flags}`, each of a fixed length. A version above 00 may
/// have more parts, which are ignored.
fn parse(header: &str) -> Option<(TraceId, SpanId, TraceFlags)> {
    let (header, more) = header.trim().split_at_checked(55)?;
    let version = ids::number(header.get(..2)?)?;
    let is_whole = more.is_empty() || (version > 0 && more.starts_with('-'));
    let dashes = [2, 35, 52].map(|at| header.as_bytes().get(at));
    // The digits must be in lower case.
    let is_upper = header.bytes().any(|byte| byte.is_ascii_uppercase());
    if version == 0xff || !is_whole || dashes != [Some(&b'-'); 3] || is_upper {
        return None;
    }
    let flags = u8::try_from(ids::number(header.get(53..)?)?).ok()?;
    Some((
        ids::trace_id(header.get(3..35)?)?,
        ids::span_id(header.get(36..52)?)?,
        // The other flags are not passed on.
        TraceFlags::new(flags) & TraceFlags::SAMPLED,
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    fn extract(propagator: &dyn TextMapPropagator, traceparent: &str, state: &str) -> SpanContext {
        let headers = HashMap::from([
            (TRACEPARENT.to_owned(), traceparent.to_owned()),
            (TRACESTATE.to_owned(), state.to_owned()),
        ]);
        let context = propagator.extract_with_context(&Context::new(), &headers);
        context.span().span_context().clone()
    }

    fn ours(traceparent: &str) -> SpanContext {
        extract(&TraceContext::default(), traceparent, "a=b")
    }

    #[test]
    fn a_header_names_the_parent() {
        let cases = [
            (format!("00-{TRACE}-{SPAN}-01"), true),
            (format!("00-{TRACE}-{SPAN}-00"), false),
            (format!("00-{TRACE}-{SPAN}-03"), true),
            (format!("01-{TRACE}-{SPAN}-01-more"), true),
        ];
        for (header, sampled) in cases {
            let span = ours(&header);
            assert_eq!(span.trace_id().to_string(), TRACE, "{header}");
            assert_eq!(span.span_id().to_string(), SPAN, "{header}");
            assert_eq!(span.is_sampled(), sampled, "{header}");
            assert!(span.is_remote());
            assert_eq!(span.trace_state().get("a"), Some("b"));
        }
    }

    #[test]
    fn a_malformed_header_names_no_parent() {
        let zeros = "0".repeat(32);
        let cases = [
            String::new(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("01-{TRACE}-{SPAN}-01more"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{zeros}-{SPAN}-01"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00_{TRACE}_{SPAN}_01"),
            format!("0x-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-é"),
        ];
        for header in &cases {
            assert_eq!(ours(header), SpanContext::NONE, "{header}");
        }
    }

    #[test]
    fn a_malformed_state_costs_only_itself() {
        let header = format!("00-{TRACE}-{SPAN}-01");
        let span = extract(&TraceContext::default(), &header, "a");
        assert_eq!(span.trace_state(), &TraceState::default());
        assert!(span.is_valid());
    }

    #[test]
    fn a_state_in_two_headers_is_one() {
        struct Two(String);

        impl Extractor for Two {
            fn get(&self, key: &str) -> Option<&str> {
                (key == TRACEPARENT).then_some(&self.0)
            }

            fn keys(&self) -> Vec<&str> {
                vec![TRACEPARENT, TRACESTATE]
            }

            fn get_all(&self, key: &str) -> Option<Vec<&str>> {
                (key == TRACESTATE).then(|| vec!["a=1", "b=2,c=3"])
            }
        }

        let headers = Two(format!("00-{TRACE}-{SPAN}-01"));
        let context = TraceContext::default().extract_with_context(&Context::new(), &headers);
        let state = context.span().span_context().trace_state().header();
        assert_eq!(state, "a=1,b=2,c=3");
    }

    proptest! {
        #[test]
        fn what_it_reads_the_sdk_reads_too(
            version in "0[0-2]|ff|[0-9a-g]{2}",
            trace in "[0-9a-f]{32}|0{32}|[0-9a-gA-F]{31,33}",
            span in "[0-9a-f]{16}|0{16}|[0-9a-gA-F]{15,17}",
            flags in "0[0-3]|[0-9a-g]{1,3}",
        ) {
            let header = format!("{version}-{trace}-{span}-{flags}");
            let ours = ours(&header);
            if ours.is_valid() && version == "00" {
                let theirs = extract(&TraceContextPropagator::new(), &header, "a=b");
                prop_assert_eq!(ours, theirs, "{}", header);
            }
        }
    }
}
