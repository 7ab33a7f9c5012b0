//! B3, the format of Zipkin.
//!
//! <https://github.com/openzipkin/b3-propagation> and
//! <https://opentelemetry.io/docs/specs/otel/context/api-propagators/#b3-requirements>

use std::sync::LazyLock;

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};

use super::ids;

const SINGLE: &str = "b3";
const TRACE_ID: &str = "x-b3-traceid";
const SPAN_ID: &str = "x-b3-spanid";
const SAMPLED: &str = "x-b3-sampled";
const FLAGS: &str = "x-b3-flags";

static SINGLE_FIELDS: LazyLock<[String; 1]> = LazyLock::new(|| [SINGLE.to_owned()]);
static MULTIPLE_FIELDS: LazyLock<[String; 4]> =
    LazyLock::new(|| [TRACE_ID, SPAN_ID, SAMPLED, FLAGS].map(str::to_owned));

/// Carries the context in B3 headers. It reads both forms, the single header first, and writes one
/// of them.
///
/// If the sampling decision is left open, the context counts as not sampled, as in the other
/// OpenTelemetry SDKs.
#[derive(Clone, Copy, Debug)]
pub struct B3Propagator {
    single: bool,
}

/// The sender asked for this trace to be kept regardless of samplers. Propagated with the context.
#[derive(Clone, Copy, Debug)]
struct Debugged;

struct Parent {
    span: SpanContext,
    debug: bool,
}

impl B3Propagator {
    /// Makes a propagator that writes the single header `b3`.
    pub fn single_header() -> Self {
        Self { single: true }
    }

    /// Makes a propagator that writes `X-B3-TraceId`, `X-B3-SpanId` and `X-B3-Sampled`, or
    /// `X-B3-Flags` for debugging.
    pub fn multiple_headers() -> Self {
        Self { single: false }
    }
}

impl TextMapPropagator for B3Propagator {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let span = context.span();
        let span = span.span_context();
        if !span.is_valid() {
            return;
        }
        let debug = context.get::<Debugged>().is_some();
        let sampled = if span.is_sampled() { "1" } else { "0" };
        let (trace_id, span_id) = (span.trace_id(), span.span_id());
        if self.single {
            let state = if debug { "d" } else { sampled };
            injector.set(SINGLE, format!("{trace_id}-{span_id}-{state}"));
            return;
        }
        injector.set(TRACE_ID, trace_id.to_string());
        injector.set(SPAN_ID, span_id.to_string());
        if debug {
            // Debug implies sampled, so X-B3-Sampled is not sent as well.
            injector.set(FLAGS, "1".to_owned());
        } else {
            injector.set(SAMPLED, sampled.to_owned());
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        match single(extractor).or_else(|| multiple(extractor)) {
            None => context.clone(),
            Some(parent) if parent.debug => context
                .with_remote_span_context(parent.span)
                .with_value(Debugged),
            Some(parent) => context.with_remote_span_context(parent.span),
        }
    }

    fn fields(&self) -> FieldIter<'_> {
        if self.single {
            FieldIter::new(SINGLE_FIELDS.as_slice())
        } else {
            FieldIter::new(MULTIPLE_FIELDS.as_slice())
        }
    }
}

/// Parses `{trace id}-{span id}[-{state}[-{parent span id}]]`. A state alone names no parent.
fn single(extractor: &dyn Extractor) -> Option<Parent> {
    let mut parts = extractor.get(SINGLE)?.trim().splitn(4, '-');
    let (trace_id, span_id) = (parts.next()?, parts.next()?);
    let state = parts.next().unwrap_or("0");
    let debug = state == "d";
    parent(trace_id, span_id, debug || is_true(state), debug)
}

fn multiple(extractor: &dyn Extractor) -> Option<Parent> {
    let debug = extractor.get(FLAGS) == Some("1");
    let sampled = debug || extractor.get(SAMPLED).is_some_and(is_true);
    parent(
        extractor.get(TRACE_ID)?,
        extractor.get(SPAN_ID)?,
        sampled,
        debug,
    )
}

/// Old senders write `true`.
fn is_true(state: &str) -> bool {
    state == "1" || state.eq_ignore_ascii_case("true")
}

fn parent(trace_id: &str, span_id: &str, sampled: bool, debug: bool) -> Option<Parent> {
    let whole = matches!(trace_id.len(), 16 | 32) && span_id.len() == 16;
    let span = SpanContext::new(
        ids::trace_id(trace_id).filter(|_| whole)?,
        ids::span_id(span_id)?,
        TraceFlags::default().with_sampled(sampled),
        true,
        TraceState::default(),
    );
    Some(Parent { span, debug })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::propagation::tests::pass_on;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    #[test]
    fn the_single_header_passes_through() {
        let single = B3Propagator::single_header();
        for state in ["0", "1", "d"] {
            let header = format!("{TRACE}-{SPAN}-{state}");
            let sent = pass_on(&single, &[("b3", &header)]);
            assert_eq!(sent, [format!("b3: {header}")]);
        }
        let undecided = pass_on(&single, &[("b3", &format!("{TRACE}-{SPAN}"))]);
        assert_eq!(undecided, [format!("b3: {TRACE}-{SPAN}-0")]);
        let parent = pass_on(&single, &[("b3", &format!("{TRACE}-{SPAN}-1-{SPAN}"))]);
        assert_eq!(parent, [format!("b3: {TRACE}-{SPAN}-1")]);
        let short = pass_on(&single, &[("b3", &format!("{SPAN}-{SPAN}-1"))]);
        assert_eq!(short, [format!("b3: 0000000000000000{SPAN}-{SPAN}-1")]);
    }

    #[test]
    fn multiple_headers_pass_through() {
        let multiple = B3Propagator::multiple_headers();
        let ids = [(TRACE_ID, TRACE), (SPAN_ID, SPAN)];
        let sampled = pass_on(&multiple, &[ids[0], ids[1], (SAMPLED, "1")]);
        let span = format!("x-b3-spanid: {SPAN}");
        let trace = format!("x-b3-traceid: {TRACE}");
        assert_eq!(
            sampled,
            ["x-b3-sampled: 1".to_owned(), span.clone(), trace.clone()]
        );
        let debug = pass_on(&multiple, &[ids[0], ids[1], (FLAGS, "1")]);
        assert_eq!(debug, ["x-b3-flags: 1".to_owned(), span, trace]);
    }

    #[test]
    fn either_form_is_read_and_the_single_header_first() {
        let single = B3Propagator::single_header();
        let ids = [(TRACE_ID, SPAN), (SPAN_ID, SPAN), (SAMPLED, "true")];
        let padded = format!("b3: 0000000000000000{SPAN}-{SPAN}-1");
        assert_eq!(pass_on(&single, &ids), [padded]);
        let header = format!("{TRACE}-{SPAN}-0");
        let both = pass_on(&single, &[ids[0], ids[1], ids[2], ("b3", &header)]);
        assert_eq!(both, [format!("b3: {header}")]);
    }

    #[test]
    fn a_malformed_header_names_no_parent() {
        let zero = "00000000000000000000000000000000";
        let cases = [
            String::new(),
            "0".to_owned(),
            "d".to_owned(),
            TRACE.to_owned(),
            format!("{TRACE}-"),
            format!("{zero}-{SPAN}-1"),
            format!("{TRACE}-0000000000000000-1"),
            format!("{TRACE}-+7ad6b7169203331-1"),
            format!("{TRACE}0-{SPAN}-1"),
            format!("{TRACE}-{SPAN}0-1"),
            format!("xx{TRACE}-{SPAN}-1"),
        ];
        for header in &cases {
            let sent = pass_on(&B3Propagator::single_header(), &[("b3", header)]);
            assert!(sent.is_empty(), "{header}");
        }
    }
}
