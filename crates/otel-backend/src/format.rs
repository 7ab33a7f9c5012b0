//! The formats in which spans come and go: from bytes or JSON to the model, and back.
//!
//! Field numbers, tag names and JSON members of foreign formats stand here and nowhere else.
//! Receivers, imports and the store hand bytes in and get [`Span`]s back; exports
//! and query APIs do the reverse. The formats do not use each other; they share the modules beside
//! them.

pub mod jaeger;
pub mod json;
pub mod otlp;
pub(crate) mod protobuf;
mod shared;
pub mod surrogate;
mod tags;
mod text;
pub mod weight;
pub mod zipkin;

use crate::model::{InvalidSpan, Span};

/// Spans of a request, in the order sent, each decoded when it is asked for.
pub type Decoded<'a> = Box<dyn Iterator<Item = Result<Incoming<'a>, InvalidSpan>> + Send + 'a>;

/// A span that was decoded.
#[derive(Debug)]
pub struct Incoming<'a> {
    /// The span.
    pub span: Span<'a>,
    /// The OTLP message that the span was decoded from, if there is one. It need not be encoded
    /// again, and fields of a later version of OTLP are kept.
    pub message: Option<&'a [u8]>,
}

impl<'a> From<Span<'a>> for Incoming<'a> {
    fn from(span: Span<'a>) -> Self {
        Self {
            span,
            message: None,
        }
    }
}
