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
    let default = || vec![Propagator::TraceContext, Propagator::Baggage];
    let Some(names) = reader.list(&PROPAGATORS) else {
        return default();
    };
    let mut propagators = Vec::new();
    for name in &names {
        match name.to_ascii_lowercase().as_str() {
            "none" => {
                reader.none_stands_alone(&PROPAGATORS, &names);
                return Vec::new();
            }
            known => match Propagator::of_name(known) {
                Some(propagator) => push(&mut propagators, propagator),
                None => reader.refuse(&PROPAGATORS, name),
            },
        }
    }
    if propagators.is_empty() {
        return default();
    }
    propagators
}

/// The specification asks for duplicates to be removed.
pub(crate) fn push(propagators: &mut Vec<Propagator>, propagator: Propagator) {
    if !propagators.contains(&propagator) {
        propagators.push(propagator);
    }
}
