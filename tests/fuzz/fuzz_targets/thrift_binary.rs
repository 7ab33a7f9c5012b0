//! Thrift's binary protocol: a bare batch and a message.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, reason = "each target runs one of its functions")]
#[path = "../../../crates/jaeger-wire/tests/wire/round_trip.rs"]
mod round_trip;

fuzz_target!(|bytes: &[u8]| round_trip::thrift_binary(bytes));
