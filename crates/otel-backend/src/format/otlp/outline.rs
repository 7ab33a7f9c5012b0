//! The fields of a `Span` message that most searches need, read without decoding the rest.

use super::fields::span;
use crate::format::protobuf::Reader;
use crate::model::{Span, SpanId, SpanKind, TraceId, UnixNanos};

/// The fields by which a search excludes most spans. They come first in the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outline<'a> {
    /// The trace id.
    pub trace_id: TraceId,
    /// The span id; `None` if the message has no valid one. Stored spans always have one.
    pub span_id: Option<SpanId>,
    /// The parent's id.
    pub parent: Option<SpanId>,
    /// The name, as received.
    pub name: &'a [u8],
    /// The kind.
    pub kind: SpanKind,
    /// The start.
    pub start: UnixNanos,
    /// The end.
    pub end: UnixNanos,
}

impl<'a> Outline<'a> {
    /// The outline of a decoded span.
    pub fn of(span: &'a Span<'_>) -> Self {
        Self {
            trace_id: span.trace_id,
            span_id: Some(span.span_id),
            parent: span.parent,
            name: span.name.as_bytes(),
            kind: span.kind,
            start: span.start,
            end: span.end,
        }
    }

    /// Reads a message up to its end field. For stored messages, the result equals the outline of
    /// the decoded span; for others it may be `None`, or wrong if a field is repeated.
    pub fn read(message: &'a [u8]) -> Option<Self> {
        let (mut trace_id, mut span_id, mut parent) = (None, None, None);
        let mut name = &[][..];
        let mut kind = SpanKind::Unspecified;
        let (mut start, mut end) = (UnixNanos(0), UnixNanos(0));
        let mut reader = Reader::new(message);
        while let Some(field) = reader.next().ok()? {
            match field.number {
                span::TRACE_ID => {
                    trace_id = TraceId::from_slice(field.bytes(&mut reader).ok()?).ok();
                }
                span::SPAN_ID => span_id = SpanId::from_slice(field.bytes(&mut reader).ok()?).ok(),
                span::PARENT_SPAN_ID => {
                    parent = SpanId::from_slice(field.bytes(&mut reader).ok()?).ok();
                }
                span::NAME => name = field.bytes(&mut reader).ok()?,
                span::KIND => kind = SpanKind::from_number(field.varint(&mut reader).ok()?),
                span::START => start = UnixNanos(field.fixed64(&mut reader).ok()?),
                span::END => {
                    end = UnixNanos(field.fixed64(&mut reader).ok()?);
                    break;
                }
                _ => field.skip(&mut reader).ok()?,
            }
        }
        Some(Self {
            trace_id: trace_id?,
            span_id,
            parent,
            name,
            kind,
            start,
            end,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_empty() {
        let message = b"\x0a\x10AAAAAAAAAAAAAAAA\x12\x08BBBBBBBB";
        let outline = Outline::read(message).unwrap();
        assert_eq!(outline.trace_id.as_bytes(), b"AAAAAAAAAAAAAAAA");
        assert_eq!(
            (outline.name, outline.start.0, outline.end.0),
            (&b""[..], 0, 0)
        );
    }

    #[test]
    fn what_is_no_span_has_none() {
        assert_eq!(Outline::read(b""), None);
        assert_eq!(Outline::read(b"\x0a\x03AAA"), None);
    }
}
