//! Requests with as many elements as their bytes can hold. The memory for reading one is bounded by
//! that number, which the receivers limit beforehand.

use allocation_counter::measure;
use otel_backend::format::{Decoded, jaeger, otlp, zipkin};
use serde_json::value::RawValue;

/// The number of elements in each request.
const ELEMENTS: usize = 20_000;

/// The most memory for an element, in bytes, and for a whole request.
const PER_ELEMENT: u64 = 1_000;
const PER_REQUEST: u64 = 1 << 16;

/// Repeats `element` with `separator` between, once for each element.
fn many(before: &str, element: &str, separator: &str, after: &str) -> String {
    format!("{before}{}{after}", vec![element; ELEMENTS].join(separator))
}

/// Nests a protobuf message in others; `fields` are the field numbers, outermost first.
fn within(fields: &[u8], message: Vec<u8>) -> Vec<u8> {
    fields.iter().rev().fold(message, |message, field| {
        let mut bytes = vec![field << 3 | 2];
        let mut length = message.len();
        while length > 0x7f {
            bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
            length >>= 7;
        }
        bytes.push(u8::try_from(length).unwrap());
        bytes.extend(message);
        bytes
    })
}

/// A protobuf span with ids, followed by `rest`.
fn span(rest: &[u8]) -> Vec<u8> {
    [b"\x0a\x10AAAAAAAAAAAAAAAA\x12\x08BBBBBBBB", rest].concat()
}

fn assert_bounded(bytes: &[u8], read: impl Fn(&[u8])) {
    let peak = measure(|| read(bytes)).bytes_max;
    let bound = PER_ELEMENT * ELEMENTS as u64 + PER_REQUEST;
    let begin = String::from_utf8_lossy(&bytes[..bytes.len().min(90)]);
    assert!(peak <= bound, "{peak} bytes for {begin:?}…");
}

fn drop_all(decoded: Decoded<'_>) {
    decoded.for_each(drop);
}

#[test]
fn otlp_protobuf_takes_no_more_than_its_elements() {
    let read = |bytes: &[u8]| drop_all(otlp::decode_traces(bytes).unwrap());
    let empty = |field: u8| [field << 3 | 2, 0].repeat(ELEMENTS);
    // Empty resources, scopes and spans; attributes, events and links of one span.
    assert_bounded(&empty(1), read);
    assert_bounded(&within(&[1], empty(2)), read);
    assert_bounded(&within(&[1, 2], empty(2)), read);
    for field in [9, 11, 13] {
        assert_bounded(&within(&[1, 2, 2], span(&empty(field))), read);
    }
    // The values of a list and of a map.
    for list in [5, 6] {
        let attribute = within(&[9, 2, list], empty(1));
        assert_bounded(&within(&[1, 2, 2], span(&attribute)), read);
    }
    // The attributes of a resource, which all its spans share.
    assert_bounded(&within(&[1, 1], empty(1)), read);
}

#[test]
fn otlp_json_takes_no_more_than_its_elements() {
    let read = |bytes: &[u8]| drop_all(otlp::decode_json(bytes).unwrap());
    let spans = r#"{"resourceSpans":[{"scopeSpans":[{"spans":["#;
    let of_a_span = |list: &str| {
        format!(
            r#"{spans}{{"traceId":"{}","spanId":"{}","{list}":["#,
            "a".repeat(32),
            "b".repeat(16)
        )
    };
    assert_bounded(
        many(r#"{"resourceSpans":["#, "{}", ",", "]}").as_bytes(),
        read,
    );
    assert_bounded(many(spans, "{}", ",", "]}]}]}").as_bytes(), read);
    for list in ["attributes", "events", "links"] {
        assert_bounded(
            many(&of_a_span(list), "{}", ",", "]}]}]}]}").as_bytes(),
            read,
        );
    }
    let values = format!(
        r#"{}{{"value":{{"arrayValue":{{"values":["#,
        of_a_span("attributes")
    );
    assert_bounded(many(&values, "{}", ",", "]}}}]}]}]}]}").as_bytes(), read);
}

#[test]
fn zipkin_json_takes_no_more_than_its_elements() {
    for decode in [zipkin::decode_v1, zipkin::decode_v2] {
        let read = |bytes: &[u8]| drop_all(decode(bytes).unwrap());
        assert_bounded(many("[", "{}", ",", "]").as_bytes(), read);
        for list in ["annotations", "binaryAnnotations"] {
            let of_a_span = format!(r#"[{{"traceId":"1","id":"2","{list}":["#);
            assert_bounded(many(&of_a_span, "{}", ",", "]}]").as_bytes(), read);
        }
    }
    let tags: Vec<String> = (0..ELEMENTS).map(|tag| format!(r#""{tag}":0"#)).collect();
    let tags = format!(
        r#"[{{"traceId":"1","id":"2","tags":{{{}}}}}]"#,
        tags.join(",")
    );
    assert_bounded(tags.as_bytes(), |bytes| {
        drop_all(zipkin::decode_v2(bytes).unwrap());
    });
}

#[test]
fn zipkin_protobuf_takes_no_more_than_its_elements() {
    let read = |bytes: &[u8]| drop_all(zipkin::decode_protobuf(bytes).unwrap());
    let empty = |field: u8| [field << 3 | 2, 0].repeat(ELEMENTS);
    assert_bounded(&empty(1), read);
    let ids = b"\x0a\x08AAAAAAAA\x1a\x08BBBBBBBB";
    for list in [10, 11] {
        assert_bounded(&within(&[1], [&ids[..], &empty(list)].concat()), read);
    }
}

#[test]
fn jaeger_json_takes_no_more_than_its_elements() {
    let read = |bytes: &[u8]| {
        let trace: &RawValue = serde_json::from_slice(bytes).unwrap();
        drop(jaeger::decode_trace(trace));
    };
    let span = r#"{"spans":[{"traceID":"1","spanID":"2","#;
    assert_bounded(many(r#"{"spans":["#, "{}", ",", "]}").as_bytes(), read);
    assert_bounded(
        many(&format!(r#"{span}"tags":["#), r#"{"key":""}"#, ",", "]}]}").as_bytes(),
        read,
    );
    assert_bounded(
        many(&format!(r#"{span}"logs":["#), "{}", ",", "]}]}").as_bytes(),
        read,
    );
    let reference = r#"{"traceID":"1","spanID":"2"}"#;
    assert_bounded(
        many(&format!(r#"{span}"references":["#), reference, ",", "]}]}").as_bytes(),
        read,
    );
}
