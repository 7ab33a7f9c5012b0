//! Bytes that real clients put on the wire: the Python Jaeger exporters 1.12.0rc1 and the retired
//! Rust crate opentelemetry-jaeger 0.22.

use jaeger_wire::{Tag, TagValue, api_v2, thrift};

const THRIFT_HTTP: [&[u8]; 4] = [
    include_bytes!("../captures/python-thrift-client.bin"),
    include_bytes!("../captures/python-thrift-server.bin"),
    include_bytes!("../captures/python-thrift-manual.bin"),
    include_bytes!("../captures/rust-http.bin"),
];
const THRIFT_UDP: &[u8] = include_bytes!("../captures/rust-udp.bin");
const GRPC: &[u8] = include_bytes!("../captures/python-grpc-manual.bin");

fn tag(key: &'static str, value: TagValue<'static>) -> Tag<'static> {
    Tag {
        key: key.into(),
        value,
    }
}

#[test]
fn a_thrift_batch_of_python_is_read() {
    let batch = thrift::binary::decode_batch(THRIFT_HTTP[2]).unwrap();
    assert_eq!(batch.process.service_name, "my-helloworld-service");
    let names: Vec<&str> = batch.spans.iter().map(|s| &*s.operation_name).collect();
    assert_eq!(names, ["baz", "bar", "foo"]);
    let [baz, bar, foo] = batch.spans.as_slice() else {
        unreachable!()
    };
    assert_eq!(baz.parent_span_id, bar.span_id);
    assert_eq!(bar.parent_span_id, foo.span_id);
    assert_eq!(bar.references[0].span_id, foo.span_id);
    assert_eq!(bar.tags[0], tag("speed", TagValue::Double(100.0)));
    assert_eq!(foo.tags[0], tag("my_atribbute", TagValue::Bool(true)));
    assert_eq!(
        foo.logs[0].fields,
        [
            tag("name", TagValue::String("foo1".into())),
            tag("message", TagValue::String("event in foo".into())),
        ]
    );
    assert_eq!(
        (foo.flags, foo.logs[0].timestamp),
        (1, 1_795_372_314_071_488)
    );
}

#[test]
fn a_grpc_batch_of_python_is_read() {
    let batch = api_v2::decode_post_spans(GRPC).unwrap();
    assert_eq!(batch.process, None);
    let [baz, bar, foo] = batch.spans.as_slice() else {
        panic!("{batch:?}")
    };
    assert_eq!(baz.references[0].span_id, bar.span_id);
    assert_eq!(bar.references.len(), 2);
    assert_eq!(foo.references, []);
    assert_eq!(bar.tags[0], tag("speed", TagValue::Double(100.0)));
    assert_eq!(foo.start_time, 1_795_372_312_805_820_941);
    assert_eq!(foo.duration, 902_470_828);
    assert_eq!(foo.process.as_ref().unwrap().tags.len(), 4);
}

#[test]
fn a_thrift_capture_is_written_again_byte_for_byte() {
    for capture in THRIFT_HTTP {
        let batch = thrift::binary::decode_batch(capture).unwrap();
        let mut out = Vec::new();
        thrift::binary::encode_batch(&batch, &mut out);
        assert_eq!(thrift::binary::decode_batch(&out).unwrap(), batch);
        // Rust's exporter also wrote optional lists that are empty; we leave them out.
        if capture != THRIFT_HTTP[3] {
            assert_eq!(out, capture);
        }
    }
}

#[test]
fn both_captures_of_the_rust_exporter_hold_the_same() {
    let mut http = thrift::binary::decode_batch(THRIFT_HTTP[3]).unwrap();
    let mut udp = thrift::compact::decode_emit_batch(THRIFT_UDP).unwrap();
    // The exporter kept its resource in a hash map.
    for batch in [&mut http, &mut udp] {
        batch.process.tags.sort_by(|a, b| a.key.cmp(&b.key));
    }
    assert_eq!(http, udp);
    assert_eq!(http.spans.len(), 5);
}

#[test]
fn every_protocol_carries_a_batch_there_and_back() {
    let batch = thrift::binary::decode_batch(THRIFT_HTTP[3]).unwrap();
    let mut out = Vec::new();
    thrift::compact::begin_message(&mut out);
    thrift::compact::encode_batch(&batch, &mut out);
    thrift::compact::end_message(&mut out);
    assert_eq!(thrift::compact::decode_emit_batch(&out).unwrap(), batch);

    out.clear();
    thrift::binary::begin_message(&mut out);
    thrift::binary::encode_batch(&batch, &mut out);
    thrift::binary::end_message(&mut out);
    assert_eq!(thrift::binary::decode_emit_batch(&out).unwrap(), batch);

    let batch = api_v2::decode_post_spans(GRPC).unwrap();
    out.clear();
    api_v2::encode_post_spans(&batch, &mut out);
    assert_eq!(api_v2::decode_post_spans(&out).unwrap(), batch);
    assert_eq!(out.len(), GRPC.len());
}

#[test]
fn a_capture_that_is_cut_anywhere_is_an_error() {
    for capture in THRIFT_HTTP {
        for end in 0..capture.len() {
            thrift::binary::decode_batch(&capture[..end]).unwrap_err();
        }
    }
    for end in 0..THRIFT_UDP.len() {
        thrift::compact::decode_emit_batch(&THRIFT_UDP[..end]).unwrap_err();
    }
}
