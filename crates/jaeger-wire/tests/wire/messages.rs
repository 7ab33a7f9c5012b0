//! The messages that wrap a batch in a datagram.

use jaeger_wire::thrift::{binary, compact};

use crate::samples;

const CALL: u8 = 1;
const REPLY: u8 = 2;
const ONEWAY: u8 = 4;

/// A struct of arguments that holds the sample batch, after `head`.
fn message(head: &[u8], field: &[u8], batch: &[u8]) -> Vec<u8> {
    [head, field, batch, &[0]].concat()
}

fn strict(kind: u8, name: &str) -> Vec<u8> {
    let length = u8::try_from(name.len()).unwrap();
    let head = [&[0x80, 1, 0, kind, 0, 0, 0, length], name.as_bytes()].concat();
    let head = [head, vec![0, 0, 0, 7]].concat();
    message(&head, &[12, 0, 1], &samples::binary())
}

fn old(kind: u8, name: &str) -> Vec<u8> {
    let length = u8::try_from(name.len()).unwrap();
    let head = [&[0, 0, 0, length], name.as_bytes(), &[kind, 0, 0, 0, 7]].concat();
    message(&head, &[12, 0, 1], &samples::binary())
}

fn compact_message(kind: u8, name: &str) -> Vec<u8> {
    let length = u8::try_from(name.len()).unwrap();
    // The sequence number is 300.
    let head = [&[0x82, kind << 5 | 1, 0xac, 2, length], name.as_bytes()].concat();
    message(&head, &[0x1c], &samples::compact())
}

#[test]
fn a_call_and_a_one_way_call_are_read_in_every_form() {
    let batch = samples::thrift_batch();
    for kind in [CALL, ONEWAY] {
        let name = "emitBatch";
        assert_eq!(
            binary::decode_emit_batch(&strict(kind, name)),
            Ok(batch.clone())
        );
        assert_eq!(
            binary::decode_emit_batch(&old(kind, name)),
            Ok(batch.clone())
        );
        assert_eq!(
            compact::decode_emit_batch(&compact_message(kind, name)),
            Ok(batch.clone())
        );
    }
}

#[test]
fn what_is_written_is_a_strict_one_way_call() {
    let mut out = Vec::new();
    binary::begin_message(&mut out);
    binary::encode_batch(&samples::thrift_batch(), &mut out);
    binary::end_message(&mut out);
    let mut expected = strict(ONEWAY, "emitBatch");
    expected[20] = 0; // The sequence number.
    assert_eq!(out, expected);

    out.clear();
    compact::begin_message(&mut out);
    compact::encode_batch(&samples::thrift_batch(), &mut out);
    compact::end_message(&mut out);
    let mut expected = compact_message(ONEWAY, "emitBatch");
    expected.splice(2..4, [0]);
    assert_eq!(out, expected);
}

#[test]
fn a_message_of_another_name_is_named() {
    let expected = "the message is called \"emitZipkinBatch\"; \"emitBatch\" was expected";
    let name = "emitZipkinBatch";
    let errors = [
        binary::decode_emit_batch(&strict(CALL, name)).unwrap_err(),
        binary::decode_emit_batch(&old(CALL, name)).unwrap_err(),
        compact::decode_emit_batch(&compact_message(CALL, name)).unwrap_err(),
    ];
    assert_eq!(
        errors.map(|error| error.to_string()),
        [4, 0, 4].map(|offset| format!("at byte {offset}: {expected}"))
    );
}

#[test]
fn a_long_name_is_cut() {
    let error = binary::decode_emit_batch(&strict(CALL, &"n".repeat(200))).unwrap_err();
    assert!(error.to_string().contains(&"n".repeat(64)));
    assert!(!error.to_string().contains(&"n".repeat(65)));
}

#[test]
fn a_message_that_is_no_request_is_an_error() {
    let expected = "found 0x02 where a call (1) or a one-way call (4) was expected";
    let errors = [
        binary::decode_emit_batch(&strict(REPLY, "emitBatch")).unwrap_err(),
        binary::decode_emit_batch(&old(REPLY, "emitBatch")).unwrap_err(),
        compact::decode_emit_batch(&compact_message(REPLY, "emitBatch")).unwrap_err(),
    ];
    assert_eq!(
        errors.map(|error| error.to_string()),
        [3, 13, 1].map(|offset| format!("at byte {offset}: {expected}"))
    );
}

#[test]
fn another_protocol_is_told_by_its_first_bytes() {
    let compact = compact::decode_emit_batch(&strict(CALL, "emitBatch")).unwrap_err();
    assert_eq!(
        compact.to_string(),
        "at byte 0: found 0x80 where the compact protocol's id, 0x82 was expected"
    );
    let binary = binary::decode_emit_batch(&compact_message(CALL, "emitBatch")).unwrap_err();
    assert_eq!(
        binary.to_string(),
        "at byte 0: found 0x82 where version 1 of the binary protocol, 0x8001 was expected"
    );
}

#[test]
fn a_message_without_a_batch_is_an_error() {
    let mut bytes = strict(CALL, "emitBatch");
    bytes.truncate(21);
    bytes.push(0);
    let error = binary::decode_emit_batch(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "at byte 21: emitBatch.batch is missing");
}

#[test]
fn what_follows_a_batch_or_a_message_is_ignored() {
    let with_more = |bytes: Vec<u8>| [bytes, vec![1, 2, 3]].concat();
    let batch = Ok(samples::thrift_batch());
    assert_eq!(binary::decode_batch(&with_more(samples::binary())), batch);
    assert_eq!(compact::decode_batch(&with_more(samples::compact())), batch);
    let message = with_more(compact_message(CALL, "emitBatch"));
    assert_eq!(compact::decode_emit_batch(&message), batch);
}
