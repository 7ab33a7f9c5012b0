//! How much there is in a request, before anything is made of it.
//!
//! An empty attribute takes 2 bytes on the wire and some 60 in memory, so that a request within the
//! limit of bytes can still be one of memory. What is large enough for that is counted first.

use super::refusal::Refusal;
use crate::config::Limits;
use crate::otlp::messages;

/// A protobuf message: the fields in it that hold others, and which.
pub(super) struct Shape(&'static [(u32, &'static Shape)]);

/// `ExportTraceServiceRequest`
pub(super) static OTLP: Shape = Shape(&[(1, &RESOURCE_SPANS)]);
static RESOURCE_SPANS: Shape = Shape(&[(1, &ATTRIBUTES_1), (2, &SCOPE_SPANS)]);
static SCOPE_SPANS: Shape = Shape(&[(1, &ATTRIBUTES_3), (2, &SPAN)]);
static SPAN: Shape = Shape(&[(9, &KEY_VALUE), (11, &ATTRIBUTES_3), (13, &ATTRIBUTES_4)]);
/// `Resource`; `KvList`
static ATTRIBUTES_1: Shape = Shape(&[(1, &KEY_VALUE)]);
/// `InstrumentationScope`; `Event`
static ATTRIBUTES_3: Shape = Shape(&[(3, &KEY_VALUE)]);
/// Link
static ATTRIBUTES_4: Shape = Shape(&[(4, &KEY_VALUE)]);
static KEY_VALUE: Shape = Shape(&[(2, &ANY_VALUE)]);
static ANY_VALUE: Shape = Shape(&[(5, &ARRAY), (6, &ATTRIBUTES_1)]);
static ARRAY: Shape = Shape(&[(1, &ANY_VALUE)]);

/// `PostSpansRequest`
pub(super) static POST_SPANS: Shape = Shape(&[(1, &BATCH)]);
static BATCH: Shape = Shape(&[(1, &JAEGER_SPAN), (2, &PROCESS)]);
static JAEGER_SPAN: Shape = Shape(&[
    (4, &LEAF),
    (8, &LEAF),
    (9, &PROCESS),
    (10, &PROCESS),
    (12, &LEAF),
]);
/// Process; Log
static PROCESS: Shape = Shape(&[(2, &LEAF)]);
static LEAF: Shape = Shape(&[]);

/// Deeper than any decoder goes.
const MAX_DEPTH: usize = 100;

/// Refuses a protobuf message with more elements than allowed. What is malformed is left to its
/// decoder.
pub(super) fn check_protobuf(bytes: &[u8], shape: &Shape, limits: &Limits) -> Result<(), Refusal> {
    let mut left = limits.elements;
    // No element has less than 2 bytes.
    if bytes.len() / 2 <= left || count(bytes, shape, MAX_DEPTH, &mut left) {
        Ok(())
    } else {
        Err(too_many(limits))
    }
}

/// Takes the elements of a message off `left`; says whether there were enough.
fn count(bytes: &[u8], shape: &Shape, depth: usize, left: &mut usize) -> bool {
    messages(bytes).all(|(number, bytes)| {
        let Some((_, shape)) = shape.0.iter().find(|(known, _)| *known == number) else {
            return true;
        };
        let enough = *left > 0;
        *left = left.saturating_sub(1);
        enough && (depth == 0 || count(bytes, shape, depth - 1, left))
    })
}

/// Refuses JSON with more objects than elements are allowed, or with absurdly many values.
pub(super) fn check_json(bytes: &[u8], limits: &Limits) -> Result<(), Refusal> {
    let (mut objects, mut values) = (0, 0);
    let (mut in_text, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            b'{' if !in_text => objects += 1,
            b',' | b'[' if !in_text => values += 1,
            _ => {}
        }
    }
    if objects > limits.elements || values / 4 > limits.elements {
        return Err(too_many(limits));
    }
    Ok(())
}

fn too_many(limits: &Limits) -> Refusal {
    Refusal::TooMany {
        what: "attributes, events, links and values",
        limit: limits.elements,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        body: 0,
        decompressed: 0,
        spans: 0,
        elements: 10,
        attribute: 0,
        queue: 0,
        connections: 0,
    };

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let length = u8::try_from(bytes.len()).unwrap();
        [&[number << 3 | 2, length], bytes].concat()
    }

    #[test]
    fn elements_are_counted_wherever_they_are() {
        let otlp = |span: &[u8]| field(1, &field(2, &field(2, span)));
        let jaeger = |span: &[u8]| field(1, &field(1, span));
        // Three messages around them leave 7; two leave 8.
        for (shape, fits, more) in [
            (
                &OTLP,
                otlp(&[0x4a, 0].repeat(7)),
                otlp(&[0x4a, 0].repeat(8)),
            ),
            (
                &OTLP,
                otlp(&[0x5a, 0].repeat(7)),
                otlp(&[0x5a, 0].repeat(8)),
            ),
            (
                &OTLP,
                field(1, &field(1, &[0x0a, 0].repeat(8))),
                field(1, &field(1, &[0x0a, 0].repeat(9))),
            ),
            (
                &POST_SPANS,
                jaeger(&[0x42, 0].repeat(8)),
                jaeger(&[0x42, 0].repeat(9)),
            ),
        ] {
            assert!(check_protobuf(&fits, shape, &LIMITS).is_ok());
            assert!(check_protobuf(&more, shape, &LIMITS).is_err());
        }
    }

    #[test]
    fn json_is_counted_outside_of_texts() {
        assert!(check_json("[{},{},{}]".as_bytes(), &LIMITS).is_ok());
        assert!(check_json(format!("[{}]", "{},".repeat(11)).as_bytes(), &LIMITS).is_err());
        assert!(check_json(format!("[{}]", "0,".repeat(50)).as_bytes(), &LIMITS).is_err());
        let text = format!(r#"["\"{}"]"#, "{,".repeat(100));
        assert!(check_json(text.as_bytes(), &LIMITS).is_ok());
    }
}
