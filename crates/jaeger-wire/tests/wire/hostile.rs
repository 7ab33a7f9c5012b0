//! Input that claims more than it holds. Each is refused at its first false claim.

use jaeger_wire::thrift::{binary, compact};
use jaeger_wire::{DecodeErrorKind, api_v2};

fn binary_error(bytes: &[u8]) -> DecodeErrorKind {
    binary::decode_batch(bytes).unwrap_err().kind
}

fn compact_error(bytes: &[u8]) -> DecodeErrorKind {
    compact::decode_batch(bytes).unwrap_err().kind
}

fn api_v2_error(bytes: &[u8]) -> DecodeErrorKind {
    api_v2::decode_post_spans(bytes).unwrap_err().kind
}

#[track_caller]
fn assert_too_many(kind: DecodeErrorKind, expected: i64) {
    match kind {
        DecodeErrorKind::TooMany { count, .. } => assert_eq!(count, expected),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_too_large(kind: DecodeErrorKind, expected: i64) {
    match kind {
        DecodeErrorKind::TooLarge { length, .. } => assert_eq!(length, expected),
        other => panic!("{other:?}"),
    }
}

const LARGEST: i64 = 2_147_483_647;

#[test]
fn a_string_of_the_largest_length_is_refused() {
    let kind = binary_error(&[12, 0, 1, 11, 0, 1, 0x7f, 0xff, 0xff, 0xff]);
    assert_too_large(kind, LARGEST);
    let kind = compact_error(&[0x1c, 0x18, 0xff, 0xff, 0xff, 0xff, 7]);
    assert_too_large(kind, LARGEST);
    let kind = api_v2_error(&[0x0a, 0xff, 0xff, 0xff, 0xff, 7]);
    assert_too_large(kind, LARGEST);
}

#[test]
fn a_length_of_64_bits_is_refused() {
    let length = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
    let kind = compact_error(&[&[0x1c, 0x18], &length[..]].concat());
    assert_too_large(kind, i64::MAX);
    let kind = api_v2_error(&[&[0x0a], &length[..]].concat());
    assert_too_large(kind, i64::MAX);
}

#[test]
fn a_list_of_a_thousand_million_is_refused() {
    const MANY: i64 = 1_000_000_000;
    let padding = [0; 1000];
    let varint = [0x80, 0x94, 0xeb, 0xdc, 3];
    let spans = [&[15, 0, 2, 12, 0x3b, 0x9a, 0xca, 0], &padding[..]].concat();
    assert_too_many(binary_error(&spans), MANY);
    let spans = [&[0x29, 0xfc], &varint[..], &padding].concat();
    assert_too_many(compact_error(&spans), MANY);

    // The same in a field of unknown type.
    let list = [&[15, 0, 99, 2, 0x3b, 0x9a, 0xca, 0], &padding[..]].concat();
    assert_too_many(binary_error(&list), MANY);
    let map = [&[13, 0, 99, 2, 2, 0x3b, 0x9a, 0xca, 0], &padding[..]].concat();
    assert_too_many(binary_error(&map), MANY);
    let set = [&[0xfa, 0xf1], &varint[..], &padding].concat();
    assert_too_many(compact_error(&set), MANY);
    let map = [&[0xfb], &varint[..], &[0x11], &padding].concat();
    assert_too_many(compact_error(&map), MANY);
}

#[test]
fn a_list_is_believed_only_as_far_as_its_smallest_elements_fit() {
    // The smallest span has 81 bytes in the binary protocol.
    let spans = |left: usize| [&[15, 0, 2, 12, 0, 0, 0, 2], &vec![0; left][..]].concat();
    assert_too_many(binary_error(&spans(161)), 2);
    assert!(matches!(
        binary_error(&spans(162)),
        DecodeErrorKind::Missing { .. }
    ));
    // The smallest span has 17 bytes in the compact protocol.
    let spans = |left: usize| [&[0x29, 0x2c], &vec![0; left][..]].concat();
    assert_too_many(compact_error(&spans(33)), 2);
    assert!(matches!(
        compact_error(&spans(34)),
        DecodeErrorKind::Missing { .. }
    ));
}

#[test]
fn ten_thousand_nested_values_are_refused() {
    let too_deep = DecodeErrorKind::TooDeep { limit: 64 };
    let structs = [12, 0, 99].repeat(10_000);
    assert_eq!(binary_error(&structs), too_deep);
    let lists = [&[15, 0, 99], &[15, 0, 0, 0, 1].repeat(10_000)[..]].concat();
    assert_eq!(binary_error(&lists), too_deep);
    let maps = [&[13, 0, 99], &[2, 13, 0, 0, 0, 1, 0].repeat(10_000)[..]].concat();
    assert_eq!(binary_error(&maps), too_deep);

    let structs = [0xfc].repeat(10_000);
    assert_eq!(compact_error(&structs), too_deep);
    let lists = [&[0xf9], &[0x19].repeat(10_000)[..]].concat();
    assert_eq!(compact_error(&lists), too_deep);

    let groups = [0x13].repeat(10_000);
    assert_eq!(api_v2_error(&groups), too_deep);
}

#[test]
fn values_may_nest_as_deep_as_the_limit() {
    let batch = [12, 0, 1, 11, 0, 1, 0, 0, 0, 0, 0, 15, 0, 2, 12, 0, 0, 0, 0];
    let structs = [[12, 0, 99].repeat(64), vec![0; 64]].concat();
    binary::decode_batch(&[&batch, &structs[..], &[0]].concat()).unwrap();

    let groups = [[0x13].repeat(64), [0x14].repeat(64)].concat();
    api_v2::decode_post_spans(&groups).unwrap();
}

#[test]
fn a_group_that_does_not_end_as_it_began_is_refused() {
    api_v2_error(&[0x13, 0x1c]);
    api_v2_error(&[0x13]);
    api_v2_error(&[0x14]);
}
