//! The format of Jaeger's own clients.
//!
//! <https://www.jaegertracing.io/sdk-migration/#propagation-format>

use std::sync::LazyLock;

use opentelemetry::baggage::BaggageExt;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use opentelemetry::{Context, KeyValue};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::ids;

const HEADER: &str = "uber-trace-id";
/// Each entry of the baggage has a header of its own.
const BAGGAGE_PREFIX: &str = "uberctx-";

const SAMPLED: u8 = 1;
const DEBUG: u8 = 2;

static FIELDS: LazyLock<[String; 1]> = LazyLock::new(|| [HEADER.to_owned()]);

/// Carries the context in `uber-trace-id` and the baggage in `uberctx-…`.
#[derive(Clone, Copy, Debug, Default)]
pub struct JaegerPropagator {}

/// The sender asked for this trace to be kept regardless of samplers. Propagated with the context.
#[derive(Clone, Copy, Debug)]
struct Debugged;

impl JaegerPropagator {
    /// Makes the propagator.
    pub fn new() -> Self {
        Self {}
    }
}

impl TextMapPropagator for JaegerPropagator {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let span = context.span();
        let span = span.span_context();
        if span.is_valid() {
            let debug = context.get::<Debugged>().map_or(0, |_| DEBUG);
            let flags = if span.is_sampled() { SAMPLED } else { 0 } | debug;
            // The third part, once the parent's span id, is no longer used.
            let value = format!("{}:{}:0:{flags:x}", span.trace_id(), span.span_id());
            injector.set(HEADER, value);
        }
        for (key, (value, _)) in context.baggage() {
            let value = utf8_percent_encode(value.as_str(), NON_ALPHANUMERIC).to_string();
            injector.set(&format!("{BAGGAGE_PREFIX}{key}"), value);
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let context = with_baggage(context, extractor);
        let Some((span, flags)) = extractor.get(HEADER).and_then(parse) else {
            return context;
        };
        let context = context.with_remote_span_context(span);
        if flags & DEBUG == 0 {
            context
        } else {
            context.with_value(Debugged)
        }
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(FIELDS.as_slice())
    }
}

/// Parses `{trace id}:{span id}:{parent span id}:{flags}`, all in hexadecimal, with or without
/// leading zeros, with colons plain or percent-encoded.
fn parse(header: &str) -> Option<(SpanContext, u8)> {
    let header = percent_decode_str(header.trim()).decode_utf8().ok()?;
    let parts: Vec<&str> = header.split(':').collect();
    let [trace_id, span_id, _, flags] = parts.as_slice() else {
        return None;
    };
    let flags = u8::try_from(ids::number(flags)?).ok()?;
    let span = SpanContext::new(
        ids::trace_id(trace_id)?,
        ids::span_id(span_id)?,
        // Debug implies sampled.
        TraceFlags::default().with_sampled(flags & (SAMPLED | DEBUG) != 0),
        true,
        TraceState::default(),
    );
    Some((span, flags))
}

fn with_baggage(context: &Context, extractor: &dyn Extractor) -> Context {
    let entry = |header: &str| {
        let key = header.strip_prefix(BAGGAGE_PREFIX)?;
        let value = percent_decode_str(extractor.get(header)?).decode_utf8();
        let value = value.ok()?.into_owned();
        Some(KeyValue::new(key.to_owned(), value))
    };
    let entries: Vec<_> = extractor.keys().into_iter().filter_map(entry).collect();
    if entries.is_empty() {
        return context.clone();
    }
    context.with_baggage(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::propagation::tests::pass_on;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    #[test]
    fn the_header_passes_through() {
        let cases = [
            (format!("{TRACE}:{SPAN}:0:1"), format!("{TRACE}:{SPAN}:0:1")),
            (format!("{TRACE}:{SPAN}:0:0"), format!("{TRACE}:{SPAN}:0:0")),
            (format!("{TRACE}:{SPAN}:0:2"), format!("{TRACE}:{SPAN}:0:3")),
            (
                format!("{TRACE}:{SPAN}:{SPAN}:09"),
                format!("{TRACE}:{SPAN}:0:1"),
            ),
            (
                format!("{TRACE}%3A{SPAN}%3A0%3A1"),
                format!("{TRACE}:{SPAN}:0:1"),
            ),
            (
                "a:b:0:1".to_owned(),
                "0000000000000000000000000000000a:000000000000000b:0:1".to_owned(),
            ),
        ];
        for (header, expected) in cases {
            let sent = pass_on(&JaegerPropagator::new(), &[(HEADER, &header)]);
            assert_eq!(sent, [format!("uber-trace-id: {expected}")]);
        }
    }

    #[test]
    fn a_malformed_header_names_no_parent() {
        let cases = [
            String::new(),
            TRACE.to_owned(),
            format!("{TRACE}:{SPAN}:0"),
            format!("{TRACE}:{SPAN}:0:"),
            format!("{TRACE}:{SPAN}:0:1:1"),
            format!("{TRACE}:{SPAN}:0:100"),
            format!("0:{SPAN}:0:1"),
            format!("{TRACE}:0:0:1"),
            format!("{TRACE}0:{SPAN}:0:1"),
            format!("{TRACE}:+1:0:1"),
        ];
        for header in &cases {
            assert!(
                pass_on(&JaegerPropagator::new(), &[(HEADER, header)]).is_empty(),
                "{header}"
            );
        }
    }

    #[test]
    fn the_baggage_has_a_header_for_each_entry() {
        let sent = pass_on(
            &JaegerPropagator::new(),
            &[
                ("uberctx-user", "a%20b"),
                ("uberctx-team", "c"),
                ("other", "d"),
            ],
        );
        assert_eq!(sent, ["uberctx-team: c", "uberctx-user: a%20b"]);
    }
}
