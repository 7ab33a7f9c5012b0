//! Bytes that were made to hurt: each is refused at once, with the place and the reason.

use jaeger_wire::{DecodeErrorKind, api_v2, thrift};

/// A bare batch up to the length of its first string.
const BINARY_STRING: &[u8] = &[12, 0, 1, 11, 0, 1];

#[test]
fn a_string_longer_than_the_input_is_refused() {
    for length in [i32::MAX, i32::MIN, -1, 1] {
        let bytes = [BINARY_STRING, &length.to_be_bytes()].concat();
        let error = thrift::binary::decode_batch(&bytes).unwrap_err();
        assert_eq!(error.offset, 10);
        assert_eq!(
            error.kind,
            DecodeErrorKind::Size {
                what: "a string",
                size: length.into(),
                left: 0
            }
        );
    }
}

#[test]
fn a_list_of_a_billion_is_refused() {
    let process = [12, 0, 1, 11, 0, 1, 0, 0, 0, 1, b'x', 0];
    let list = [&[15, 0, 2, 12][..], &1_000_000_000_i32.to_be_bytes()].concat();
    let error = thrift::binary::decode_batch(&[&process[..], &list].concat()).unwrap_err();
    assert!(
        matches!(error.kind, DecodeErrorKind::Size { what: "a list", .. }),
        "{error}"
    );

    // The same in the compact protocol, where the size is a varint.
    let process = [0x1c, 0x18, 1, b'x', 0];
    let list = [0x19, 0xfc, 0x80, 0x94, 0xeb, 0xdc, 0x03];
    let error = thrift::compact::decode_batch(&[&process[..], &list].concat()).unwrap_err();
    assert!(
        matches!(error.kind, DecodeErrorKind::Size { what: "a list", .. }),
        "{error}"
    );
}

#[test]
fn structs_within_structs_end_somewhere() {
    // An unknown field 9 that holds a struct that holds a struct …
    let binary = [12, 0, 9].repeat(10_000);
    let error = thrift::binary::decode_batch(&binary).unwrap_err();
    assert_eq!(error.kind, DecodeErrorKind::TooDeep { limit: 32 });

    let compact = [0x9c].repeat(10_000);
    let error = thrift::compact::decode_batch(&compact).unwrap_err();
    assert_eq!(error.kind, DecodeErrorKind::TooDeep { limit: 32 });

    let lists = [vec![15, 0, 9], [15, 0, 0, 0, 1].repeat(10_000)].concat();
    let error = thrift::binary::decode_batch(&lists).unwrap_err();
    assert_eq!(error.kind, DecodeErrorKind::TooDeep { limit: 32 });
}

#[test]
fn a_varint_without_end_is_refused() {
    let error = api_v2::decode_post_spans(&[0xff; 64]).unwrap_err();
    assert_eq!(error.offset, 10);
    let error = thrift::compact::decode_emit_batch(&[
        0x82, 0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    ])
    .unwrap_err();
    assert_eq!(error.offset, 12);
}

#[test]
fn a_message_longer_than_the_input_is_refused() {
    let error = api_v2::decode_post_spans(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0x07]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "at byte 6: PostSpansRequest.batch is said to have 2147483647 elements, but 0 bytes are left"
    );
}

#[test]
fn a_message_of_another_name_is_named() {
    let bytes = [&[0x82, 0x81, 0x00, 15][..], b"emitZipkinBatch", &[0x1c, 0]].concat();
    let error = thrift::compact::decode_emit_batch(&bytes).unwrap_err();
    assert_eq!(
        error.kind,
        DecodeErrorKind::Message {
            name: "emitZipkinBatch".to_owned()
        }
    );
}

#[test]
fn an_id_of_the_wrong_length_is_refused() {
    // PostSpansRequest.batch.spans.trace_id of three bytes.
    let bytes = [0x0a, 7, 0x0a, 5, 0x0a, 3, 1, 2, 3];
    let error = api_v2::decode_post_spans(&bytes).unwrap_err();
    assert_eq!(
        error.kind,
        DecodeErrorKind::WrongType {
            field: "Span.trace_id"
        }
    );
}

#[test]
fn a_type_of_the_future_does_not_cost_the_batch() {
    // KeyValue { key: "k", v_type: 99, v_str: "text" } as a tag of a process.
    let tag = [0x0a, 1, b'k', 0x10, 99, 0x1a, 4, b't', b'e', b'x', b't'];
    let process = [&[0x12, 11][..], &tag].concat();
    let batch = [&[0x12, 13][..], &process].concat();
    let request = [&[0x0a, 15][..], &batch].concat();
    let decoded = api_v2::decode_post_spans(&request).unwrap();
    assert_eq!(
        decoded.process.unwrap().tags[0].value,
        jaeger_wire::TagValue::String("text".into())
    );
}
