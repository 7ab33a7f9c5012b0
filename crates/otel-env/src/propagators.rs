//! The propagators.

use crate::reader::Reader;
use crate::variables::PROPAGATORS;

/// A format in which context travels between programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagator {
    /// W3C Trace Context: `traceparent` and `tracestate`.
    TraceContext,
    /// W3C Baggage: `baggage`.
    Baggage,
    /// B3 in one header: `b3`.
    B3,
    /// B3 in several headers: `X-B3-…`.
    B3Multi,
    /// Jaeger's format: `uber-trace-id` and `uberctx-…`.
    Jaeger,
}

impl Propagator {
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        match name {
            "tracecontext" => Some(Self::TraceContext),
            "baggage" => Some(Self::Baggage),
            "b3" => Some(Self::B3),
            "b3multi" => Some(Self::B3Multi),
            "jaeger" => Some(Self::Jaeger),
            _ => None,
        }
    }
}

pub(crate) fn read(reader: &mut Reader<'_>) -> Vec<Propagator> {
    let named = reader.names(&PROPAGATORS, |_, name| Propagator::of_name(name));
    named.unwrap_or_else(|| vec![Propagator::TraceContext, Propagator::Baggage])
}
