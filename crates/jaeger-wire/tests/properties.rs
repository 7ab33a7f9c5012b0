//! What holds for every batch, and for every byte string.

mod support;

use jaeger_wire::{api_v2, thrift};
use proptest::prelude::*;
use support::{any_api_v2_batch, any_thrift_batch};

/// What the fuzzer started from and what it once found.
#[test]
fn the_fuzz_corpus_holds() {
    type Check = fn(&[u8]);
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let targets: [(&str, Check); 3] = [
        ("thrift_binary", support::again::thrift_binary),
        ("thrift_compact", support::again::thrift_compact),
        ("api_v2", support::again::api_v2),
    ];
    for (target, check) in targets {
        let files: Vec<_> = std::fs::read_dir(corpus.join(target)).unwrap().collect();
        assert!(!files.is_empty(), "the corpus of {target} is empty");
        for file in files {
            check(&std::fs::read(file.unwrap().path()).unwrap());
        }
    }
}

proptest! {
    #[test]
    fn thrift_binary_gives_back_what_it_was_given(batch in any_thrift_batch()) {
        let mut bytes = Vec::new();
        thrift::binary::encode_batch(&batch, &mut bytes);
        prop_assert_eq!(thrift::binary::decode_batch(&bytes).unwrap(), batch);
    }

    #[test]
    fn a_thrift_binary_message_gives_back_what_it_was_given(batch in any_thrift_batch()) {
        let mut bytes = Vec::new();
        thrift::binary::begin_message(&mut bytes);
        thrift::binary::encode_batch(&batch, &mut bytes);
        thrift::binary::end_message(&mut bytes);
        prop_assert_eq!(thrift::binary::decode_emit_batch(&bytes).unwrap(), batch);
    }

    #[test]
    fn thrift_compact_gives_back_what_it_was_given(batch in any_thrift_batch()) {
        let mut bytes = Vec::new();
        thrift::compact::begin_message(&mut bytes);
        thrift::compact::encode_batch(&batch, &mut bytes);
        thrift::compact::end_message(&mut bytes);
        prop_assert_eq!(thrift::compact::decode_emit_batch(&bytes).unwrap(), batch);
    }

    #[test]
    fn api_v2_gives_back_what_it_was_given(batch in any_api_v2_batch()) {
        let mut bytes = Vec::new();
        api_v2::encode_post_spans(&batch, &mut bytes);
        prop_assert_eq!(api_v2::decode_post_spans(&bytes).unwrap(), batch);
    }

    /// A span that is encoded by itself, for a datagram or a request that is put together later, is
    /// the same as in the whole.
    #[test]
    fn spans_encoded_one_by_one_make_the_same_request(batch in any_api_v2_batch()) {
        let mut spans = Vec::new();
        for span in &batch.spans {
            api_v2::encode_span(span, &mut spans);
        }
        if let Some(process) = &batch.process {
            api_v2::encode_process(process, &mut spans);
        }
        let mut put_together = Vec::new();
        api_v2::begin_post_spans(spans.len(), &mut put_together);
        put_together.extend_from_slice(&spans);

        let mut whole = Vec::new();
        api_v2::encode_post_spans(&batch, &mut whole);
        prop_assert_eq!(put_together, whole);
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        support::decode_with_all(&bytes);
    }

    #[test]
    fn no_change_of_a_capture_makes_a_decoder_panic(
        capture in 0..support::CAPTURES.len(),
        at in any::<prop::sample::Index>(),
        value in any::<u8>(),
    ) {
        let mut bytes = support::CAPTURES[capture].to_vec();
        let at = at.index(bytes.len());
        bytes[at] = value;
        support::decode_with_all(&bytes);
    }
}
