//! Tests against bytes that real clients sent: see `tests/kit/captures/README.md` of the
//! repository.

use jaeger_wire::{api_v2, thrift};

use crate::json;

pub(crate) struct Capture {
    pub(crate) name: &'static str,
    pub(crate) bytes: &'static [u8],
    json: &'static str,
}

macro_rules! capture {
    ($name:literal) => {
        Capture {
            name: $name,
            bytes: include_bytes!(concat!("../../../../tests/kit/captures/", $name, ".bin")),
            json: include_str!(concat!("../../../../tests/kit/captures/", $name, ".json")),
        }
    };
}

pub(crate) const PYTHON_HTTP: [Capture; 3] = [
    capture!("python-thrift-client"),
    capture!("python-thrift-server"),
    capture!("python-thrift-manual"),
];
pub(crate) const PYTHON_GRPC: Capture = capture!("python-grpc-manual");
pub(crate) const RUST_HTTP: Capture = capture!("rust-http");
pub(crate) const RUST_UDP: Capture = capture!("rust-udp");

#[test]
fn each_capture_holds_what_its_json_says() {
    for Capture { name, bytes, json } in PYTHON_HTTP {
        let batch = thrift::binary::decode_batch(bytes).unwrap();
        assert_eq!(batch, json::thrift_batch(json, "/batch"), "{name}");
    }
    let batch = thrift::binary::decode_batch(RUST_HTTP.bytes).unwrap();
    assert_eq!(batch, json::thrift_batch(RUST_HTTP.json, ""));
    let batch = thrift::compact::decode_emit_batch(RUST_UDP.bytes).unwrap();
    assert_eq!(batch, json::thrift_batch(RUST_UDP.json, "/args/batch"));
    let batch = api_v2::decode_post_spans(PYTHON_GRPC.bytes).unwrap();
    assert_eq!(batch, json::api_v2_batch(PYTHON_GRPC.json));
}

#[test]
fn the_spans_of_a_client_are_the_same_over_both_transports() {
    let mut http = thrift::binary::decode_batch(RUST_HTTP.bytes).unwrap();
    let mut udp = thrift::compact::decode_emit_batch(RUST_UDP.bytes).unwrap();
    // The exporter kept its resource in a hash map, so the order differs.
    for batch in [&mut http, &mut udp] {
        batch.process.tags.sort_by(|a, b| a.key.cmp(&b.key));
    }
    assert_eq!(http, udp);
    assert_eq!(http.spans.len(), 5);
}

#[test]
fn pythons_captures_are_written_again_byte_for_byte() {
    for Capture { name, bytes, .. } in PYTHON_HTTP {
        let batch = thrift::binary::decode_batch(bytes).unwrap();
        let mut out = Vec::new();
        thrift::binary::encode_batch(&batch, &mut out);
        assert_eq!(out, bytes, "{name}");
    }
    let batch = api_v2::decode_post_spans(PYTHON_GRPC.bytes).unwrap();
    let mut out = Vec::new();
    api_v2::encode_post_spans(&batch, &mut out);
    assert_eq!(out, PYTHON_GRPC.bytes);
}

/// The protocol allows more than one form here: an optional, empty list may be absent or empty. The
/// Rust client wrote it; this crate, like the Python client, does not.
#[test]
fn the_rust_clients_captures_are_written_again_but_for_empty_lists() {
    let batch = thrift::binary::decode_batch(RUST_HTTP.bytes).unwrap();
    let mut out = Vec::new();
    thrift::binary::encode_batch(&batch, &mut out);
    let mut expected = RUST_HTTP.bytes.to_vec();
    for field in [6, 10, 11] {
        remove(&mut expected, &[15, 0, field, 12, 0, 0, 0, 0]);
    }
    assert_eq!(out, expected);
}

/// In addition, the sequence number is the sender's choice. Field ids are written as distances, and
/// the distance grows after a list that is left out.
#[test]
fn the_rust_clients_datagram_is_written_again_but_for_empty_lists() {
    let batch = thrift::compact::decode_emit_batch(RUST_UDP.bytes).unwrap();
    let mut out = Vec::new();
    thrift::compact::begin_message(&mut out);
    thrift::compact::encode_batch(&batch, &mut out);
    thrift::compact::end_message(&mut out);
    let mut expected = RUST_UDP.bytes.to_vec();
    expected[2] = 0;
    // Flags, an i32 right after references, is now two ids further on.
    replace(&mut expected, &[0x19, 0x0c, 0x15], &[0x25]);
    // Logs are the last field.
    replace(&mut expected, &[0x19, 0x0c, 0x00], &[0x00]);
    assert_eq!(out, expected);
}

fn remove(bytes: &mut Vec<u8>, pattern: &[u8]) {
    replace(bytes, pattern, &[]);
}

fn replace(bytes: &mut Vec<u8>, pattern: &[u8], by: &[u8]) {
    while let Some(at) = bytes.windows(pattern.len()).position(|w| w == pattern) {
        bytes.splice(at..at + pattern.len(), by.iter().copied());
    }
}
