//! Unknown fields are skipped without loss of anything else.

use jaeger_wire::thrift::{binary, compact};
use jaeger_wire::{RefType, TagValue, api_v2};

use crate::samples;

/// Fields of every type and nesting, with ids that our structs do not have.
#[rustfmt::skip]
const BINARY: [&[u8]; 15] = [
    &[2, 0, 50, 1],                                          // bool
    &[3, 0, 51, 9],                                          // i8
    &[4, 0, 52, 1, 2, 3, 4, 5, 6, 7, 8],                     // double
    &[6, 0, 53, 1, 2],                                       // i16
    &[8, 0, 54, 1, 2, 3, 4],                                 // i32
    &[10, 0, 55, 1, 2, 3, 4, 5, 6, 7, 8],                    // i64
    &[11, 0, 56, 0, 0, 0, 2, b'h', b'i'],                    // string
    &[12, 0, 57, 2, 0, 1, 1, 12, 0, 2, 0, 0],                // struct { bool, struct {} }
    &[13, 0, 58, 11, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7], // map<string, i32>
    &[13, 0, 59, 0, 0, 0, 0, 0, 0],                          // an empty map of no types
    &[14, 0, 60, 3, 0, 0, 0, 2, 1, 2],                       // set<i8>
    &[15, 0, 61, 15, 0, 0, 0, 1, 2, 0, 0, 0, 2, 1, 0],       // list<list<bool>>
    &[15, 0, 62, 0, 0, 0, 0, 0],                             // an empty list of no type
    &[16, 0, 63, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], // uuid
    &[8, 0xff, 0xff, 0, 0, 0, 0],                            // a negative id
];

/// The same fields. The first has its id in full, the others the distance from the one before.
#[rustfmt::skip]
const COMPACT: [&[u8]; 16] = [
    &[1, 100],                                               // bool: true, id 50
    &[0x12],                                                 // bool: false
    &[0x13, 9],                                              // i8
    &[0x17, 1, 2, 3, 4, 5, 6, 7, 8],                         // double
    &[0x14, 0xff, 0xff, 3],                                  // i16
    &[0x15, 0xff, 0xff, 0xff, 0xff, 15],                     // i32
    &[0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], // i64
    &[0x18, 2, b'h', b'i'],                                  // string
    &[0x1c, 0x11, 0x1c, 0, 0],                               // struct { bool, struct {} }
    &[0x1b, 1, 0x85, 0, 7],                                  // map<string, i32>
    &[0x1b, 0],                                              // an empty map
    &[0x1a, 0x23, 1, 2],                                     // set<i8>
    &[0x19, 0x19, 0x21, 1, 2],                               // list<list<bool>>
    &[0x19, 0x00],                                           // an empty list of no type
    &[0x19, 0xf3, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], // a list of 16
    &[0x1d, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], // uuid
];

/// Fields of every wire type.
#[rustfmt::skip]
const API_V2: [&[u8]; 6] = [
    &[0x98, 6, 0xff, 1],                                     // varint, number 99
    &[0x99, 6, 1, 2, 3, 4, 5, 6, 7, 8],                      // 64 bits
    &[0x9a, 6, 2, b'h', b'i'],                               // a length
    &[0x9b, 6, 0x08, 1, 0x13, 0x14, 0x9c, 6],                // a group in a group
    &[0x9d, 6, 1, 2, 3, 4],                                  // 32 bits
    &[0xf8, 0xff, 0xff, 0xff, 0x0f, 0],                      // the highest number
];

/// Inserts `fields` before the end of the last span, and before the end of the batch.
fn extended(mut batch: Vec<u8>, fields: &[u8]) -> Vec<u8> {
    let ends = batch.split_off(batch.len() - 2);
    assert_eq!(ends, [0, 0]);
    [&batch[..], fields, &[0], fields, &[0]].concat()
}

#[test]
fn unknown_fields_of_every_type_are_skipped() {
    let expected = Ok(samples::thrift_batch());
    let bytes = extended(samples::binary(), &BINARY.concat());
    assert_eq!(binary::decode_batch(&bytes), expected);
    let bytes = extended(samples::compact(), &COMPACT.concat());
    assert_eq!(compact::decode_batch(&bytes), expected);
}

#[test]
fn unknown_fields_of_every_wire_type_are_skipped() {
    let bytes = [API_V2.concat(), samples::api_v2(), API_V2.concat()].concat();
    assert_eq!(
        api_v2::decode_post_spans(&bytes),
        Ok(samples::api_v2_batch())
    );
}

#[test]
fn an_unknown_field_that_is_cut_is_an_error() {
    for end in 1..BINARY.concat().len() {
        let batch = samples::binary();
        let bytes = [&batch[..batch.len() - 1], &BINARY.concat()[..end]].concat();
        binary::decode_batch(&bytes).unwrap_err();
    }
    for end in 1..COMPACT.concat().len() {
        let batch = samples::compact();
        let bytes = [&batch[..batch.len() - 1], &COMPACT.concat()[..end]].concat();
        compact::decode_batch(&bytes).unwrap_err();
    }
}

#[test]
fn the_ids_of_known_fields_may_be_told_in_full() {
    let mut bytes = samples::compact();
    assert_eq!(bytes[0], 0x1c);
    bytes.splice(0..1, [0x0c, 2]);
    assert_eq!(compact::decode_batch(&bytes), Ok(samples::thrift_batch()));
}

#[test]
fn the_sequence_number_and_statistics_of_newer_clients_are_skipped() {
    let bytes = samples::compact();
    let newer = [
        &bytes[..bytes.len() - 1],
        &[0x16, 8],
        &[0x1c, 0x16, 2, 0, 0],
    ]
    .concat();
    assert_eq!(compact::decode_batch(&newer), Ok(samples::thrift_batch()));
}

#[test]
fn an_unknown_kind_of_reference_follows_from() {
    let reference = [0x15, 14, 0x16, 2, 0x16, 2, 0x16, 2, 0];
    let head = [0x16, 2, 0x16, 2, 0x16, 2, 0x16, 0, 0x18, 0, 0x19, 0x1c];
    let tail = [0x15, 2, 0x16, 2, 0x16, 2, 0];
    let start = [0x1c, 0x18, 0, 0, 0x19, 0x1c];
    let bytes = [&start[..], &head, &reference, &tail, &[0]].concat();
    let batch = compact::decode_batch(&bytes).unwrap();
    assert_eq!(batch.spans[0].references[0].ref_type, RefType::FollowsFrom);

    let ids = [&[0x0a, 16][..], &[1; 16], &[0x12, 8], &[2; 8]].concat();
    let span = [&ids, &[0x22, 2, 0x18, 7][..]].concat();
    let bytes = [&[0x0a, 34, 0x0a, 32][..], &span].concat();
    let batch = api_v2::decode_post_spans(&bytes).unwrap();
    assert_eq!(batch.spans[0].references[0].ref_type, RefType::FollowsFrom);
}

#[test]
fn a_value_of_an_unknown_type_is_the_text_beside_it() {
    let text = TagValue::String("v".into());
    let bytes = [
        &[0x1c, 0x18, 0, 0x19, 0x1c][..],
        &[0x18, 1, b'k', 0x15, 18, 0x18, 1, b'v', 0, 0],
        &[0x19, 0x0c, 0],
    ]
    .concat();
    let process = compact::decode_batch(&bytes).unwrap().process;
    assert_eq!(process.tags[0].value, text);

    let tag = [0x0a, 1, b'k', 0x10, 9, 0x1a, 1, b'v'];
    let bytes = [&[0x0a, 12, 0x12, 10, 0x12, 8][..], &tag].concat();
    let process = api_v2::decode_post_spans(&bytes).unwrap().process.unwrap();
    assert_eq!(process.tags[0].value, text);
}

#[test]
fn messages_that_occur_twice_are_merged() {
    let once = samples::api_v2();
    let twice = [once.clone(), once].concat();
    let mut expected = samples::api_v2_batch();
    expected.spans.extend(samples::api_v2_batch().spans);
    let process = expected.process.as_mut().unwrap();
    process.tags.extend(samples::tags());
    assert_eq!(api_v2::decode_post_spans(&twice), Ok(expected));

    // The seconds of a start time, then its nanoseconds.
    let ids = [&[0x0a, 16][..], &[1; 16], &[0x12, 8], &[2; 8]].concat();
    let span = [&ids, &[0x32, 2, 8, 1, 0x32, 2, 0x10, 5][..]].concat();
    let bytes = [&[0x0a, 38, 0x0a, 36][..], &span].concat();
    let batch = api_v2::decode_post_spans(&bytes).unwrap();
    assert_eq!(batch.spans[0].start_time, 1_000_000_005);
}
