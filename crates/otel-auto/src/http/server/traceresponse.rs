//! The response header that tells the caller the ids of the server span.
//!
//! <https://w3c.github.io/trace-context/#traceresponse-header>

use http::{HeaderName, HeaderValue};
use opentelemetry::trace::SpanContext;

pub(super) const TRACERESPONSE: HeaderName = HeaderName::from_static("traceresponse");

/// `00-{trace id}-{span id}-{flags}`.
pub(super) fn value(context: &SpanContext) -> Option<HeaderValue> {
    if !context.is_valid() {
        return None;
    }
    let mut value = *b"00-00000000000000000000000000000000-0000000000000000-00";
    let (trace_id, rest) = value[3..].split_at_mut(32);
    write_hex(trace_id, &context.trace_id().to_bytes());
    let (span_id, flags) = rest[1..].split_at_mut(16);
    write_hex(span_id, &context.span_id().to_bytes());
    write_hex(&mut flags[1..], &[context.trace_flags().to_u8()]);
    HeaderValue::from_bytes(&value).ok()
}

/// The standard formatter takes several times as long, for each request.
fn write_hex(text: &mut [u8], bytes: &[u8]) {
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&HEX[usize::from(*byte)]);
    }
}

/// The two digits of each byte.
static HEX: [[u8; 2]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hex = [[0; 2]; 256];
    let mut byte = 0;
    while byte < hex.len() {
        hex[byte] = [DIGITS[byte / 16], DIGITS[byte % 16]];
        byte += 1;
    }
    hex
};

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanId, TraceFlags, TraceId, TraceState};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_ids_read_as_the_standard_formatter_writes_them(
            trace in 1..=u128::MAX,
            span in 1..=u64::MAX,
            flags: u8,
        ) {
            let (trace, span) = (TraceId::from(trace), SpanId::from(span));
            let flags = TraceFlags::new(flags);
            let context = SpanContext::new(trace, span, flags, false, TraceState::default());
            let expected = format!("00-{trace}-{span}-{:02x}", flags.to_u8());
            let value = value(&context).unwrap();
            prop_assert_eq!(value.to_str().unwrap(), expected);
        }
    }
}
