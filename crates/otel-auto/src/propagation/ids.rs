//! Parses hexadecimal ids in headers.

use opentelemetry::trace::{SpanId, TraceId};

/// A trace id of up to 32 digits, padded with zeros on the left; `None` for zero.
pub(super) fn trace_id(text: &str) -> Option<TraceId> {
    let digits = Some(text).filter(|text| is_hex(text) && text.len() <= 32)?;
    let id = TraceId::from(u128::from_str_radix(digits, 16).ok()?);
    (id != TraceId::INVALID).then_some(id)
}

/// A span id of up to 16 digits, padded with zeros on the left; `None` for zero.
pub(super) fn span_id(text: &str) -> Option<SpanId> {
    let digits = Some(text).filter(|text| is_hex(text) && text.len() <= 16)?;
    let id = SpanId::from(u64::from_str_radix(digits, 16).ok()?);
    (id != SpanId::INVALID).then_some(id)
}

/// The standard parsers also accept a sign.
pub(super) fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
