//! Checks the place and the reason in errors: batches that lack a field or have it in another type.

use jaeger_wire::thrift::{binary, compact};
use jaeger_wire::{DecodeErrorKind, TagValue, api_v2};

use crate::samples;

fn binary_error(bytes: &[u8]) -> String {
    binary::decode_batch(bytes).unwrap_err().to_string()
}

fn compact_error(bytes: &[u8]) -> String {
    compact::decode_batch(bytes).unwrap_err().to_string()
}

fn api_v2_error(bytes: &[u8]) -> String {
    api_v2::decode_post_spans(bytes).unwrap_err().to_string()
}

/// A batch in the compact protocol: a process and a list of one struct, `span`.
fn one_span(span: &[u8]) -> Vec<u8> {
    let padding = [0; 20];
    [&[0x1c, 0x18, 1, b's', 0, 0x19, 0x1c], span, &padding].concat()
}

/// A span in the compact protocol, up to its tenth field.
const SPAN_HEAD: [u8; 16] = [
    0x16, 2, 0x16, 2, 0x16, 2, 0x16, 0, 0x18, 0, 0x25, 2, 0x16, 2, 0x16, 2,
];

#[test]
fn a_field_that_is_missing_is_named() {
    assert_eq!(binary_error(&[0]), "at byte 0: Batch.process is missing");
    assert_eq!(
        binary_error(&[12, 0, 1, 0, 0]),
        "at byte 3: Process.serviceName is missing"
    );
    assert_eq!(
        compact_error(&[0x1c, 0x18, 0, 0, 0]),
        "at byte 0: Batch.spans is missing"
    );
}

#[test]
fn each_required_field_of_a_span_must_be_there() {
    let required = [
        (1, "traceIdLow"),
        (2, "traceIdHigh"),
        (3, "spanId"),
        (4, "parentSpanId"),
        (5, "operationName"),
        (7, "flags"),
        (8, "startTime"),
        (9, "duration"),
    ];
    for (missing, name) in required {
        let mut span = Vec::new();
        for (id, _) in required {
            let kind = match id {
                5 => 8,
                7 => 5,
                _ => 6,
            };
            // The missing field is replaced by one with an id that no IDL has; ids are written in
            // full, in zigzag form.
            let id = if id == missing { 60 } else { id };
            span.extend([kind, id * 2, 0]);
        }
        assert_eq!(
            compact_error(&one_span(&span)),
            format!("at byte 7: Span.{name} is missing")
        );
    }
}

#[test]
fn a_known_field_of_another_type_is_named() {
    assert_eq!(
        binary_error(&[8, 0, 1, 0, 0, 0, 0]),
        "at byte 0: Batch.process is an i32; a struct was expected"
    );
    let span = one_span(&[0x18, 0]);
    assert_eq!(
        compact_error(&span),
        "at byte 7: Span.traceIdLow is a string; an i64 was expected"
    );
    let tags_of_i64 = one_span(&[&SPAN_HEAD[..], &[0x19, 0x16, 2]].concat());
    assert_eq!(
        compact_error(&tags_of_i64),
        "at byte 23: Span.tags is a list of something else; a list of structs was expected"
    );
    assert_eq!(
        api_v2_error(&[0x0a, 4, 0x0a, 2, 0x08, 1]),
        "at byte 4: Span.trace_id is a varint; a value with a length was expected"
    );
}

#[test]
fn a_byte_that_means_nothing_is_told() {
    assert_eq!(
        binary_error(&[12, 0, 1, 99, 0, 1]),
        "at byte 3: found 0x63 where a field's type was expected"
    );
    assert_eq!(
        compact_error(&[0x1c, 0x1f]),
        "at byte 1: found 0x0f where a field's type was expected"
    );
    assert_eq!(
        api_v2_error(&[0x0a, 1, 0x07]),
        "at byte 2: found 0x07 where a field's number was expected"
    );
    assert_eq!(
        api_v2_error(&[0x0a, 1, 0x7f]),
        "at byte 2: found 0x07 where a wire type was expected"
    );
    let endless = [&[0x0a][..], &[0xff; 10]].concat();
    assert_eq!(
        api_v2_error(&endless),
        "at byte 10: found 0xff where the last byte of a varint was expected"
    );
}

#[test]
fn an_input_that_ends_says_in_what() {
    assert_eq!(
        binary_error(&[12, 0, 1, 11, 0, 1, 0, 0]),
        "at byte 6: the input ends where Process.serviceName was expected"
    );
    assert_eq!(
        compact_error(&[0x1c]),
        "at byte 1: the input ends where a field's header was expected"
    );
    assert_eq!(
        api_v2_error(&[0x0a, 2, 0x0a, 0x80]),
        "at byte 3: the input ends where Batch.spans was expected"
    );
}

#[test]
fn a_length_beyond_the_input_is_told_with_both_sizes() {
    assert_eq!(
        binary_error(&[12, 0, 1, 11, 0, 1, 0, 0, 0, 9, b'x']),
        "at byte 6: Process.serviceName claims to have 9 bytes, but 1 are left"
    );
    assert_eq!(
        binary_error(&[12, 0, 1, 11, 0, 1, 0xff, 0xff, 0xff, 0xff, b'x']),
        "at byte 6: Process.serviceName claims to have -1 bytes, but 1 are left"
    );
    assert_eq!(
        api_v2_error(&[0x0a, 9]),
        "at byte 1: PostSpansRequest.batch claims to have 9 bytes, but 0 are left"
    );
    assert_eq!(
        compact_error(&[&[0x29, 0x2c], &[0; 33][..]].concat()),
        "at byte 1: Batch.spans claims to have 2 elements of at least 17 bytes, but 33 bytes are left"
    );
}

#[test]
fn an_id_of_another_length_is_told() {
    assert_eq!(
        api_v2_error(&[0x0a, 5, 0x0a, 3, 0x0a, 1, 7]),
        "at byte 4: Span.trace_id has 1 bytes; 16 or 8 were expected"
    );
    assert_eq!(
        api_v2_error(&[0x0a, 4, 0x0a, 2, 0x12, 0]),
        "at byte 4: Span.span_id has 0 bytes; 8 were expected"
    );
}

#[test]
fn a_span_without_ids_is_an_error_in_protobuf_too() {
    assert_eq!(
        api_v2_error(&[0x0a, 2, 0x0a, 0]),
        "at byte 4: Span.trace_id is missing"
    );
    let only_trace_id = [&[0x0a, 12, 0x0a, 10, 0x0a, 8][..], &[1; 8]].concat();
    assert_eq!(
        api_v2_error(&only_trace_id),
        "at byte 4: Span.span_id is missing"
    );
}

#[test]
fn a_trace_id_of_eight_bytes_is_the_low_half() {
    let span = [&[0x0a, 8][..], &[7; 8], &[0x12, 8], &[9; 8]].concat();
    let bytes = [&[0x0a, 22, 0x0a, 20][..], &span].concat();
    let batch = api_v2::decode_post_spans(&bytes).unwrap();
    let expected = [[0; 8], [7; 8]].concat();
    assert_eq!(batch.spans[0].trace_id[..], expected);
}

#[test]
fn text_that_is_not_utf_8_is_replaced_and_nothing_else() {
    let mut bytes = samples::binary();
    let at = bytes.windows(5).position(|w| w == b"GET /").unwrap();
    bytes[at] = 0xff;
    let batch = binary::decode_batch(&bytes).unwrap();
    let mut expected = samples::thrift_batch();
    expected.spans[0].operation_name = "\u{fffd}ET /".into();
    assert_eq!(batch, expected);
}

#[test]
fn a_value_that_is_absent_is_its_types_zero() {
    let zeros = [
        (0, TagValue::String("".into())),
        (1, TagValue::Double(0.0)),
        (2, TagValue::Bool(false)),
        (3, TagValue::Long(0)),
        (4, TagValue::Binary((&[]).into())),
    ];
    for (v_type, zero) in zeros {
        let tag = [0x18, 0, 0x15, v_type * 2, 0];
        let process = [&[0x18, 0, 0x19, 0x1c][..], &tag, &[0]].concat();
        let bytes = [&[0x1c][..], &process, &[0x19, 0x0c, 0]].concat();
        let batch = compact::decode_batch(&bytes).unwrap();
        assert_eq!(batch.process.tags[0].value, zero);
    }
}

#[test]
fn kinds_can_be_told_apart() {
    let kind = |bytes: &[u8]| binary::decode_batch(bytes).unwrap_err().kind;
    assert_eq!(
        kind(&[]),
        DecodeErrorKind::Incomplete {
            expected: "a field's type"
        }
    );
    assert_eq!(
        kind(&[0]),
        DecodeErrorKind::Missing {
            field: "Batch.process"
        }
    );
}
