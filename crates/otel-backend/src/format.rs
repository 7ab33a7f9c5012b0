//! The formats in which spans come and go: from bytes or JSON to the model, and back.
//!
//! Field numbers, tag names and JSON members of other people's formats are known here and nowhere
//! else. Whoever has a socket, a file or a row of the store hands bytes in and gets
//! [`Span`](crate::model::Span)s out, or the other way round. A format does not know the others;
//! they share the modules that lie beside them.

pub mod jaeger;
pub mod json;
pub mod otlp;
mod protobuf;
mod shared;
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
    /// The OTLP message it was decoded from, if it was one: it need not be encoded again, and
    /// what a later version of OTLP adds to it is kept.
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
