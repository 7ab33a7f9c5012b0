//! Property tests: every batch is decoded as it was encoded.

use jaeger_wire::{Process, Tag, TagValue, api_v2, thrift};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::round_trip::{self, assert_same};
use crate::strategies;

proptest! {
    #[test]
    fn a_batch_in_the_binary_protocol_is_read_as_it_was_written(
        batch in strategies::thrift_batch()
    ) {
        let mut out = Vec::new();
        thrift::binary::encode_batch(&batch, &mut out);
        assert_same(&thrift::binary::decode_batch(&out).unwrap(), &batch);
    }

    #[test]
    fn a_batch_in_the_compact_protocol_is_read_as_it_was_written(
        batch in strategies::thrift_batch()
    ) {
        let mut out = Vec::new();
        thrift::compact::encode_batch(&batch, &mut out);
        assert_same(&thrift::compact::decode_batch(&out).unwrap(), &batch);
    }

    #[test]
    fn a_batch_in_protobuf_is_read_as_it_was_written(batch in strategies::api_v2_batch()) {
        let mut out = Vec::new();
        api_v2::encode_post_spans(&batch, &mut out);
        assert_same(&api_v2::decode_post_spans(&out).unwrap(), &batch);
    }

    #[test]
    fn what_is_appended_in_parts_is_the_whole(
        thrift in strategies::thrift_batch(), protobuf in strategies::api_v2_batch()
    ) {
        let (mut whole, mut parts) = (vec![1], vec![1]);
        thrift::binary::encode_batch(&thrift, &mut whole);
        thrift::binary::begin_batch(&thrift.process, thrift.spans.len(), &mut parts);
        for span in &thrift.spans {
            thrift::binary::encode_span(span, &mut parts);
        }
        thrift::binary::end_batch(&mut parts);
        prop_assert_eq!(&whole, &parts);

        thrift::compact::encode_batch(&thrift, &mut whole);
        thrift::compact::begin_batch(&thrift.process, thrift.spans.len(), &mut parts);
        for span in &thrift.spans {
            thrift::compact::encode_span(span, &mut parts);
        }
        thrift::compact::end_batch(&mut parts);
        prop_assert_eq!(&whole, &parts);

        let mut content = Vec::new();
        for span in &protobuf.spans {
            api_v2::encode_span(span, &mut content);
        }
        if let Some(process) = &protobuf.process {
            api_v2::encode_process(process, &mut content);
        }
        api_v2::encode_post_spans(&protobuf, &mut whole);
        api_v2::begin_post_spans(content.len(), &mut parts);
        parts.append(&mut content);
        prop_assert_eq!(whole, parts);
    }

    #[test]
    fn a_batch_that_is_cut_is_an_error(batch in strategies::thrift_batch(), at in 0.0..1.0) {
        let mut out = Vec::new();
        thrift::binary::encode_batch(&batch, &mut out);
        thrift::binary::decode_batch(cut(&out, at)).unwrap_err();
        out.clear();
        thrift::compact::encode_batch(&batch, &mut out);
        thrift::compact::decode_batch(cut(&out, at)).unwrap_err();
    }

    #[test]
    fn any_bytes_are_a_batch_or_an_error(bytes in vec(any::<u8>(), 0..1000)) {
        round_trip::thrift_binary(&bytes);
        round_trip::thrift_compact(&bytes);
        round_trip::api_v2(&bytes);
    }

    #[test]
    fn a_changed_batch_is_a_batch_or_an_error(
        thrift in strategies::thrift_batch(),
        protobuf in strategies::api_v2_batch(),
        changes in changes(),
    ) {
        let mut out = Vec::new();
        thrift::binary::encode_batch(&thrift, &mut out);
        round_trip::thrift_binary(&changed(out.clone(), &changes));
        out.clear();
        thrift::compact::encode_batch(&thrift, &mut out);
        round_trip::thrift_compact(&changed(out.clone(), &changes));
        out.clear();
        api_v2::encode_post_spans(&protobuf, &mut out);
        round_trip::api_v2(&changed(out, &changes));
    }
}

#[test]
fn a_negative_zero_keeps_its_sign() {
    let tags = || vec![Tag::new("zero", -0.0)];
    let is_kept = |tags: &[Tag<'_>]| matches!(tags[0].value, TagValue::Double(zero) if zero.is_sign_negative());
    let process = || Process {
        service_name: "".into(),
        tags: tags(),
    };
    let batch = thrift::Batch {
        process: process(),
        spans: Vec::new(),
    };
    let mut out = Vec::new();
    thrift::binary::encode_batch(&batch, &mut out);
    assert!(is_kept(
        &thrift::binary::decode_batch(&out).unwrap().process.tags
    ));
    out.clear();
    thrift::compact::encode_batch(&batch, &mut out);
    assert!(is_kept(
        &thrift::compact::decode_batch(&out).unwrap().process.tags
    ));
    let batch = api_v2::Batch {
        spans: Vec::new(),
        process: Some(process()),
    };
    out.clear();
    api_v2::encode_post_spans(&batch, &mut out);
    let read = api_v2::decode_post_spans(&out).unwrap();
    assert!(is_kept(&read.process.unwrap().tags));
}

/// Positions, as fractions of the whole, and the bytes to put there.
pub(crate) fn changes() -> impl Strategy<Value = Vec<(f64, u8)>> {
    vec((0.0..1.0, any::<u8>()), 1..8)
}

pub(crate) fn changed(mut bytes: Vec<u8>, changes: &[(f64, u8)]) -> Vec<u8> {
    for &(at, byte) in changes {
        let at = position(bytes.len(), at);
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
    }
    bytes
}

fn cut(bytes: &[u8], at: f64) -> &[u8] {
    &bytes[..position(bytes.len(), at)]
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a part of a small length"
)]
fn position(length: usize, part: f64) -> usize {
    (length as f64 * part) as usize
}
