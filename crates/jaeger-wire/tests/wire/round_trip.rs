//! A check for arbitrary bytes: they decode or give an error, at once and without a panic; and a
//! decoded batch survives encoding and decoding.
//!
//! The fuzz targets run these functions too.

use std::fmt::Debug;

use jaeger_wire::{DecodeError, api_v2, thrift};

/// Checks `bytes` as a bare batch and as a message, in Thrift's binary protocol.
pub(crate) fn thrift_binary(bytes: &[u8]) {
    use thrift::binary;

    check_thrift(bytes, binary::decode_batch, binary::encode_batch);
    check_thrift(bytes, binary::decode_emit_batch, |batch, out| {
        binary::begin_message(out);
        binary::encode_batch(batch, out);
        binary::end_message(out);
    });
}

/// Checks `bytes` as a bare batch and as a message, in Thrift's compact protocol.
pub(crate) fn thrift_compact(bytes: &[u8]) {
    use thrift::compact;

    check_thrift(bytes, compact::decode_batch, compact::encode_batch);
    check_thrift(bytes, compact::decode_emit_batch, |batch, out| {
        compact::begin_message(out);
        compact::encode_batch(batch, out);
        compact::end_message(out);
    });
}

/// Checks `bytes` as a protobuf request.
pub(crate) fn api_v2(bytes: &[u8]) {
    let decode = api_v2::decode_post_spans;
    match decode(bytes) {
        Ok(batch) => {
            let mut written = Vec::new();
            api_v2::encode_post_spans(&batch, &mut written);
            assert_same(&decode(&written).unwrap(), &batch);
        }
        Err(error) => assert!(error.offset <= bytes.len(), "{error}"),
    }
}

fn check_thrift(
    bytes: &[u8],
    decode: for<'a> fn(&'a [u8]) -> Result<thrift::Batch<'a>, DecodeError>,
    encode: fn(&thrift::Batch<'_>, &mut Vec<u8>),
) {
    match decode(bytes) {
        Ok(batch) => {
            let mut written = Vec::new();
            encode(&batch, &mut written);
            assert_same(&decode(&written).unwrap(), &batch);
        }
        Err(error) => assert!(error.offset <= bytes.len(), "{error}"),
    }
}

/// Checks that both are equal, with NaN equal to NaN.
pub(crate) fn assert_same<T: PartialEq + Debug>(left: &T, right: &T) {
    if left != right {
        assert_eq!(format!("{left:?}"), format!("{right:?}"));
    }
}
