//! What must hold for every byte string: no decoder panics, and what one accepts is the same after
//! it was encoded and read again. The fuzz targets and the ordinary tests share it.

use jaeger_wire::{api_v2, thrift};

/// Hands `bytes` to the decoders of Thrift's binary protocol.
pub(crate) fn thrift_binary(bytes: &[u8]) {
    let decoded = [
        thrift::binary::decode_batch(bytes),
        thrift::binary::decode_emit_batch(bytes),
    ];
    for batch in decoded.into_iter().flatten() {
        let mut out = Vec::new();
        thrift::binary::encode_batch(&batch, &mut out);
        same(&thrift::binary::decode_batch(&out), &batch);
    }
}

/// Hands `bytes` to the decoders of Thrift's compact protocol.
pub(crate) fn thrift_compact(bytes: &[u8]) {
    let decoded = [
        thrift::compact::decode_batch(bytes),
        thrift::compact::decode_emit_batch(bytes),
    ];
    for batch in decoded.into_iter().flatten() {
        let mut out = Vec::new();
        thrift::compact::encode_batch(&batch, &mut out);
        same(&thrift::compact::decode_batch(&out), &batch);
    }
}

/// Hands `bytes` to the decoder of the protobuf.
pub(crate) fn api_v2(bytes: &[u8]) {
    if let Ok(batch) = api_v2::decode_post_spans(bytes) {
        let mut out = Vec::new();
        api_v2::encode_post_spans(&batch, &mut out);
        same(&api_v2::decode_post_spans(&out), &batch);
    }
}

/// As text: NaN equals NaN there.
fn same<T: std::fmt::Debug, E: std::fmt::Debug>(again: &Result<T, E>, batch: &T) {
    let again = again.as_ref().map(|batch| format!("{batch:?}"));
    assert_eq!(again.ok(), Some(format!("{batch:?}")));
}
