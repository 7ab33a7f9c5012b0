//! Every capture, cut, changed, or followed by hostile bytes, at each of its bytes. Nothing may
//! panic or take more memory than the length of the input justifies.

use jaeger_wire::thrift::{binary, compact};
use jaeger_wire::{DecodeError, api_v2};

use crate::allocations::{API_V2_FACTOR, THRIFT_FACTOR, check};
use crate::captures::{PYTHON_GRPC, PYTHON_HTTP, RUST_HTTP, RUST_UDP};
use crate::round_trip;

/// The decoders and hostile bytes of one protocol.
struct Protocol {
    captures: Vec<&'static [u8]>,
    decode: fn(&[u8]) -> Result<(), DecodeError>,
    round_trip: fn(&[u8]),
    /// The most bytes of memory for each byte of input.
    factor: u64,
    hostile: Vec<Vec<u8>>,
}

const NESTED: usize = 10_000;
/// 1,000,000,000 as a varint.
const BILLION: [u8; 5] = [0x80, 0x94, 0xeb, 0xdc, 3];
/// 2³¹ − 1 as a varint.
const LARGEST: [u8; 5] = [0xff, 0xff, 0xff, 0xff, 7];

fn protocols() -> [Protocol; 3] {
    let http = PYTHON_HTTP.iter().chain([&RUST_HTTP]);
    [
        Protocol {
            captures: http.map(|capture| capture.bytes).collect(),
            decode: |bytes| binary::decode_batch(bytes).map(drop),
            round_trip: round_trip::thrift_binary,
            factor: THRIFT_FACTOR,
            hostile: vec![
                vec![0x7f, 0xff, 0xff, 0xff],               // a length
                vec![11, 0, 5, 0x7f, 0xff, 0xff, 0xff],     // a string
                vec![12, 0x3b, 0x9a, 0xca, 0],              // the head of a list
                vec![15, 0, 99, 12, 0x3b, 0x9a, 0xca, 0],   // a list
                vec![13, 0, 99, 2, 2, 0x3b, 0x9a, 0xca, 0], // a map
                [12, 0, 99].repeat(NESTED),                 // structs
                [&[15, 0, 99][..], &[15, 0, 0, 0, 1].repeat(NESTED)].concat(), // lists
            ],
        },
        Protocol {
            captures: vec![RUST_UDP.bytes],
            decode: |bytes| compact::decode_emit_batch(bytes).map(drop),
            round_trip: round_trip::thrift_compact,
            factor: THRIFT_FACTOR,
            hostile: vec![
                LARGEST.to_vec(),                               // a length
                [&[0x18][..], &LARGEST].concat(),               // a string
                [&[0xfc][..], &BILLION].concat(),               // the head of a list
                [&[0x19, 0xfc][..], &BILLION].concat(),         // a list
                [&[0x1b][..], &BILLION, &[0x11]].concat(),      // a map
                [0xfc].repeat(NESTED),                          // structs
                [&[0xf9][..], &[0x19].repeat(NESTED)].concat(), // lists
            ],
        },
        Protocol {
            captures: vec![PYTHON_GRPC.bytes],
            decode: |bytes| api_v2::decode_post_spans(bytes).map(drop),
            round_trip: round_trip::api_v2,
            factor: API_V2_FACTOR,
            hostile: vec![
                LARGEST.to_vec(),                 // a length
                [&[0x0a][..], &LARGEST].concat(), // a message
                [0x13].repeat(NESTED),            // groups
                [0x42, 0].repeat(NESTED),         // empty tags
            ],
        },
    ]
}

#[test]
fn a_capture_that_is_cut_anywhere_is_an_error() {
    for protocol in protocols() {
        for capture in protocol.captures {
            // An empty input is a valid protobuf request without a batch.
            for end in 1..capture.len() {
                let error = (protocol.decode)(&capture[..end]).unwrap_err();
                assert!(error.offset <= end, "{error}");
                check(&capture[..end], protocol.factor, protocol.decode);
            }
        }
    }
}

#[test]
fn a_capture_with_one_wrong_byte_is_an_error_or_another_batch() {
    for protocol in protocols() {
        for capture in protocol.captures {
            let mut bytes = capture.to_vec();
            for at in 0..bytes.len() {
                let byte = bytes[at];
                for wrong in [byte ^ 1, byte ^ 0x80, 0, 0x7f, 0xff] {
                    bytes[at] = wrong;
                    (protocol.round_trip)(&bytes);
                    check(&bytes, protocol.factor, protocol.decode);
                }
                bytes[at] = byte;
            }
        }
    }
}

#[test]
fn a_capture_that_turns_hostile_anywhere_takes_no_more_than_its_bytes_justify() {
    for protocol in protocols() {
        for capture in protocol.captures {
            for hostile in &protocol.hostile {
                for end in 0..capture.len() {
                    let bytes = [&capture[..end], hostile].concat();
                    check(&bytes, protocol.factor, protocol.decode);
                }
            }
        }
    }
}
